//! `Decodings`: decodes copies of compressed responses piece by piece, in bounded memory and time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use autoheal_watch::{Collector, ExchangeEnd};
use axum::http::HeaderMap;

use super::coding::{Coding, Decoder};
use super::decode_budget::DecodeBudget;
use super::fair_share::{FairShare, Network};
use super::message_reader::{Media, MessageReader, ResponseEnd};

/// Maximum output of a response's decoders, in bytes, in addition to [`MAX_DECODED_RATIO`]. A larger output is a
/// decompression bomb, or at least no MCP message.
const MAX_DECODED_BYTES: usize = 8 * 1024 * 1024;
/// Maximum output for each received byte, in bytes.
const MAX_DECODED_RATIO: usize = 32;
/// Memory limit of all open decoders and of the messages they are completing, in bytes. A response beyond it is not decoded.
const MAX_DECODER_BYTES: usize = 24 * 1024 * 1024;
/// The part of free memory that the responses to one network may use.
const DIVISOR: usize = 2;

/// The encoding of one response, shared by the relay, which copies its pieces, and by [`Decodings`].
#[derive(Debug)]
pub(super) struct Encoding {
    codings: Vec<Coding>,
    media: Media,
    /// The response is not decoded any further: the relay copies no more pieces.
    abandoned: AtomicBool,
}

impl Encoding {
    /// The encoding of a response with these headers. `None` if it is not encoded.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let codings = Coding::all(headers);
        if codings.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let media = Media::of(headers);
        let abandoned = AtomicBool::new(codings.is_none() || media == Media::Other);
        Some(Self { codings: codings.unwrap_or_default(), media, abandoned })
    }

    /// Stops decoding the response.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }
}

/// The responses that are being decoded, by exchange.
#[derive(Debug)]
pub(super) struct Decodings {
    open: HashMap<u64, Decoding>,
    /// Memory of all of them, in bytes, shared between networks.
    memory: FairShare,
}

#[derive(Debug)]
struct Decoding {
    network: Network,
    chain: Chain,
    reader: MessageReader,
    /// Memory of both, in bytes.
    memory: usize,
}

impl Default for Decodings {
    fn default() -> Self {
        Self { open: HashMap::new(), memory: FairShare::new(MAX_DECODER_BYTES, DIVISOR) }
    }
}

impl Decodings {
    /// Decodes the next piece of a response to a client of this network, and passes each completed message to `each`.
    pub(super) fn piece(
        &mut self,
        budget: &mut DecodeBudget,
        (exchange, network): (u64, Network),
        encoding: &Encoding,
        bytes: &[u8],
        mut each: impl FnMut(Collector),
    ) {
        if encoding.is_abandoned() {
            return self.forget(exchange);
        }
        let decoding = self.open.entry(exchange).or_insert_with(|| Decoding {
            network,
            chain: Chain::new(&encoding.codings),
            reader: MessageReader::new(encoding.media, 0),
            memory: 0,
        });
        let Decoding { network, chain, reader, memory } = decoding;
        let decoded = budget
            .decode(*network, |available| chain.push(bytes, available, &mut |decoded| reader.push(decoded, &mut each)));
        self.memory.give_back(*network, *memory);
        *memory = chain.memory() + reader.memory();
        let has_memory = *memory <= self.memory.allowance(*network);
        self.memory.take(*network, *memory);
        if decoded.is_none() || !has_memory {
            encoding.abandon();
            self.forget(exchange);
        }
    }

    /// Ends a response: passes its last message to `each`, and returns its end in the watch's terms. `None` if the end
    /// allows no conclusion about the calls.
    pub(super) fn end(
        &mut self,
        exchange: u64,
        encoding: &Encoding,
        end: ResponseEnd,
        each: impl FnOnce(Collector),
    ) -> Option<ExchangeEnd> {
        let decoding = self.remove(exchange).filter(|_| !encoding.is_abandoned());
        let Some(Decoding { mut chain, mut reader, .. }) = decoding else { return end.of_unreadable(encoding.media) };
        if !end.broken {
            if !chain.is_complete() {
                return end.of_unreadable(encoding.media);
            }
            if let Some((message, _)) = reader.finish() {
                each(message);
            }
        }
        end.of_readable(reader.has_ids())
    }

    /// Drops the decoders of a response.
    pub(super) fn forget(&mut self, exchange: u64) {
        drop(self.remove(exchange));
    }

