//! Files that aren't what was written: refused with a message, or what they give is what was written.

use floret_sim::{Random, SimDisk};

use super::super::StoreError;
use super::{BIRTH, create, entry, open, state};

/// The files of a store with a snapshot of tick 20 and entries up to tick 30: closed properly, and after a crash.
fn files() -> [Vec<u8>; 2] {
    [true, false].map(|properly| {
        let disk = SimDisk::new();
        let mut store = create(&disk).unwrap();
        for tick in 1..=30 {
            store.append(tick, &entry(0, tick)).unwrap();
            store.sync().unwrap();
            if tick == 20 {
                store.snapshot(&state(0, tick)).unwrap();
            }
        }
        if properly {
            drop(store);
            return disk.content();
        }
        disk.kill();
        drop(store);
        disk.content()
    })
}

/// Opens a file; the last tick it gives, or why it is refused. What it gives is compared.
fn read(content: Vec<u8>) -> Result<u64, StoreError> {
    let (store, recovered) = open(&SimDisk::with_content(content))?;
    assert_eq!(recovered.birth, BIRTH);
    let mut at = 0;
    if let Some((tick, content)) = &recovered.snapshot {
        assert_eq!((*tick, content), (20, &state(0, 20)));
        at = 20;
    }
    for content in &recovered.entries {
        at += 1;
        assert_eq!(content, &entry(0, at));
    }
    assert_eq!(at, store.last_tick());
    Ok(at)
}

#[test]
fn good_files_are_read() {
    for file in files() {
        assert_eq!(read(file).unwrap(), 30);
    }
}

#[test]
fn damaged_files_are_refused_or_give_what_was_written() {
    let mut random = Random::new(4);
    let (mut refused, mut whole, mut shorter) = (0, 0, 0);
    for (file, count) in files().iter().zip([400, 400]) {
        for _ in 0..count {
            let mut damaged = file.clone();
            match random.below(4) {
                // A few bits.
                0 => (0..=random.below(3)).for_each(|_| {
                    let at = random.below(file.len());
                    damaged[at] ^= 1 << random.below(8);
                }),
                // In the head of the file, which says where everything is.
                1 => {
                    let at = random.below(320);
                    damaged[at] ^= 1 << random.below(8);
                }
                2 => damaged.truncate(random.below(file.len())),
                // A page of zeros, or of another page.
                _ => {
                    let pages = file.len() / 4096;
                    let (to, from) = (random.below(pages) * 4096, random.below(pages) * 4096);
                    let page =
                        if random.below(2) == 0 { vec![0; 4096] } else { file[from..from + 4096].to_vec() };
                    damaged[to..to + 4096].copy_from_slice(&page);
                }
            }
            match read(damaged) {
                Ok(30) => whole += 1,
                // A crash in the middle of the last commit looks the same: it is undone.
                Ok(29) => shorter += 1,
                Ok(other) => panic!("only {other} ticks"),
                Err(StoreError::Damaged(_) | StoreError::NotAStore | StoreError::Newer { .. }) => {
                    refused += 1
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    println!("refused {refused}, whole {whole}, without the last commit {shorter}");
    assert!(refused > 100 && whole > 100 && shorter > 0);
}

#[test]
fn an_empty_file_is_no_new_store() {
    assert!(matches!(read(Vec::new()), Err(StoreError::Damaged(_))));
    assert!(matches!(read(b"id,amount\n1,2\n".to_vec()), Err(StoreError::NotAStore)));
}
