//! `autoheal mcp`: relays between an MCP client and its server on pipes, and reports failures in their conversation.

mod conversation;
mod own_failure;
mod print_order;
mod relays;
mod reports;
mod surroundings;
mod watcher;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Instant, SystemTime};

use crate::arguments::line_without_secrets;
use autoheal_deliver::{MAX_DELAY, data_directory, known_secrets};
use autoheal_prepare::KnownSecrets;
use autoheal_watch::InventoryFile;
use autoheal_watch::{Setup, Target, Watch};

use self::conversation::Conversation;
use self::own_failure::OwnFailure;
use self::relays::{Finished, Relays};
use self::reports::Reports;
use self::watcher::Watcher;
use crate::args::McpArgs;
use crate::child::{Ended, Ending, Nested, Reported, Signals, refuse};
use crate::settings::or_never;

/// Runs the server to its end and ends the same way: with its exit code, or by its signal.
pub(crate) fn run(mut options: McpArgs) -> ExitCode {
    let Some((program, arguments)) = options.command.split_first() else { return ExitCode::from(2) };
    // before the server starts, so that no signal and no exit of the server is missed
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return refuse(&format!("cannot listen for signals: {error}"), 125),
    };
    let nested = Nested::new(options.delivery.remote);
    let remoteness = nested.remoteness();
    options.delivery.remote = remoteness.is_remote();
    let prepare = |command: &mut Command| {
        options.delivery.pass_on(command);
        nested.pass_on(command);
        if options.wide_logs {
            command.env("COLUMNS", "400").env("NO_COLOR", "1").env_remove("FORCE_COLOR");
        }
    };
    let (child, pipes) = match relays::start(program, arguments, prepare) {
        Ok(started) => started,
        Err(error) => return OwnFailure::of(&options, remoteness).not_started(&error),
    };
    // after the start of the server, so that this work delays nothing
    let inventory_file = InventoryFile::of_command(data_directory().as_deref(), &options.command);
    let known_secrets = known_secrets(&options.command);
    let conversation = Arc::new(Conversation::new(watch(&options, &inventory_file, &known_secrets)));
    let relays = match Relays::start(pipes, &conversation) {
        Ok(relays) => relays,
        Err(error) => return refuse(&format!("cannot start a thread: {error}"), 125),
    };
    let destination = options.delivery.destination_hash();
    let own_failure = OwnFailure::of(&options, remoteness.clone());
    let reports = Reports::new(options.delivery.into_destination(known_secrets), remoteness, program);
    let watcher = Watcher::start(Arc::clone(&conversation), reports, inventory_file);
    let ending = signals.follow(child, || false);
    let interrupted = signals.interrupted();
    let ended = Ended { ending, destination, at: SystemTime::now() };
    let nested_failures = nested.failures();
    let start_error = nested.start_error();
    // before anything that may end this process by a signal
    drop(nested);
    let Finished { last_reads, lost } = relays.finish(signals, ending);
    if let Some(error) = start_error {
        return own_failure.not_started(&error);
    }
    // the server may have ended well before its last message could not be written
    let is_lost = lost.filter(|_| ending == Ending::Code(0) || ending.by_pipe());
    if let Some(error) = is_lost {
        return own_failure.output_lost(&error.into());
    }
    let nested_reported = nested_failures.has_end(&ended, &last_reads);
    // before the end of the conversation, because the watcher then reads its deadline
    let watcher = watcher.must_end_by(Instant::now() + MAX_DELAY);
    // the end of a server that a nested `run` reported is reported once
    conversation.server_ended(ending.exit(), interrupted || nested_reported);
    if watcher.wait() || nested_reported {
        Reported::note(ending, destination);
    }
    ending.repeat()
}

fn watch(options: &McpArgs, inventory_file: &InventoryFile, known_secrets: &KnownSecrets) -> Watch {
    let mut watch = Watch::new(Setup {
        target: Target::Stdio { command: line_without_secrets(&options.command) },
        timeout: or_never(options.timeout),
        handshake_timeout: or_never(options.handshake),
        known_secrets: known_secrets.clone(),
        soft_errors: options.soft_errors,
    });
    if let Some(inventory) = inventory_file.read() {
        watch.restore_inventory(inventory);
    }
    watch
}
