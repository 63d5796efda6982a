//! JavaScript stacks: `at` lines of V8, Chakra and Hermes, or `@` lines of SpiderMonkey and JavaScriptCore.

mod at_sign;
mod location;
mod v8;

use super::{BorrowedFrame, MAX_FRAMES};

/// Parses both kinds of lines and returns the kind with more frames. An engine prints only one kind; lines of the other
/// kind belong to the message.
pub(super) fn parse(stack: &str) -> Vec<BorrowedFrame<'_>> {
    let (mut v8, mut at_sign) = (FirstAndLast::default(), FirstAndLast::default());
    for line in stack.lines().map(str::trim) {
        if let Some(call) = line.strip_prefix("at ") {
            // in an object that was printed, a comma follows the last frame
            v8.extend(v8::parse(call.trim_start().trim_end_matches(',')));
        } else if line.contains(['@', ':']) || line == location::NATIVE {
            at_sign.extend(at_sign::parse(line));
        } else if at_sign.count > 0 {
            // only below a frame with a location, because a single word above it is more likely the message
            at_sign.extend(at_sign::parse_bare_name(line));
        }
    }
    if v8.count >= at_sign.count { v8.into_frames() } else { at_sign.into_frames() }
}

/// Returns true for a frame of V8: `at …` with a location.
pub(super) fn is_v8_frame(line: &str) -> bool {
    line.strip_prefix("at ").is_some_and(|call| v8::parse(call.trim_start()).is_some())
}

/// The first and the last frames of a stack, at most [`MAX_FRAMES`].
#[derive(Default)]
struct FirstAndLast<'a> {
    /// First half in order; second half a ring buffer.
    frames: Vec<BorrowedFrame<'a>>,
    /// Number of frames added.
    count: usize,
}

impl<'a> FirstAndLast<'a> {
    const HALF: usize = MAX_FRAMES / 2;

    fn extend(&mut self, frame: Option<BorrowedFrame<'a>>) {
        let Some(frame) = frame else { return };
        if self.frames.len() < MAX_FRAMES {
            self.frames.push(frame);
        } else {
            let oldest = Self::HALF + self.count % Self::HALF;
            self.frames[oldest] = frame;
        }
        self.count += 1;
    }

    fn into_frames(mut self) -> Vec<BorrowedFrame<'a>> {
        if self.count > MAX_FRAMES {
            self.frames[Self::HALF..].rotate_left(self.count % Self::HALF);
        }
        self.frames
    }
}
