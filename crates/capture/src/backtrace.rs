//! A backtrace as `RUST_BACKTRACE=1` prints it: without the frames of the panic runtime and the frames that call
//! `main`.

use std::backtrace::Backtrace;

/// Functions by which a panic enters the runtime. The frames before them are the runtime and the hook.
const ENTRY: [&str; 3] = ["rust_begin_unwind", "std::panicking::begin_panic", "rust_panic_with_hook"];
/// The function that calls a thread's own code.
const THREAD_START: &str = "__rust_begin_short_backtrace";

/// The frames, renumbered; empty if there are none. Files that are printed relative to the current directory become
/// absolute, because one failure in two directories would otherwise look like two failures.
pub(super) fn short(backtrace: &Backtrace) -> String {
    let directory = std::env::current_dir().unwrap_or_default();
    trimmed(&backtrace.to_string(), directory.to_string_lossy().trim_end_matches('/'))
}

fn trimmed(printed: &str, directory: &str) -> String {
    let frames = frames(printed);
    let entry = ENTRY.iter().find_map(|entry| frames.iter().rposition(|frame| frame.name.contains(entry)));
    let entry = entry.unwrap_or_default();
    let below = frames.iter().skip(entry).position(Frame::is_bottom);
    let bottom = below.map_or(frames.len(), |below| entry + below);
    let shown = frames.get(entry..bottom).unwrap_or(&frames);
    let mut short = String::with_capacity(printed.len());
    for (number, frame) in shown.iter().enumerate() {
        short.push_str(&format!("{number:4}: {}\n", frame.name));
        frame.places.iter().for_each(|place| match place.split_once("at ./") {
            Some((indent, file)) if indent.trim().is_empty() => {
                short.push_str(&format!("{indent}at {directory}/{file}\n"));
            }
            _ => short.push_str(&format!("{place}\n")),
        });
    }
    short
}

struct Frame<'a> {
    name: &'a str,
    /// The printed lines with its file and line number.
    places: Vec<&'a str>,
}

impl Frame<'_> {
    fn is_bottom(&self) -> bool {
        let mut texts = self.places.iter().chain([&self.name]);
        texts.any(|text| text.contains(THREAD_START) || calls_handlers(text))
    }
}

/// Whether a line names the file of this crate that calls a server's handlers: in a workspace, or in a registry's folder
/// with the version in its name.
fn calls_handlers(line: &str) -> bool {
    line.contains("/src/healed.rs:") && line.contains("capture")
}

fn frames(printed: &str) -> Vec<Frame<'_>> {
    let mut frames: Vec<Frame<'_>> = Vec::new();
    for line in printed.lines() {
        let numbered = line.trim_start().split_once(": ").filter(|(number, _)| number.parse::<u16>().is_ok());
        match (numbered, frames.last_mut()) {
            (Some((_, name)), _) => frames.push(Frame { name, places: Vec::new() }),
            (None, Some(frame)) => frame.places.push(line),
            (None, None) => {}
        }
    }
    frames
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "   0: std::backtrace::Backtrace::force_capture
             at /rustc/1/library/std/src/backtrace.rs:313:9
   1: autoheal_capture::hook::caught
             at /app/crates/capture/src/hook.rs:40:9
   2: std::panicking::rust_panic_with_hook
   3: std::panicking::begin_panic_handler::{{closure}}
   4: std::sys::backtrace::__rust_end_short_backtrace
   5: __rustc::rust_begin_unwind
   6: core::panicking::panic_fmt
   7: app::price
             at ./src/main.rs:2:5
   8: app::main
             at ./src/main.rs:9:5
   9: std::sys::backtrace::__rust_begin_short_backtrace
  10: main
";

    #[test]
    fn frames_of_the_runtime_are_left_out() {
        let expected = "   0: __rustc::rust_begin_unwind
   1: core::panicking::panic_fmt
   2: app::price
             at /shop/src/main.rs:2:5
   3: app::main
             at /shop/src/main.rs:9:5
";
        assert_eq!(trimmed(PRINTED, "/shop"), expected);
        assert_eq!(trimmed("disabled backtrace", "/shop"), "");
    }

    #[test]
    fn a_real_backtrace_ends_at_the_test() {
        let own = short(&Backtrace::force_capture());
        assert!(own.contains("a_real_backtrace_ends_at_the_test"), "{own}");
        assert!(!own.contains(THREAD_START), "{own}");
    }
}
