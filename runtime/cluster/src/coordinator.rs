//! The coordinator: feeds the nodes of a cluster, hears what their ticks do, and knows when they are at rest.
//!
//! It never waits for one node before it listens to another: what it says goes into queues that are bounded because
//! nodes tell how many input rows they have taken, and reading inputs is a thread of its own. So nodes may wait for it
//! to take their outputs, and nothing waits in a circle.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use floret_ir::{Address, Changes, InputRow, Program, RelationId, Report, Row, RowChange, print};
use floret_node::wire::{FromNode, Misfit, OutputRows, Packed, Schema, Status, ToNode, pack};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::error::ClusterError;
use crate::feed::{self, Feed, TABLE_PIECE};
use crate::file::Members;
use crate::link::{self, ConnectError, Connection, Heard};
use crate::processes::{Death, ProcessNews};
use crate::rest::Wave;
use crate::running::{DEATH_PATIENCE, FEEDING_PAUSE, Lost, LostWhy, Node, Phase, RESTING_PAUSES, Running};

/// Nodes have so long to come up.
const CONNECT_PATIENCE: Duration = Duration::from_secs(60);
/// Words of nodes that wait to be heard.
const HEARD_WORDS: usize = 64;

/// What to run on which nodes.
pub struct ClusterRun<I, F, S> {
    /// The program.
    pub program: Arc<Program>,
    /// Its hash, as the nodes know it.
    pub program_hash: u64,
    /// The nodes.
    pub members: Members,
    /// The cluster's secret.
    pub token: String,
    /// Rows and the nodes that get them, those of tables first.
    pub inputs: I,
    /// Rows of events per piece (at least 1).
    pub batch: usize,
    /// Hears what happens; if it fails, the run does.
    pub on_event: F,
    /// When this is done the nodes are stopped after their running ticks.
    pub shutdown: S,
}

/// What happens in a run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Event {
    /// A tick of a node, if it shows anything: all of it.
    Tick {
        /// The node.
        node: Address,
        /// The tick's number at that node.
        tick: u64,
        /// What changed in outputs.
        changes: Changes,
        /// What it reported.
        reports: Vec<Report>,
    },
    /// How far the run is.
    Progress(Progress),
    /// A line that a node wrote to its stderr.
    Note {
        /// The node.
        node: Address,
        /// The line.
        line: String,
    },
}

/// How far a run is, over all nodes.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Input rows given to nodes.
    pub rows_fed: u64,
    /// Ticks run.
    pub ticks: u64,
    /// Messages processed.
    pub messages: u64,
}

/// How a run ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RunEnd {
    /// Inputs are at their end and nothing is under way.
    Rest,
    /// It was stopped; what was heard until then is valid.
    Interrupted,
}

/// How a run went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RunSummary {
    /// How it ended.
    pub end: RunEnd,
    /// Input rows given to nodes.
    pub rows_fed: u64,
    /// How often all nodes were asked how they are.
    pub waves: u64,
    /// What each node last said of itself.
    pub nodes: BTreeMap<Address, Status>,
}

impl RunSummary {
    /// A run that was stopped before it began.
    pub(crate) fn stopped_early() -> RunSummary {
        RunSummary { end: RunEnd::Interrupted, rows_fed: 0, waves: 0, nodes: BTreeMap::new() }
    }
}

/// Runs a program on nodes that run already (or will soon).
///
/// # Errors
/// [`ClusterError`]; nodes stop when they lose the coordinator, if their cluster file says so.
pub async fn coordinate<I, E, F, S>(run: ClusterRun<I, F, S>) -> Result<RunSummary, ClusterError<E>>
where
    I: Iterator<Item = Result<(Address, InputRow), E>> + Send + 'static,
    E: Send + 'static,
    F: FnMut(Event) -> Result<(), E>,
    S: Future<Output = ()>,
{
    let (mut on_event, shutdown) = (run.on_event, std::pin::pin!(run.shutdown));
    let mut setting = Setting {
        schema: Schema::new(run.program, run.members.deployment.clone()),
        program_hash: run.program_hash,
        token: run.token,
        members: run.members,
        on_event: &mut on_event,
        shutdown,
        news: None,
    };
    match setting.connect().await? {
        Some(connections) => setting.drive(connections, run.inputs, run.batch).await,
        None => Ok(RunSummary::stopped_early()),
    }
}

