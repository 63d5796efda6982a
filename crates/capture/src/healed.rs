//! `Healed`: an MCP server written with rmcp, whose every failure is reported, and whose panics are answered.

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
use self::verdict::{OfTool, judge, noun, panicked};
use super::panic::{Panic, message};
use super::{LAST, hook, tell};
use autoheal_prepare::shell::shell_line;
use autoheal_prepare::validate::Sender;
use autoheal_watch::Classification;
use autoheal_watch::Target;

type Request = <RoleServer as ServiceRole>::PeerReq;
type Notification = <RoleServer as ServiceRole>::PeerNot;

/// An MCP server whose failures are reported: tools that fail, handlers that return errors, and handlers that panic, which
/// otherwise leave their caller without any answer.
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
/// Failures are told whether or not [`capture::start`](super::start) was called; with it, panics outside of calls are, too.
/// Nothing is ever written to standard output. When the server is dropped, what is left to tell is delivered, for at most two
/// seconds; a server for others ([`Healed::remote`]) has many sessions and leaves that to [`super::Capture`].
#[derive(Debug)]
pub struct Healed<S> {
    server: S,
    is_remote: bool,
    /// How clients reach it, where that is known.
    target: Option<Target>,
}

impl<S: Service<RoleServer>> Healed<S> {
    /// For a server over standard input and output. Arguments of its tools are whatever an agent was told to send, so a
    /// person approves what they wrote, unless `AUTOHEAL_TRUST` says `mcp`.
    pub fn new(server: S) -> Self {
        hook::install();
        // from here on a panic may say what a tool was called with
        tell::speak_for_others();
        let command = shell_line(&std::env::args_os().collect::<Vec<_>>());
        Self { server, is_remote: false, target: Some(Target::Stdio { command }) }
    }

    /// For a server that others can reach, as over HTTP: its reports are never trusted.
    #[must_use]
    pub fn remote(mut self) -> Self {
        (self.is_remote, self.target) = (true, None);
        self
    }

    /// Like [`Self::remote`], for a server at this URL: its reports hold a line that makes the call again.
    #[must_use]
    pub fn at(self, url: impl Into<String>) -> Self {
        let mut there = self.remote();
        there.target = Some(Target::Http { url: url.into() });
        there
    }

    /// Answers what a handler answers, or that it panicked, and tells what failed. `handled` is made of an `async` block, so
    /// that a handler that panics before its first wait is caught as well.
    async fn heal<T: OfTool>(
        &self,
        call: Call,
        handled: impl Future<Output = Result<T, ErrorData>>,
        is_cancelled: impl Fn() -> bool,
    ) -> Result<T, ErrorData> {
        let began = Instant::now();
        let mut handled = pin!(handled);
        let (answer, panic) = std::future::poll_fn(|task| {
            let polled = || catch_unwind(AssertUnwindSafe(|| handled.as_mut().poll(task)));
            match hook::catching(polled) {
                (Ok(Poll::Pending), survived) => {
                    survived.into_iter().for_each(hook::report);
                    Poll::Pending
                }
                (Ok(Poll::Ready(answer)), survived) => {
                    survived.into_iter().for_each(hook::report);
                    Poll::Ready((answer, None))
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
                let judged = panicked(call.kind, message);
                self.tell(call.after(began.elapsed()), "panic", &judged, panic.as_ref());
            }
            None => {
                let judged = judge(call.kind, call.name.as_deref(), answer.as_ref().map(OfTool::of_tool));
                if let Some(judged) = judged.filter(|_| !is_cancelled()) {
                    self.tell(call.after(began.elapsed()), autoheal_watch::error_type(judged.class), &judged, None);
                }
            }
        }
        answer
    }

    fn tell(&self, call: Call, error_type: &str, judged: &Classification, panic: Option<&Panic>) {
        let sender = if self.is_remote { Sender::Anonymous } else { Sender::Local };
        let server = self.server.get_info().server_info;
        tell::soon(sender, call.report(error_type, judged, panic, self.target.as_ref(), server));
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

/// A server over standard output ends with its client, and the program right after it.
impl<S> Drop for Healed<S> {
    fn drop(&mut self) {
        if !self.is_remote {
            tell::finish_news(LAST);
        }
    }
}
