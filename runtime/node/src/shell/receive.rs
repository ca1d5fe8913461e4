//! The connection that a peer made to send: its messages in, acknowledgements and other words out.

use std::sync::Arc;
use std::time::Duration;

use floret_ir::Address;
use tokio::io::AsyncWriteExt;
use tokio::time::{Instant, sleep, sleep_until, timeout};

use super::Shared;
use super::accept::{Reader, Refusal, Writer};
use crate::links::{arrived, arrived_lossy};
use crate::wire::{
    Blocked, Body, MAX_FRAME, Misfit, Session, decode, encode, holds_frame, put_body, read_body,
};

/// So long an acknowledgement waits for others: nobody needs it at once.
const COMPANY: Duration = Duration::from_millis(1);

/// Serves the connection until it ends.
pub(super) async fn serve(
    shared: &Arc<Shared>,
    reader: &mut Reader,
    writer: &mut Writer,
    sender: Address,
    session: Session,
) -> Result<(), Refusal> {
    let result = tokio::select! {
        result = listen(shared, reader, sender, session) => result,
        result = speak(shared, writer, sender, session) => result,
    };
    // Rows may have come for whose company the tick thread was not woken.
    shared.inbox.wake();
    result
}

/// Takes what comes in, as long as there is room.
async fn listen(
    shared: &Shared,
    reader: &mut Reader,
    sender: Address,
    session: Session,
) -> Result<(), Refusal> {
    loop {
        // Its sender gives a sign of life more often: this one is gone without a word.
        let Ok(body) = timeout(4 * shared.silence(), read_body(reader, MAX_FRAME)).await else {
            return Ok(());
        };
        let Some(body) = body? else { return Ok(()) };
        match decode(&body)? {
            Body::Ping => {}
            Body::Data(data) => {
                let rows = arrived(&shared.schema, shared.me, sender, data)?;
                room(shared, sender).await;
                shared.links().receive(sender, session, rows)?;
            }
            Body::Lossy(lossy) => {
                let (relation, rows, weight) = arrived_lossy(&shared.schema, shared.me, sender, &lossy)?;
                shared.links().receive_lossy(sender, relation, rows, weight);
            }
            Body::Hello(_)
            | Body::Welcome(_)
            | Body::Refused(_)
            | Body::Ack(_)
            | Body::Blocked(_)
            | Body::ToNode(_)
            | Body::FromNode(_) => return Err(Misfit::WrongMessage.into()),
        }
        // What was sent together shares a tick.
        if !holds_frame(reader.buffer()) {
            shared.inbox.wake();
        }
    }
}

/// Waits until the sender's rows may come in.
async fn room(shared: &Shared, sender: Address) {
    let Some(bell) = shared.bells.of(sender) else { return };
    loop {
        let mut rung = std::pin::pin!(bell.words());
        rung.as_mut().enable();
        if shared.links().has_room(sender) {
            return;
        }
        shared.inbox.wake();
        // Lossy rows make room without a word.
        let _ = timeout(shared.sign_of_life(), rung).await;
    }
}

/// Tells the sender what was taken, now and then for the sake of telling.
async fn speak(
    shared: &Shared,
    writer: &mut Writer,
    sender: Address,
    session: Session,
) -> Result<(), Refusal> {
    let Some(bell) = shared.bells.of(sender) else { return Ok(()) };
    // The welcome said as much.
    let mut said = shared.links().acknowledgement(sender, session);
    let mut next_sign = Instant::now() + shared.sign_of_life();
    loop {
        let mut rung = std::pin::pin!(bell.words());
        rung.as_mut().enable();
        let (next, blocked): (_, Vec<Blocked>) = {
            let mut links = shared.links();
            let Some(next) = links.acknowledgement(sender, session) else { return Ok(()) };
            (next, std::iter::from_fn(|| links.next_blocked(sender)).collect())
        };
        let now = Instant::now();
        let acknowledges = said != Some(next) || now >= next_sign;
        if acknowledges {
            put_body(writer, &encode(&Body::Ack(next))).await?;
            (said, next_sign) = (Some(next), now + shared.sign_of_life());
        }
        for word in &blocked {
            put_body(writer, &encode(&Body::Blocked(*word))).await?;
        }
        if acknowledges || !blocked.is_empty() {
            writer.flush().await?;
        }
        tokio::select! {
            () = rung => sleep(COMPANY).await,
            () = sleep_until(next_sign) => {}
        }
    }
}
