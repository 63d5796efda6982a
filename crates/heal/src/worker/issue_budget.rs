//! `IssueBudget`: the new issues that are left this hour, for each kind of sender.
//!
//! Known senders have a budget of their own. When the budget of the others is spent, clients without an issue in this
//! hour still get one, because a stranger who makes up failures must not use up the budget of everybody.

use std::time::Duration;

use autoheal_store::{Claims, ClientHash, Group, IssueCounts};

use super::{WorkResult, Worker};

const HOUR: Duration = Duration::from_secs(3600);

/// New issues left this hour.
pub(crate) struct IssueBudget {
    /// For groups of known senders.
    known: u64,
    /// For groups of all other clients together.
    others: u64,
    /// For clients without an issue in this hour, when the others' budget is spent.
    newcomers: u64,
    opened: IssueCounts,
}

impl IssueBudget {
    fn new(per_hour: u64, opened: IssueCounts) -> Self {
        let by_others: u64 = opened.others.iter().map(|(_, issues)| issues).sum();
        let for_newcomers = if per_hour == 0 { 0 } else { (per_hour / 3).max(1) };
        Self {
            known: per_hour.saturating_sub(opened.known),
            others: per_hour.saturating_sub(by_others),
            newcomers: (per_hour + for_newcomers).saturating_sub(by_others),
            opened,
        }
    }

    /// New issues left for this group.
    pub(super) fn left_for(&self, group: &Group) -> u64 {
        if group.known {
            return self.known;
        }
        let is_newcomer = !self.opened.others.iter().any(|(client, _)| *client == group.creator);
        if self.others == 0 && is_newcomer { self.newcomers.min(1) } else { self.others }
    }

    /// The groups that may be claimed within this budget. `after` is the client whose group got the last issue.
    pub(super) fn claims(&self, project: &str, after: ClientHash) -> Claims {
        let only_newcomers = self.others == 0;
        let served = self.opened.others.iter().map(|(client, _)| *client);
        Claims {
            project: project.to_owned(),
            only_without_issue: false,
            known_issues: self.known > 0,
            other_issues: self.others > 0 || self.newcomers > 0,
            spent: if only_newcomers { served.collect() } else { Vec::new() },
            after,
        }
    }
}

impl Worker {
    /// Reads what is left of this hour's budget.
    pub(super) async fn issue_budget(&self) -> WorkResult<IssueBudget> {
        let now = self.clock.now();
        let opened = self.store.issues_since(&self.settings.project, now.minus(HOUR), now).await?;
        Ok(IssueBudget::new(self.settings.issues_per_hour, opened))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u8) -> ClientHash {
        ClientHash([number; 8])
    }

    /// What is left for known senders, for the client 1, and for a client without an issue in this hour.
    fn left(per_hour: u64, known: u64, others: &[(u8, u64)]) -> [bool; 3] {
        let others = others.iter().map(|(number, issues)| (client(*number), *issues)).collect();
        let claims = IssueBudget::new(per_hour, IssueCounts { known, others }).claims("default", ClientHash::default());
        let others = |number| claims.other_issues && !claims.spent.contains(&client(number));
        [claims.known_issues, others(1), others(99)]
    }

    #[test]
    fn a_stranger_uses_up_neither_the_budget_of_known_senders_nor_that_of_newcomers() {
        assert_eq!(left(30, 0, &[(1, 29)]), [true, true, true]);
        assert_eq!(left(30, 0, &[(1, 30)]), [true, false, true]);
        assert_eq!(left(30, 30, &[(1, 30)]), [false, false, true]);
        assert_eq!(left(30, 0, &[(1, 30), (2, 1)]), [true, false, true]);
    }

    #[test]
    fn newcomers_have_a_limit_too() {
        let many: Vec<_> = (1..=40).map(|number| (number, 1)).collect();
        assert_eq!(left(30, 0, &many), [true, false, false]);
        assert_eq!(left(1, 0, &[(1, 1)]), [true, false, true]);
        assert_eq!(left(1, 0, &[(1, 1), (2, 1)]), [true, false, false]);
        assert_eq!(left(0, 0, &[]), [false, false, false]);
    }
}