    fn remove(&mut self, exchange: u64) -> Option<Decoding> {
        let decoding = self.open.remove(&exchange)?;
        self.memory.give_back(decoding.network, decoding.memory);
        Some(decoding)
    }
}

/// Decodes a whole body. `None` if it is malformed, incomplete or too large.
pub(super) fn decode(
    budget: &mut DecodeBudget,
    network: Network,
    codings: &[Coding],
    bytes: &[u8],
) -> Option<Collector> {
    let (mut chain, mut body) = (Chain::new(codings), Collector::default());
    budget.decode(network, |available| chain.push(bytes, available, &mut |decoded| body.push(decoded)))?;
    chain.is_complete().then_some(body)
}

/// One decoder per coding. The coding that was applied last is decoded first.
#[derive(Debug)]
struct Chain {
    decoders: Vec<Decoder>,
    received: usize,
    /// Output of all decoders together, in bytes.
    decoded: usize,
}

impl Chain {
    fn new(codings: &[Coding]) -> Self {
        let decoders = codings.iter().rev().copied().map(Decoder::new).collect();
        Self { decoders, received: 0, decoded: 0 }
    }

    /// Decodes a piece and passes the result to `each`. Takes the output of all decoders from `available`. `None` if the
    /// piece is malformed, or the output too large.
    fn push(&mut self, bytes: &[u8], available: &mut usize, each: &mut dyn FnMut(&[u8])) -> Option<()> {
        self.received += bytes.len();
        let limit = MAX_DECODED_BYTES + self.received.saturating_mul(MAX_DECODED_RATIO);
        let allowed = limit.checked_sub(self.decoded)?.min(*available);
        let mut remaining = allowed;
        let decoded = decode_with(&mut self.decoders, bytes, &mut remaining, each);
        self.decoded += allowed - remaining;
        *available -= allowed - remaining;
        decoded
    }

    fn is_complete(&mut self) -> bool {
        self.decoders.iter_mut().all(Decoder::is_complete)
    }

    fn memory(&self) -> usize {
        self.decoders.iter().map(Decoder::memory).sum()
    }
}

