//! `Reproduction`: a shell line that repeats a failed call.

use std::ffi::OsStr;

use autoheal_contract::Json;
use autoheal_contract::limits::TEXT_CHARS;
use autoheal_prepare::shell::shell_word;

use crate::setup::Target;

/// Time that the shell line keeps the input of the server open, in seconds. Otherwise the server could exit at the end
/// of its input, before its response.
const RESPONSE_SECONDS: u32 = 20;
/// `clientInfo` in the handshake of the shell line.
const CLIENT: &str = r#"{"name":"reproduction","version":"1"}"#;
/// Protocol version to use if the call's version is unknown.
const DEFAULT_PROTOCOL: &str = "2025-11-25";
/// First protocol version without a handshake.
const FIRST_MODERN_PROTOCOL: &str = "2026-07-28";

/// The call to repeat, and the state of its conversation.
pub struct Reproduction<'a> {
    /// Destination of the call. Without one, the shell line is only the call, as JSON.
    pub target: Option<&'a Target>,
    /// Method of the call.
    pub method: &'a str,
    /// Parameters of the call, without secrets.
    pub params: Option<&'a Json>,
    /// Protocol version that client and server agreed on.
    pub protocol_version: Option<&'a str>,
    /// True if the shell line starts with a handshake.
    pub handshake: bool,
}

