//! Reports the service could not take: as they were sent, id and count included, until they can be sent again.

use autoheal_contract::limits::BATCH_REPORTS;

/// Most reports that are kept: as many different errors as are held back, and as many as leave in a minute.
const MOST: usize = 130;
/// Most bytes of them together; the newest is kept even if it is larger.
const BYTES: usize = 512 * 1024;
/// As many bytes as leave with one request.
const FULL: usize = 60 * 1024;

/// Written reports, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    reports: Vec<String>,
}

impl Kept {
    pub(crate) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// Whether one request holds no more. What fails meanwhile waits unwritten, where it is counted.
    pub(crate) fn is_full(&self) -> bool {
        self.reports.iter().map(String::len).sum::<usize>() >= FULL
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

    /// As many of the oldest as one body of so many bytes holds, and one by one; a lone report goes as it always does.
    pub(crate) fn bundle(&mut self, bytes: usize) -> (String, Vec<String>) {
        let mut body = String::from("[");
        let mut bundled = Vec::new();
        while let Some(next) = self.reports.first() {
            let fits = bundled.len() < BATCH_REPORTS && body.len() + next.len() + 2 <= bytes;
            if !fits && !bundled.is_empty() {
                break;
            }
            if !bundled.is_empty() {
                body.push(',');
            }
            body.push_str(next);
            bundled.push(self.reports.remove(0));
        }
        body.push(']');
        let lone = if bundled.len() == 1 { bundled.first().cloned() } else { None };
        (lone.unwrap_or(body), bundled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_give_way() {
        let mut kept = Kept::default();
        (0..200).for_each(|number| kept.push(number.to_string()));
        assert_eq!((kept.reports.len(), kept.bundle(3).0), (MOST, "70".to_owned()));
        (0..10).for_each(|_| kept.push("x".repeat(BYTES / 4)));
        assert_eq!(kept.reports.len(), 4);
        kept.push("x".repeat(2 * BYTES));
        assert_eq!(kept.reports.len(), 1);
    }

    #[test]
    fn a_bundle_holds_what_fits() {
        let keeping = |reports: &[&str]| {
            let mut kept = Kept::default();
            reports.iter().for_each(|report| kept.push((*report).to_owned()));
            kept
        };
        assert_eq!(keeping(&["{}"]).bundle(100), ("{}".to_owned(), vec!["{}".to_owned()]));
        assert_eq!(keeping(&["1", "2"]).bundle(100).0, "[1,2]");
        let mut many = keeping(&["12345"; 3]);
        let (body, bundled) = many.bundle(13);
        assert_eq!((body.as_str(), bundled.len(), many.reports.len()), ("[12345,12345]", 2, 1));
        assert_eq!(keeping(&["too long"]).bundle(3).0, "too long");
        assert_eq!(keeping(&["1"; 120]).bundle(1000).1.len(), 100);
    }
}
