//! Fences and code spans that their content cannot close.

use super::inert;
use super::links::without_links;

/// Maximum run of backticks. Longer runs are shortened, so that a fence cannot become huge.
const MAX_RUN: usize = 64;

/// Wraps text in a fenced block, with at most `characters` of it; the middle of a longer text is cut out.
///
/// The fence is longer than any run of backticks inside, because in CommonMark only a fence at least as long closes it.
pub(super) fn fenced(language: &str, text: &str, characters: usize) -> String {
    let text = shorten_runs(&keep_ends(&inert(text), characters));
    let fence = "`".repeat(longest_run(&text).max(2) + 1);
    let end = if text.ends_with('\n') { "" } else { "\n" };
    format!("{fence}{language}\n{text}{end}{fence}\n")
}

/// Wraps one short value in a code span, without links. The value must come from a closed alphabet without backticks.
pub(super) fn code_span(value: &str) -> String {
    format!("`{}`", without_links(value, usize::MAX))
}

/// Keeps the beginning and the end, because the innermost frames are at one of them.
fn keep_ends(text: &str, characters: usize) -> String {
    let count = text.chars().count();
    if count <= characters {
        return text.to_owned();
    }
    let head: String = text.chars().take(characters * 3 / 4).collect();
    let tail: String = text.chars().skip(count - characters / 4).collect();
    format!("{head}\n… {} characters left out …\n{tail}", count - characters * 3 / 4 - characters / 4)
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

fn shorten_runs(text: &str) -> String {
    if longest_run(text) <= MAX_RUN {
        return text.to_owned();
    }
    let mut run = 0;
    let keep = |c: &char| {
        run = if *c == '`' { run + 1 } else { 0 };
        run <= MAX_RUN
    };
    text.chars().filter(keep).collect()
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag};

    use super::*;

    /// The fenced blocks of a Markdown text, and the text outside of them.
    fn blocks(markdown: &str) -> (Vec<String>, String) {
        let (mut blocks, mut outside, mut inside) = (Vec::new(), String::new(), false);
        for event in Parser::new(markdown) {
            match event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(_))) => {
                    inside = true;
                    blocks.push(String::new());
                }
                Event::End(pulldown_cmark::TagEnd::CodeBlock) => inside = false,
                Event::Text(text) if inside => blocks.last_mut().unwrap().push_str(&text),
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) | Event::Code(text) => {
                    outside.push_str(&text);
                }
                _ => {}
            }
        }
        (blocks, outside)
    }

    #[test]
    fn any_text_becomes_one_block_with_just_that_text() {
        let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
        println!("SEED={seed}");
        let mut random = fastrand::Rng::with_seed(seed);
        let pieces = [
            "`",
            "``",
            "```",
            "````\n",
            "~~~",
            "\n",
            "\n\n",
            " ",
            "    ",
            "\t",
            "text",
            "</details>",
            "<!-- -->",
            "-->",
            "@x",
            "fixes #1",
            "<script>",
            "| a |",
            "# h",
            "- ",
            "> ",
            "\\",
            "\r\n",
            "\u{200b}",
            "\u{202e}",
            "\0",
            "&lt;",
            "[a](b)",
        ];
        for _ in 0..2_000 {
            let text: String = (0..random.usize(0..30)).map(|_| pieces[random.usize(..pieces.len())]).collect();
            let (found, outside) = blocks(&fenced("text", &text, 100_000));
            let mut expected = inert(&text);
            if !expected.ends_with('\n') {
                expected.push('\n');
            }
            assert_eq!(found, [expected], "SEED={seed}, text {text:?}");
            assert_eq!(outside, "", "SEED={seed}, text {text:?}");
        }
    }

    #[test]
    fn long_text_keeps_both_ends() {
        let text = format!("begin{}end", "x".repeat(1000));
        let cut = fenced("text", &text, 100);
        assert!(cut.contains("begin") && cut.contains("end") && cut.contains("908 characters left out"), "{cut}");
        assert!(fenced("text", &"`".repeat(5000), 10_000).len() < 300);
    }
}
