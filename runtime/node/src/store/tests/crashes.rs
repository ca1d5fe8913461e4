//! Random runs with crashes: what comes back is a prefix that has everything synced, each entry as it was written.
//!
//! The model is a list: what was appended, how much of it was synced, which snapshots were written. Crashes come between
//! operations and in the middle of them (after some write of the disk), also while the store is being opened.

use floret_sim::{Random, SimDisk};

use super::super::EncodedSnapshot;
use super::{TestStore, create, entry, open, state};

/// A mistake that the runs must find.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Plant {
    Nothing,
    /// The disk doesn't sync.
    SyncSkipped,
    /// The log is truncated by a transaction of its own before the snapshot is written.
    TruncatedFirst,
}

/// What must be on disk, and what may be.
#[derive(Default)]
struct Model {
    run: u64,
    /// Ticks that were appended.
    appended: u64,
    /// Those of them that a sync has confirmed.
    synced: u64,
    /// Snapshots that may hold: the last confirmed one, and those after it.
    snapshots: Vec<u64>,
}

/// What happened in a run.
#[derive(Default, Debug)]
struct Seen {
    crashes: u64,
    in_the_middle: u64,
    unsynced_survived: u64,
    unsynced_lost: u64,
    snapshots_recovered: u64,
    failed_syncs: u64,
}

fn run(seed: u64, plant: Plant, seen: &mut Seen) -> Result<(), String> {
    let disk = SimDisk::new();
    let mut random = Random::new(seed);
    let mut store = create(&disk).map_err(|error| format!("creating: {error}"))?;
    if plant == Plant::SyncSkipped {
        disk.ignore_syncs();
    }
    let mut model = Model { run: seed, snapshots: vec![0], ..Model::default() };
    for _ in 0..40 {
        if random.below(6) == 0 {
            disk.power_off_after(random.below(30) as u64);
        } else if random.below(30) == 0 {
            disk.fail_syncs(1);
        }
        let worked = operate(&mut store, &mut model, &mut random, plant);
        let crash = random.below(10) == 0;
        if worked && !crash && !disk.is_off() {
            continue;
        }
        seen.crashes += 1;
        seen.in_the_middle += u64::from(disk.is_off());
        let failed_sync = !worked && !disk.is_off();
        seen.failed_syncs += u64::from(failed_sync);
        if random.below(4) == 0 && !failed_sync {
            disk.kill()
        } else {
            disk.crash(random.bits())
        }
        drop(store);
        // Sometimes the power fails again while the store comes back.
        while random.below(3) == 0 {
            disk.power_off_after(random.below(12) as u64);
            drop(open(&disk));
            disk.crash(random.bits());
        }
        store = recover(&disk, &mut model, seen)?;
    }
    Ok(())
}

/// One operation; whether it worked.
fn operate(store: &mut TestStore, model: &mut Model, random: &mut Random, plant: Plant) -> bool {
    match random.below(10) {
        0..5 => {
            let tick = model.appended + 1;
            store.append(tick, &entry(model.run, tick)).unwrap();
            model.appended = tick;
            true
        }
        5..8 => {
            let done = store.sync().is_ok();
            confirm(store, model, done)
        }
        8 if !store.is_writing_snapshot() && store.size().log_ticks > 0 => {
            model.snapshots.push(model.appended);
            if plant == Plant::TruncatedFirst && store.journal.truncate_first(model.appended).is_err() {
                return false;
            }
            let snapshot = EncodedSnapshot::new(model.appended, &state(model.run, model.appended)).unwrap();
            store.begin_snapshot(snapshot).unwrap();
            true
        }
        8 => true,
        _ => {
            if model.snapshots.last() != Some(&model.appended) {
                model.snapshots.push(model.appended);
            }
            if plant == Plant::TruncatedFirst && store.journal.truncate_first(model.appended).is_err() {
                return false;
            }
            let done = store.snapshot(&state(model.run, model.appended)).is_ok();
            confirm(store, model, done)
        }
    }
}

fn confirm(store: &TestStore, model: &mut Model, done: bool) -> bool {
    if done {
        model.synced = model.appended;
        if !store.is_writing_snapshot()
            && let Some(last) = model.snapshots.last()
        {
            model.snapshots = vec![*last];
        }
    }
    done
}

/// Opens the store and compares with the model.
fn recover(disk: &SimDisk, model: &mut Model, seen: &mut Seen) -> Result<TestStore, String> {
    let (store, recovered) = open(disk).map_err(|error| format!("opening: {error}"))?;
    let mut at = 0;
    if let Some((tick, content)) = &recovered.snapshot {
        if !model.snapshots.contains(tick) {
            return Err(format!("a snapshot of tick {tick} of {:?}", model.snapshots));
        }
        if *content != state(model.run, *tick) {
            return Err(format!("the snapshot of tick {tick} is another"));
        }
        at = *tick;
        seen.snapshots_recovered += 1;
    } else if !model.snapshots.contains(&0) {
        return Err("no snapshot".into());
    }
    model.snapshots = vec![at];
    for content in &recovered.entries {
        at += 1;
        if *content != entry(model.run, at) {
            return Err(format!("the entry of tick {at} is another"));
        }
    }
    if at < model.synced || at > model.appended {
        return Err(format!("{at} ticks where {} were synced and {} appended", model.synced, model.appended));
    }
    if at != store.last_tick() {
        return Err(format!("{at} ticks, but the store goes on after {}", store.last_tick()));
    }
    seen.unsynced_survived += at - model.synced;
    seen.unsynced_lost += model.appended - at;
    (model.appended, model.synced) = (at, at);
    Ok(store)
}

#[test]
fn after_any_crash_everything_synced_comes_back() {
    let mut seen = Seen::default();
    for seed in 0..150 {
        run(seed, Plant::Nothing, &mut seen).unwrap_or_else(|what| panic!("seed {seed}: {what}"));
    }
    println!("{seen:?}");
    // The runs were worth it.
    let Seen { crashes, in_the_middle, unsynced_survived, unsynced_lost, snapshots_recovered, failed_syncs } =
        seen;
    for (count, at_least) in [
        (crashes, 300),
        (in_the_middle, 100),
        (unsynced_survived, 10),
        (unsynced_lost, 100),
        (snapshots_recovered, 100),
        (failed_syncs, 10),
    ] {
        assert!(count >= at_least, "{count} of {at_least}");
    }
}

#[test]
fn planted_mistakes_are_found() {
    for plant in [Plant::SyncSkipped, Plant::TruncatedFirst] {
        let found = (0..100).find_map(|seed| {
            run(seed, plant, &mut Seen::default()).err().map(|what| format!("seed {seed}: {what}"))
        });
        println!("{plant:?}: {found:?}");
        assert!(found.is_some(), "{plant:?}");
    }
}

#[test]
fn the_same_run_writes_the_same_bytes() {
    let content = || {
        let disk = SimDisk::new();
        let mut store = create(&disk).unwrap();
        for tick in 1..=60 {
            store.append(tick, &entry(1, tick)).unwrap();
            if tick % 3 == 0 {
                store.sync().unwrap();
            }
            if tick % 20 == 0 {
                store.snapshot(&state(1, tick)).unwrap();
            }
        }
        // As the power fails: no orderly end.
        disk.kill();
        (disk.operations(), disk.content())
    };
    assert!(content() == content());
}
