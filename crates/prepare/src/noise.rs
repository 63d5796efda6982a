//! Noise: reports of pages that show no bug of the application, recognised by named rules. They are counted and shown, but
//! open no issue.

use std::net::{IpAddr, Ipv4Addr};

use autoheal_contract::{Class, ErrorReport, Json, Source};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::browser::Browser;
use crate::parse::{Frame, parse_stack_from};
use crate::server_failure::ServerFailure;

/// Schemes of the files of browser extensions. Safari names all of them with the last one.
const EXTENSIONS: [&str; 6] = [
    "chrome-extension://",
    "moz-extension://",
    "safari-extension://",
    "safari-web-extension://",
    "ms-browser-extension://",
    "webkit-masked-url://",
];
/// Names that browsers, in-app browsers and extensions add to every page, as messages of their failures quote them.
const INJECTED: [&str; 7] = [
    "__gCrWeb",
    "__firefox__",
    "_AutofillCallbackHandler",
    "_pcmBridgeCallbackHandler",
    "instantSearchSDKJSBridgeClearHighlight",
    "zaloJSV2",
    "ceCurrentVideo",
];
/// What fails in extensions. The application can cause the same, so it counts only without a frame of the application.
const IN_EXTENSIONS: [&str; 3] =
    ["Extension context invalidated", "runtime.sendMessage(). Tab not found", "Cannot redefine property: ethereum"];
/// What the engines say of a request that ended because its page was left, or because the page or the visitor aborted it.
/// Databases, payments and service workers have an `AbortError` too, with other messages.
const ABORTED: [&str; 6] = [
    "the user aborted a request",
    "signal is aborted without reason",
    "the operation was aborted",
    "fetch is aborted",
    "bodystreambuffer was aborted",
    "share canceled",
];
/// Safari's message of such a request, in the language of the system.
const CANCELLED: [&str; 6] = ["cancelled", "annulé", "abgebrochen", "cancelado", "annullato", "отменено"];
/// What browsers report of a `ResizeObserver`.
const RESIZE: [&str; 2] =
    ["ResizeObserver loop limit exceeded", "ResizeObserver loop completed with undelivered notifications"];

/// Last parts of names that public name servers do not know.
const PRIVATE: [&str; 6] = ["local", "localhost", "internal", "test", "lan", "localdomain"];

/// A rule that recognises noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NoiseRule {
    /// All functions are of a browser extension, or the failing code is what a browser adds to every page.
    Extension,
    /// The user agent is a crawler's, a link preview's or a monitor's.
    Crawler,
    /// The page was served by the visitor's own machine, while the service is public.
    Localhost,
    /// The browser is from before 2020.
    AncientBrowser,
    /// `Script error.`: the browser hides failures of scripts of other origins. `crossorigin` at the script shows them.
    ScriptError,
    /// A request ended because the page was left.
    LeavingPage,
    /// Browsers report that a `ResizeObserver` is called again in the next frame; nothing failed.
    ResizeObserver,
}

impl NoiseRule {
    /// The name in files, metrics and documents.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.into()
    }
}

/// Returns the first rule, of those that apply, which a report fits. Only reports of pages can be noise.
pub(crate) fn noise(report: &ErrorReport, frames: &[Frame], applies: impl Fn(NoiseRule) -> bool) -> Option<NoiseRule> {
    if report.source.unwrap_or_default() != Source::JavascriptSdk {
        return None;
    }
    let page = Page { report, frames, browser: context(report, "userAgent").and_then(Browser::of) };
    NoiseRule::VARIANTS.iter().copied().find(|rule| applies(*rule) && page.fits(*rule))
}

/// A member of the report's context that is text.
pub(crate) fn context<'a>(report: &'a ErrorReport, name: &str) -> Option<&'a str> {
    report.context.as_ref().and_then(|context| context.get(name)).and_then(Json::as_str)
}

struct Page<'a> {
    report: &'a ErrorReport,
    frames: &'a [Frame],
    browser: Option<Browser<'a>>,
}

