//! Names of the functions of compiled and of scripting languages, without what compilers, proxies and runtimes add.

use std::borrow::Cow;

use super::{Name, chosen};
use crate::parse::without_rust_hashes;

/// Marks in the names of classes that a library derives at run time. What follows them differs between runs.
const DERIVED_CLASSES: [&str; 12] = [
    "$$EnhancerBy",
    "$$FastClassBy",
    "$$SpringCGLIB",
    "_$$_javassist",
    "_$$_jvst",
    "$$_jvst",
    "$$Lambda",
    "$HibernateProxy",
    "$ByteBuddy",
    "$MockitoMock",
    "$auxiliary",
    "$$anon",
];

/// Removes derived classes, modules, and the numbers of lambdas: `lambda$run$0` is in `run`.
pub(super) fn java(function: &str) -> Name<'_> {
    let function = function.rsplit('/').next().unwrap_or(function);
    if function.starts_with("0x") || function.contains("_COROUTINE.") || function.contains("$Proxy") {
        return Name::Anonymous;
    }
    let (class, method) = function.rsplit_once('.').unwrap_or(("", function));
    if class.contains("$$Lambda") {
        return Name::Anonymous;
    }
    let class = DERIVED_CLASSES.iter().filter_map(|mark| class.find(mark)).min().map_or(class, |at| &class[..at]);
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let class: String = class.split('$').filter(|part| !is_number(part)).collect::<Vec<_>>().join("$");
    let method = method.strip_prefix("lambda$").and_then(|rest| rest.rsplit_once('$')).map_or(method, |(name, _)| name);
    let method = method.split_once("$lambda").map_or(method, |(name, _)| name);
    let method = if method == "invokeSuspend" { "invoke" } else { method };
    chosen(if class.is_empty() { method.to_owned() } else { format!("{class}.{method}") })
}

/// Removes hashes, generic arguments' disambiguators and closures, which are in the function around them.
pub(super) fn rust(function: &str) -> Name<'_> {
    let mut clean = without_rust_hashes(function);
    let end = ["::{{closure}}", "::{closure"].iter().filter_map(|mark| clean.find(mark)).min();
    // of a closure in an `impl`, the brackets around it would be left open
    if let Some(end) = end.filter(|end| clean[..*end].matches('<').count() == clean[..*end].matches('>').count()) {
        clean.truncate(end);
    }
    chosen(clean)
}

/// Removes closures' numbers, generic arguments and method values: `main.(*Shop).total.func1.2`, `main.run-fm`.
pub(super) fn go(function: &str) -> Name<'_> {
    let name = function.strip_suffix("-fm").unwrap_or(function);
    let name = name.strip_suffix("(...)").unwrap_or(name);
    let name = match (name.find('['), name.rfind(']')) {
        (Some(open), Some(close)) if open < close => Cow::Owned(format!("{}{}", &name[..open], &name[close + 1..])),
        _ => Cow::Borrowed(name),
    };
    let mut end = name.len();
    while let Some((before, last)) = name[..end].rsplit_once('.') {
        let number = ["func", "gowrap", "deferwrap"].iter().find_map(|word| last.strip_prefix(word)).unwrap_or(last);
        if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            break;
        }
        end = before.len();
    }
    chosen(name[..end].to_owned())
}

/// Removes blocks and quotes: `block (2 levels) in Cart#total`, and since Ruby 3.4 the class, which older ones leave out.
pub(super) fn ruby(function: &str) -> Name<'_> {
    let name = function.trim_matches(['\'', '`', '"']);
    let name = name.rsplit_once(" in ").map_or(name, |(_, name)| name);
    let name = name.rsplit(['#', '.']).next().unwrap_or(name);
    if name.starts_with('<') { Name::Anonymous } else { chosen(name) }
}

/// Removes arguments and the classes that the compiler makes of lambdas and asynchronous methods.
pub(super) fn dot_net(function: &str) -> Name<'_> {
    let name = function.split_once('(').map_or(function, |(name, _)| name).trim();
    let Some((class, rest)) = name.split_once(['<', '+']).filter(|_| name.contains('>')) else {
        return chosen(name.replace('+', "."));
    };
    // the innermost name in angle brackets is the method: `Cart.<>c__DisplayClass3_0.<Run>b__1`
    let inner =
        rest.rsplit('<').find_map(|part| part.split_once('>').map(|(name, _)| name).filter(|it| !it.is_empty()));
    let class = class.trim_end_matches(['.', '+']);
    match inner.or_else(|| rest.split_once('>').map(|(name, _)| name)).filter(|name| !name.is_empty()) {
        Some(method) => chosen(format!("{class}.{method}")),
        None => chosen(class),
    }
}

/// Removes arguments and the copies that compilers make: `total(int, char).isra.0`, `total [clone .cold]`.
pub(super) fn other(function: &str) -> Name<'_> {
    if function.starts_with('<') && function.ends_with('>') || function.starts_with("{closure") {
        return Name::Anonymous;
    }
    let name = function.split_once(" [clone").map_or(function, |(name, _)| name);
    let name = name.split_once("[abi:").map_or(name, |(name, _)| name);
    let name = name.split_once('(').map_or(name, |(start, _)| if start.is_empty() { name } else { start });
    let copies = [".isra.", ".part.", ".constprop.", ".cold", ".llvm.", ".lto_priv."];
    let end = copies.iter().filter_map(|mark| name.find(mark)).min().unwrap_or(name.len());
    chosen(name[..end].trim())
}
