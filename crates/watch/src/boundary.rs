//! `Boundary`: a fault of ours ends what is inside, never what is around it.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Holds something until it panics.
#[derive(Debug)]
pub struct Boundary<T> {
    inside: Option<T>,
}

impl<T> Boundary<T> {
    /// Nothing has happened yet.
    pub fn around(inside: T) -> Self {
        Self { inside: Some(inside) }
    }

    /// Does something with what is inside; nothing from the first panic on. Then `last` is given what is left of it, once,
    /// and may panic as well.
    pub fn enter<R>(&mut self, what: impl FnOnce(&mut T) -> R, last: impl FnOnce(T)) -> Option<R> {
        let inside = self.inside.as_mut()?;
        let done = catch_unwind(AssertUnwindSafe(|| what(inside)));
        if done.is_err() {
            self.end(last);
        }
        done.ok()
    }

    /// Ends it as a panic does.
    pub fn end(&mut self, last: impl FnOnce(T)) {
        if let Some(inside) = self.inside.take() {
            let _gone_either_way = catch_unwind(AssertUnwindSafe(|| last(inside)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_what_is_inside_and_hands_it_out_once() {
        let mut boundary = Boundary::around(vec![1]);
        let mut left = Vec::new();
        assert_eq!(boundary.enter(|numbers| numbers.len(), |_| unreachable!("nothing happened")), Some(1));
        let fault = |numbers: &mut Vec<i32>| {
            numbers.push(2);
            assert!(numbers.is_empty(), "a fault on purpose");
        };
        assert_eq!(boundary.enter(fault, |numbers| left = numbers), None);
        assert_eq!(left, [1, 2]);
        assert_eq!(boundary.enter(|numbers| numbers.len(), |_| unreachable!("it is over")), None);
        boundary.end(|_| unreachable!("it is over"));
    }

    #[test]
    fn a_panic_of_the_last_words_stays_inside_too() {
        let mut boundary = Boundary::around(());
        boundary.end(|()| panic!("a fault on purpose"));
        assert_eq!(boundary.enter(|()| 1, |()| {}), None);
    }
}
