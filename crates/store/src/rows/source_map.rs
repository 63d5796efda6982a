//! Source maps, as they are added and found.

/// A source map to add, in the form in which positions are looked up.
#[derive(Debug, Clone)]
pub struct NewSourceMap {
    /// Its project.
    pub project: String,
    /// Debug id of the generated file and its map.
    pub debug_id: [u8; 16],
    /// The generated file; none if it is found by its debug id alone.
    pub file: Option<GeneratedFile>,
    /// Its content, in parts of about a megabyte.
    pub parts: Vec<Vec<u8>>,
}

/// A generated file of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// The release; empty if the upload named none.
    pub release: String,
    /// Its URL; without the host, it begins with `~/`.
    pub url: String,
}

/// How a source map is found.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum SourceMapKey {
    /// By the debug id in the report.
    DebugId([u8; 16]),
    /// By the generated file.
    File {
        /// The release of the report. Without one, a map is found only if all releases have the same map for the file.
        release: Option<String>,
        /// The URLs of the file, the most exact first.
        urls: Vec<String>,
    },
}

/// Id of a stored source map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SourceMapId(pub i64);
