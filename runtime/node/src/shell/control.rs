//! The coordinator's connection, and the tick thread's words to it.

use std::sync::atomic::Ordering;
use std::time::Duration;

use floret_ir::InputRow;
use tokio::io::AsyncWriteExt;
use tokio::sync::mpsc;
use tokio::time::timeout;

use super::accept::{ControlConnection, Reader, Writer};
use super::inbox::Command;
use super::tick_thread::{Host, TickError};
use super::{Alone, Shared};
use crate::core::Tick;
use crate::wire::{
    Body, FrameError, FromNode, MAX_FRAME, Misfit, OutputRows, Status, ToNode, decode, encode, pack,
    read_body, write_body,
};

/// A node that is to stop with its coordinator waits so long for it to come.
const COORDINATOR_PATIENCE: Duration = Duration::from_secs(60);
/// After its last word the node waits so long for the coordinator to hang up: closing first could lose the word.
const LINGER: Duration = Duration::from_secs(2);

/// Frames for the coordinator; the tick thread waits where it is full.
pub(super) type Frames = mpsc::Receiver<Vec<u8>>;

/// A host that is a coordinator.
pub(super) struct Coordinated {
    pub frames: mpsc::Sender<Vec<u8>>,
}

impl Coordinated {
    fn say(&self, message: FromNode) {
        // Nobody listens only when the node is at its end.
        let _ = self.frames.blocking_send(encode(&Body::FromNode(message)));
    }
}

impl Host for Coordinated {
    fn ready(&mut self) {
        self.say(FromNode::Ready);
    }
    fn taken(&mut self, rows: u64) {
        self.say(FromNode::Taken(rows));
    }
    fn tick(&mut self, tick: &Tick) -> Result<(), TickError> {
        let number = tick.entry.number;
        for (relation, changes) in &tick.effects.changes {
            let pieces = pack(changes)
                .map_err(|error| TickError::TooLarge { relation: Some(*relation), size: error.size })?;
            for piece in pieces {
                self.say(FromNode::Outputs { tick: number, rows: OutputRows::Changes(*relation, piece) });
            }
        }
        let pieces = pack(&tick.effects.reports)
            .map_err(|error| TickError::TooLarge { relation: None, size: error.size })?;
        for piece in pieces {
            self.say(FromNode::Outputs { tick: number, rows: OutputRows::Reports(piece) });
        }
        if !tick.effects.changes.is_empty() || !tick.effects.reports.is_empty() {
            self.say(FromNode::TickEnd(number));
        }
        Ok(())
    }
    fn status(&mut self, status: Status) {
        self.say(FromNode::Status(status));
    }
    fn finished(&mut self, status: Status) {
        self.say(FromNode::Finished(status));
    }
    fn failed(&mut self, why: &str, by_program: bool) {
        // Part of the text is enough; a frame has an end.
        let why = why.chars().take(10_000).collect();
        self.say(FromNode::Failed { why, by_program });
    }
}

/// A host that is the command which started this node.
pub(super) struct ByItself {
    pub alone: Alone,
}

impl Host for ByItself {
    fn ready(&mut self) {}
    fn taken(&mut self, _: u64) {}
    fn tick(&mut self, tick: &Tick) -> Result<(), TickError> {
        (self.alone.on_tick)(tick).map_err(TickError::Host)
    }
    fn status(&mut self, _: Status) {}
    fn finished(&mut self, _: Status) {}
    fn failed(&mut self, _: &str, _: bool) {}
}

/// How the coordinator's part ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum ControlEnd {
    /// Everything was said and the tick thread has ended.
    Said,
    /// The connection was lost, and the node is to stop then.
    Lost,
    /// No coordinator came.
    None,
}

/// Serves coordinators, one at a time.
pub(super) async fn serve(
    shared: &Shared,
    connections: &mut mpsc::Receiver<ControlConnection>,
    frames: &mut Frames,
    stop_with_coordinator: bool,
) -> ControlEnd {
    let patience = if stop_with_coordinator { COORDINATOR_PATIENCE } else { Duration::MAX };
    let Ok(Some(mut connection)) = timeout(patience, connections.recv()).await else {
        return ControlEnd::None;
    };
    loop {
        let ControlConnection { reader, writer } = connection;
        let ended = converse(shared, reader, writer, frames).await;
        shared.coordinator.store(false, Ordering::Release);
        if ended {
            return ControlEnd::Said;
        }
        if stop_with_coordinator {
            return ControlEnd::Lost;
        }
        connection = loop {
            // Nobody wants to hear it.
            tokio::select! {
                next = connections.recv() => match next {
                    Some(next) => break next,
                    None => return ControlEnd::None,
                },
                frame = frames.recv() => if frame.is_none() {
                    return ControlEnd::Said;
                },
            }
        };
    }
}

/// One connection's life: whether it ended because all is said.
async fn converse(shared: &Shared, reader: Reader, writer: Writer, frames: &mut Frames) -> bool {
    let mut reading = std::pin::pin!(follow(shared, reader));
    let said = tokio::select! {
        () = &mut reading => return false,
        result = speak(writer, frames) => result.is_ok(),
    };
    if said {
        let _ = timeout(LINGER, reading).await;
    }
    said
}

/// Writes frames until there are no more.
async fn speak(mut writer: Writer, frames: &mut Frames) -> Result<Writer, FrameError> {
    while let Some(frame) = frames.recv().await {
        write_body(&mut writer, &frame).await?;
    }
    writer.shutdown().await?;
    Ok(writer)
}

/// Follows the coordinator's words until the connection ends.
async fn follow(shared: &Shared, mut reader: Reader) {
    loop {
        let result = match read_body(&mut reader, MAX_FRAME).await {
            Ok(None) => return,
            Ok(Some(body)) => decode(&body).map_err(|error| error.to_string()),
            Err(error) if error.is_offence() => Err(error.to_string()),
            Err(_) => return,
        };
        let result = match result {
            Ok(body) => follow_one(shared, body).await.map_err(|misfit| misfit.to_string()),
            Err(error) => Err(error),
        };
        if let Err(why) = result {
            return shared.refuse(&format!("from the coordinator: {why}"));
        }
    }
}

async fn follow_one(shared: &Shared, body: Body) -> Result<(), Misfit> {
    let Body::ToNode(message) = body else {
        return Err(Misfit::WrongMessage);
    };
    let command = match message {
        ToNode::Inputs { relation: id, rows } => {
            let relation = shared.schema.input(shared.me, id)?;
            let rows = rows.unpack(|row| shared.schema.fits(row, relation))?;
            shared.inbox.room_for_inputs().await;
            Command::Inputs(rows.into_iter().map(|row| InputRow { relation: id, row }).collect())
        }
        ToNode::Start => Command::Start,
        ToNode::EndOfInputs => Command::EndOfInputs,
        ToNode::Probe(wave) => Command::Probe(wave),
        ToNode::Finish => Command::Finish,
    };
    shared.inbox.push(command);
    Ok(())
}
