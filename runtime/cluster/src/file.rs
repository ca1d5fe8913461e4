//! `cluster.toml`: the nodes of a cluster, where they listen, and the secret they share.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use floret_ir::{Address, Deployment, Program, RoleId};
use serde::{Deserialize, Serialize};

/// The file's content.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterFile {
    /// The secret; whoever shows it is let in.
    pub token: String,
    /// Whether a coordinator feeds the nodes, and they stop when they lose it.
    #[serde(default)]
    pub stop_with_coordinator: bool,
    /// The nodes.
    #[serde(rename = "node", default)]
    pub nodes: Vec<NodeEntry>,
}

/// A node.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NodeEntry {
    /// Its role's name.
    pub role: String,
    /// Which member of the role, from 0.
    pub index: u32,
    /// Where it listens, as `host:port`.
    pub address: String,
}

/// The nodes of a cluster in the terms of a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Members {
    /// How many there are.
    pub deployment: Deployment,
    /// Where each listens.
    pub addresses: BTreeMap<Address, String>,
}

/// What is wrong with a cluster file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClusterFileError {
    /// The file.
    pub file: String,
    /// What.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Problem {
    /// It can't be read or written.
    Io(String),
    /// It is not TOML of this form.
    Syntax(String),
    /// The token is empty.
    EmptyToken,
    /// The program has no such role.
    UnknownRole {
        /// The role.
        role: String,
        /// Those it has.
        known: Vec<String>,
    },
    /// A node is there twice.
    Twice {
        /// The node.
        node: String,
    },
    /// Two nodes have one address.
    SameAddress {
        /// The address.
        address: String,
        /// The nodes.
        nodes: [String; 2],
    },
    /// Members of a role are missing.
    Missing {
        /// The node.
        node: String,
    },
    /// An address is not `host:port`.
    BadAddress {
        /// The node.
        node: String,
        /// Its address.
        address: String,
    },
}

impl fmt::Display for ClusterFileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match &self.problem {
            Problem::Io(why) => f.write_str(why),
            Problem::Syntax(why) => write!(f, "not a cluster file\n{}", why.trim_end()),
            Problem::EmptyToken => f.write_str("`token` is empty; put a secret there that all nodes share"),
            Problem::UnknownRole { role, known } => {
                write!(f, "the program has no role `{role}`; its roles are {}", known.join(", "))
            }
            Problem::Twice { node } => write!(f, "{node} is listed twice; remove one of the two entries"),
            Problem::SameAddress { address, nodes: [a, b] } => {
                write!(f, "{a} and {b} have the same address {address}; give each its own")
            }
            Problem::Missing { node } => {
                write!(f, "{node} is missing; list every node of every role, numbered from 0 without gaps")
            }
            Problem::BadAddress { node, address } => {
                write!(f, "the address `{address}` of {node} is not of the form host:port, as 10.0.0.5:7000")
            }
        }
    }
}

impl std::error::Error for ClusterFileError {}

impl ClusterFile {
    /// Reads a file.
    ///
    /// # Errors
    /// It can't be read, or is not of this form.
    pub fn read(path: &Path) -> Result<Self, ClusterFileError> {
        let file = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &file),
            Err(error) => Err(ClusterFileError { file, problem: Problem::Io(error.to_string()) }),
        }
    }
    /// Reads a file's text.
    ///
    /// # Errors
    /// It is not of this form.
    pub fn parse(text: &str, file: &str) -> Result<Self, ClusterFileError> {
        let problem = match toml::from_str::<ClusterFile>(text) {
            Ok(cluster) if cluster.token.is_empty() => Problem::EmptyToken,
            Ok(cluster) => return Ok(cluster),
            Err(error) => Problem::Syntax(error.to_string()),
        };
        Err(ClusterFileError { file: file.to_owned(), problem })
    }
    /// The file's text.
    ///
    /// # Errors
    /// TOML can't hold it (not known to happen).
    pub fn to_text(&self) -> Result<String, ClusterFileError> {
        toml::to_string(self).map_err(|error| ClusterFileError {
            file: "cluster file".into(),
            problem: Problem::Syntax(error.to_string()),
        })
    }
    /// Writes a file.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, path: &Path) -> Result<(), ClusterFileError> {
        std::fs::write(path, self.to_text()?).map_err(|error| ClusterFileError {
            file: path.display().to_string(),
            problem: Problem::Io(error.to_string()),
        })
    }
    /// The nodes in the terms of a program: all members of all its roles, each at an address of its own.
    ///
    /// # Errors
    /// They are not; `file` is for the message.
    pub fn resolve(&self, program: &Program, file: &str) -> Result<Members, ClusterFileError> {
        self.members(program).map_err(|problem| ClusterFileError { file: file.to_owned(), problem })
    }

    fn members(&self, program: &Program) -> Result<Members, Problem> {
        let mut addresses: BTreeMap<Address, String> = BTreeMap::new();
        let mut by_address: BTreeMap<&str, String> = BTreeMap::new();
        for NodeEntry { role, index, address } in &self.nodes {
            let node = format!("{role}[{index}]");
            let Some(id) = program.role_named(role) else {
                let known = program.roles.iter().map(|role| role.name.clone()).collect();
                return Err(Problem::UnknownRole { role: role.clone(), known });
            };
            let port =
                address.rsplit_once(':').filter(|(host, _)| !host.is_empty()).map(|(_, port)| port.parse());
            if !matches!(port, Some(Ok(1_u16..))) {
                return Err(Problem::BadAddress { node, address: address.clone() });
            }
            if addresses.insert(Address { role: id, index: *index }, address.clone()).is_some() {
                return Err(Problem::Twice { node });
            }
            if let Some(other) = by_address.insert(address, node.clone()) {
                return Err(Problem::SameAddress { address: address.clone(), nodes: [other, node] });
            }
        }
        let count = |role: RoleId| addresses.keys().filter(|node| node.role == role).count() as u32;
        let deployment = Deployment::new(program.roles.ids().map(count).collect());
        for (role, declared) in program.roles.entries() {
            // At least one; and as many different ones as there are must be 0, 1, 2, ...
            for index in 0..deployment.counts[role].max(1) {
                if !addresses.contains_key(&Address { role, index }) {
                    return Err(Problem::Missing { node: format!("{}[{index}]", declared.name) });
                }
            }
        }
        Ok(Members { deployment, addresses })
    }
}

