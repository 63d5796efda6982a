//! What a report of a conversation gets from here: directory, commit, system and runtime.

use std::ffi::OsStr;

use autoheal_contract::limits::TEXT_CHARS;
use autoheal_contract::{ErrorReport, Json};
use autoheal_prepare::shell::shell_word;

use crate::child::{Place, facts};

/// The place the server runs in.
pub(super) struct Surroundings {
    place: Place,
    runtime: Option<String>,
}

impl Surroundings {
    /// Reads the repository and asks the runtime, which may take a while.
    pub(super) fn of(program: &OsStr) -> Self {
        std::thread::scope(|scope| {
            let runtime = scope.spawn(|| facts::runtime(program));
            Self { place: Place::here(), runtime: runtime.join().unwrap_or_default() }
        })
    }

    /// Adds what the report does not say by itself.
    pub(super) fn add_to(&self, report: &mut ErrorReport) {
        let text = |text: &str| Some(Json::Text(text.to_owned()));
        let place = &self.place;
        add(
            &mut report.context,
            [
                ("directory", Some(place.directory.as_str()).filter(|it| !it.is_empty()).and_then(text)),
                ("commit", place.commit.as_deref().and_then(text)),
            ],
        );
        let system = [
            ("os", text(std::env::consts::OS)),
            ("arch", text(std::env::consts::ARCH)),
            ("runtime", self.runtime.as_deref().and_then(text)),
        ];
        add(&mut report.system, system);
        if report.release.is_none() {
            report.release = place.commit.as_deref().and_then(|commit| commit.get(..12)).map(str::to_owned);
        }
        if let Some(reproduction) =
            report.reproduction.as_mut().filter(|_| !matches!(place.directory.as_str(), "." | ""))
        {
            let line = format!("cd {} && {reproduction}", shell_word(OsStr::new(&place.directory)));
            // the bare message, in place of a line that would be too long, is nothing for a shell
            if !reproduction.starts_with("{\"") && line.chars().count() <= TEXT_CHARS {
                *reproduction = line;
            }
        }
    }
}

fn add<const N: usize>(to: &mut Option<Json>, members: [(&str, Option<Json>); N]) {
    let Json::Object(known) = to.get_or_insert_with(|| Json::Object(Vec::new())) else { return };
    for (name, value) in members {
        if let Some(value) = value.filter(|_| known.iter().all(|(known, _)| known != name)) {
            known.push((name.to_owned(), value));
        }
    }
}
