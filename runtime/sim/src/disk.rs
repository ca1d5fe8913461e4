//! A disk that loses what wasn't synced when the power fails, sector by sector, as the seed says.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::StorageBackend;

use crate::Random;

/// A write of a sector is on disk whole or not at all.
const SECTOR: usize = 512;

/// A disk with one file. What is written is there at once for whoever reads; after [`SimDisk::crash`] everything that was
/// synced is there, and of every sector written since then one of its contents, the old one among them.
#[derive(Clone, Default, Debug)]
pub struct SimDisk(Arc<Mutex<State>>);

/// The disk's file, open in one process. After a crash of either it fails for good.
#[derive(Debug)]
pub struct SimFile {
    disk: SimDisk,
    life: u64,
}

#[derive(Default)]
struct State {
    /// What is read.
    content: Vec<u8>,
    /// What a crash leaves at least.
    synced: Vec<u8>,
    /// The contents that sectors had since the sync, in order.
    written: BTreeMap<usize, Vec<[u8; SECTOR]>>,
    /// The lengths that the file had since the sync, in order.
    lengths: Vec<usize>,
    /// Files that were opened before this many crashes are dead.
    life: u64,
    /// Writes, changes of length and syncs so far.
    operations: u64,
    /// The operation before which the power fails.
    power_off_at: Option<u64>,
    failing_syncs: u64,
    ignores_syncs: bool,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let State { content, operations, .. } = self;
        write!(f, "{} bytes after {operations} operations", content.len())
    }
}

impl SimDisk {
    /// An empty disk.
    pub fn new() -> Self {
        SimDisk::default()
    }

