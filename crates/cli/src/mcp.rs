//! `autoheal mcp`: an MCP server on pipes as if nothing were between; what fails in the conversation is told.

mod conversation;
mod place;
mod relays;
mod reports;
mod watcher;

use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::arguments::without_secrets;
use autoheal_deliver::data_directory;
use autoheal_prepare::shell::shell_line;
use autoheal_watch::InventoryFile;
use autoheal_watch::{Setup, Target, Watch};

use self::conversation::Conversation;
use self::relays::Relays;
use self::reports::Reports;
use self::watcher::Watcher;
use crate::args::McpArgs;
use crate::child::{Signals, refuse, start};
use crate::settings::or_never;

/// How much later the server's end may come because of us; a little is left for ending itself.
const LIMIT: Duration = Duration::from_millis(1_800);

/// Runs the server to its end and ends as it did: with its exit code, or by its signal.
pub(crate) fn run(options: McpArgs) -> ExitCode {
    let Some((program, arguments)) = options.command.split_first() else { return ExitCode::from(2) };
    // before the server is there, so that no signal and no end of it is missed
    let mut signals = match Signals::listen() {
        Ok(signals) => signals,
        Err(error) => return refuse(&format!("cannot listen for signals: {error}"), 125),
    };
    let prepare = |command: &mut Command| {
        if options.wide_logs {
            command.env("COLUMNS", "400").env("NO_COLOR", "1").env_remove("FORCE_COLOR");
        }
    };
    let (child, pipes) = match relays::start(program, arguments, prepare) {
        Ok(started) => started,
        Err(error) => return refuse(&start::refusal(program, &error), start::code(&error)),
    };
    // from here on the server is starting, and what we do costs nothing
    let memory = InventoryFile::of_command(data_directory().as_deref(), &options.command);
    let conversation = Arc::new(Conversation::new(watch(&options, &memory)));
    let relays = match Relays::start(pipes, &conversation) {
        Ok(relays) => relays,
        Err(error) => return refuse(&format!("cannot start a thread: {error}"), 125),
    };
    let reports = Reports::new(options.delivery, program);
    let watcher = Watcher::start(Arc::clone(&conversation), reports, memory);
    let ending = signals.follow(child, || false);
    let asked = signals.interrupted();
    relays.finish(signals, ending);
    // the watcher must know how long it has before it hears of the end
    let watcher = watcher.must_end_by(Instant::now() + LIMIT);
    conversation.server_ended(ending.exit(), asked);
    watcher.wait();
    ending.repeat()
}

fn watch(options: &McpArgs, memory: &InventoryFile) -> Watch {
    let mut watch = Watch::new(Setup {
        target: Target::Stdio { command: shell_line(&without_secrets(&options.command)) },
        timeout: or_never(options.timeout),
        handshake_timeout: or_never(options.handshake),
    });
    if let Some(learnt) = memory.read() {
        watch.restore_inventory(learnt);
    }
    watch
}
