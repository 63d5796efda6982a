//! Builds the browser package: Rust to WebAssembly, glue, optimiser, bundler. Prints the sizes of the result.

mod bundle;
mod compile;
mod files;
mod glue;
mod numbers;
mod sizes;
mod slim;

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::command::run;
use files::{files_in, newest, oldest};
use sizes::Sizes;

/// File name of the module: in `npm/pkg/` as wasm-bindgen writes it, in `npm/dist/` as it is shipped.
const WASM: &str = "mcp-autoheal_bg.wasm";

/// Folder of the glue and the module without the hand-written slimming, relative to `npm/`. They are only measured.
const UNSLIMMED: &str = "pkg/unslimmed";

/// Script that generates one more entry, relative to `npm/`.
const IPFS_ACCELERATE: &str = "scripts/ipfs-accelerate.mjs";
/// File that the script writes into `npm/dist/`.
const IPFS_ACCELERATE_ENTRY: &str = "ipfs-accelerate.js";

/// Builds `npm/pkg` and `npm/dist`, unless they are up to date. Prints the sizes, and the bytes that slimming saves.
pub(crate) fn build(root: &Path) -> Result<Sizes> {
    let npm = root.join("npm");
    compile::add_target()?;
    install_packages(&npm)?;
    let compiled = compile::compile(root)?;

    let (pkg, dist, unslimmed) = (npm.join("pkg"), npm.join("dist"), npm.join(UNSLIMMED));
    let generator = npm.join(IPFS_ACCELERATE);
    let mut outputs = vec![dist.join(WASM)];
    outputs.extend(bundle::ENTRIES.iter().map(|entry| dist.join(entry.file)));
    if generator.is_file() {
        outputs.push(dist.join(IPFS_ACCELERATE_ENTRY));
    }
    let comparison = [unslimmed.join(WASM), unslimmed.join(bundle::MAIN)];
    let mut inputs = vec![compiled.clone(), npm.join("package-lock.json"), std::env::current_exe()?];
    for folder in ["src", "scripts", "ipfs-accelerate"] {
        inputs.extend(files_in(&npm.join(folder))?);
    }
    if oldest(&outputs).min(oldest(&comparison)) <= newest(&inputs)? {
        std::fs::create_dir_all(&dist).context("cannot create npm/dist")?;
        std::fs::create_dir_all(&unslimmed).context("cannot create npm/pkg/unslimmed")?;
        glue::generate(&compiled, &pkg)?;
        numbers::generate(root, &pkg)?;
        let module = pkg.join(WASM);
        glue::optimise(&npm, &module, &comparison[0])?;
        let snip = npm.join("scripts/snip-panics.mjs");
        run(node().args([&snip, &module, &module]), "npm/scripts/snip-panics.mjs failed")?;
        let short_names = glue::optimise(&npm, &module, &dist.join(WASM))?;
        glue::write(&pkg, &unslimmed, &short_names)?;
        compile::refuse_local_paths(root, &dist.join(WASM))?;
        bundle::bundle(&npm)?;
        if generator.is_file() {
            run(node().arg(&generator).current_dir(&npm), "npm/scripts/ipfs-accelerate.mjs failed")?;
        }
    }

    let sizes = Sizes::measure(&outputs, &[WASM, bundle::MAIN])?;
    println!("{sizes}");
    println!("{}", sizes.savings(&Sizes::measure(&comparison, &[WASM, bundle::MAIN])?));
    Ok(sizes)
}

/// `node` in a folder of the repository, with the folder's packages installed.
pub(crate) fn node_in(folder: &str) -> Result<Command> {
    let folder = crate::root().join(folder);
    install_packages(&folder)?;
    let mut node = node();
    node.current_dir(folder);
    Ok(node)
}

/// Installs the packages of a folder's lock file, unless its `node_modules` is up to date.
fn install_packages(folder: &Path) -> Result<()> {
    let lock = folder.join("package-lock.json");
    // npm writes this file last
    if oldest(&[folder.join("node_modules/.package-lock.json")]) > newest(&[lock])? {
        return Ok(());
    }
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(
        Command::new(program).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(folder),
        &format!(
            "npm could not install the packages of {}: install Node 20 or newer, https://nodejs.org",
            folder.display()
        ),
    )
}

fn node() -> Command {
    Command::new("node")
}
