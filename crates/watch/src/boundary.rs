//! `Boundary`: an internal panic ends the value inside, never the code around it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Holds a value until an action on it panics.
#[derive(Debug)]
pub struct Boundary<T> {
    inside: Option<T>,
}

impl<T> Boundary<T> {
    /// Creates a boundary around a value.
    pub fn around(inside: T) -> Self {
        Self { inside: Some(inside) }
    }

    /// Runs an action on the value; `None` from the first panic on.
    ///
    /// After the first panic, `last` takes the value, once. It may panic too.
    pub fn enter<R>(&mut self, action: impl FnOnce(&mut T) -> R, last: impl FnOnce(T)) -> Option<R> {
        let inside = self.inside.as_mut()?;
        let result = catch_unwind(AssertUnwindSafe(|| action(inside)));
        if result.is_err() {
            self.end(last);
        }
        result.ok()
    }

    /// Ends the boundary as a panic of an action would: `last` takes the value.
    pub fn end(&mut self, last: impl FnOnce(T)) {
        if let Some(inside) = self.inside.take() {
            let _panicked = catch_unwind(AssertUnwindSafe(|| last(inside)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_the_value_and_hands_it_out_once() {
        let mut boundary = Boundary::around(vec![1]);
        let mut remaining = Vec::new();
        assert_eq!(boundary.enter(|numbers| numbers.len(), |_| unreachable!("no panic yet")), Some(1));
        let panics = |numbers: &mut Vec<i32>| {
            numbers.push(2);
            assert!(numbers.is_empty(), "a panic on purpose");
        };
        assert_eq!(boundary.enter(panics, |numbers| remaining = numbers), None);
        assert_eq!(remaining, [1, 2]);
        assert_eq!(boundary.enter(|numbers| numbers.len(), |_| unreachable!("already ended")), None);
        boundary.end(|_| unreachable!("already ended"));
    }

    #[test]
    fn a_panic_of_the_last_action_is_caught_too() {
        let mut boundary = Boundary::around(());
        boundary.end(|()| panic!("a panic on purpose"));
        assert_eq!(boundary.enter(|()| 1, |()| {}), None);
    }
}
