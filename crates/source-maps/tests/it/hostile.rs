//! Maps that want memory, time or a panic.

use std::path::Path;
use std::time::{Duration, Instant};

use autoheal_source_maps::limits::MAPPINGS;
use autoheal_source_maps::{Lookup, check};

fn map(mappings: &str) -> String {
    format!(r#"{{"version":3,"sources":["a"],"mappings":"{mappings}"}}"#)
}

#[test]
fn a_map_that_expands_is_refused_before_it_takes_memory() {
    let refused = check(map(&"A,".repeat(MAPPINGS + 1)).as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("segments"), "{refused}");
    let mut nested = map("AAAA");
    for _ in 0..6 {
        nested = format!(r#"{{"version":3,"sections":[{{"offset":{{"line":0,"column":0}},"map":{nested}}}]}}"#);
    }
    let refused = check(nested.as_bytes()).unwrap_err();
    assert!(refused.to_string().contains("within each other"), "{refused}");
    // JSON that only a recursive reader could follow to its end
    assert!(check(format!(r#"{{"version":3,"sources":{}"#, "[".repeat(100_000)).as_bytes()).is_err());
}

#[test]
fn checking_takes_linear_time() {
    for (name, unit, count) in [
        ("segments", "AAAA,", 100_000),
        ("lines", ";", 1_000_000),
        ("digits", "g", 1_000_000),
        ("long numbers", "AAAigggggggggggggA,", 50_000),
    ] {
        let time = |count: usize| {
            let map = map(&unit.repeat(count));
            let started = Instant::now();
            let _judged = check(map.as_bytes());
            started.elapsed()
        };
        let once = (0..3).map(|_| time(count)).min().unwrap().max(Duration::from_millis(1));
        let four = (0..3).map(|_| time(4 * count)).min().unwrap();
        assert!(four < once * 12, "{name}: {once:?}, four times as much: {four:?}");
    }
}

#[test]
fn damaged_maps_and_forms_do_not_panic() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let fixture = |name: &str| {
        std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/esbuild").join(name)).unwrap()
    };
    let (generated, map) = (fixture("bundle.js"), fixture("bundle.js.map"));
    let form = Lookup::build(&generated, &map).unwrap();
    let damage = |random: &mut fastrand::Rng, bytes: &[u8]| {
        let mut bytes = bytes.to_vec();
        for _ in 0..random.usize(1..4) {
            let at = random.usize(..bytes.len());
            match random.u8(..3) {
                0 => bytes[at] = random.u8(..),
                1 => bytes.truncate(at.max(1)),
                _ => drop(bytes.splice(at..at, [b'g'; 9])),
            }
        }
        bytes
    };
    for _ in 0..60 {
        let _judged = Lookup::build(&damage(&mut random, &generated), &damage(&mut random, &map));
    }
    for _ in 0..300 {
        let damaged = if random.bool() { damage(&mut random, &form) } else { damage(&mut random, &form[..200]) };
        if let Ok(lookup) = Lookup::open(damaged) {
            for _ in 0..20 {
                let _found = lookup.original(random.u32(..4), random.u32(..3000));
            }
        }
    }
}
