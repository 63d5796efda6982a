//! The browser package: Rust to WebAssembly, glue, optimiser, bundler, and the sizes of what comes out.

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use anyhow::{Context, Result, bail};

const TARGET: &str = "wasm32-unknown-unknown";
const WASM: &str = "mcp-autoheal_bg.wasm";
const ENTRY: &str = "mcp-autoheal.js";

/// What rustc emits and every browser since 2022 reads; `--all-features` would let the optimiser use more than that.
const WASM_FEATURES: [&str; 6] = [
    "--enable-bulk-memory",
    "--enable-reference-types",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-multivalue",
];

/// The sizes of the files a page loads.
pub(crate) struct Sizes {
    /// One per file.
    pub(crate) files: Vec<FileSize>,
}

/// The sizes of one file, in bytes.
pub(crate) struct FileSize {
    /// Its name in `npm/dist/`.
    pub(crate) name: String,
    /// As it is.
    pub(crate) raw: u64,
    /// At gzip's level 9.
    pub(crate) gzip: u64,
    /// At brotli's quality 11.
    pub(crate) brotli: u64,
}

/// Builds `npm/pkg` and `npm/dist`, does nothing that is up to date, and prints the sizes.
pub(crate) fn build(root: &Path) -> Result<Sizes> {
    let npm = root.join("npm");
    add_target()?;
    install_packages(&npm)?;
    let compiled = compile(root)?;

    let (pkg, dist) = (npm.join("pkg"), npm.join("dist"));
    let outputs = [dist.join(WASM), dist.join(ENTRY)];
    let mut inputs = vec![compiled.clone(), npm.join("package-lock.json"), std::env::current_exe()?];
    inputs.extend(files_in(&npm.join("src"))?);
    if oldest(&outputs) <= newest(&inputs)? {
        glue(&compiled, &pkg)?;
        std::fs::create_dir_all(&dist).context("npm/dist cannot be made")?;
        optimise(&npm, &pkg.join(WASM), &dist.join(WASM))?;
        bundle(&npm, &dist.join(ENTRY))?;
    }

    let sizes = measure(&outputs)?;
    println!("{sizes}");
    Ok(sizes)
}

/// Makes sure that rustc can compile for the browser.
fn add_target() -> Result<()> {
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

/// Makes sure that `npm/node_modules` is what the lock file says.
pub(crate) fn install_packages(npm: &Path) -> Result<()> {
    let lock = npm.join("package-lock.json");
    // npm writes this file last.
    if oldest(&[npm.join("node_modules/.package-lock.json")]) > newest(&[lock])? {
        return Ok(());
    }
    let program = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(
        Command::new(program).args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]).current_dir(npm),
        "npm does not run, or could not install npm/package-lock.json: install Node 20 or newer, https://nodejs.org",
    )
}

/// Compiles the module; cargo knows what is up to date.
fn compile(root: &Path) -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    run(
        Command::new(cargo)
            .args(["build", "--package", "mcp-autoheal-wasm", "--profile", "wasm", "--target", TARGET])
            .current_dir(root),
        "sdk-wasm does not compile",
    )?;
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |dir| root.join(dir));
    Ok(target.join(TARGET).join("wasm/mcp_autoheal_wasm.wasm"))
}

/// Writes the JavaScript glue. The library is used, not the tool of the same name, so that its version cannot differ
/// from the lock file's.
fn glue(compiled: &Path, pkg: &Path) -> Result<()> {
    wasm_bindgen_cli_support::Bindgen::new()
        .web(true)?
        .input_path(compiled)
        .out_name("mcp-autoheal")
        .typescript(false)
        // the shell says where the module is
        .omit_default_module_path(true)
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(pkg)
        .context("wasm-bindgen could not write npm/pkg")
}

fn optimise(npm: &Path, from: &Path, to: &Path) -> Result<()> {
    let wasm_opt = npm.join("node_modules/binaryen/bin/wasm-opt");
    run(
        node()
            .arg(wasm_opt)
            .args(["-Oz", "--strip-debug", "--strip-producers"])
            .args(WASM_FEATURES)
            .arg(from)
            .arg("-o")
            .arg(to),
        "wasm-opt failed: delete npm/node_modules to have it installed anew",
    )
}

/// Through esbuild's library: its command is a script on one machine and a native program on the next.
fn bundle(npm: &Path, to: &Path) -> Result<()> {
    const SCRIPT: &str = "
        require('esbuild').buildSync({
            entryPoints: ['src/index.js'], outfile: process.argv[1], logLevel: 'warning',
            bundle: true, minify: true, format: 'esm', target: 'es2022',
        });";
    run(
        node().args(["-e", SCRIPT, "--"]).arg(to).current_dir(npm),
        "esbuild failed: delete npm/node_modules to have it installed anew",
    )
}

/// Sizes as a web server would send them; Node compresses, so that no crate has to.
fn measure(files: &[PathBuf]) -> Result<Sizes> {
    const SCRIPT: &str = "
        const { readFileSync } = require('node:fs'), { basename } = require('node:path'), zlib = require('node:zlib');
        console.log(JSON.stringify(process.argv.slice(1).map((path) => {
            const bytes = readFileSync(path);
            return [basename(path), bytes.length, zlib.gzipSync(bytes, { level: 9 }).length, zlib.brotliCompressSync(bytes).length];
        })));";
    let output = node().args(["-e", SCRIPT, "--"]).args(files).output().context("node does not run")?;
    if !output.status.success() {
        bail!("the sizes of npm/dist cannot be taken: {}", String::from_utf8_lossy(&output.stderr));
    }
    let rows: Vec<(String, u64, u64, u64)> = serde_json::from_slice(&output.stdout)?;
    let files = rows.into_iter().map(|(name, raw, gzip, brotli)| FileSize { name, raw, gzip, brotli }).collect();
    Ok(Sizes { files })
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

fn files_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(directory).with_context(|| format!("{} cannot be read", directory.display()))?;
    let paths = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    Ok(paths.into_iter().filter(|path| path.extension() == Some(OsStr::new("js"))).collect())
}

/// When the oldest of these was written; the beginning of time if one is missing.
fn oldest(files: &[PathBuf]) -> SystemTime {
    files.iter().map(|file| written(file).unwrap_or(SystemTime::UNIX_EPOCH)).min().unwrap_or(SystemTime::UNIX_EPOCH)
}

/// When the newest of these was written; they must exist.
fn newest(files: &[PathBuf]) -> Result<SystemTime> {
    files.iter().try_fold(SystemTime::UNIX_EPOCH, |latest, file| Ok(latest.max(written(file)?)))
}

fn written(file: &Path) -> Result<SystemTime> {
    let metadata = std::fs::metadata(file).with_context(|| format!("{} is missing", file.display()))?;
    Ok(metadata.modified()?)
}

impl Sizes {
    /// All files together.
    pub(crate) fn total(&self) -> FileSize {
        let sum = |of: fn(&FileSize) -> u64| self.files.iter().map(of).sum();
        FileSize {
            name: "together".to_owned(),
            raw: sum(|file| file.raw),
            gzip: sum(|file| file.gzip),
            brotli: sum(|file| file.brotli),
        }
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:24}{:>9}{:>9}{:>9}", "npm/dist, bytes", "raw", "gzip", "brotli")?;
        for FileSize { name, raw, gzip, brotli } in self.files.iter().chain([&self.total()]) {
            write!(out, "\n{name:24}{raw:>9}{gzip:>9}{brotli:>9}")?;
        }
        Ok(())
    }
}
