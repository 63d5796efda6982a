//! `/app/`: the files of `--static`, without hidden and private files, links out of the directory, and the files of
//! autoheal itself.

mod private_names;

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use autoheal_contract::RefusalCode;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{Next, from_fn_with_state, map_response};
use axum::response::{IntoResponse, Redirect, Response};
use percent_encoding::percent_decode_str;
use tower_http::services::ServeDir;

use self::private_names::{is_for_pages, is_private_directory, is_private_file};
use crate::config::Config;
use crate::error::ApiError;

/// Content security policy of the files: they may run WebAssembly and connect to any server, but load nothing from
/// elsewhere.
const POLICY: &str = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; \
     img-src 'self' data:; connect-src *; frame-ancestors 'none'; base-uri 'none'";
/// The page of a directory.
const INDEX: &str = "index.html";
/// First bytes of a SQLite database, its write-ahead log, the index of that log, and its journal.
const DATABASE_BEGINNINGS: [&[u8]; 6] = [
    b"SQLite format 3\0",
    b"\x37\x7f\x06\x82",
    b"\x37\x7f\x06\x83",
    b"\x18\xe2\x2d\x00",
    b"\x00\x2d\xe2\x18",
    b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7",
];
/// Bytes of a file in which a private key is sought. Certificates and comments stand before some keys.
const SOUGHT_BYTES: u64 = 64 * 1024;
/// The longest beginning of a private key's first line: `-----BEGIN ENCRYPTED PRIVATE KEY` and the like.
const KEY_LINE_BYTES: usize = 64;

/// The directory of `--static`, and what must not be served from it.
#[derive(Debug)]
struct Files {
    directory: PathBuf,
    /// The file of the store; others of the store have names that begin with its name.
    store_file: Option<PathBuf>,
    /// The directory of the store, and the directory of spooled reports.
    private: Vec<PathBuf>,
}

/// What a path under `/app/` leads to.
enum Found {
    File,
    /// A directory whose path lacks its last slash.
    DirectoryWithoutSlash,
    Nothing,
}

/// The router of the files.
pub(super) fn router(directory: &Path, config: &Config) -> Router {
    let files = Arc::new(Files::new(directory, config));
    Router::new().fallback_service(ServeDir::new(directory)).layer(from_fn_with_state(files, guard)).layer(
        map_response(|mut response: Response| async move {
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
            // with `no-referrer`, browsers would send beacons with `Origin: null`
            headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
            response
        }),
    )
}

/// Passes on requests for files that may be served.
async fn guard(State(files): State<Arc<Files>>, request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let message = format!("/app{path} does not support this method");
        let refusal = ApiError::new(RefusalCode::MethodNotAllowed, message);
        return ([(header::ALLOW, "GET,HEAD")], refusal).into_response();
    }
    let sought = path.clone();
    let found = tokio::task::spawn_blocking(move || files.find(&sought)).await.unwrap_or(Found::Nothing);
    match found {
        Found::File => next.run(request).await,
        Found::DirectoryWithoutSlash => {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            Redirect::permanent(&format!("/app{path}/{query}")).into_response()
        }
        Found::Nothing => ApiError::new(RefusalCode::NotFound, format!("there is no file /app{path}")).into_response(),
    }
}

impl Files {
    fn new(directory: &Path, config: &Config) -> Self {
        let resolved = |path: &Path| path.canonicalize().ok();
        let data = config.data_dir.as_deref().and_then(resolved);
        let user_data = autoheal_deliver::data_directory().as_deref().and_then(resolved);
        let spools: Vec<_> = data.iter().chain(&user_data).map(|data| data.join("spool")).collect();
        let directory = resolved(directory).unwrap_or_else(|| directory.to_owned());
        // if the store lies directly in the served directory, the other files there are still served
        let data = data.filter(|data| !directory.starts_with(data));
        Self { directory, store_file: config.store_file.clone(), private: data.into_iter().chain(spools).collect() }
    }

