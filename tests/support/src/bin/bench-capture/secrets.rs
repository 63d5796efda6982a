//! Counts the secrets in the titles and in the whole reports of commands that fail and repeat a secret of their command line or
//! of their variables.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use crate::Options;

/// Commands with a secret, one a line.
const COMMANDS: &str = include_str!("../../../../commands/secrets.txt");
/// A made-up secret as people choose them, and one of random characters.
const SECRETS: [&str; 2] = ["Summer2026Pass", "q7Zk2Wm9Xc4Vb1Nn8Lp3Rt6Ys5Hd0Gf"];
/// Programs that run as they are; all others are stand-ins that fail.
const REAL: [&str; 7] = ["sh", "bash", "env", "timeout", "xargs", "nice", "flock"];
/// Programs within other commands, which are stand-ins, too.
const INNER: [&str; 8] = ["mysql", "mysqldump", "mysqladmin", "redis-cli", "sshpass", "psql", "chpasswd", "sudo"];
/// Variables in which MCP configurations and CI hand over secrets.
const VARIABLES: [&str; 12] = [
    "ACME_API_KEY",
    "DB_PASSWORD",
    "PGPASSWORD",
    "MYSQL_PWD",
    "SLACK_BOT_TOKEN",
    "STRIPE_SECRET",
    "AWS_SECRET_ACCESS_KEY",
    "NOTION_TOKEN",
    "SMTP_PASS",
    "SESSION_SECRET",
    "OPENAI_KEY",
    "REGISTRY_AUTH",
];
/// What programs say about a secret.
const WORDINGS: [&str; 5] = [
    "bad password @",
    "401 Unauthorized: key '@' is not valid",
    "cannot connect with user=ada, @",
    "{\"error\":\"denied\",\"sent\":\"@\"}",
    "Traceback (most recent call last):\n  File \"app.py\", line 3, in main\nLoginError: @ was refused",
];

/// One run of a command: the words of `autoheal run --`, its variable, and the secret.
struct Form {
    words: Vec<String>,
    variable: Option<&'static str>,
    secret: &'static str,
    says: String,
}

/// Runs each form, and counts the reports and issues that hold its secret.
pub(crate) fn measure(options: &Options) -> Result<Value> {
    let forms = forms(options.short);
    let directory = options.directory.join("secrets");
    match fs::remove_dir_all(&directory) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    let programs = directory.join("bin");
    fs::create_dir_all(&programs)?;
    stand_ins(&programs)?;
    let mut reports = Vec::new();
    for (index, form) in forms.iter().enumerate() {
        reports.push(report(options, &directory.join(index.to_string()), &programs, form)?);
    }
    let explained = explain(options, &reports)?;
    ensure!(explained.len() == forms.len(), "explain printed {} lines for {} reports", explained.len(), forms.len());
    let (mut titles, mut bodies) = (0, 0);
    for ((form, report), explained) in forms.iter().zip(&reports).zip(&explained) {
        let title = explained["issue"]["title"].as_str().context("an explanation has a title")?;
        let in_title = title.contains(form.secret);
        let in_report = report.contains(form.secret) || explained.to_string().contains(form.secret);
        titles += usize::from(in_title);
        bodies += usize::from(in_report);
        if in_title || in_report {
            println!("  left: {:?} {:?}: {title}", form.words, form.variable);
        }
    }
    println!("{} commands that repeat a secret: {titles} titles and {bodies} reports with it", forms.len());
    Ok(json!({"secret_forms": forms.len(), "secrets_in_titles": titles, "secrets_in_reports": bodies}))
}

