//! Telling of a failure; at most two seconds, whatever happens.

use std::io::IsTerminal;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use autoheal_deliver::{Destination, Outcome, deliver};
use autoheal_prepare::validate::Sender;

use super::report::Failed;
use crate::args::RunArgs;
use crate::child::say;

/// How much later the command's end may come because of us; a little is left for ending itself.
const LIMIT: Duration = Duration::from_millis(1_800);

/// Tells of the failure; says so in a line if that did not work.
pub(super) fn tell(options: RunArgs, failed: Failed) {
    let until = Instant::now() + LIMIT;
    let (send, told) = mpsc::channel();
    let told = match std::thread::Builder::new().name("tell".to_owned()).spawn(move || {
        let destination = Destination::from(options.delivery);
        let report = failed.report(destination.scrub);
        let _too_late = send.send(deliver(&destination, Sender::Local, vec![report], until));
    }) {
        Ok(_) => told.recv_timeout(LIMIT),
        Err(error) => Ok(Outcome::Lost(error.to_string())),
    };
    match told {
        // a line for people; a log of the command's output stays as the command made it
        Ok(Outcome::Delivered(what)) if std::io::stderr().is_terminal() => say(&what),
        Ok(Outcome::Delivered(_)) => {}
        Ok(Outcome::Spooled(why)) => say(&format!("this failure could not be reported yet and is kept: {why}")),
        Ok(Outcome::Lost(why)) => say(&format!("this failure could not be reported: {why}")),
        Err(_) => say("this failure could not be reported in time; if it could be kept, it is sent next time"),
    }
}
