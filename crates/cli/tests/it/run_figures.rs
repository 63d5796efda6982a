//! What `autoheal run` costs, printed: `cargo test --release -p autoheal run_figures -- --ignored --nocapture`.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::wrapped::Wrapped;

const RUNS: usize = 200;

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn time(mut command: Command) -> Duration {
    let began = Instant::now();
    assert!(command.stdin(Stdio::null()).status().unwrap().success());
    began.elapsed()
}

#[test]
#[ignore = "measures; run it alone, in release"]
fn overhead_and_throughput() {
    let wrapped = Wrapped::new();
    let (mut plain, mut ours) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        plain.push(time(Command::new("true")));
        ours.push(time(wrapped.run(&[], &["true"])));
    }
    let overhead = median(ours).saturating_sub(median(plain)).as_secs_f64() * 1_000.0;

    // the same producer and consumer; between them `cat`, or us
    let between = |words: &[&str], script: &str| {
        let run = wrapped.run(&[], words);
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
        shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    };
    let direct = ["head", "-c", "1073741824", "/dev/zero"];
    let (mut cat, mut relayed, mut inside) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..5 {
        cat.push(time(between(&direct, "head -c 1073741824 /dev/zero | cat | cat > /dev/null")));
        relayed.push(time(between(&direct, "\"$@\" | cat > /dev/null")));
        inside.push(time(between(&["cat"], "head -c 1073741824 /dev/zero | \"$@\" | cat > /dev/null")));
    }
    let (cat, relayed, inside) = (median(cat), median(relayed), median(inside));
    println!(
        "producer | cat | sink {cat:?}, run -- producer | sink {relayed:?}, producer | run -- cat | sink {inside:?}"
    );
    println!(
        "{{\"run_overhead_ms\": {overhead:.2}, \"run_throughput_ratio\": {:.2}, \"run_cat_throughput_ratio\": {:.2}}}",
        cat.as_secs_f64() / relayed.as_secs_f64(),
        cat.as_secs_f64() / inside.as_secs_f64(),
    );
}
