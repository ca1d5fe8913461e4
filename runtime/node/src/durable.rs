//! A durable node's data, opened, and what was found in them.

use std::path::Path;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};

use floret_ir::{Address, Deployment, Program, print};

use crate::core::{Core, CoreError, Snapshot, Tick, TickEntry};
use crate::links::Links;
use crate::random::random_u64;
use crate::store::{
    Birth, EncodedSnapshot, Identity, Recovered, RoleSize, SnapshotPolicy, Store, StoreError,
};

/// When so many ticks that nobody has seen wait, they are put on disk.
const UNSEEN: u32 = 1000;

/// Where a durable node keeps its ticks.
pub type NodeStore = Store<TickEntry, Snapshot>;

/// A durable node's data.
#[derive(Debug)]
pub struct Durable {
    /// The store, open.
    pub store: NodeStore,
    /// What was in it.
    pub recovered: Recovered<TickEntry, Snapshot>,
    /// When to write snapshots.
    pub policy: SnapshotPolicy,
}

impl Durable {
    /// Opens the data of node `me` in a directory. Where there are none yet, they are begun with the deployment's seed;
    /// later the node must run with the seed in [`Durable::birth`].
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn open(
        directory: &Path,
        program: &Program,
        program_hash: u64,
        me: Address,
        deployment: &Deployment,
    ) -> Result<Durable, StoreError> {
        let identity = identity(program, program_hash, me, deployment);
        let birth = Birth { incarnation: random_u64(), sessions: random_u64(), seed: deployment.seed };
        let (store, recovered) = NodeStore::open_directory(directory, &identity, birth)?;
        Ok(Durable { store, recovered, policy: SnapshotPolicy::default() })
    }
    /// What the first start chose for good.
    pub fn birth(&self) -> Birth {
        self.recovered.birth
    }
    /// Whether the node has run before.
    pub fn has_run(&self) -> bool {
        self.store.last_tick() > 0
    }
    /// Brings a node to where it was. If it has run before, gives the last tick as [`Core::resume`] does.
    pub(crate) fn resume(
        self,
        core: &mut Core,
        links: &mut Links,
    ) -> Result<(Keeper, Option<Tick>), CoreError> {
        let has_run = self.has_run();
        let Durable { store, recovered: Recovered { birth: _, snapshot, entries }, policy } = self;
        let keeper = Keeper { store, policy, encoding: None, unseen: 0 };
        if !has_run {
            return Ok((keeper, None));
        }
        let last = core.resume(links, snapshot.map(|(_, snapshot)| snapshot), entries)?;
        Ok((keeper, Some(last)))
    }
}

/// Whose data they are.
pub fn identity(program: &Program, program_hash: u64, me: Address, deployment: &Deployment) -> Identity {
    let size = |(role, count): (&floret_ir::Role, &u32)| RoleSize {
        name: role.name.clone(),
        count: *count,
        durable: role.durable,
    };
    let param = |(param, value): (&floret_ir::Param, &floret_ir::Value)| {
        (param.name.clone(), print::literal(value, param.ty, program))
    };
    Identity {
        program: program_hash,
        me,
        name: print::address(me, program),
        roles: program.roles.iter().zip(deployment.counts.iter()).map(size).collect(),
        params: program.params.iter().zip(&deployment.params).map(param).collect(),
    }
}

/// Ticks on their way to disk.
#[derive(Debug)]
pub(crate) struct Keeper {
    store: NodeStore,
    policy: SnapshotPolicy,
    /// The snapshot that another thread is putting into the form in which it is written.
    encoding: Option<Receiver<Result<EncodedSnapshot<Snapshot>, StoreError>>>,
    /// So many ticks wait that nobody has seen.
    unseen: u32,
}

impl Keeper {
    /// Whether a snapshot is to be made of the next tick.
    pub fn wants_snapshot(&self) -> bool {
        let busy = self.encoding.is_some() || self.store.is_writing_snapshot();
        !busy && self.policy.is_due(self.store.size())
    }
    /// Puts a tick on disk, and a step of a snapshot if there is one. A tick that nobody sees waits for the next that
    /// somebody does (or for others like it, until they are many).
    pub fn keep(&mut self, tick: &Tick) -> Result<(), StoreError> {
        self.store.append(tick.entry.number, &tick.entry)?;
        self.unseen = if tick.is_seen() { 0 } else { self.unseen + 1 };
        if (1..UNSEEN).contains(&self.unseen) {
            return Ok(());
        }
        self.unseen = 0;
        match self.encoding.as_ref().map(Receiver::try_recv) {
            None | Some(Err(TryRecvError::Empty)) => {}
            Some(Ok(snapshot)) => {
                self.encoding = None;
                self.store.begin_snapshot(snapshot?)?;
            }
            // There was no thread to be had: a later tick tries again.
            Some(Err(TryRecvError::Disconnected)) => self.encoding = None,
        }
        self.store.sync()
    }
    /// Begins to write a snapshot of the last tick. It takes a while, and ticks go on meanwhile.
    pub fn begin_snapshot(&mut self, snapshot: Snapshot) {
        let (sender, receiver) = sync_channel(1);
        self.encoding = Some(receiver);
        let encode = move || drop(sender.send(EncodedSnapshot::new(snapshot.entry.number, &snapshot)));
        drop(std::thread::Builder::new().name("snapshot".into()).spawn(encode));
    }
}
