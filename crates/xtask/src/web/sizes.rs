//! Sizes of the built files, raw and compressed as a web server sends them.

use std::fmt;
use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use super::bundle::MAIN;
use super::{WASM, node};

/// The sizes of the package's files.
pub(crate) struct Sizes {
    /// The files of the main entry, which a page loads together.
    pub(crate) files: Vec<FileSize>,
    /// The files of the other entries, each of which replaces the main entry or extends it.
    pub(crate) others: Vec<FileSize>,
}

/// The sizes of one file, in bytes.
pub(crate) struct FileSize {
    /// File name.
    pub(crate) name: String,
    /// Uncompressed.
    pub(crate) raw: u64,
    /// With gzip, level 9.
    pub(crate) gzip: u64,
    /// With brotli, quality 11.
    pub(crate) brotli: u64,
}

impl Sizes {
    /// Measures files. `main` names the files of the main entry. Node compresses, so that xtask needs no crate for it.
    pub(super) fn measure(files: &[PathBuf], main: &[&str]) -> Result<Self> {
        const SCRIPT: &str = "
            const { readFileSync } = require('node:fs'), { basename } = require('node:path');
            const { brotliCompressSync, gzipSync } = require('node:zlib');
            console.log(JSON.stringify(process.argv.slice(1).map((path) => {
                const bytes = readFileSync(path);
                const compressed = [gzipSync(bytes, { level: 9 }), brotliCompressSync(bytes)];
                return [basename(path), bytes.length, ...compressed.map(({ length }) => length)];
            })));";
        let output = node().args(["-e", SCRIPT, "--"]).args(files).output().context("node does not run")?;
        if !output.status.success() {
            bail!("the sizes of the built files cannot be measured: {}", String::from_utf8_lossy(&output.stderr));
        }
        let rows: Vec<(String, u64, u64, u64)> = serde_json::from_slice(&output.stdout)?;
        let all = rows.into_iter().map(|(name, raw, gzip, brotli)| FileSize { name, raw, gzip, brotli });
        let (files, others) = all.partition(|file| main.contains(&file.name.as_str()));
        Ok(Self { files, others })
    }

    /// One line about the bytes that the hand-written slimming saves. `unslimmed` are the files without it.
    pub(super) fn savings(&self, unslimmed: &Sizes) -> String {
        let brotli = |sizes: &Sizes, name: &str| -> i64 {
            sizes.files.iter().filter(|file| file.name == name).map(|file| file.brotli as i64).sum()
        };
        let saved = |name: &str| brotli(unslimmed, name) - brotli(self, name);
        let (script, module) = (saved(MAIN), saved(WASM));
        format!(
            "slimming saves {} bytes of brotli: {script} in the script (slim.rs, crossing.js), {module} in the module \
             (snip-panics.mjs)",
            script + module
        )
    }

    /// The sum over the files of the main entry.
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
        for FileSize { name, raw, gzip, brotli } in self.files.iter().chain([&self.total()]).chain(&self.others) {
            write!(out, "\n{name:24}{raw:>9}{gzip:>9}{brotli:>9}")?;
        }
        Ok(())
    }
}