    /// A disk on which these bytes are synced.
    pub fn with_content(content: Vec<u8>) -> Self {
        let state = State { synced: content.clone(), content, ..State::default() };
        SimDisk(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing here panics while it holds the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens its file.
    pub fn open(&self) -> SimFile {
        SimFile { disk: self.clone(), life: self.state().life }
    }

    /// What is in the file now.
    pub fn content(&self) -> Vec<u8> {
        self.state().content.clone()
    }

    /// How many writes, changes of length and syncs there were.
    pub fn operations(&self) -> u64 {
        self.state().operations
    }

    /// The power fails after so many more operations: those after them fail and do nothing. Call [`SimDisk::crash`] then.
    pub fn power_off_after(&self, operations: u64) {
        let mut state = self.state();
        state.power_off_at = Some(state.operations + operations);
    }

    /// Whether the power has failed.
    pub fn is_off(&self) -> bool {
        self.state().is_off()
    }

    /// The next `count` syncs fail, and what they should have written may or may not be on disk. A later sync that succeeds
    /// doesn't make up for it, as on Linux; so before anybody opens the file again, there must be a [`SimDisk::crash`]: no
    /// program can cope with a file that reads other than it is on disk.
    pub fn fail_syncs(&self, count: u64) {
        self.state().failing_syncs = count;
    }

    /// The disk lies: it says that it has synced and doesn't. (For tests of tests.)
    pub fn ignore_syncs(&self) {
        self.state().ignores_syncs = true;
    }

    /// The power fails and comes back: of what wasn't synced a part is there, as the seed says. Files opened before are
    /// dead.
    pub fn crash(&self, seed: u64) {
        let mut state = self.state();
        state.lose(seed);
        state.content = state.synced.clone();
        state.restart();
    }

    /// The process that has the file open dies: all it wrote is there, and may still be lost in a later crash.
    pub fn kill(&self) {
        self.state().restart();
    }
}

impl State {
    fn is_off(&self) -> bool {
        self.power_off_at.is_some_and(|at| self.operations >= at)
    }

    fn restart(&mut self) {
        self.life += 1;
        self.power_off_at = None;
        self.failing_syncs = 0;
    }

    fn operate(&mut self) -> io::Result<()> {
        if self.is_off() {
            return Err(io::Error::other("the power is off"));
        }
        self.operations += 1;
        Ok(())
    }

    fn set_len(&mut self, length: usize) {
        let before = self.content.len();
        self.content.resize(length, 0);
        self.lengths.push(length);
        // What is cut off is zeros when the file grows again.
        self.touch(length, before);
    }

    /// Notes the sectors that a change of these bytes changed.
    fn touch(&mut self, start: usize, end: usize) {
        for sector in start / SECTOR..end.div_ceil(SECTOR) {
            let content = sector_of(&self.content, sector);
            self.written.entry(sector).or_default().push(content);
        }
    }

    fn write(&mut self, offset: usize, data: &[u8]) -> io::Result<()> {
        let end = offset.checked_add(data.len()).ok_or_else(out_of_range)?;
        self.content.get_mut(offset..end).ok_or_else(out_of_range)?.copy_from_slice(data);
        self.touch(offset, end);
        Ok(())
    }

    fn sync(&mut self) {
        let length = self.content.len();
        self.settle(length, <[_]>::last);
    }

    /// Decides about everything unsynced.
    fn lose(&mut self, seed: u64) {
        let mut random = Random::new(seed);
        // 0: what was synced.
        let at = random.below(self.lengths.len() + 1).checked_sub(1);
        let length = at.and_then(|at| self.lengths.get(at)).copied().unwrap_or(self.synced.len());
        self.settle(length, |contents| {
            random.below(contents.len() + 1).checked_sub(1).and_then(|at| contents.get(at))
        });
    }

    /// Puts the length, and of each written sector the content that `choose` takes (or none), on disk.
    fn settle(&mut self, length: usize, mut choose: impl FnMut(&[[u8; SECTOR]]) -> Option<&[u8; SECTOR]>) {
        let whole = length.max(self.synced.len()).next_multiple_of(SECTOR);
        self.synced.resize(whole, 0);
        for (sector, contents) in std::mem::take(&mut self.written) {
            let place = self.synced.get_mut(sector * SECTOR..(sector + 1) * SECTOR);
            // A sector beyond the end that survives is lost with the length.
            if let (Some(content), Some(place)) = (choose(&contents), place) {
                place.copy_from_slice(content);
            }
        }
        self.synced.resize(length, 0);
        self.lengths.clear();
    }
}

/// A sector of a file, zeros after its end.
fn sector_of(content: &[u8], sector: usize) -> [u8; SECTOR] {
    let mut whole = [0; SECTOR];
    let start = content.len().min(sector * SECTOR);
    let end = content.len().min((sector + 1) * SECTOR);
    for (to, from) in whole.iter_mut().zip(&content[start..end]) {
        *to = *from;
    }
    whole
}

fn out_of_range() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, "beyond the end of the file")
}

fn size(number: u64) -> io::Result<usize> {
    usize::try_from(number).map_err(|_| out_of_range())
}

impl SimFile {
    fn state(&self) -> io::Result<MutexGuard<'_, State>> {
        let state = self.disk.state();
        if state.life == self.life { Ok(state) } else { Err(io::Error::other("the process is dead")) }
    }
}