/// What connecting and driving have in common.
pub(crate) struct Setting<'a, F, S> {
    pub schema: Schema,
    pub program_hash: u64,
    pub token: String,
    pub members: Members,
    pub on_event: &'a mut F,
    pub shutdown: Pin<&'a mut S>,
    /// News of the processes, where they are ours.
    pub news: Option<mpsc::UnboundedReceiver<ProcessNews>>,
}

/// The next piece of news, or never.
async fn next_news(news: &mut Option<mpsc::UnboundedReceiver<ProcessNews>>) -> ProcessNews {
    match news {
        Some(receiver) => match receiver.recv().await {
            Some(news) => news,
            None => std::future::pending().await,
        },
        None => std::future::pending().await,
    }
}

impl<E, F, S> Setting<'_, F, S>
where
    E: Send + 'static,
    F: FnMut(Event) -> Result<(), E>,
    S: Future<Output = ()>,
{
    pub(crate) fn name(&self, node: Address) -> String {
        print::address(node, &self.schema.program)
    }

    fn died(&self, death: Death) -> ClusterError<E> {
        let node = self.name(death.node);
        if death.address_in_use {
            ClusterError::AddressesInUse { node }
        } else {
            ClusterError::NodeDied { node, how: death.how }
        }
    }

    /// Connects to all nodes; `None` if the run is to stop.
    pub(crate) async fn connect(&mut self) -> Result<Option<BTreeMap<Address, Connection>>, ClusterError<E>> {
        let mut attempts = JoinSet::new();
        for (node, address) in &self.members.addresses {
            let (node, address, token, hash) =
                (*node, address.clone(), self.token.clone(), self.program_hash);
            attempts.spawn(async move {
                let result = link::connect(&address, &token, hash, CONNECT_PATIENCE).await;
                (node, address, result)
            });
        }
        let mut connections = BTreeMap::new();
        let mut failure = None;
        let mut failed_at = Instant::now();
        while connections.len() < self.members.addresses.len() {
            tokio::select! {
                () = self.shutdown.as_mut() => return Ok(None),
                news = next_news(&mut self.news) => match news {
                    ProcessNews::Line(node, line) => {
                        (self.on_event)(Event::Note { node, line }).map_err(ClusterError::Host)?;
                    }
                    ProcessNews::Ended(death) => return Err(self.died(death)),
                },
                Some(Ok((node, address, result))) = attempts.join_next() => match result {
                    Ok(connection) => {
                        connections.insert(node, connection);
                    }
                    Err(error) => {
                        let node = self.name(node);
                        let error = match error {
                            ConnectError::Refused(why) => ClusterError::Refused { node, why },
                            ConnectError::NotReached(why) => ClusterError::NotReached { node, address, why },
                        };
                        if self.news.is_none() {
                            return Err(error);
                        }
                        // Someone else may listen where our process wanted to: then it ends, which says more.
                        (failure, failed_at) = (Some(error), Instant::now());
                    }
                },
                () = sleep_until(failed_at + DEATH_PATIENCE), if failure.is_some() => {
                    if let Some(error) = failure.take() {
                        return Err(error);
                    }
                }
            }
        }
        Ok(Some(connections))
    }

    /// Feeds the nodes until they are at rest.
    pub(crate) async fn drive<I>(
        mut self,
        connections: BTreeMap<Address, Connection>,
        inputs: I,
        batch: usize,
    ) -> Result<RunSummary, ClusterError<E>>
    where
        I: Iterator<Item = Result<(Address, InputRow), E>> + Send + 'static,
    {
        let mut feed = feed::start(&self.schema.program, inputs, batch).map_err(|error| {
            ClusterError::System { what: "start a thread".into(), why: error.to_string() }
        })?;
        let mut tasks = JoinSet::new();
        let (heard_sender, mut heard) = mpsc::channel(HEARD_WORDS);
        let nodes = connections
            .into_iter()
            .map(|(node, connection)| {
                (node, Node::new(connection.start(node, &mut tasks, heard_sender.clone())))
            })
            .collect();
        drop(heard_sender);
        let window = 4 * batch.max(TABLE_PIECE) as u64;
        let mut run = Running::new(nodes);
        loop {
            if run.phase == Phase::Finishing && run.nodes.values().all(|node| node.closed) {
                return Ok(run.summary());
            }
            let can_feed = matches!(run.phase, Phase::Tables | Phase::Events)
                && run.nodes.values().all(|node| node.outstanding < window);
            let can_ask = !run.asking && run.phase != Phase::Finishing;
            tokio::select! {
                () = self.shutdown.as_mut(), if run.phase != Phase::Finishing => run.finish(RunEnd::Interrupted),
                Some((node, word)) = heard.recv() => self.hear(&mut run, node, word)?,
                news = next_news(&mut self.news) => match news {
                    ProcessNews::Line(node, line) => {
                        (self.on_event)(Event::Note { node, line }).map_err(ClusterError::Host)?;
                    }
                    ProcessNews::Ended(death) => self.process_ended(&mut run, death)?,
                },
                Some(piece) = feed.recv(), if can_feed => self.feed(&mut run, piece)?,
                () = sleep_until(run.next_wave), if can_ask => run.ask(),
                () = sleep_until(run.deadline), if run.phase == Phase::Finishing => return Ok(run.summary()),
                () = sleep_until(run.lost_deadline()), if run.lost.is_some() => {
                    if let Some(Lost { node, why, .. }) = run.lost.take() {
                        return Err(self.lost(node, why));
                    }
                }
            }
        }
    }

    fn lost(&self, node: Address, why: LostWhy) -> ClusterError<E> {
        match why {
            LostWhy::Process(death) => self.died(death),
            LostWhy::Connection(why) => ClusterError::ConnectionLost { node: self.name(node), why },
        }
    }

    /// A process has ended. If it should not have, its last words are still waited for.
    fn process_ended(&self, run: &mut Running, death: Death) -> Result<(), ClusterError<E>> {
        let node = death.node;
        let closed = run.nodes.get(&node).is_none_or(|node| node.closed);
        let expected = run.nodes.get(&node).is_some_and(|node| node.finished.is_some())
            || (run.phase == Phase::Finishing && (death.success || run.end == RunEnd::Interrupted));
        if expected {
            if let Some(node) = run.nodes.get_mut(&node) {
                node.closed = true;
            }
            return Ok(());
        }
        if closed {
            return Err(self.died(death));
        }
        run.lost = Some(Lost { node, why: LostWhy::Process(death), since: Instant::now() });
        Ok(())
    }

    fn hear(&mut self, run: &mut Running, address: Address, word: Heard) -> Result<(), ClusterError<E>> {
        let Some(node) = run.nodes.get_mut(&address) else { return Ok(()) };
        let misfit = |misfit: Misfit, name: String| ClusterError::ConnectionLost {
            node: name,
            why: format!("it sent {misfit}"),
        };
        match word {
            Heard::Garbage(why) => {
                return Err(ClusterError::ConnectionLost { node: self.name(address), why });
            }
            Heard::Closed(why) => {
                node.closed = true;
                // Closes our side, on which the node waits.
                node.words = None;
                if node.finished.is_some()
                    || (run.phase == Phase::Finishing && run.end == RunEnd::Interrupted)
                {
                    return Ok(());
                }
                match run.lost.take() {
                    Some(Lost { node, why, .. }) if node == address => return Err(self.lost(node, why)),
                    Some(other) => run.lost = Some(other),
                    None if self.news.is_none() => {
                        return Err(self.lost(address, LostWhy::Connection(why)));
                    }
                    None => {
                        let why = LostWhy::Connection(why);
                        run.lost = Some(Lost { node: address, why, since: Instant::now() });
                    }
                }
            }
            Heard::Said(FromNode::Ready) => {}
            Heard::Said(FromNode::Taken(rows)) => node.outstanding = node.outstanding.saturating_sub(rows),
            Heard::Said(FromNode::Outputs { rows: OutputRows::Changes(id, packed), .. }) => {
                let changes = unpack_changes(&self.schema, id, &packed)
                    .map_err(|error| misfit(error, print::address(address, &self.schema.program)))?;
                node.changes.entry(id).or_default().extend(changes);
            }
            Heard::Said(FromNode::Outputs { rows: OutputRows::Reports(packed), .. }) => {
                let reports = unpack_reports(&self.schema.program, &packed)
                    .map_err(|error| misfit(error, print::address(address, &self.schema.program)))?;
                node.reports.extend(reports);
            }
            Heard::Said(FromNode::TickEnd(tick)) => {
                let changes = std::mem::take(&mut node.changes);
                let reports = std::mem::take(&mut node.reports);
                (self.on_event)(Event::Tick { node: address, tick, changes, reports })
                    .map_err(ClusterError::Host)?;
            }
            Heard::Said(FromNode::Status(status)) => {
                if status.wave == run.waves {
                    run.answers.insert(address, status);
                }
                if run.asking && run.answers.len() == run.nodes.len() {
                    self.wave_ended(run)?;
                }
            }
            Heard::Said(FromNode::Finished(status)) => node.finished = Some(status),
            Heard::Said(FromNode::Failed { why, by_program }) => {
                return Err(ClusterError::NodeFailed { node: self.name(address), why, by_program });
            }
        }
        Ok(())
    }

    fn wave_ended(&mut self, run: &mut Running) -> Result<(), ClusterError<E>> {
        let now = Instant::now();
        run.asking = false;
        let wave = run.rest.wave(&run.answers);
        let sum = |part: fn(&Status) -> u64| run.answers.values().map(part).sum::<u64>();
        let progress = Progress {
            rows_fed: run.rows_fed,
            ticks: sum(|s| s.counters.ticks),
            messages: sum(|s| s.processed),
        };
        let traffic = progress.ticks + progress.messages + sum(|s| s.sent);
        if traffic != run.traffic {
            (run.traffic, run.pause) = (traffic, RESTING_PAUSES.0);
        }
        run.next_wave = match (wave, run.phase) {
            (Wave::Rest, _) => {
                run.finish(RunEnd::Rest);
                now
            }
            (Wave::Quiet, _) => now,
            (Wave::Busy, Phase::Tables | Phase::Events) => now + FEEDING_PAUSE,
            (Wave::Busy, Phase::Resting | Phase::Finishing) => {
                let pause = run.pause;
                run.pause = (pause * 2).min(RESTING_PAUSES.1);
                now + pause
            }
        };
        if now - run.shown >= RESTING_PAUSES.1 {
            run.shown = now;
            (self.on_event)(Event::Progress(progress)).map_err(ClusterError::Host)?;
        }
        Ok(())
    }

    fn feed(&mut self, run: &mut Running, piece: Feed<E>) -> Result<(), ClusterError<E>> {
        match piece {
            Feed::Failed(error) => return Err(ClusterError::Host(error)),
            Feed::LateTable(id) => {
                let relation = self.schema.program.relations.get(id);
                let relation = relation.map_or_else(String::new, |relation| relation.name.clone());
                return Err(ClusterError::LateTable { relation });
            }
            Feed::Rows { tables, rows } => {
                if !tables && run.phase == Phase::Tables {
                    run.tell_all(&ToNode::Start);
                    run.phase = Phase::Events;
                }
                run.rows_fed += rows.len() as u64;
                let mut groups: BTreeMap<(Address, RelationId), Vec<Row>> = BTreeMap::new();
                for (node, InputRow { relation, row }) in rows {
                    groups.entry((node, relation)).or_default().push(row);
                }
                for ((node, id), rows) in groups {
                    self.give(run, node, id, &rows)?;
                }
            }
            Feed::End => {
                if run.phase == Phase::Tables {
                    run.tell_all(&ToNode::Start);
                }
                run.tell_all(&ToNode::EndOfInputs);
                run.phase = Phase::Resting;
                run.next_wave = Instant::now();
            }
        }
        Ok(())
    }

    fn give(
        &self,
        run: &mut Running,
        address: Address,
        id: RelationId,
        rows: &[Row],
    ) -> Result<(), ClusterError<E>> {
        let program = &self.schema.program;
        let bad = |why: String| ClusterError::BadInput {
            relation: program.relations.get(id).map_or_else(|| "?".into(), |relation| relation.name.clone()),
            node: print::address(address, program),
            why,
        };
        let node = run.nodes.get_mut(&address).ok_or_else(|| bad("there is no such node".into()))?;
        let relation = self.schema.input(address, id).map_err(|error| bad(error.to_string()))?;
        for row in rows {
            self.schema.fits(row, relation).map_err(|error| bad(error.to_string()))?;
        }
        for piece in pack(rows).map_err(|error| bad(error.to_string()))? {
            node.outstanding += u64::from(piece.count());
            node.tell(ToNode::Inputs { relation: id, rows: piece });
        }
        Ok(())
    }
}

fn unpack_changes(schema: &Schema, id: RelationId, packed: &Packed) -> Result<Vec<RowChange>, Misfit> {
    let relation = schema.program.relations.get(id).ok_or(Misfit::WrongRelation)?;
    packed.unpack(|change: &RowChange| schema.fits(&change.row, relation))
}

fn unpack_reports(program: &Program, packed: &Packed) -> Result<Vec<Report>, Misfit> {
    packed.unpack(|report: &Report| {
        let known = match report {
            Report::Error { rule, .. } | Report::Overflow { rule, .. } => program.rules.get(*rule).is_some(),
            Report::Conflict { relation, .. } => program.relations.get(*relation).is_some(),
        };
        if known { Ok(()) } else { Err(Misfit::WrongRelation) }
    })
}
