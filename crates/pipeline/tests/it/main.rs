//! The pipeline against a real SQLite file and the stand-in for GitHub, on a clock that tests turn.

mod bad_days;
mod gate;
mod path;
mod store_story;
mod whole_path;
