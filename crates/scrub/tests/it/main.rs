//! Tests of each rule, with text that must change and text that must stay, and of random text.

mod any_text;
mod commands;
mod cost;
mod json;
mod known;
mod rules;
mod sets;
