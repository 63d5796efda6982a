//! `Browser`: the browser and the operating system that a user agent names.

use std::sync::LazyLock;

use woothee::parser::Parser;

/// woothee's name of whatever it does not recognise.
const UNKNOWN: &str = "UNKNOWN";
/// woothee's category of crawlers, link previews and monitors.
const CRAWLER: &str = "crawler";

/// Parts of the user agents of televisions, game consoles, cars and readers, whose engines stay at the version that they were
/// sold with, and of browsers that are current and name an old one.
const LASTING: [&str; 20] = [
    "TV",
    "Web0S",
    "Tizen",
    "NetCast",
    "CrKey",
    "BRAVIA",
    "VIDAA",
    "Roku",
    "; AFT",
    "PlayStation",
    "Xbox",
    "Nintendo",
    "Cobalt",
    "Tesla",
    "QtCarBrowser",
    "Kindle",
    "Opera Mini",
    "KAIOS",
    "Goanna",
    "SeaMonkey",
];
/// The products that the user agents of Chrome, Edge, Firefox, Safari and Opera name. Another one is of an application with
/// an engine of its own, or of a browser with its own numbers.
const PRODUCTS: [&str; 13] = [
    "Mozilla",
    "AppleWebKit",
    "Gecko",
    "Version",
    "Mobile",
    "Chrome",
    "CriOS",
    "Safari",
    "Firefox",
    "Edge",
    "Opera",
    "OPR",
    "Presto",
];

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
    user_agent: &'a str,
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
        Some(Self { name: found.name, major: digits.parse().ok(), system, is_crawler, user_agent })
    }

    /// True for a version from before 2020, which runs neither current JavaScript nor the client. Devices that keep their
    /// engine, and applications that bring one, are not ancient.
    #[must_use]
    pub fn is_ancient(&self) -> bool {
        if LASTING.iter().any(|part| self.user_agent.contains(part)) {
            return false;
        }
        if self.name == "Internet Explorer" {
            return true;
        }
        let mut chrome: Option<u32> = None;
        for (name, version) in products(self.user_agent) {
            if !PRODUCTS.contains(&name) {
                return false;
            }
            if matches!(name, "Chrome" | "CriOS") {
                chrome = version.split('.').next().and_then(|major| major.parse().ok());
            }
        }
        // a browser that is built on Chrome counts its versions in its own way
        match (chrome, self.name) {
            (Some(chrome), "Chrome" | "Edge" | "Opera") => chrome < 80,
            (None, "Firefox") => self.is_before(72),
            (None, "Safari") => self.is_before(13),
            (None, "Opera") => self.is_before(67),
            _ => false,
        }
    }

    fn is_before(&self, first: u32) -> bool {
        self.major.is_some_and(|major| major < first)
    }
}

/// The products that a user agent names outside its parentheses, with their versions.
fn products(user_agent: &str) -> impl Iterator<Item = (&str, &str)> {
    let outside = user_agent
        .split('(')
        .enumerate()
        .filter_map(|(at, part)| if at == 0 { Some(part) } else { part.split_once(')').map(|(_, after)| after) });
    outside.flat_map(str::split_whitespace).filter_map(|product| product.split_once('/'))
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
    fn devices_and_applications_with_an_old_engine_are_not_ancient() {
        for user_agent in [
            "Opera/9.80 (Android; Opera Mini/80.0.2254/191.249; U; en) Presto/2.12.423 Version/12.16".to_owned(),
            format!("Mozilla/5.0 (Web0S; Linux/SmartTV) {WEBKIT} Chrome/79.0.3945.79 Safari/537.36"),
            format!("Mozilla/5.0 (Web0S; Linux) {WEBKIT} Chrome/68.0.3440.106 Safari/537.36"),
            format!("Mozilla/5.0 (Linux; Tizen 5.5) {WEBKIT} Chrome/69.0.3497.106 Safari/537.36"),
            format!("Mozilla/5.0 (SMART-TV; LINUX; Tizen 6.0) {WEBKIT} Version/6.0 TV Safari/537.36"),
            format!("Mozilla/5.0 (Linux; NetCast; U) {WEBKIT} Chrome/34.0.1847.137 Safari/537.31"),
            format!("Mozilla/5.0 (X11; Linux armv7l) {WEBKIT} Chrome/79.0.3945.72 Safari/537.36 CrKey/1.44.191160"),
            format!("Mozilla/5.0 (Linux; Android 9; BRAVIA 4K) {WEBKIT} Chrome/77.0.3865.116 Safari/537.36"),
            format!("Mozilla/5.0 (Linux; Android 7.1.2; AFTMM) {WEBKIT} Chrome/70.0.3538.110 Mobile Safari/537.36"),
            "Mozilla/5.0 (PlayStation; PlayStation 5/2.26) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.0 Safari/605.1.15"
                .to_owned(),
            format!(
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; Xbox; Xbox One) {WEBKIT} Chrome/64.0.3282.140 Safari/537.36 \
                 Edge/18.17763"
            ),
            format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Chrome/78.0.3904.130 Electron/7.1.2 Safari/537.36"),
            format!("Mozilla/5.0 (X11; Linux x86_64) {WEBKIT} Shop/2.0 Chrome/78.0.3904.130 Safari/537.36"),
            format!("Mozilla/5.0 (Linux; Android 10; M1) {WEBKIT} Version/4.0 Chrome/78.0.3904.108 UCBrowser/13.7.8 Mobile Safari/537.36"),
            // numbers of their own
            format!("Mozilla/5.0 (Linux; Android 10; SM-G980F) {WEBKIT} Chrome/86.0.4240.185 Mobile Safari/537.36 OPR/61.1.3076"),
            format!("Mozilla/5.0 (Linux; Android 10; HD1913) {WEBKIT} Chrome/90.0.4430.210 Mobile Safari/537.36 EdgA/46.4.4"),
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/14.0 \
             EdgiOS/46.3.7 Mobile/15E148 Safari/605.1.15"
                .to_owned(),
            "Mozilla/5.0 (iPhone; CPU iPhone OS 14_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/33.0 \
             Mobile/15E148 Safari/605.1.15"
                .to_owned(),
            "Mozilla/5.0 (X11; Linux x86_64; rv:68.0) Goanna/20240101 Firefox/68.0 PaleMoon/33.0".to_owned(),
            "Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5".to_owned(),
        ] {
            assert!(!Browser::of(&user_agent).is_some_and(|browser| browser.is_ancient()), "{user_agent}");
        }
        for user_agent in [
            format!("Mozilla/5.0 (Linux; Android 6.0; SM-G900F Build/MMB29M) {WEBKIT} Chrome/61.0.3163.98 Mobile Safari/537.36"),
            format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/70.0.3538.102 Safari/537.36 Edge/18.19041"),
            format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/78.0.3904.108 Safari/537.36 OPR/65.0.3467.78"),
            "Mozilla/5.0 (Windows NT 6.1; rv:52.0) Gecko/20100101 Firefox/52.0".to_owned(),
            "Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.16".to_owned(),
            "Mozilla/5.0 (iPhone; CPU iPhone OS 10_3 like Mac OS X) AppleWebKit/603.1.30 (KHTML, like Gecko) Version/10.0 \
             Mobile/14E277 Safari/602.1"
                .to_owned(),
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
