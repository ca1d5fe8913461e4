//! A TCP proxy for tests: what it carries arrives later, and it cuts connections in mid-stream.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use floret_sim::Random;

/// What a proxy does to connections.
#[derive(Clone, Copy)]
pub struct Rough {
    /// What enters it leaves it so much later, in both directions.
    pub delay: Duration,
    /// A connection is cut after so many bytes, both directions together.
    pub bytes: (usize, usize),
    /// So many connections are cut, one after the other; the others live.
    pub cuts: usize,
    pub seed: u64,
}

struct State {
    rough: Rough,
    target: SocketAddr,
    /// Cuts that are still to be made, and those that were.
    left: AtomicUsize,
    made: AtomicUsize,
    /// Bytes that came in.
    carried: AtomicUsize,
    over: AtomicBool,
    open: Mutex<BTreeMap<u64, [TcpStream; 2]>>,
    random: Mutex<Random>,
}

/// So many pieces may be under way in each direction; then the sender waits.
const PIECES: usize = 64;

/// A proxy before one listener. Its connections end when it is dropped.
pub struct Proxy {
    pub address: SocketAddr,
    state: Arc<State>,
}

impl Proxy {
    /// Opens a port at `ip` for connections to `target`.
    pub fn open(ip: IpAddr, target: SocketAddr, rough: Rough) -> Proxy {
        let listener = TcpListener::bind((ip, 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            rough,
            target,
            left: AtomicUsize::new(rough.cuts),
            made: AtomicUsize::new(0),
            carried: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            open: Mutex::new(BTreeMap::new()),
            random: Mutex::new(Random::new(rough.seed)),
        });
        let shared = Arc::clone(&state);
        spawn(move || {
            for (number, caller) in listener.incoming().enumerate() {
                if shared.over.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(caller), shared) = (caller, Arc::clone(&shared)) else { continue };
                spawn(move || carry(&shared, number as u64, caller));
            }
        });
        Proxy { address, state }
    }
    /// How many bytes came in, from both sides.
    pub fn carried(&self) -> usize {
        self.state.carried.load(Ordering::SeqCst)
    }
    /// How many connections were cut.
    pub fn cuts(&self) -> usize {
        self.state.made.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.over.store(true, Ordering::SeqCst);
        // The listener's thread sees it.
        let _ = TcpStream::connect(self.address);
        for [a, b] in self.state.open.lock().unwrap().values() {
            let _ = (a.shutdown(Shutdown::Both), b.shutdown(Shutdown::Both));
        }
    }
}

/// One connection: as many bytes as it may carry, until one of its ends is over.
fn carry(state: &Arc<State>, number: u64, caller: TcpStream) {
    let Ok(called) = TcpStream::connect(state.target) else { return };
    for stream in [&caller, &called] {
        stream.set_nodelay(true).unwrap();
    }
    let copy = || [caller.try_clone().unwrap(), called.try_clone().unwrap()];
    state.open.lock().unwrap().insert(number, copy());
    let take = |left: usize| left.checked_sub(1);
    let cut = state.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, take).is_ok();
    let (least, most) = state.rough.bytes;
    let most = least + state.random.lock().unwrap().below(most - least);
    // What the connection may still carry; without a cut there is no end to it.
    let room = Arc::new(Mutex::new(if cut { most } else { usize::MAX }));
    let directions = [copy(), copy()].map(|[caller, called]| (caller, called));
    let [(from_caller, to_called), (to_caller, from_called)] = directions;
    let mut halves = Vec::new();
    for (from, to) in [(from_caller, to_called), (from_called, to_caller)] {
        let (state, room) = (Arc::clone(state), Arc::clone(&room));
        halves.push(spawn(move || half(&state, from, to, &room)));
    }
    let was_cut = halves.into_iter().map(|half| half.join().unwrap()).fold(false, |a, b| a | b);
    state.open.lock().unwrap().remove(&number);
    if was_cut {
        state.made.fetch_add(1, Ordering::SeqCst);
    } else if cut {
        // It ended by itself before: another one is cut.
        state.left.fetch_add(1, Ordering::SeqCst);
    }
}

/// One direction; whether the connection was cut in it.
fn half(state: &State, mut from: TcpStream, to: TcpStream, room: &Mutex<usize>) -> bool {
    let (sender, receiver) = sync_channel(PIECES);
    let out = to.try_clone().unwrap();
    let writer = spawn(move || write_on_time(&receiver, out));
    let (mut buffer, mut cut) = ([0; 4096], false);
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        state.carried.fetch_add(count, Ordering::SeqCst);
        let mut left = room.lock().unwrap();
        let passes = count.min(*left);
        cut = passes < count;
        // No other direction says that it was cut, too.
        *left = if cut || *left == usize::MAX { usize::MAX } else { *left - passes };
        drop(left);
        let _ = sender.send((Instant::now() + state.rough.delay, buffer[..passes].to_vec()));
        if cut {
            break;
        }
    }
    drop(sender);
    let _ = writer.join();
    let _ = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
    cut
}

fn write_on_time(receiver: &Receiver<(Instant, Vec<u8>)>, mut to: TcpStream) {
    for (due, bytes) in receiver {
        sleep(due.saturating_duration_since(Instant::now()));
        if to.write_all(&bytes).is_err() {
            return;
        }
    }
}
