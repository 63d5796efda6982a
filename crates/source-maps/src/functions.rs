//! Names of the functions of an original file, by the places where they begin and end.
//!
//! They come from the original source, because minifiers inline functions and rename them, and the library that derives
//! names from generated code then names the caller.

mod collect;

use std::ops::Range;

use swc_ecma_parser::{EsSyntax, Parser, StringInput, Syntax, TsSyntax};
use swc_ecma_visit::VisitWith;
use swc_ecma_visit::swc_ecma_ast::Program;

use collect::Collector;

/// Maximum size of an original file that is parsed, in bytes.
const SOURCE_BYTES: usize = 4 * 1024 * 1024;

/// From this place on, up to the next entry, code is in the function with this name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begin {
    /// Line, counted from 0.
    pub(crate) line: u32,
    /// Column in UTF-16, counted from 0.
    pub(crate) column: u32,
    /// The function; none outside of functions.
    pub(crate) name: Option<String>,
}

/// Parses a file and lists where functions begin and end, in order. None if it cannot be parsed.
pub(crate) fn functions(file: &str, source: &str) -> Option<Vec<Begin>> {
    if source.len() > SOURCE_BYTES {
        return None;
    }
    let program = parse(file, source)?;
    let mut collector = Collector::default();
    program.visit_with(&mut collector);
    Some(begins(source, collector.functions))
}

fn parse(file: &str, source: &str) -> Option<Program> {
    let path = file.split(['?', '#']).next().unwrap_or_default();
    let syntax = match path.rsplit('.').next().unwrap_or_default() {
        "ts" | "mts" | "cts" => Syntax::Typescript(TsSyntax { decorators: true, ..TsSyntax::default() }),
        "tsx" => Syntax::Typescript(TsSyntax { decorators: true, tsx: true, ..TsSyntax::default() }),
        _ => Syntax::Es(EsSyntax {
            jsx: true,
            decorators: true,
            export_default_from: true,
            allow_super_outside_method: true,
            allow_return_outside_function: true,
            auto_accessors: true,
            explicit_resource_management: true,
            ..EsSyntax::default()
        }),
    };
    // positions begin at 1, because the parser reserves 0
    let end = swc_common::BytePos(u32::try_from(source.len()).ok()? + 1);
    let mut parser = Parser::new(syntax, StringInput::new(source, swc_common::BytePos(1), end), None);
    // chooses between a module and a script
    parser.parse_program().ok()
}

/// Turns nested ranges of bytes into places at which the name changes.
fn begins(source: &str, mut functions: Vec<(Range<u32>, String)>) -> Vec<Begin> {
    // an outer function before one within that begins at the same place
    functions.sort_by_key(|(range, _)| (range.start, std::cmp::Reverse(range.end)));
    let mut places = Places::new(source);
    let mut begins: Vec<Begin> = Vec::new();
    let mut open: Vec<(u32, String)> = Vec::new();
    let mut begin = |at: u32, name: Option<&String>| {
        let (line, column) = places.of(at);
        let begin = Begin { line, column, name: name.cloned() };
        match begins.last_mut() {
            Some(last) if (last.line, last.column) == (line, column) => *last = begin,
            _ => begins.push(begin),
        }
    };
    for (range, name) in functions {
        while let Some((end, _)) = open.pop_if(|(end, _)| *end <= range.start) {
            begin(end, open.last().map(|(_, name)| name));
        }
        begin(range.start, Some(&name));
        open.push((range.end, name));
    }
    while let Some((end, _)) = open.pop() {
        begin(end, open.last().map(|(_, name)| name));
    }
    begins
}

