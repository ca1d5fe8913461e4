//! One worker on the caller's thread.

use timely::WorkerConfig;
use timely::communication::Allocator;
use timely::communication::allocator::thread::Thread;
use timely::worker::Worker;

use crate::graph::{Feed, Graph, Outcome};
use crate::render::{Job, render};

/// A worker and what it runs.
pub(crate) struct Inline {
    // Before the worker, so that inputs are closed first.
    graph: Graph,
    worker: Worker,
}

impl Inline {
    pub(super) fn new(job: &Job) -> Self {
        let mut worker = Worker::new(WorkerConfig::default(), Allocator::Thread(Thread::default()), None);
        let graph = worker.dataflow(|scope| render(scope, job));
        Inline { graph, worker }
    }

    pub(super) fn tick(&mut self, feed: &Feed) -> Vec<Outcome> {
        self.graph.feed(feed);
        self.finish(feed)
    }

    /// A tick of which the sinks are asked twice: before it is known that no more rows come, and after.
    pub(crate) fn tick_in_two(&mut self, feed: &Feed) -> (Vec<Outcome>, Vec<Outcome>) {
        self.graph.put(feed);
        self.graph.flush();
        // As often as a row may have to be handed on.
        (0..1000).for_each(|_| {
            self.worker.step();
        });
        let early = self.graph.take();
        self.graph.close(feed.tick);
        (early, self.finish(feed))
    }

    fn finish(&mut self, feed: &Feed) -> Vec<Outcome> {
        // Once in any case: also where no sink asks for anything, inputs have to go somewhere.
        self.worker.step();
        while !self.graph.is_done(feed.tick) {
            self.worker.step();
        }
        self.graph.take()
    }
}
