//! Lookup forms in parts, compressed by a method that decompresses faster than a disk reads.

use crate::limits::LOOKUP_BYTES;

/// Size of a part before its compression, in bytes.
const PART_BYTES: usize = 1024 * 1024;

/// Splits a form into compressed parts.
#[must_use]
pub fn pack(form: &[u8]) -> Vec<Vec<u8>> {
    form.chunks(PART_BYTES).map(lz4_flex::block::compress_prepend_size).collect()
}

/// Joins the parts of a form; none if they cannot be read.
#[must_use]
pub fn unpack(parts: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut form = Vec::new();
    form.reserve_exact((parts.len() * PART_BYTES).min(LOOKUP_BYTES + PART_BYTES));
    for part in parts {
        // the size stands first; a damaged one must not take memory
        let size = u32::from_le_bytes(*part.first_chunk()?);
        if usize::try_from(size).ok()? > PART_BYTES || form.len() > LOOKUP_BYTES {
            return None;
        }
        let (start, size) = (form.len(), usize::try_from(size).ok()?);
        form.resize(start + size, 0);
        let written = lz4_flex::block::decompress_into(part.get(4..)?, form.get_mut(start..)?).ok()?;
        form.truncate(start + written);
    }
    Some(form)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_the_same_after_storage() {
        let form: Vec<u8> = (0..3 * PART_BYTES + 7).map(|at| u8::try_from(at % 251).unwrap()).collect();
        let parts = pack(&form);
        assert_eq!((parts.len(), unpack(&parts)), (4, Some(form)));
        assert_eq!(unpack(&[vec![255, 255, 255, 255, 0]]), None);
        assert_eq!(unpack(&[vec![1]]), None);
    }
}
