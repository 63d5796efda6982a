//! `Coding` and `Decoder`: the content codings that the gateway decodes, one piece at a time.

use std::fmt;
use std::io::{self, Write};

use axum::http::{HeaderMap, header};
use brotli_decompressor::{BrotliDecompressStream, BrotliResult, BrotliState, StandardAlloc};
use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

/// Maximum number of codings of one body. Servers apply one, rarely two.
const MAX_CODINGS: usize = 3;
/// Memory of a gzip or deflate decoder, in bytes: a window of 32 KiB, tables, and an output buffer of 32 KiB.
const INFLATE_BYTES: usize = 77 * 1024;
/// Maximum memory of the optional fields of a gzip header, in bytes: `flate2` stores up to 64 KiB of each of the three.
const MAX_GZIP_HEADER_BYTES: usize = 3 * 64 * 1024;
/// Memory of a Brotli decoder without its window, in bytes.
const BROTLI_BYTES: usize = 64 * 1024;
/// Output of one Brotli step, in bytes.
const BROTLI_STEP_BYTES: usize = 16 * 1024;

/// A content coding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Coding {
    Gzip,
    Deflate,
    Brotli,
}

impl Coding {
    /// The codings of a body with these headers, in the order they were applied. `None` if one of them is not
    /// supported.
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
        (codings.len() <= MAX_CODINGS).then_some(codings)
    }
}

/// A decoder of one coding.
pub(super) struct Decoder(DecoderKind);

/// Each decoder collects its output in a vector, which [`Decoder::decode`] empties after every step.
enum DecoderKind {
    Gzip(MultiGzDecoder<Vec<u8>>),
    /// Before the first byte, which shows whether the server sends zlib, as HTTP requires, or raw deflate.
    Deflate,
    Zlib(ZlibDecoder<Vec<u8>>),
    RawDeflate(DeflateDecoder<Vec<u8>>),
    Brotli(Brotli),
}

impl Decoder {
    pub(super) fn new(coding: Coding) -> Self {
        Self(match coding {
            Coding::Gzip => DecoderKind::Gzip(MultiGzDecoder::new(Vec::new())),
            Coding::Deflate => DecoderKind::Deflate,
            Coding::Brotli => DecoderKind::Brotli(Brotli::new()),
        })
    }

    /// Decodes the input and passes all output to `sink`, in pieces of bounded size. `None` if the input is malformed
    /// or has bytes after its end, or if `sink` fails.
    pub(super) fn decode(&mut self, mut input: &[u8], sink: &mut dyn FnMut(&[u8]) -> Option<()>) -> Option<()> {
        if let (DecoderKind::Deflate, Some(first)) = (&self.0, input.first()) {
            let is_zlib = first & 0x0f == 8;
            self.0 = if is_zlib {
                DecoderKind::Zlib(ZlibDecoder::new(Vec::new()))
            } else {
                DecoderKind::RawDeflate(DeflateDecoder::new(Vec::new()))
            };
        }
        loop {
            let read = self.step(input).ok()?;
            let output = self.take_output();
            if !output.is_empty() {
                sink(&output)?;
            } else if read == 0 {
                return input.is_empty().then_some(());
            }
            input = &input[read..];
        }
    }

    /// Whether the input was complete. Called after the last piece only: `flate2` accepts no input afterwards.
    pub(super) fn is_complete(&mut self) -> bool {
        match &mut self.0 {
            DecoderKind::Gzip(decoder) => decoder.try_finish().is_ok(),
            DecoderKind::Deflate => false,
            DecoderKind::Zlib(decoder) => decoder.try_finish().is_ok(),
            DecoderKind::RawDeflate(decoder) => decoder.try_finish().is_ok(),
            DecoderKind::Brotli(decoder) => decoder.complete,
        }
    }

