//! Ctrl-C, and being asked to end in other ways. In a run the running tick is finished and outputs are written, and a second Ctrl-C ends the process at once;
//! in a session it ends what is being evaluated.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel, sync_channel};
use std::task::Poll;
use std::time::Duration;

use floret_data::DataError;
use floret_ir::{Address, InputRow};

use crate::exit::Exit;
use crate::inputs::Rows;

/// Done when somebody asks this process to end: by Ctrl-C or, as service managers do, by SIGTERM. If there is no way to hear of
/// it, never.
pub async fn asked_to_end() {
    tokio::select! {
        () = pressed() => {}
        () = terminated() => {}
    }
}

async fn pressed() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    let heard = async { signal(SignalKind::terminate()).ok()?.recv().await };
    if heard.await.is_none() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
async fn terminated() {
    std::future::pending().await
}

/// Whether the user pressed Ctrl-C or the process was asked to end.
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<AtomicBool>);

impl Interrupt {
    /// Starts listening, in a thread of its own.
    ///
    /// # Errors
    /// Exit code 3 if the system gives no thread.
    pub fn listen() -> Result<Interrupt, Exit> {
        Interrupt::start(true)
    }

    /// Starts listening; the process never ends by it.
    ///
    /// # Errors
    /// Exit code 3 if the system gives no thread.
    pub fn listen_on() -> Result<Interrupt, Exit> {
        Interrupt::start(false)
    }

    fn start(second_ends: bool) -> Result<Interrupt, Exit> {
        let flag = Arc::new(AtomicBool::new(false));
        let set = Arc::clone(&flag);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| Exit::Failed(format!("cannot listen to Ctrl-C: {e}")))?;
        let (listening, started) = channel();
        std::thread::Builder::new()
            .name("interrupt".into())
            .spawn(move || {
                runtime.block_on(async {
                    loop {
                        // A session is no service.
                        let mut asked: Pin<Box<dyn Future<Output = ()>>> =
                            if second_ends { Box::pin(asked_to_end()) } else { Box::pin(pressed()) };
                        // The first look at it is what starts listening.
                        let now = poll_fn(|context| Poll::Ready(asked.as_mut().poll(context))).await;
                        let _ = listening.send(());
                        if now.is_pending() {
                            asked.await;
                        }
                        if set.swap(true, Ordering::Relaxed) && second_ends {
                            std::process::exit(130);
                        }
                    }
                });
            })
            .map_err(|e| Exit::Failed(format!("cannot start a thread: {e}")))?;
        // Whoever takes the signal for a while (the line editor) gives it back to whom it found.
        let _ = started.recv();
        Ok(Interrupt(flag))
    }

    /// The flag, to be shared.
    pub fn shared(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }

    /// Set once it happened.
    pub fn flag(&self) -> &AtomicBool {
        &self.0
    }
}

/// Input rows that end when the run is interrupted, even while standard input is being waited for.
pub enum Interruptible {
    /// Files never keep us waiting for long.
    Files(Box<Rows<'static>>),
    /// Standard input is read in a thread of its own, which is left behind if it waits.
    Waiting(Receiver<Result<(Address, InputRow), DataError>>, Interrupt),
}

impl Interruptible {
    /// Wraps the rows of a run.
    ///
    /// # Errors
    /// Exit code 3 if the system gives no thread.
    pub fn new(rows: Rows<'static>, interrupt: &Interrupt) -> Result<Interruptible, Exit> {
        if !rows.reads_standard_input() {
            return Ok(Interruptible::Files(Box::new(rows)));
        }
        let (sender, receiver) = sync_channel(1024);
        std::thread::Builder::new()
            .name("inputs".into())
            .spawn(move || {
                for row in rows {
                    if sender.send(row).is_err() {
                        return;
                    }
                }
            })
            .map_err(|e| Exit::Failed(format!("cannot start a thread: {e}")))?;
        Ok(Interruptible::Waiting(receiver, interrupt.clone()))
    }
}

impl Iterator for Interruptible {
    type Item = Result<(Address, InputRow), DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Interruptible::Files(rows) => rows.next(),
            Interruptible::Waiting(rows, interrupt) => loop {
                match rows.recv_timeout(Duration::from_millis(20)) {
                    Ok(row) => return Some(row),
                    Err(RecvTimeoutError::Disconnected) => return None,
                    Err(RecvTimeoutError::Timeout) if interrupt.flag().load(Ordering::Relaxed) => {
                        return None;
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                }
            },
        }
    }
}
