//! The artifact: what `floret build` writes and nodes load.
//!
//! The file: `FLORET`, a format version (two bytes), then the sections in order, each a tag (one byte), a length (eight
//! bytes) and a postcard payload, then a checksum of everything before it (eight bytes). Numbers are little-endian.

mod hashes;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::coordination::Coordination;
use crate::hash::hash_bytes;
use crate::plan::Plan;
use crate::validate::{Invalid, validate};
use crate::{Claims, IndexVec, RoleId, Sources, Stratified};

pub use hashes::{channel_hash, program_hash};

/// A compiled program.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Artifact {
    /// The checked program and its strata.
    pub stratified: Stratified,
    /// One plan per role.
    pub plans: IndexVec<RoleId, Plan>,
    /// What the coordination check found.
    pub coordination: Coordination,
    /// Its invariants.
    pub claims: Claims,
    /// Source texts, for messages.
    pub sources: Sources,
}

const MAGIC: &[u8] = b"FLORET";
/// The format that this version of Floret writes and reads.
pub const FORMAT: u16 = 4;
/// The greatest length of a section, in bytes.
pub const SECTION_LIMIT: usize = 256 << 20;

/// A section of the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Section {
    /// The checked program and its strata.
    Program,
    /// One plan per role.
    Plans,
    /// What the coordination check found.
    Coordination,
    /// The invariants.
    Claims,
    /// Source texts.
    Sources,
}

impl Section {
    const ALL: [Section; 5] =
        [Section::Program, Section::Plans, Section::Coordination, Section::Claims, Section::Sources];

    fn tag(self) -> u8 {
        match self {
            Section::Program => b'P',
            Section::Plans => b'L',
            Section::Coordination => b'C',
            Section::Claims => b'I',
            Section::Sources => b'S',
        }
    }
    fn name(self) -> &'static str {
        match self {
            Section::Program => "program",
            Section::Plans => "plans",
            Section::Coordination => "coordination",
            Section::Claims => "claims",
            Section::Sources => "sources",
        }
    }
}

/// Why bytes are no artifact that can be run.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ArtifactError {
    /// They don't start as one.
    NotAnArtifact,
    /// Written in another format.
    Format {
        /// Which.
        found: u16,
    },
    /// They end too early.
    Truncated,
    /// A section is longer than [`SECTION_LIMIT`].
    TooLong {
        /// Which.
        section: Section,
    },
    /// The checksum is wrong: the file was damaged.
    Damaged,
    /// A section can't be read.
    Malformed {
        /// Which.
        section: Section,
    },
    /// It can be read, and makes no sense.
    Invalid(Invalid),
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ArtifactError::NotAnArtifact => {
                f.write_str("this is not a Floret artifact; `floret build` makes one from a program")
            }
            ArtifactError::Format { found } => write!(
                f,
                "the artifact has format {found}, this version of Floret reads format {FORMAT}; build it again"
            ),
            ArtifactError::Truncated => f.write_str("the artifact ends too early; copy or build it again"),
            ArtifactError::TooLong { section } => {
                let limit = SECTION_LIMIT >> 20;
                write!(f, "the artifact's section `{}` is longer than {limit} MiB", section.name())
            }
            ArtifactError::Damaged => {
                f.write_str("the artifact is damaged (its checksum is wrong); copy or build it again")
            }
            ArtifactError::Malformed { section } => {
                write!(f, "the artifact's section `{}` can't be read; build it again", section.name())
            }
            ArtifactError::Invalid(invalid) => {
                write!(f, "the artifact makes no sense ({invalid}); build it again")
            }
        }
    }
}

impl std::error::Error for ArtifactError {}

/// The file's bytes. (Programs beyond [`SECTION_LIMIT`] are written too, and refused by [`decode`].)
pub fn encode(artifact: &Artifact) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(FORMAT.to_le_bytes());
    for section in Section::ALL {
        // Plain data of known lengths into memory: encoding can't fail.
        let payload = match section {
            Section::Program => postcard::to_stdvec(&artifact.stratified),
            Section::Plans => postcard::to_stdvec(&artifact.plans),
            Section::Coordination => postcard::to_stdvec(&artifact.coordination),
            Section::Claims => postcard::to_stdvec(&artifact.claims),
            Section::Sources => postcard::to_stdvec(&artifact.sources),
        }
        .unwrap_or_default();
        bytes.push(section.tag());
        bytes.extend((payload.len() as u64).to_le_bytes());
        bytes.extend(payload);
    }
    let checksum = hash_bytes(&bytes);
    bytes.extend(checksum.to_le_bytes());
    bytes
}

/// Reads what [`encode`] wrote, and checks it ([`validate`]): engines can index freely by what it says.
///
/// # Errors
/// [`ArtifactError`] for anything else.
pub fn decode(bytes: &[u8]) -> Result<Artifact, ArtifactError> {
    let mut reader = Reader(bytes);
    if reader.take(MAGIC.len()) != Ok(MAGIC) {
        return Err(ArtifactError::NotAnArtifact);
    }
    let format = u16::from_le_bytes(reader.array()?);
    if format != FORMAT {
        return Err(ArtifactError::Format { found: format });
    }
    let mut payloads = [&[][..]; Section::ALL.len()];
    for (section, payload) in Section::ALL.into_iter().zip(&mut payloads) {
        let [tag] = reader.array()?;
        let length = u64::from_le_bytes(reader.array()?);
        if tag != section.tag() {
            return Err(ArtifactError::Malformed { section });
        }
        let length = usize::try_from(length).ok().filter(|length| *length <= SECTION_LIMIT);
        let length = length.ok_or(ArtifactError::TooLong { section })?;
        *payload = reader.take(length)?;
    }
    let covered = bytes.len() - reader.0.len();
    let checksum = u64::from_le_bytes(reader.array()?);
    if !reader.0.is_empty() || bytes.get(..covered).map(hash_bytes) != Some(checksum) {
        return Err(ArtifactError::Damaged);
    }
    let [program, plans, coordination, claims, sources] = payloads;
    let artifact = Artifact {
        stratified: payload(Section::Program, program)?,
        plans: payload(Section::Plans, plans)?,
        coordination: payload(Section::Coordination, coordination)?,
        claims: payload(Section::Claims, claims)?,
        sources: payload(Section::Sources, sources)?,
    };
    validate(&artifact).map_err(ArtifactError::Invalid)?;
    Ok(artifact)
}

fn payload<T: DeserializeOwned>(section: Section, bytes: &[u8]) -> Result<T, ArtifactError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        Ok((_, _)) | Err(_) => Err(ArtifactError::Malformed { section }),
    }
}

struct Reader<'b>(&'b [u8]);

impl<'b> Reader<'b> {
    fn take(&mut self, length: usize) -> Result<&'b [u8], ArtifactError> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or(ArtifactError::Truncated)?;
        self.0 = rest;
        Ok(taken)
    }
    fn array<const N: usize>(&mut self) -> Result<[u8; N], ArtifactError> {
        self.take(N)?.try_into().map_err(|_| ArtifactError::Truncated)
    }
}

#[cfg(test)]
mod tests;
