//! `ServerState`: name, version, protocol version and inventory of a server, from its own responses.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::inventory_file::Inventory;
use crate::lenient::{MAX_NAME_CHARS, read_name};

/// Maximum number of stored tools; also of resources, and of prompts.
const MAX_ENTRIES: usize = 5_000;
/// Maximum size of a stored schema, in bytes.
const MAX_SCHEMA_BYTES: usize = 8 * 1024;
/// Maximum size of all stored schemas, in bytes.
const MAX_TOTAL_SCHEMA_BYTES: usize = 1024 * 1024;

/// State of a server, from its own responses.
#[derive(Debug, Default)]
pub struct ServerState {
    pub(crate) name: Option<String>,
    pub(crate) version: Option<String>,
    pub(crate) protocol_version: Option<String>,
    /// True if the handshake is complete, or `server/discover` succeeded.
    pub(crate) is_ready: bool,
    /// Tools that were ever listed, or called with success.
    tools: BTreeSet<Box<str>>,
    resources: BTreeSet<Box<str>>,
    prompts: BTreeSet<Box<str>>,
    /// Inventory that an earlier process wrote. Dropped if the server sends another name, because the tools are then
    /// those of another server.
    restored: Inventory,
    schemas: HashMap<Box<str>, Schemas>,
    schema_bytes: usize,
    /// True if the inventory changed since it was last returned.
    is_changed: bool,
}

/// Schemas of a tool, as the server sent them.
#[derive(Debug)]
pub(crate) struct Schemas {
    pub(crate) input: Option<Box<RawValue>>,
    pub(crate) output: Option<Box<RawValue>>,
}

/// Name and version of a server.
#[derive(Deserialize)]
struct ServerInfo<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
}

/// Result of `initialize` or `server/discover`.
#[derive(Deserialize, Default)]
#[serde(default)]
struct InitializeResult<'a> {
    #[serde(borrow, rename = "serverInfo")]
    server: Option<&'a RawValue>,
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct ResultMeta<'a> {
    #[serde(borrow, rename = "io.modelcontextprotocol/serverInfo")]
    server: &'a RawValue,
}

#[derive(Deserialize)]
struct Tools<'a> {
    #[serde(borrow)]
    tools: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct Tool<'a> {
    name: String,
    #[serde(borrow, default, rename = "inputSchema")]
    input: Option<&'a RawValue>,
    #[serde(borrow, default, rename = "outputSchema")]
    output: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Resources {
    resources: Vec<Resource>,
}

#[derive(Deserialize)]
struct Resource {
    uri: Box<str>,
}

#[derive(Deserialize)]
struct Prompts {
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    name: Box<str>,
}

