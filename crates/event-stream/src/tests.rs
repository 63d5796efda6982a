//! Hostile streams, cut into pieces of every size, and random streams against a second parser.

use std::string::String;
use std::vec;
use std::vec::Vec;

use super::*;

const MAX_VALUE_BYTES: usize = 16;

/// The outcome of a whole stream.
#[derive(Debug, Default, PartialEq)]
struct Events {
    /// The data of each event that has any.
    data: Vec<Vec<u8>>,
    last_id: Option<Vec<u8>>,
    retry: Option<u32>,
    has_id_field: bool,
}

/// Parses a stream in pieces of `size` bytes.
fn parse(stream: &[u8], size: usize) -> Events {
    let mut parser = Parser::new(MAX_VALUE_BYTES);
    let (mut data, mut event) = (Vec::new(), Vec::new());
    for mut piece in stream.chunks(size) {
        while let Some(part) = parser.next_part(&mut piece) {
            match part {
                Part::Data(bytes) => event.extend_from_slice(bytes),
                Part::LineFeed => event.push(b'\n'),
                Part::End if event.is_empty() => {}
                Part::End => data.push(core::mem::take(&mut event)),
            }
        }
        assert!(parser.value.capacity() <= 2 * MAX_VALUE_BYTES, "the stored value is bounded");
    }
    Events {
        data,
        last_id: parser.last_id().map(<[u8]>::to_vec),
        retry: parser.retry(),
        has_id_field: parser.has_id_field(),
    }
}

/// Checks the outcome in pieces of every size.
#[track_caller]
fn check_bytes(stream: &[u8], data: &[&[u8]], last_id: Option<&[u8]>, retry: Option<u32>, has_id_field: bool) {
    let data = data.iter().map(|data| data.to_vec()).collect();
    let expected = Events { data, last_id: last_id.map(<[u8]>::to_vec), retry, has_id_field };
    for size in 1..=stream.len() {
        assert_eq!(parse(stream, size), expected, "{} in pieces of {size}", stream.escape_ascii());
    }
}

/// Checks the data of a stream without ids and retries.
#[track_caller]
fn check(stream: &str, data: &[&str]) {
    let data: Vec<_> = data.iter().map(|data| data.as_bytes()).collect();
    check_bytes(stream.as_bytes(), &data, None, None, false);
}

#[track_caller]
fn check_id(stream: &str, last_id: Option<&str>) {
    check_bytes(stream.as_bytes(), &[b"1"], last_id.map(str::as_bytes), None, true);
}

#[track_caller]
fn check_retry(stream: &str, retry: Option<u32>) {
    check_bytes(stream.as_bytes(), &[], None, retry, false);
}

#[test]
fn lines_end_with_cr_lf_or_both() {
    for end in ["\n", "\r", "\r\n"] {
        check(&["data: a", "data: b", "", "data: c", "", "data: d", ""].join(end), &["a\nb", "c"]);
    }
}

#[test]
fn line_ends_of_all_kinds_mix() {
    check("data: a\r\n\ndata: b\n\r\ndata: c\r\r\n", &["a", "b", "c"]);
    check("data: a\n\rdata: b\r\n\r", &["a", "b"]);
    check("\r\n\r\n\n\r\r", &[]);
}

#[test]
fn empty_pieces_change_nothing() {
    let mut parser = Parser::new(MAX_VALUE_BYTES);
    let mut ends = 0;
    for mut piece in [&b"data: a\r"[..], b"", b"\n", b"", b"\r", b"", b"\n"] {
        while let Some(part) = parser.next_part(&mut piece) {
            ends += usize::from(part == Part::End);
        }
    }
    assert_eq!(ends, 1);
}

#[test]
fn a_byte_order_mark_counts_at_the_start_only() {
    check("\u{feff}data: a\n\n", &["a"]);
    check("\u{feff}\ndata: a\n\n", &["a"]);
    check("\u{feff}: comment\ndata: a\n\n", &["a"]);
    check("\u{feff}\u{feff}data: a\n\n", &[]);
    check("data: a\n\n\u{feff}data: b\n\n", &["a"]);
    check("\n\u{feff}data: b\n\n", &[]);
    check("data: \u{feff}\n\n", &["\u{feff}"]);
    check_bytes(b"\xef\xbbdata: a\n\n\xef\n\n\xef\xbb", &[], None, None, false);
}

