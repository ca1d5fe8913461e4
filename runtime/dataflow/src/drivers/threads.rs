//! Several workers, each on a thread with a queue of ticks to run. At rest a thread waits for its queue; within a tick,
//! for its peers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use floret_ir::EngineError;
use timely::WorkerConfig;
use timely::communication::{Config, WorkerGuards, initialize_from};
use timely::worker::Worker;

use crate::delta::Delta;
use crate::graph::{Feed, Outcome};
use crate::render::{Job, render};

/// How long a worker waits for its peers before it looks whether the engine still wants it. (They wake it when there is
/// something to do; this is for the case that one is lost.)
const PATIENCE: Duration = Duration::from_millis(100);

/// Workers on threads.
pub(crate) struct Threads {
    /// One per worker; dropping them ends the workers at rest.
    queues: Vec<Sender<Feed>>,
    answers: Receiver<Answer>,
    /// Ends workers that are in the middle of a tick.
    stop: Arc<AtomicBool>,
    threads: Option<WorkerGuards<()>>,
}

enum Answer {
    Done(Vec<Outcome>),
    Lost,
}

impl Threads {
    pub(super) fn new(job: Job, workers: usize) -> Result<Self, EngineError> {
        let failed = |why: String| EngineError::Failed(format!("workers could not be started: {why}"));
        let (builders, others) = Config::Process(workers).try_build().map_err(failed)?;
        let (queues, feeds): (Vec<_>, Vec<_>) = (0..workers).map(|_| channel()).unzip();
        let (answer, answers) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let feeds = Mutex::new(feeds.into_iter().map(Some).collect::<Vec<_>>());
        let guard = Guard { answer, stop: stop.clone() };
        let threads = initialize_from(builders, others, move |allocator| {
            let guard = guard.clone();
            // (A worker without a timer never parks: timely then takes it that an activation may always be due.)
            let worker = Worker::new(WorkerConfig::default(), allocator, Some(Instant::now()));
            let mut feeds = feeds.lock().unwrap_or_else(PoisonError::into_inner);
            let own = feeds.get_mut(worker.index()).and_then(Option::take);
            drop(feeds);
            if let Some(feeds) = own {
                work(worker, &job, &feeds, &guard);
            }
        });
        Ok(Threads { queues, answers, stop, threads: Some(threads.map_err(failed)?) })
    }

    pub(super) fn tick(&mut self, feed: &Feed) -> Result<Vec<Vec<Outcome>>, EngineError> {
        let workers = self.queues.len();
        let mut parts = vec![Feed { tick: feed.tick, ..Feed::default() }; workers];
        let deal = |deltas: &[Delta], parts: &mut [Feed], to: fn(&mut Feed) -> &mut Vec<Delta>| {
            for delta in deltas {
                for (part, delta) in parts.iter_mut().zip(delta.split(workers)) {
                    to(part).push(delta);
                }
            }
        };
        deal(&feed.between, &mut parts, |part| &mut part.between);
        deal(&feed.arriving, &mut parts, |part| &mut part.arriving);
        for (queue, part) in self.queues.iter().zip(parts) {
            queue.send(part).map_err(|_| lost())?;
        }
        (0..workers)
            .map(|_| match self.answers.recv() {
                Ok(Answer::Done(outcomes)) => Ok(outcomes),
                Ok(Answer::Lost) | Err(_) => Err(lost()),
            })
            .collect()
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        self.queues.clear();
        if let Some(threads) = self.threads.take() {
            // (A worker that panicked has said so already.)
            threads.join();
        }
    }
}

/// Tells the engine, and through it the other workers, when a worker panics.
#[derive(Clone)]
struct Guard {
    answer: Sender<Answer>,
    stop: Arc<AtomicBool>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.stop.store(true, Ordering::SeqCst);
            let _ = self.answer.send(Answer::Lost);
        }
    }
}

fn work(mut worker: Worker, job: &Job, feeds: &Receiver<Feed>, guard: &Guard) {
    let mut graph = worker.dataflow(|scope| render(scope, job));
    while let Ok(feed) = feeds.recv() {
        graph.feed(&feed);
        worker.step();
        while !graph.is_done(feed.tick) {
            if guard.stop.load(Ordering::SeqCst) {
                return;
            }
            worker.step_or_park(Some(PATIENCE));
        }
        if guard.answer.send(Answer::Done(graph.take())).is_err() {
            return;
        }
    }
}

fn lost() -> EngineError {
    EngineError::Failed("a worker thread was lost".into())
}
