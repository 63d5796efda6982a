//! Maps that want memory, time or a panic.

use std::path::Path;
use std::time::{Duration, Instant};

use autoheal_source_maps::limits::MAPPINGS;
use autoheal_source_maps::{Lookup, check, pack, unpack};

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

/// Damages maps, the code they belong to and stored forms at random, for a second. For longer runs,
/// `AUTOHEAL_MUTATION_SECONDS=600 cargo test -p autoheal-source-maps --release --test it damaged`;
/// `AUTOHEAL_MUTATION_SEED` repeats a run.
#[test]
fn damaged_maps_and_forms_do_not_panic() {
    let number = |name: &str| std::env::var(name).ok().and_then(|value| value.parse::<u64>().ok());
    let seed = number("AUTOHEAL_MUTATION_SEED").unwrap_or_else(|| fastrand::u64(..));
    let duration = Duration::from_secs(number("AUTOHEAL_MUTATION_SECONDS").unwrap_or(1));
    println!("AUTOHEAL_MUTATION_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let bundles = ["esbuild", "rollup", "vite", "webpack"].map(|bundler| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(bundler);
        let read = |name: &str| std::fs::read(directory.join(name)).unwrap();
        let (generated, map) = (read("bundle.js"), read("bundle.js.map"));
        let form = Lookup::build(&generated, &map).unwrap();
        (generated, map, form)
    });
    let began = Instant::now();
    let mut count = 0;
    while began.elapsed() < duration || count < 20 {
        let (generated, map, form) = &bundles[random.usize(..bundles.len())];
        let _judged = check(&damage(&mut random, map));
        if let Ok(form) = Lookup::build(&damage(&mut random, generated), &damage(&mut random, map)) {
            look_up(&mut random, form);
        }
        for _ in 0..5 {
            let start = if random.bool() { form.len() } else { form.len().min(200) };
            let damaged = damage(&mut random, &form[..start]);
            look_up(&mut random, damaged);
            let packed: Vec<Vec<u8>> = pack(form).iter().map(|part| damage(&mut random, part)).collect();
            let _unpacked = unpack(&packed);
        }
        count += 1;
    }
    println!("{count} rounds");
}

/// Changes, cuts and adds bytes.
fn damage(random: &mut fastrand::Rng, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..random.usize(1..4) {
        let at = random.usize(..bytes.len());
        match random.u8(..5) {
            0 => bytes[at] = random.u8(..),
            1 => bytes.truncate(at.max(1)),
            2 => drop(bytes.splice(at..at, [b'g'; 9])),
            3 => bytes.swap(at, 0),
            _ => bytes[at] ^= 1 << random.u8(..8),
        }
    }
    bytes
}

/// Looks up random positions in a form that may be damaged.
fn look_up(random: &mut fastrand::Rng, form: Vec<u8>) {
    let Ok(lookup) = Lookup::open(form) else { return };
    for _ in 0..20 {
        let _found = lookup.original(random.u32(..4), random.u32(..3000));
    }
    let _found = lookup.original(u32::MAX, u32::MAX);
}
