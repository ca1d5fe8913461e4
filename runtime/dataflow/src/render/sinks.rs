//! Sinks: differences are kept until the engine, having seen the tick's half closed, takes them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use timely::dataflow::channels::pact::{Exchange, Pipeline};
use timely::dataflow::operators::{Probe, generic::Operator, probe};

use super::streams::{Coll, Rows, each_width};
use crate::delta::Delta;
use crate::graph::{Drain, Outcome};
use crate::row::{Row, hash_words};
use crate::sinks::Mode;
use crate::time::Time;

/// Renders a sink and returns what takes its differences.
pub(super) fn sink(rows: Rows<'_>, arity: usize, mode: Mode, probe: &probe::Handle<Time>) -> Drain {
    match mode {
        Mode::Skip => Box::new(|| Outcome::Count(0)),
        Mode::Count { grows: true } => each_width!(rows, rows => sum(rows, probe)),
        Mode::Count { grows: false } => each_width!(rows, rows => {
            let kept = keep(rows, probe, |_| true);
            Box::new(move || Outcome::Count(net(&kept).values().filter(|diff| **diff > 0).count() as u64))
        }),
        Mode::Change => each_width!(rows, rows => changes(rows, arity, probe, |_| true)),
        Mode::Arrived => each_width!(rows, rows => changes(rows, arity, probe, |time| time.half % 2 == 0)),
    }
}

type Kept<const W: usize> = Rc<RefCell<Vec<(Row<W>, isize)>>>;

fn changes<const W: usize>(
    rows: Coll<'_, W>,
    arity: usize,
    probe: &probe::Handle<Time>,
    wanted: fn(&Time) -> bool,
) -> Drain {
    let kept = keep(rows, probe, wanted);
    Box::new(move || {
        let mut delta = Delta::new(arity);
        // Where rows only came, nothing cancels out. (A row may then come in several parts.)
        if kept.borrow().iter().all(|(_, diff)| *diff > 0) {
            kept.borrow().iter().for_each(|(row, diff)| delta.push(&row.0, *diff));
            clear(&kept);
            return Outcome::Rows(delta);
        }
        for (row, diff) in net(&kept) {
            if diff != 0 {
                delta.push(&row.0, diff);
            }
        }
        Outcome::Rows(delta)
    })
}

/// The sum of the differences of each row.
fn net<const W: usize>(kept: &Kept<W>) -> HashMap<Row<W>, isize, crate::row::FastHash> {
    let mut net = HashMap::default();
    for (row, diff) in kept.borrow().iter() {
        *net.entry(*row).or_default() += diff;
    }
    clear(kept);
    net
}

/// Forgets what was kept; a big first tick isn't paid for with memory for ever.
fn clear<const W: usize>(kept: &Kept<W>) {
    let mut kept = kept.borrow_mut();
    kept.clear();
    kept.shrink_to(1 << 10);
}

/// Keeps differences at wanted times, all of a row at one worker.
fn keep<const W: usize>(
    rows: Coll<'_, W>,
    probe: &probe::Handle<Time>,
    wanted: fn(&Time) -> bool,
) -> Kept<W> {
    let kept: Kept<W> = Rc::default();
    let to = kept.clone();
    let by_row = Exchange::new(|(row, _, _): &(Row<W>, Time, isize)| hash_words(row.0.iter().copied()));
    let done = rows.inner.unary::<timely::container::CapacityContainerBuilder<Vec<()>>, _, _, _>(
        by_row,
        "Sink",
        move |_, _| {
            move |input, _output| {
                input.for_each(|_, data| {
                    let rows = data.drain(..).filter(|(_, time, _)| wanted(time));
                    to.borrow_mut().extend(rows.map(|(row, _, diff)| (row, diff)));
                });
            }
        },
    );
    done.probe_with(probe);
    kept
}

/// Adds up differences.
fn sum<const W: usize>(rows: Coll<'_, W>, probe: &probe::Handle<Time>) -> Drain {
    let sum = Rc::new(RefCell::new(0isize));
    let to = sum.clone();
    let done = rows.inner.unary::<timely::container::CapacityContainerBuilder<Vec<()>>, _, _, _>(
        Pipeline,
        "Count",
        move |_, _| {
            move |input, _output| {
                input.for_each(|_, data| {
                    *to.borrow_mut() += data.drain(..).map(|(_, _, diff)| diff).sum::<isize>();
                });
            }
        },
    );
    done.probe_with(probe);
    // Workers' shares can be negative where a row moves between them; the engine adds them up.
    Box::new(move || Outcome::Sum(sum.take() as i64))
}
