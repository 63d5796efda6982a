//! Builds the lookup form of a map.

use std::borrow::Cow;

use symbolic_sourcemapcache::{SourceMapCache, SourceMapCacheWriter};

use crate::check::{Checked, check, without_guard};
use crate::form::{Aligned, Head};
use crate::functions::{Begin, functions};
use crate::limits::{GENERATED_BYTES, LOOKUP_BYTES};
use crate::{BadMap, Lookup};

impl Lookup {
    /// Checks a map and builds its lookup form. Functions have names if the generated file is given and is JavaScript
    /// that can be parsed; any other file leaves them out.
    ///
    /// The parser of JavaScript recurses, so a hostile generated file can exhaust the stack. Build such files in a process
    /// of their own.
    ///
    /// # Errors
    ///
    /// If the map is not valid, or exceeds a limit.
    pub fn build(generated: &[u8], map: &[u8]) -> Result<Vec<u8>, BadMap> {
        if generated.len() > GENERATED_BYTES {
            let bytes = generated.len();
            return Err(BadMap::new(format!("the generated file has {bytes} bytes; {GENERATED_BYTES} are allowed")));
        }
        let checked = check(map)?;
        let generated = std::str::from_utf8(generated).unwrap_or_default();
        let map = std::str::from_utf8(without_guard(map)).unwrap_or_default();
        build_checked(generated, map, checked, true)
    }

    /// Like [`Lookup::build`], but parses no JavaScript.
    ///
    /// # Errors
    ///
    /// As [`Lookup::build`].
    pub fn build_without_functions(map: &[u8]) -> Result<Vec<u8>, BadMap> {
        let checked = check(map)?;
        build_checked("", std::str::from_utf8(without_guard(map)).unwrap_or_default(), checked, false)
    }
}

fn build_checked(generated: &str, map: &str, checked: Checked, parses: bool) -> Result<Vec<u8>, BadMap> {
    let refused = |error: &dyn std::fmt::Display| BadMap::new(format!("the map cannot be read: {error}"));
    let map = if checked.is_padded { Cow::Owned(without_padding(map)) } else { Cow::Borrowed(map) };
    let writer = SourceMapCacheWriter::new(generated, &map).map_err(|error| refused(&error))?;
    let mut cache = Vec::new();
    writer.serialize(&mut cache).map_err(|error| refused(&error))?;
    let functions = if parses { functions_of_sources(&cache) } else { Vec::new() };
    let mut form = Head::new(checked.ignored, functions).write();
    form.append(&mut cache);
    if form.len() > LOOKUP_BYTES {
        return Err(BadMap::new(format!("the lookup form has {} bytes; {LOOKUP_BYTES} are allowed", form.len())));
    }
    Ok(form)
}

/// The functions of each original file whose source the map holds and that can be parsed.
fn functions_of_sources(cache: &[u8]) -> Vec<(String, Vec<Begin>)> {
    let aligned = Aligned::copy(cache);
    let Ok(cache) = SourceMapCache::parse(aligned.bytes()) else { return Vec::new() };
    let known = |(name, source): (&str, &str)| Some((name.to_owned(), functions(name, source)?));
    cache.files().filter_map(|file| known((file.name()?, file.source()?))).collect()
}

/// Removes digits that add nothing from the numbers of mappings, because the library refuses more digits than it needs.
fn without_padding(map: &str) -> String {
    // a run of `g` is a run of zeros with continuation; only the mappings of such a map hold one before a final `A`
    let mut plain = String::with_capacity(map.len());
    let mut rest = map;
    while let Some(at) = rest.find("gggggggg") {
        let end = rest[at..].find(|c| c != 'g').map_or(rest.len(), |length| at + length);
        let is_padding = rest[end..].starts_with('A') && at > 0;
        plain.push_str(&rest[..at]);
        if !is_padding {
            plain.push_str(&rest[at..end]);
        }
        rest = &rest[end..];
    }
    plain.push_str(rest);
    plain
}
