//! Path templates of GitHub's description, such as `/repos/{owner}/{repo}/issues/{issue_number}`.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

/// A path with `{name}` segments as parameters.
pub(crate) struct PathTemplate {
    text: String,
}

impl PathTemplate {
    pub(crate) fn new(text: &str) -> Self {
        PathTemplate { text: text.to_owned() }
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Number of fixed segments. Of two matching templates, the one with more fixed segments applies.
    pub(crate) fn fixed_segments(&self) -> usize {
        self.text.split('/').filter(|segment| !segment.starts_with('{')).count()
    }

    /// The decoded parameters, if the path matches.
    pub(crate) fn values(&self, path: &str) -> Option<BTreeMap<String, String>> {
        let mut values = BTreeMap::new();
        let mut parts = path.split('/');
        let mut segments = self.text.split('/').peekable();
        while let Some(segment) = segments.next() {
            let part = parts.next()?;
            let Some(name) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
                if segment != part {
                    return None;
                }
                continue;
            };
            let mut value = decode(part);
            // git names contain slashes, which GitHub accepts unencoded at the end of a path
            if segments.peek().is_none() && ["ref", "path", "branch", "basehead"].contains(&name) {
                for more in parts.by_ref() {
                    value.push('/');
                    value.push_str(&decode(more));
                }
            }
            let numbered = name.ends_with("_number") || ["comment_id", "installation_id"].contains(&name);
            if value.is_empty() || numbered && value.parse::<u64>().is_err() {
                return None;
            }
            values.insert(name.to_owned(), value);
        }
        parts.next().is_none().then_some(values)
    }
}

/// The segment with every `%XX` replaced by its byte; bytes that are not UTF-8 become the replacement character.
fn decode(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::percent_encode;

    #[test]
    fn encoding_and_decoding_restores_the_text() {
        for text in ["good first issue", "a/b%2F", "ünï", "100%", ""] {
            assert_eq!(decode(&percent_encode(text)), text);
        }
        assert_eq!(decode("50%"), "50%");
        assert_eq!(decode("%zz"), "%zz");
    }

    #[test]
    fn parameters_are_decoded_and_only_git_names_span_segments() {
        let reference = PathTemplate::new("/repos/{owner}/{repo}/git/ref/{ref}");
        assert_eq!(
            reference.values("/repos/a/b/git/ref/heads/auto-fix/issue-1").unwrap()["ref"],
            "heads/auto-fix/issue-1"
        );
        let label = PathTemplate::new("/repos/{owner}/{repo}/labels/{name}");
        assert_eq!(label.values("/repos/a/b/labels/good%20first").unwrap()["name"], "good first");
        assert!(label.values("/repos/a/b/labels/x/y").is_none());
        let issue = PathTemplate::new("/repos/{owner}/{repo}/issues/{issue_number}");
        assert!(issue.values("/repos/a/b/issues/seven").is_none());
        assert!(issue.values("/repos/a/b/issues/").is_none());
    }
}
