//! How much memory and time reading takes.

use std::{
    fs,
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use peak_alloc::PeakAlloc;

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// Bytes that reading may take beside a multiple of the file: tables and buffers that do not grow.
pub const BASE: usize = 1 << 20;
/// How long a processor may be at reading a small file.
const LONGEST: Duration = Duration::from_secs(5);

/// Most of the memory allowed that was taken, in thousandths.
static SHARE: AtomicUsize = AtomicUsize::new(0);

/// How much memory reading a format may take.
#[derive(Clone, Copy, Debug)]
pub struct Allowed {
    /// Times the file's size.
    pub times: usize,
    /// And so many bytes.
    pub base: usize,
}

impl Allowed {
    /// A multiple of the file's size, and [`BASE`].
    pub const fn times(times: usize) -> Self {
        Self { times, base: BASE }
    }
}

/// Most of what was allowed that was taken since the last time that this was asked, in thousandths.
pub fn share() -> usize {
    SHARE.swap(0, Ordering::Relaxed)
}

/// Time that this thread has had a processor. Where the system does not tell, all the time that has
/// passed, in which others may have had it.
fn time() -> Duration {
    static BEGIN: LazyLock<Instant> = LazyLock::new(Instant::now);
    let told = fs::read_to_string("/proc/thread-self/schedstat").ok();
    let had = told.and_then(|told| told.split(' ').next()?.parse().ok());
    had.map_or_else(|| BEGIN.elapsed(), Duration::from_nanos)
}

/// Does some work on a file of a size; no other may be done meanwhile.
pub fn within<T>(allowed: Allowed, size: usize, work: impl FnOnce() -> T) -> T {
    let allowed = allowed.times * size + allowed.base;
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let start = time();
    let found = work();
    let taken = MEMORY.peak_usage().saturating_sub(before);
    let time = time().saturating_sub(start);
    SHARE.fetch_max(1000 * taken / allowed, Ordering::Relaxed);
    assert!(
        taken <= allowed,
        "reading {size} bytes took {taken} bytes of memory, more than {allowed}"
    );
    assert!(time <= LONGEST, "reading {size} bytes took {time:?}");
    found
}
