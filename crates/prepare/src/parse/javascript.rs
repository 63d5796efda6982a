//! JavaScript stacks: V8's `at` lines (also Chakra's and Hermes') or the `@` lines of SpiderMonkey and
//! JavaScriptCore.

mod at_sign;
mod location;
mod v8;

use super::{Borrowed, MAX_FRAMES};

/// An engine prints one dialect; lines of the other one are the message's. The dialect with more frames is the
/// engine's.
pub(super) fn parse(stack: &str) -> Vec<Borrowed<'_>> {
    let (mut v8, mut at_sign) = (Kept::default(), Kept::default());
    for line in stack.lines().map(str::trim) {
        if let Some(call) = line.strip_prefix("at ") {
            v8.extend(v8::parse(call.trim_start()));
        } else if line.contains(['@', ':']) || line == location::NATIVE {
            at_sign.extend(at_sign::parse(line));
        } else if at_sign.count > 0 {
            // only below a located frame: above it, a single word is more likely the message
            at_sign.extend(at_sign::parse_bare_name(line));
        }
    }
    if v8.count >= at_sign.count { v8.into_frames() } else { at_sign.into_frames() }
}

/// Whether this is a frame of V8's: `at …` with a place.
pub(super) fn is_v8_frame(line: &str) -> bool {
    line.strip_prefix("at ").is_some_and(|call| v8::parse(call.trim_start()).is_some())
}

/// The first and the last frames seen, at most [`MAX_FRAMES`].
#[derive(Default)]
struct Kept<'a> {
    frames: Vec<Borrowed<'a>>,
    count: usize,
}

impl<'a> Kept<'a> {
    const HALF: usize = MAX_FRAMES / 2;

    fn extend(&mut self, frame: Option<Borrowed<'a>>) {
        let Some(frame) = frame else { return };
        if self.frames.len() < MAX_FRAMES {
            self.frames.push(frame);
        } else {
            let oldest = Self::HALF + self.count % Self::HALF;
            self.frames[oldest] = frame;
        }
        self.count += 1;
    }

    fn into_frames(mut self) -> Vec<Borrowed<'a>> {
        if self.count > MAX_FRAMES {
            self.frames[Self::HALF..].rotate_left(self.count % Self::HALF);
        }
        self.frames
    }
}
