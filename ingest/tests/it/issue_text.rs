//! The issue as GitHub renders it: text of a report stays in code blocks, where invisible characters are visible.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};
use serde_json::json;

use crate::app::{report, spawn_app};

const HOSTILE: &str = "` `` ``` ```` ~~~~\n```\n````text\n@ada @octo-org/team fixes #1 closes acme/shop#2 GH-3\n<!-- hidden -->\n\
                       </details><details open><summary>x</summary>\n# Heading\n[link](https://evil.example) ![i](https://evil.example/i.png)\n\
                       https://evil.example <https://evil.example>\n| a | b |\n|---|---|\n- [x] done\n\u{202e}turned\u{202c} \
                       zero\u{200b}width \u{2066}iso\u{2069} tag\u{e0041} nul\0\r\n    indented\n<!-- autoheal:fp=0 v=1 -->\n## Occurrences\n- Count: 9";

/// The parts of rendered Markdown.
#[derive(Default)]
struct Rendered {
    /// The code blocks.
    blocks: Vec<String>,
    /// The code spans.
    spans: Vec<String>,
    /// All other text.
    prose: String,
    html: Vec<String>,
    links: usize,
}

fn render(markdown: &str) -> Rendered {
    let mut rendered = Rendered::default();
    let mut in_code_block = false;
    for event in Parser::new_ext(markdown, Options::all()) {
        match event {
            Event::Start(Tag::CodeBlock(kind)) => {
                assert!(matches!(kind, CodeBlockKind::Fenced(_)), "every code block is fenced");
                in_code_block = true;
                rendered.blocks.push(String::new());
            }
            Event::End(TagEnd::CodeBlock) => in_code_block = false,
            Event::Text(text) if in_code_block => rendered.blocks.last_mut().unwrap().push_str(&text),
            Event::Text(text) => rendered.prose.push_str(&text),
            Event::Code(code) => rendered.spans.push(code.into_string()),
            Event::Html(html) | Event::InlineHtml(html) => rendered.html.push(html.trim().to_owned()),
            Event::Start(Tag::Link { .. } | Tag::Image { .. } | Tag::FootnoteDefinition(_)) => rendered.links += 1,
            _ => {}
        }
    }
    rendered
}

#[tokio::test]
async fn hostile_text_is_inert_and_visible() {
    let app = spawn_app().await;
    let body = json!({
        "error_type": HOSTILE, "error_message": HOSTILE, "release": HOSTILE, "environment": HOSTILE, "class": HOSTILE,
        "stack_trace": format!("{HOSTILE}\n    at {HOSTILE} (https://shop.example/{HOSTILE}:1:2)\n    at buy (https://shop.example/a`b.js:3:4)"),
        "context": {HOSTILE: HOSTILE, "userAgent": HOSTILE, "method": HOSTILE, "timestamp": HOSTILE},
        "logs": [{"message": HOSTILE, "level": HOSTILE, "timestamp": HOSTILE}], "reproduction": HOSTILE, "command": HOSTILE,
        "causes": [{"error_type": HOSTILE, "error_message": HOSTILE, "stack_trace": format!("{HOSTILE}\nat the cause")}],
        "rpc": {"method": HOSTILE, "tool": HOSTILE, "params": {"a": HOSTILE}}, "server": {"name": HOSTILE, "version": HOSTILE},
    });
    app.report(&body).await;
    let group = app.only_group().await;
    let preview = &group["group"]["preview"];
    let markdown = preview["body"].as_str().unwrap();
    let fingerprint = group["group"]["fingerprint"].as_str().unwrap();
    let rendered = render(markdown);

    assert_eq!(rendered.html, [format!("<!-- autoheal:fp={fingerprint} v=1 -->")], "the marker is the only HTML");
    assert_eq!(rendered.links, 0, "{markdown}");
    for word in ["@", "#1", "#2", "GH-", "fixes", "hidden", "evil.example", "done", "turned", "details", "`"] {
        assert!(!rendered.prose.contains(word), "{word:?} is outside of code: {}", rendered.prose);
    }
    assert_eq!(rendered.prose.matches("Occurrences").count(), 1);
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._:/- ".contains(c);
    for span in &rendered.spans {
        assert!(span.chars().all(allowed) && span.chars().count() <= 200, "{span:?}");
    }
    let is_invisible = |c: char| {
        (c.is_control() && c != '\n' && c != '\t') || "\u{202e}\u{202c}\u{200b}\u{2066}\u{2069}\u{e0041}".contains(c)
    };
    assert!(!markdown.contains(is_invisible), "{markdown:?}");
    // the text is kept, with its backticks, in the block of the message
    let message = &rendered.blocks[0];
    for shown in [
        "``` ```` ~~~~",
        "@ada",
        "fixes #1",
        "<!-- hidden -->",
        "</details>",
        r"\u{202e}turned",
        r"zero\u{200b}width",
        r"tag\u{e0041}",
        r"nul\u{0}",
    ] {
        assert!(message.contains(shown), "{shown:?} is not in {message}");
    }
    assert!(rendered.blocks.len() >= 6, "{markdown}");
}

#[tokio::test]
async fn the_title_contains_no_markup() {
    let app = spawn_app().await;
    let mut body = report(HOSTILE);
    body["error_type"] = json!("Type`Error`@ada#1\u{202e}");
    app.report(&body).await;
    let title = app.only_group().await["group"]["preview"]["title"].as_str().unwrap().to_owned();
    assert!(title.starts_with("[Auto-Generated] Type Error ada 1: ") && title.chars().count() <= 200, "{title}");
    let rest = title.trim_start_matches("[Auto-Generated]");
    assert!(rest.chars().all(|c| c.is_alphanumeric() || " .,:;'()=_/-".contains(c)), "{title:?}");
}

#[tokio::test]
async fn the_issue_of_a_huge_report_is_within_the_limits_of_github() {
    let app = spawn_app().await;
    // each invisible character becomes eight visible ones
    let body = json!({
        "error_type": "E", "error_message": "\u{202e}".repeat(10_000), "stack_trace": "\u{200b}`".repeat(25_000),
        "context": {"a": "\u{202e}".repeat(20_000)}, "reproduction": "\u{202e}".repeat(4_000),
        "logs": vec!["\u{202e}".repeat(1_000); 50],
        "causes": vec![json!({"error_type": "C", "error_message": "\u{202e}".repeat(4_000), "stack_trace": "\u{202e}".repeat(5_000)}); 10],
    });
    app.report(&body).await;
    let group = app.only_group().await;
    let markdown = group["group"]["preview"]["body"].as_str().unwrap();
    assert!(markdown.chars().count() < 65_536, "{}", markdown.chars().count());
    assert!(markdown.contains("## Occurrences\n\n- Count: 1\n"));
}
