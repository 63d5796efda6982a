//! The parts of one failure: its frames, and its message where type and frames do not tell two failures apart.

use autoheal_contract::Source;

use super::Part;
use super::frame::{self, Language, Name};
use super::place::place;
use super::shape::{codes, shape};
use crate::parse::Frame;

/// Maximum number of frames of a stack that names all callers, innermost first.
const MAX_FRAMES: usize = 3;
/// Maximum number of frames among which the functions of a recursion are sought.
const MAX_RECURSIVE_FRAMES: usize = 20;

/// Types of failures that programs use for anything, so that the message decides.
const GENERAL_TYPES: [&str; 25] = [
    "Error",
    "Exception",
    "panic",
    "RuntimeError",
    "RuntimeException",
    "AssertionError",
    "AssertionException",
    "AssertionFailedError",
    "Throwable",
    "StandardError",
    "IllegalStateException",
    "IllegalArgumentException",
    "InvalidOperationException",
    "ArgumentException",
    "UnhandledRejection",
    "UnhandledPromiseRejection",
    "ErrorEvent",
    "runtime_error",
    "logic_error",
    "fatal error",
    "ApplicationException",
    "RPCError",
    "ToolError",
    "McpError",
    "MCPError",
];

/// Types whose messages the runtime composes of the program's own names, such as `'Cart' object has no attribute 'sum'`.
const NAMING_TYPES: [&str; 8] = [
    "AttributeError",
    "NameError",
    "ImportError",
    "ModuleNotFoundError",
    "UnboundLocalError",
    "NoMethodError",
    "UndefinedFunctionError",
    "TypeError",
];

/// JavaScript's own classes of errors, whose constructors are in no stack.
const BUILT_IN_ERRORS: [&str; 9] = [
    "Error",
    "TypeError",
    "RangeError",
    "ReferenceError",
    "SyntaxError",
    "URIError",
    "EvalError",
    "InternalError",
    "AggregateError",
];

/// Forms of failures for which the network is the reason. The engines' stacks of them differ, and the place of the call
/// says nothing about the reason.
const OF_THE_NETWORK: [&str; 2] = ["network request failed", "module not loaded"];

/// One failure: the report's own or one of its causes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Failure<'a> {
    pub(super) error_type: &'a str,
    pub(super) message: &'a str,
    pub(super) normalised: &'a str,
    /// True if `normalised` is the common form of an engine's message.
    pub(super) has_common_form: bool,
    pub(super) stack: &'a str,
    pub(super) frames: &'a [Frame],
    pub(super) source: Source,
}

/// Returns the type under which the engines agree: SpiderMonkey's `InternalError` is a `RangeError` elsewhere.
pub(super) fn error_type<'a>(error_type: &'a str, normalised: &str) -> &'a str {
    if error_type == "InternalError" && matches!(normalised, "too much recursion" | "string too long") {
        return "RangeError";
    }
    error_type
}

/// Returns true for a type that says nothing about the failure.
pub(super) fn is_general(error_type: &str) -> bool {
    let name = short_name(error_type);
    GENERAL_TYPES.contains(&name) || error_type.starts_with("exit code ") || error_type.starts_with("SIG")
}

/// Returns a type's name without its package or namespace.
pub(super) fn short_name(error_type: &str) -> &str {
    let name = error_type.rsplit(['.', '\\', ':']).next().unwrap_or(error_type);
    if name.is_empty() { error_type } else { name }
}

/// The frames that identify a failure.
#[derive(Default)]
struct Frames {
    parts: Vec<String>,
    /// True if the function that failed is known by name.
    certain: bool,
}

