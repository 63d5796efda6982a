//! Failures that `mcp` itself notices: a server that cannot be started, and messages that cannot be passed on.

use std::ffi::{OsStr, OsString};
use std::io::Error;
use std::process::ExitCode;
use std::time::{Instant, SystemTime};

use autoheal_contract::{Class, ErrorReport, Json, Rpc, Source};
use autoheal_deliver::{MAX_DELAY, known_secrets};
use autoheal_prepare::Timestamp;
use uuid::Uuid;

use super::reports::Reports;
use crate::args::{DeliveryArgs, McpArgs};
use crate::arguments::line_without_secrets;
use crate::child::{Ending, Remoteness, Reported, say, start};

/// What a report of such a failure needs.
pub(super) struct OwnFailure {
    delivery: DeliveryArgs,
    remoteness: Remoteness,
    command: Vec<OsString>,
}

impl OwnFailure {
    pub(super) fn of(options: &McpArgs, remoteness: Remoteness) -> Self {
        Self { delivery: options.delivery.clone(), remoteness, command: options.command.clone() }
    }

    /// Refuses a server that cannot be started, and reports that.
    pub(super) fn not_started(self, error: &Error) -> ExitCode {
        say(&start::refusal(self.program(), error));
        let sentence = start::reported_refusal(self.program(), error);
        self.report(Ending::Code(start::code(error).into()), start::error_name(error), sentence)
    }

    /// Reports that messages of a server could not be passed on, as on a full disk. The server may know nothing of it.
    pub(super) fn output_lost(self, error: &Error) -> ExitCode {
        let program = self.program().to_string_lossy().into_owned();
        let sentence = format!("what {program} wrote to standard output is lost: {}", start::words(error));
        self.report(Ending::Code(1), start::error_name(error), sentence)
    }

    fn program(&self) -> &OsStr {
        self.command.first().map_or(OsStr::new(""), OsString::as_os_str)
    }

    fn report(self, ending: Ending, error_type: &str, error_message: String) -> ExitCode {
        let now = Timestamp::from(SystemTime::now()).to_string();
        let report = ErrorReport {
            error_type: error_type.to_owned(),
            error_message,
            context: Some(Json::Object(vec![("timestamp".to_owned(), Json::Text(now.clone()))])),
            schema: Some(1),
            id: Some(Uuid::new_v4().to_string()),
            source: Some(Source::McpProtocol),
            class: Some(Class::ServerExit.name().to_owned()),
            last_seen: Some(now),
            rpc: Some(Rpc { transport: Some("stdio".to_owned()), ..Rpc::default() }),
            command: Some(line_without_secrets(&self.command)),
            exit: Some(ending.exit()),
            ..ErrorReport::default()
        };
        let until = Instant::now() + MAX_DELAY;
        let destination = self.delivery.destination_hash();
        let program = self.program().to_owned();
        let sent_to = self.delivery.into_destination(known_secrets(&self.command));
        let mut reports = Reports::new(sent_to, self.remoteness, &program);
        reports.send(vec![report]);
        if reports.finish(until) {
            Reported::note(ending, destination);
        }
        ending.repeat()
    }
}
