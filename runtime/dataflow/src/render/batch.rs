//! Rows of any width in one container, so that operators are compiled for the widths of their inputs only: the output
//! takes its width at run time, and one operator after them unpacks the vectors inside, which costs nothing per row.

use differential_dataflow::AsCollection;
use differential_dataflow::consolidation::ConsolidatingContainerBuilder;
use timely::Accountable;
use timely::container::{CapacityContainerBuilder, ContainerBuilder, PushInto};
use timely::dataflow::Stream;
use timely::dataflow::channels::pact::Pipeline;
use timely::dataflow::operators::generic::Operator;

use super::streams::{Coll, Rows, each_class};
use crate::kernel::Kernel;
use crate::row::{Class, Row};
use crate::time::Time;

type Updates<const W: usize> = Vec<(Row<W>, Time, isize)>;

macro_rules! batches {
    ($($class:ident $width:literal)*) => {
        /// Updates of one width.
        #[derive(Clone)]
        pub(super) enum Batch {
            $($class(Updates<$width>),)*
        }

        /// Builds batches of the width that the first row asks for.
        #[derive(Default)]
        pub(super) struct BatchBuilder {
            building: Option<Building>,
            built: Batch,
        }

        enum Building {
            $($class(ConsolidatingContainerBuilder<Updates<$width>>),)*
        }

        impl Building {
            fn new(class: Class) -> Self {
                match class {
                    $(Class::$class => Building::$class(Default::default()),)*
                }
            }
        }

        impl Batch {
            /// A batch of rows of this width, none yet.
            pub(super) fn new(class: Class) -> Batch {
                match class {
                    $(Class::$class => Batch::$class(Vec::new()),)*
                }
            }

            /// Adds a row.
            #[inline]
            pub(super) fn push(&mut self, words: &[u64], time: Time, diff: isize) {
                match self {
                    $(Batch::$class(updates) => updates.push((Row::of(words), time, diff)),)*
                }
            }
        }

        impl Accountable for Batch {
            fn record_count(&self) -> i64 {
                match self {
                    $(Batch::$class(updates) => updates.len() as i64,)*
                }
            }
        }

        impl BatchBuilder {
            /// Adds a row.
            pub(super) fn push_words(&mut self, class: Class, words: &[u64], time: Time, diff: isize) {
                match self.building.get_or_insert_with(|| Building::new(class)) {
                    $(Building::$class(builder) => {
                        builder.push_into((Row::<$width>::of(words), time, diff));
                    },)*
                }
            }

            /// Adds the row that the kernel makes of its inputs.
            #[inline]
            pub(super) fn push(&mut self, class: Class, kernel: &mut Kernel, time: Time, diff: isize) {
                match self.building.get_or_insert_with(|| Building::new(class)) {
                    $(Building::$class(builder) => if let Some(row) = kernel.row::<$width>() {
                        builder.push_into((row, time, diff));
                    },)*
                }
            }
        }

        impl ContainerBuilder for BatchBuilder {
            type Container = Batch;

            fn extract(&mut self) -> Option<&mut Batch> {
                self.built = match self.building.as_mut()? {
                    $(Building::$class(builder) => Batch::$class(std::mem::take(builder.extract()?)),)*
                };
                Some(&mut self.built)
            }

            fn finish(&mut self) -> Option<&mut Batch> {
                self.built = match self.building.as_mut()? {
                    $(Building::$class(builder) => Batch::$class(std::mem::take(builder.finish()?)),)*
                };
                Some(&mut self.built)
            }
        }

        $(impl Unpack for Row<$width> {
            fn unpack(batch: &mut Batch) -> Option<&mut Vec<(Self, Time, isize)>> {
                if let Batch::$class(updates) = batch { Some(updates) } else { None }
            }
        })*
    };
}
batches! { W1 1 W2 2 W4 4 W8 8 W16 16 }

impl Default for Batch {
    fn default() -> Self {
        Batch::W1(Vec::new())
    }
}

trait Unpack: Sized {
    fn unpack(batch: &mut Batch) -> Option<&mut Vec<(Self, Time, isize)>>;
}

/// The rows inside of batches, which are all of this class.
pub(super) fn unpack(batches: Stream<'_, Time, Batch>, class: Class) -> Rows<'_> {
    each_class!(class, W => Rows::from(unpack_width::<W>(batches)))
}

fn unpack_width<const W: usize>(batches: Stream<'_, Time, Batch>) -> Coll<'_, W>
where
    Row<W>: Unpack,
{
    batches
        .unary::<CapacityContainerBuilder<Updates<W>>, _, _, _>(Pipeline, "Unpack", |_, _| {
            |input, output| {
                input.for_each(|capability, batch| {
                    if let Some(updates) = Row::unpack(batch) {
                        output.session(&capability).give_container(updates);
                    }
                });
            }
        })
        .as_collection()
}
