//! Does what must be found, so that `check` sees that it is: a panic, an endless loop, a large allocation.
#![no_main]

use std::hint::black_box;

use floret_fuzz::fuzz_target;

fuzz_target!(|bytes: &[u8]| match bytes {
    b"panic" => panic!("planted"),
    b"loop" => loop {
        black_box(());
    },
    b"allocation" => drop(black_box(Vec::<u8>::with_capacity(2 << 30))),
    b"many allocations" => {
        let kept: Vec<Box<[u8; 4096]>> = (0..1 << 19).map(|_| Box::new([1; 4096])).collect();
        black_box(kept);
    }
    _ => {}
});