#[cfg(test)]
mod tests {
    use floret_ir::{FileId, Role, Span};

    use super::*;

    fn program() -> Program {
        let span = Span { file: FileId(0), start: 0, end: 0 };
        let role = |name: &str| Role { name: name.into(), implicit: false, durable: false, span };
        Program { roles: ["Server", "Client"].map(role).into_iter().collect(), ..Program::default() }
    }
    fn node(role: &str, index: u32, address: &str) -> NodeEntry {
        NodeEntry { role: role.into(), index, address: address.into() }
    }
    fn check(nodes: Vec<NodeEntry>) -> String {
        let file = ClusterFile { token: "x".into(), stop_with_coordinator: false, nodes };
        match file.resolve(&program(), "c.toml") {
            Ok(members) => format!("{:?}", members.deployment.counts.iter().collect::<Vec<_>>()),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let file = ClusterFile {
            token: "a \"quoted\" secret".into(),
            stop_with_coordinator: true,
            nodes: vec![node("Server", 0, "10.0.0.5:7000"), node("Client", 0, "[::1]:7000")],
        };
        assert_eq!(ClusterFile::parse(&file.to_text().unwrap(), "c.toml"), Ok(file));
    }

    #[test]
    fn a_file_written_by_hand() {
        let text = "token = \"t\"\n[[node]]\nrole = \"Server\"\nindex = 0\naddress = \"h:1\"\n";
        let nodes = vec![node("Server", 0, "h:1")];
        let file = ClusterFile { token: "t".into(), stop_with_coordinator: false, nodes };
        assert_eq!(ClusterFile::parse(text, "c.toml"), Ok(file));
    }

    #[test]
    fn bad_files_are_shown() {
        let error = ClusterFile::parse("token = \"t\"\ncolour = 3\n", "c.toml").unwrap_err().to_string();
        assert!(error.starts_with("c.toml: not a cluster file\n") && error.contains("colour = 3"), "{error}");
        let error = ClusterFile::parse("token = \"\"", "c.toml").unwrap_err().to_string();
        assert_eq!(error, "c.toml: `token` is empty; put a secret there that all nodes share");
        let error = ClusterFile::read(Path::new("no/such/file.toml")).unwrap_err().to_string();
        assert!(error.starts_with("no/such/file.toml: "), "{error}");
    }

    #[test]
    fn nodes_must_be_those_of_the_program() {
        let (s0, s1, c0) = (node("Server", 0, "h:1"), node("Server", 1, "h:2"), node("Client", 0, "h:3"));
        assert_eq!(check(vec![c0.clone(), s1.clone(), s0.clone()]), "[2, 1]");
        assert_eq!(
            check(vec![s1.clone(), c0.clone()]),
            "c.toml: Server[0] is missing; list every node of every role, numbered from 0 without gaps"
        );
        assert_eq!(
            check(vec![s0.clone()]),
            "c.toml: Client[0] is missing; list every node of every role, numbered from 0 without gaps"
        );
        assert_eq!(
            check(vec![s0.clone(), c0.clone(), node("Server", 0, "h:9")]),
            "c.toml: Server[0] is listed twice; remove one of the two entries"
        );
        assert_eq!(
            check(vec![s0.clone(), node("Client", 0, "h:1")]),
            "c.toml: Server[0] and Client[0] have the same address h:1; give each its own"
        );
        assert_eq!(
            check(vec![node("Sever", 0, "h:1")]),
            "c.toml: the program has no role `Sever`; its roles are Server, Client"
        );
        for address in ["h", "h:", ":1", "h:0", "h:65536", "h:x"] {
            assert_eq!(
                check(vec![node("Server", 0, address)]),
                format!(
                    "c.toml: the address `{address}` of Server[0] is not of the form host:port, as 10.0.0.5:7000"
                )
            );
        }
        // An index far beyond the count costs nothing.
        assert_eq!(
            check(vec![s0, c0, node("Server", u32::MAX, "h:9")]),
            "c.toml: Server[1] is missing; list every node of every role, numbered from 0 without gaps"
        );
    }
}
