//! Compressed responses are forwarded unchanged, and the failures in them are reported.

use std::io::Write;

use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

use crate::conversation::{Conversation, EVENTS, JSON, assert_report, call, failure, success};
use crate::wire::Wire;

/// `failure(1, "division by zero")`, compressed by the zlib module of Node.
const BROTLI: &[u8] =
    b"\x1bg\x00\x00\x8c\xd3\x15\xf1\xa2\xa4\xb9\x8fP\xe9\x04\xb9-\xf5\xcb\x8c\x01\xad2\x12\x16\x0c\xea\xa4\xb8\
    \xfdL\x1d\x96>\xa7\x1c\x07\xaa\xcd\x83\x16\xe5\xdf\xee\x07\xd27\xa3q\x9d\xb4L\xf5\x1f\xd6AM\xce}_\xef3\
    \xd1r\x11>\x04\xbc\xf4\x00>\xd9\x13\xe3\x8fJ\xc2\x80\xce#Y;@2F\xfe\x07";
/// An event with `failure(1, "first fails")` up to a flush, compressed by the zlib module of Node.
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
async fn a_failed_tool_is_reported_with_every_compression() {
    let mut conversation = Conversation::begin().await;
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
        conversation.request("", call(2, "fine")).await;
        conversation.respond(&format!("200 OK\r\n{JSON}\r\ncontent-encoding: gzip"), gzip(&success(2))).await;
        conversation.request("", call(1, &coding[..2])).await;
        conversation.respond(&format!("200 OK\r\n{JSON}\r\ncontent-encoding: {coding}"), body).await;
        assert_report(&conversation.report().await, &coding[..2], "division by zero");
    }
}

#[tokio::test]
async fn compressed_events_are_read_as_they_arrive() {
    let mut conversation = Conversation::begin().await;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    write!(gzip, ": hello\n\ndata: {}\n\n", failure(1, "first fails")).unwrap();
    gzip.flush().unwrap();
    for (coding, event) in [("gzip", gzip.get_ref().clone()), ("br", BROTLI_EVENT.to_vec())] {
        conversation.request("", call(1, "first")).await;
        let upstream = conversation.upstream().await;
        let head = format!("HTTP/1.1 200 OK\r\n{EVENTS}\r\ncontent-encoding: {coding}\r\ncontent-length: 9999\r\n\r\n");
        upstream.write(head).await;
        upstream.write(event).await;
        // the stream is still open
        assert_report(&conversation.report().await, "first", "first fails");
        conversation.upstream = None;
        conversation.client.rest().await;
        conversation.client = Wire::open(conversation.proxy.address).await;
    }
    // event ids make a stream resumable, but only in a session
    let events = self::gzip("id: 1\ndata:\n\n");
    conversation.request("\r\nmcp-session-id: s", call(3, "polled")).await;
    conversation.respond(&format!("200 OK\r\n{EVENTS}\r\ncontent-encoding: gzip"), &events).await;
    conversation.request("", call(4, "silent")).await;
    conversation.respond(&format!("200 OK\r\n{EVENTS}\r\ncontent-encoding: gzip"), &events).await;
    assert_report(&conversation.report().await, "silent", "ended without the answer");
}

#[tokio::test]
async fn an_undecodable_response_is_no_failure() {
    let mut conversation = Conversation::begin().await;
    let failed = failure(1, "not to be read");
    let mut corrupt = gzip(&failed);
    corrupt[20] ^= 0xff;
    let mebibyte = gzip(&" ".repeat(1 << 20));
    for (coding, body) in [
        ("gzip", corrupt),
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
            conversation.request("", call(1, "any")).await;
            conversation.respond(&format!("200 OK\r\n{media}\r\ncontent-encoding: {coding}"), &body).await;
        }
    }
    conversation.assert_no_other_failure().await;
    // a server error is a failure by its status
    conversation.request("", call(1, "down")).await;
    conversation.respond(&format!("500 Internal Server Error\r\n{JSON}\r\ncontent-encoding: zstd"), "?").await;
    assert_report(&conversation.report().await, "down", "HTTP 500");
    // an incomplete response is a failure
    conversation.request("", call(1, "broken")).await;
    let upstream = conversation.upstream().await;
    upstream.write(format!("HTTP/1.1 200 OK\r\n{JSON}\r\ncontent-encoding: gzip\r\ncontent-length: 100\r\n\r\n")).await;
    upstream.write(&gzip(&failed)[..30]).await;
    conversation.client.head().await;
    conversation.client.exactly(30).await;
    conversation.upstream = None;
    assert_report(&conversation.report().await, "broken", "broke off");
}

#[tokio::test]
async fn compressed_requests_are_read() {
    let mut conversation = Conversation::begin().await;
    conversation.request("\r\ncontent-encoding: gzip", gzip(&call(1, "packed"))).await;
    conversation.respond(&format!("200 OK\r\n{JSON}"), failure(1, "no")).await;
    assert_report(&conversation.report().await, "packed", "no");
    conversation.request("\r\ncontent-encoding: gzip", "\u{1f}...").await;
    conversation.respond(&format!("200 OK\r\n{JSON}"), failure(1, "to something")).await;
    conversation.assert_no_other_failure().await;
}
