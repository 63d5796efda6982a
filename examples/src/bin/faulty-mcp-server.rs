//! An MCP server on stdio whose tools, resource and prompt fail on purpose.
//!
//! - `--plain`: without reporting.
//! - `--remote`: reports as a server that untrusted clients can reach.
//! - `--http`: serves HTTP on a free port and prints the URL.
//! - `--http-without-url`: the same, but the reports do not contain the URL.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use autoheal_capture as capture;
use autoheal_capture::Healed;
use rmcp::handler::server::wrapper::Parameters;
use rmcp::model::{
    ListResourcesResult, PaginatedRequestParams, PromptMessage, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, Resource, ResourceContents, Role,
};
use rmcp::service::RequestContext;
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use rmcp::{ErrorData, RoleServer, ServerHandler, ServiceExt, prompt, prompt_router, schemars, tool, tool_router};
use rmcp::{prompt_handler, tool_handler};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const FINE: &str = "demo://fine";
const BROKEN: &str = "demo://broken";

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let option = std::env::args().nth(1);
    if option.as_deref() == Some("--plain") {
        Faulty.serve(rmcp::transport::stdio()).await?.waiting().await?;
        return Ok(());
    }
    let _capture = capture::start("faulty-mcp-server", env!("CARGO_PKG_VERSION"));
    tracing_subscriber::registry().with(capture::layer()).init();

    if let Some(option @ ("--http" | "--http-without-url")) = option.as_deref() {
        return serve_http(option == "--http").await;
    }
    let mut server = Healed::new(Faulty);
    if option.as_deref() == Some("--remote") {
        server = server.remote();
    }
    server.serve(rmcp::transport::stdio()).await?.waiting().await?;
    Ok(())
}

/// Serves HTTP until standard input ends.
async fn serve_http(with_url: bool) -> Result<(), Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/mcp", listener.local_addr()?);
    println!("{url}");
    let sessions = Arc::<LocalSessionManager>::default();
    let handler = move || Ok(if with_url { Healed::new(Faulty).at(&url) } else { Healed::new(Faulty) }.over_http());
    let service = StreamableHttpService::new(handler, sessions, StreamableHttpServerConfig::default());
    let serving = axum::serve(listener, axum::Router::new().route_service("/mcp", service));
    let mut rest = Vec::new();
    let mut input = tokio::io::stdin();
    tokio::select! {
        result = serving => result?,
        result = input.read_to_end(&mut rest) => drop(result?),
    }
    Ok(())
}

#[derive(Clone)]
struct Faulty;

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Division {
    a: i64,
    b: i64,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Pause {
    ms: u64,
}

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[schemars(crate = "rmcp::schemars")]
struct Words {
    text: String,
}

#[tool_router]
impl Faulty {
    #[tool(description = "Divides a by b")]
    async fn divide(&self, Parameters(Division { a, b }): Parameters<Division>) -> Result<String, String> {
        tracing::info!(a, b, "dividing");
        if b == 0 {
            return Err("division by zero".to_owned());
        }
        Ok((a / b).to_string())
    }

    #[tool(description = "Queries a backend that is down")]
    async fn lookup(&self) -> Result<String, ErrorData> {
        Err(ErrorData::internal_error("backend down", None))
    }

    #[tool(description = "Panics")]
    async fn crash(&self) -> String {
        tracing::info!("about to crash");
        let prices: [u32; 3] = [3, 5, 8];
        let item = prices.iter().sum::<u32>() as usize;
        prices[item].to_string()
    }

    #[tool(description = "Starts a task that panics, and ignores its result")]
    async fn leave(&self) -> String {
        let task = tokio::spawn(async { panic!("left alone") });
        task.await.map_or_else(|_| "left", |()| "stayed").to_owned()
    }

    #[tool(description = "Panics and recovers")]
    async fn recover(&self) -> String {
        std::panic::catch_unwind(|| panic!("recovered from")).map_or_else(|_| "recovered", |()| "never").to_owned()
    }

    #[tool(description = "Sleeps")]
    async fn slow(&self, Parameters(Pause { ms }): Parameters<Pause>) -> String {
        tokio::time::sleep(Duration::from_millis(ms)).await;
        "slept".to_owned()
    }

    #[tool(description = "Returns its argument")]
    async fn echo(&self, Parameters(Words { text }): Parameters<Words>) -> String {
        text
    }
}

#[prompt_router]
impl Faulty {
    #[prompt(description = "Greets")]
    async fn greeting(&self) -> Vec<PromptMessage> {
        vec![PromptMessage::new_text(Role::User, "Say hello.")]
    }

    #[prompt(description = "Fails")]
    async fn broken(&self) -> Result<Vec<PromptMessage>, ErrorData> {
        Err(ErrorData::internal_error("template missing", None))
    }
}

#[tool_handler(name = "faulty-mcp-server", version = "1.2.3")]
#[prompt_handler]
impl ServerHandler for Faulty {
    async fn list_resources(
        &self,
        _page: Option<PaginatedRequestParams>,
        _context: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let resources = [FINE, BROKEN].map(|uri| Resource::new(uri, uri)).to_vec();
        Ok(ListResourcesResult::with_all_items(resources))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _context: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match request.uri.as_str() {
            FINE => Ok(ReadResourceResult::new(vec![ResourceContents::text("fine", FINE)]).into()),
            BROKEN => Err(ErrorData::internal_error("disk on fire", None)),
            other => Err(ErrorData::resource_not_found(format!("Resource not found: {other}"), None)),
        }
    }
}
