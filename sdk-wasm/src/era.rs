//! Which of MCP's two eras a server speaks: stateless requests since 2026-07-28, a handshake and a session before.

use std::cell::Cell;

use crate::text::holds;

/// The revision of the stateless era.
pub(crate) const MODERN: &str = "2026-07-28";
/// The revision that is asked for in a handshake.
pub(crate) const LEGACY: &str = "2025-11-25";
/// Older revisions a server may choose in a handshake.
const OLDER: [&str; 3] = ["2025-06-18", "2025-03-26", "2024-11-05"];

/// What the client was told about its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Plain JSON-RPC: no headers of MCP and no handshake.
    Plain,
    /// MCP; the era is found out.
    Auto,
    /// MCP with a handshake.
    Legacy,
    /// MCP without.
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

/// What is to be done to get connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing.
    Ready = 0,
    /// Send `server/discover`.
    Discover = 1,
    /// Send `initialize`.
    Initialize = 2,
    /// Give up: the failure of the last step is the connection's.
    Fail = 3,
}

/// How the answer to `server/discover` ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Probe<'a> {
    pub(crate) succeeded: bool,
    /// The HTTP status; 0 without an answer.
    pub(crate) status: u16,
    pub(crate) timed_out: bool,
    /// Whether the request left the page's origin, so that no answer may mean a browser that refused to send it.
    pub(crate) is_foreign: bool,
    /// The JSON-RPC error's code, or not a number.
    pub(crate) code: f64,
    /// The revisions the server says it speaks, as JSON text.
    pub(crate) supported: &'a str,
}

/// What is known of the server's era.
pub(crate) struct Era {
    mode: Mode,
    is_modern: Cell<bool>,
    is_ready: Cell<bool>,
    probes: Cell<u8>,
    /// The revision in use.
    version: Cell<&'static str>,
    /// The session of a handshake.
    session: Cell<Option<String>>,
}

impl Era {
    pub(crate) const fn new(mode: Mode) -> Self {
        Self {
            is_modern: Cell::new(matches!(mode, Mode::Modern | Mode::Auto)),
            is_ready: Cell::new(matches!(mode, Mode::Plain)),
            mode,
            probes: Cell::new(0),
            version: Cell::new(""),
            session: Cell::new(None),
        }
    }

    /// The next step to get connected.
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

