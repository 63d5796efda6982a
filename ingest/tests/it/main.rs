//! Tests of the service over HTTP, from the view of senders, operator and attackers.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod app;
mod bad_input;
mod batches;
mod both_ends;
mod connections;
mod conversation;
mod dashboard;
mod files;
mod gateway;
mod gateway_compressed;
mod gateway_cors;
mod gateway_endings;
mod gateway_failures;
mod gateway_sse;
mod gateway_streams;
mod gateway_wire;
mod groups;
mod health;
mod hosts;
mod ids;
mod issue_text;
mod keys;
mod lenient;
mod operator;
mod origins;
mod rate;
mod repeats;
mod samples;
mod security_headers;
mod shutdown;
mod size;
mod source_code;
mod source_maps;
mod status;
mod wire;