    /// An upper bound of the memory in use, in bytes.
    pub(super) fn memory(&self) -> usize {
        match &self.0 {
            DecoderKind::Gzip(decoder) => {
                let header_bytes = decoder.header().map_or(MAX_GZIP_HEADER_BYTES, |header| {
                    let fields = [header.extra(), header.filename(), header.comment()];
                    fields.into_iter().flatten().map(<[u8]>::len).sum()
                });
                INFLATE_BYTES + header_bytes
            }
            DecoderKind::Deflate => 0,
            DecoderKind::Zlib(_) | DecoderKind::RawDeflate(_) => INFLATE_BYTES,
            DecoderKind::Brotli(decoder) => decoder.memory(),
        }
    }

    /// Decodes a part of the input and returns its length. Without input, decodes what earlier steps left over.
    fn step(&mut self, input: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            DecoderKind::Gzip(decoder) => write(decoder, input),
            DecoderKind::Deflate => Ok(0),
            DecoderKind::Zlib(decoder) => write(decoder, input),
            DecoderKind::RawDeflate(decoder) => write(decoder, input),
            DecoderKind::Brotli(decoder) => decoder.step(input),
        }
    }

    fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(match &mut self.0 {
            DecoderKind::Gzip(decoder) => decoder.get_mut(),
            DecoderKind::Deflate => return Vec::new(),
            DecoderKind::Zlib(decoder) => decoder.get_mut(),
            DecoderKind::RawDeflate(decoder) => decoder.get_mut(),
            DecoderKind::Brotli(decoder) => &mut decoder.output,
        })
    }
}

/// One step of a `flate2` writer. Its output is at most some 100 KiB: `write` passes on one full buffer, `flush` the
/// contents of the buffer and the window.
fn write(decoder: &mut impl Write, input: &[u8]) -> io::Result<usize> {
    if input.is_empty() { decoder.flush().map(|()| 0) } else { decoder.write(input) }
}

impl fmt::Debug for Decoder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match &self.0 {
            DecoderKind::Gzip(_) => "Gzip",
            DecoderKind::Deflate | DecoderKind::Zlib(_) | DecoderKind::RawDeflate(_) => "Deflate",
            DecoderKind::Brotli(_) => "Brotli",
        };
        formatter.debug_tuple("Decoder").field(&name).finish()
    }
}

/// A Brotli decoder on the step API of the library. The library's `DecompressorWriter` is not used, because it hides
/// the size of its window, and because one call decodes the whole input, a few bytes of which can become 16 MiB.
struct Brotli {
    state: Box<BrotliState<StandardAlloc, StandardAlloc, StandardAlloc>>,
    output: Vec<u8>,
    complete: bool,
}

impl Brotli {
    fn new() -> Self {
        let alloc = StandardAlloc::default;
        // strict: windows of at most 16 MiB, as in browsers
        let state = Box::new(BrotliState::new_strict(alloc(), alloc(), alloc()));
        Self { state, output: Vec::new(), complete: false }
    }

    fn step(&mut self, input: &[u8]) -> io::Result<usize> {
        if self.complete {
            return Ok(0);
        }
        let mut buffer = [0; BROTLI_STEP_BYTES];
        let (mut input_left, mut read) = (input.len(), 0);
        let (mut output_left, mut written, mut total) = (buffer.len(), 0, 0);
        let result = BrotliDecompressStream(
            &mut input_left,
            &mut read,
            input,
            &mut output_left,
            &mut written,
            &mut buffer,
            &mut total,
            &mut self.state,
        );
        if matches!(result, BrotliResult::ResultFailure) {
            return Err(io::ErrorKind::InvalidData.into());
        }
        self.complete = matches!(result, BrotliResult::ResultSuccess);
        self.output.extend_from_slice(&buffer[..written]);
        Ok(read)
    }

    fn memory(&self) -> usize {
        BROTLI_BYTES + usize::try_from(self.state.ringbuffer_size).unwrap_or(0)
    }
}
