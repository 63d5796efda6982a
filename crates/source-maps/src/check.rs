//! Checks a source map by the rules of ECMA-426 and within the limits.
//!
//! Stricter than the library that builds the lookup form, which accepts texts for numbers, and positions that go below zero.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::limits::{ENTRIES, INDEX_DEPTH, MAP_BYTES, MAPPINGS, SECTIONS};
use crate::{BadMap, vlq};

/// What a checked map holds besides its mappings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// Number of mappings.
    pub mappings: usize,
    /// Original files that the map marks as not the author's own (`ignoreList`), as the map names them.
    pub ignored: Vec<String>,
    /// The map's own debug id.
    pub debug_id: Option<String>,
    /// True if any number of the mappings has more digits than it needs to.
    pub(crate) is_padded: bool,
}

/// The members of a map, each still as text, so that a wrong type can be named.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMap<'a> {
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
    #[serde(borrow, default)]
    file: Option<&'a RawValue>,
    #[serde(borrow, default)]
    source_root: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sources: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sources_content: Option<&'a RawValue>,
    #[serde(borrow, default)]
    names: Option<&'a RawValue>,
    #[serde(borrow, default)]
    mappings: Option<&'a RawValue>,
    #[serde(borrow, default)]
    sections: Option<&'a RawValue>,
    #[serde(borrow, default)]
    ignore_list: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "x_google_ignoreList")]
    google_ignore_list: Option<&'a RawValue>,
    #[serde(borrow, default)]
    debug_id: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "debug_id")]
    debug_id_with_underscore: Option<&'a RawValue>,
}

/// A section of an index map.
#[derive(Deserialize)]
struct RawSection<'a> {
    #[serde(borrow, default)]
    offset: Option<&'a RawValue>,
    #[serde(borrow, default)]
    map: Option<&'a RawValue>,
}

/// Line and column, counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
struct Position {
    line: u32,
    column: u32,
}

/// Checks a whole map.
///
/// # Errors
///
/// If it is not valid, or exceeds a limit.
pub fn check(map: &[u8]) -> Result<Checked, BadMap> {
    if map.len() > MAP_BYTES {
        return Err(BadMap::new(format!("the map has {} bytes; {MAP_BYTES} are allowed", map.len())));
    }
    let text = std::str::from_utf8(without_guard(map))
        .map_err(|error| BadMap::new(format!("the map is not UTF-8 at byte {}", error.valid_up_to())))?;
    let mut checked = Checked::default();
    check_map(text, INDEX_DEPTH, &mut checked)?;
    checked.ignored.sort_unstable();
    checked.ignored.dedup();
    Ok(checked)
}

/// Returns the map without the line `)]}'`, with which some servers keep it from being run as a script, and without a
/// byte order mark.
pub(crate) fn without_guard(map: &[u8]) -> &[u8] {
    let map = map.strip_prefix(b"\xef\xbb\xbf").unwrap_or(map);
    if !map.starts_with(b")]}") {
        return map;
    }
    map.iter().position(|byte| *byte == b'\n').map_or(&[], |end| &map[end + 1..])
}

/// Checks a map or the map of a section; returns the last generated position.
fn check_map(text: &str, depth: usize, checked: &mut Checked) -> Result<Option<Position>, BadMap> {
    // the reader of JSON takes a list of the members for an object too
    if !text.trim_start().starts_with('{') {
        return Err(BadMap::new("the map is not a JSON object"));
    }
    let map: RawMap<'_> =
        serde_json::from_str(text).map_err(|error| BadMap::new(format!("the map is not a JSON object: {error}")))?;
    match map.version.map(RawValue::get) {
        Some("3") => {}
        Some(other) => return Err(BadMap::new(format!("version is {}, not the number 3", start(other)))),
        None => return Err(BadMap::new("version is missing")),
    }
    optional::<Cow<'_, str>>(map.file, "file", "a text")?;
    if let Some(id) = optional::<Cow<'_, str>>(map.debug_id.or(map.debug_id_with_underscore), "debugId", "a text")? {
        checked.debug_id.get_or_insert_with(|| id.into_owned());
    }
    if map.sections.is_some() && map.mappings.is_none() {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(BadMap::new(format!("more than {INDEX_DEPTH} index maps are within each other")));
        };
        return check_sections(&map, depth, checked);
    }
    if map.sections.is_some() {
        return Err(BadMap::new("the map has both mappings and sections"));
    }
    check_regular(&map, checked)
}

fn check_sections(map: &RawMap<'_>, depth: usize, checked: &mut Checked) -> Result<Option<Position>, BadMap> {
    let sections: Vec<RawSection<'_>> = required(map.sections, "sections", "a list of objects")?;
    if sections.len() > SECTIONS {
        return Err(BadMap::new(format!("the map has {} sections; {SECTIONS} are allowed", sections.len())));
    }
    let mut previous: Option<(Position, Option<Position>)> = None;
    for (number, section) in sections.iter().enumerate() {
        let in_section = |bad: BadMap| bad.in_section(number);
        let offset: Position =
            required(section.offset, "offset", "an object with line and column").map_err(in_section)?;
        if let Some((before, last)) = previous {
            if offset <= before {
                return Err(BadMap::new("offset is not after the section before").in_section(number));
            }
            if last.is_some_and(|last| last > offset) {
                return Err(BadMap::new("offset is within the section before").in_section(number));
            }
        }
        let text = section.map.ok_or_else(|| BadMap::new("map is missing").in_section(number))?;
        let last = check_map(text.get(), depth, checked).map_err(in_section)?;
        let shifted = last.map(|last| Position {
            line: last.line.saturating_add(offset.line),
            column: if last.line == 0 { last.column.saturating_add(offset.column) } else { last.column },
        });
        previous = Some((offset, shifted.max(previous.and_then(|(_, last)| last))));
    }
    Ok(previous.and_then(|(_, last)| last))
}

