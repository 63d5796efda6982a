//! Converts the numbers that the module and the shell share from Rust to JavaScript.

use std::path::Path;

use anyhow::{Context, Result, bail};

const RUST: &str = "sdk-wasm/src/shared_numbers.rs";
/// The file imports nothing, so that the bundler inlines every number.
const JAVASCRIPT: &str = "shared-numbers.js";

/// Writes `npm/pkg/shared-numbers.js`.
pub(super) fn generate(root: &Path, pkg: &Path) -> Result<()> {
    let rust = std::fs::read_to_string(root.join(RUST)).with_context(|| format!("cannot read {RUST}"))?;
    let exports = exports(&rust).with_context(|| format!("{RUST} cannot be turned into JavaScript"))?;
    std::fs::write(pkg.join(JAVASCRIPT), format!("// Made from {RUST}.\n{exports}"))
        .with_context(|| format!("npm/pkg/{JAVASCRIPT} cannot be written"))
}

fn exports(rust: &str) -> Result<String> {
    let mut exports = String::new();
    for line in rust.lines().filter(|line| !line.is_empty() && !line.starts_with("//")) {
        let Some((name, value)) = constant(line) else {
            bail!("`{line}` is not of the form `pub(crate) const NAME: TYPE = NUMBER;`");
        };
        exports.extend(["export const ", name, " = ", value, ";\n"]);
    }
    Ok(exports)
}

fn constant(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("pub(crate) const ")?.split_once(": ")?;
    let (_, value) = rest.strip_suffix(';')?.split_once(" = ")?;
    value.bytes().all(|byte| byte.is_ascii_digit()).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constants_become_exports() {
        let rust = "//! Numbers.\n\n/// One.\npub(crate) const ONE: u8 = 1;\npub(crate) const EIGHT: u32 = 8;\n";
        assert_eq!(exports(rust).expect("only constants"), "export const ONE = 1;\nexport const EIGHT = 8;\n");
    }

    #[test]
    fn anything_else_fails_the_build() {
        for line in ["const ONE: u8 = 1;", "pub(crate) const TWO: u32 = 1 << 1;", "pub(crate) fn three() {}", "use x;"]
        {
            assert!(exports(line).is_err(), "{line}");
        }
    }
}
