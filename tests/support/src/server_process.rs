//! A server process under measurement: its address, CPU time and peak memory.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal};

/// A running server process. Dropping it kills the process.
#[derive(Debug)]
pub struct ServerProcess {
    child: Child,
    /// `host:port`.
    pub address: String,
}

impl ServerProcess {
    /// Starts a program whose first line is `listening on http://ADDRESS …`.
    ///
    /// # Errors
    /// If the program does not start or prints something else first.
    pub fn start(command: &mut Command) -> Result<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command.stdout(Stdio::piped()).spawn().with_context(|| format!("{program} does not start"))?;
        let output = child.stdout.take().context("stdout is piped")?;
        let mut process = Self { child, address: String::new() };
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line)?;
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.split_whitespace().next());
        address
            .with_context(|| format!("{program} printed {line:?} instead of the URL it listens on"))?
            .clone_into(&mut process.address);
        Ok(process)
    }

    /// CPU time spent so far, user and system, in seconds.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn cpu_seconds(&self) -> Result<f64> {
        let path = format!("/proc/{}/stat", self.child.id());
        let stat = std::fs::read_to_string(path).context("CPU time needs Linux")?;
        // The name in parentheses may contain spaces; the times are the 12th and 13th field after it, in 1/100 s.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
        let times = fields.get(11..13).context("no times in /proc/PID/stat")?;
        let ticks: u64 = times.iter().filter_map(|field| field.parse::<u64>().ok()).sum();
        Ok(ticks as f64 / 100.0)
    }

    /// Memory in use now, in MiB.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn memory_mib(&self) -> Result<f64> {
        status_mib(self.child.id(), "VmRSS:")
    }

    /// Ends the process with SIGTERM and waits for its end.
    ///
    /// # Errors
    /// If the process has ended before, or does not end with exit code 0.
    pub fn terminate(mut self) -> Result<()> {
        rustix::process::kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let status = self.child.wait()?;
        ensure!(status.success(), "the server ended with {status} after SIGTERM");
        Ok(())
    }

    /// Peak memory, in MiB.
    ///
    /// # Errors
    /// If `/proc` cannot be read.
    pub fn peak_mib(&self) -> Result<f64> {
        peak_mib(self.child.id())
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        // Both fail when the process has ended already.
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// Peak memory of a process, in MiB.
///
/// # Errors
/// If `/proc` cannot be read.
pub fn peak_mib(process: u32) -> Result<f64> {
    status_mib(process, "VmHWM:")
}

fn status_mib(process: u32, field: &str) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).context("memory needs Linux")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let line = line.with_context(|| format!("no {field} in /proc/PID/status"))?;
    let kib: f64 = line.trim().trim_end_matches("kB").trim().parse()?;
    Ok(kib / 1024.0)
}
