//! Facts about the program and its machine, the same in every report.

use std::time::SystemTime;

use autoheal_contract::{ErrorReport, Json};
use uuid::Uuid;

use super::{PROGRAM, breadcrumbs};
use autoheal_prepare::Timestamp;
use autoheal_prepare::shell::shell_line;

/// A report with these facts, before the failure's own are added.
pub(super) fn report(at: SystemTime) -> ErrorReport {
    let program = PROGRAM.get();
    let at = Timestamp::from(at).to_string();
    let mut context = vec![("timestamp".to_owned(), text(&at))];
    context.extend(program.map(|program| ("program".to_owned(), text(&program.name))));
    if let Ok(directory) = std::env::current_dir() {
        context.push(("directory".to_owned(), text(&directory.to_string_lossy())));
    }
    let system = vec![("os".to_owned(), text(std::env::consts::OS)), ("arch".to_owned(), text(std::env::consts::ARCH))];
    ErrorReport {
        schema: Some(1),
        id: Some(Uuid::now_v7().to_string()),
        release: program.map(|program| program.release.clone()),
        last_seen: Some(at),
        context: Some(Json::Object(context)),
        logs: breadcrumbs::last(),
        command: Some(shell_line(&std::env::args_os().collect::<Vec<_>>())),
        system: Some(Json::Object(system)),
        ..ErrorReport::default()
    }
}

/// Adds a fact to a report's context.
pub(super) fn add(report: &mut ErrorReport, name: &str, value: &str) {
    if let Some(Json::Object(context)) = &mut report.context {
        context.push((name.to_owned(), text(value)));
    }
}

fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}
