//! Reports the service could not take: as they were sent, id and count included, until they can be sent again.

/// Most reports that are kept: as many as leave in a minute.
const MOST: usize = 30;
/// Most bytes of them together; the newest is kept even if it is larger.
const BYTES: usize = 100 * 1024;
/// Browsers take up to 64 KiB from a page that goes, all requests in flight together.
const BEACON_BYTES: usize = 60 * 1024;

/// Written reports, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    reports: Vec<String>,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// Keeps a report; the oldest give way when there are too many.
    ///
    /// One that was sent again and came back is the newest, so that it cannot stand in the way of the others.
    pub(crate) fn push(&mut self, report: String) {
        self.reports.push(report);
        let mut bytes: usize = self.reports.iter().map(String::len).sum();
        while self.reports.len() > 1 && (self.reports.len() > MOST || bytes > BYTES) {
            bytes -= self.reports.remove(0).len();
        }
    }

    /// The report that has waited longest.
    pub(crate) fn pop(&mut self) -> Option<String> {
        (!self.is_empty()).then(|| self.reports.remove(0))
    }
}

/// As many of these reports as one beacon holds, as its body; they are moved from `reports` to the second part.
pub(crate) fn beacon(reports: &mut Vec<String>) -> (String, Vec<String>) {
    let mut bytes = 1;
    let fitting = reports.iter().take_while(|report| {
        bytes += report.len() + 1;
        bytes <= BEACON_BYTES
    });
    let rest = reports.split_off(fitting.count());
    let told = std::mem::replace(reports, rest);
    // A lone report goes as it always does.
    let body = if told.len() == 1 { told[0].clone() } else { ["[", &told.join(","), "]"].concat() };
    (body, told)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_leaves_first_and_what_comes_back_waits_behind_the_others() {
        let mut kept = Kept::default();
        kept.push("a".to_owned());
        kept.push("b".to_owned());
        let first = kept.pop().expect("two are kept");
        kept.push(first);
        assert_eq!([kept.pop(), kept.pop(), kept.pop()], [Some("b".to_owned()), Some("a".to_owned()), None]);
    }

    #[test]
    fn the_oldest_give_way() {
        let mut kept = Kept::default();
        (0..100).for_each(|number| kept.push(number.to_string()));
        assert_eq!((kept.reports.len(), kept.pop()), (MOST, Some("70".to_owned())));
        (0..10).for_each(|_| kept.push("x".repeat(BYTES / 4)));
        assert_eq!(kept.reports.len(), 4);
        kept.push("x".repeat(2 * BYTES));
        assert_eq!(kept.reports.len(), 1);
    }

    #[test]
    fn a_beacon_holds_what_fits() {
        let mut one = vec!["{}".to_owned()];
        assert_eq!(beacon(&mut one), ("{}".to_owned(), vec!["{}".to_owned()]));
        let mut two = vec!["1".to_owned(), "2".to_owned()];
        assert_eq!(beacon(&mut two).0, "[1,2]");
        let mut many = vec!["x".repeat(25 * 1024); 3];
        let (body, told) = beacon(&mut many);
        assert_eq!((told.len(), many.len()), (2, 1));
        assert!(body.len() <= BEACON_BYTES);
    }
}
