//! Compressed answers pass as they are, and what fails in them is seen all the same.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::talk::{EVENTS, JSON, Talk, call, failure, is, success};
use crate::wire::Wire;

/// `failure(1, "division by zero")`, and an event with `failure(1, "first fails")` as far as a flush brings it; both by
/// Node's zlib.
const BROTLI: &[u8] =
    b"\x1bg\x00\x00\x8c\xd3\x15\xf1\xa2\xa4\xb9\x8fP\xe9\x04\xb9-\xf5\xcb\x8c\x01\xad2\x12\x16\x0c\xea\xa4\xb8\
    \xfdL\x1d\x96>\xa7\x1c\x07\xaa\xcd\x83\x16\xe5\xdf\xee\x07\xd27\xa3q\x9d\xb4L\xf5\x1f\xd6AM\xce}_\xef3\
    \xd1r\x11>\x04\xbc\xf4\x00>\xd9\x13\xe3\x8fJ\xc2\x80\xce#Y;@2F\xfe\x07";
const BROTLI_EVENT: &[u8] =
    b"\x0b5\x00@\x1c\x07v\xa3\x17\xadw\x98 \x18\xe3{\x04m3U\xb9,\xa2FS5j\xb1\x8dY\x06\xcfR\x81\xa5+uX\xfa\xd4q\
    <P\x9d\xce\xd6\x81V\xaf\xfb\x01\xec\x1d\xdc\x86\xc7\xe3)\xc8@\xa2\xafh\xae\x91\xc2\xd9\xb4l\xcd\xde\xf7Y\
    \xe8\xa5\x0a\xd2\x04`\x98A\xf8\x04\xe7\xc5)W&X\xa4\xebs\xee\xff\x91)\x94\x7f\x0c";

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn deflate(text: &str) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_tool_that_fails_is_told_however_its_answer_is_compressed() {
    let mut talk = Talk::begin().await;
    let failed = failure(1, "division by zero");
    for (coding, body) in [
        ("gzip", gzip(&failed)),
        ("X-GZIP", [gzip(&failed[..9]), gzip(&failed[9..])].concat()),
        ("deflate", zlib(failed.as_bytes())),
        ("deflate", deflate(&failed)),
        ("br", BROTLI.to_vec()),
        ("gzip, deflate", zlib(&gzip(&failed))),
        ("gzip\r\ncontent-encoding: identity\r\ncontent-encoding: deflate", zlib(&gzip(&failed))),
    ] {
        talk.ask("", call(2, "fine")).await;
        talk.answer(&format!("200 OK\r\n{JSON}\r\ncontent-encoding: gzip"), gzip(&success(2))).await;
        talk.ask("", call(1, &coding[..2])).await;
        talk.answer(&format!("200 OK\r\n{JSON}\r\ncontent-encoding: {coding}"), body).await;
        is(&talk.report().await, &coding[..2], "division by zero");
    }
}

#[tokio::test]
async fn compressed_events_are_seen_as_they_come() {
    let mut talk = Talk::begin().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    write!(gzip, ": hello\n\ndata: {}\n\n", failure(1, "first fails")).unwrap();
    gzip.flush().unwrap();
    for (coding, event) in [("gzip", gzip.get_ref().clone()), ("br", BROTLI_EVENT.to_vec())] {
        talk.ask("", call(1, "first")).await;
        let there = talk.there().await;
        let head = format!("HTTP/1.1 200 OK\r\n{EVENTS}\r\ncontent-encoding: {coding}\r\ncontent-length: 9999\r\n\r\n");
        there.write(head).await;
        there.write(event).await;
        // The stream is still open.
        is(&talk.report().await, "first", "first fails");
        talk.there = None;
        talk.client.rest().await;
        talk.client = Wire::open(talk.proxy.address).await;
    }
    // In a session, ids say that the rest can be asked for; without one nobody can ask.
    let events = self::gzip("id: 1\ndata:\n\n");
    talk.ask("\r\nmcp-session-id: s", call(3, "polled")).await;
    talk.answer(&format!("200 OK\r\n{EVENTS}\r\ncontent-encoding: gzip"), &events).await;
    talk.ask("", call(4, "silent")).await;
    talk.answer(&format!("200 OK\r\n{EVENTS}\r\ncontent-encoding: gzip"), &events).await;
    is(&talk.report().await, "silent", "ended without the answer");
}

#[tokio::test]
async fn what_cannot_be_decoded_is_no_failure() {
    let mut talk = Talk::begin().await;
    let failed = failure(1, "not to be read");
    let mut garbled = gzip(&failed);
    garbled[20] ^= 0xff;
    let mebibyte = gzip(&" ".repeat(1 << 20));
    for (coding, body) in [
        ("gzip", garbled),
        ("gzip", gzip(&failed)[..60].to_vec()),
        ("gzip", failed.clone().into_bytes()),
        ("gzip", Vec::new()),
        ("gzip", [gzip(&failed), b"more".to_vec()].concat()),
        // a gibibyte
        ("gzip", mebibyte.repeat(1024)),
        ("br", BROTLI[..60].to_vec()),
        ("br", vec![0xff; 100]),
        ("deflate", vec![0xff; 100]),
        ("zstd", failed.clone().into_bytes()),
        ("gzip, gzip, gzip, gzip", gzip(&failed)),
    ] {
        for media in [JSON, EVENTS] {
            talk.ask("", call(1, "any")).await;
            talk.answer(&format!("200 OK\r\n{media}\r\ncontent-encoding: {coding}"), &body).await;
        }
    }
    talk.only_this_fails().await;
    // The status says so by itself.
    talk.ask("", call(1, "down")).await;
    talk.answer(&format!("500 Internal Server Error\r\n{JSON}\r\ncontent-encoding: zstd"), "?").await;
    is(&talk.report().await, "down", "HTTP 500");
    // So does an end in the middle.
    talk.ask("", call(1, "broken")).await;
    let there = talk.there().await;
    there.write(format!("HTTP/1.1 200 OK\r\n{JSON}\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n")).await;
    there.write(&gzip(&failed)[..30]).await;
    talk.client.head().await;
    talk.client.exactly(30).await;
    talk.there = None;
    is(&talk.report().await, "broken", "broke off");
}

#[tokio::test]
async fn compressed_requests_are_read_too() {
    let mut talk = Talk::begin().await;
    talk.ask("\r\ncontent-encoding: gzip", gzip(&call(1, "packed"))).await;
    talk.answer(&format!("200 OK\r\n{JSON}"), failure(1, "no")).await;
    is(&talk.report().await, "packed", "no");
    talk.ask("\r\ncontent-encoding: gzip", "\u{1f}...").await;
    talk.answer(&format!("200 OK\r\n{JSON}"), failure(1, "to something")).await;
    talk.only_this_fails().await;
}
