//! What the host tells the tick thread, and what wakes it. The async side puts in and waits for room; the tick thread
//! takes out and sleeps on a condition variable, so it needs no runtime.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use floret_ir::InputRow;
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
    /// Nothing will come any more.
    pub closed: bool,
}

/// The inbox of a node.
pub(crate) struct Inbox {
    state: Mutex<State>,
    arrived: Condvar,
    room: Notify,
    /// The host waits while so many rows of inputs are waiting. It may then put in a whole piece.
    limit: usize,
}

#[derive(Default)]
struct State {
    commands: VecDeque<Command>,
    input_rows: usize,
    woken: bool,
    closed: bool,
    /// It was told to stop.
    ending: bool,
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

    /// Waits until inputs may be put in.
    pub(super) async fn room_for_inputs(&self) {
        loop {
            let mut room = std::pin::pin!(self.room.notified());
            room.as_mut().enable();
            let done = {
                let state = self.lock();
                state.closed || state.input_rows < self.limit
            };
            if done {
                return;
            }
            room.await;
        }
    }

    /// Puts in a command.
    pub(super) fn push(&self, command: Command) {
        let mut state = self.lock();
        if let Command::Inputs(rows) = &command {
            state.input_rows += rows.len();
        }
        state.ending |= command == Command::Finish;
        state.commands.push_back(command);
        self.arrived.notify_one();
    }

    /// Whether the node was told to stop.
    pub(super) fn is_ending(&self) -> bool {
        let state = self.lock();
        state.ending || state.closed
    }

    /// Makes the tick thread look around.
    pub(super) fn wake(&self) {
        let mut state = self.lock();
        if !state.woken {
            state.woken = true;
            self.arrived.notify_one();
        }
    }

    /// Makes the tick thread end.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
        self.room.notify_waiters();
    }

    /// Takes all commands. Sleeps while there are none, at most for `patience` (`None`: as long as it takes), until woken.
    pub(super) fn take(&self, patience: Option<Duration>) -> Taken {
        let mut state = self.lock();
        let empty = |s: &mut State| s.commands.is_empty() && !s.woken && !s.closed;
        match patience {
            None => {
                state = self.arrived.wait_while(state, empty).unwrap_or_else(PoisonError::into_inner);
            }
            Some(patience) if !patience.is_zero() => {
                let woken = self.arrived.wait_timeout_while(state, patience, empty);
                state = woken.unwrap_or_else(PoisonError::into_inner).0;
            }
            Some(_) => {}
        }
        state.woken = false;
        Taken { commands: std::mem::take(&mut state.commands), closed: state.closed }
    }

    /// The tick thread has put so many rows of inputs where they wait for the next tick.
    pub(super) fn taken(&self, rows: usize) {
        let mut state = self.lock();
        state.input_rows = state.input_rows.saturating_sub(rows);
        drop(state);
        self.room.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use floret_ir::RelationId;

    use super::*;

    const NOW: Option<Duration> = Some(Duration::ZERO);

    fn inputs(count: usize) -> Command {
        Command::Inputs((0..count).map(|_| InputRow { relation: RelationId(0), row: vec![] }).collect())
    }

    #[tokio::test]
    async fn the_host_waits_for_room() {
        let inbox = Inbox::new(2);
        inbox.room_for_inputs().await;
        inbox.push(inputs(2));
        let mut waiting = std::pin::pin!(inbox.room_for_inputs());
        let polled = async |mut waiting: std::pin::Pin<&mut dyn Future<Output = ()>>| {
            std::future::poll_fn(|cx| std::task::Poll::Ready(waiting.as_mut().poll(cx).is_pending())).await
        };
        assert!(polled(waiting.as_mut()).await);
        // The tick thread has them among other commands.
        assert_eq!(inbox.take(NOW).commands.len(), 1);
        assert!(polled(waiting.as_mut()).await);
        inbox.taken(1);
        waiting.await;
    }

    #[test]
    fn its_end_is_known_before_the_tick_thread_takes_it() {
        let inbox = Inbox::new(2);
        inbox.push(Command::Start);
        assert!(!inbox.is_ending());
        inbox.push(Command::Finish);
        assert!(inbox.is_ending());
        inbox.take(NOW);
        assert!(inbox.is_ending());
    }

    #[test]
    fn a_sleeping_thread_is_woken_by_each_reason() {
        let inbox = Inbox::new(2);
        for (nth, give) in [
            (|inbox: &Inbox| inbox.push(Command::Start)) as fn(&Inbox),
            |inbox| inbox.wake(),
            |inbox| inbox.close(),
        ]
        .into_iter()
        .enumerate()
        {
            std::thread::scope(|scope| {
                let sleeper = scope.spawn(|| inbox.take(None));
                give(&inbox);
                let taken = sleeper.join().unwrap();
                assert_eq!((taken.commands.len(), taken.closed), (usize::from(nth == 0), nth == 2));
            });
        }
    }
}
