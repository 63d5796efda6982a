//! `Regrouped`: what became of a group whose source maps arrived.

/// What became of a group whose sample was prepared anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Regrouped {
    /// It has the new fingerprint too.
    Named,
    /// It joined the group that had the new fingerprint.
    Joined,
    /// It stays apart, because something on GitHub belongs to it; or it does not exist any more.
    Unchanged,
}
