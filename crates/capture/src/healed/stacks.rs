//! Stacks of handlers that panicked, by place and message. They are cached, because resolving the names of frames takes
//! long.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::panic::Panic;

/// Maximum number of cached stacks.
const MAX_STACKS: usize = 64;

static STACKS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// The stack of a panic: the cached stack of the first panic with its place and message, if there is one.
pub(super) fn of(panic: &Panic) -> String {
    let key = format!("{}\n{}", panic.place, panic.message);
    let lock = || STACKS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(stack) = lock().get(&key) {
        return stack.clone();
    }
    let stack = panic.stack();
    let mut cached = lock();
    if cached.len() < MAX_STACKS {
        cached.insert(key, stack.clone());
    }
    stack
}