/// Lines and columns of growing offsets, in one pass over the source.
struct Places<'a> {
    source: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl<'a> Places<'a> {
    fn new(source: &'a str) -> Self {
        Self { source, at: 0, line: 0, column: 0 }
    }

    /// Line and column of the position, as the parser counts it.
    fn of(&mut self, position: u32) -> (u32, u32) {
        let target = usize::try_from(position.saturating_sub(1)).unwrap_or(usize::MAX);
        for c in self.source.get(self.at..).unwrap_or_default().chars() {
            if self.at >= target {
                break;
            }
            self.at += c.len_utf8();
            if c == '\n' {
                (self.line, self.column) = (self.line + 1, 0);
            } else {
                self.column += u32::from(c.len_utf16() == 2) + 1;
            }
        }
        (self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The name at each `@` in the source; the mark is a comment to the parser.
    fn check(file: &str, source: &str, expected: &[Option<&str>]) {
        let begins = functions(file, source).unwrap_or_else(|| panic!("{source}"));
        let found: Vec<_> = source
            .match_indices("/*@*/")
            .map(|(at, _)| {
                let line = source[..at].matches('\n').count();
                let column = source[..at].rsplit('\n').next().unwrap().encode_utf16().count();
                let place = (u32::try_from(line).unwrap(), u32::try_from(column).unwrap());
                let index = begins.partition_point(|begin| (begin.line, begin.column) <= place);
                begins.get(index.wrapping_sub(1)).and_then(|begin| begin.name.as_deref())
            })
            .collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn functions_have_the_names_that_a_reader_would_give_them() {
        for (source, expected) in [
            ("function total() { /*@*/ } /*@*/", &[Some("total"), None][..]),
            ("const total = (x) => /*@*/x; const y = async function () { /*@*/ }", &[Some("total"), Some("y")]),
            ("const a = function b() { /*@*/ }", &[Some("b")]),
            (
                "class Cart { constructor() { /*@*/ } total() { /*@*/ } static of() { /*@*/ } #x() { /*@*/ } }",
                &[Some("new Cart"), Some("Cart.total"), Some("Cart.of"), Some("Cart.#x")],
            ),
            ("const Cart = class { get first() { /*@*/ } }", &[Some("Cart.first")]),
            ("class A { handle = () => { /*@*/ } }", &[Some("A.handle")]),
            (
                "const api = { load() { /*@*/ }, save: function () { /*@*/ }, 'a-b': () => /*@*/1, deep: { run() { /*@*/ } } }",
                &[Some("api.load"), Some("api.save"), Some("api.a-b"), Some("api.deep.run")],
            ),
            ("export default { data() { /*@*/ } }", &[Some("data")]),
            ("export default function () { /*@*/ }", &[Some("default")]),
            ("export default (x) => /*@*/x", &[Some("default")]),
            ("exports.load = function () { /*@*/ }; module.exports.save = () => /*@*/1", &[Some("load"), Some("save")]),
            ("Cart.prototype.total = function () { /*@*/ }", &[Some("Cart.total")]),
            ("globalThis.scenarios = { method() { /*@*/ } }", &[Some("scenarios.method")]),
            ("function total() { return lines.reduce((a, b) => { /*@*/ }) }", &[Some("total")]),
            ("items.map((x) => /*@*/x)", &[None]),
            ("function f() { const g = () => { /*@*/ }; /*@*/ }", &[Some("g"), Some("f")]),
            ("const x = f(() => /*@*/1)", &[None]),
            ("function π() { const s = '😀'; /*@*/ }\n/*@*/", &[Some("π"), None]),
            ("return (function () { /*@*/ })()", &[None]),
        ] {
            check("src/a.js", source, expected);
        }
        check(
            "a.ts",
            "export class Cart<T> { total(this: Cart<T>, x?: number): number { /*@*/ return <number>x } }",
            &[Some("Cart.total")],
        );
        check("a.ts", "const f = ((x: number) => { /*@*/ }) as Handler", &[Some("f")]);
        check(
            "a.tsx",
            "export const View: FC<P> = ({ a }) => <b onClick={() => { /*@*/ }}>{/*@*/a}</b>",
            &[Some("View"), Some("View")],
        );
        check("a.js?used", "@decorated class A { @bound run() { /*@*/ } }", &[Some("A.run")]);
    }

    #[test]
    fn a_file_of_another_language_has_no_functions() {
        assert_eq!(functions("a.vue", "<template><b/></template>\n<script>export default {}</script>"), None);
        assert_eq!(functions("a.js", "function ("), None);
    }
}
