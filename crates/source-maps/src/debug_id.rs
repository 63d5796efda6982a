//! Debug ids: a UUID that a generated file and its map share.

use std::fmt;

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The id of a generated file and its map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DebugId(Uuid);

impl DebugId {
    /// Parses a UUID, with or without hyphens.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text.trim()).ok().filter(|id| !id.is_nil()).map(Self)
    }

    /// The id of a file without one, made from its content, so that an unchanged file has the same id in every build.
    #[must_use]
    pub fn of_content(generated: &[u8], map: &[u8]) -> Self {
        let mut hasher = Sha256::new();
        for content in [generated, map] {
            hasher.update(u64::try_from(content.len()).unwrap_or(u64::MAX).to_le_bytes());
            hasher.update(content);
        }
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hasher.finalize()[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }

    /// The 16 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id with these bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

/// Displays lower-case hexadecimal digits with hyphens.
impl fmt::Display for DebugId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}
