//! `Era`: the server's era of MCP. Requests are stateless since 2026-07-28; before, a handshake opens a session.

use std::cell::Cell;

use crate::text::contains;

/// The revision of the stateless era.
pub(crate) const MODERN: &str = "2026-07-28";
/// The revision that a handshake requests.
pub(crate) const LEGACY: &str = "2025-11-25";
/// Older revisions that a server may choose in a handshake.
const OLDER: [&str; 3] = ["2025-06-18", "2025-03-26", "2024-11-05"];

/// Mode of the client, set by the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Plain JSON-RPC, without MCP's headers and handshake.
    Plain,
    /// MCP; a probe finds the era.
    Auto,
    /// MCP of the legacy era, with a handshake.
    Legacy,
    /// MCP of the modern era, without a handshake.
    Modern,
}

impl From<u8> for Mode {
    fn from(mode: u8) -> Self {
        match mode {
            1 => Self::Auto,
            2 => Self::Legacy,
            3 => Self::Modern,
            _ => Self::Plain,
        }
    }
}

/// Next step of connecting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// The client is connected.
    Ready = 0,
    /// Send `server/discover`.
    Discover = 1,
    /// Send `initialize`.
    Initialize = 2,
    /// Fail with the failure of the last step.
    Fail = 3,
    /// Send `initialize` once, because the probe's outcome is no evidence of an era. If that fails too, take the remedy
    /// for the probe's failure.
    Try = 4,
}

/// Outcome of a probe, the request `server/discover`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe<'a> {
    pub(crate) succeeded: bool,
    /// The HTTP status; 0 without a response.
    pub(crate) status: u16,
    /// The code of the JSON-RPC error; NaN without an error.
    pub(crate) code: f64,
    /// The revisions that the server lists, as JSON text.
    pub(crate) supported: &'a str,
}

/// The server's era, and the state of the connection.
pub(crate) struct Era {
    mode: Mode,
    is_modern: Cell<bool>,
    /// True if the legacy era needs no probe: after a handshake, or by the mode.
    is_known: Cell<bool>,
    is_ready: Cell<bool>,
    probes: Cell<u8>,
    /// The revision in use.
    version: Cell<&'static str>,
    /// The session id from the handshake.
    session: Cell<Option<String>>,
    /// True if the last handshake opened a session, even if it is forgotten by now: calls that were sent in it may still
    /// be refused.
    has_sessions: Cell<bool>,
}

impl Era {
    pub(crate) const fn new(mode: Mode) -> Self {
        Self {
            is_modern: Cell::new(matches!(mode, Mode::Modern | Mode::Auto)),
            is_known: Cell::new(matches!(mode, Mode::Legacy | Mode::Plain)),
            is_ready: Cell::new(matches!(mode, Mode::Plain)),
            mode,
            probes: Cell::new(0),
            version: Cell::new(""),
            session: Cell::new(None),
            has_sessions: Cell::new(false),
        }
    }

    /// The next step of connecting.
    pub(crate) fn step(&self) -> Step {
        match (self.is_ready.get(), self.is_modern.get()) {
            (true, _) => Step::Ready,
            (false, true) => {
                self.version.set(MODERN);
                Step::Discover
            }
            (false, false) => {
                self.version.set("");
                Step::Initialize
            }
        }
    }

    /// Judges the outcome of a probe and returns the next step.
    ///
    /// Servers of the legacy era refuse the unknown method in any way: with any status and code, by closing the
    /// connection, or not at all. A handshake shows which of them are legacy. A server that is busy or not reached gets
    /// the probe again.
    pub(crate) fn probed(&self, probe: &Probe<'_>) -> Step {
        self.probes.set(self.probes.get() + 1);
        let lists_modern = contains(probe.supported, MODERN);
        // All revisions before the modern one are of these years.
        let lists_legacy = contains(probe.supported, "\"2024-") || contains(probe.supported, "\"2025-");
        let may_be_legacy = self.mode == Mode::Auto;
        let is_unclear = probe.status == 0
            || matches!(probe.status, 401 | 403)
            || probe.status >= 500 && probe.code.is_nan()
            || (VERSION_UNSUPPORTED..=HEADER_MISMATCH).contains(&probe.code) && !lists_legacy;
        let is_ready = match () {
            () if probe.succeeded && !(lists_modern || lists_legacy || probe.supported.is_empty()) => {
                return Step::Fail;
            }
            // only the list is evidence, because some servers respond to every method with a result
            () if probe.succeeded => lists_modern || !may_be_legacy && probe.supported.is_empty(),
            () if is_outage(probe.status) => return Step::Fail,
            // retry if the list has the requested revision: another server behind the same address may have responded
            () if probe.code == VERSION_UNSUPPORTED && lists_modern && self.probes.get() < 3 => return Step::Discover,
            () if is_unclear && may_be_legacy => {
                self.fall_back();
                return Step::Try;
            }
            // In the mode for modern servers, a server without this method counts as one.
            () => !may_be_legacy && !is_unclear,
        };
        match is_ready {
            true => {
                self.is_ready.set(true);
                Step::Ready
            }
            false if may_be_legacy => self.fall_back(),
            false => Step::Fail,
        }
    }

