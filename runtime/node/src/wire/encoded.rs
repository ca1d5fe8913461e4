//! A frame's body as it goes over connections: made once, shared by those that send it (again).

use std::fmt;
use std::sync::Arc;

use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Body, encode};

/// The bytes of a body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Encoded(Arc<[u8]>);

impl Encoded {
    /// The bytes of this body.
    pub fn new(body: &Body) -> Self {
        Encoded(encode(body).into())
    }
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Serialize for Encoded {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Encoded {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Whole;
        impl Visitor<'_> for Whole {
            type Value = Encoded;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Encoded, E> {
                Ok(Encoded(bytes.into()))
            }
        }
        deserializer.deserialize_bytes(Whole)
    }
}
