//! Tests with outputs of programs and tools: what ended the program.

mod javascript;
mod managed;
mod native;
mod python;
mod runners;
mod rust_go;
mod tools;

use expect_test::Expect;

use super::super::readable;
use super::programs;

/// Formats the failure of an output, after boxes and prefixes were removed.
fn formatted(output: &str) -> String {
    programs::formatted(&readable(output))
}

fn check(output: &str, expected: Expect) {
    expected.assert_eq(&formatted(output));
}