impl StorageBackend for SimFile {
    fn len(&self) -> io::Result<u64> {
        Ok(self.state()?.content.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let (state, offset) = (self.state()?, size(offset)?);
        let end = offset.checked_add(out.len()).ok_or_else(out_of_range)?;
        let there = state.content.get(offset..end).ok_or(io::ErrorKind::UnexpectedEof)?;
        out.copy_from_slice(there);
        Ok(())
    }

    fn set_len(&self, length: u64) -> io::Result<()> {
        let mut state = self.state()?;
        state.operate()?;
        state.set_len(size(length)?);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.state()?;
        state.operate()?;
        if state.failing_syncs > 0 {
            state.failing_syncs -= 1;
            // As Linux does it: a later sync that succeeds says nothing about these writes.
            let seed = state.operations;
            state.lose(seed);
            return Err(io::Error::other("input/output error"));
        }
        if !state.ignores_syncs {
            state.sync();
        }
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.state()?;
        state.operate()?;
        state.write(size(offset)?, data)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// A disk whose two sectors are synced as `a` and written as `b` in the first and `c` then `d` in the second.
    fn half_written() -> SimDisk {
        let disk = SimDisk::new();
        let file = disk.open();
        file.set_len(2 * SECTOR as u64).unwrap();
        file.write(0, &[b'a'; 2 * SECTOR]).unwrap();
        file.sync_data().unwrap();
        file.write(0, &[b'b'; SECTOR]).unwrap();
        file.write(SECTOR as u64, &[b'c'; SECTOR]).unwrap();
        file.write(SECTOR as u64, &[b'd'; SECTOR]).unwrap();
        disk
    }

    fn sectors(disk: &SimDisk) -> String {
        disk.content().chunks(SECTOR).map(|sector| char::from(sector[0])).collect()
    }

    #[test]
    fn each_sector_survives_by_itself_whole() {
        let outcomes: BTreeSet<String> = (0..100)
            .map(|seed| {
                let disk = half_written();
                assert_eq!(sectors(&disk), "bd");
                disk.crash(seed);
                let content = disk.content();
                assert!(content.chunks(SECTOR).all(|sector| sector.iter().all(|byte| *byte == sector[0])));
                sectors(&disk)
            })
            .collect();
        assert_eq!(outcomes, ["aa", "ac", "ad", "ba", "bc", "bd"].map(str::to_owned).into());
    }

    #[test]
    fn the_same_seed_loses_the_same() {
        for seed in 0..20 {
            let (one, other) = (half_written(), half_written());
            one.crash(seed);
            other.crash(seed);
            assert_eq!(one.content(), other.content());
        }
    }

    #[test]
    fn what_is_synced_stays_and_old_files_are_dead() {
        for seed in 0..20 {
            let disk = half_written();
            let file = disk.open();
            file.sync_data().unwrap();
            disk.crash(seed);
            assert_eq!(sectors(&disk), "bd");
            assert!(file.write(0, b"x").is_err() && file.len().is_err());
            assert!(disk.open().write(0, b"x").is_ok());
        }
    }

    #[test]
    fn after_the_power_is_off_nothing_is_written() {
        let disk = half_written();
        let file = disk.open();
        disk.power_off_after(1);
        file.write(0, &[b'x'; SECTOR]).unwrap();
        assert!(disk.is_off());
        assert!(file.write(0, &[b'y'; SECTOR]).is_err() && file.sync_data().is_err());
        assert_eq!(sectors(&disk), "xd");
        disk.kill();
        assert_eq!(sectors(&disk), "xd");
        assert!(!disk.is_off());
    }

    #[test]
    fn a_failed_sync_may_have_lost_what_a_later_one_does_not_bring_back() {
        let outcomes: BTreeSet<String> = (0..40)
            .map(|more| {
                let disk = half_written();
                let file = disk.open();
                for _ in 0..more {
                    file.write(0, &[b'b'; SECTOR]).unwrap();
                }
                disk.fail_syncs(1);
                assert!(file.sync_data().is_err());
                // The process still reads what it wrote.
                assert_eq!(sectors(&disk), "bd");
                file.sync_data().unwrap();
                disk.crash(0);
                sectors(&disk)
            })
            .collect();
        assert!(outcomes.contains("aa") || outcomes.contains("ac"), "{outcomes:?}");
        assert!(outcomes.len() > 2, "{outcomes:?}");
    }

    #[test]
    fn what_was_cut_off_is_zeros_when_the_file_grows_again() {
        let disk = half_written();
        let file = disk.open();
        file.set_len(100).unwrap();
        file.set_len(2 * SECTOR as u64).unwrap();
        file.sync_data().unwrap();
        disk.crash(0);
        let expected: Vec<u8> = [vec![b'b'; 100], vec![0; 2 * SECTOR - 100]].concat();
        assert_eq!(disk.content(), expected);
    }

    #[test]
    fn a_longer_file_may_keep_its_old_length() {
        let lengths: BTreeSet<usize> = (0..40)
            .map(|seed| {
                let disk = half_written();
                disk.open().set_len(3 * SECTOR as u64).unwrap();
                disk.crash(seed);
                disk.content().len() / SECTOR
            })
            .collect();
        assert_eq!(lengths, [2, 3].into());
    }
}
