//! Exceptions of Elixir.

use super::super::in_app;
use super::{BorrowedFrame, Head, Language, Rank, in_order, unchanged};

pub(super) const LANGUAGE: Language = Language {
    rule: "elixir exception",
    head,
    frame,
    filler: |_| false,
    causes_follow: false,
    finish: unchanged,
    frames: |stack| in_order(stack, frame),
};

/// Applications of the language, and of its best known frameworks.
const FOREIGN: [&str; 16] = [
    "elixir",
    "stdlib",
    "kernel",
    "mix",
    "ex_unit",
    "eex",
    "iex",
    "logger",
    "phoenix",
    "plug",
    "ecto",
    "ecto_sql",
    "cowboy",
    "bandit",
    "db_connection",
    "absinthe",
];

/// Parses `** (FunctionClauseError) no function clause matching in Shop.price/1`.
fn head(line: &str) -> Option<Head<'_>> {
    let (error_type, message) = line.trim_start().strip_prefix("** (")?.split_once(") ")?;
    let is_class = error_type.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | ' '));
    is_class.then_some(Head { error_type, message, rank: Rank::Ended, stands_alone: true })
}

/// Parses `    (shop 0.1.0) lib/shop/cart.ex:2: Shop.Cart.price/1`.
fn frame(line: &str) -> Option<(BorrowedFrame<'_>, bool)> {
    let text = line.strip_prefix("    ")?.trim();
    let (application, text) = match text.strip_prefix('(') {
        Some(rest) => rest.split_once(") ").map(|(application, text)| (Some(application), text))?,
        None => (None, text),
    };
    let (place, function) = text.split_once(": ")?;
    let place = super::position(place)?;
    let file = place.file.filter(|file| [".ex", ".exs", ".erl"].iter().any(|ending| file.ends_with(ending)))?;
    let name = application.map(|application| application.split(' ').next().unwrap_or(application));
    let in_app =
        in_app::is_in_app(Some(file)) && !file.starts_with("deps/") && !name.is_some_and(|it| FOREIGN.contains(&it));
    let function = Some(function).filter(|function| *function != "(file)");
    Some((BorrowedFrame { function, ..place }, in_app))
}