    /// What the answer to `server/discover` tells.
    ///
    /// An outage is no evidence of an era, and neither is a refusal to let us in. A request that a browser was not
    /// allowed to send is: lists of allowed headers that know those of the new era come with servers that speak it.
    pub(crate) fn probed(&self, probe: &Probe<'_>) -> Step {
        self.probes.set(self.probes.get() + 1);
        let speaks_modern = holds(probe.supported, MODERN);
        let speaks_legacy = holds(probe.supported, LEGACY) || OLDER.iter().any(|old| holds(probe.supported, old));
        let may_be_legacy = self.mode == Mode::Auto;
        let is_outage = probe.timed_out || probe.status >= 500 || matches!(probe.status, 401 | 403 | 408 | 429);
        let is_ready = match () {
            () if probe.succeeded && !(speaks_modern || speaks_legacy || probe.supported.is_empty()) => {
                return Step::Fail;
            }
            // some servers answer anything with something: only the list is evidence
            () if probe.succeeded => speaks_modern || !may_be_legacy && probe.supported.is_empty(),
            () if is_outage => return Step::Fail,
            () if probe.status == 0 => {
                return if may_be_legacy && probe.is_foreign { self.fall_back() } else { Step::Fail };
            }
            // once more if the list names what was asked for: some other server of the same address may have answered
            () if probe.code == VERSION_UNSUPPORTED && speaks_modern && self.probes.get() < 3 => return Step::Discover,
            () if is_modern_error(probe.code) && !speaks_legacy => return Step::Fail,
            // A server of the new era that does not know the method is spoken to all the same, if we were told to.
            () => !may_be_legacy,
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

    /// The handshake ended with this revision and session; false if it is none we speak.
    pub(crate) fn initialized(&self, version: &str, session: Option<String>) -> bool {
        let known = [LEGACY].into_iter().chain(OLDER).find(|known| *known == version);
        self.version.set(known.unwrap_or_default());
        self.session.set(session);
        self.is_ready.set(known.is_some());
        known.is_some()
    }

    /// Forgets the session, or the whole verdict: the next call connects anew.
    pub(crate) fn disconnect(&self) {
        self.session.set(None);
        self.version.set("");
        self.is_ready.set(self.mode == Mode::Plain);
    }

    /// Whether an error says that the session is gone, or was never there.
    ///
    /// By the book it is 404; real servers say 400 and something about a session, or that they were not initialised.
    pub(crate) fn is_lost(&self, status: u16, said: &str) -> bool {
        let has_session = self.session().is_some();
        let is_legacy = self.mode != Mode::Plain && !self.is_modern.get();
        is_legacy
            && (status == 404 && has_session
                || status == 400 && (holds(said, "session") || holds(said, "not initialized")))
    }

    /// Whether every request tells everything, and nothing is remembered.
    pub(crate) fn is_modern(&self) -> bool {
        self.is_modern.get()
    }

    /// The revision in use; empty before a handshake, and for plain JSON-RPC.
    pub(crate) fn version(&self) -> &'static str {
        self.version.get()
    }

    /// The session of a handshake.
    pub(crate) fn session(&self) -> Option<String> {
        let session = self.session.take();
        self.session.set(session.clone());
        session
    }

    /// Whether this is MCP at all.
    pub(crate) fn is_mcp(&self) -> bool {
        self.mode != Mode::Plain
    }
}

/// "Unsupported protocol version".
pub(crate) const VERSION_UNSUPPORTED: f64 = -32022.0;
/// "Header mismatch".
pub(crate) const HEADER_MISMATCH: f64 = -32020.0;

/// Codes that only servers of the new era use.
fn is_modern_error(code: f64) -> bool {
    (-32099.0..=HEADER_MISMATCH).contains(&code)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REFUSED: Probe<'_> =
        Probe { succeeded: false, status: 400, timed_out: false, is_foreign: false, code: -32000.0, supported: "" };

    /// What the probe's answer leads to, when the era is to be found out.
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
        check(Probe { code: HEADER_MISMATCH, ..REFUSED }, Step::Fail);
    }

    #[test]
    fn a_legacy_server_says_so_in_many_ways() {
        for code in [-32000.0, -32600.0, -32601.0, -32602.0, f64::NAN] {
            for status in [200, 400, 404, 405, 406] {
                check(Probe { code, status, ..REFUSED }, Step::Initialize);
            }
        }
        check(Probe { code: VERSION_UNSUPPORTED, supported: "[\"2025-11-25\"]", ..REFUSED }, Step::Initialize);
        check(Probe { succeeded: true, status: 200, supported: "[\"2025-06-18\"]", ..REFUSED }, Step::Initialize);
        check(Probe { succeeded: true, status: 200, supported: "", ..REFUSED }, Step::Initialize);
        check(Probe { succeeded: true, status: 200, supported: "[\"2030-01-01\"]", ..REFUSED }, Step::Fail);
    }

    #[test]
    fn an_outage_is_no_evidence() {
        for status in [401, 403, 408, 429, 500, 502, 503] {
            check(Probe { status, code: f64::NAN, ..REFUSED }, Step::Fail);
        }
        check(Probe { status: 0, ..REFUSED }, Step::Fail);
        check(Probe { timed_out: true, ..REFUSED }, Step::Fail);
        check(Probe { status: 0, is_foreign: true, ..REFUSED }, Step::Initialize);
    }

    #[test]
    fn a_handshake_ends_with_a_version_we_speak() {
        let era = Era::new(Mode::Legacy);
        assert_eq!(era.step(), Step::Initialize);
        assert!(!era.initialized("1900-01-01", None));
        assert!(era.initialized("2025-03-26", Some("s1".to_owned())));
        assert_eq!((era.step(), era.version()), (Step::Ready, "2025-03-26"));
        assert!(era.is_lost(404, "") && era.is_lost(400, "Bad Request: No valid session ID provided"));
        assert!(!era.is_lost(400, "Parse error"));
        era.disconnect();
        assert_eq!((era.step(), era.session()), (Step::Initialize, None));
    }

    #[test]
    fn plain_json_rpc_has_no_era() {
        let era = Era::new(Mode::Plain);
        assert_eq!(era.step(), Step::Ready);
        assert!(!era.is_lost(404, "session"));
    }
}