fn check_regular(map: &RawMap<'_>, checked: &mut Checked) -> Result<Option<Position>, BadMap> {
    let root = optional::<Cow<'_, str>>(map.source_root, "sourceRoot", "a text")?.unwrap_or_default();
    let sources: Vec<Option<Cow<'_, str>>> = required(map.sources, "sources", "a list of texts and nulls")?;
    optional::<Vec<Option<&RawValue>>>(map.sources_content, "sourcesContent", "a list of texts and nulls")?
        .into_iter()
        .flatten()
        .flatten()
        .try_for_each(|content| match content.get().as_bytes().first() {
            Some(b'"') => Ok(()),
            _ => Err(BadMap::new("sourcesContent is not a list of texts and nulls")),
        })?;
    let names = optional::<Vec<Cow<'_, str>>>(map.names, "names", "a list of texts")?.unwrap_or_default();
    for (entries, name) in [(sources.len(), "sources"), (names.len(), "names")] {
        if entries > ENTRIES {
            return Err(BadMap::new(format!("{name} has {entries} entries; {ENTRIES} are allowed")));
        }
    }
    let ignored = map.ignore_list.or(map.google_ignore_list);
    for index in optional::<Vec<usize>>(ignored, "ignoreList", "a list of numbers")?.unwrap_or_default() {
        let Some(source) = sources.get(index) else {
            return Err(BadMap::new(format!("ignoreList names source {index}, but there are {}", sources.len())));
        };
        checked.ignored.extend(source.as_deref().map(|source| rooted(&root, source)));
    }
    let mappings: Cow<'_, str> = required(map.mappings, "mappings", "a text")?;
    check_mappings(mappings.as_bytes(), sources.len(), names.len(), checked)
}

/// The name of a source with `sourceRoot`.
fn rooted(root: &str, source: &str) -> String {
    let is_absolute = source.starts_with('/') || source.contains("://");
    match root.trim_end_matches('/') {
        "" => source.to_owned(),
        _ if is_absolute => source.to_owned(),
        root => format!("{root}/{source}"),
    }
}

/// The five running numbers of `mappings`, and their names.
const FIELDS: [&str; 5] = ["generated column", "source", "original line", "original column", "name"];

/// Checks each segment; returns the last generated position.
fn check_mappings(
    text: &[u8],
    sources: usize,
    names: usize,
    checked: &mut Checked,
) -> Result<Option<Position>, BadMap> {
    let mut last = None;
    let mut running = [0_i64; 5];
    for (line, segments) in (0_u32..).zip(text.split(|byte| *byte == b';')) {
        running[0] = 0;
        if segments.is_empty() {
            continue;
        }
        for segment in segments.split(|byte| *byte == b',') {
            checked.mappings += 1;
            if checked.mappings > MAPPINGS {
                return Err(BadMap::new(format!("mappings has more than {MAPPINGS} segments")));
            }
            let bad = |reason: String| {
                BadMap::new(format!(
                    "mappings, line {line}, segment `{}`: {reason}",
                    start(&String::from_utf8_lossy(segment))
                ))
            };
            let fields = read_segment(segment, &mut running, checked).map_err(bad)?;
            let is_outside = |field: usize, entries: usize| {
                fields > field && usize::try_from(running[field]).is_ok_and(|index| index >= entries)
            };
            if is_outside(1, sources) {
                return Err(bad(format!("source {} does not exist", running[1])));
            }
            if is_outside(4, names) {
                return Err(bad(format!("name {} does not exist", running[4])));
            }
            let position = Position { line, column: u32::try_from(running[0]).unwrap_or(u32::MAX) };
            last = last.max(Some(position));
        }
    }
    Ok(last)
}

/// Reads one segment into the running numbers; returns the number of its fields.
fn read_segment(segment: &[u8], running: &mut [i64; 5], checked: &mut Checked) -> Result<usize, String> {
    let mut rest = segment;
    let mut fields = 0;
    while !rest.is_empty() || fields == 0 {
        let Some(number) = running.get_mut(fields) else { return Err("it has more than 5 fields".to_owned()) };
        let before = rest.len();
        *number += vlq::read(&mut rest)?;
        // seven digits hold 32 bits
        checked.is_padded |= before - rest.len() > 7;
        if *number < 0 {
            return Err(format!("{} is {number}", FIELDS[fields]));
        }
        if *number > i64::from(i32::MAX) {
            return Err(format!("{} needs more than 32 bits", FIELDS[fields]));
        }
        fields += 1;
    }
    if matches!(fields, 2 | 3) {
        return Err(format!("it has {fields} fields, not 1, 4 or 5"));
    }
    Ok(fields)
}

fn required<'a, T: Deserialize<'a>>(value: Option<&'a RawValue>, name: &str, expected: &str) -> Result<T, BadMap> {
    let value = value.ok_or_else(|| BadMap::new(format!("{name} is missing")))?;
    serde_json::from_str(value.get()).map_err(|_| BadMap::new(format!("{name} is not {expected}")))
}

/// Reads an optional member. `null` is not the same as absent, but generators write it.
fn optional<'a, T: Deserialize<'a>>(
    value: Option<&'a RawValue>,
    name: &str,
    expected: &str,
) -> Result<Option<T>, BadMap> {
    value.map(|value| required(Some(value), name, expected)).transpose()
}

/// The start of a text, for a message.
fn start(text: &str) -> &str {
    &text[..text.floor_char_boundary(40)]
}
