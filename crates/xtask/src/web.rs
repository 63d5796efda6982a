//! The browser package: Rust to WebAssembly, glue, optimiser, bundler, and the sizes of what comes out.

mod bundle;
mod compile;
mod files;
mod glue;
mod numbers;
mod sizes;
mod slim;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

use files::{files_in, newest, oldest};
use sizes::Sizes;

/// The module's file, in `npm/pkg/` as wasm-bindgen leaves it and in `npm/dist/` as it is shipped.
const WASM: &str = "mcp-autoheal_bg.wasm";

/// The generator of one more entry, and what it writes into `npm/dist/`.
const IPFS_ACCELERATE: &str = "scripts/ipfs-accelerate.mjs";
const IPFS_ACCELERATE_ENTRY: &str = "ipfs-accelerate.js";

/// Builds `npm/pkg` and `npm/dist`, does nothing that is up to date, and prints the sizes.
pub(crate) fn build(root: &Path) -> Result<Sizes> {
    let npm = root.join("npm");
    compile::add_target()?;
    install_packages(&npm)?;
    let compiled = compile::compile(root)?;

    let (pkg, dist) = (npm.join("pkg"), npm.join("dist"));
    let generator = npm.join(IPFS_ACCELERATE);
    let mut outputs = vec![dist.join(WASM)];
    outputs.extend(bundle::ENTRIES.iter().map(|entry| dist.join(entry.file)));
    if generator.is_file() {
        outputs.push(dist.join(IPFS_ACCELERATE_ENTRY));
    }
    let mut inputs = vec![compiled.clone(), npm.join("package-lock.json"), std::env::current_exe()?];
    for folder in ["src", "scripts", "ipfs-accelerate"] {
        inputs.extend(files_in(&npm.join(folder))?);
    }
    if oldest(&outputs) <= newest(&inputs)? {
        std::fs::create_dir_all(&dist).context("npm/dist cannot be made")?;
        glue::generate(&compiled, &pkg)?;
        numbers::generate(root, &pkg)?;
        let module = pkg.join(WASM);
        let snip = npm.join("scripts/snip-panics.mjs");
        run(node().args([&snip, &module, &module]), "npm/scripts/snip-panics.mjs failed")?;
        let renamed = glue::optimise(&npm, &module, &dist.join(WASM))?;
        glue::rename(&pkg, &renamed)?;
        compile::refuse_paths_of_this_machine(root, &dist.join(WASM))?;
        bundle::bundle(&npm)?;
        if generator.is_file() {
            run(node().arg(&generator).current_dir(&npm), "npm/scripts/ipfs-accelerate.mjs failed")?;
        }
    }

    let sizes = Sizes::measure(&outputs, &[WASM, bundle::MAIN])?;
    println!("{sizes}");
    Ok(sizes)
}

/// Makes sure that a folder's `node_modules` is what its lock file says.
pub(crate) fn install_packages(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    // npm writes this file last.
    if oldest(&[folder.join("node_modules/.package-lock.json")]) > newest(&[lock])? {
        return Ok(());
    }
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(
        Command::new(program).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder),
        &format!(
            "npm does not run, or could not install what {} locks: install Node 20 or newer, https://nodejs.org",
            folder.display()
        ),
    )
}

fn node() -> Command {
    Command::new("node")
}

/// Runs a step of the build; when it fails, `remedy` is the one sentence people see.
fn run(command: &mut Command, remedy: &str) -> Result<()> {
    let status = command.status().with_context(|| remedy.to_owned())?;
    if !status.success() {
        bail!("{remedy} ({} ended with {status})", command.get_program().display());
    }
    Ok(())
}
