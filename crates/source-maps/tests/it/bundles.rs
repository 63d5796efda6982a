//! Frames of minified bundles, compared with the stacks of the same failures in the sources. `npm run record` in
//! `tests/source-maps` records both.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use autoheal_source_maps::{Function, Lookup, original_path};
use serde::Deserialize;

#[derive(Deserialize)]
struct Recorded {
    /// The truth: frames by failure, innermost first.
    sources: BTreeMap<String, Vec<Frame>>,
    /// Frames by bundler and failure.
    bundles: BTreeMap<String, BTreeMap<String, Vec<Frame>>>,
}

#[derive(Deserialize)]
struct Frame {
    function: Option<String>,
    file: String,
    line: u32,
    column: u32,
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn recorded() -> Recorded {
    serde_json::from_slice(&std::fs::read(fixtures().join("stacks.json")).unwrap()).unwrap()
}

fn lookup(bundler: &str) -> Lookup {
    let read = |name: &str| std::fs::read(fixtures().join(bundler).join(name)).unwrap();
    Lookup::open(Lookup::build(&read("bundle.js"), &read("bundle.js.map")).unwrap()).unwrap()
}

/// The name without what V8 and the library add in their own ways: `Cart.total`, `new Cart`, `<object>.total`.
fn bare(function: Option<&str>) -> Option<String> {
    let name = function?.trim_start_matches("async ").trim_start_matches("get ").trim_start_matches("new ");
    let name = name.split(" [as").next().unwrap_or(name);
    Some(name.rsplit('.').next().unwrap_or(name).to_owned())
}

#[test]
fn every_frame_of_a_bundle_has_its_file_line_and_function() {
    let recorded = recorded();
    let (mut resolved, mut total) = (0, 0);
    for (bundler, failures) in &recorded.bundles {
        let lookup = lookup(bundler);
        for (failure, frames) in failures {
            // minifiers inline callers, so the bundle may have fewer frames than the sources
            let mut truth = recorded.sources[failure].iter();
            for frame in frames {
                total += 1;
                let original = lookup.original(frame.line, frame.column).unwrap();
                let file = original.file.as_deref().map(original_path).unwrap_or_default().into_owned();
                let function = match &original.function {
                    Function::Named(name) => bare(Some(name)),
                    Function::Anonymous | Function::None => None,
                };
                let place = (file.rsplit('/').next().unwrap_or_default(), original.line, function);
                let found = truth.any(|truth| place == (&truth.file, truth.line, bare(truth.function.as_deref())));
                if !found {
                    println!("{bundler} {failure} {:?} -> {place:?}", frame.function);
                }
                resolved += u32::from(found);
            }
        }
    }
    println!(r#"{{"frames_resolved": {resolved}, "frames_total": {total}}}"#);
    assert_eq!(resolved, total);
}
