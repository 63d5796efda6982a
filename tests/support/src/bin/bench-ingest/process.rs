//! A server process under measurement: where it listens, what it spent.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result};

/// A running server; dropping it ends it.
pub(crate) struct Process {
    child: Child,
    /// `host:port`.
    pub(crate) address: String,
}

impl Process {
    /// Starts a program whose first line says `listening on http://ADDRESS`.
    pub(crate) fn start(program: &Path, arguments: &[&str]) -> Result<Self> {
        let mut child = Command::new(program)
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let output = child.stdout.take().context("its output was asked for")?;
        let mut first = String::new();
        BufReader::new(output).read_line(&mut first)?;
        let address = first.trim().rsplit("http://").next().unwrap_or_default().to_owned();
        Ok(Self { child, address })
    }

    /// CPU seconds spent so far, user and system (Linux: /proc).
    pub(crate) fn cpu_seconds(&self) -> Result<f64> {
        let stat =
            std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).context("CPU time needs Linux")?;
        // The name in parentheses may hold spaces; the times are the 12th and 13th field after it, in 1/100 s.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let ticks: u64 =
            fields.get(11..13).context("times in stat")?.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(ticks as f64 / 100.0)
    }

    /// The most memory it ever held, in MiB.
    pub(crate) fn peak_mib(&self) -> Result<f64> {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).context("memory needs Linux")?;
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).context("VmHWM in status")?;
        let kib: f64 = line.split_whitespace().nth(1).context("a number")?.parse()?;
        Ok(kib / 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to end.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}
