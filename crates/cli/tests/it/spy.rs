//! A C library loaded into the service, through which a test holds its syncs and simulates a full disk.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::place::Place;

/// Timeout of a wait for a sync.
const TIMEOUT: Duration = Duration::from_secs(60);

pub(crate) struct Spy {
    holding: Arc<AtomicBool>,
    syncs: Arc<AtomicUsize>,
    held: mpsc::UnboundedReceiver<HeldSync>,
    directory: PathBuf,
}

/// A sync that is held until this is released or dropped.
pub(crate) struct HeldSync(UnixStream);

/// The operation that a full disk refuses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Full {
    Writes,
    Syncs,
}

impl Spy {
    /// Compiles the library, and loads it into each service started at the place.
    pub(crate) fn watch(place: &mut Place) -> Spy {
        let directory = place.directory.path().to_owned();
        let library = directory.join("sync_spy.so");
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/sync_spy.c");
        let compiled = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-Wall", "-Werror", "-o"])
            .arg(&library)
            .arg(source)
            .status();
        let compiled = compiled.expect("this test needs a C compiler: apt-get install -y gcc libc6-dev");
        assert!(compiled.success(), "the spy does not compile: apt-get install -y gcc libc6-dev");
        let socket = directory.join("spy.socket");
        let listener = UnixListener::bind(&socket).unwrap();
        let text = |path: PathBuf| path.to_str().unwrap().to_owned();
        for (name, path) in [
            ("LD_PRELOAD", library),
            ("SYNC_SPY_SOCKET", socket),
            ("SYNC_SPY_STORE", place.store()),
            ("SYNC_SPY_FULL_WRITES", directory.join("full-writes")),
            ("SYNC_SPY_FULL_SYNCS", directory.join("full-syncs")),
        ] {
            place.variables.push((name.to_owned(), text(path)));
        }
        let (sender, held) = mpsc::unbounded_channel();
        let spy = Spy { holding: Arc::default(), syncs: Arc::default(), held, directory };
        let (holding, syncs) = (Arc::clone(&spy.holding), Arc::clone(&spy.syncs));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                syncs.fetch_add(1, Ordering::SeqCst);
                let sync = HeldSync(stream);
                if holding.load(Ordering::SeqCst) {
                    let _test_is_over = sender.send(sync);
                } else {
                    sync.release().await;
                }
            }
        });
        spy
    }

    /// Holds each sync from now on.
    pub(crate) fn hold(&self) {
        self.holding.store(true, Ordering::SeqCst);
    }

    /// Holds no further syncs. Held syncs stay held.
    pub(crate) fn stop_holding(&self) {
        self.holding.store(false, Ordering::SeqCst);
    }

    /// Waits for the next held sync.
    pub(crate) async fn next_held(&mut self) -> HeldSync {
        let next = tokio::time::timeout(TIMEOUT, self.held.recv()).await;
        next.expect("the service syncs its store before a 202").unwrap()
    }

    /// Number of syncs since the service started.
    pub(crate) fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }

    /// Fills the disk.
    pub(crate) fn fill(&self, full: Full) {
        std::fs::write(self.switch(full), "").unwrap();
    }

    /// Frees the disk.
    pub(crate) fn free(&self, full: Full) {
        std::fs::remove_file(self.switch(full)).unwrap();
    }

    fn switch(&self, full: Full) -> PathBuf {
        self.directory.join(match full {
            Full::Writes => "full-writes",
            Full::Syncs => "full-syncs",
        })
    }
}

impl HeldSync {
    pub(crate) async fn release(mut self) {
        // the service may have been killed meanwhile
        let _gone = self.0.write_all(b"g").await;
    }
}
