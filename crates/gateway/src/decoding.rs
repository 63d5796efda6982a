//! `Decodings`: compressed answers, decoded beside the conversation as their pieces are shown, in bounded memory and time.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use autoheal_watch::{Collector, ExchangeEnd};
use axum::http::HeaderMap;

use super::coding::{Coding, Decoder};
use super::reader::{AnswerEnd, Media, Reader};

/// What becomes of one piece of compressed data at a time, in bytes.
const PIECE: usize = 16 * 1024;
/// A body may grow to this, and beyond it to so many times what it was, in bytes: more is a bomb, or nobody's message.
const GROWN: usize = 8 * 1024 * 1024;
const TIMES: usize = 32;
/// What all decoders may take, in bytes. An answer for which there is no room is not read.
const ROOM: usize = 24 * 1024 * 1024;

/// How one answer is encoded, for both who pass it on and who read it.
#[derive(Debug)]
pub(super) struct Encoding {
    codings: Vec<Coding>,
    media: Media,
    /// Nobody reads it any more: its bytes need not be copied.
    given_up: AtomicBool,
}

impl Encoding {
    /// Of an answer with these headers, if it has any.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let codings = Coding::all(headers);
        if codings.as_ref().is_some_and(Vec::is_empty) {
            return None;
        }
        let media = Media::of(headers);
        let given_up = AtomicBool::new(codings.is_none() || media == Media::Other);
        Some(Self { codings: codings.unwrap_or_default(), media, given_up })
    }

    /// Nobody will read the rest.
    pub(super) fn give_up(&self) {
        self.given_up.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up.load(Ordering::Relaxed)
    }
}

/// The answers that are being read, by exchange.
#[derive(Debug, Default)]
pub(super) struct Decodings {
    open: HashMap<u64, Decoding>,
    weight: usize,
}

#[derive(Debug)]
struct Decoding {
    chain: Chain,
    reader: Reader,
}

impl Decodings {
    /// The next piece of an answer, and every message that it completes.
    pub(super) fn piece(&mut self, exchange: u64, encoding: &Encoding, bytes: &[u8], mut each: impl FnMut(Collector)) {
        if encoding.is_given_up() {
            return self.forget(exchange);
        }
        let decoding = self
            .open
            .entry(exchange)
            .or_insert_with(|| Decoding { chain: Chain::new(&encoding.codings), reader: Reader::new(encoding.media) });
        let before = decoding.chain.weighed;
        let Decoding { chain, reader } = decoding;
        let read = chain.push(bytes, &mut |decoded| reader.push(decoded, &mut each));
        self.weight = self.weight - before + chain.weigh();
        if read.is_none() || self.weight > ROOM {
            encoding.give_up();
            self.forget(exchange);
        }
    }

    /// The end of an answer: the message it completes, and what it means.
    pub(super) fn ended(
        &mut self,
        exchange: u64,
        encoding: &Encoding,
        end: AnswerEnd,
        each: impl FnOnce(Collector),
    ) -> Option<ExchangeEnd> {
        let decoding = self.remove(exchange).filter(|_| !encoding.is_given_up());
        let Some(Decoding { chain, mut reader }) = decoding.filter(|read| end.broken || read.chain.is_whole()) else {
            return end.unread(encoding.media);
        };
        if !end.broken
            && let Some((message, _)) = reader.finish()
        {
            each(message);
        }
        drop(chain);
        end.read(reader.has_ids())
    }

    /// Nothing more comes of it.
    pub(super) fn forget(&mut self, exchange: u64) {
        drop(self.remove(exchange));
    }

    fn remove(&mut self, exchange: u64) -> Option<Decoding> {
        let decoding = self.open.remove(&exchange)?;
        self.weight -= decoding.chain.weighed;
        Some(decoding)
    }
}

/// A whole body, if it can be read.
pub(super) fn decode(codings: &[Coding], bytes: &[u8]) -> Option<Collector> {
    let (mut chain, mut whole) = (Chain::new(codings), Collector::default());
    chain.push(bytes, &mut |decoded| whole.push(decoded))?;
    chain.is_whole().then_some(whole)
}

