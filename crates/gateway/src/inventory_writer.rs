//! `InventoryWriter`: writes the server's inventory to its file, the newest one last.

use std::sync::Mutex;

use autoheal_watch::{Inventory, InventoryFile};

use super::lock;

/// Writes inventories to one file, from several threads.
#[derive(Debug)]
pub(super) struct InventoryWriter {
    file: InventoryFile,
    /// The newest inventory that is not in the file yet.
    unwritten: Mutex<Option<Inventory>>,
    /// Held while the file is written, so that an older inventory never replaces a newer one.
    writing: Mutex<()>,
}

impl InventoryWriter {
    pub(super) fn new(file: InventoryFile) -> Self {
        Self { file, unwritten: Mutex::default(), writing: Mutex::default() }
    }

    /// Sets the inventory that the next [`Self::flush`] writes.
    pub(super) fn set(&self, inventory: Inventory) {
        *lock(&self.unwritten) = Some(inventory);
    }

    /// Writes the newest inventory, unless the file has it already. Waits for a write of another thread first.
    pub(super) fn flush(&self) {
        let _writing = lock(&self.writing);
        let newest = lock(&self.unwritten).take();
        if let Some(inventory) = newest {
            self.file.write(&inventory);
        }
    }
}

#[cfg(test)]
impl InventoryWriter {
    /// Stops writing until the guard is dropped.
    pub(super) fn block(&self) -> std::sync::MutexGuard<'_, ()> {
        lock(&self.writing)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn the_newest_inventory_is_written_last_by_many_threads() {
        let directory = tempfile::tempdir().unwrap();
        let file = InventoryFile::of_address(directory.path(), "http", "shop.example", "/mcp");
        let inventory = |number: u32| Inventory { server: "shop".to_owned(), tools: vec![format!("tool-{number}")] };
        for round in 0..50 {
            let writer = Arc::new(InventoryWriter::new(file.clone()));
            let threads: Vec<_> = (0..4)
                .map(|number| {
                    writer.set(inventory(round * 4 + number));
                    let writer = Arc::clone(&writer);
                    std::thread::spawn(move || writer.flush())
                })
                .collect();
            writer.flush();
            assert_eq!(file.read(), Some(inventory(round * 4 + 3)));
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            assert_eq!(file.read(), Some(inventory(round * 4 + 3)));
        }
    }
}