impl Failure<'_> {
    /// Adds the parts of the failure without its type. Returns true if frames are among them.
    pub(super) fn add_parts(&self, parts: &mut Vec<Part>) -> bool {
        let is_of_the_network = self.has_common_form && OF_THE_NETWORK.iter().any(|it| self.normalised.starts_with(it));
        let frames = if is_of_the_network { Frames::default() } else { self.identifying_frames() };
        let message = match self.has_common_form {
            true => Some(self.normalised.to_owned()),
            false => self.deciding_message(frames.certain),
        };
        let has_frames = !frames.parts.is_empty();
        parts.extend(frames.parts.into_iter().map(|value| Part { name: "frame".into(), value }));
        if let Some(message) = message {
            parts.push(Part { name: "message".into(), value: message });
        } else {
            let codes = codes(self.normalised);
            if !codes.is_empty() {
                parts.push(Part { name: "codes".into(), value: codes });
            }
        }
        has_frames
    }

    /// Returns the message's part in the identity, if type and frames do not tell two failures apart.
    fn deciding_message(&self, certain: bool) -> Option<String> {
        let name = short_name(self.error_type);
        if !certain || is_general(self.error_type) {
            return Some(shape(self.normalised));
        }
        if name == "KeyError" && self.is_literal_in_stack() {
            return Some(self.message.trim().to_owned());
        }
        (NAMING_TYPES.contains(&name) && !self.is_of_javascript()).then(|| shape(self.normalised))
    }

    /// Returns true if a line of source in the stack contains the message, which is a quoted key. The key is then the
    /// program's own, not data.
    fn is_literal_in_stack(&self) -> bool {
        let key = self.message.trim().trim_matches(['\'', '"']);
        let is_quoted = |line: &str| {
            line.match_indices(key)
                .any(|(at, _)| line[..at].ends_with(['\'', '"']) && line[at + key.len()..].starts_with(['\'', '"']))
        };
        !key.is_empty()
            && self
                .stack
                .lines()
                .any(|line| line.starts_with(' ') && !line.contains(self.error_type) && is_quoted(line))
    }

    pub(super) fn is_of_javascript(&self) -> bool {
        self.source == Source::JavascriptSdk
            || self.frames.first().is_some_and(|frame| frame::language(frame, false) == Language::JavaScript)
    }

    fn identifying_frames(&self) -> Frames {
        if let Some(site) = self.panic_site() {
            return Frames { parts: vec![site], certain: false };
        }
        if self.has_optional_backtrace() {
            return Frames::default();
        }
        let is_page = self.source == Source::JavascriptSdk;
        let mut usable = self
            .frames
            .iter()
            .map(|frame| (frame, frame::language(frame, is_page)))
            .filter(|(frame, language)| is_usable(frame, *language))
            .peekable();
        let Some((_, language)) = usable.peek() else { return Frames::default() };
        if self.is_recursion() {
            return recursion(usable, |frame| self.unknown(frame));
        }
        if matches!(language, Language::JavaScript | Language::Wasm) {
            self.innermost_of_javascript(usable)
        } else {
            innermost(usable)
        }
    }

    /// Returns the function that failed. Its callers do not count: JavaScriptCore leaves out those that ended with the
    /// call, and minifiers inline them differently from build to build.
    fn innermost_of_javascript<'f>(&self, frames: impl Iterator<Item = (&'f Frame, Language)>) -> Frames {
        let constructor = short_name(self.error_type);
        let mut frames = frames.skip_while(|(frame, language)| {
            let is_own = matches!(frame::name(frame, *language), Name::Chosen(name) if name == constructor);
            is_own || frame.function.as_deref().is_some_and(|name| name.starts_with("new ") && name.ends_with("Error"))
        });
        let mut place_of_first = None;
        for (frame, language) in frames.by_ref().take(MAX_FRAMES) {
            let unknown = || part(self.unknown(frame), frame, language);
            // Some engines list the constructor of the program's own class, whose name a minifier changed.
            if !BUILT_IN_ERRORS.contains(&constructor) && self.is_minified(frame) {
                return Frames { parts: vec![unknown()], certain: false };
            }
            match frame::name(frame, language) {
                Name::Chosen(name) => {
                    return Frames { parts: vec![part(&name, frame, language)], certain: place_of_first.is_none() };
                }
                name => {
                    place_of_first = place_of_first.or_else(|| Some(unknown()));
                    // a minifier inlines functions, so the caller's name may belong to another function
                    if name == Name::Minified || self.is_minified(frame) {
                        break;
                    }
                }
            }
        }
        Frames { parts: place_of_first.into_iter().collect(), certain: false }
    }

    /// Returns the name of a function without one. In minified code that may be any function, elsewhere it is a callback.
    fn unknown(&self, frame: &Frame) -> &'static str {
        if self.is_minified(frame) { "(minified)" } else { "?" }
    }

    /// Returns true if any frame shows that the file of this one is the work of a minifier.
    fn is_minified(&self, frame: &Frame) -> bool {
        let same_file = self.frames.iter().filter(|other| other.file == frame.file);
        same_file.take(MAX_RECURSIVE_FRAMES).any(frame::is_in_minified_code)
    }

    /// Returns true for an error of Rust's anyhow, whose backtrace is printed only if a variable asks for it. Its message
    /// names all causes.
    fn has_optional_backtrace(&self) -> bool {
        self.source != Source::JavascriptSdk
            && self.error_type == "Error"
            && self.stack.contains("\nStack backtrace:\n")
    }

    fn is_recursion(&self) -> bool {
        matches!(
            short_name(self.error_type),
            "RecursionError" | "StackOverflowError" | "SystemStackError" | "StackOverflowException"
        ) || self.normalised == "too much recursion"
            || self.normalised.contains("stack overflow")
    }

    /// Returns the place at which Rust panicked, which is printed with and without a backtrace. Its column says more than
    /// its line, because an edit elsewhere in the file does not move it.
    fn panic_site(&self) -> Option<String> {
        if self.source == Source::JavascriptSdk {
            return None;
        }
        let (_, rest) = self.stack.split_once(" panicked at ")?;
        let line = rest.lines().next()?.trim_end().trim_end_matches(':');
        let location = line.rsplit_once("', ").map_or(line, |(_, location)| location);
        let (file, column) = location.rsplit_once(':')?;
        let (file, _) = file.rsplit_once(':')?;
        column.parse::<u32>().ok()?;
        let foreign =
            ["/rustc/", "/.cargo/", "/.rustup/", "library/std/", "library/core/", "library/alloc/", "/vendor/"];
        let is_foreign = foreign.iter().any(|folder| file.contains(folder));
        (!is_foreign).then(|| format!("column {column} in {}", place(file)))
    }
}

