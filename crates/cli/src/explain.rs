//! `autoheal explain`: shows how a report, or a command's output, would be processed, as text or as JSON lines.

mod found;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail};
use autoheal_contract::limits::DEFAULT_PROJECT;
use autoheal_heal::compose::{ComposedIssue, Occurrences, compose, inert};
use autoheal_heal::settings::{CallerErrors, Settings};
use autoheal_heal::{Step, plan};
use autoheal_prepare::ScrubLevel;
use autoheal_prepare::fingerprint::Fingerprinted;
use autoheal_prepare::prepare_with;
use autoheal_prepare::rules::Rules;
use autoheal_prepare::severity;
use autoheal_prepare::validate::{Arrival, Client, Sender};
use autoheal_store::Clock;
use autoheal_store::Sample;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::args::ExplainArgs;
use crate::{printed, settings};

use found::Found;

/// Maximum length of a line of JSON input, in bytes.
const MAX_LINE_BYTES: u64 = 8 * 1024 * 1024;

/// Explains one report, or with `--json` one on each line.
pub(crate) fn run(options: &ExplainArgs) -> Result<()> {
    let explainer = Explainer {
        level: options.scrub.into(),
        rules: settings::rules(options.rules.as_deref())?,
        settings: settings::healing(&options.healing)?.into_iter().find(|it| it.project == DEFAULT_PROJECT),
        caller_errors: settings::caller_errors(&options.healing),
    };
    let file = options.output.as_deref().unwrap_or(&options.file);
    let name = if file == Path::new("-") { "standard input".to_owned() } else { file.display().to_string() };
    let input = open(file)?;
    let mut output = BufWriter::new(io::stdout().lock());
    let written = if options.output.is_some() {
        explainer.output_of_command(input, &name, options, &mut output)
    } else if options.json {
        explainer.lines(input, &mut output)
    } else {
        explainer.one(input, &name, &mut output)
    };
    match written.and_then(|()| Ok(output.flush()?)) {
        // a reader that stops early, such as `head -1`, is no error
        Err(error)
            if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe) =>
        {
            Ok(())
        }
        result => result,
    }
}

fn open(file: &Path) -> Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        if io::stdin().is_terminal() {
            eprintln!("autoheal: reading a report from the terminal; end it with Ctrl-D");
        }
        return Ok(Box::new(BufReader::new(io::stdin())));
    }
    let file_handle = File::open(file).with_context(|| format!("cannot open {}", file.display()))?;
    Ok(Box::new(BufReader::new(file_handle)))
}

struct Explainer {
    level: ScrubLevel,
    rules: Rules,
    settings: Option<Settings>,
    caller_errors: CallerErrors,
}

