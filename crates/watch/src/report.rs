//! Builds the report of a failure from its call, its response and standard error.

use autoheal_contract::Class;
use autoheal_contract::limits::{CAUSES, ERROR_MESSAGE_CHARS, RPC_ID_CHARS, STACK_TRACE_CHARS};
use autoheal_contract::wording::report_message;
use autoheal_contract::{ErrorReport, Json, LogLine, Rpc, Server, Source};
use autoheal_prepare::Hex;
use autoheal_prepare::excerpt::excerpt;
use autoheal_prepare::parse::Failure;
use autoheal_scrub::{KnownSecrets, Level, scrub_json, scrub_with};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::call::{Call, Kind};
use crate::classify::ViolatedSchema;
use crate::pending_failures::{CountedFailure, ObservedFailure};
use crate::reproduction::Reproduction;
use crate::server_state::ServerState;
use crate::setup::{Setup, Target};
use crate::stderr::StderrMatch;

/// Maximum size of the response in a report, in bytes of JSON.
const MAX_RESPONSE_BYTES: usize = 8 * 1024;
/// Maximum length of a log line in a report, in characters.
const MAX_LOG_CHARS: usize = 1_000;

/// Builds the report. A call whose response comes on another stream (`in_stream`) cannot be repeated by one request.
pub(crate) fn report(
    counted: CountedFailure,
    stderr: StderrMatch,
    server: &ServerState,
    setup: &Setup,
    in_stream: bool,
) -> ErrorReport {
    let CountedFailure { mut failure, count, last_occurred_at, .. } = counted;
    // before texts are cut, because half a secret is not recognised
    let known = known_secrets(&failure, &stderr, setup);
    known.mask_text(&mut failure.message);
    let stderr = masked(stderr, &known);
    let call = failure.call.as_ref();
    let source = call.filter(|_| !failure.is_outage()).map_or(Source::McpProtocol, |call| call.kind.source());
    let message = match failure.class {
        // the message is autoheal's own; standard error may contain the cause
        Class::ServerExit if failure.last_words.is_some() => failure.message.clone(),
        Class::NoAnswer | Class::ServerExit => match &stderr.failure {
            Some((cause, _)) => format!("{}: {}", failure.message, cause.error_message),
            None => failure.message.clone(),
        },
        _ if failure.is_outage() => failure.message.clone(),
        _ => report_message(call.map(Call::subject), &failure.message),
    };
    let (error_type, mut causes, stack) = stack(&failure, &stderr);
    causes.truncate(CAUSES);
    let params = call.and_then(params).map(|params| masked_json(params, &known));
    let protocol_version =
        call.and_then(|call| call.protocol_version.as_deref()).or(server.protocol_version.as_deref());
    let reproduction = call.and_then(|call| {
        let scrubbed = params.clone().map(scrub_params);
        let reproduction = Reproduction {
            target: Some(&setup.target).filter(|_| !in_stream),
            method: &call.method,
            params: scrubbed.as_ref(),
            protocol_version,
            handshake: server.is_ready && call.kind != Kind::Initialize,
        };
        let is_complete = call.is_complete && params.is_some() == call.params.is_some();
        is_complete.then(|| reproduction.shell_line()).flatten()
    });
    let repeats_start = failure.last_words.as_ref().and_then(|_| match &setup.target {
        Target::Stdio { command } => Some(command.clone()),
        Target::Http { .. } => None,
    });
    let (transport, command) = match &setup.target {
        Target::Stdio { command } => ("stdio", Some(command.clone())),
        Target::Http { .. } => ("http", None),
    };
    ErrorReport {
        error_type,
        error_message: excerpt(&message, ERROR_MESSAGE_CHARS),
        stack_trace: stack,
        causes,
        context: Some(Json::Object(context(&failure, &stderr, server, setup, &known))),
        schema: Some(1),
        id: Some(Uuid::now_v7().to_string()),
        source: Some(source),
        class: Some(failure.class.name().to_owned()),
        release: server.version.clone(),
        count: (count > 1).then_some(count),
        first_seen: (count > 1).then(|| failure.occurred_at.shown().to_string()),
        last_seen: Some(last_occurred_at.shown().to_string()),
        logs: stderr.logs.iter().map(|line| log_line(line)).collect(),
        server: server.name.clone().map(|name| Server { name, version: server.version.clone() }),
        rpc: call.map(|call| Rpc {
            method: Some(call.method.to_string()),
            tool: call.name.as_deref().map(str::to_owned),
            code: failure.code,
            params,
            transport: Some(transport.to_owned()),
            protocol_version: protocol_version.map(str::to_owned),
            #[expect(clippy::cast_precision_loss, reason = "milliseconds of one call")]
            duration_ms: Some(failure.occurred_at.since(call.started).as_millis() as f64),
            id: rpc_id(&call.id),
            session_hash: call.session_hash.map(|hash| hash.to_string()),
        }),
        trace: call.and_then(|call| call.trace),
        reproduction: reproduction.or(repeats_start),
        command,
        exit: failure.exit.clone(),
        client: client(&failure),
        ..ErrorReport::default()
    }
}

/// The secrets that are known by their value: those of the command and its variables, of the call's parameters, and of commands
/// that a shell printed.
fn known_secrets(failure: &ObservedFailure, stderr: &StderrMatch, setup: &Setup) -> KnownSecrets {
    let params = failure.call.as_ref().and_then(params);
    let known = params.map(|params| setup.known_secrets.with_json(&params));
    known.unwrap_or_else(|| setup.known_secrets.clone()).with_traces(&stderr.logs.join("\n"))
}

