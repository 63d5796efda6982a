//! Renders Markdown to safe HTML: HTML is escaped, images become text, and only web addresses and local paths are
//! links.

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// Renders a text as safe HTML.
pub(crate) fn to_html(text: &str) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut image_url = CowStr::from("");
    let events = Parser::new_ext(text, options).map(move |event| match event {
        // GitHub keeps line breaks in issues
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
            image_url = dest_url;
            Event::Text(CowStr::from("[picture: "))
        }
        Event::End(TagEnd::Image) => Event::Text(CowStr::from(format!(" {image_url}]"))),
        other => other,
    });
    let mut rendered = String::new();
    html::push_html(&mut rendered, events);
    rendered
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_adds_no_element_and_no_link() {
        let rendered = to_html(concat!(
            "<!-- hidden -->\n\n<script>alert(1)</script>\n\na <b onclick=x>b</b>\n\n",
            "![x](http://evil.example/p.png)\n\n[y](javascript:alert(1)) [z](data:text/html,x)\n\n",
            "```text\n</code></pre><script>\n```\n"
        ));
        for never in ["<script", "<b ", "<img", "javascript:", "data:text", "<!--"] {
            assert!(!rendered.contains(never), "{never} in {rendered}");
        }
        assert!(rendered.contains("&lt;/code&gt;&lt;/pre&gt;&lt;script&gt;"), "{rendered}");
        assert!(rendered.contains("[picture: x http://evil.example/p.png]"), "{rendered}");
    }

    #[test]
    fn headings_and_fences_stay_readable() {
        let rendered = to_html("## Error\n**Type:** `X`\nnext\n\n```text\na\n```\n");
        assert!(rendered.contains("<h2>Error</h2>") && rendered.contains("<code>X</code><br />\nnext"), "{rendered}");
        assert!(rendered.contains("<pre><code class=\"language-text\">a\n</code></pre>"), "{rendered}");
    }
}