/// The forms: each command directly, within `sh -c` and with `set -x`, and each variable with each wording. A short run has
/// half of the commands, each in one form.
fn forms(short: bool) -> Vec<Form> {
    let lines = COMMANDS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let commands = lines.filter_map(|line| line.splitn(3, " | ").nth(2));
    let mut forms = Vec::new();
    for (index, command) in commands.enumerate() {
        let secret = SECRETS[usize::from(command.contains('¤') || index % 2 == 1)];
        let command = command.replace(['§', '¤'], secret);
        let says = format!("cannot log in with {secret}");
        let form = |words: [&str; 3]| Form {
            words: words.iter().map(|word| (*word).to_owned()).collect(),
            variable: None,
            secret,
            says: says.clone(),
        };
        let all = [form(["direct", "", &command]), form(["sh", "-c", &command]), form(["sh", "-xc", &command])];
        forms.extend(
            all.into_iter().enumerate().filter(|(kind, _)| !short || index % 6 == kind * 2).map(|(_, form)| form),
        );
    }
    for (index, (variable, wording)) in
        VARIABLES.iter().flat_map(|it| WORDINGS.map(|wording| (it, wording))).enumerate()
    {
        let secret = SECRETS[index % 2];
        if !short || index % 5 == 0 {
            let words = vec!["direct".to_owned(), String::new(), "acme-server".to_owned()];
            forms.push(Form { words, variable: Some(variable), secret, says: wording.replace('@', secret) });
        }
    }
    forms
}

/// Writes a stand-in for each program of the commands. It prints the text of a file beside it and fails.
fn stand_ins(programs: &Path) -> Result<()> {
    let stand_in = programs.join("acme-server");
    fs::write(&stand_in, "#!/bin/sh\ncat \"$(dirname \"$0\")/says.txt\" >&2\nexit 1\n")?;
    fs::set_permissions(&stand_in, fs::Permissions::from_mode(0o755))?;
    let lines = COMMANDS.lines().filter_map(|line| line.splitn(3, " | ").nth(2));
    let mut names: BTreeSet<&str> = lines.filter_map(|command| command.split(' ').next()).collect();
    names.extend(INNER);
    for name in names.into_iter().filter(|name| !REAL.contains(name)) {
        symlink(&stand_in, programs.join(name))?;
    }
    Ok(())
}

/// Runs a form, and returns its report from the spool, because no service listens at its URL.
fn report(options: &Options, data: &Path, programs: &Path, form: &Form) -> Result<String> {
    fs::create_dir_all(data)?;
    fs::write(programs.join("says.txt"), format!("{}\n", form.says))?;
    let mut command = match form.words.as_slice() {
        // a shell reads the words, and is then the command
        [kind, _, line] if kind == "direct" => {
            let mut shell = Command::new("/bin/sh");
            shell.args(["-c", &format!("exec '{}' run -- {line}", options.service.display())]);
            shell
        }
        words => {
            let mut run = Command::new(&options.service);
            run.args(["run", "--"]).args(words);
            run
        }
    };
    command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", programs.display())).env("HOME", data);
    command.env("XDG_DATA_HOME", data).env("AUTOHEAL_URL", "http://127.0.0.1:9").current_dir(data);
    if let Some(variable) = form.variable {
        command.env(variable, form.secret);
    }
    let output = command.stdin(Stdio::null()).output()?;
    let Some(file) = files(data)?.into_iter().next() else {
        bail!("{:?} left no report: {}", form.words, String::from_utf8_lossy(&output.stderr));
    };
    let spooled: Value = serde_json::from_slice(&fs::read(&file)?)?;
    Ok(spooled["report"].to_string())
}

/// The spooled reports within a directory.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    Ok(found)
}

/// Explains the reports, and returns what each explanation says.
fn explain(options: &Options, reports: &[String]) -> Result<Vec<Value>> {
    let mut command = options.autoheal();
    let mut explain = command.args(["explain", "--json", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = explain.stdin.take().context("standard input is piped")?;
    let lines = reports.join("\n");
    let writing = std::thread::spawn(move || input.write_all(lines.as_bytes()));
    let output = explain.wait_with_output()?;
    writing.join().map_err(|_| anyhow::anyhow!("the writer panicked"))??;
    let lines = String::from_utf8(output.stdout)?;
    lines.lines().map(|line| serde_json::from_str(line).map_err(Into::into)).collect()
}
