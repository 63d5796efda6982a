//! Source maps of the service: built when they are uploaded, loaded when a report needs them.

mod builder;
mod cache;
mod late;

use std::collections::HashMap;
use std::sync::Arc;

use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::rules::Rules;
use autoheal_prepare::symbolicate::{Original, Script};
use autoheal_prepare::{Begun, ScrubLevel, Timestamp};
use autoheal_source_maps::{DebugId, Function, Lookup, original_path};
use autoheal_store::{SourceMapId, SourceMapKey, Store};

pub(crate) use builder::BuildError;
pub use builder::LookupBuilder;
pub(crate) use cache::LookupCache;
pub(crate) use late::regroup;

/// Maximum number of generated files of one report for which maps are searched.
const MAX_SCRIPTS: usize = 20;

/// The lookups of one report, by the generated file, each with the commit of the release if it is known.
#[derive(Debug, Default)]
pub(crate) struct ScriptMaps {
    by_file: HashMap<String, (Arc<Lookup>, Option<String>)>,
}

impl ScriptMaps {
    /// Loads the lookups of a report. A map that cannot be loaded never harms a report: its frames stay as they are.
    pub(crate) async fn of(report: &Begun, cache: &LookupCache, store: &dyn Store, now: Timestamp) -> Self {
        let mut maps = Self::default();
        let project = report.project();
        if !cache.has_maps(project, store).await {
            return maps;
        }
        for script in report.scripts().into_iter().take(MAX_SCRIPTS) {
            for key in keys(&script, report.release()) {
                if let Some((map, lookup)) = cache.get(project, key, store, now).await {
                    let commit = commit(report.release(), map, store).await;
                    maps.by_file.insert(script.file, (lookup, commit));
                    break;
                }
            }
        }
        maps
    }

    /// The original place of a position in a generated file.
    pub(crate) fn original(&self, file: &str, line: u32, column: u32) -> Option<Original> {
        let (lookup, commit) = self.by_file.get(file)?;
        let found = lookup.original(line, column)?;
        let path = original_path(&found.file?).into_owned();
        let (first_line, lines) = found.source.map(|source| (source.first, source.lines)).unwrap_or_default();
        Some(Original {
            function: match found.function {
                Function::Named(name) => Some(name),
                Function::Anonymous | Function::None => None,
            },
            file: path,
            line: found.line,
            column: found.column,
            is_ignored: found.is_ignored,
            commit: commit.clone(),
            first_line,
            lines,
        })
    }
}

/// What the stages need that follow the parsing of a stack.
pub(crate) struct Finish<'a> {
    pub(crate) lookups: &'a LookupCache,
    pub(crate) store: &'a dyn Store,
    pub(crate) now: Timestamp,
    pub(crate) scrub: ScrubLevel,
    pub(crate) rules: &'a Rules,
}

impl Finish<'_> {
    /// Runs the remaining stages on a report, with the source maps of the files in its stack.
    pub(crate) async fn finish(&self, report: Begun) -> Fingerprinted {
        let maps = ScriptMaps::of(&report, self.lookups, self.store, self.now).await;
        report.finish(self.scrub, &|file, line, column| maps.original(file, line, column), self.rules)
    }
}

/// The release of a report if it is a commit, and the uploader of the map named it too. The release of a report alone could
/// be a commit of a stranger's fork, which GitHub shows as if it were in the repository.
async fn commit(release: Option<&str>, map: SourceMapId, store: &dyn Store) -> Option<String> {
    let is_commit =
        |text: &&str| text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let release = release.filter(is_commit)?;
    store.source_map_has_release(map, release).await.unwrap_or(false).then(|| release.to_owned())
}

/// The ways to find the map of a generated file, the most certain first.
fn keys(script: &Script, release: Option<&str>) -> Vec<SourceMapKey> {
    let debug_id = script.debug_id.as_deref().and_then(DebugId::parse);
    let by_id = debug_id.map(|id| SourceMapKey::DebugId(*id.as_bytes()));
    let release = release.map(str::to_owned);
    by_id.into_iter().chain([SourceMapKey::File { release, urls: urls(&script.file) }]).collect()
}

/// The URLs under which a generated file may have been uploaded: its own, and `~/` with its path for any host.
fn urls(file: &str) -> Vec<String> {
    let file = file.split(['?', '#']).next().unwrap_or_default();
    let path = match file.split_once("://") {
        Some((_, rest)) => rest.split_once('/').map(|(_, path)| path),
        None => file.strip_prefix('/'),
    };
    let path = path.map(|path| format!("~/{path}"));
    std::iter::once(file.to_owned()).chain(path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_uploaded_with_and_without_its_host() {
        for (file, expected) in [
            (
                "https://shop.example/assets/app.js?v=3#x",
                &["https://shop.example/assets/app.js", "~/assets/app.js"][..],
            ),
            ("http://localhost:5173/app.js", &["http://localhost:5173/app.js", "~/app.js"]),
            ("file:///srv/app.js", &["file:///srv/app.js", "~/srv/app.js"]),
            ("/srv/app.js", &["/srv/app.js", "~/srv/app.js"]),
            ("app.js", &["app.js"]),
        ] {
            assert_eq!(urls(file), expected, "{file}");
        }
    }
}
