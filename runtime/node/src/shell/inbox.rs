//! What waits for the tick thread: commands from the host, messages from peers. The async side puts in and waits for
//! room; the tick thread takes out and sleeps on a condition variable, so it needs no runtime.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floret_ir::{InputRow, Message};
use tokio::sync::Notify;

/// What the host tells the tick thread.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Command {
    /// Rows for inputs.
    Inputs(Vec<InputRow>),
    /// The first tick may run.
    Start,
    /// No more inputs.
    EndOfInputs,
    /// Say how you are.
    Probe(u64),
    /// Stop now, with a last word.
    Finish,
}

/// What the tick thread took.
#[derive(Default, Debug)]
pub(super) struct Taken {
    pub commands: VecDeque<Command>,
    pub messages: Vec<Message>,
    /// Nothing will come any more.
    pub closed: bool,
    /// Nothing came for as long as was asked.
    pub timed_out: bool,
}

/// The inbox of a node.
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
    room: Notify,
    /// Producers wait while so many rows are waiting. Each may then put in a whole frame: the bound is soft by one
    /// frame per connection.
    limit: usize,
}

#[derive(Default)]
struct State {
    commands: VecDeque<Command>,
    input_rows: usize,
    messages: VecDeque<Vec<Message>>,
    message_rows: usize,
    woken: bool,
    closed: bool,
}

impl Inbox {
    pub(super) fn new(limit: usize) -> Self {
        let state = Mutex::new(State::default());
        Inbox { state, arrived: Condvar::new(), room: Notify::new(), limit }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock, and no step leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until messages may be put in.
    pub(super) async fn room_for_messages(&self) {
        self.room_where(|state| state.message_rows < self.limit).await;
    }

    /// Waits until inputs may be put in.
    pub(super) async fn room_for_inputs(&self) {
        self.room_where(|state| state.input_rows < self.limit).await;
    }

    async fn room_where(&self, has_room: impl Fn(&State) -> bool) {
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            let done = {
                let state = self.lock();
                state.closed || has_room(&state)
            };
            if done {
                return;
            }
            room.await;
        }
    }

    /// Puts in messages, after there was room.
    pub(super) fn push_messages(&self, messages: Vec<Message>) {
        let mut state = self.lock();
        if !messages.is_empty() && !state.closed {
            state.message_rows += messages.len();
            state.messages.push_back(messages);
            self.arrived.notify_one();
        }
    }

    /// Puts in a command.
    pub(super) fn push(&self, command: Command) {
        let mut state = self.lock();
        if let Command::Inputs(rows) = &command {
            state.input_rows += rows.len();
        }
        state.commands.push_back(command);
        self.arrived.notify_one();
    }

    /// Makes the tick thread look around.
    pub(super) fn wake(&self) {
        self.lock().woken = true;
        self.arrived.notify_one();
    }

    /// Makes the tick thread end.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
        self.room.notify_waiters();
    }

    /// Takes all commands, and messages until there are `room` of them (whole batches; none where `room` is 0).
    /// Sleeps while there is nothing to take, at most for `patience` (`None`: as long as it takes), until woken.
    pub(super) fn take(&self, room: usize, patience: Option<Duration>) -> Taken {
        let mut state = self.lock();
        let mut timed_out = false;
        let empty = |s: &mut State| {
            s.commands.is_empty() && (room == 0 || s.messages.is_empty()) && !s.woken && !s.closed
        };
        match patience {
            None => {
                state = self.arrived.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner);
            }
            Some(patience) if !patience.is_zero() => {
                let (back, result) = self
                    .arrived
                    .wait_timeout_while(state, patience, empty)
                    .unwrap_or_else(PoisonError::into_inner);
                state = back;
                timed_out = result.timed_out();
            }
            Some(_) => {}
        }
        state.woken = false;
        state.input_rows = 0;
        let mut taken = Taken {
            commands: std::mem::take(&mut state.commands),
            closed: state.closed,
            timed_out,
            ..Taken::default()
        };
        while taken.messages.len() < room
            && let Some(batch) = state.messages.pop_front()
        {
            state.message_rows -= batch.len();
            taken.messages.extend(batch);
        }
        drop(state);
        self.room.notify_waiters();
        taken
    }
}

#[cfg(test)]
mod tests {
    use floret_ir::{Address, RelationId, RoleId};

    use super::*;

    const NOW: Option<Duration> = Some(Duration::ZERO);

    fn messages(count: usize) -> Vec<Message> {
        let sender = Address { role: RoleId(0), index: 0 };
        (0..count).map(|_| Message { relation: RelationId(0), row: vec![], sender }).collect()
    }

    #[test]
    fn messages_are_taken_in_whole_batches_up_to_the_room() {
        let inbox = Inbox::new(10);
        inbox.push_messages(messages(3));
        inbox.push_messages(messages(3));
        inbox.push_messages(messages(3));
        assert_eq!(inbox.take(0, NOW).messages.len(), 0);
        assert_eq!(inbox.take(4, NOW).messages.len(), 6);
        assert_eq!(inbox.take(4, NOW).messages.len(), 3);
    }

    #[tokio::test]
    async fn producers_wait_for_room() {
        let inbox = Inbox::new(2);
        inbox.room_for_messages().await;
        inbox.push_messages(messages(2));
        let mut waiting = std::pin::pin!(inbox.room_for_messages());
        // Polled once, it waits; the other lane has room.
        assert!(
            std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await
        );
        inbox.room_for_inputs().await;
        inbox.take(1, NOW);
        waiting.await;
    }

    #[test]
    fn a_sleeping_thread_is_woken_by_each_reason() {
        let inbox = Inbox::new(2);
        for (nth, give) in [
            (|inbox: &Inbox| inbox.push(Command::Start)) as fn(&Inbox),
            |inbox| inbox.push_messages(messages(1)),
            |inbox| inbox.wake(),
            |inbox| inbox.close(),
        ]
        .into_iter()
        .enumerate()
        {
            std::thread::scope(|scope| {
                let sleeper = scope.spawn(|| inbox.take(1, None));
                give(&inbox);
                let taken = sleeper.join().unwrap();
                assert_eq!(
                    (taken.commands.len(), taken.messages.len(), taken.closed),
                    (usize::from(nth == 0), usize::from(nth == 1), nth == 3)
                );
            });
        }
    }
}
