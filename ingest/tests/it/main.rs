//! The service over HTTP as its senders, its operator and its enemies meet it.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod app;
mod bad_input;
mod batches;
mod dashboard;
mod gateway;
mod gateway_compressed;
mod gateway_cors;
mod gateway_endings;
mod gateway_failures;
mod gateway_streams;
mod gateway_wire;
mod groups;
mod health;
mod ids;
mod issue_text;
mod keys;
mod lenient;
mod operator;
mod origins;
mod rate;
mod shutdown;
mod size;
mod talk;
mod wire;
