//! The key by which `mcp --http` hashes the networks of its callers, kept in a file, so that a caller is the same client
//! after a restart.

use std::fs::{self, DirBuilder};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

use autoheal_gateway::ClientKey;
use uuid::Uuid;

/// Name of the file, inside the data directory of the user.
const FILE: &str = "client.key";

/// The key in the data directory. Creates it if it is absent or damaged.
pub(crate) fn client_key(data: &Path) -> io::Result<ClientKey> {
    let path = data.join(FILE);
    if let Some(key) = read(&path)? {
        return Ok(key);
    }
    DirBuilder::new().recursive(true).mode(0o700).create(data)?;
    let (first, second) = (Uuid::new_v4(), Uuid::new_v4());
    // readable by its owner only
    let mut new_file = tempfile::Builder::new().prefix(".new-").tempfile_in(data)?;
    writeln!(new_file, "{}{}", first.simple(), second.simple())?;
    new_file.as_file().sync_all()?;
    match new_file.persist_noclobber(&path) {
        Ok(_) => {}
        // another process may have created it meanwhile
        Err(error) if read(&path)?.is_none() => drop(error.file.persist(&path).map_err(|error| error.error)?),
        Err(_) => {}
    }
    read(&path)?.ok_or_else(|| io::Error::other("the file changes"))
}

/// The key in a file; `None` if it is absent or damaged.
fn read(path: &Path) -> io::Result<Option<ClientKey>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if fs::metadata(path)?.permissions().mode() & 0o077 != 0 {
        // other users of the machine could compute which address a client has
        fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    }
    Ok(ClientKey::parse(&String::from_utf8_lossy(&text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_is_kept_private_and_replaced_only_if_it_is_damaged() {
        let place = tempfile::tempdir().unwrap();
        let data = place.path().join("data/autoheal");
        let path = data.join(FILE);
        let text = || fs::read_to_string(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        client_key(&data).unwrap();
        let first = text();
        assert_eq!((mode(&data), mode(&path)), (0o700, 0o600));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        client_key(&data).unwrap();
        assert_eq!((text(), mode(&path)), (first.clone(), 0o600));
        for damaged in ["", "short", &"x".repeat(64)] {
            fs::write(&path, damaged).unwrap();
            client_key(&data).unwrap();
            assert_ne!(text(), damaged);
        }
        assert_ne!(text(), first);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "no file is left behind");
        // a directory is no file
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(client_key(&data).is_err());
    }
}
