//! What it costs to put ticks on disk: commits per second of the store, beside a plain file that is appended to and
//! synced, for 1, 10 and 100 entries of 200 bytes per commit; then how long commits take while a snapshot of 64 MiB is written.
//!
//! `cargo run --release -p floret-node --example commits -- DIR [SECONDS]` (DIR on the disk that is to be measured).

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use floret_ir::{Address, RoleId};
use floret_node::store::{Birth, EncodedSnapshot, Identity, Store};

type Bytes = Vec<u8>;
type Outcome<T> = Result<T, Box<dyn Error>>;

const BIRTH: Birth = Birth { incarnation: 1, sessions: 2, seed: 3 };
const ENTRY: usize = 200;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let place = args.next().ok_or("which directory?")?;
    let seconds = Duration::from_secs(args.next().map_or(Ok(3), |text| text.parse())?);
    let place = Path::new(&place).join("floret-commits");
    fs::create_dir_all(&place)?;
    println!("entries/commit  store commits/s  plain file commits/s");
    for count in [1, 10, 100] {
        let store = per_second(seconds, &mut stored(&place.join(format!("store-{count}")), count)?)?;
        let plain = per_second(seconds, &mut appended(&place.join(format!("plain-{count}")), count)?)?;
        println!("{count:14} {store:16.0} {plain:21.0}");
    }
    stalls(&place.join("stalls"))?;
    fs::remove_dir_all(&place)?;
    Ok(())
}

fn per_second(length: Duration, commit: &mut dyn FnMut() -> Outcome<()>) -> Outcome<f64> {
    let (start, mut commits) = (Instant::now(), 0.0);
    while start.elapsed() < length {
        commit()?;
        commits += 1.0;
    }
    Ok(commits / start.elapsed().as_secs_f64())
}

fn identity() -> Identity {
    let me = Address { role: RoleId(0), index: 0 };
    Identity { program: 1, me, name: "Node[0]".into(), roles: Vec::new(), params: Vec::new() }
}

fn stored(path: &Path, count: usize) -> Outcome<impl FnMut() -> Outcome<()> + use<>> {
    let (mut store, _) = Store::<Bytes, Bytes>::open_directory(path, &identity(), BIRTH)?;
    let entry = vec![7; ENTRY];
    Ok(move || {
        for _ in 0..count {
            store.append(store.last_tick() + 1, &entry)?;
        }
        Ok(store.sync()?)
    })
}

fn appended(path: &Path, count: usize) -> Outcome<impl FnMut() -> Outcome<()> + use<>> {
    let mut file = File::create(path)?;
    let entries = vec![7; ENTRY * count];
    Ok(move || {
        file.write_all(&entries)?;
        Ok(file.sync_data()?)
    })
}

/// A log of 20,000 ticks and 60 MB, then a snapshot of 64 MiB while ticks go on.
fn stalls(path: &Path) -> Outcome<()> {
    let (mut store, _) = Store::<Bytes, Bytes>::open_directory(path, &identity(), BIRTH)?;
    let tick =
        |store: &mut Store<Bytes, Bytes>, length| store.append(store.last_tick() + 1, &vec![7; length]);
    for _ in 0..200 {
        for _ in 0..100 {
            tick(&mut store, 3000)?;
        }
        store.sync()?;
    }
    let start = Instant::now();
    let snapshot = EncodedSnapshot::new(store.last_tick(), &vec![7; 64 << 20])?;
    println!("encoding the snapshot: {:.1} ms", milliseconds(start));
    store.begin_snapshot(snapshot)?;
    let mut times = Vec::new();
    while store.is_writing_snapshot() {
        tick(&mut store, ENTRY)?;
        let start = Instant::now();
        store.sync()?;
        times.push(milliseconds(start));
    }
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len() / 2).copied().unwrap_or_default();
    let longest = times.last().copied().unwrap_or_default();
    println!("commits with a step of it: {} of median {median:.1} ms, longest {longest:.1} ms", times.len(),);
    Ok(())
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}
