//! `Surroundings`: directory, commit, system and runtime of an MCP server, for its reports.

use std::ffi::OsStr;

use autoheal_contract::limits::TEXT_CHARS;
use autoheal_contract::{ErrorReport, Json};
use autoheal_prepare::shell::shell_word;

use crate::child::{Place, facts};

/// The directory, commit and runtime of the server.
pub(super) struct Surroundings {
    place: Place,
    runtime: Option<String>,
}

impl Surroundings {
    /// Reads the repository and runs the runtime for its version, at the same time because either may take a while.
    pub(super) fn of(program: &OsStr) -> Self {
        std::thread::scope(|scope| {
            let runtime = scope.spawn(|| facts::runtime(program));
            Self { place: Place::here(), runtime: runtime.join().unwrap_or_default() }
        })
    }

    /// Adds the surroundings to a report. Values that the report has already stay.
    pub(super) fn add_to(&self, report: &mut ErrorReport) {
        let text = |text: &str| Some(Json::Text(text.to_owned()));
        let place = &self.place;
        add(
            &mut report.context,
            [
                ("directory", Some(place.directory.as_str()).filter(|path| !path.is_empty()).and_then(text)),
                ("commit", place.commit.as_deref().and_then(text)),
            ],
        );
        let system = [
            ("os", text(std::env::consts::OS)),
            ("arch", text(std::env::consts::ARCH)),
            ("runtime", self.runtime.as_deref().and_then(text)),
            ("repositories", place.repositories()),
        ];
        add(&mut report.system, system);
        if report.release.is_none() {
            report.release = place.commit.as_deref().and_then(|commit| commit.get(..12)).map(str::to_owned);
        }
        if let Some(reproduction) =
            report.reproduction.as_mut().filter(|_| !matches!(place.directory.as_str(), "." | ""))
        {
            let line = format!("cd {} && {reproduction}", shell_word(OsStr::new(&place.directory)));
            // a reproduction may be only the call as JSON, which is no shell command
            if !reproduction.starts_with("{\"") && line.chars().count() <= TEXT_CHARS {
                *reproduction = line;
            }
        }
    }
}

fn add<const N: usize>(to: &mut Option<Json>, members: [(&str, Option<Json>); N]) {
    let Json::Object(existing) = to.get_or_insert_with(|| Json::Object(Vec::new())) else { return };
    for (name, value) in members {
        if let Some(value) = value.filter(|_| existing.iter().all(|(existing, _)| existing != name)) {
            existing.push((name.to_owned(), value));
        }
    }
}