    fn fall_back(&self) -> Step {
        self.is_modern.set(false);
        self.step()
    }

    /// Stores the revision and session of a handshake. Returns false if the client does not support the revision.
    pub(crate) fn initialized(&self, version: &str, session: Option<String>) -> bool {
        let known = [LEGACY].into_iter().chain(OLDER).find(|known| *known == version);
        self.version.set(known.unwrap_or_default());
        self.has_sessions.set(session.is_some());
        self.session.set(session);
        self.is_ready.set(known.is_some());
        self.is_known.set(self.is_known.get() || known.is_some());
        known.is_some()
    }

    /// Removes session and revision, so that the next call connects again. Also an era that no handshake confirmed.
    pub(crate) fn disconnect(&self) {
        self.session.set(None);
        self.version.set("");
        self.is_ready.set(self.mode == Mode::Plain);
        self.is_modern.set(!self.is_known.get());
    }

    /// True if a refusal means that the session has ended or does not exist.
    ///
    /// The specification requires 404. Real servers respond with any status, and their message or body names the session
    /// or the missing initialisation. A long body is a page or a trace, which may name other sessions, and so may an
    /// application's own error in a response with the status 200.
    pub(crate) fn is_lost(&self, status: u16, code: f64, message: &str, body: &str) -> bool {
        let has_session = self.has_sessions.get();
        let names = |word: &str| contains(message, word) || body.len() < MAX_REFUSAL && contains(body, word);
        self.mode != Mode::Plain
            && !self.is_modern.get()
            && !(status == 200 && code > -32000.0)
            && (has_session && matches!(status, 404 | 410)
                || (has_session || status == 400) && names("session")
                || names("initiali") && !names("fail"))
    }

    /// True if the era is modern: requests are stateless.
    pub(crate) fn is_modern(&self) -> bool {
        self.is_modern.get()
    }

    /// The revision in use; empty before a handshake, and for plain JSON-RPC.
    pub(crate) fn version(&self) -> &'static str {
        self.version.get()
    }

    /// The session id from the handshake.
    pub(crate) fn session(&self) -> Option<String> {
        let session = self.session.take();
        self.session.set(session.clone());
        session
    }

    /// True if the client uses MCP and not plain JSON-RPC.
    pub(crate) fn is_mcp(&self) -> bool {
        self.mode != Mode::Plain
    }
}

/// The JSON-RPC code for "Unsupported protocol version".
pub(crate) const VERSION_UNSUPPORTED: f64 = -32022.0;
/// The JSON-RPC code for "Header mismatch".
pub(crate) const HEADER_MISMATCH: f64 = -32020.0;

/// Maximum length of a body that is searched for the loss of a session, in bytes.
const MAX_REFUSAL: usize = 300;

