//! `LookupBuilder`: builds lookup forms in a process of its own, because the parser of JavaScript recurses, and a hostile
//! file would otherwise take the stack or the memory of the service.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use autoheal_source_maps::limits::{GENERATED_BYTES, LOOKUP_BYTES, MAP_BYTES};
use autoheal_source_maps::{BadMap, Lookup, check};

/// Time after which a build is ended.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Size of the stack of a build, in bytes. Only what is used takes memory.
const STACK_BYTES: usize = 512 * 1024 * 1024;
/// The first byte of the result of a build.
const BUILT: u8 = 1;
/// As [`BUILT`], for a refusal, whose reason follows.
const REFUSED: u8 = 2;
/// Name of the hidden command that builds one lookup.
const COMMAND: &str = "build-source-map";
/// Its flag that leaves out the names of functions.
const WITHOUT_FUNCTIONS: &str = "--without-functions";

/// Builds lookup forms.
#[derive(Debug, Clone, Default)]
pub struct LookupBuilder {
    /// The `autoheal` binary; none builds in this process.
    binary: Option<PathBuf>,
}

/// A form that was not built.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BuildError {
    #[error(transparent)]
    Refused(#[from] BadMap),
    /// The file system or the system refused a process.
    #[error("{0}")]
    Failed(String),
}

impl LookupBuilder {
    /// A builder that runs this binary.
    #[must_use]
    pub fn by_process(binary: PathBuf) -> Self {
        Self { binary: Some(binary) }
    }

    /// Builds a form. Blocks. If the generated file or the sources cannot be parsed within the limits, the form has no
    /// names of functions from them.
    pub(crate) fn build(&self, generated: &[u8], map: &[u8]) -> Result<Vec<u8>, BuildError> {
        let Some(binary) = &self.binary else { return Ok(on_large_stack(generated, map, true)?) };
        // cheap, and a refused map needs no process
        check(map)?;
        match in_process(binary, generated, map, true)? {
            Some(result) => Ok(result?),
            None => {
                tracing::warn!(
                    "a source map was built without the names of functions, because its code is too complex"
                );
                let result = in_process(binary, b"", map, false)?;
                Ok(result.unwrap_or_else(|| Err(BadMap::too_complex()))?)
            }
        }
    }

    /// Builds the form of the input on the standard output: the other end of `LookupBuilder::build`. The caller has
    /// limited the memory of the process.
    ///
    /// # Errors
    ///
    /// If the input cannot be read, or the output not written.
    pub fn serve(mut input: impl Read, mut output: impl Write, with_functions: bool) -> std::io::Result<()> {
        let mut length = [0; 8];
        input.read_exact(&mut length)?;
        let mut generated = vec![0; usize::try_from(u64::from_le_bytes(length)).unwrap_or(0).min(GENERATED_BYTES)];
        input.read_exact(&mut generated)?;
        let mut map = Vec::new();
        input.take(MAP_BYTES as u64 + 1).read_to_end(&mut map)?;
        match on_large_stack(&generated, &map, with_functions) {
            Ok(form) => {
                output.write_all(&[BUILT])?;
                output.write_all(&form)?;
            }
            Err(bad) => {
                output.write_all(&[REFUSED])?;
                output.write_all(bad.to_string().as_bytes())?;
            }
        }
        output.flush()
    }
}

/// Builds on a thread with a large stack.
fn on_large_stack(generated: &[u8], map: &[u8], with_functions: bool) -> Result<Vec<u8>, BadMap> {
    let build = || if with_functions { Lookup::build(generated, map) } else { Lookup::build_without_functions(map) };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, build);
        thread.ok().and_then(|thread| thread.join().ok()).unwrap_or_else(|| Err(BadMap::too_complex()))
    })
}

/// Builds in another process. None if it did not end in time, or ended by a signal.
fn in_process(
    binary: &Path,
    generated: &[u8],
    map: &[u8],
    with_functions: bool,
) -> Result<Option<Result<Vec<u8>, BadMap>>, BuildError> {
    let failed = |error: std::io::Error| BuildError::Failed(format!("cannot run {}: {error}", binary.display()));
    let mut command = Command::new(binary);
    command.arg(COMMAND).args((!with_functions).then_some(WITHOUT_FUNCTIONS));
    // without the secrets of the service
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(failed)?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (Some(mut input), Some(output)) = (input, output) else {
        return Err(BuildError::Failed("a process has no pipes".to_owned()));
    };
    let child = Arc::new(std::sync::Mutex::new(child));
    let (done, ended) = std::sync::mpsc::channel::<()>();
    let result = std::thread::scope(|scope| {
        scope.spawn(move || {
            // a process that ended early is noticed by its output
            let length = u64::try_from(generated.len()).unwrap_or_default().to_le_bytes();
            let _ended =
                input.write_all(&length).and_then(|()| input.write_all(generated)).and_then(|()| input.write_all(map));
        });
        let timed = Arc::clone(&child);
        scope.spawn(move || {
            let started = Instant::now();
            if ended.recv_timeout(TIMEOUT).is_err_and(|error| error == std::sync::mpsc::RecvTimeoutError::Timeout) {
                tracing::warn!(seconds = started.elapsed().as_secs(), "building a source map took too long");
                let _ended = timed.lock().map(|mut child| child.kill());
            }
        });
        let mut result = Vec::new();
        let read = output.take(LOOKUP_BYTES as u64 + 1024).read_to_end(&mut result);
        drop(done);
        read.map(|_| result)
    });
    let status = child.lock().map_err(|_| BuildError::Failed("a build panicked".to_owned()))?.wait().map_err(failed)?;
    let result = result.map_err(failed)?;
    Ok(match result.split_first() {
        Some((&BUILT, form)) if status.success() => Some(Ok(form.to_vec())),
        Some((&REFUSED, reason)) if status.success() => Some(Err(BadMap::refused(&String::from_utf8_lossy(reason)))),
        _ => None,
    })
}
