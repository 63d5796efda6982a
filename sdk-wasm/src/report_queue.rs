//! `ReportQueue`: written reports until a request delivers them. Their ids and counts no longer change.

use autoheal_contract::limits::BATCH_REPORTS;

/// Maximum number of reports: of 100 errors that wait (the throttle's limit) and of 30 requests (the limit per minute).
const MAX_REPORTS: usize = 130;
/// Maximum size of all reports, in bytes. The newest stays even if it is larger.
const MAX_BYTES: usize = 512 * 1024;
/// Size that fills one request, in bytes.
const REQUEST_BYTES: usize = 60 * 1024;

/// Written reports, oldest first.
#[derive(Debug, Default)]
pub(crate) struct ReportQueue {
    reports: Vec<String>,
}

impl ReportQueue {
    pub(crate) fn is_empty(&self) -> bool {
        self.reports.is_empty()
    }

    /// True if the reports fill one request. Later failures then stay unwritten, so that repeats are counted.
    pub(crate) fn is_full(&self) -> bool {
        self.reports.iter().map(String::len).sum::<usize>() >= REQUEST_BYTES
    }

    /// Adds a report as the newest. Over the limits, drops the oldest.
    ///
    /// A report whose delivery failed is added again, as the newest, so that it does not block the others.
    pub(crate) fn push(&mut self, report: String) {
        self.reports.push(report);
        let mut bytes: usize = self.reports.iter().map(String::len).sum();
        while self.reports.len() > 1 && (self.reports.len() > MAX_REPORTS || bytes > MAX_BYTES) {
            bytes -= self.reports.remove(0).len();
        }
    }

    /// Removes the oldest reports that fit into a body of `max_bytes`. Returns the body, and the reports one by one.
    ///
    /// The body is an array, or an object for a single report. The first report is removed even if it is larger.
    pub(crate) fn bundle(&mut self, max_bytes: usize) -> (String, Vec<String>) {
        let mut body = String::from("[");
        let mut bundled = Vec::new();
        while let Some(next) = self.reports.first() {
            let fits = bundled.len() < BATCH_REPORTS && body.len() + next.len() + 2 <= max_bytes;
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
        let single = if bundled.len() == 1 { bundled.first().cloned() } else { None };
        (single.unwrap_or(body), bundled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_reports_are_dropped_first() {
        let mut queue = ReportQueue::default();
        (0..200).for_each(|number| queue.push(number.to_string()));
        assert_eq!((queue.reports.len(), queue.bundle(3).0), (MAX_REPORTS, "70".to_owned()));
        (0..10).for_each(|_| queue.push("x".repeat(MAX_BYTES / 4)));
        assert_eq!(queue.reports.len(), 4);
        queue.push("x".repeat(2 * MAX_BYTES));
        assert_eq!(queue.reports.len(), 1);
    }

    #[test]
    fn a_bundle_has_the_reports_that_fit() {
        let queue_of = |reports: &[&str]| {
            let mut queue = ReportQueue::default();
            reports.iter().for_each(|report| queue.push((*report).to_owned()));
            queue
        };
        assert_eq!(queue_of(&["{}"]).bundle(100), ("{}".to_owned(), vec!["{}".to_owned()]));
        assert_eq!(queue_of(&["1", "2"]).bundle(100).0, "[1,2]");
        let mut many = queue_of(&["12345"; 3]);
        let (body, bundled) = many.bundle(13);
        assert_eq!((body.as_str(), bundled.len(), many.reports.len()), ("[12345,12345]", 2, 1));
        assert_eq!(queue_of(&["too long"]).bundle(3).0, "too long");
        assert_eq!(queue_of(&["1"; 120]).bundle(1000).1.len(), 100);
    }
}
