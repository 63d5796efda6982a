//! What `autoheal run` adds to a command that succeeds, and how much passes through it in a second.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::Options;
use crate::figures::{Times, rounded};

/// A command against itself, and producers and consumers with `cat` or with us between them.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let (runs, rounds, bytes) = if options.short { (10, 1, 64 << 20) } else { (200, 15, 1_usize << 30) };
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
    // Where the system puts three busy processes on few cores decides more than who they are, and anew each time: what is
    // compared ran right before and after, and of many comparisons the one in the middle counts.
    let cat = || time(between(&producer, &format!("{produce} | cat | cat > /dev/null")));
    let mut ratios = [Vec::new(), Vec::new()];
    let mut before = cat()?;
    for _ in 0..rounds {
        let relayed = time(between(&producer, "\"$@\" | cat > /dev/null"))?;
        let middle = cat()?;
        let inside = time(between(&["cat"], &format!("{produce} | \"$@\" | cat > /dev/null")))?;
        let after = cat()?;
        let ratio =
            |one: Duration, other: Duration, ours: Duration| (one + other).as_secs_f64() / 2.0 / ours.as_secs_f64();
        ratios[0].push(ratio(before, middle, relayed));
        ratios[1].push(ratio(middle, after, inside));
        before = after;
    }
    println!("{} MiB, {rounds} rounds beside producer | cat | sink", bytes >> 20);
    let [relayed, inside] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        (ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1])
    });
    for (what, (median, least, most)) in [("run -- producer | sink", relayed), ("producer | run -- cat | sink", inside)]
    {
        println!("  {what}: {median:.2} times as fast ({least:.2} to {most:.2})");
    }
    Ok(json!({
        "run_overhead_ms": rounded(overhead),
        "run_throughput_ratio": rounded(relayed.0),
        "run_cat_throughput_ratio": rounded(inside.0),
    }))
}

fn time(mut command: Command) -> Result<Duration> {
    let began = Instant::now();
    if !command.stdin(Stdio::null()).status()?.success() {
        bail!("{command:?} failed");
    }
    Ok(began.elapsed())
}
