//! What is known of the server, from what it said itself: name, version, protocol, and what it offers.

use std::collections::{BTreeSet, HashMap};

use serde::Deserialize;
use serde_json::value::RawValue;

use super::inventory_file::Inventory;
use super::lenient::{MAX_NAME_CHARS, read_name};

/// Most tools, resources or prompts that are remembered.
const MOST: usize = 5_000;
/// Longest schema that is remembered, and most of all together, in bytes.
const SCHEMA: usize = 8 * 1024;
const SCHEMAS: usize = 1024 * 1024;

/// What is known of the server.
#[derive(Debug, Default)]
pub struct Known {
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) protocol_version: Option<String>,
    /// The handshake is complete, or there is none in this era.
    pub(super) ready: bool,
    /// Everything that ever was: listed, remembered from an earlier process, or called with success.
    tools: BTreeSet<Box<str>>,
    resources: BTreeSet<Box<str>>,
    prompts: BTreeSet<Box<str>>,
    /// What an earlier process learnt of a server of that name: another one is not to blame for its tools.
    remembered: Inventory,
    schemas: HashMap<Box<str>, Schemas>,
    schema_bytes: usize,
    /// Something is new since it was last written down.
    changed: bool,
}

/// A tool's schemas, as the server wrote them.
#[derive(Debug)]
pub(super) struct Schemas {
    pub(super) input: Option<Box<RawValue>>,
    pub(super) output: Option<Box<RawValue>>,
}

/// A name and a version, as servers tell theirs.
#[derive(Deserialize)]
struct Implementation<'a> {
    #[serde(borrow)]
    name: &'a RawValue,
    #[serde(borrow, default)]
    version: Option<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Greeting<'a> {
    #[serde(borrow, rename = "serverInfo")]
    server: Option<&'a RawValue>,
    #[serde(borrow, rename = "protocolVersion")]
    protocol_version: Option<&'a RawValue>,
    #[serde(borrow, rename = "_meta")]
    meta: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Meta<'a> {
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

impl Known {
    /// Learns from the result of a request.
    pub(super) fn learn(&mut self, method: &str, result: &RawValue) {
        let text = result.get();
        match method {
            "initialize" | "server/discover" => {
                self.ready = true;
                let Ok(greeting) = serde_json::from_str::<Greeting<'_>>(text) else { return };
                self.protocol_version = greeting.protocol_version.and_then(read_name).or(self.protocol_version.take());
                let meta = greeting.meta.and_then(|meta| serde_json::from_str::<Meta<'_>>(meta.get()).ok());
                if let Some(server) = greeting.server.or(meta.map(|meta| meta.server)) {
                    self.introduce(server);
                }
            }
            "tools/list" => {
                let listed = serde_json::from_str::<Tools<'_>>(text).map_or(Vec::new(), |listed| listed.tools);
                listed
                    .iter()
                    .filter_map(|tool| serde_json::from_str(tool.get()).ok())
                    .for_each(|tool| self.list(&tool));
            }
            "resources/list" => {
                let listed = serde_json::from_str::<Resources>(text).map_or(Vec::new(), |listed| listed.resources);
                let room = MOST.saturating_sub(self.resources.len());
                self.resources.extend(listed.into_iter().take(room).map(|resource| resource.uri).filter(is_name));
            }
            "prompts/list" => {
                let listed = serde_json::from_str::<Prompts>(text).map_or(Vec::new(), |listed| listed.prompts);
                let room = MOST.saturating_sub(self.prompts.len());
                self.prompts.extend(listed.into_iter().take(room).map(|prompt| prompt.name).filter(is_name));
            }
            _ => {}
        }
    }

    /// In the modern era any result may say who answers.
    pub(super) fn learn_from_meta(&mut self, result: &RawValue) {
        if self.name.is_some() || !result.get().contains("io.modelcontextprotocol/serverInfo") {
            return;
        }
        let greeting = serde_json::from_str::<Greeting<'_>>(result.get()).ok();
        let meta = greeting.and_then(|greeting| serde_json::from_str::<Meta<'_>>(greeting.meta?.get()).ok());
        if let Some(meta) = meta {
            self.introduce(meta.server);
        }
    }

    fn introduce(&mut self, server: &RawValue) {
        let Ok(server) = serde_json::from_str::<Implementation<'_>>(server.get()) else { return };
        let Some(name) = read_name(server.name) else { return };
        self.changed |= self.name.as_ref() != Some(&name);
        if self.remembered.server != name {
            self.remembered = Inventory::default();
        }
        self.name = Some(name);
        self.version = server.version.and_then(read_name);
    }

    fn list(&mut self, tool: &Tool<'_>) {
        if tool.name.len() > MAX_NAME_CHARS {
            return;
        }
        self.exists(&tool.name);
        let fits =
            |schema: Option<&RawValue>| schema.filter(|schema| schema.get().len() <= SCHEMA).map(ToOwned::to_owned);
        let schemas = Schemas { input: fits(tool.input), output: fits(tool.output) };
        let weight = |schemas: &Schemas| {
            [&schemas.input, &schemas.output].into_iter().flatten().map(|schema| schema.get().len()).sum::<usize>()
        };
        let known = self.schemas.get(tool.name.as_str()).map_or(0, weight);
        let bytes = self.schema_bytes - known + weight(&schemas);
        if bytes <= SCHEMAS && self.tools.contains(tool.name.as_str()) {
            self.schema_bytes = bytes;
            self.schemas.insert(tool.name.as_str().into(), schemas);
        }
    }

    /// A tool by this name was listed, or answered.
    pub(super) fn exists(&mut self, tool: &str) {
        if !self.tools.contains(tool) && self.tools.len() < MOST {
            self.changed = true;
            self.tools.insert(tool.into());
        }
    }

    pub(super) fn has_tool(&self, name: &str) -> bool {
        self.tools.contains(name) || self.remembered.tools.iter().any(|tool| tool == name)
    }

    pub(super) fn has_resource(&self, uri: &str) -> bool {
        self.resources.contains(uri)
    }

    pub(super) fn has_prompt(&self, name: &str) -> bool {
        self.prompts.contains(name)
    }

    pub(super) fn schemas(&self, tool: &str) -> Option<&Schemas> {
        self.schemas.get(tool)
    }

    /// What is worth remembering, if anything of it is new and the server said its name.
    pub(super) fn changed_inventory(&mut self) -> Option<Inventory> {
        let server = self.name.clone().filter(|_| std::mem::take(&mut self.changed))?;
        let remembered = self.remembered.tools.iter().map(String::as_str);
        let tools: BTreeSet<&str> = self.tools.iter().map(AsRef::as_ref).chain(remembered).collect();
        Some(Inventory { server, tools: tools.into_iter().take(MOST).map(str::to_owned).collect() })
    }

    pub(super) fn restore_inventory(&mut self, mut inventory: Inventory) {
        inventory.tools.truncate(MOST);
        self.remembered = inventory;
    }
}

/// A longer one is not known of calls, either.
#[expect(clippy::borrowed_box, reason = "what `filter` gives")]
fn is_name(name: &Box<str>) -> bool {
    name.len() <= MAX_NAME_CHARS
}
