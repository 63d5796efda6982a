//! Prepares the reports of a request, or recognises them as repeats of known failures.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use autoheal_contract::RefusalCode;
use autoheal_contract::limits::BATCH_REPORTS;
use autoheal_heal::compose::keep_code_for;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::repeat::{KnownFailure, Repeat};
use autoheal_prepare::validate::{Arrival, Received, Rejected, Sender};
use autoheal_prepare::{Begun, Timestamp};
use autoheal_store::Record;
use bytes::Bytes;
use serde_json::value::RawValue;

use crate::error::{ApiError, ApiResult, TOO_OFTEN};
use crate::known_failures::{NewKnownFailure, Place};
use crate::rate::LimitedClient;
use crate::recent_page_reports::ReportedCall;
use crate::source_maps::ScriptMaps;
use crate::state::AppState;

use super::Rejections;

/// Maximum size of a body that is prepared on an async thread, in bytes. A larger one would block other requests.
const INLINE_BYTES: usize = 32 * 1024;

/// The reports of a request.
#[derive(Clone)]
pub(super) struct Reports {
    pub(super) client: IpAddr,
    pub(super) body: Bytes,
    pub(super) arrival: Arrival,
}

/// How the reports of a request are prepared.
pub(super) enum Pass {
    /// Takes the tokens of the limits, and recognises repeats.
    First,
    /// Prepares every report, because a repeat could not be counted. These reports were rejected in the first pass.
    WithoutRepeats(Rejections),
}

/// A report that can be stored.
pub(super) enum Prepared {
    New { record: Box<Fingerprinted>, place: Option<Place> },
    Repeat(Repeat, Place),
}

/// What is to be remembered of a report.
pub(super) struct Sighting {
    pub(super) failure: SeenFailure,
    /// The call that a page's report is about.
    pub(super) call: Option<(ReportedCall, Timestamp)>,
}

/// The failure of a report.
pub(super) enum SeenFailure {
    /// May be a known one from now on.
    New(NewKnownFailure),
    /// Was found at this place.
    Known(Place),
    /// Cannot be recognised again.
    Unknown,
}

impl Prepared {
    /// The record of a report that was prepared.
    pub(super) fn record(&self) -> Option<&Fingerprinted> {
        match self {
            Self::New { record, .. } => Some(record),
            Self::Repeat(..) => None,
        }
    }

    pub(super) fn into_record(self, state: &AppState) -> (Record, Sighting) {
        // only the gateway asks for the calls that pages reported
        let has_gateway = state.gateway.is_some();
        match self {
            Self::New { record, place } => {
                let call = has_gateway.then(|| ReportedCall::of(record.report(), record.fingerprint())).flatten();
                let call = call.map(|call| (call, record.received_at()));
                let failure = place.map_or(SeenFailure::Unknown, |place| {
                    SeenFailure::New(NewKnownFailure { place, failure: KnownFailure::of(&record) })
                });
                (Record::Prepared(record), Sighting { failure, call })
            }
            Self::Repeat(repeat, place) => {
                let call = has_gateway.then(|| ReportedCall::of_repeat(&repeat)).flatten();
                let call = call.map(|call| (call, repeat.received_at()));
                (Record::Repeat(repeat), Sighting { failure: SeenFailure::Known(place), call })
            }
        }
    }
}

/// A report between the two halves of the preparation.
enum Half {
    Begun(Box<Begun>, Option<Place>),
    Repeat(Repeat, Place),
}

/// Prepares all reports, each for itself. The result of a single report that is invalid is an error of the request.
pub(super) async fn prepare(
    state: &Arc<AppState>,
    reports: &Reports,
    pass: Pass,
) -> ApiResult<Vec<Result<Prepared, Rejected>>> {
    let is_large = reports.body.len() > INLINE_BYTES;
    let (own, all) = (Arc::clone(state), reports.clone());
    let (begun, time) = off_thread(is_large, move || begin_all(&own, &all, pass)).await??;
    let mut maps = Vec::with_capacity(begun.len());
    for report in &begun {
        maps.push(match report {
            Ok(Half::Begun(report, _)) => {
                ScriptMaps::of(report, &state.lookups, &*state.store, state.clock.now()).await
            }
            Ok(Half::Repeat(..)) | Err(_) => ScriptMaps::default(),
        });
    }
    let own = Arc::clone(state);
    off_thread(is_large, move || finish_all(&own, begun, &maps, time)).await
}

/// Runs work on this thread, or if it takes long, on one that may block.
async fn off_thread<T: Send + 'static>(takes_long: bool, work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
    if !takes_long {
        return Ok(work());
    }
    let failed = |_| ApiError::new(RefusalCode::StoreUnavailable, "the report could not be prepared; try again");
    tokio::task::spawn_blocking(work).await.map_err(failed)
}

