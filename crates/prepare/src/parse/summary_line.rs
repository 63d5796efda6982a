//! Chooses the line of a program's output that best explains its failure, for output without a runtime's error.

/// Prefixes of the lines that name a failed test: pytest, TAP (`node --test`), `go test`.
const FAILED_TEST_PREFIXES: [&str; 3] = ["FAILED ", "not ok ", "--- FAIL: "];

/// Returns the line of the first failed test, else the last line that is not a mere status, else the last line. Blank
/// lines do not count.
#[must_use]
pub fn summary_line(output: &str) -> Option<&str> {
    let lines = || output.lines().map(str::trim).filter(|line| !line.is_empty());
    let test = lines().find(|line| FAILED_TEST_PREFIXES.iter().any(|prefix| line.starts_with(prefix)));
    let last = || lines().rfind(|line| !is_status(line));
    test.or_else(last).or_else(|| lines().next_back())
}

/// Returns true for lines that runtimes and test runners print below every failure.
fn is_status(line: &str) -> bool {
    let is_number = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_digit());
    line.strip_prefix("exit status ").is_some_and(is_number)
        || line.starts_with("Node.js v")
        || line.starts_with("npm error A complete log of this run")
        || line.starts_with("npm ERR! A complete log of this run")
        || line.starts_with("npm ERR!     ")
        || matches!(line, "FAIL" | "npm ERR!")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_best_explains_the_failure_is_chosen() {
        for (output, expected) in [
            ("building\ncart.c:3: error: no price\n\n", Some("cart.c:3: error: no price")),
            ("2026/11/22 10:00:00 no config\nexit status 1\n", Some("2026/11/22 10:00:00 no config")),
            ("thrown: nothing known\n\nNode.js v20.20.2\n", Some("thrown: nothing known")),
            (
                "--- FAIL: TestA (0.00s)\n    x_test.go:4: want 1\nFAIL\nFAIL\tx\t0.002s\nFAIL\n",
                Some("--- FAIL: TestA (0.00s)"),
            ),
            ("ok 1 - adds\nnot ok 2 - divides\n# fail 1\n# duration_ms 7.4\n", Some("not ok 2 - divides")),
            (
                "FAILED t/test_x.py::test_b - KeyError: 'b'\n1 failed in 0.02s\n",
                Some("FAILED t/test_x.py::test_b - KeyError: 'b'"),
            ),
            ("exit status 2\n", Some("exit status 2")),
            (" \n", None),
        ] {
            assert_eq!(summary_line(output), expected, "{output:?}");
        }
    }
}
