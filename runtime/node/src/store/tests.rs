//! Tests of the store on a simulated disk: against a model through crashes, and with damaged files.

mod crashes;
mod damage;
mod directory;

use floret_ir::{Address, RoleId};
use floret_sim::{Random, SimDisk};

use super::{Birth, Identity, Recovered, RoleSize, Store, StoreError};

type TestStore = Store<Vec<u8>, Vec<u8>>;
type Opened = (TestStore, Recovered<Vec<u8>, Vec<u8>>);

const BIRTH: Birth = Birth { incarnation: 11, sessions: 12, seed: 13 };

fn identity() -> Identity {
    Identity {
        program: 77,
        me: Address { role: RoleId(0), index: 1 },
        name: "Bank[1]".into(),
        roles: vec![
            RoleSize { name: "Bank".into(), count: 3, durable: true },
            RoleSize { name: "Client".into(), count: 1, durable: false },
        ],
        params: vec![("limit".into(), "10".into())],
    }
}

/// The entry of a tick of a run: some bytes that are no other's.
fn entry(run: u64, tick: u64) -> Vec<u8> {
    let mut random = Random::new(run.wrapping_mul(1000) + tick);
    // Mostly short, sometimes longer than a page of the file.
    let length = if random.below(20) == 0 { random.below(20_000) } else { random.below(300) };
    (0..length).map(|_| random.bits() as u8).collect()
}

/// The state after a tick, sometimes of several pieces.
fn state(run: u64, tick: u64) -> Vec<u8> {
    let mut random = Random::new(run.wrapping_mul(1000) + tick + 500);
    let length = if random.below(10) == 0 { random.below(2_000_000) } else { random.below(3000) };
    let byte = random.bits() as u8;
    let mut bytes = vec![byte; length];
    bytes.extend(tick.to_le_bytes());
    bytes
}

fn create(disk: &SimDisk) -> Result<TestStore, StoreError> {
    Store::create(disk.open(), &identity(), BIRTH)
}

fn open(disk: &SimDisk) -> Result<Opened, StoreError> {
    Store::open(disk.open(), &identity())
}