impl ServerState {
    /// Records server facts from the result of a request.
    pub(crate) fn record_result(&mut self, method: &str, result: &RawValue) {
        let text = result.get();
        match method {
            "initialize" | "server/discover" => {
                self.is_ready = true;
                let Ok(initialized) = serde_json::from_str::<InitializeResult<'_>>(text) else { return };
                self.protocol_version =
                    initialized.protocol_version.and_then(read_name).or(self.protocol_version.take());
                let meta = initialized.meta.and_then(|meta| serde_json::from_str::<ResultMeta<'_>>(meta.get()).ok());
                if let Some(server) = initialized.server.or(meta.map(|meta| meta.server)) {
                    self.set_server_info(server);
                }
            }
            "tools/list" => {
                let listed = serde_json::from_str::<Tools<'_>>(text).map_or(Vec::new(), |listed| listed.tools);
                listed
                    .iter()
                    .filter_map(|tool| serde_json::from_str(tool.get()).ok())
                    .for_each(|tool| self.add_listed_tool(&tool));
            }
            "resources/list" => {
                let listed = serde_json::from_str::<Resources>(text).map_or(Vec::new(), |listed| listed.resources);
                let remaining = MAX_ENTRIES.saturating_sub(self.resources.len());
                self.resources.extend(listed.into_iter().take(remaining).map(|resource| resource.uri).filter(is_name));
            }
            "prompts/list" => {
                let listed = serde_json::from_str::<Prompts>(text).map_or(Vec::new(), |listed| listed.prompts);
                let remaining = MAX_ENTRIES.saturating_sub(self.prompts.len());
                self.prompts.extend(listed.into_iter().take(remaining).map(|prompt| prompt.name).filter(is_name));
            }
            _ => {}
        }
    }

    /// Records the name of the server from `_meta`, which every result may contain since protocol version 2026-07-28.
    pub(crate) fn record_result_meta(&mut self, result: &RawValue) {
        if self.name.is_some() || !result.get().contains("io.modelcontextprotocol/serverInfo") {
            return;
        }
        let initialized = serde_json::from_str::<InitializeResult<'_>>(result.get()).ok();
        let meta =
            initialized.and_then(|initialized| serde_json::from_str::<ResultMeta<'_>>(initialized.meta?.get()).ok());
        if let Some(meta) = meta {
            self.set_server_info(meta.server);
        }
    }

    fn set_server_info(&mut self, server: &RawValue) {
        let Ok(server) = serde_json::from_str::<ServerInfo<'_>>(server.get()) else { return };
        let Some(name) = read_name(server.name) else { return };
        self.is_changed |= self.name.as_ref() != Some(&name);
        if self.restored.server != name {
            self.restored = Inventory::default();
        }
        self.name = Some(name);
        self.version = server.version.and_then(read_name);
    }

    fn add_listed_tool(&mut self, tool: &Tool<'_>) {
        if tool.name.len() > MAX_NAME_CHARS {
            return;
        }
        self.add_tool(&tool.name);
        let bounded = |schema: Option<&RawValue>| {
            schema.filter(|schema| schema.get().len() <= MAX_SCHEMA_BYTES).map(ToOwned::to_owned)
        };
        let schemas = Schemas { input: bounded(tool.input), output: bounded(tool.output) };
        let byte_count = |schemas: &Schemas| {
            [&schemas.input, &schemas.output].into_iter().flatten().map(|schema| schema.get().len()).sum::<usize>()
        };
        let replaced = self.schemas.get(tool.name.as_str()).map_or(0, byte_count);
        let bytes = self.schema_bytes - replaced + byte_count(&schemas);
        if bytes <= MAX_TOTAL_SCHEMA_BYTES && self.tools.contains(tool.name.as_str()) {
            self.schema_bytes = bytes;
            self.schemas.insert(tool.name.as_str().into(), schemas);
        }
    }

    /// Records a tool that was listed, or called with success.
    pub(crate) fn add_tool(&mut self, tool: &str) {
        if !self.tools.contains(tool) && self.tools.len() < MAX_ENTRIES {
            self.is_changed = true;
            self.tools.insert(tool.into());
        }
    }

    pub(crate) fn has_tool(&self, name: &str) -> bool {
        self.tools.contains(name) || self.restored.tools.iter().any(|tool| tool == name)
    }

    pub(crate) fn has_resource(&self, uri: &str) -> bool {
        self.resources.contains(uri)
    }

    pub(crate) fn has_prompt(&self, name: &str) -> bool {
        self.prompts.contains(name)
    }

    pub(crate) fn schemas(&self, tool: &str) -> Option<&Schemas> {
        self.schemas.get(tool)
    }

    /// The inventory, if it changed since the last call and the server sent its name.
    pub(crate) fn changed_inventory(&mut self) -> Option<Inventory> {
        let server = self.name.clone().filter(|_| std::mem::take(&mut self.is_changed))?;
        let restored = self.restored.tools.iter().map(String::as_str);
        let tools: BTreeSet<&str> = self.tools.iter().map(AsRef::as_ref).chain(restored).collect();
        Some(Inventory { server, tools: tools.into_iter().take(MAX_ENTRIES).map(str::to_owned).collect() })
    }

    pub(crate) fn restore_inventory(&mut self, mut inventory: Inventory) {
        inventory.tools.truncate(MAX_ENTRIES);
        self.restored = inventory;
    }
}

/// True if a name has at most [`MAX_NAME_CHARS`] bytes. Longer ones are skipped, because names in calls are cut.
#[expect(clippy::borrowed_box, reason = "`filter` passes a reference to the box")]
fn is_name(name: &Box<str>) -> bool {
    name.len() <= MAX_NAME_CHARS
}
