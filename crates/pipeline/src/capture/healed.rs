//! `Healed`: an MCP server written with rmcp, whose every failure is reported, and whose panics are answered.

mod call;
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
use self::verdict::{Verdict, judge};
use super::panic::{Panic, message};
use super::{LAST, hook, tell};
use crate::validate::Sender;

type Request = <RoleServer as ServiceRole>::PeerReq;
type Notification = <RoleServer as ServiceRole>::PeerNot;

/// An MCP server whose failures are reported: tools that fail, handlers that return errors, and handlers that panic, which
/// otherwise leave their caller without any answer.
///
/// ```no_run
/// # use rmcp::{ServerHandler, ServiceExt};
/// # use tokio::io::DuplexStream;
/// # async fn run(server: impl ServerHandler, stdio: fn() -> DuplexStream) -> Result<(), Box<dyn std::error::Error>> {
/// use autoheal_pipeline::capture::Healed;
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
}

impl<S: Service<RoleServer>> Healed<S> {
    /// For a server over standard input and output. Arguments of its tools are whatever an agent was told to send, so a
    /// person approves what they wrote, unless `AUTOHEAL_TRUST` says `mcp`.
    pub fn new(server: S) -> Self {
        hook::install();
        // from here on a panic may say what a tool was called with
        tell::speak_for_others();
        Self { server, is_remote: false }
    }

    /// For a server that others can reach, as over HTTP: its reports are never trusted.
    #[must_use]
    pub fn remote(mut self) -> Self {
        self.is_remote = true;
        self
    }

    fn tell(&self, call: Call, verdict: Verdict, panic: Option<&Panic>) {
        let sender = if self.is_remote { Sender::Anonymous } else { Sender::Local };
        let transport = if self.is_remote { "http" } else { "stdio" };
        let server = self.server.get_info().server_info;
        tell::soon(sender, call.report(verdict, panic, transport, server));
    }
}

impl<S: Service<RoleServer>> Service<RoleServer> for Healed<S> {
    async fn handle_request(
        &self,
        request: Request,
        context: RequestContext<RoleServer>,
    ) -> Result<ServerResult, ErrorData> {
        let call = Call::of(&request, &context);
        let cancelled = context.ct.clone();
        let began = Instant::now();
        // made inside, so that a handler that panics before its first wait is caught as well
        let mut handled = pin!(async move { self.server.handle_request(request, context).await });
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
                    let why = format!("internal error: {} panicked: {}", call.kind.noun(), message(&*payload));
                    Poll::Ready((Err(ErrorData::internal_error(why, None)), Some((message(&*payload), panic))))
                }
            }
        })
        .await;
        match panic {
            Some((message, panic)) => {
                let verdict = Verdict::panicked(call.kind, message);
                self.tell(call.after(began.elapsed()), verdict, panic.as_ref());
            }
            None => {
                if let Some(verdict) = judge(call.kind, &answer).filter(|_| !cancelled.is_cancelled()) {
                    self.tell(call.after(began.elapsed()), verdict, None);
                }
            }
        }
        answer
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
