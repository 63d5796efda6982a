//! Runs the examples as processes and checks the reports of their failures.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod data_directory;
mod failing_cli;
mod faulty_http_server;
mod faulty_mcp_server;
mod figures;
mod recording_service;
