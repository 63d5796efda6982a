//! Request bodies of about 2 KB, as the browser client sends them. Every id and timestamp is different. So is every stack, unless
//! the reports are repeats.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

/// Placeholder of the id.
const ID: &str = "00000000-0000-4000-8000-000000000000";
/// Placeholder of the timestamp.
const TIME: &str = "2026-11-22T08:00:00.000Z";
/// Placeholder of a column in the stack, which is not part of the fingerprint.
const COLUMN: &str = "9000000";
/// Number of sessions that send the reports.
const CLIENTS: usize = 50;

/// Templates of whole requests, one per group.
pub(crate) struct Bodies {
    templates: Vec<Template>,
    next: AtomicU64,
    /// A number that makes the ids of two runs differ.
    run: u64,
    kind: Kind,
}

/// What differs between the reports of one failure.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Also the stack, so that each report has to be prepared.
    Prepared,
    /// Only what always differs, so that the service recognises the failure.
    Repeats,
}

struct Template {
    request: Vec<u8>,
    /// Offset of the id.
    id_at: usize,
    /// Offset of the timestamp.
    time_at: usize,
    /// Offset of the column.
    column_at: usize,
}

impl Bodies {
    /// Requests for this many distinct failures.
    pub(crate) fn new(groups: usize, kind: Kind) -> Self {
        let run = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_nanos() as u64);
        Self { templates: (0..groups).map(template).collect(), next: AtomicU64::new(0), run, kind }
    }

    /// Writes the next request into the buffer.
    pub(crate) fn next(&self, buffer: &mut Vec<u8>) {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let template = &self.templates[number as usize % self.templates.len()];
        buffer.clear();
        buffer.extend_from_slice(&template.request);
        // of version 7, as autoheal's own clients make them: the time, and random bits
        let milliseconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
        let spread = (number ^ self.run).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let id = format!(
            "{:08x}-{:04x}-7{:03x}-8{:03x}-{number:012x}",
            milliseconds >> 16,
            milliseconds & 0xFFFF,
            spread & 0xFFF,
            spread >> 16 & 0xFFF
        );
        buffer[template.id_at..][..ID.len()].copy_from_slice(id.as_bytes());
        let time = format!("2026-11-22T08:{:02}:{:02}.{:03}Z", number / 60_000 % 60, number / 1000 % 60, number % 1000);
        buffer[template.time_at..][..TIME.len()].copy_from_slice(time.as_bytes());
        if self.kind == Kind::Prepared {
            let column = format!("{:07}", 1_000_000 + number % 8_000_000);
            buffer[template.column_at..][..COLUMN.len()].copy_from_slice(column.as_bytes());
        }
    }
}

fn template(group: usize) -> Template {
    let frames: String = (0..9)
        .map(|depth| {
            format!(
                "\n    at step{depth}Of{group} (https://shop.example/assets/checkout.js:{}:{})",
                40 + depth,
                if depth == 4 { COLUMN.to_owned() } else { (7 + depth).to_string() }
            )
        })
        .collect();
    let params = json!({"name": "price", "arguments": {"item": group, "note": "n".repeat(180)}});
    let body = json!({
        "error_type": "TypeError",
        "error_message": format!("Cannot read properties of undefined (reading 'price{group}')"),
        "stack_trace": format!("TypeError: Cannot read properties of undefined (reading 'price{group}'){frames}"),
        "context": {
            "timestamp": TIME,
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            "url": "https://shop.example/checkout?step=2",
            "method": "tools/call",
            "params": params,
        },
        "schema": 1,
        "id": ID,
        "source": "javascript_sdk",
        "class": "application",
        "release": "2.4.1",
        "client": format!("session-{}", group % CLIENTS),
        "rpc": {"method": "tools/call", "tool": "price", "code": -32000, "params": params, "transport": "http", "duration_ms": 12.5},
    })
    .to_string();
    let head = format!(
        "POST /report-error HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let find = |placeholder: &str| head.len() + body.find(placeholder).unwrap_or_default();
    Template {
        id_at: find(ID),
        time_at: find(TIME),
        column_at: find(COLUMN),
        request: [head.as_bytes(), body.as_bytes()].concat(),
    }
}