    fn find(&self, path: &str) -> Found {
        let Ok(decoded) = percent_decode_str(path).decode_utf8() else { return Found::Nothing };
        // `ServeDir` would redirect an escaped last slash to a path outside of `/app/`
        if decoded.ends_with('/') != path.ends_with('/') {
            return Found::Nothing;
        }
        let relative = Path::new(decoded.trim_start_matches('/'));
        if decoded.split('/').any(|name| name.starts_with('.')) || !is_visible(relative) || is_private(relative) {
            return Found::Nothing;
        }
        let Some((resolved, metadata)) = self.resolve(&self.directory.join(relative)) else { return Found::Nothing };
        if !metadata.is_dir() {
            // a link with a private name is not served either
            let is_named_private = relative.file_name().is_some_and(|name| is_private_file(&name.to_string_lossy()));
            let may_serve = !is_named_private && self.may_serve(&resolved, &metadata);
            return if may_serve { Found::File } else { Found::Nothing };
        }
        if !decoded.ends_with('/') {
            return Found::DirectoryWithoutSlash;
        }
        match self.resolve(&resolved.join(INDEX)) {
            Some((index, metadata)) if self.may_serve(&index, &metadata) => Found::File,
            _ => Found::Nothing,
        }
    }

    /// The path without links, if it is in the directory and visible.
    fn resolve(&self, path: &Path) -> Option<(PathBuf, Metadata)> {
        let resolved = path.canonicalize().ok()?;
        let is_inside =
            resolved.strip_prefix(&self.directory).is_ok_and(|relative| is_visible(relative) && !is_private(relative));
        let is_private = self.private.iter().any(|private| resolved.starts_with(private));
        let metadata = resolved.metadata().ok()?;
        (is_inside && !is_private).then_some((resolved, metadata))
    }

    /// True for a regular file that has no private name, and is no database, private key or file of the store under any
    /// other name.
    fn may_serve(&self, path: &Path, metadata: &Metadata) -> bool {
        let has_private_name = path.file_name().is_some_and(|name| is_private_file(&name.to_string_lossy()));
        metadata.is_file() && !has_private_name && !self.is_of_store(path, metadata) && !has_private_content(path)
    }

    /// True for a file whose name begins with the store's name, or that is the same file as one of these.
    fn is_of_store(&self, path: &Path, metadata: &Metadata) -> bool {
        let Some(store) = &self.store_file else { return false };
        let Some(name) = store.file_name().map(OsStr::as_bytes) else { return false };
        if path.file_name().is_some_and(|file| file.as_bytes().starts_with(name)) {
            return true;
        }
        let directory = store.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let Ok(entries) = directory.read_dir() else { return false };
        let mut of_store = entries.flatten().filter(|entry| entry.file_name().as_bytes().starts_with(name));
        of_store.any(|entry| {
            // follows a link, because the store may be one
            let of_store = entry.path().metadata();
            of_store.is_ok_and(|of_store| (of_store.dev(), of_store.ino()) == (metadata.dev(), metadata.ino()))
        })
    }
}

/// True if every part of a path is a name that does not begin with a dot.
fn is_visible(path: &Path) -> bool {
    path.components().all(|part| match part {
        Component::Normal(name) => !name.as_bytes().starts_with(b".") && !name.as_bytes().contains(&0),
        Component::CurDir | Component::ParentDir | Component::RootDir | Component::Prefix(_) => false,
    })
}

/// True if a directory on the way is a copy that was left behind.
fn is_private(path: &Path) -> bool {
    path.components().any(|part| is_private_directory(&part.as_os_str().to_string_lossy()))
}

/// True for a SQLite database, such as a backup of the store, and its logs, and for a private key. Unreadable files
/// count as one.
fn has_private_content(path: &Path) -> bool {
    let mut beginning = Vec::new();
    let read = File::open(path).and_then(|file| file.take(SOUGHT_BYTES).read_to_end(&mut beginning));
    let is_database = DATABASE_BEGINNINGS.iter().any(|known| beginning.starts_with(known));
    let is_for_pages = path.file_name().is_some_and(|name| is_for_pages(&name.to_string_lossy()));
    read.is_err() || is_database || holds_private_key(&beginning, is_for_pages)
}

/// True if a line begins a private key. In data, a key may also stand within a line; scripts and pages about keys mention
/// the words there.
fn holds_private_key(text: &[u8], is_for_pages: bool) -> bool {
    let begins_key = |text: &[u8]| {
        let start = &text[..text.len().min(KEY_LINE_BYTES)];
        let begins = start.starts_with(b"-----BEGIN ") || start.starts_with(b"---- BEGIN ");
        begins && start.windows(11).any(|part| part == b"PRIVATE KEY")
    };
    text.split(|byte| matches!(byte, b'\n' | b'\r')).any(|line| {
        let begin = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line).trim_ascii_start();
        let within = || (0..line.len()).any(|start| begins_key(&line[start..]));
        begins_key(begin) || begin.starts_with(b"PuTTY-User-Key-File") || !is_for_pages && within()
    })
}
