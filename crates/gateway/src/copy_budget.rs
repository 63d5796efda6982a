//! `CopyBudget`: bounds the memory of all messages that are being copied while they pass.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Maximum size of all copies together, in bytes. A message beyond it passes without being read.
const MAX_COPIES_BYTES: usize = 10 * 1024 * 1024;
/// Size of a copy that is kept in any case, in bytes, so that slow large messages do not stop the reading of small ones.
const MIN_COPY_BYTES: usize = 16 * 1024;

/// Memory for the messages that are being copied.
#[derive(Debug, Clone, Default)]
pub(super) struct CopyBudget(Arc<AtomicUsize>);

/// Memory of one copy, returned to the budget when it is dropped.
#[derive(Debug)]
pub(super) struct CopyShare {
    budget: CopyBudget,
    bytes: usize,
}

impl CopyBudget {
    /// The share of a copy that is still empty.
    pub(super) fn share(&self) -> CopyShare {
        CopyShare { budget: self.clone(), bytes: 0 }
    }
}

impl CopyShare {
    /// Sets the size of the copy; false if it has to be dropped.
    #[must_use]
    pub(super) fn resize(&mut self, bytes: usize) -> bool {
        let used = &self.budget.0;
        let others = used.fetch_sub(self.bytes, Ordering::Relaxed) - self.bytes;
        self.bytes = 0;
        if bytes > MIN_COPY_BYTES && others + bytes > MAX_COPIES_BYTES {
            return false;
        }
        used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes = bytes;
        true
    }
}

impl Drop for CopyShare {
    fn drop(&mut self) {
        self.budget.0.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_beyond_the_budget_are_dropped_and_small_ones_are_kept() {
        let budget = CopyBudget::default();
        let mut first = budget.share();
        assert!(first.resize(MAX_COPIES_BYTES - 1));
        let mut second = budget.share();
        assert!(second.resize(MIN_COPY_BYTES) && !second.resize(MIN_COPY_BYTES + 1));
        // a smaller copy returns memory
        assert!(first.resize(MAX_COPIES_BYTES / 2) && second.resize(MAX_COPIES_BYTES / 2));
        drop((first, second));
        assert_eq!(budget.0.load(Ordering::Relaxed), 0);
    }
}
