//! From Rust to WebAssembly, without a word about the machine it was done on.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use super::run;

const TARGET: &str = "wasm32-unknown-unknown";

/// Makes sure that rustc can compile for the browser.
pub(super) fn add_target() -> Result<()> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.context("rustc does not run: install Rust with rustup, https://rustup.rs")?.stdout;
    let library = Path::new(String::from_utf8_lossy(&sysroot).trim()).join("lib/rustlib").join(TARGET);
    if library.exists() {
        return Ok(());
    }
    // Not left to rust-toolchain.toml: RUSTUP_AUTO_INSTALL=0 would make that line a wish.
    run(
        Command::new("rustup").args(["target", "add", TARGET]),
        &format!("the Rust target {TARGET} is missing: install rustup, https://rustup.rs, or the target by hand"),
    )
}

/// Compiles the module; cargo knows what is up to date.
pub(super) fn compile(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut flags = Vec::new();
    for folder in source_folders(root)? {
        let folder = folder.to_str().context("the path of a source folder is not UTF-8: move it")?;
        flags.push(format!("--remap-path-prefix={folder}=."));
    }
    run(
        Command::new(cargo)
            .args(["build", "--package", "mcp-autoheal-wasm", "--profile", "wasm", "--target", TARGET])
            // Instead of the user's own RUSTFLAGS: what is shipped does not depend on them.
            .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
            .current_dir(root),
        "sdk-wasm does not compile",
    )?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    Ok(target.join(TARGET).join("wasm/mcp_autoheal_wasm.wasm"))
}

/// Panic messages hold paths of source files. Those of our own and of dependencies must have been shortened.
pub(super) fn refuse_paths_of_this_machine(root: &Path, wasm: &Path) -> Result<()> {
    let bytes = std::fs::read(wasm).with_context(|| format!("cannot read {}", wasm.display()))?;
    for folder in [root.to_path_buf(), cargo_home()?] {
        let path = folder.as_os_str().as_encoded_bytes();
        if bytes.windows(path.len()).any(|window| window == path) {
            bail!("{} names {}: rustc's --remap-path-prefix has not reached it", wasm.display(), folder.display());
        }
    }
    Ok(())
}

/// The folders source files are compiled from. Registries one by one: a folder's name there is its registry's host.
fn source_folders(root: &Path) -> Result<Vec<PathBuf>> {
    let cargo = cargo_home()?;
    let mut folders = vec![root.to_path_buf(), cargo.join("git/checkouts")];
    let registries = cargo.join("registry/src");
    if registries.exists() {
        for entry in std::fs::read_dir(&registries).context("cargo's registry cannot be read")? {
            folders.push(entry?.path());
        }
    }
    folders.sort(); // the same flags every time, or cargo would compile anew
    Ok(folders)
}

fn cargo_home() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("CARGO_HOME") {
        return Ok(PathBuf::from(named));
    }
    let home = std::env::home_dir().context("there is no home directory: set CARGO_HOME")?;
    Ok(home.join(".cargo"))
}
