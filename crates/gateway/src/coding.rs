//! `Coding` and `Decoder`: the content codings that are read, undone a piece at a time.

use std::fmt;

use axum::http::{HeaderMap, header};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::{Decompress, FlushDecompress, Status};

use super::gzip::Members;

/// Nobody compresses more often than this.
const MOST: usize = 3;
/// What a decoder takes, in bytes: a window of 32 KiB and its tables; tables without the window.
const INFLATE: usize = 44 * 1024;
const BROTLI: usize = 64 * 1024;

/// A way to compress.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

impl Coding {
    /// Those of a body with these headers, in the order in which they were applied; `None` with any that is not read.
    pub(super) fn all(headers: &HeaderMap) -> Option<Vec<Self>> {
        let mut codings = Vec::new();
        for value in headers.get_all(header::CONTENT_ENCODING) {
            for name in value.to_str().ok()?.split(',').map(str::trim) {
                codings.push(match name.to_ascii_lowercase().as_str() {
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "br" => Self::Brotli,
                    "identity" | "" => continue,
                    _ => return None,
                });
            }
        }
        (codings.len() <= MOST).then_some(codings)
    }
}

/// Undoes one coding.
pub(super) struct Decoder(Kind);

enum Kind {
    Gzip {
        members: Members,
        data: Decompress,
    },
    /// With zlib's head as the standard says, or without as some servers do: its first byte shows which.
    Deflate {
        data: Option<Decompress>,
        over: bool,
    },
    Brotli {
        state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
        over: bool,
    },
}

/// What became of the input.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
}

impl Decoder {
    pub(super) fn new(coding: Coding) -> Self {
        Self(match coding {
            Coding::Gzip => Kind::Gzip { members: Members::new(), data: Decompress::new(false) },
            Coding::Deflate => Kind::Deflate { data: None, over: false },
            Coding::Brotli => {
                let alloc = StandardAlloc::default;
                // strict: windows of 16 MiB at most, as browsers have it
                let state = Box::new(BrotliState::new_strict(alloc(), alloc(), alloc()));
                Kind::Brotli { state, over: false }
            }
        })
    }

    /// Reads some of the input and writes some output; neither where it needs more input. `None` if it cannot be read.
    pub(super) fn step(&mut self, input: &[u8], output: &mut [u8]) -> Option<Step> {
        match &mut self.0 {
            Kind::Gzip { members, data } => {
                let head = input.iter().take_while(|byte| !members.in_data() && members.read(**byte).is_some()).count();
                if !members.in_data() {
                    return (head == input.len()).then_some(Step { read: head, written: 0 });
                }
                let (step, over) = inflate(data, &input[head..], output)?;
                if over {
                    members.data_ended();
                    data.reset(false);
                }
                Some(Step { read: head + step.read, written: step.written })
            }
            Kind::Deflate { over: true, .. } | Kind::Brotli { over: true, .. } => Some(Step { read: 0, written: 0 }),
            Kind::Deflate { data, over } => {
                if let (None, Some(first)) = (&data, input.first()) {
                    *data = Some(Decompress::new(first & 0x0f == 8));
                }
                let Some(data) = data else { return Some(Step { read: 0, written: 0 }) };
                let (step, ended) = inflate(data, input, output)?;
                *over = ended;
                Some(step)
            }
            Kind::Brotli { state, over } => {
                let (mut left, mut read, mut room, mut written, mut total) = (input.len(), 0, output.len(), 0, 0);
                let result = BrotliDecompressStream(
                    &mut left,
                    &mut read,
                    input,
                    &mut room,
                    &mut written,
                    output,
                    &mut total,
                    state,
                );
                *over = matches!(result, BrotliResult::ResultSuccess);
                (!matches!(result, BrotliResult::ResultFailure)).then_some(Step { read, written })
            }
        }
    }

    /// Whether what it read is whole.
    pub(super) fn is_whole(&self) -> bool {
        match &self.0 {
            Kind::Gzip { members, .. } => members.are_whole(),
            Kind::Deflate { over, .. } | Kind::Brotli { over, .. } => *over,
        }
    }

    /// What it takes, in bytes.
    pub(super) fn weight(&self) -> usize {
        match &self.0 {
            Kind::Gzip { .. } | Kind::Deflate { .. } => INFLATE,
            Kind::Brotli { state, .. } => BROTLI + usize::try_from(state.ringbuffer_size).unwrap_or(0),
        }
    }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            Kind::Gzip { .. } => "Gzip",
            Kind::Deflate { .. } => "Deflate",
            Kind::Brotli { .. } => "Brotli",
        };
        formatter.debug_tuple("Decoder").field(&name).finish()
    }
}

/// One step, and whether the deflated data ends with it.
fn inflate(data: &mut Decompress, input: &[u8], output: &mut [u8]) -> Option<(Step, bool)> {
    let (read, written) = (data.total_in(), data.total_out());
    let status = data.decompress(input, output, FlushDecompress::None).ok()?;
    let step = Step {
        read: usize::try_from(data.total_in() - read).ok()?,
        written: usize::try_from(data.total_out() - written).ok()?,
    };
    Some((step, status == Status::StreamEnd))
}
