//! The stored form: what the library's lookup cache lacks, then the cache itself.
//!
//! Magic, length of the JSON, JSON, the places at which functions begin (three numbers each), blanks up to a multiple of
//! the alignment, the library's cache. Numbers are little-endian.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::functions::Begin;

/// The first bytes of a form. The last one is the version of the format.
const MAGIC: &[u8; 8] = b"ahmap\0\0\x01";
/// Alignment of the library's cache, in bytes.
const ALIGNMENT: usize = 8;
/// Stands for code outside of functions.
const NO_NAME: u32 = u32::MAX;
/// Size of a place, in bytes.
const PLACE_BYTES: usize = 12;

/// The part of the form before the library's cache.
#[derive(Debug, Default)]
pub(crate) struct Head {
    json: Json,
    /// Line, column and index of the name.
    places: Vec<[u32; 3]>,
    /// Range of the places of each file.
    by_file: HashMap<String, std::ops::Range<usize>>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
struct Json {
    /// Original files that are not the author's own, by the map's own word.
    ignored: Vec<String>,
    /// Names of functions.
    names: Vec<String>,
    /// Original files whose functions are known, with the number of places of each.
    files: Vec<(String, usize)>,
    /// Number of places.
    places: usize,
}

impl Head {
    pub(crate) fn new(ignored: Vec<String>, functions: Vec<(String, Vec<Begin>)>) -> Self {
        let mut head = Self { json: Json { ignored, ..Json::default() }, ..Self::default() };
        let mut names: HashMap<String, u32> = HashMap::new();
        for (file, begins) in functions {
            head.json.files.push((file, begins.len()));
            for begin in begins {
                let name = begin.name.map_or(NO_NAME, |name| {
                    let next = u32::try_from(names.len()).unwrap_or(NO_NAME);
                    *names.entry(name).or_insert(next)
                });
                head.places.push([begin.line, begin.column, name]);
            }
        }
        let mut ordered: Vec<(String, u32)> = names.into_iter().collect();
        ordered.sort_unstable_by_key(|(_, index)| *index);
        head.json.names = ordered.into_iter().map(|(name, _)| name).collect();
        head.json.places = head.places.len();
        head
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let json = serde_json::to_vec(&self.json).unwrap_or_default();
        let mut form = MAGIC.to_vec();
        form.extend(u64::try_from(json.len()).unwrap_or_default().to_le_bytes());
        form.extend(json);
        form.extend(self.places.iter().flatten().flat_map(|number| number.to_le_bytes()));
        form.resize(form.len().next_multiple_of(ALIGNMENT), b' ');
        form
    }

    /// Reads the head; returns it and its length.
    pub(crate) fn read(form: &[u8]) -> Option<(Self, usize)> {
        let (length, rest) = form.strip_prefix(MAGIC)?.split_first_chunk()?;
        let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
        let json: Json = serde_json::from_slice(rest.get(..length)?).ok()?;
        let size = json.places.checked_mul(PLACE_BYTES)?;
        let places = rest.get(length..length.checked_add(size)?)?;
        let number = |bytes: &[u8]| bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let place = |bytes: &[u8]| [number(bytes), number(&bytes[4..]), number(&bytes[8..])];
        let places: Vec<[u32; 3]> = places.chunks_exact(PLACE_BYTES).map(place).collect();
        let mut by_file = HashMap::with_capacity(json.files.len());
        let mut start: usize = 0;
        for (file, count) in &json.files {
            let end = start.checked_add(*count).filter(|end| *end <= places.len())?;
            by_file.insert(file.clone(), start..end);
            start = end;
        }
        let end = (MAGIC.len() + 8 + length + size).next_multiple_of(ALIGNMENT);
        Some((Self { json, places, by_file }, end))
    }

    /// True if the map says that the file is not the author's own.
    pub(crate) fn ignores(&self, file: &str) -> bool {
        self.json.ignored.iter().any(|ignored| ignored == file)
    }

    /// The function at a place, both counted from 0: none if the functions of the file are not known, and the inner none
    /// outside of functions.
    pub(crate) fn function(&self, file: &str, line: u32, column: u32) -> Option<Option<&str>> {
        let places = self.places.get(self.by_file.get(file)?.clone())?;
        let after = places.partition_point(|[at_line, at_column, _]| (*at_line, *at_column) <= (line, column));
        let name = after.checked_sub(1).and_then(|index| places.get(index)).map_or(NO_NAME, |[_, _, name]| *name);
        Some(usize::try_from(name).ok().and_then(|name| self.json.names.get(name)).map(String::as_str))
    }

    /// Size in memory, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let texts = self.json.names.iter().chain(&self.json.ignored);
        let files = self.by_file.keys().map(|file| 2 * file.len() + 100);
        self.places.len() * PLACE_BYTES + texts.map(|text| text.len() + 24).sum::<usize>() + files.sum::<usize>()
    }
}

/// Bytes at an address that is a multiple of the alignment, as the library needs them.
#[derive(Debug)]
pub(crate) struct Aligned {
    bytes: Vec<u8>,
    start: usize,
}

impl Aligned {
    pub(crate) fn copy(from: &[u8]) -> Self {
        let mut bytes: Vec<u8> = Vec::with_capacity(from.len() + ALIGNMENT);
        // the capacity suffices, so the address stays
        let start = bytes.as_ptr().align_offset(ALIGNMENT).min(ALIGNMENT);
        bytes.resize(start, 0);
        bytes.extend_from_slice(from);
        Self { bytes, start }
    }

    /// The bytes from `start` on, without a copy if their address is right already, as it is with usual allocators.
    pub(crate) fn from(bytes: Vec<u8>, start: usize) -> Self {
        let part = bytes.get(start..).unwrap_or_default();
        if part.as_ptr().align_offset(ALIGNMENT) == 0 { Self { bytes, start } } else { Self::copy(part) }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }
}
