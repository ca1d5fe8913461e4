//! What the client asks of any of the systems, and whether the answers are right.

use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How many keys there are; of 16 bytes.
const KEYS: usize = 10_000;
/// One key in so many has no value at first.
const MISSING: usize = 16;

/// A request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Ask {
    /// Make this the key's value.
    Set(String, String),
    /// What is the key's value?
    Get(String),
}

/// An answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer<'a> {
    /// It is the key's value now.
    Written,
    /// The key's value, if it has one.
    Value(Option<&'a str>),
}

/// What one measured piece of a run came to.
#[derive(Clone, Debug)]
pub struct Figure {
    /// Answers per second.
    pub rate: f64,
    /// How long half of the requests took at most.
    pub median: Duration,
    /// How long all but one in a hundred took at most.
    pub p99: Duration,
}

/// One client's requests: half of them SET, half GET, with keys and values by chance. No key is asked for that a request under way
/// is about, so there is one right answer to each.
pub struct Load {
    random: u64,
    model: HashMap<usize, String>,
    busy: Vec<bool>,
    waiting: HashMap<i64, Waiting>,
    next: i64,
    phase: Phase,
    begin: Instant,
    last: Instant,
    took: Vec<Duration>,
}

struct Waiting {
    key: usize,
    set: bool,
    since: Instant,
}

enum Phase {
    /// Keys from this one on get their first value.
    Fill(usize),
    /// Until then.
    Mix(Instant),
}

impl Load {
    /// Before the first request; the first phase gives keys their values.
    pub fn new() -> Load {
        let now = Instant::now();
        Load {
            random: 1,
            model: HashMap::new(),
            busy: vec![false; KEYS],
            waiting: HashMap::new(),
            next: 0,
            phase: Phase::Fill(0),
            begin: now,
            last: now,
            took: Vec::new(),
        }
    }

    /// Begins to measure, for so long.
    pub fn measure(&mut self, length: Duration) {
        self.begin = Instant::now();
        self.phase = Phase::Mix(self.begin + length);
        self.took.clear();
    }

    /// The next request, with its number; `None`: the phase is at its end.
    pub fn ask(&mut self) -> Option<(i64, Ask)> {
        let since = Instant::now();
        let (key, set) = match &mut self.phase {
            Phase::Fill(key) => {
                *key += usize::from(key.is_multiple_of(MISSING));
                let filled = *key;
                *key += 1;
                (filled, true)
            }
            Phase::Mix(end) if since >= *end => return None,
            Phase::Mix(_) => {
                let set = self.random().is_multiple_of(2);
                let key = loop {
                    let key = self.random() as usize % KEYS;
                    if !self.busy[key] {
                        break key;
                    }
                };
                (key, set)
            }
        };
        *self.busy.get_mut(key)? = true;
        let id = self.next;
        self.next += 1;
        let name = format!("key:{key:012}");
        let ask = if set {
            let value: String = (0..4).map(|_| format!("{:016x}", self.random())).collect();
            self.model.insert(key, value.clone());
            Ask::Set(name, value)
        } else {
            Ask::Get(name)
        };
        self.waiting.insert(id, Waiting { key, set, since });
        Some((id, ask))
    }

    /// The answer to a request came.
    ///
    /// # Errors
    /// It is wrong.
    pub fn answer(&mut self, id: i64, answer: Answer<'_>) -> Result<(), String> {
        let Some(Waiting { key, set, since }) = self.waiting.remove(&id) else {
            return Err(format!("an answer to {id}, which was not asked or has been answered"));
        };
        let right = match set {
            true => Answer::Written,
            false => Answer::Value(self.model.get(&key).map(String::as_str)),
        };
        if answer != right {
            return Err(format!("request {id} about key {key}: the answer is {answer:?}, not {right:?}"));
        }
        self.last = Instant::now();
        self.busy[key] = false;
        self.took.push(self.last - since);
        Ok(())
    }

    /// Whether all requests are answered.
    pub fn is_quiet(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What was measured since [`Load::measure`].
    pub fn figure(&mut self) -> Figure {
        let rate = self.took.len() as f64 / (self.last - self.begin).as_secs_f64();
        self.took.sort_unstable();
        let part =
            |of: f64| self.took.get((self.took.len() as f64 * of) as usize).copied().unwrap_or_default();
        Figure { rate, median: part(0.5), p99: part(0.99) }
    }

    /// (splitmix64)
    fn random(&mut self) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut x = self.random;
        x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }
}