#[test]
fn comments_and_other_fields_are_skipped() {
    check(": alive\n:\n::data: a\nevent: message\nfoo: data: a\n\ndata: a\n\n", &["a"]);
    check("data: a\n: within\nevent: message\ndata: b\n\n", &["a\nb"]);
}

#[test]
fn names_match_as_a_whole_and_in_lower_case() {
    check("Data: a\nDATA: a\n data: a\ndata : a\ndat: a\ndataa: a\ndatadatadata: a\ndata\0: a\n\0data: a\n\n", &[]);
    check("ID: 1\nidd: 1\ni: 1\nRetry: 1\nretryy: 1\nretr: 1\nretry : 1\n\u{1}id: 1\n\u{1}\n\n", &[]);
}

#[test]
fn one_space_after_the_colon_is_no_part_of_the_value() {
    check("data:a\n\ndata: a\n\ndata:  a \n\ndata:\ta\n\n", &["a", "a", " a ", "\ta"]);
    check("data: :a: b\n\n", &[":a: b"]);
}

#[test]
fn empty_data() {
    check("data\n\ndata:\n\ndata: \n\n", &[]);
    check("data\ndata\n\n", &["\n"]);
    check("data: {\ndata:  x\ndata\ndata: }\n\n", &["{\n x\n\n}"]);
}

#[test]
fn an_event_without_its_empty_line_is_incomplete() {
    check("data: a\n\ndata: b\n", &["a"]);
    check("data: b", &[]);
    check_id("id: 1\ndata: 1\n\nid: 2\ndata: 2\n", Some("1"));
    check_bytes(b"id: 1", &[], None, None, true);
    check_bytes(b"retry: 1", &[], None, None, false);
}

#[test]
fn invalid_utf8_is_passed_on() {
    check_bytes(b"data: \xff\xc3\0\xa9\n\n", &[b"\xff\xc3\0\xa9"], None, None, false);
}

#[test]
fn the_last_id_lasts() {
    check_id("id: 7\n\ndata: 1\n\n", Some("7"));
    check_id("id: 7\nid: 8\ndata: 1\n\n", Some("8"));
    check_id("id: 7\n\nid: longer\n\nid: a\ndata: 1\n\n", Some("a"));
    check_id("id:  7 \ndata: 1\n\n", Some(" 7 "));
    check_id("id: \u{e9}\ndata: 1\n\n", Some("\u{e9}"));
}

#[test]
fn an_empty_id_resets_the_last_one() {
    check_id("id: 7\n\nid\ndata: 1\n\n", Some(""));
    check_id("id: 7\n\nid:\ndata: 1\n\n", Some(""));
}

#[test]
fn an_id_with_a_nul_is_ignored() {
    check_id("id: a\0b\ndata: 1\n\n", None);
    check_id("id: \0\ndata: 1\n\n", None);
    check_id("id: 7\nid: a\0b\ndata: 1\n\n", Some("7"));
    check_id("id: 7\n\nid: a\0b\ndata: 1\n\n", Some("7"));
}

#[test]
fn an_id_over_the_limit_is_ignored() {
    let longest = "x".repeat(MAX_VALUE_BYTES);
    check_id(&["id: ", &longest, "\ndata: 1\n\n"].concat(), Some(&longest));
    check_id(&["id: 7\nid: ", &longest, "x\ndata: 1\n\n"].concat(), Some("7"));
    check_id(&["id: ", &longest.repeat(9), "\nid: 7\ndata: 1\n\n"].concat(), Some("7"));
}

#[test]
fn retry_is_a_whole_number() {
    check_retry("retry: 1500\n", Some(1500));
    check_retry("retry:0\n", Some(0));
    check_retry("retry: 0004294967295\n", Some(u32::MAX));
    check_retry("retry: 1500\nretry: 20\n", Some(20));
}