/// Standard error without the known secrets.
fn masked(mut stderr: StderrMatch, known: &KnownSecrets) -> StderrMatch {
    if let Some((failure, text)) = &mut stderr.failure {
        known.mask_text(text);
        known.mask_text(&mut failure.error_type);
        known.mask_text(&mut failure.error_message);
        for cause in &mut failure.causes {
            known.mask_text(&mut cause.error_message);
            cause.stack_trace.iter_mut().for_each(|stack| known.mask_text(stack));
        }
    }
    stderr.logs.iter_mut().for_each(|line| known.mask_text(line));
    stderr
}

/// A value without the known secrets, in keys and texts.
fn masked_json(mut json: Json, known: &KnownSecrets) -> Json {
    if !known.is_empty() {
        known.mask_json(&mut json);
    }
    json
}

/// Error type, causes and stack. They come from standard error if it contains a failure.
fn stack(failure: &ObservedFailure, stderr: &StderrMatch) -> (String, Vec<autoheal_contract::Cause>, Option<String>) {
    match &stderr.failure {
        Some((Failure { error_type, causes, .. }, text)) => {
            let error_type = if error_type.is_empty() { type_of_end(failure) } else { error_type.clone() };
            let stack = Some(text).filter(|text| !text.is_empty());
            (error_type, causes.clone(), stack.map(|text| excerpt(text, STACK_TRACE_CHARS)))
        }
        None => (type_of_end(failure), Vec::new(), None),
    }
}

/// Error type of a failure whose error is not known by its type.
fn type_of_end(failure: &ObservedFailure) -> String {
    let signal = failure.exit.as_ref().and_then(|exit| exit.signal.clone());
    signal.unwrap_or_else(|| failure.class.error_type().to_owned())
}

/// The id of a request as text; `None` if it is too long for a report.
fn rpc_id(json: &str) -> Option<String> {
    let id = if json.starts_with('"') { serde_json::from_str(json).ok()? } else { json.to_owned() };
    (!id.is_empty() && id.chars().nth(RPC_ID_CHARS).is_none()).then_some(id)
}

/// Parameters of the call, without the `_meta` of the transport.
fn params(call: &Call) -> Option<Json> {
    let mut params: Json = serde_json::from_str(call.params.as_deref()?.get()).ok()?;
    if let Json::Object(members) = &mut params {
        members.retain(|(name, _)| name != "_meta");
    }
    Some(params)
}

/// Removes secrets from parameters, because people paste the shell line that contains them.
pub fn scrub_params(mut params: Json) -> Json {
    scrub_json(&mut params, &mut |text| {
        if let std::borrow::Cow::Owned(scrubbed) = scrub_with(text, Level::Standard) {
            *text = scrubbed;
        }
    });
    params
}

fn context(
    failure: &ObservedFailure,
    stderr: &StderrMatch,
    server: &ServerState,
    setup: &Setup,
    known: &KnownSecrets,
) -> Vec<(String, Json)> {
    let text = |text: &str| Json::Text(text.to_owned());
    let mut context = vec![("timestamp".to_owned(), text(&failure.occurred_at.shown().to_string()))];
    let mut add = |name: &str, value: Json| context.push((name.to_owned(), value));
    if let Target::Http { url } = &setup.target {
        add("endpoint", text(url));
    }
    if let Some(client) = &failure.client {
        add("client", text(format!("{} {}", client.name, client.version).trim()));
    }
    if let Some(response) = &failure.response
        && let Ok(response) = serde_json::from_str::<Json>(response.get())
    {
        let mut response = masked_json(response, known);
        response.shrink_to(MAX_RESPONSE_BYTES);
        add(if failure.call.is_some() { "answer" } else { "line" }, response);
    }
    if failure.is_open {
        add("open", text("the call was still open when it was reported"));
    }
    if stderr.failure.is_some() || !stderr.logs.is_empty() {
        let others = failure.overlapping;
        add(
            "stack_from",
            match others {
                0 => text("stderr"),
                1 => text("stderr, a guess: one other call ran meanwhile"),
                _ => text(&format!("stderr, a guess: {others} other calls ran meanwhile")),
            },
        );
    }
    let schemas = failure.call.as_ref().and_then(|call| server.schemas(call.name.as_deref()?));
    let schema = schemas.zip(failure.violated_schema).and_then(|(schemas, violated)| match violated {
        ViolatedSchema::Input => Some(("input_schema", schemas.input.as_ref()?)),
        ViolatedSchema::Output => Some(("output_schema", schemas.output.as_ref()?)),
    });
    if let Some((name, schema)) = schema
        && let Ok(schema) = serde_json::from_str(schema.get())
    {
        add(name, schema);
    }
    context
}

fn log_line(line: &str) -> LogLine {
    LogLine { level: Some("stderr".to_owned()), message: excerpt(line, MAX_LOG_CHARS), timestamp: None }
}

/// The client of a failure, so that distinct clients are counted: over HTTP by the address, because a caller can claim any
/// program; on pipes by the program.
fn client(failure: &ObservedFailure) -> Option<String> {
    match (failure.peer, &failure.client) {
        (None, client) => client.as_ref().map(|client| client_hash(&client.name, 0)),
        (Some(peer), _) => Some(client_hash("", peer.network)),
    }
}

/// Hash of a client program and the hash of its user's network; 0 for the user of this machine.
pub fn client_hash(program: &str, network: u64) -> String {
    let digest = Sha256::new().chain_update(network.to_le_bytes()).chain_update(program.as_bytes()).finalize();
    Hex(&digest[..8]).to_string()
}
