//! Markdown for reading: HTML in it is shown as text, nothing is fetched, no address but the web's is linked.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// The text as safe HTML.
pub(crate) fn to_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut picture = CowStr::from("");
    let events = Parser::new_ext(text, options).map(move |event| match event {
        // in issues GitHub keeps line ends
        Event::SoftBreak => Event::HardBreak,
        Event::Html(raw) | Event::InlineHtml(raw) => Event::Text(raw),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::CodeBlock(pulldown_cmark::CodeBlockKind::Indented)),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::CodeBlock),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let web = ["https://", "http://", "#", "/"].iter().any(|start| dest_url.starts_with(start));
            let dest_url = if web { dest_url } else { CowStr::from("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        Event::Start(Tag::Image { dest_url, .. }) => {
            picture = dest_url;
            Event::Text(CowStr::from("[picture: "))
        }
        Event::End(TagEnd::Image) => Event::Text(CowStr::from(format!(" {picture}]"))),
        other => other,
    });
    let mut shown = String::new();
    html::push_html(&mut shown, events);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_hostile_text_becomes_an_element_or_an_address() {
        let shown = to_html(concat!(
            "<!-- hidden -->\n\n<script>alert(1)</script>\n\na <b onclick=x>b</b>\n\n",
            "![x](http://evil.example/p.png)\n\n[y](javascript:alert(1)) [z](data:text/html,x)\n\n",
            "```text\n</code></pre><script>\n```\n"
        ));
        for never in ["<script", "<b ", "<img", "javascript:", "data:text", "<!--"] {
            assert!(!shown.contains(never), "{never} in {shown}");
        }
        assert!(shown.contains("&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;"), "{shown}");
        assert!(shown.contains("[picture: x http://evil.example/p.png]"), "{shown}");
    }

    #[test]
    fn headings_and_fences_stay_readable() {
        let shown = to_html("## Error\n**Type:** `X`\nnext\n\n```text\na\n```\n");
        assert!(shown.contains("<h2>Error</h2>") && shown.contains("<code>X</code><br />\nnext"), "{shown}");
        assert!(shown.contains("<pre><code class=\"language-text\">a\n</code></pre>"), "{shown}");
    }
}