/// Returns true for a frame of the application. Frames of WebAssembly have no file in some engines, and those of
/// Hermes none at all. Safari hides the files of extensions.
fn is_usable(frame: &Frame, language: Language) -> bool {
    let function = frame.function.as_deref().unwrap_or_default();
    match frame.file.as_deref() {
        Some(file) if file.starts_with("webkit-masked-url:") => false,
        _ if language == Language::Wasm => {
            let of_runtime = ["core::", "std::", "wasm-stub", "wasm-to-js", "js-to-wasm", "__rust"];
            !of_runtime.iter().any(|name| function.starts_with(name))
        }
        None => {
            language == Language::JavaScript && frame.line.is_some() && frame.column.is_some() && !function.is_empty()
        }
        Some(_) => frame.in_app && !function.contains("_COROUTINE.") && !is_generated(function),
    }
}

/// Returns true for a call that a runtime generates between two of the program's.
fn is_generated(function: &str) -> bool {
    function.starts_with("0x") || function.contains("$$FastClassBy") || function.contains("$$Lambda")
}

/// Returns the names of the innermost functions of a stack that has all callers.
fn innermost<'f>(frames: impl Iterator<Item = (&'f Frame, Language)>) -> Frames {
    let mut found = Frames::default();
    let mut place_of_first = None;
    for (frame, language) in frames {
        if let Name::Chosen(name) = frame::name(frame, language) {
            let part = part(&name, frame, language);
            if found.parts.last() != Some(&part) {
                found.parts.push(part);
            }
        } else if place_of_first.is_none() && found.parts.is_empty() {
            place_of_first = Some(part("?", frame, language));
        }
        if found.parts.len() == MAX_FRAMES {
            break;
        }
    }
    found.certain = place_of_first.is_none() && !found.parts.is_empty();
    if found.parts.is_empty() {
        found.parts.extend(place_of_first);
    }
    found
}

/// Returns the functions of a recursion in alphabetical order, because it may end in any of them.
fn recursion<'f>(
    frames: impl Iterator<Item = (&'f Frame, Language)>,
    unknown: impl Fn(&Frame) -> &'static str,
) -> Frames {
    let mut names: Vec<String> = Vec::new();
    let mut place_of_first = None;
    for (frame, language) in frames.take(MAX_RECURSIVE_FRAMES) {
        match frame::name(frame, language) {
            Name::Chosen(name) => names.push(part(&name, frame, language)),
            Name::Anonymous | Name::Minified => {
                place_of_first = place_of_first.or_else(|| Some(part(unknown(frame), frame, language)));
            }
        }
    }
    names.sort_unstable();
    // a function that is there once called the recursion or was called by it
    let repeated: Vec<String> =
        names.chunk_by(|one, other| one == other).filter(|same| same.len() > 1).map(|same| same[0].clone()).collect();
    let mut parts = if repeated.is_empty() { names } else { repeated };
    parts.dedup();
    parts.truncate(MAX_FRAMES);
    let certain = !parts.is_empty();
    if parts.is_empty() {
        parts.extend(place_of_first);
    }
    Frames { parts, certain }
}

/// Returns function and file, without the line, because line numbers change with every edit above them.
fn part(name: &str, frame: &Frame, language: Language) -> String {
    match (language, frame.file.as_deref()) {
        (Language::Wasm, _) => format!("{name} in wasm"),
        // the class says more than the file
        (Language::Java, _) | (_, None) if name != "?" => name.to_owned(),
        (_, file) => format!("{name} in {}", place(file.unwrap_or_default())),
    }
}
