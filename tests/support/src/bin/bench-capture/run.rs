//! Measures the overhead of `autoheal run` for a command that succeeds, and its throughput.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde_json::{Value, json};

use crate::Options;
use crate::figures::{Times, rounded};

/// Measures a command with and without `autoheal run`, and a producer and a consumer with `autoheal run` or `cat`
/// between them.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let (runs, rounds, bytes) = if options.short { (10, 1, 64 << 20) } else { (200, 15, 1_usize << 30) };
    let wrapped = |arguments: &[&str]| {
        let mut command = options.autoheal();
        command.args(["run", "--"]).args(arguments);
        command
    };
    let (mut direct, mut run) = (Times::default(), Times::default());
    for _ in 0..runs {
        direct.push(time(Command::new("true"))?);
        run.push(time(wrapped(&["true"]))?);
    }
    let (direct, run) = (direct.median(), run.median());
    let overhead = run.saturating_sub(direct).as_secs_f64() * 1e3;
    println!("`true` {direct:.2?}; `autoheal run -- true` {run:.2?}");

    // a shell script in which "$@" is `autoheal run` with these arguments
    let pipeline = |arguments: &[&str], script: &str| {
        let run = wrapped(arguments);
        let mut shell = Command::new("sh");
        shell.args(["-c", script, "sh"]).arg(run.get_program()).args(run.get_args());
        shell.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
    };
    let size = bytes.to_string();
    let producer = ["head", "-c", &size, "/dev/zero"];
    let produce = producer.join(" ");
    // The placement of three busy processes on few cores changes the times more than the processes themselves, and it
    // differs from run to run. Each run is therefore compared with the runs of `cat` right before and after it, and the
    // median of many comparisons counts.
    let cat = || time(pipeline(&producer, &format!("{produce} | cat | cat > /dev/null")));
    let mut ratios = [Vec::new(), Vec::new()];
    let mut before = cat()?;
    for _ in 0..rounds {
        let relayed = time(pipeline(&producer, "\"$@\" | cat > /dev/null"))?;
        let middle = cat()?;
        let inside = time(pipeline(&["cat"], &format!("{produce} | \"$@\" | cat > /dev/null")))?;
        let after = cat()?;
        let ratio =
            |before: Duration, after: Duration, run: Duration| (before + after).as_secs_f64() / 2.0 / run.as_secs_f64();
        ratios[0].push(ratio(before, middle, relayed));
        ratios[1].push(ratio(middle, after, inside));
        before = after;
    }
    println!("{} MiB, {rounds} rounds, compared with producer | cat | sink", bytes >> 20);
    let [relayed, inside] = ratios.map(|mut ratios| {
        ratios.sort_by(f64::total_cmp);
        (ratios[ratios.len() / 2], ratios[0], ratios[ratios.len() - 1])
    });
    for (name, (median, min, max)) in [("run -- producer | sink", relayed), ("producer | run -- cat | sink", inside)] {
        println!("  {name}: {median:.2} times as fast ({min:.2} to {max:.2})");
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
