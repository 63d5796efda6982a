//! Stacks of handlers that panicked, by place. They are cached, because resolving the names of frames takes long.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::panic::Panic;

/// Maximum number of cached places.
const MOST: usize = 64;

static STACKS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// The stack of a panic; the cached one of the first panic at its place.
pub(super) fn of(panic: &Panic) -> String {
    let key = format!("{}\n{}", panic.place, panic.message);
    let known = || STACKS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stack) = known().get(&key) {
        return stack.clone();
    }
    let stack = panic.stack();
    let mut known = known();
    if known.len() < MOST {
        known.insert(key, stack.clone());
    }
    stack
}
