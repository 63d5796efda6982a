//! Valid and invalid maps: own cases of the kinds that https://github.com/tc39/source-map-tests has.

use autoheal_source_maps::{Lookup, check};

fn judge(map: &str) -> Result<(), String> {
    let built = Lookup::build(b"", map.as_bytes()).map(drop).map_err(|bad| bad.to_string());
    assert_eq!(check(map.as_bytes()).is_ok(), built.is_ok(), "the check and the build agree: {map}");
    built
}

#[test]
fn a_bad_map_is_refused_with_the_reason() {
    for (map, reason) in [
        ("{", "not a JSON object"),
        ("[]", "not a JSON object"),
        (r#"{"sources":[],"mappings":""}"#, "version is missing"),
        (r#"{"version":"3","sources":[],"mappings":""}"#, "version is \"3\""),
        (r#"{"version":4,"sources":[],"mappings":""}"#, "version is 4"),
        (r#"{"version":3,"sources":[]}"#, "mappings is missing"),
        (r#"{"version":3,"mappings":""}"#, "sources is missing"),
        (r#"{"version":3,"sources":{},"mappings":""}"#, "sources is not a list"),
        (r#"{"version":3,"sources":[1],"mappings":""}"#, "sources is not a list"),
        (r#"{"version":3,"sources":[],"sourcesContent":"","mappings":""}"#, "sourcesContent is not"),
        (r#"{"version":3,"sources":["a"],"sourcesContent":[1],"mappings":""}"#, "sourcesContent is not"),
        (r#"{"version":3,"sources":[],"names":[1],"mappings":""}"#, "names is not"),
        (r#"{"version":3,"sources":[],"file":1,"mappings":""}"#, "file is not a text"),
        (r#"{"version":3,"sources":[],"sourceRoot":[],"mappings":""}"#, "sourceRoot is not a text"),
        (r#"{"version":3,"sources":["a"],"ignoreList":[1],"mappings":""}"#, "ignoreList names source 1"),
        (r#"{"version":3,"sources":["a"],"ignoreList":["a"],"mappings":""}"#, "ignoreList is not"),
        (r#"{"version":3,"sources":["a"],"mappings":5}"#, "mappings is not a text"),
        (r#"{"version":3,"sources":["a"],"mappings":"AAAA.AAAA"}"#, "no Base64 digit"),
        (r#"{"version":3,"sources":["a"],"mappings":"AAAg"}"#, "no last digit"),
        (r#"{"version":3,"sources":["a"],"mappings":"AAAA,,AAAA"}"#, "no last digit"),
        (r#"{"version":3,"sources":["a"],"mappings":"AA"}"#, "2 fields"),
        (r#"{"version":3,"sources":["a"],"mappings":"AAA"}"#, "3 fields"),
        (r#"{"version":3,"sources":["a"],"names":["n"],"mappings":"AAAAAA"}"#, "more than 5 fields"),
        (r#"{"version":3,"sources":["a"],"mappings":"ACAA"}"#, "source 1 does not exist"),
        (r#"{"version":3,"sources":["a"],"mappings":"AAAAA"}"#, "name 0 does not exist"),
        (r#"{"version":3,"sources":["a"],"mappings":"DAAA"}"#, "generated column is -1"),
        (r#"{"version":3,"sources":["a"],"mappings":"AAAA;ADAA"}"#, "source is -1"),
        (r#"{"version":3,"sources":["a"],"mappings":"AADA"}"#, "original line is -1"),
        (r#"{"version":3,"sources":["a"],"mappings":"ggggggE"}"#, "more than 32 bits"),
        (r#"{"version":3,"sections":7}"#, "sections is not"),
        (r#"{"version":3,"sections":[{"offset":{"line":0,"column":0}}]}"#, "section 0: map is missing"),
        (r#"{"version":3,"sections":[{"map":{"version":3,"sources":[],"mappings":""}}]}"#, "offset is missing"),
        (r#"{"version":3,"sections":[{"offset":{"line":0},"map":{}}]}"#, "section 0: offset is not"),
        (r#"{"version":3,"sections":[],"sources":[],"mappings":""}"#, "both mappings and sections"),
    ] {
        let refused = judge(map).expect_err(map);
        assert!(refused.contains(reason), "{map}: {refused}");
    }
    let section = |line: u32| {
        format!(
            r#"{{"offset":{{"line":{line},"column":0}},"map":{{"version":3,"sources":["a"],"mappings":"AAAA;AACA"}}}}"#
        )
    };
    let index = |lines: &[u32]| {
        let sections: Vec<String> = lines.iter().map(|line| section(*line)).collect();
        judge(&format!(r#"{{"version":3,"sections":[{}]}}"#, sections.join(",")))
    };
    assert_eq!(index(&[0, 2]), Ok(()));
    assert!(index(&[0, 0]).unwrap_err().contains("not after"));
    assert!(index(&[2, 0]).unwrap_err().contains("not after"));
    assert!(index(&[0, 1, 1]).is_err());
}

#[test]
fn a_map_may_leave_out_what_is_optional() {
    for map in [
        r#"{"version":3,"sources":[],"mappings":""}"#,
        r#"{"version":3,"sources":[null],"names":[],"mappings":";;;","unknown":[1]}"#,
        r#"{"version":3,"sources":["a"],"sourcesContent":[null],"mappings":"A;AAAA"}"#,
        r#"{"version":3,"sources":["a"],"mappings":"AAAigggggggggggggA"}"#,
        r#"{"version":3,"sections":[]}"#,
        "\u{feff}{\"version\":3,\"sources\":[],\"mappings\":\"\"}",
        ")]}'\n{\"version\":3,\"sources\":[],\"mappings\":\"\"}",
    ] {
        assert_eq!(judge(map), Ok(()), "{map}");
    }
}

#[test]
fn a_map_without_sources_has_places_but_no_lines() {
    let map = r#"{"version":3,"sourceRoot":"src","sources":["a.ts",null,"lib.ts"],"ignoreList":[2],"names":["total"],
        "mappings":"AAEIA,CCAA,CCAA,C"}"#;
    let lookup = Lookup::open(Lookup::build(b"function a(){b()}", map.as_bytes()).unwrap()).unwrap();
    let found = lookup.original(1, 1).unwrap();
    assert_eq!((found.file.as_deref(), found.line, found.column), (Some("src/a.ts"), 3, 5));
    assert_eq!((found.name.as_deref(), found.is_ignored, found.source), (Some("total"), false, None));
    assert_eq!(lookup.original(1, 2).unwrap().file, None);
    assert!(lookup.original(1, 3).unwrap().is_ignored);
    assert_eq!(lookup.original(1, 4), None, "code that comes from no source");
    assert_eq!(lookup.original(2, 1), None);
    assert_eq!(lookup.original(0, 0), None);
}

#[test]
fn the_lines_around_a_place_are_cut_at_the_ends_of_the_file() {
    let map = r#"{"version":3,"sources":["a.js"],"sourcesContent":["one\ntwo\nthree\nfour\nfive\nsix"],
        "mappings":"AAAA;AAGA;AAEA;AACA"}"#;
    let lookup = Lookup::open(Lookup::build(b"", map.as_bytes()).unwrap()).unwrap();
    let lines = |line| lookup.original(line, 1).unwrap().source.map(|source| (source.first, source.lines.join(" ")));
    assert_eq!(lines(1), Some((1, "one two three".to_owned())));
    assert_eq!(lines(2), Some((2, "two three four five six".to_owned())));
    assert_eq!(lines(3), Some((4, "four five six".to_owned())));
    assert_eq!(lines(4), None, "the file has no such line");
}
