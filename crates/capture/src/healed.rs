//! `Healed`: an MCP server written with rmcp whose failures are reported, and whose panics become error responses.

mod call;
mod over_http;
mod stacks;
mod verdict;

use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Instant;

use rmcp::ErrorData;
use rmcp::model::{ProtocolVersion, ServerConfig, ServerResult};
use rmcp::service::{NotificationContext, RequestContext, RoleServer, Service, ServiceRole};

use self::call::Call;
pub use self::over_http::OverHttp;
use self::verdict::{MaybeToolResult, classify, noun, panicked};
use super::panic::{Panic, message};
use super::{FLUSH_TIMEOUT, hook, outbox};
use autoheal_prepare::shell::shell_line;
use autoheal_prepare::validate::Sender;
use autoheal_watch::Classification;
use autoheal_watch::Target;

type Request = <RoleServer as ServiceRole>::PeerReq;
type Notification = <RoleServer as ServiceRole>::PeerNot;

/// An MCP server whose failures are reported: failing tools, handlers that return errors, and handlers that panic. A panic
/// becomes an error response; without `Healed` the caller would get none.
///
/// ```no_run
/// # use rmcp::{ServerHandler, ServiceExt};
/// # use tokio::io::DuplexStream;
/// # async fn run(server: impl ServerHandler, stdio: fn() -> DuplexStream) -> Result<(), Box<dyn std::error::Error>> {
/// use autoheal_capture::Healed;
///
/// let running = Healed::new(server).serve(stdio()).await?;
/// running.waiting().await?;
/// # Ok(())
/// # }
/// ```
///
/// Failures are reported with or without [`capture::start`](super::start); with it, panics outside of calls are
/// reported too. Never writes to standard output. Dropping the server delivers its last reports, for at most two
/// seconds. A remote server ([`Healed::remote`]) has many sessions, so it leaves the delivery to [`super::Capture`].
#[derive(Debug)]
pub struct Healed<S> {
    server: S,
    is_remote: bool,
    /// Command or URL by which clients reach the server; none if it is unknown.
    target: Option<Target>,
}

impl<S: Service<RoleServer>> Healed<S> {
    /// A server over standard input and output. An agent chooses the arguments of its tools, so a person approves issues with
    /// their text, unless `AUTOHEAL_TRUST` names `mcp`.
    pub fn new(server: S) -> Self {
        hook::install();
        // from here on, a panic's message may hold a tool's arguments
        outbox::send_as_anonymous();
        let command = shell_line(&std::env::args_os().collect::<Vec<_>>());
        Self { server, is_remote: false, target: Some(Target::Stdio { command }) }
    }

    /// A server that others can reach, as over HTTP. Its reports are never trusted.
    #[must_use]
    pub fn remote(mut self) -> Self {
        (self.is_remote, self.target) = (true, None);
        self
    }

    /// Like [`Self::remote`], for a server at this URL: its reports hold a command that repeats the call.
    #[must_use]
    pub fn at(self, url: impl Into<String>) -> Self {
        let mut remote = self.remote();
        remote.target = Some(Target::Http { url: url.into() });
        remote
    }

    /// Runs a handler and reports its failure; a panic becomes an error response. `handled` is an `async` block, so that a
    /// panic before the handler's first await is caught too.
    async fn heal<T: MaybeToolResult>(
        &self,
        call: Call,
        handled: impl Future<Output = Result<T, ErrorData>>,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<T, ErrorData> {
        let began = Instant::now();
        let mut handled = pin!(handled);
        let (response, panic) = std::future::poll_fn(|task| {
            let poll = || catch_unwind(AssertUnwindSafe(|| handled.as_mut().poll(task)));
            match hook::catching(poll) {
                // the handler recovered from a recorded panic, so the panic is reported without the call
                (Ok(Poll::Pending), recovered) => {
                    recovered.into_iter().for_each(hook::report);
                    Poll::Pending
                }
                (Ok(Poll::Ready(response)), recovered) => {
                    recovered.into_iter().for_each(hook::report);
                    Poll::Ready((response, None))
                }
                (Err(payload), panic) => {
                    let why = format!("internal error: {} panicked: {}", noun(call.kind), message(&*payload));
                    Poll::Ready((Err(ErrorData::internal_error(why, None)), Some((message(&*payload), panic))))
                }
            }
        })
        .await;
        match panic {
            Some((message, panic)) => {
                let classification = panicked(call.kind, message);
                self.report(call.after(began.elapsed()), "panic", &classification, panic.as_ref());
            }
            None => {
                let result = response.as_ref().map(MaybeToolResult::tool_result);
                let classification = classify(call.kind, call.name.as_deref(), result);
                if let Some(classification) = classification.filter(|_| !is_cancelled()) {
                    self.report(call.after(began.elapsed()), classification.class.error_type(), &classification, None);
                }
            }
        }
        response
    }

    fn report(&self, call: Call, error_type: &str, classification: &Classification, panic: Option<&Panic>) {
        let sender = if self.is_remote { Sender::Anonymous } else { Sender::Local };
        let server = self.server.get_info().server_info;
        outbox::send(sender, call.report(error_type, classification, panic, self.target.as_ref(), server));
    }
}

impl<S: Service<RoleServer>> Service<RoleServer> for Healed<S> {
    async fn handle_request(
        &self,
        request: Request,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let (call, cancelled) = (Call::of(&request, &context), context.ct.clone());
        let handled = async move { self.server.handle_request(request, context).await };
        self.heal(call, handled, || cancelled.is_cancelled()).await
    }

    async fn handle_notification(
        &self,
        notification: Notification,
        context: NotificationContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.server.handle_notification(notification, context).await
    }

    fn get_info(&self) -> ServerConfig {
        self.server.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.server.supported_protocol_versions()
    }
}

/// Delivers the last reports, because a server over standard output ends with its client, and the program right after it.
impl<S> Drop for Healed<S> {
    fn drop(&mut self) {
        if !self.is_remote {
            outbox::flush_own(FLUSH_TIMEOUT);
        }
    }
}