#[test]
fn a_retry_that_is_no_number_is_ignored() {
    for value in ["", "x", "-1", "+1", "1.5", "1e3", " 1", "1 ", "1\0", "\u{661}", "4294967296", "99999999999999999"] {
        check_retry(&["retry: ", value, "\n"].concat(), None);
        check_retry(&["retry: 7\nretry: ", value, "\n\n"].concat(), Some(7));
    }
    check_retry("retry\n", None);
}

#[test]
fn oversized_lines_take_no_memory() {
    let mut parser = Parser::new(MAX_VALUE_BYTES);
    for start in [": ", "", "event: ", "data: ", "id: ", "retry: "] {
        let mut stream = start.as_bytes().to_vec();
        stream.resize(1_000_000, b'1');
        for _ in 0..10 {
            for mut piece in stream.chunks(1000) {
                while parser.next_part(&mut piece).is_some() {}
            }
        }
        let stored = parser.value.capacity() + parser.id.capacity() + parser.last_id.capacity();
        assert!(stored <= 3 * 2 * MAX_VALUE_BYTES, "{start}: {stored}");
        assert_eq!(parser.next_part(&mut &b"\n"[..]), None, "{start}: the line ends here, and not the event");
    }
    assert_eq!(parser.next_part(&mut &b"\n"[..]), Some(Part::End));
    assert_eq!((parser.last_id(), parser.retry()), (None, None));
    let mut next = &b"data:1\n"[..];
    assert_eq!(parser.next_part(&mut next), Some(Part::Data(b"1")));
}

#[test]
fn values_need_no_memory_without_a_limit_for_them() {
    let mut parser = Parser::new(0);
    let mut stream = &b"id: 1\nretry: 1\ndata: 1\n\n"[..];
    while parser.next_part(&mut stream).is_some() {}
    assert_eq!((parser.value.capacity(), parser.last_id(), parser.retry()), (0, None, None));
    assert!(parser.has_id_field());
}

/// The HTML standard's algorithm, line by line on the whole stream.
fn parse_by_the_standard(stream: &[u8]) -> Events {
    let text = stream.strip_prefix("\u{feff}".as_bytes()).unwrap_or(stream);
    let mut lines = vec![Vec::new()];
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => lines.push(Vec::new()),
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                lines.push(Vec::new());
            }
            _ => lines.last_mut().expect("there is a line").push(byte),
        }
    }
    // The last line has not ended.
    let incomplete = lines.pop().unwrap_or_default();
    let mut events = Events { has_id_field: incomplete.starts_with(b"id:"), ..Events::default() };
    let (mut data, mut id) = (Vec::new(), None);
    for line in lines {
        if line.is_empty() {
            if data.pop().is_some() && !data.is_empty() {
                events.data.push(core::mem::take(&mut data));
            }
            data.clear();
            events.last_id = id.clone();
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let value = line.get(colon + 1..).unwrap_or_default();
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match &line[..colon] {
            b"data" => {
                data.extend_from_slice(value);
                data.push(b'\n');
            }
            b"id" => {
                events.has_id_field = true;
                if value.len() <= MAX_VALUE_BYTES && !value.contains(&0) {
                    id = Some(value.to_vec());
                }
            }
            b"retry" if value.len() <= MAX_VALUE_BYTES && value.iter().all(u8::is_ascii_digit) => {
                let digits = String::from_utf8_lossy(value).into_owned();
                events.retry = digits.parse().ok().or(events.retry);
            }
            _ => {}
        }
    }
    events
}

#[test]
fn random_streams_read_as_the_standard_says() {
    const PIECES: [&str; 20] = [
        "\n",
        "\r",
        "\r\n",
        "\n\n",
        ":",
        ": ",
        " ",
        "data",
        "data: ",
        "id",
        "id: ",
        "retry: ",
        "retry",
        "event: ",
        "1",
        "23",
        "\0",
        "\u{feff}",
        "a long value of something",
        "x",
    ];
    let seed = fastrand::u64(..);
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..20_000 {
        let stream: String = (0..random.usize(1..24)).map(|_| PIECES[random.usize(..PIECES.len())]).collect();
        let expected = parse_by_the_standard(stream.as_bytes());
        for size in [1, 2, 3, 7, stream.len()] {
            assert_eq!(parse(stream.as_bytes(), size), expected, "seed {seed}: {stream:?} in pieces of {size}");
        }
    }
}
