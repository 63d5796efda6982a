//! The file of a frame in a checkout: which files may be read, and reading one without blocking.

use std::fs::File;
use std::io::Read;
use std::path::{Component, Path, PathBuf};

use autoheal_prepare::parse::has_source_ending;
use rustix::fs::{Mode, OFlags, open};

/// Maximum size of a file, in bytes. A larger one is generated.
const MAX_BYTES: u64 = 1024 * 1024;
/// Names, without their ending, of files that usually hold secrets.
const SECRET_NAMES: [&str; 8] =
    ["secret", "secrets", "credential", "credentials", "password", "passwords", "local_settings", "apikeys"];
/// Folders in which build tools of Java look for source files, relative to the directory of the program.
const JAVA_FOLDERS: [&str; 9] = [
    "",
    "src/main/java",
    "src/test/java",
    "src/main/kotlin",
    "src/test/kotlin",
    "src/main/scala",
    "src",
    "app/src/main/java",
    "app/src/main/kotlin",
];

/// A checkout, and the directory of the program within it.
pub(super) struct Checkout<'a> {
    pub(super) top: &'a Path,
    pub(super) directory: &'a Path,
}

/// A file of the checkout that may be read.
pub(super) struct SourceFile {
    /// Its path within the repository.
    pub(super) path: String,
    absolute: PathBuf,
}

impl Checkout<'_> {
    /// Finds the file of a frame. None if it is outside of the checkout, in another checkout within it, or no source code.
    pub(super) fn find(&self, file: &str, function: Option<&str>) -> Option<SourceFile> {
        let top = self.top.canonicalize().ok()?;
        self.candidates(file, function).into_iter().find_map(|candidate| {
            // without symbolic links, so that none leads out of the checkout
            let absolute = candidate.canonicalize().ok().filter(|absolute| absolute.is_file())?;
            let within = absolute.strip_prefix(&top).ok()?;
            let is_nested = within.ancestors().skip(1).any(|folder| {
                !folder.as_os_str().is_empty() && top.join(folder).join(".git").symlink_metadata().is_ok()
            });
            let path = within.to_str()?.to_owned();
            (is_source(within) && !is_nested).then_some(SourceFile { path, absolute })
        })
    }

    /// Paths at which the file of a frame may be, the likeliest first.
    fn candidates(&self, file: &str, function: Option<&str>) -> Vec<PathBuf> {
        let file = Path::new(file.strip_prefix("file://").unwrap_or(file));
        let within = if file.is_absolute() { file.strip_prefix(self.directory).ok() } else { Some(file) };
        let mut candidates: Vec<PathBuf> = file.is_absolute().then(|| file.to_owned()).into_iter().collect();
        let Some(within) = within else { return candidates };
        // compilers print paths relative to the directory of the build, which is above that of the program
        let folders = self.directory.ancestors().take_while(|folder| folder.starts_with(self.top));
        candidates.extend(folders.map(|folder| folder.join(within)));
        if let Some(package) = package(within, function) {
            let roots = [self.directory, self.top];
            let folders = roots.iter().flat_map(|root| JAVA_FOLDERS.map(|folder| root.join(folder)));
            candidates.extend(folders.map(|folder| folder.join(&package)));
        }
        candidates
    }
}

/// The path by which a file of Java, Kotlin or Scala is found: its package, and the name that the stack has.
fn package(file: &Path, function: Option<&str>) -> Option<PathBuf> {
    let is_java = matches!(file.extension()?.to_str()?, "java" | "kt" | "scala" | "groovy");
    if !is_java || file.components().count() > 1 {
        return None;
    }
    // `com.acme.Cart.total`, perhaps after a module: `app//com.acme.Cart.total`
    let function = function?.rsplit('/').next()?;
    let (class, _) = function.rsplit_once('.')?;
    let package = class.rsplit_once('.').map(|(package, _)| package).unwrap_or_default();
    Some(package.split('.').filter(|part| !part.is_empty()).collect::<PathBuf>().join(file))
}

/// True for a file of source code whose name and folders do not suggest secrets. Only these are read, because the names come
/// from a program's output, and other files may hold secrets.
fn is_source(within: &Path) -> bool {
    let is_plain = |part: Component<'_>| match part {
        Component::Normal(name) => !name.as_encoded_bytes().starts_with(b"."),
        _ => false,
    };
    let stem = within.file_stem().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    within.components().all(is_plain)
        && within.to_str().is_some_and(has_source_ending)
        && !SECRET_NAMES.contains(&stem.as_str())
}

impl SourceFile {
    /// Its content; none if it is too large or no regular file.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        // a named pipe that took the file's place would block
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = File::from(open(&self.absolute, flags, Mode::empty()).ok()?);
        let metadata = file.metadata().ok().filter(|metadata| metadata.is_file() && metadata.len() <= MAX_BYTES)?;
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).ok()?);
        file.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }
}
