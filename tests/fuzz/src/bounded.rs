//! The bound on memory. libFuzzer's own `-malloc_limit_mb` needs a sanitizer's hooks and does nothing without them, and
//! its `-rss_limit_mb` sees only pages that were touched; so the targets allocate through this.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a target may hold at any time, in bytes.
pub const BOUND: usize = 128 << 20;

/// The system's allocator, which ends the process (a finding, to libFuzzer) as soon as more than [`BOUND`] is held.
pub struct Bounded {
    held: AtomicUsize,
}

#[global_allocator]
static ALLOCATOR: Bounded = Bounded { held: AtomicUsize::new(0) };

impl Bounded {
    fn take(&self, size: usize) {
        let before = self.held.fetch_add(size, Ordering::Relaxed);
        if before.saturating_add(size) > BOUND {
            // So that reporting it may allocate.
            self.held.store(0, Ordering::Relaxed);
            eprintln!("the bound on memory: {size} bytes asked for, {before} held, {BOUND} allowed");
            std::process::abort();
        }
    }

    /// Saturates: a report has set it back to nothing.
    fn give(&self, size: usize) {
        let _ = self
            .held
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |held| Some(held.saturating_sub(size)));
    }
}

// SAFETY: every call goes to the system's allocator unchanged; counting allocates nothing.
unsafe impl GlobalAlloc for Bounded {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        self.take(size);
        self.give(layout.size());
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        self.give(layout.size());
        unsafe { System.dealloc(pointer, layout) }
    }
}
