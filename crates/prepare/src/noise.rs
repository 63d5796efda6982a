//! Noise: reports of pages that show no bug of the application, recognised by named rules. They are counted and shown, but
//! open no issue.

use autoheal_contract::{ErrorReport, Json, Source};
use serde::{Deserialize, Serialize};
use strum::{IntoStaticStr, VariantArray};

use crate::browser::Browser;
use crate::parse::Frame;

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
const INJECTED: [&str; 10] = [
    "__gCrWeb",
    "__firefox__",
    "_AutofillCallbackHandler",
    "_pcmBridgeCallbackHandler",
    "instantSearchSDKJSBridgeClearHighlight",
    "zaloJSV2",
    "ceCurrentVideo",
    "Extension context invalidated",
    "runtime.sendMessage(). Tab not found",
    "Cannot redefine property: ethereum",
];
/// What the engines say of a request that ended because its page was left, or because the page aborted it.
const ABORTED: [&str; 4] = ["abort", "cancel", "annul", "abgebrochen"];

/// A rule that recognises noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, IntoStaticStr, VariantArray)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum NoiseRule {
    /// The failing function is of a browser extension, or of code that a browser adds to every page.
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
        let Self { report, browser, .. } = self;
        let message = report.error_message.trim();
        match rule {
            NoiseRule::Extension => self.is_of_extension(message),
            NoiseRule::Crawler => {
                // a scanner of links in mails opens pages under the user agent of a usual browser
                browser.is_some_and(|browser| browser.is_crawler) || message.contains("Object Not Found Matching Id:")
            }
            NoiseRule::Localhost => context(report, "url").is_some_and(is_local),
            NoiseRule::AncientBrowser => browser.is_some_and(|browser| browser.is_ancient()),
            NoiseRule::ScriptError => {
                let text = message.trim_start_matches("Uncaught ").trim_end_matches('.');
                text.eq_ignore_ascii_case("script error") && self.frames.iter().all(|frame| frame.file.is_none())
            }
            NoiseRule::LeavingPage => {
                let message = message.to_lowercase();
                let is_aborted = ABORTED.iter().any(|word| message.contains(word));
                // Safari's message of such a request is this one word
                report.error_type == "AbortError" && is_aborted
                    || report.error_type == "TypeError"
                        && matches!(message.as_str(), "cancelled" | "annulé" | "abgebrochen")
            }
            NoiseRule::ResizeObserver => message.contains("ResizeObserver loop"),
        }
    }

    /// True if the innermost function that has a file is an extension's. A failed call of the client counts as the
    /// application's, because extensions that replace `fetch` stand in the stack of every call.
    fn is_of_extension(&self, message: &str) -> bool {
        let innermost =
            self.frames.iter().filter_map(|frame| frame.file.as_deref()).find(|file| *file != "[native code]");
        let is_extension = |file: &str| EXTENSIONS.iter().any(|scheme| file.starts_with(scheme));
        self.report.class.is_none() && innermost.is_some_and(is_extension)
            || INJECTED.iter().any(|name| message.contains(name))
    }
}

/// True for the URL of a page on the visitor's own machine, also for a file.
pub(crate) fn is_local(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(address) => address.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    scheme == "file"
        || host.eq_ignore_ascii_case("localhost")
        || host.to_ascii_lowercase().ends_with(".localhost")
        || host == "::1"
        || host == "0.0.0.0"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests;
