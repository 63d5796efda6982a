//! From a failure to the report of it: what a fixer needs, out of the call, the answer and standard error.

use autoheal_contract::Class;
use autoheal_contract::limits::{CAUSES, ERROR_MESSAGE_CHARS, STACK_TRACE_CHARS};
use autoheal_contract::{ErrorReport, Json, LogLine, Rpc, Server, Source};
use autoheal_scrub::{Level, scrub_json, scrub_with};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::call::{Call, Kind};
use super::failed::{Failed, Folded};
use super::judge::{Violated, error_type, told};
use super::reproduction::Reproduced;
use super::server::Known;
use super::stderr::Joined;
use super::{Setup, Target};
use autoheal_prepare::Hex;
use autoheal_prepare::excerpt::excerpt;
use autoheal_prepare::parse::Failure;

/// How much of the answer is shown, in bytes of JSON.
const ANSWER: usize = 8 * 1024;
/// Longest log line that is shown, in characters.
const LOG: usize = 1_000;

/// Puts the report together.
pub(super) fn report(folded: Folded, joined: Joined, known: &Known, setup: &Setup) -> ErrorReport {
    let Folded { failed, count, last, .. } = folded;
    let call = failed.call.as_ref();
    let source = call.filter(|_| !failed.is_outage()).map_or(Source::McpProtocol, |call| call.kind.source());
    let message = match failed.class {
        // a whole sentence of ours, and why, where that is known
        Class::NoAnswer | Class::ServerExit => match &joined.failure {
            Some((failure, _)) => format!("{}: {}", failed.message, failure.error_message),
            None => failed.message.clone(),
        },
        _ if failed.is_outage() => failed.message.clone(),
        _ => told(call.map(Call::subject), &failed.message),
    };
    let (error_type, mut causes, stack) = stack(&failed, &joined);
    causes.truncate(CAUSES);
    let params = call.and_then(params);
    let protocol_version = call.and_then(|call| call.protocol_version.as_deref()).or(known.protocol_version.as_deref());
    let reproduction = call.and_then(|call| {
        let clean = params.clone().map(clean);
        let reproduced = Reproduced {
            target: Some(&setup.target),
            method: &call.method,
            params: clean.as_ref(),
            protocol_version,
            handshake: known.ready && call.kind != Kind::Initialize,
        };
        let is_whole = call.is_whole && params.is_some() == call.params.is_some();
        is_whole.then(|| reproduced.line()).flatten()
    });
    let (transport, command) = match &setup.target {
        Target::Stdio { command } => ("stdio", Some(command.clone())),
        Target::Http { .. } => ("http", None),
    };
    let happened = (failed.at.to_string(), last.to_string());
    ErrorReport {
        error_type,
        error_message: excerpt(&message, ERROR_MESSAGE_CHARS),
        stack_trace: stack,
        causes,
        context: Some(Json::Object(context(&failed, &joined, known, setup))),
        schema: Some(1),
        id: Some(Uuid::new_v4().to_string()),
        source: Some(source),
        class: Some(failed.class.name().to_owned()),
        release: known.version.clone(),
        count: (count > 1).then_some(count),
        first_seen: (count > 1).then_some(happened.0),
        last_seen: Some(happened.1),
        logs: joined.logs.iter().map(|line| log(line)).collect(),
        server: known.name.clone().map(|name| Server { name, version: known.version.clone() }),
        rpc: call.map(|call| Rpc {
            method: Some(call.method.to_string()),
            tool: call.name.as_deref().map(str::to_owned),
            code: failed.code,
            params,
            transport: Some(transport.to_owned()),
            protocol_version: protocol_version.map(str::to_owned),
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of one call")]
            duration_ms: Some((failed.at.0 - call.began.0).max(0) as f64),
        }),
        reproduction,
        command,
        exit: failed.exit.clone(),
        client: failed.client.as_ref().map(|client| client_hash(&client.name, failed.peer)),
        ..ErrorReport::default()
    }
}

/// The type, causes and stack: as standard error tells them, where it does.
fn stack(failed: &Failed, joined: &Joined) -> (String, Vec<autoheal_contract::Cause>, Option<String>) {
    match &joined.failure {
        Some((Failure { error_type, causes, .. }, text)) => {
            (error_type.clone(), causes.clone(), Some(excerpt(text, STACK_TRACE_CHARS)))
        }
        None => {
            let signal = failed.exit.as_ref().and_then(|exit| exit.signal.clone());
            (signal.unwrap_or_else(|| error_type(failed.class).to_owned()), Vec::new(), None)
        }
    }
}

/// What was called with, without what is the transport's own.
fn params(call: &Call) -> Option<Json> {
    let mut params: Json = serde_json::from_str(call.params.as_deref()?.get()).ok()?;
    if let Json::Object(members) = &mut params {
        members.retain(|(name, _)| name != "_meta");
    }
    Some(params)
}

/// A call that people copy must not hold what the report hides.
pub fn clean(mut params: Json) -> Json {
    scrub_json(&mut params, &mut |text| {
        if let std::borrow::Cow::Owned(clean) = scrub_with(text, Level::Standard) {
            *text = clean;
        }
    });
    params
}

fn context(failed: &Failed, joined: &Joined, known: &Known, setup: &Setup) -> Vec<(String, Json)> {
    let text = |text: &str| Json::Text(text.to_owned());
    let mut context = vec![("timestamp".to_owned(), text(&failed.at.to_string()))];
    let mut add = |name: &str, value: Json| context.push((name.to_owned(), value));
    if let Target::Http { url } = &setup.target {
        add("endpoint", text(url));
    }
    if let Some(client) = &failed.client {
        add("client", text(format!("{} {}", client.name, client.version).trim()));
    }
    if let Some(answer) = &failed.answer
        && let Ok(mut answer) = serde_json::from_str::<Json>(answer.get())
    {
        answer.shrink_to(ANSWER);
        add(if failed.call.is_some() { "answer" } else { "line" }, answer);
    }
    if joined.failure.is_some() || !joined.logs.is_empty() {
        let others = failed.overlapping;
        add(
            "stack_from",
            match others {
                0 => text("stderr"),
                1 => text("stderr, a guess: one other call ran meanwhile"),
                _ => text(&format!("stderr, a guess: {others} other calls ran meanwhile")),
            },
        );
    }
    let schemas = failed.call.as_ref().and_then(|call| known.schemas(call.name.as_deref()?));
    let schema = schemas.zip(failed.violated).and_then(|(schemas, violated)| match violated {
        Violated::Input => Some(("input_schema", schemas.input.as_ref()?)),
        Violated::Output => Some(("output_schema", schemas.output.as_ref()?)),
    });
    if let Some((name, schema)) = schema
        && let Ok(schema) = serde_json::from_str(schema.get())
    {
        add(name, schema);
    }
    context
}

fn log(line: &str) -> LogLine {
    LogLine { level: Some("stderr".to_owned()), message: excerpt(line, LOG), timestamp: None }
}

/// Stands for one program of one user, to count distinct ones.
pub fn client_hash(program: &str, peer: u64) -> String {
    let digest = Sha256::new().chain_update(peer.to_le_bytes()).chain_update(program.as_bytes()).finalize();
    Hex(&digest[..8]).to_string()
}
