//! `Members`: what gzip puts around deflated data, read past a byte at a time.

/// Flags of a member's head.
const CHECKED: u8 = 1 << 1;
const EXTRA: u8 = 1 << 2;
const NAME: u8 = 1 << 3;
const COMMENT: u8 = 1 << 4;
/// Bytes that every head has, a head's own check, and a member's check and length.
const HEAD: u8 = 10;
const HEAD_CHECK: u8 = 2;
const TAIL: u8 = 8;

/// Where in the members the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// So many bytes of the head were read.
    Head(u8),
    ExtraLength,
    ExtraLengthHigh(u8),
    Extra(u16),
    Name,
    Comment,
    /// So many bytes are left, here and in the tail.
    HeadCheck(u8),
    Data,
    Tail(u8),
}

/// One member after the other. Checks are not compared: whoever the bytes are for does that.
#[derive(Debug)]
pub(super) struct Members {
    at: At,
    flags: u8,
    any: bool,
}

impl Members {
    /// Before the first.
    pub(super) fn new() -> Self {
        Self { at: At::Head(0), flags: 0, any: false }
    }

    /// Whether the next byte is of the deflated data.
    pub(super) fn in_data(&self) -> bool {
        self.at == At::Data
    }

    /// Whether all that began has ended.
    pub(super) fn are_whole(&self) -> bool {
        self.any && self.at == At::Head(0)
    }

    /// The deflated data is over.
    pub(super) fn data_ended(&mut self) {
        self.at = At::Tail(TAIL);
    }

    /// The next byte that is not of the data; `None` where it is no gzip.
    pub(super) fn read(&mut self, byte: u8) -> Option<()> {
        let zero = byte == 0;
        self.at = match self.at {
            At::Head(at) => {
                let right = match at {
                    0 => byte == 0x1f,
                    1 => byte == 0x8b,
                    2 => byte == 8,
                    _ => true,
                };
                if at == 3 {
                    self.flags = byte;
                }
                right.then_some(())?;
                if at + 1 < HEAD { At::Head(at + 1) } else { self.after(At::Head(HEAD)) }
            }
            At::ExtraLength => At::ExtraLengthHigh(byte),
            At::ExtraLengthHigh(low) => match u16::from_le_bytes([low, byte]) {
                0 => self.after(At::Extra(0)),
                length => At::Extra(length),
            },
            At::Extra(1) => self.after(At::Extra(0)),
            At::Extra(left) => At::Extra(left - 1),
            At::Name if zero => self.after(At::Name),
            At::Comment if zero => self.after(At::Comment),
            At::HeadCheck(1) => At::Data,
            At::HeadCheck(left) => At::HeadCheck(left - 1),
            At::Tail(1) => {
                self.any = true;
                At::Head(0)
            }
            At::Tail(left) => At::Tail(left - 1),
            At::Name | At::Comment | At::Data => self.at,
        };
        Some(())
    }

    /// The next part that this head has.
    fn after(&self, part: At) -> At {
        let has = |flag: u8| self.flags & flag != 0;
        let done = match part {
            At::Head(_) => 0,
            At::Extra(_) => 1,
            At::Name => 2,
            _ => 3,
        };
        match done {
            0 if has(EXTRA) => At::ExtraLength,
            0 | 1 if has(NAME) => At::Name,
            0..=2 if has(COMMENT) => At::Comment,
            _ if has(CHECKED) => At::HeadCheck(HEAD_CHECK),
            _ => At::Data,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_begins_behind_whatever_a_head_has() {
        let parts: [(u8, &[u8]); 4] =
            [(EXTRA, b"\x02\x00ab"), (NAME, b"n\0"), (COMMENT, b"co\0"), (CHECKED, b"\x01\0")];
        for some in 0..16_u8 {
            let mut head = vec![0x1f, 0x8b, 8, 0, 1, 2, 3, 4, 0, 255];
            for (at, (flag, part)) in parts.iter().enumerate() {
                if some & (1 << at) != 0 {
                    head[3] |= flag;
                    head.extend_from_slice(part);
                }
            }
            let mut members = Members::new();
            for _ in 0..2 {
                for byte in &head {
                    assert!(!members.in_data(), "{some}: {}", head.escape_ascii());
                    members.read(*byte).unwrap();
                }
                assert!(members.in_data() && !members.are_whole(), "{some}: {}", head.escape_ascii());
                members.data_ended();
                (0..8).for_each(|byte| members.read(byte).unwrap());
                assert!(members.are_whole());
            }
        }
        assert!(Members::new().read(b'{').is_none());
    }
}