/// Reads the reports, takes the tokens of the limits, and parses the stacks of reports that are no repeats. Returns also the
/// time that it took.
fn begin_all(
    state: &AppState,
    Reports { client, body, arrival }: &Reports,
    pass: Pass,
) -> ApiResult<(Vec<Result<Half, Rejected>>, Duration)> {
    let started = Instant::now();
    let text = std::str::from_utf8(body).map_err(|error| {
        ApiError::new(RefusalCode::NotJson, format!("the body is not UTF-8 at byte {}", error.valid_up_to()))
    })?;
    let is_batch = text.trim_start().starts_with('[');
    let is_limited = arrival.sender == Sender::Anonymous;
    let reports = if is_batch {
        let members: Vec<&RawValue> = serde_json::from_str(text).map_err(not_json)?;
        if members.len() > BATCH_REPORTS {
            let message = format!("a batch has at most {BATCH_REPORTS} reports, this one has {}", members.len());
            return Err(ApiError::new(RefusalCode::TooLarge, message));
        }
        if matches!(pass, Pass::First) && is_limited && members.len() > 1 {
            let further = members.len() - 1;
            let taken = state.rate.take(LimitedClient::at(*client), &arrival.project, further);
            taken.map_err(ApiError::rate_limited)?;
        }
        members.into_iter().map(Received::of).collect()
    } else {
        vec![Received::parse(text).map_err(not_json)?]
    };
    let begun = match pass {
        Pass::First => {
            let mut begun = Vec::with_capacity(reports.len());
            for report in reports {
                if is_limited && let Err(seconds) = take_failure(state, &arrival.project, &report) {
                    if !is_batch {
                        return Err(ApiError::failure_limited(seconds));
                    }
                    // Rejects this member only, because the others of the batch may be of failures that occur less often.
                    begun.push(Err(Rejected(TOO_OFTEN.to_owned())));
                    continue;
                }
                begun.push(begin_or_recognise(state, report, arrival));
            }
            begun
        }
        Pass::WithoutRepeats(rejections) => {
            let begin = |(report, rejection): (Received<'_>, Option<Rejected>)| match rejection {
                Some(rejected) => Err(rejected),
                None => report.begin(arrival.clone()).map(|begun| Half::Begun(Box::new(begun), None)),
            };
            reports.into_iter().zip(rejections).map(begin).collect()
        }
    };
    match (is_batch, begun.as_slice()) {
        // A single invalid report is an error of the request, not a receipt.
        (false, [Err(Rejected(reason))]) => Err(ApiError::new(RefusalCode::InvalidReport, reason.clone())),
        _ => Ok((begun, started.elapsed())),
    }
}

/// Recognises a report as a repeat of a known failure, or else begins to prepare it.
fn begin_or_recognise(state: &AppState, report: Received<'_>, arrival: &Arrival) -> Result<Half, Rejected> {
    let mut place = None;
    if let Some(occurrence) = report.occurrence(arrival, &state.config.rules) {
        let searched = state.known_failures.place(occurrence.key(), state.lookups.generation());
        if let Some(known) = state.known_failures.find(&searched) {
            return Ok(Half::Repeat(occurrence.repeat(known), searched));
        }
        place = Some(searched);
    }
    Ok(Half::Begun(Box::new(report.begin(arrival.clone())?), place))
}

/// Runs the remaining stages.
fn finish_all(
    state: &AppState,
    begun: Vec<Result<Half, Rejected>>,
    maps: &[ScriptMaps],
    time: Duration,
) -> Vec<Result<Prepared, Rejected>> {
    let started = Instant::now();
    let finish = |(half, maps): (Result<Half, Rejected>, &ScriptMaps)| {
        Ok(match half? {
            Half::Begun(report, place) => {
                let original = |file: &str, line, column| maps.original(file, line, column);
                let repository = state.config.repository(report.project());
                let mut record = Box::new(report.finish(state.config.scrub, &original, &state.config.rules));
                if let Some(repository) = repository {
                    // not stored, because no issue would show it
                    keep_code_for(repository, record.code_mut());
                }
                Prepared::New { record, place }
            }
            Half::Repeat(repeat, place) => Prepared::Repeat(repeat, place),
        })
    };
    let prepared = begun.into_iter().zip(maps).map(finish).collect();
    state.metrics.prepared_in(time + started.elapsed());
    prepared
}

/// Takes a token of the limit of one failure. Without one, returns the seconds until there is one.
fn take_failure(state: &AppState, project: &str, report: &Received<'_>) -> Result<(), u64> {
    if !state.rate.limits_failures() {
        return Ok(());
    }
    let (error_type, error_message) = report.failure();
    state.rate.take_failure(project, &error_type, &error_message)
}

fn not_json(error: serde_json::Error) -> ApiError {
    ApiError::new(RefusalCode::NotJson, format!("the body is not JSON: {error}"))
}