/// Decoders one after the other: the last coding that was applied is undone first.
#[derive(Debug)]
struct Chain {
    decoders: Vec<Decoder>,
    received: usize,
    grown: usize,
    weighed: usize,
}

impl Chain {
    fn new(codings: &[Coding]) -> Self {
        let decoders = codings.iter().rev().copied().map(Decoder::new).collect();
        Self { decoders, received: 0, grown: 0, weighed: 0 }
    }

    /// `None` when it cannot be read, or grows too much.
    fn push(&mut self, bytes: &[u8], each: &mut dyn FnMut(&[u8])) -> Option<()> {
        self.received += bytes.len();
        let left = (GROWN + self.received.saturating_mul(TIMES)).checked_sub(self.grown)?;
        let mut room = left;
        undo(&mut self.decoders, bytes, &mut room, each)?;
        self.grown += left - room;
        Some(())
    }

    fn is_whole(&self) -> bool {
        self.decoders.iter().all(Decoder::is_whole)
    }

    fn weigh(&mut self) -> usize {
        self.weighed = self.decoders.iter().map(Decoder::weight).sum();
        self.weighed
    }
}

fn undo(decoders: &mut [Decoder], mut input: &[u8], room: &mut usize, each: &mut dyn FnMut(&[u8])) -> Option<()> {
    let Some((first, rest)) = decoders.split_first_mut() else {
        each(input);
        return Some(());
    };
    let mut output = [0; PIECE];
    loop {
        let step = first.step(input, &mut output)?;
        if step.written > 0 {
            *room = room.checked_sub(step.written)?;
            undo(rest, &output[..step.written], room, each)?;
        } else if step.read == 0 {
            // what stands behind the end is of no coding
            return input.is_empty().then_some(());
        }
        input = &input[step.read..];
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn pieces_may_be_cut_anywhere() {
        let text: Vec<u8> = (0..9_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
        for (codings, bytes) in [(vec![Coding::Gzip], gzip(&text)), (vec![Coding::Gzip; 2], gzip(&gzip(&text)))] {
            for size in [1, 2, 3, 7, 1000] {
                let (mut chain, mut decoded) = (Chain::new(&codings), Vec::new());
                for piece in bytes.chunks(size) {
                    assert!(!chain.is_whole());
                    chain.push(piece, &mut |bytes| decoded.extend_from_slice(bytes)).unwrap();
                }
                assert!(chain.is_whole() && decoded == text, "in pieces of {size}");
            }
        }
    }

    #[test]
    fn a_bomb_is_left_alone_before_it_is_large() {
        let gibibyte = gzip(&[b' '; 1 << 20]).repeat(1024);
        for (codings, bytes) in [(vec![Coding::Gzip], gibibyte.clone()), (vec![Coding::Gzip; 2], gzip(&gibibyte))] {
            let (mut chain, mut grown) = (Chain::new(&codings), 0);
            let read = chain.push(&bytes, &mut |bytes| grown += bytes.len());
            assert!(read.is_none() && grown <= GROWN + TIMES * bytes.len(), "{grown}");
        }
    }

    #[test]
    fn there_is_room_for_so_many_and_each_gives_it_back() {
        let mut decodings = Decodings::default();
        let headers = [("content-encoding", "gzip"), ("content-type", "text/event-stream")];
        let headers: HeaderMap = headers
            .map(|(name, value)| (name.parse().unwrap(), axum::http::HeaderValue::from_static(value)))
            .into_iter()
            .collect();
        let begun = gzip(b"data: 1\n\n");
        let encodings: Vec<_> = (0..10_000).map(|_| Encoding::of(&headers).unwrap()).collect();
        for (exchange, encoding) in (0..).zip(&encodings) {
            decodings.piece(exchange, encoding, &begun[..12], |_| ());
        }
        let read = encodings.iter().filter(|encoding| !encoding.is_given_up()).count();
        assert!(decodings.weight <= ROOM && (100..9_000).contains(&read) && decodings.open.len() == read, "{read}");
        (0..10_000).for_each(|exchange| decodings.forget(exchange));
        assert_eq!((decodings.weight, decodings.open.len()), (0, 0));
    }
}
