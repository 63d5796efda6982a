//! Tests of the binary `autoheal`, which they start, use, stop and kill.

#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod caller_errors;
mod crash;
mod data_directory;
mod disk_full;
mod durable;
mod explain;
mod first_process;
mod full_disk_output;
mod gateway_memory;
mod github_crash;
mod healing;
mod killed_wrapper;
mod mcp_endings;
mod mcp_http;
mod mcp_passing;
mod mcp_reports;
mod mcp_starts;
mod not_started;
mod place;
mod projects;
mod run;
mod run_delivery;
mod run_endings;
mod run_nested;
mod run_programs;
mod run_strangers;
mod run_terminal;
mod secrets;
mod serving;
mod settings;
mod source_code;
mod source_maps;
mod spy;
mod store_files;
mod variables;
mod wrapped;
