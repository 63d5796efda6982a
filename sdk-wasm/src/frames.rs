//! The frames of the caller, from a stack captured in a public method of the client.

/// Frames of the code that called the client, in the engine's format.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CallerFrames<'stack> {
    /// One frame per line, innermost first; empty if there are none.
    pub(crate) text: &'stack str,
    /// True if the engine begins a stack with the error's name and message, as V8 does.
    pub(crate) with_heading: bool,
}

/// Removes the heading and the client's own frame.
///
/// Every public method captures the stack itself, so exactly one frame is the client's. The frame is counted and not
/// recognised by its file, because a bundler puts the page's functions into the same file.
pub(crate) fn caller_frames(stack: &str) -> CallerFrames<'_> {
    // SpiderMonkey and JavaScriptCore begin with a frame, `name@url:1:2`, and V8 with `Error`.
    let mut lines = stack.as_bytes().split(|byte| *byte == b'\n');
    let with_heading = lines
        .find(|line| !line.trim_ascii().is_empty())
        .is_some_and(|first| first.starts_with(b"Error") && first.iter().all(|byte| *byte != b'@'));
    let frames = if with_heading { after_line(stack) } else { stack };
    CallerFrames { text: after_line(frames).trim_ascii_end(), with_heading }
}

fn after_line(text: &str) -> &str {
    let end = text.bytes().position(|byte| byte == b'\n');
    end.and_then(|end| text.get(end + 1..)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(stack: &str, text: &str, with_heading: bool) {
        assert_eq!(caller_frames(stack), CallerFrames { text, with_heading });
    }

    #[test]
    fn v8_stacks_lose_the_heading_and_the_clients_frame() {
        check(
            "Error\n    at c.callTool (https://shop/mcp-autoheal.js:1:22)\n    at checkOut (https://shop/page.js:7:3)",
            "    at checkOut (https://shop/page.js:7:3)",
            true,
        );
    }

    #[test]
    fn stacks_of_spidermonkey_and_javascriptcore_have_no_heading() {
        check(
            "callTool@https://shop/mcp-autoheal.js:1:22\ncheckOut@https://shop/page.js:7:3\n",
            "checkOut@https://shop/page.js:7:3",
            false,
        );
    }

    #[test]
    fn stacks_without_a_caller_are_empty() {
        check("Error\n    at c.callTool (x.js:1:1)", "", true);
        check("Error", "", true);
        check("", "", false);
    }
}
