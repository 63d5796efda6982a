//! What `autoheal run` adds to a command that succeeds, and how much passes through it in a second.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::Options;
use crate::figures::{Times, rounded};

/// A command against itself, and producers and consumers with `cat` or with us between them.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let (runs, streams, bytes) = if options.short { (10, 1, 64 << 20) } else { (200, 5, 1_usize << 30) };
    let wrapped = |words: &[&str]| {
        let mut command = options.autoheal();
        command.args(["run", "--"]).args(words);
        command
    };
    let (mut plain, mut ours) = (Times::default(), Times::default());
    for _ in 0..runs {
        plain.push(time(Command::new("true"))?);
        ours.push(time(wrapped(&["true"]))?);
    }
    let (plain, ours) = (plain.median(), ours.median());
    let overhead = ours.saturating_sub(plain).as_secs_f64() * 1e3;
    println!("`true` {plain:.2?}; `autoheal run -- true` {ours:.2?}");

    // the same producer and consumer; between them `cat`, or us
    let between = |words: &[&str], script: &str| {
        let run = wrapped(words);
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
        shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    };
    let size = bytes.to_string();
    let producer = ["head", "-c", &size, "/dev/zero"];
    let produce = producer.join(" ");
    let (mut cat, mut relayed, mut inside) = (Times::default(), Times::default(), Times::default());
    for _ in 0..streams {
        cat.push(time(between(&producer, &format!("{produce} | cat | cat > /dev/null")))?);
        relayed.push(time(between(&producer, "\"$@\" | cat > /dev/null"))?);
        inside.push(time(between(&["cat"], &format!("{produce} | \"$@\" | cat > /dev/null")))?);
    }
    let (cat, relayed, inside) = (cat.median(), relayed.median(), inside.median());
    println!("{} MiB: producer | cat | sink {cat:.2?}", bytes >> 20);
    println!("  run -- producer | sink {relayed:.2?}; producer | run -- cat | sink {inside:.2?}");
    let ratio = |ours: Duration| rounded(cat.as_secs_f64() / ours.as_secs_f64());
    Ok(json!({
        "run_overhead_ms": rounded(overhead),
        "run_throughput_ratio": ratio(relayed),
        "run_cat_throughput_ratio": ratio(inside),
    }))
}

fn time(mut command: Command) -> Result<Duration> {
    let began = Instant::now();
    if !command.stdin(Stdio::null()).status()?.success() {
        bail!("{command:?} failed");
    }
    Ok(began.elapsed())
}
