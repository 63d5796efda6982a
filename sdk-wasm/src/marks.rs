//! The parameters a tool's schema marks with `x-mcp-header`, whose values travel in headers of their own as well.

use crate::json::write_text;
use crate::reader::Reader;
use crate::text::concat;

/// Deeper schemas are not looked into: a stack of ours would end before theirs.
const DEEPEST: usize = 64;

/// The marked parameters as a JSON list of `[header, [path…]]`, or a sentence that says which mark is wrong.
pub(crate) fn marks_in(schema: &str) -> String {
    let mut marks = Marks { reader: Reader { rest: schema }, found: Vec::new(), wrong: None };
    marks.schema(Some(&Vec::new()), 0);
    if let Some(name) = marks.wrong {
        let right =
            " must stand once, a header's name, at a string, integer or boolean that is always in the same place";
        return concat(&["x-mcp-header ", &name, right]);
    }
    let mut out = String::from("[");
    for (place, (name, path)) in marks.found.iter().enumerate() {
        out.push_str(if place == 0 { "[" } else { ",[" });
        write_text(name, &mut out);
        out.push_str(",[");
        for (step, key) in path.iter().enumerate() {
            if step > 0 {
                out.push(',');
            }
            write_text(key, &mut out);
        }
        out.push_str("]]");
    }
    out.push(']');
    out
}

struct Marks<'a> {
    reader: Reader<'a>,
    found: Vec<(String, Vec<String>)>,
    wrong: Option<String>,
}

impl Marks<'_> {
    /// Reads one value. `path` leads to it if nothing but `properties` lies on the way; else no mark is right.
    fn schema(&mut self, path: Option<&Vec<String>>, depth: usize) {
        let (mut name, mut kind) = (None, String::new());
        let open = self.reader.next();
        if !matches!(open, b'{' | b'[') || depth > DEEPEST {
            return self.pass_over();
        }
        self.reader.skip(1);
        loop {
            match self.reader.next() {
                0 => break,
                b',' => {
                    self.reader.skip(1);
                    continue;
                }
                b'}' | b']' => {
                    self.reader.skip(1);
                    break;
                }
                _ => {}
            }
            if open == b'[' {
                self.schema(None, depth + 1);
                continue;
            }
            let key = self.reader.text();
            if self.reader.next() == b':' {
                self.reader.skip(1);
            }
            let is_text = self.reader.next() == b'"';
            match key.as_str() {
                "x-mcp-header" if is_text => name = Some(self.reader.text()),
                "x-mcp-header" => {
                    name = Some(String::new());
                    self.pass_over();
                }
                "type" if is_text => kind = self.reader.text(),
                "default" | "const" | "enum" | "examples" => self.pass_over(),
                "properties" if self.reader.next() == b'{' => self.properties(path, depth + 1),
                _ => self.schema(None, depth + 1),
            }
        }
        if let Some(name) = name {
            self.take(name, path, &kind);
        }
    }

    fn properties(&mut self, path: Option<&Vec<String>>, depth: usize) {
        self.reader.skip(1);
        loop {
            match self.reader.next() {
                b'"' => {
                    let key = self.reader.text();
                    if self.reader.next() == b':' {
                        self.reader.skip(1);
                    }
                    let below = path.map(|path| {
                        let mut below = path.clone();
                        below.push(key);
                        below
                    });
                    self.schema(below.as_ref(), depth);
                }
                b',' => {
                    self.reader.skip(1);
                }
                _ => {
                    self.reader.skip(1);
                    return;
                }
            }
        }
    }

    fn take(&mut self, name: String, path: Option<&Vec<String>>, kind: &str) {
        let is_new = !self.found.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name));
        let path = path.filter(|path| !path.is_empty() && is_new && is_header_name(&name));
        match path.filter(|_| matches!(kind, "string" | "integer" | "boolean")) {
            Some(path) => self.found.push((name, path.clone())),
            None => self.wrong = Some(name),
        }
    }

    /// Steps over one value.
    fn pass_over(&mut self) {
        match self.reader.next() {
            b'"' => {
                self.reader.text();
            }
            b'{' | b'[' => self.reader.skip_nested(),
            _ => {
                let ends = |byte: u8| matches!(byte, b',' | b'}' | b']');
                let length = self.reader.rest.bytes().position(ends).unwrap_or(self.reader.rest.len());
                self.reader.skip(length.max(1));
            }
        }
    }
}

fn is_header_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &str, expected: &str) {
        assert_eq!(marks_in(schema), expected);
    }

    fn wrong(schema: &str) {
        assert!(marks_in(schema).starts_with("x-mcp-header "), "{schema}: {}", marks_in(schema));
    }

    #[test]
    fn marked_properties_and_their_places() {
        check("{}", "[]");
        check("null", "[]");
        check(
            r#"{"type":"object","properties":{"a":{"x-mcp-header":"Region","type":"string"}}}"#,
            r#"[["Region",["a"]]]"#,
        );
        check(
            r#"{"properties":{"in":{"type":"object","properties":{"b c":{"type":"integer","x-mcp-header":"B"}}},"d":{"x-mcp-header":"D","type":"boolean","default":{"x-mcp-header":1}}}}"#,
            r#"[["B",["in","b c"]],["D",["d"]]]"#,
        );
        // properties may have any name, these too
        check(
            r#"{"properties":{"properties":{"x-mcp-header":"P","type":"string"},"type":{"type":"string"}}}"#,
            r#"[["P",["properties"]]]"#,
        );
    }

    #[test]
    fn wrong_marks() {
        for inner in [
            r#""x-mcp-header":"","type":"string""#,
            r#""x-mcp-header":"a b","type":"string""#,
            r#""x-mcp-header":"a:b","type":"string""#,
            r#""x-mcp-header":"ä","type":"string""#,
            r#""x-mcp-header":5,"type":"string""#,
            r#""x-mcp-header":null,"type":"string""#,
            r#""x-mcp-header":{"a":[1]},"type":"string""#,
            r#""x-mcp-header":"A","type":"number""#,
            r#""x-mcp-header":"A","type":["string"]"#,
            r#""x-mcp-header":"A""#,
        ] {
            wrong(&["{\"properties\":{\"a\":{", inner, "}}}"].concat());
        }
        let mark = r#"{"x-mcp-header":"A","type":"string"}"#;
        wrong(mark);
        for way in ["items", "$defs", "anyOf", "not", "if"] {
            wrong(&["{\"properties\":{\"a\":{\"", way, "\":{\"properties\":{\"b\":", mark, "}}}}}"].concat());
            wrong(&["{\"", way, "\":[", mark, "]}"].concat());
        }
        wrong(&["{\"properties\":{\"a\":", mark, ",\"b\":", &mark.replace("\"A\"", "\"a\""), "}}"].concat());
    }

    #[test]
    fn deep_and_broken_schemas_end() {
        let deep = ["{\"a\":".repeat(100_000), "1".to_owned(), "}".repeat(100_000)].concat();
        check(&deep, "[]");
        let whole = r#"{"properties":{"a":{"x-mcp-header":"Region","type":"string","enum":["a"]}},"items":[{"b":1}]}"#;
        for end in 0..whole.len() {
            let _ends = marks_in(&whole[..end]);
        }
    }
}
