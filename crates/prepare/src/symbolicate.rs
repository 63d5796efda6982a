//! Symbolicate: replaces frames in generated JavaScript by those of the original source. The caller has loaded the source
//! maps, so that this stage stays pure.

use autoheal_contract::{ErrorReport, FileState, Json, Source, SourceCode, SourceExcerpt};
use serde::{Deserialize, Serialize};

use crate::parse::{self, Frame, Parsed, SentError};
use crate::validate::{Arrival, Identity, Mark};

/// Maximum number of frames that keep their lines of source.
const FRAMES_WITH_CODE: usize = 10;
/// Maximum length of a function or a file from a source map, in characters.
const NAME_CHARS: usize = 500;
/// Modules that bundlers add to a program.
const BUNDLER_MODULES: [&str; 5] = ["\0", "vite/", "rolldown/", "webpack/", "(webpack)"];

/// A generated file in which frames are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Its URL or path, as the stack has it.
    pub file: String,
    /// Its debug id, as the report has it.
    pub debug_id: Option<String>,
}

/// The place in the original source of a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The function; none outside of functions.
    pub function: Option<String>,
    /// The file's path.
    pub file: String,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1.
    pub column: u32,
    /// True if the map says that the file is not the author's own.
    pub is_ignored: bool,
    /// The commit from which the generated file was built, if the uploader of the map named it.
    pub commit: Option<String>,
    /// Number of the first line of `lines`, counted from 1.
    pub first_line: u32,
    /// The line with its context; empty if the map does not hold the source.
    pub lines: Vec<String>,
}

/// Finds the original place of a line and a column in a generated file.
pub type Maps<'a> = &'a dyn Fn(&str, u32, u32) -> Option<Original>;

/// Lines of source around a frame.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Index of the frame.
    pub frame: usize,
    /// Number of the first line, counted from 1.
    pub first_line: u32,
    /// The lines.
    pub lines: Vec<String>,
    /// The commit that holds the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commit: Option<String>,
    /// The checkout from which the lines are; none for lines from a source map.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checkout: Option<Checkout>,
}

/// The place of lines in a git checkout.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checkout {
    /// `host/owner/name` of its remote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
    /// True if issues in any repository may show the lines.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub any_repository: bool,
    /// The file's path within the repository.
    pub path: String,
    /// The file's state.
    pub state: FileState,
}

/// A report whose frames are in the original source, where there are maps.
#[derive(Debug)]
pub(crate) struct Symbolicated {
    pub(crate) report: ErrorReport,
    pub(crate) frames: Vec<Frame>,
    /// The frames that lead to the failure's origin, if they are others than `frames`; else empty.
    pub(crate) origin: Vec<Frame>,
    /// The frames before the maps; empty if no map was used.
    pub(crate) generated: Vec<Frame>,
    pub(crate) code: Vec<Code>,
    pub(crate) identity: Identity,
    pub(crate) arrival: Arrival,
    pub(crate) marks: Vec<Mark>,
    /// What the sender claimed, where the stack says something else.
    pub(crate) sent: Option<Box<SentError>>,
}

/// Replaces the frames for which there is a map.
pub(crate) fn symbolicate(parsed: Parsed, maps: Maps<'_>) -> Symbolicated {
    let Parsed { report, mut frames, mut origin, identity, arrival, marks, sent } = parsed;
    let mut generated = Vec::new();
    let mut code = Vec::new();
    let is_browser = report.source.unwrap_or_default() == Source::JavascriptSdk;
    for index in 0..frames.len() {
        let Some((file, line, column)) = position(&frames[index], is_browser) else { continue };
        let Some(original) = maps(file, line, column) else { continue };
        if generated.is_empty() {
            generated.clone_from(&frames);
        }
        let in_app = !original.is_ignored
            && !BUNDLER_MODULES.iter().any(|module| original.file.starts_with(module))
            && parse::is_javascript_in_app(&original.file);
        frames[index] = Frame {
            function: original.function.as_deref().map(short),
            file: Some(short(&original.file)),
            line: Some(original.line),
            column: Some(original.column),
            in_app,
        };
        if in_app && code.len() < FRAMES_WITH_CODE && !original.lines.is_empty() {
            let Original { first_line, lines, commit, .. } = original;
            code.push(Code { frame: index, first_line, lines, commit, checkout: None });
        }
    }
    if !generated.is_empty() {
        // its frames are those before the maps
        origin.clear();
    }
    Symbolicated { report, frames, origin, generated, code, identity, arrival, marks, sent }
}

impl Symbolicated {
    /// Moves the report's lines of source to those of the application's own frames that have no lines yet.
    pub(crate) fn take_source_code(&mut self) {
        let Some(SourceCode { repository, commit, any_repository, excerpts }) = self.report.source_code.take() else {
            return;
        };
        for SourceExcerpt { file, line, path, first_line, lines, state } in excerpts {
            // of a recursion, the innermost call
            let is_named =
                |frame: &Frame| frame.in_app && frame.file.as_deref() == Some(&file) && frame.line == Some(line);
            let shown = if self.origin.is_empty() { &self.frames } else { &self.origin };
            let Some(frame) = shown.iter().position(is_named) else { continue };
            if self.code.len() < FRAMES_WITH_CODE && self.code.iter().all(|code| code.frame != frame) {
                let checkout = Checkout { repository: repository.clone(), any_repository, path, state };
                self.code.push(Code { frame, first_line, lines, commit: commit.clone(), checkout: Some(checkout) });
            }
        }
        self.code.sort_by_key(|code| code.frame);
    }
}

/// The generated files of a report's frames, each once.
pub(crate) fn scripts(report: &ErrorReport, frames: &[Frame]) -> Vec<Script> {
    let is_browser = report.source.unwrap_or_default() == Source::JavascriptSdk;
    let mut scripts: Vec<Script> = Vec::new();
    for frame in frames {
        if let Some((file, ..)) = position(frame, is_browser)
            && !scripts.iter().any(|script| script.file == file)
        {
            scripts.push(Script { file: file.to_owned(), debug_id: debug_id(report, file) });
        }
    }
    scripts
}

/// The file and the position of a frame of JavaScript.
fn position(frame: &Frame, is_browser: bool) -> Option<(&str, u32, u32)> {
    let file = frame.file.as_deref()?;
    let path = file.split(['?', '#']).next().unwrap_or_default();
    let is_script = [".js", ".mjs", ".cjs"].iter().any(|end| path.ends_with(end));
    let is_served = is_browser && file.contains("://");
    (is_script || is_served).then_some((file, frame.line?, frame.column?))
}

/// The debug id of a file. `debug_ids` has the id by the file, or as bundles register it: by a stack whose innermost frame
/// is in the file.
fn debug_id(report: &ErrorReport, file: &str) -> Option<String> {
    let Some(Json::Object(ids)) = &report.debug_ids else { return None };
    let names_file = |key: &str| {
        key == file
            || key.contains('\n') && key.contains(file) && {
                let innermost = parse::parse_stack_from(Source::JavascriptSdk, key, "").into_iter().next();
                innermost.is_some_and(|frame| frame.file.as_deref() == Some(file))
            }
    };
    ids.iter().find(|(key, _)| names_file(key)).and_then(|(_, id)| id.as_str()).map(str::to_owned)
}

fn short(text: &str) -> String {
    text.chars().take(NAME_CHARS).collect()
}

#[cfg(test)]
mod tests;
