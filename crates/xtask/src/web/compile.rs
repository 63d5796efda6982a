//! Compiles the Rust crate to WebAssembly, without paths of this machine in the result.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::command::{cargo, run};
use crate::target_directory;

const TARGET: &str = "wasm32-unknown-unknown";

/// Installs the wasm target if it is missing.
pub(super) fn add_target() -> Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.context("rustc does not run: install Rust with rustup, https://rustup.rs")?.stdout;
    let library = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib").join(TARGET);
    if library.exists() {
        return Ok(());
    }
    // A target listed in rust-toolchain.toml is not installed where RUSTUP_AUTO_INSTALL=0 is set.
    run(
        Command::new("rustup").args(["target", "add", TARGET]),
        &format!(
            "the Rust target {TARGET} is missing: install rustup, https://rustup.rs, or install the target by hand"
        ),
    )
}

/// Compiles the module, unless it is up to date, and returns its path.
pub(super) fn compile(root: &Path) -> Result<PathBuf> {
    let mut flags = Vec::new();
    for folder in source_folders(root)? {
        let folder = folder.to_str().context("the path of a source folder is not UTF-8: move it")?;
        flags.push(format!("--remap-path-prefix={folder}=."));
    }
    run(
        cargo(&["build", "--package", "mcp-autoheal-wasm", "--profile", "wasm", "--target", TARGET])
            // Replaces the user's RUSTFLAGS, so that the shipped module does not depend on them.
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}")),
        "sdk-wasm does not compile",
    )?;
    Ok(target_directory().join(TARGET).join("wasm/mcp_autoheal_wasm.wasm"))
}

/// Fails when the module contains a path of this machine. Panic messages contain the paths of source files, and
/// `--remap-path-prefix` must have shortened them.
pub(super) fn refuse_local_paths(root: &Path, wasm: &Path) -> Result<()> {
    let bytes = std::fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    for folder in [root.to_path_buf(), cargo_home()?] {
        let path = folder.as_os_str().as_encoded_bytes();
        if bytes.windows(path.len()).any(|window| window == path) {
            bail!("{} contains {}: rustc's --remap-path-prefix did not replace it", wasm.display(), folder.display());
        }
    }
    Ok(())
}

/// Folders that source files are compiled from. The registries are listed one by one, because each folder's name
/// contains the registry's host, which must not stay in a remapped path.
fn source_folders(root: &Path) -> Result<Vec<PathBuf>> {
    let cargo_home = cargo_home()?;
    let mut folders = vec![root.to_path_buf(), cargo_home.join("git/checkouts")];
    let registries = cargo_home.join("registry/src");
    if registries.exists() {
        for entry in std::fs::read_dir(&registries).context("cargo's registry cannot be read")? {
            folders.push(entry?.path());
        }
    }
    folders.sort(); // in a fixed order, because cargo recompiles when the flags change
    Ok(folders)
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(configured) = std::env::var_os("CARGO_HOME") {
        return Ok(PathBuf::from(configured));
    }
    let home = std::env::home_dir().context("there is no home directory: set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}