impl Page<'_> {
    fn fits(&self, rule: NoiseRule) -> bool {
        let message = self.report.error_message.trim();
        match rule {
            NoiseRule::Extension => self.is_of_page() && (self.is_of_extension() || self.is_of_injected(message)),
            NoiseRule::Crawler => self.is_of_crawler(message) && !self.is_of_server(),
            NoiseRule::Localhost => context(self.report, "url").is_some_and(is_local_page) && !self.is_packaged(),
            NoiseRule::AncientBrowser => {
                self.browser.is_some_and(|browser| browser.is_ancient()) && !self.is_of_server()
            }
            NoiseRule::ScriptError => {
                let text = message.trim_start_matches("Uncaught ").trim_end_matches('.');
                self.is_of_page()
                    && text.eq_ignore_ascii_case("script error")
                    && self.frames.iter().all(|frame| frame.file.is_none())
            }
            NoiseRule::LeavingPage => self.is_uncaught() && self.is_aborted(message),
            NoiseRule::ResizeObserver => {
                let text = message.trim_start_matches("Uncaught ").trim_start_matches("Error: ");
                self.is_of_page() && RESIZE.iter().any(|start| text.starts_with(start))
            }
        }
    }

    /// None if the report names no class; within it, none for a class that the sender made up.
    fn class(&self) -> Option<Option<Class>> {
        self.report.class.as_deref().map(Class::parse)
    }

    /// True for a failure of the page's scripts that no code of the page chose to report.
    fn is_uncaught(&self) -> bool {
        matches!(self.class(), None | Some(Some(Class::Uncaught | Class::UnhandledRejection)))
    }

    /// True for a failure of the page's scripts, not of a call, nor of a kind that the sender named itself.
    fn is_of_page(&self) -> bool {
        self.is_uncaught() || self.class() == Some(Some(Class::Reported))
    }

    /// True for a failure of the MCP server, which any browser only happened to meet.
    fn is_of_server(&self) -> bool {
        ServerFailure::of_page(self.report).is_some()
    }

    fn has_frame_of_application(&self) -> bool {
        self.frames.iter().any(|frame| frame.in_app)
    }

    /// True if all functions that have a file are an extension's. Extensions that replace `fetch` or `JSON.parse` stand
    /// in the stacks of the application too. An application that is an extension has pages of its own, or its frames are
    /// its own by a rule of the operator.
    fn is_of_extension(&self) -> bool {
        let mut files =
            self.frames.iter().filter(|frame| frame.file.as_deref().is_some_and(|it| it != "[native code]"));
        let is_extension = |frame: &Frame| {
            frame.file.as_deref().is_some_and(|file| {
                is_in_extension(file) && (!frame.in_app || file.starts_with("webkit-masked-url://"))
            })
        };
        let is_cause_of_application = || {
            self.report.causes.iter().any(|cause| {
                let stack = cause.stack_trace.as_deref().unwrap_or_default();
                parse_stack_from(Source::JavascriptSdk, stack, &cause.error_message).iter().any(|it| !is_extension(it))
            })
        };
        !self.is_page_of_extension()
            && files.next().is_some_and(is_extension)
            && files.all(is_extension)
            && !is_cause_of_application()
    }

    fn is_page_of_extension(&self) -> bool {
        context(self.report, "url").is_some_and(is_in_extension)
    }

    /// True if the message names what a browser or an extension adds to pages.
    fn is_of_injected(&self, message: &str) -> bool {
        let text = message.trim_start_matches("Uncaught ");
        let is_kind = |kind: &str| self.report.error_type == kind || text.starts_with(kind);
        let is_missing = is_kind("TypeError") || is_kind("ReferenceError");
        is_missing && INJECTED.iter().any(|name| text.contains(name))
            || IN_EXTENSIONS.iter().any(|part| text.contains(part))
                && !self.has_frame_of_application()
                && !self.is_page_of_extension()
    }

    fn is_of_crawler(&self, message: &str) -> bool {
        // a scanner of links in mails opens pages under the user agent of a usual browser
        let is_scanner = || {
            let parts = ["Object Not Found Matching Id:", ", MethodName:", ", ParamCount:"];
            self.is_of_page() && parts.iter().all(|part| message.contains(part)) && !self.has_frame_of_application()
        };
        self.browser.is_some_and(|browser| browser.is_crawler) || self.names_crawler() || is_scanner()
    }

    /// True for a user agent with `compatible; NAME`, which of the browsers only Internet Explorer and Konqueror have, or
    /// with the URL of a page about the program, which otherwise only applications with a web view have.
    fn names_crawler(&self) -> bool {
        let user_agent = context(self.report, "userAgent").unwrap_or_default();
        let name = user_agent.split_once("compatible; ").map(|(_, name)| name);
        name.is_some_and(|name| !name.starts_with("MSIE") && !name.starts_with("Konqueror"))
            || user_agent.contains("+http") && !self.is_packaged()
    }

    /// True for the user agents of Electron, Qt and web views, in which packaged applications run.
    fn is_packaged(&self) -> bool {
        let user_agent = context(self.report, "userAgent").unwrap_or_default();
        let is_web_view = user_agent.contains("AppleWebKit/") && !user_agent.contains("Safari/");
        is_web_view || ["; wv)", "Electron/", "QtWebEngine/"].iter().any(|part| user_agent.contains(part))
    }

    fn is_aborted(&self, message: &str) -> bool {
        let message = message.to_lowercase();
        let text = message.trim_end_matches('.');
        // Chrome names the function: `Failed to execute 'fetch' on 'Window': The user …`
        let reason =
            if text.starts_with("failed to execute") { text.rsplit(": ").next().unwrap_or(text) } else { text };
        let is_of_page = self.browser.is_some() || context(self.report, "url").is_some_and(|url| !url.is_empty());
        is_of_page
            && match self.report.error_type.as_str() {
                "AbortError" if text == "aborted" => !self.has_frame_of_application(), // of replacements of `fetch`
                "AbortError" => ABORTED.contains(&reason),
                "TypeError" => CANCELLED.contains(&text) && !self.has_frame_of_application(),
                // of the library axios
                "AxiosError" => text == "request aborted",
                "CanceledError" => text == "canceled",
                _ => false,
            }
    }
}

