//! The examples as real processes, and what was recorded of their failures.

#![expect(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod failing_cli;
mod faulty_http_server;
mod faulty_mcp_server;
mod figures;
mod place;
mod service;
