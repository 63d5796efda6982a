//! `Class`: the kinds of failure that a report can name. Severity, grouping and policy depend on the class.

use strum::{EnumString, IntoStaticStr};

/// Kind of failure, by where it was seen. A report may also name a class that is not listed here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, EnumString, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Class {
    /// A tool failed: `isError` in its result, or an error response to `tools/call`.
    #[strum(to_string = "tool_failure", serialize = "tool_error")]
    ToolFailure,
    /// Reading a resource failed.
    ResourceFailure,
    /// Getting a prompt failed.
    PromptFailure,
    /// Any other request of an MCP conversation failed.
    ProtocolError,
    /// The MCP server sent no response in time.
    NoAnswer,
    /// The MCP server ended with a call in flight.
    ServerExit,
    /// The caller caused it: an unknown tool, bad arguments.
    CallerError,
    /// The page's request reached no server.
    Network,
    /// The page's call ran out of time.
    Timeout,
    /// An HTTP status that is an error.
    Http,
    /// A JSON-RPC error outside the reserved codes.
    Application,
    /// A JSON-RPC error with a reserved code, or a response that is not valid JSON-RPC.
    Protocol,
    /// Client and server found no common version of MCP.
    Negotiation,
    /// An error that no code of the page caught.
    Uncaught,
    /// A promise of the page was rejected and no code handled it.
    UnhandledRejection,
    /// The page's own code reported the failure.
    Reported,
    /// The client's WebAssembly module could not be loaded.
    Module,
}

impl Class {
    /// The name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The class of a failure that the server caused, by the method of the call.
    #[must_use]
    pub fn of_failed_call(method: &str) -> Self {
        match method {
            "tools/call" => Self::ToolFailure,
            "resources/read" => Self::ResourceFailure,
            "prompts/get" => Self::PromptFailure,
            _ => Self::ProtocolError,
        }
    }

    /// The error type of a report about a failure between client and server, if nothing names a better one.
    #[must_use]
    pub fn error_type(self) -> &'static str {
        match self {
            Self::ToolFailure => "ToolError",
            Self::ResourceFailure => "ResourceError",
            Self::PromptFailure => "PromptError",
            Self::NoAnswer => "NoAnswer",
            Self::ServerExit => "ServerExit",
            Self::CallerError => "CallerError",
            _ => "ProtocolError",
        }
    }

    /// The class with this name on the wire; none for an unknown name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        name.trim().parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_parsed_as_its_class() {
        for class in [Class::ToolFailure, Class::NoAnswer, Class::CallerError, Class::Http] {
            assert_eq!(Class::parse(class.name()), Some(class));
        }
        assert_eq!(Class::ToolFailure.name(), "tool_failure");
        assert_eq!(Class::parse(" server_exit "), Some(Class::ServerExit));
    }

    #[test]
    fn tool_error_of_earlier_clients_is_a_tool_failure() {
        assert_eq!(Class::parse("tool_error"), Some(Class::ToolFailure));
    }

    #[test]
    fn an_unknown_name_is_no_class() {
        assert_eq!(Class::parse("of_another_version"), None);
        assert_eq!(Class::parse(""), None);
    }
}
