//! The banners at the top of every page: what has stopped, since when, and what to do.

use autoheal_heal::compose::inert;

use super::text::{shortened, time};
use crate::status::{ServiceStatus, what_stopped};
use crate::templates::Banner;

/// Maximum length of a reason, in characters.
const REASON_CHARS: usize = 400;

/// The banners for a status, the most urgent first.
pub(super) fn banners(status: &ServiceStatus) -> Vec<Banner> {
    let mut banners = Vec::new();
    if status.health.damaged {
        banners.push(Banner {
            what: "The file of the store or its log is damaged, so senders get the status 503 and keep their reports.",
            advice: "Stop autoheal serve, keep a copy of the files, and restart; if it does not start, its log says what to do.",
            ..Banner::new("stopped", "The store is damaged")
        });
    } else if !status.store_ready {
        banners.push(Banner {
            what: "The store cannot be written, so senders get the status 503 and keep their reports.",
            advice: "The log of autoheal serve has the reason. Make space if the disk is full; otherwise restart, and put back a \
                     copy made by autoheal backup if that does not help.",
            ..Banner::new("stopped", "Reports are refused")
        });
    }
    if let Some(loss) = status.health.loss {
        banners.push(Banner {
            what: loss.summary(),
            advice: "Find out what changed the files; the log of autoheal serve has more. This is shown until the next start.",
            ..Banner::new("limited", "Some reports are missing")
        });
    }
    if status.health.full {
        banners.push(Banner {
            what: "The store has reached its limit. Failures that are new to it are refused; known ones are counted.",
            advice: "Raise the limit, or shorten the time for which groups are kept:",
            setting: Some("AUTOHEAL_STORE_LIMIT, AUTOHEAL_RETENTION".to_owned()),
            ..Banner::new("stopped", "New failures are refused")
        });
    }
    if status.health.unreadable_rows > 0 {
        banners.push(Banner {
            what: "They were set aside, and everything else goes on. The log of autoheal serve names them.",
            advice: "An earlier version or a damaged disk may be the reason; restore a copy made by autoheal backup.",
            ..Banner::new("limited", "Some rows of the store cannot be read")
        });
    }
    if let Some(stop) = status.stop() {
        let kind = if stop.cause.stops_everything() { "stopped" } else { "limited" };
        banners.push(Banner {
            what: stop.cause.summary(),
            advice: stop.cause.advice(),
            since: Some(time(stop.since)),
            reason: Some(shortened(&inert(&stop.reason), REASON_CHARS)),
            next_attempt: stop.until.map(time),
            ..Banner::new(kind, what_stopped(stop))
        });
    }
    if let Some(name) = status.worker.as_ref().and_then(|worker| worker.renamed_to.as_ref()) {
        banners.push(Banner {
            what: "autoheal follows it to its new name.",
            advice: "So that it finds the repository at the next start, set",
            setting: Some(format!("AUTOHEAL_REPO={}", inert(name))),
            ..Banner::new("limited", "The repository was renamed")
        });
    }
    banners
}