impl Explainer {
    fn one(&self, mut input: impl Read, name: &str, output: &mut impl Write) -> Result<()> {
        let mut text = String::new();
        input.read_to_string(&mut text).map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData => {
                anyhow!("{name} is not UTF-8 text; to read the output of a command, use --output")
            }
            _ => anyhow!("cannot read {name}: {error}"),
        })?;
        let raw: &RawValue = serde_json::from_str(text.trim()).map_err(|error| {
            anyhow!("{name} is not a report in JSON: {error}; to read the output of a command, use --output")
        })?;
        let record = match prepare_with(raw, arrival(), self.level, &self.rules) {
            Ok(record) => record,
            Err(rejected) => bail!("the report in {name} would be rejected: {rejected}"),
        };
        self.as_text(&record, output)
    }

    /// Explains the output of a command, by the code that `run` uses.
    fn output_of_command(
        &self,
        mut input: impl Read,
        name: &str,
        options: &ExplainArgs,
        output: &mut impl Write,
    ) -> Result<()> {
        let mut bytes = Vec::new();
        input.read_to_end(&mut bytes).with_context(|| format!("cannot read {name}"))?;
        let found = Found::in_output(&bytes, options.exit);
        let raw = found.report(self.level)?;
        let record = match prepare_with(&raw, found.arrival(), self.level, &self.rules) {
            Ok(record) => record,
            Err(rejected) => bail!("the report in {name} would be rejected: {rejected}"),
        };
        if options.json {
            let mut explained = self.as_json(&record);
            found.add_to(&mut explained, &record);
            writeln!(output, "{}", printed::json(&explained))?;
            return Ok(());
        }
        writeln!(output, "Rule         {}", found.rule)?;
        writeln!(output, "Type         {}", one_line(&record.report().error_type))?;
        self.as_text(&record, output)
    }

    fn lines(&self, mut input: impl BufRead, output: &mut impl Write) -> Result<()> {
        let mut line = Vec::new();
        while input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line)? > 0 {
            let explained = if line.len() as u64 == MAX_LINE_BYTES && !line.ends_with(b"\n") {
                // skip the rest, so that each line of input gets one line of output
                input.skip_until(b'\n')?;
                json!({"rejected": format!("the line is over {MAX_LINE_BYTES} bytes")})
            } else {
                self.line(&line)
            };
            writeln!(output, "{}", printed::json(&explained))?;
            line.clear();
        }
        Ok(())
    }

    /// Explains one line, as one line of JSON.
    fn line(&self, line: &[u8]) -> Value {
        let Ok(raw) = serde_json::from_slice::<&RawValue>(line.trim_ascii()) else {
            return json!({"rejected": "the line is not JSON"});
        };
        if let Some(found) = Found::in_line(raw) {
            return self.found_in_line(&found);
        }
        match prepare_with(raw, arrival(), self.level, &self.rules) {
            Ok(record) => self.as_json(&record),
            Err(rejected) => json!({"rejected": rejected.0}),
        }
    }

    /// Explains a line that is the output of a command.
    fn found_in_line(&self, found: &Found) -> Value {
        let prepared = found
            .report(self.level)
            .map(|raw| prepare_with(&raw, found.arrival(), self.level, &self.rules).map_err(|error| error.0));
        match prepared.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(record) => {
                let mut explained = self.as_json(&record);
                found.add_to(&mut explained, &record);
                explained
            }
            Err(rejected) => json!({"rejected": rejected}),
        }
    }

    fn as_json(&self, record: &Fingerprinted) -> Value {
        let report = record.report();
        json!({
            "frames": record.frames(),
            "normalised_message": record.normalised_message(),
            "scrubbed": {
                "error_type": report.error_type,
                "error_message": report.error_message,
                "stack_trace": report.stack_trace,
                "context": report.context,
            },
            "severity": record.severity(),
            "severity_reason": severity::reason(report, record.arrival().sender),
            "noise": record.noise(),
            "fingerprint": record.fingerprint(),
            "fingerprint_parts": record.parts(),
            "notes": record.marks().iter().map(ToString::to_string).collect::<Vec<_>>(),
            "decision": self.decision(record),
            "issue": composed(record),
        })
    }

    /// The steps that the switches allow for the first report of a group.
    fn decision(&self, record: &Fingerprinted) -> Vec<&'static str> {
        match &self.settings {
            Some(settings) => plan(record, settings).into_iter().map(Step::name).collect(),
            None => vec![Step::Preview.name()],
        }
    }

    /// True if the report is a caller error that would open no issue, even with all switches on.
    fn is_held_back(&self, record: &Fingerprinted) -> bool {
        self.caller_errors.hold_back(record.source(), record.report().class.as_deref(), 1)
    }

    fn as_text(&self, record: &Fingerprinted, output: &mut impl Write) -> Result<()> {
        let issue = composed(record);
        let reason = severity::reason(record.report(), record.arrival().sender);
        for mark in record.marks() {
            writeln!(output, "Note         {}", one_line(&mark.to_string()))?;
        }
        writeln!(output, "Severity     {}: {reason}", record.severity().name())?;
        if let Some(rule) = record.noise() {
            writeln!(output, "Noise        by the rule {}; it is counted, but opens no issue", one_line(rule))?;
        }
        writeln!(output, "Fingerprint  {}", record.fingerprint())?;
        for part in record.parts() {
            writeln!(output, "             {} = {}", part.name, one_line(&part.value))?;
        }
        writeln!(output, "Message      {}", one_line(record.normalised_message()))?;
        writeln!(
            output,
            "Frames       {}",
            if record.frames().is_empty() { "none" } else { "innermost first, * = your own code" }
        )?;
        for frame in record.frames() {
            let function = one_line(frame.function.as_deref().unwrap_or("(anonymous)"));
            let own = if frame.in_app { '*' } else { ' ' };
            let file = one_line(frame.file.as_deref().unwrap_or("?"));
            writeln!(output, "           {own} {function} {file}{}", frame.position())?;
        }
        writeln!(output, "Decision     {}", self.decision(record).join(", then ").replace('_', " "))?;
        if self.is_held_back(record) {
            writeln!(output, "             {}", CallerErrors::REASON)?;
        }
        writeln!(output, "Title        {}", issue.title)?;
        writeln!(output, "Labels       {}", issue.labels.join(", "))?;
        writeln!(output, "\n{}", issue.body)?;
        Ok(())
    }
}

/// Arrival over HTTP from an anonymous sender.
fn arrival() -> Arrival {
    Arrival {
        project: DEFAULT_PROJECT.to_owned(),
        sender: Sender::Anonymous,
        client: Client::Own,
        received_at: Clock::system().now(),
    }
}

fn composed(record: &Fingerprinted) -> ComposedIssue {
    let occurrences = Occurrences {
        count: record.report().count.unwrap_or(1),
        known_count: 0,
        clients: 1,
        first_seen: record.received_at(),
        last_seen: record.received_at(),
        releases: record.report().release.iter().map(|release| (release.clone(), 1)).collect(),
        raised: None,
        members: Vec::new(),
    };
    compose(&Sample::of(record), None, record.fingerprint(), record.severity(), &occurrences)
}

/// A text of the report on one line, without characters that control a terminal.
fn one_line(text: &str) -> String {
    inert(text).replace(['\n', '\t'], " ")
}
