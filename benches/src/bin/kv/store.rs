//! The store's client and the chain's: what they ask as rows of their programs.

use std::time::{Duration, Instant};

use floret_ir::hash::hash_value;
use floret_ir::{Address, Deployment, InputRow, Message, RelationId, RoleId, Send, Value};

use crate::floret::{Asks, Cluster};
use crate::load::{Answer, Ask, Load};
use crate::system::Result;

/// The load as requests of `kv.flo`.
pub struct Store {
    /// The load.
    pub load: Load,
    deployment: Deployment,
    server: RoleId,
    put: RelationId,
    get: RelationId,
    write: RelationId,
    read: RelationId,
    written: RelationId,
    found: RelationId,
}

impl Store {
    /// For a program.
    pub fn new(cluster: &Cluster) -> Result<Store> {
        Ok(Store {
            load: Load::new(),
            deployment: cluster.deployment().clone(),
            server: cluster.program().role_named("Server").ok_or("there is no role Server")?,
            put: cluster.relation("put")?,
            get: cluster.relation("get")?,
            write: cluster.relation("write")?,
            read: cluster.relation("read")?,
            written: cluster.relation("written")?,
            found: cluster.relation("found")?,
        })
    }
}

impl Asks for Store {
    fn ask(&mut self) -> Option<InputRow> {
        Some(match self.load.ask()? {
            (id, Ask::Set(key, value)) => InputRow {
                relation: self.put,
                row: vec![Value::Int(id), Value::string(&key), Value::string(&value)],
            },
            (id, Ask::Get(key)) => {
                InputRow { relation: self.get, row: vec![Value::Int(id), Value::string(&key)] }
            }
        })
    }
    fn route(&self, me: Address, ask: InputRow) -> Option<Send> {
        let InputRow { relation, mut row } = ask;
        let to = self.deployment.member(self.server, hash_value(row.get(1)?));
        row.push(Value::Address(me));
        let relation = if relation == self.put { self.write } else { self.read };
        Some(Send { to, relation, row })
    }
    fn hear(&mut self, message: &Message) -> std::result::Result<(), String> {
        match message.row.as_slice() {
            [Value::Int(id), Value::String(value)] if message.relation == self.found => {
                self.load.answer(*id, Answer::Value(Some(value)))
            }
            [Value::Int(id)] if message.relation == self.written => self.load.answer(*id, Answer::Written),
            [Value::Int(id)] => self.load.answer(*id, Answer::Value(None)),
            other => Err(format!("{other:?} is no answer")),
        }
    }
    fn is_quiet(&self) -> bool {
        self.load.is_quiet()
    }
}

/// One message after the other through a chain, as requests of `chain.flo`.
pub struct Chain {
    server: RoleId,
    go: RelationId,
    hop: RelationId,
    /// How many Servers after the first one.
    pub more: i64,
    /// How many messages are still to go.
    pub left: i64,
    since: Option<Instant>,
    /// What each took.
    pub took: Vec<Duration>,
}

impl Chain {
    /// For a program.
    pub fn new(cluster: &Cluster) -> Result<Chain> {
        Ok(Chain {
            server: cluster.program().role_named("Server").ok_or("there is no role Server")?,
            go: cluster.relation("go")?,
            hop: cluster.relation("hop")?,
            more: 0,
            left: 0,
            since: None,
            took: Vec::new(),
        })
    }
}

impl Asks for Chain {
    fn ask(&mut self) -> Option<InputRow> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        self.since = Some(Instant::now());
        Some(InputRow { relation: self.go, row: vec![Value::Int(self.left), Value::Int(self.more)] })
    }
    fn route(&self, me: Address, ask: InputRow) -> Option<Send> {
        let mut row = ask.row;
        row.push(Value::Address(me));
        let to = Address { role: self.server, index: u32::try_from(self.more).ok()? };
        Some(Send { to, relation: self.hop, row })
    }
    fn hear(&mut self, message: &Message) -> std::result::Result<(), String> {
        let right = message.row == [Value::Int(self.left)];
        match self.since.take() {
            Some(since) if right => self.took.push(since.elapsed()),
            Some(_) | None => return Err(format!("{:?} is not what was to come back", message.row)),
        }
        Ok(())
    }
    fn is_quiet(&self) -> bool {
        self.since.is_none()
    }
}