impl Reproduction<'_> {
    /// The shell line. Falls back to the call alone if the line is too long for a report, and to `None` if the call is
    /// too long as well.
    pub fn shell_line(&self) -> Option<String> {
        let fits = |text: &String| text.chars().count() <= TEXT_CHARS;
        let call = self.call();
        let line = self.target.map(|target| match target {
            Target::Stdio { command } => self.stdio_line(command, &call),
            Target::Http { url } => self.http_line(url, &call),
        });
        line.filter(fits).or(Some(call).filter(fits))
    }

    /// The protocol version, if it looks like one. Clients can send any text as version, and a shell reads this one.
    fn version(&self) -> &str {
        let is_date = |version: &&str| version.len() == 10 && version.bytes().all(|c| c.is_ascii_digit() || c == b'-');
        self.protocol_version.filter(is_date).unwrap_or(DEFAULT_PROTOCOL)
    }

    fn is_modern(&self) -> bool {
        self.version() >= FIRST_MODERN_PROTOCOL
    }

    fn call(&self) -> String {
        let mut params = self.params.cloned();
        if self.is_modern() {
            // without a handshake, each request carries the data of the handshake
            let meta = format!(
                r#"{{"io.modelcontextprotocol/protocolVersion":"{}","io.modelcontextprotocol/clientCapabilities":{{}},"io.modelcontextprotocol/clientInfo":{CLIENT}}}"#,
                self.version()
            );
            let meta = serde_json::from_str(&meta).unwrap_or(Json::Null);
            if let Json::Object(members) = params.get_or_insert_with(|| Json::Object(Vec::new())) {
                members.push(("_meta".to_owned(), meta));
            }
        }
        let params = params.and_then(|params| serde_json::to_string(&params).ok());
        let params = params.map(|params| format!(r#","params":{params}"#)).unwrap_or_default();
        let method = serde_json::to_string(self.method).unwrap_or_default();
        format!(r#"{{"jsonrpc":"2.0","id":1,"method":{method}{params}}}"#)
    }

    fn initialize(&self) -> String {
        format!(
            r#"{{"jsonrpc":"2.0","id":0,"method":"initialize","params":{{"protocolVersion":"{}","capabilities":{{}},"clientInfo":{CLIENT}}}}}"#,
            self.version()
        )
    }

    /// Shell line that pipes the messages into a command.
    fn stdio_line(&self, command: &str, call: &str) -> String {
        let mut messages = Vec::new();
        if self.handshake && !self.is_modern() {
            messages.push(self.initialize());
            messages.push(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_owned());
        }
        messages.push(call.to_owned());
        let messages: Vec<String> = messages.iter().map(|message| quoted(message)).collect();
        format!("(printf '%s\\n' {}; sleep {RESPONSE_SECONDS}) | {command}", messages.join(" "))
    }

    /// Shell line that posts the messages with curl.
    fn http_line(&self, url: &str, call: &str) -> String {
        let headers = "-H 'content-type: application/json' -H 'accept: application/json, text/event-stream'";
        let url = quoted(url);
        if self.is_modern() {
            let name = self.params.and_then(|params| params.get("name").or_else(|| params.get("uri")));
            let is_header_safe =
                |name: &&str| name.chars().all(|c| c.is_ascii_graphic() || c == ' ') && !name.starts_with("=?");
            let name = name.and_then(Json::as_str).filter(is_header_safe);
            let name_header =
                name.map(|name| format!(" -H {}", quoted(&format!("mcp-name: {name}")))).unwrap_or_default();
            let method = quoted(&format!("mcp-method: {}", self.method));
            return format!(
                "curl -sS {url} {headers} -H 'mcp-protocol-version: {}' -H {method}{name_header} -d {}",
                self.version(),
                quoted(call)
            );
        }
        if !self.handshake {
            return format!("curl -sS {url} {headers} -d {}", quoted(call));
        }
        let version = format!("-H 'mcp-protocol-version: {}'", self.version());
        // holds the whole header line, because a variable with only its value looks like a secret and would be scrubbed
        format!(
            "H=$(curl -sS -D - -o /dev/null {url} {headers} -d {} | grep -i '^mcp-session' | tr -d '\\r'); \
             curl -sS {url} {headers} {version} -H \"$H\" -d '{{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}}'; \
             curl -sS {url} {headers} {version} -H \"$H\" -d {}",
            quoted(&self.initialize()),
            quoted(call)
        )
    }
}

fn quoted(text: &str) -> String {
    shell_word(OsStr::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(text: &str) -> Json {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn quotes_in_arguments_are_escaped() {
        let target = Target::Stdio { command: "python server.py".to_owned() };
        let params = params(r#"{"name":"say","arguments":{"text":"it's; rm -rf $HOME `x`"}}"#);
        let call = Reproduction {
            target: Some(&target),
            method: "tools/call",
            params: Some(&params),
            protocol_version: Some("2025-06-18"),
            handshake: true,
        };
        let line = call.shell_line().unwrap();
        let output = std::process::Command::new("sh")
            .args(["-c", &line.replace("sleep 20", "true").replace("python server.py", "cat")])
            .output()
            .unwrap();
        let output = String::from_utf8(output.stdout).unwrap();
        let call: serde_json::Value = serde_json::from_str(output.lines().last().unwrap()).unwrap();
        assert_eq!(call["params"]["arguments"]["text"], "it's; rm -rf $HOME `x`");
        assert_eq!(output.lines().count(), 3);
    }

    #[test]
    fn an_invalid_version_does_not_reach_the_shell() {
        let params = params(r#"{"name":"say"}"#);
        let targets =
            [Target::Stdio { command: "cat".to_owned() }, Target::Http { url: "http://127.0.0.1:1/mcp".to_owned() }];
        for (version, target) in ["9'; touch stolen; '", "2026-07-28\"}"]
            .into_iter()
            .flat_map(|version| targets.iter().map(move |target| (version, target)))
        {
            for handshake in [true, false] {
                let call = Reproduction {
                    target: Some(target),
                    method: "tools/call",
                    params: Some(&params),
                    protocol_version: Some(version),
                    handshake,
                };
                let line = call.shell_line().unwrap();
                assert!(!line.contains("stolen") && !line.contains(version), "{line}");
            }
        }
    }

    #[test]
    fn a_line_that_is_too_long_falls_back_to_the_call() {
        let target = Target::Http { url: "http://127.0.0.1:1/mcp".to_owned() };
        let line = |length: usize, version: &'static str, handshake: bool| {
            let params = params(&format!(r#"{{"name":"x","arguments":{{"text":"{}"}}}}"#, "a".repeat(length)));
            Reproduction {
                target: Some(&target),
                method: "tools/call",
                params: Some(&params),
                protocol_version: Some(version),
                handshake,
            }
            .shell_line()
        };
        assert!(line(10, "2025-11-25", true).unwrap().starts_with("H=$(curl"));
        assert_eq!(
            autoheal_scrub::scrub(&line(10, "2025-11-25", true).unwrap()),
            line(10, "2025-11-25", true).unwrap()
        );
        assert!(line(10, "2026-07-28", true).unwrap().contains("-H 'mcp-method: tools/call' -H 'mcp-name: x'"));
        assert!(line(10, "2025-11-25", false).unwrap().starts_with("curl -sS http://127.0.0.1:1/mcp"));
        assert!(line(3_800, "2025-11-25", true).unwrap().starts_with("{\"jsonrpc\""));
        assert_eq!(line(10_000, "2025-11-25", true), None);
    }
}
