//! Limits of one source map. Within them, building a lookup form takes linear time and bounded memory.

/// Maximum size of a source map, in bytes.
pub const MAP_BYTES: usize = 64 * 1024 * 1024;
/// Maximum size of a generated file, in bytes.
pub const GENERATED_BYTES: usize = 32 * 1024 * 1024;
/// Maximum number of mappings, of all sections together. Each takes 28 bytes in the lookup form.
pub const MAPPINGS: usize = 4_000_000;
/// Maximum number of entries of `sources`, and of `names`, of one section.
pub const ENTRIES: usize = 1_000_000;
/// Maximum number of sections of an index map.
pub const SECTIONS: usize = 100_000;
/// Maximum number of index maps within each other.
pub const INDEX_DEPTH: usize = 4;
/// Maximum size of a lookup form, in bytes.
pub const LOOKUP_BYTES: usize = 128 * 1024 * 1024;
