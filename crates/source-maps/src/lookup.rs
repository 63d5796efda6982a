//! `Lookup`: the stored form of a map, in which a position is found by binary search.

use serde::{Deserialize, Serialize};
use symbolic_sourcemapcache::{File, ScopeLookupResult, SourceMapCache, SourcePosition};

use crate::form::{Aligned, Head};

/// Number of lines before and after a line that are its context.
const CONTEXT: u32 = 2;
/// Maximum length of a line of source, in characters. The sources of some packages are minified themselves.
const LINE_CHARS: usize = 200;

/// Bytes that are no lookup form of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the stored source map cannot be read; upload it again")]
pub struct BadLookup;

/// A lookup form that is open.
#[derive(Debug)]
pub struct Lookup {
    head: Head,
    cache: Aligned,
}

/// The place in the original source of a position in generated code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Original {
    /// The file, as the map names it; none if the map has no name for it.
    pub file: Option<String>,
    /// Line, counted from 1.
    pub line: u32,
    /// Column, counted from 1.
    pub column: u32,
    /// The function that contains the position.
    pub function: Function,
    /// The map's name for what stands at the position.
    pub name: Option<String>,
    /// True if the map says that the file is not the author's own.
    pub is_ignored: bool,
    /// The line with its context; none if the map does not hold the source.
    pub source: Option<SourceLines>,
}

/// The function that contains a position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Function {
    /// A function with this name.
    Named(String),
    /// A function without a name, in a file whose source could not be parsed.
    Anonymous,
    /// No function, or neither the source nor the generated file could be parsed.
    None,
}

/// Lines of original source around a position.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceLines {
    /// Number of the first line, counted from 1.
    pub first: u32,
    /// The lines, without their ends.
    pub lines: Vec<String>,
}

impl Lookup {
    /// Opens a form that [`Lookup::build`] made.
    ///
    /// # Errors
    ///
    /// If the bytes are no such form.
    pub fn open(form: Vec<u8>) -> Result<Self, BadLookup> {
        let (head, end) = Head::read(&form).ok_or(BadLookup)?;
        let lookup = Self { head, cache: Aligned::from(form, end) };
        lookup.cache().ok_or(BadLookup)?;
        Ok(lookup)
    }

    /// Size in memory, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.cache.bytes().len() + self.head.bytes()
    }

    /// Finds the original place of a position in generated code. Line and column count from 1, as in stacks.
    #[must_use]
    pub fn original(&self, line: u32, column: u32) -> Option<Original> {
        let position = SourcePosition::new(line.checked_sub(1)?, column.saturating_sub(1));
        let cache = self.cache()?;
        let found = cache.lookup(position)?;
        // the library gives a source without a name the name of `sourceRoot`
        let file = found.file_name().filter(|name| !name.is_empty() && !name.ends_with('/'));
        let known = file.and_then(|file| self.head.function(file, found.line(), found.column()));
        let function = match (known, found.scope()) {
            (Some(Some(name)), _) | (None, ScopeLookupResult::NamedScope(name)) => Function::Named(name.to_owned()),
            (Some(None), _) | (None, ScopeLookupResult::Unknown) => Function::None,
            (None, ScopeLookupResult::AnonymousScope) => Function::Anonymous,
        };
        Some(Original {
            file: file.map(str::to_owned),
            line: found.line().saturating_add(1),
            column: found.column().saturating_add(1),
            function,
            name: found.name().map(str::to_owned),
            is_ignored: file.is_some_and(|file| self.head.ignores(file)),
            source: found.file().and_then(|file| source_lines(&file, found.line())),
        })
    }

    /// Names of the original files, as the map has them.
    #[must_use]
    pub fn files(&self) -> Vec<String> {
        let Some(cache) = self.cache() else { return Vec::new() };
        cache.files().filter_map(|file| file.name().map(str::to_owned)).collect()
    }

    fn cache(&self) -> Option<SourceMapCache<'_>> {
        SourceMapCache::parse(self.cache.bytes()).ok()
    }
}

/// The line with this index and its context, cut to a readable length; none if the file has no such line.
fn source_lines(file: &File<'_>, index: u32) -> Option<SourceLines> {
    let line = |index: u32| {
        let text = file.line(usize::try_from(index).ok()?)?.trim_end_matches(['\n', '\r']);
        let end = text.char_indices().nth(LINE_CHARS).map_or(text.len(), |(at, _)| at);
        Some(text[..end].to_owned())
    };
    file.source()?;
    line(index)?;
    let first = index.saturating_sub(CONTEXT);
    let lines = (first..=index.saturating_add(CONTEXT)).map_while(line).collect();
    Some(SourceLines { first: first + 1, lines })
}