fn decode_with(
    decoders: &mut [Decoder],
    input: &[u8],
    remaining: &mut usize,
    each: &mut dyn FnMut(&[u8]),
) -> Option<()> {
    let Some((first, rest)) = decoders.split_first_mut() else {
        each(input);
        return Some(());
    };
    first.decode(input, &mut |output| {
        *remaining = remaining.checked_sub(output.len())?;
        decode_with(rest, output, remaining, each)
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};
    use flate2::{Compression, Crc};

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A gzip member with the optional header fields of `flags`: header checksum, extra field, name, comment.
    fn gzip_with_header_fields(bytes: &[u8], flags: u8) -> Vec<u8> {
        let mut member = gzip(bytes);
        let body = member.split_off(10);
        member[3] = flags;
        for (flag, field) in [(1 << 2, &b"\x02\x00ab"[..]), (1 << 3, b"name\0"), (1 << 4, b"comment\0")] {
            if flags & flag != 0 {
                member.extend_from_slice(field);
            }
        }
        if flags & 1 << 1 != 0 {
            let mut checksum = Crc::new();
            checksum.update(&member);
            member.extend_from_slice(&checksum.sum().to_le_bytes()[..2]);
        }
        [member, body].concat()
    }

    fn zlib(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn raw_deflate(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Decodes `bytes` in pieces of `size`.
    fn decode_pieces(codings: &[Coding], bytes: &[u8], size: usize) -> Option<Vec<u8>> {
        let (mut chain, mut decoded) = (Chain::new(codings), Vec::new());
        for piece in bytes.chunks(size) {
            chain.push(piece, &mut { usize::MAX }, &mut |bytes| decoded.extend_from_slice(bytes))?;
        }
        chain.is_complete().then_some(decoded)
    }

    #[test]
    fn a_body_may_be_cut_into_pieces_anywhere() {
        let text: Vec<u8> = (0..9_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
        let two_members = [gzip_with_header_fields(&text[..100], 0b11110), gzip(&text[100..])].concat();
        for (codings, bytes) in [
            (vec![Coding::Gzip], gzip(&text)),
            (vec![Coding::Gzip], two_members),
            (vec![Coding::Gzip; 2], gzip(&gzip(&text))),
            (vec![Coding::Deflate], zlib(&text)),
            (vec![Coding::Deflate], raw_deflate(&text)),
            (vec![Coding::Gzip, Coding::Deflate], zlib(&gzip(&text))),
        ] {
            for size in [1, 2, 3, 7, 1000, bytes.len()] {
                assert!(
                    decode_pieces(&codings, &bytes, size).as_ref() == Some(&text),
                    "{codings:?} in pieces of {size}"
                );
            }
            for length in [0, 1, 9, 10, bytes.len() / 2, bytes.len() - 9, bytes.len() - 1] {
                assert!(decode_pieces(&codings, &bytes[..length], 1000).is_none(), "{codings:?} cut after {length}");
            }
            let too_long = [bytes.as_slice(), b"{"].concat();
            assert!(decode_pieces(&codings, &too_long, 1000).is_none(), "{codings:?} with a byte behind its end");
        }
    }

    #[test]
    fn a_gzip_header_may_have_any_optional_fields() {
        for flags in (0..32).step_by(2) {
            let member = gzip_with_header_fields(b"text", flags);
            for size in [1, member.len()] {
                let decoded = decode_pieces(&[Coding::Gzip], &member.repeat(2), size);
                assert_eq!(decoded.as_deref(), Some(&b"texttext"[..]), "flags {flags:#b} in pieces of {size}");
            }
        }
        assert!(decode_pieces(&[Coding::Gzip], b"{", 1).is_none());
    }

    #[test]
    fn decoded_text_is_available_after_each_flush_of_the_sender() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        let (mut chain, mut decoded, mut sent) = (Chain::new(&[Coding::Gzip]), Vec::new(), 0);
        for event in ["data: 1\n\n", "data: 2\n\n", "data: 3\n\n"] {
            encoder.write_all(event.as_bytes()).unwrap();
            encoder.flush().unwrap();
            chain
                .push(&encoder.get_ref()[sent..], &mut { usize::MAX }, &mut |bytes| decoded.extend_from_slice(bytes))
                .unwrap();
            sent = encoder.get_ref().len();
            assert!(decoded.ends_with(event.as_bytes()), "{}", decoded.escape_ascii());
        }
    }

    #[test]
    fn a_decompression_bomb_is_abandoned_at_the_limit() {
        let gibibyte = gzip(&[b' '; 1 << 20]).repeat(1024);
        for (codings, bytes) in [(vec![Coding::Gzip], gibibyte.clone()), (vec![Coding::Gzip; 2], gzip(&gibibyte))] {
            let (mut chain, mut size) = (Chain::new(&codings), 0);
            let decoded = chain.push(&bytes, &mut { usize::MAX }, &mut |bytes| size += bytes.len());
            assert!(decoded.is_none() && size <= MAX_DECODED_BYTES + MAX_DECODED_RATIO * bytes.len(), "{size}");
        }
    }

    #[test]
    fn open_decoders_stay_below_the_memory_limit_and_release_their_memory() {
        let mut decodings = Decodings::default();
        let mut budget = DecodeBudget::new("responses", 1 << 30, 1 << 30);
        let headers = [("content-encoding", "gzip"), ("content-type", "text/event-stream")];
        let headers: HeaderMap = headers
            .map(|(name, value)| (name.parse().unwrap(), axum::http::HeaderValue::from_static(value)))
            .into_iter()
            .collect();
        let body = gzip(b"data: 1\n\n");
        let encodings: Vec<_> = (0..10_000).map(|_| Encoding::of(&headers).unwrap()).collect();
        for (exchange, encoding) in (0..).zip(&encodings) {
            decodings.piece(&mut budget, (exchange, None), encoding, &body[..12], |_| ());
        }
        let open = encodings.iter().filter(|encoding| !encoding.is_abandoned()).count();
        assert!(decodings.memory.used() <= MAX_DECODER_BYTES && (50..9_000).contains(&open), "{open}");
        assert_eq!(decodings.open.len(), open);
        let other = Encoding::of(&headers).unwrap();
        decodings.piece(&mut budget, (10_000, Some(1)), &other, &body[..12], |_| ());
        assert!(!other.is_abandoned(), "a response to a client of another network is decoded");
        (0..=10_000).for_each(|exchange| decodings.forget(exchange));
        assert_eq!((decodings.memory.used(), decodings.open.len()), (0, 0));
    }

    #[test]
    fn an_unfinished_gzip_header_counts_at_its_maximum() {
        let mut chain = Chain::new(&[Coding::Gzip]);
        let header = &gzip_with_header_fields(b"text", 0b11110)[..14];
        chain.push(header, &mut { usize::MAX }, &mut |_| ()).unwrap();
        assert!(chain.memory() > 192 * 1024, "{}", chain.memory());
    }
}