/// True for the URL of a file or a page of a browser extension.
fn is_in_extension(url: &str) -> bool {
    EXTENSIONS.iter().any(|scheme| url.starts_with(scheme))
}

/// True for the URL of a page that the visitor's own machine serves. `localhost` without a port, and all other schemes, are
/// of packaged applications, such as Capacitor's, Cordova's and Tauri's.
fn is_local_page(url: &str) -> bool {
    let Some((scheme, authority)) = scheme_and_authority(url) else { return false };
    let host = host(authority);
    let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
    let is_address = host.parse::<IpAddr>().is_ok();
    is_local_host(host) && (scheme == "http" && (has_port || is_address) || scheme == "https" && has_port)
}

/// True for a URL that only the machine itself or its own network reaches.
pub(crate) fn is_private(url: &str) -> bool {
    let Some((_, authority)) = scheme_and_authority(url) else { return false };
    let host = host(authority);
    match host.parse() {
        Ok(IpAddr::V4(address)) => is_local_host(host) || address.is_private() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => is_local_host(host) || address.is_unique_local() || address.is_unicast_link_local(),
        // names of other networks have a dot
        Err(_) => host.rsplit_once('.').is_none_or(|(_, last)| PRIVATE.contains(&last)),
    }
}

fn scheme_and_authority(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    Some((scheme, authority.rsplit('@').next().unwrap_or_default()))
}

/// The host of an authority without a user, an IPv6 address without its brackets.
fn host(authority: &str) -> &str {
    match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

fn is_local_host(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host == "::1"
        || host == "0.0.0.0"
        || host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
