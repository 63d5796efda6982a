//! Every rule with what must vanish and what must stay, and what holds for any text at all.

mod any_text;
mod cost;
mod json;
mod rules;
