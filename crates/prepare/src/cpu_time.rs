//! CPU time of the current thread, for tests of running time.

use std::time::Duration;

/// Returns the CPU time that this thread has used, so that other load on the machine does not count.
pub(crate) fn cpu_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