/// True if a response with this HTTP status says that the server is busy, or that a proxy could not reach it.
pub(crate) const fn is_outage(status: u16) -> bool {
    matches!(status, 408 | 429 | 502..=504 | 520..=530)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Probe<'_> = Probe { succeeded: false, status: 400, code: -32000.0, supported: "" };

    /// Checks the step after a probe in the mode that finds the era.
    #[track_caller]
    fn check(probe: Probe<'_>, expected: Step) {
        let era = Era::new(Mode::Auto);
        assert_eq!(era.step(), Step::Discover);
        assert_eq!(era.probed(&probe), expected, "{probe:?}");
    }

    #[test]
    fn a_modern_server() {
        check(Probe { succeeded: true, status: 200, supported: "[\"2026-07-28\"]", ..REFUSED }, Step::Ready);
        check(Probe { code: VERSION_UNSUPPORTED, supported: "[\"2026-07-28\"]", ..REFUSED }, Step::Discover);
    }

    #[test]
    fn many_responses_mean_a_legacy_server() {
        for code in [-32000.0, -32050.0, -32600.0, -32601.0, -32602.0, f64::NAN] {
            for status in [200, 400, 404, 405, 406] {
                check(Probe { code, status, ..REFUSED }, Step::Initialize);
            }
        }
        for status in [500, 501] {
            check(Probe { code: -32601.0, status, ..REFUSED }, Step::Initialize);
        }
        check(Probe { code: VERSION_UNSUPPORTED, supported: "[\"2025-11-25\"]", ..REFUSED }, Step::Initialize);
        check(Probe { succeeded: true, status: 200, supported: "[\"2025-06-18\"]", ..REFUSED }, Step::Initialize);
        check(Probe { succeeded: true, status: 200, supported: "", ..REFUSED }, Step::Initialize);
        check(Probe { succeeded: true, status: 200, supported: "[\"2030-01-01\"]", ..REFUSED }, Step::Fail);
    }

    #[test]
    fn a_handshake_decides_after_other_refusals() {
        for status in [0, 401, 403, 500, 501] {
            check(Probe { status, code: f64::NAN, ..REFUSED }, Step::Try);
        }
        for code in [HEADER_MISMATCH, -32021.0, VERSION_UNSUPPORTED] {
            check(Probe { code, ..REFUSED }, Step::Try);
        }
        let era = Era::new(Mode::Auto);
        assert_eq!(era.probed(&Probe { status: 0, ..REFUSED }), Step::Try);
        assert_eq!((era.is_modern(), era.version()), (false, ""));
        era.disconnect();
        assert_eq!(era.step(), Step::Discover);
    }

    #[test]
    fn an_outage_is_no_evidence_of_an_era() {
        for status in [408, 429, 502, 503, 504, 520, 530] {
            check(Probe { status, code: f64::NAN, ..REFUSED }, Step::Fail);
        }
        let modern = Era::new(Mode::Modern);
        for status in [0, 401, 500] {
            assert_eq!(modern.probed(&Probe { status, code: f64::NAN, ..REFUSED }), Step::Fail, "{status}");
        }
    }

    #[test]
    fn a_handshake_ends_with_a_supported_revision() {
        let era = Era::new(Mode::Legacy);
        assert_eq!(era.step(), Step::Initialize);
        assert!(!era.initialized("1900-01-01", None));
        assert!(era.initialized("2025-03-26", Some("s1".to_owned())));
        assert_eq!((era.step(), era.version()), (Step::Ready, "2025-03-26"));
        era.disconnect();
        assert_eq!((era.step(), era.session()), (Step::Initialize, None));
    }

    #[test]
    fn refusals_that_mean_a_lost_session() {
        let lost = |session: bool, status, code, message: &str, body: &str| {
            let era = Era::new(Mode::Legacy);
            era.initialized(LEGACY, session.then(|| "s1".to_owned()));
            let is_lost = era.is_lost(status, code, message, body);
            era.disconnect();
            assert_eq!(era.is_lost(status, code, message, body), is_lost, "also while the session is replaced");
            is_lost
        };
        for (status, code, message, body) in [
            (404, f64::NAN, "Not Found", ""),
            (410, f64::NAN, "Gone", ""),
            (400, f64::NAN, "Bad Request", "No valid session ID provided"),
            (401, f64::NAN, "Unauthorized", "Session not found"),
            (503, f64::NAN, "Service Unavailable", "unknown session"),
            (500, 404.0, "Session expired", ""),
            (200, -32001.0, "Session not found", ""),
            (200, -32002.0, "Server not initialised", ""),
        ] {
            assert!(lost(true, status, code, message, body), "{status} {code} {message} {body}");
        }
        let page = format!("<html>{} session", " ".repeat(300));
        for (status, code, message, body) in [
            (400, f64::NAN, "Bad Request", ""),
            (400, -32700.0, "Parse error", ""),
            (500, f64::NAN, "Internal Server Error", &*page),
            (200, 7.0, "No session of this name", ""),
            (200, -32603.0, "Failed to initialize the database", ""),
        ] {
            assert!(!lost(true, status, code, message, body), "{status} {code} {message} {body}");
        }
        assert!(lost(false, 400, -32000.0, "Bad Request: No valid session ID provided", ""));
        assert!(lost(false, 200, -32600.0, "Server not initialized", ""));
        assert!(!lost(false, 404, f64::NAN, "", "") && !lost(false, 200, -32000.0, "No such session", ""));
    }

    #[test]
    fn plain_json_rpc_has_no_era() {
        let era = Era::new(Mode::Plain);
        assert_eq!(era.step(), Step::Ready);
        assert!(!era.is_lost(404, f64::NAN, "session", "session"));
    }
}
