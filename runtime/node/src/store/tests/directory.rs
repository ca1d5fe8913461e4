//! A store in a directory, and whom it may be opened by.

use std::fs;
use std::path::PathBuf;

use super::super::{Birth, Identity, Store, StoreError};
use super::{BIRTH, TestStore, entry, identity};

type Change = fn(&mut Identity);

struct Place(PathBuf);

impl Place {
    fn new() -> Self {
        Place(std::env::temp_dir().join(format!("floret-store-{}", crate::random_u64())))
    }
    fn open(&self, identity: &Identity, birth: Birth) -> Result<(TestStore, Birth, usize), StoreError> {
        let (store, recovered) = Store::open_directory(&self.0, identity, birth)?;
        Ok((store, recovered.birth, recovered.entries.len()))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.0));
    }
}

#[test]
fn what_is_synced_is_there_the_next_time_with_the_first_birth() {
    let place = Place::new();
    let (mut store, birth, entries) = place.open(&identity(), BIRTH).unwrap();
    assert_eq!((birth, entries), (BIRTH, 0));
    store.append(1, &entry(0, 1)).unwrap();
    store.sync().unwrap();
    store.append(2, &entry(0, 2)).unwrap();
    assert!(matches!(place.open(&identity(), BIRTH), Err(StoreError::InUse)));
    drop(store);
    let later = Birth { incarnation: 99, ..BIRTH };
    let (_, birth, entries) = place.open(&identity(), later).unwrap();
    assert_eq!((birth, entries), (BIRTH, 1));
}

#[test]
fn an_unfinished_file_is_made_anew_and_an_emptied_one_is_refused() {
    let place = Place::new();
    fs::create_dir_all(&place.0).unwrap();
    fs::write(place.0.join("store.redb.new"), [0; 5000]).unwrap();
    drop(place.open(&identity(), BIRTH).unwrap());
    fs::write(place.0.join("store.redb"), []).unwrap();
    assert!(matches!(place.open(&identity(), BIRTH), Err(StoreError::Damaged(_))));
}

#[test]
fn strangers_are_refused_and_told_why() {
    let place = Place::new();
    drop(place.open(&identity(), BIRTH).unwrap());
    let refused = |change: Change| {
        let mut asked = identity();
        change(&mut asked);
        place.open(&asked, BIRTH).unwrap_err().to_string()
    };
    let cases: [(Change, &str); 5] = [
        (|asked| asked.program = 78, "written by another program"),
        (|asked| asked.name = "Bank[2]".into(), "those of Bank[1], not of Bank[2]"),
        (
            |asked| asked.roles[0].count = 4,
            "Bank had 3 nodes when the data were written, now it has 4; the data of a durable role are divided among its nodes by their number. Run it with Bank=3",
        ),
        (
            |asked| asked.roles[1].count = 2,
            "Client had 1 node when the data were written, now it has 2; what",
        ),
        (
            |asked| asked.params[0].1 = "11".into(),
            "parameter limit was 10 when the data were written, now it is 11",
        ),
    ];
    for (change, text) in cases {
        let message = refused(change);
        assert!(message.contains(text), "{message}");
    }
    // And it is still there for the one it belongs to.
    assert!(place.open(&identity(), BIRTH).is_ok());
}

#[test]
fn ticks_come_in_turn() {
    let place = Place::new();
    let (mut store, ..) = place.open(&identity(), BIRTH).unwrap();
    assert!(matches!(store.append(2, &Vec::new()), Err(StoreError::OutOfTurn { expected: 1, found: 2 })));
    store.append(1, &Vec::new()).unwrap();
    assert!(matches!(store.append(1, &Vec::new()), Err(StoreError::OutOfTurn { expected: 2, found: 1 })));
}
