//! A small C library loaded into the service, which lets a test hold its syncs and fill its disk.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::AsyncWriteExt;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;

use crate::place::Place;

/// How long a test waits for a sync.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Spy {
    holding: Arc<AtomicBool>,
    syncs: Arc<AtomicUsize>,
    held: mpsc::UnboundedReceiver<HeldSync>,
    directory: PathBuf,
}

/// A sync that has not taken place yet. It does when this is released, or dropped.
pub(crate) struct HeldSync(UnixStream);

/// What a full disk refuses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Full {
    Writes,
    Syncs,
}

impl Spy {
    /// Compiles the library and has every service that is started at the place load it.
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

    /// From now on every sync waits for the test.
    pub(crate) fn hold(&self) {
        self.holding.store(true, Ordering::SeqCst);
    }

    /// From now on syncs go on by themselves; those already held still wait.
    pub(crate) fn let_go(&self) {
        self.holding.store(false, Ordering::SeqCst);
    }

    /// The next sync, as soon as the service has entered it.
    pub(crate) async fn entered(&mut self) -> HeldSync {
        let next = tokio::time::timeout(PATIENCE, self.held.recv()).await;
        next.expect("the service syncs its store before it answers").unwrap()
    }

    /// How many syncs were begun since the service started.
    pub(crate) fn syncs(&self) -> usize {
        self.syncs.load(Ordering::SeqCst)
    }

    /// Fills the disk.
    pub(crate) fn fill(&self, full: Full) {
        std::fs::write(self.switch(full), "").unwrap();
    }

    /// Makes room again.
    pub(crate) fn make_room(&self, full: Full) {
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
        // The service may have been killed meanwhile.
        let _gone = self.0.write_all(b"g").await;
    }
}
