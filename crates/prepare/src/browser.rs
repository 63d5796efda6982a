//! `Browser`: the browser and the operating system that a user agent names.

use std::sync::LazyLock;

use woothee::parser::Parser;

/// woothee's name of whatever it does not recognise.
const UNKNOWN: &str = "UNKNOWN";
/// woothee's category of crawlers, link previews and monitors.
const CRAWLER: &str = "crawler";

static PARSER: LazyLock<Parser> = LazyLock::new(Parser::new);

/// The browser and the operating system that a user agent names. The names are woothee's own words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Browser<'a> {
    /// Name, such as `Chrome`.
    pub name: &'a str,
    /// First number of the version; none if the user agent has none.
    pub major: Option<u32>,
    /// Operating system, such as `Windows 10`; none if it is not known.
    pub system: Option<&'a str>,
    /// True for crawlers, link previews and monitors.
    pub is_crawler: bool,
}

impl<'a> Browser<'a> {
    /// Reads a user agent; none if it names no known browser.
    #[must_use]
    pub fn of(user_agent: &'a str) -> Option<Self> {
        let found = PARSER.parse(user_agent)?;
        if found.name == UNKNOWN {
            return None;
        }
        let digits: &str = found.version.split('.').next().unwrap_or_default();
        let is_crawler = found.category == CRAWLER;
        let system = (found.os != UNKNOWN).then_some(found.os);
        Some(Self { name: found.name, major: digits.parse().ok(), system, is_crawler })
    }

    /// True for a version from before 2020, which runs neither current JavaScript nor the client.
    #[must_use]
    pub fn is_ancient(&self) -> bool {
        let first = match self.name {
            "Chrome" | "Edge" => 80,
            "Firefox" => 72,
            "Safari" => 13,
            "Opera" => 67,
            "Internet Explorer" => return true,
            _ => return false,
        };
        self.major.is_some_and(|major| major < first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEBKIT: &str = "AppleWebKit/537.36 (KHTML, like Gecko)";

    #[test]
    fn current_browsers_are_named_with_version_and_system() {
        for (user_agent, expected) in [
            (format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36"), ("Chrome", 141, "Linux")),
            (
                format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0"),
                ("Edge", 141, "Windows 10"),
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 \
                 Safari/605.1.15"
                    .to_owned(),
                ("Safari", 18, "Mac OSX"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Mobile/15E148 Safari/604.1"
                    .to_owned(),
                ("Safari", 17, "iPhone"),
            ),
            (
                "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0".to_owned(),
                ("Firefox", 133, "Linux"),
            ),
            (
                format!("Mozilla/5.0 (Linux; Android 14; Pixel 8) {WEBKIT} Chrome/130.0.0.0 Mobile Safari/537.36"),
                ("Chrome", 130, "Android"),
            ),
        ] {
            let browser = Browser::of(&user_agent).unwrap();
            assert_eq!((browser.name, browser.major.unwrap(), browser.system.unwrap()), expected, "{user_agent}");
            assert!(!browser.is_crawler && !browser.is_ancient(), "{user_agent}");
        }
    }

    #[test]
    fn crawlers_and_ancient_browsers_are_recognised() {
        for user_agent in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)".to_owned(),
            format!("Mozilla/5.0 {WEBKIT}; compatible; GPTBot/1.2; +https://openai.com/gptbot)"),
            format!("Mozilla/5.0 {WEBKIT}; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm) Chrome/116.0"),
            "facebookexternalhit/1.1".to_owned(),
        ] {
            assert!(Browser::of(&user_agent).unwrap().is_crawler, "{user_agent}");
        }
        for user_agent in [
            "Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1)".to_owned(),
            "Mozilla/5.0 (Windows NT 6.1; WOW64; Trident/7.0; rv:11.0) like Gecko".to_owned(),
            format!("Mozilla/5.0 (Windows NT 6.1) {WEBKIT} Chrome/49.0.2623.112 Safari/537.36"),
        ] {
            assert!(Browser::of(&user_agent).unwrap().is_ancient(), "{user_agent}");
        }
    }

    #[test]
    fn anything_else_is_no_browser() {
        for user_agent in ["", "Node.js/22", "my program 1.0", "\u{0}"] {
            assert_eq!(Browser::of(user_agent), None, "{user_agent}");
        }
    }
}
