use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Command;

use autoheal_contract::{FileState, Source};
use autoheal_prepare::parse::parse_stack_from;
use tempfile::TempDir;

use super::*;

/// A checkout with one commit, and the directory in which programs run.
struct Project {
    _place: TempDir,
    top: PathBuf,
}

impl Project {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let top = place.path().canonicalize().unwrap().join("shop");
        fs::create_dir_all(top.join("web")).unwrap();
        let project = Self { _place: place, top };
        project.git(&["init", "-q", "-b", "main"]);
        project.git(&["remote", "add", "origin", "git@github.com:acme/shop.git"]);
        project.write("cart.py", &numbered(9));
        project.write("web/page.py", &numbered(3));
        project.write(".gitignore", "build/\nlocal.py\n");
        project.git(&["add", "."]);
        project.git(&["commit", "-q", "-m", "one"]);
        project
    }

    fn git(&self, words: &[&str]) {
        let me = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
        let output = Command::new("git").args(me).args(words).current_dir(&self.top).output().unwrap();
        assert!(output.status.success(), "git {words:?}: {output:?}");
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.top.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// The lines for a program that runs in a folder of the checkout and prints a stack with these places.
    fn collect(&self, folder: &str, places: &[(&str, u32)]) -> Option<SourceCode> {
        let lines = places.iter().rev().map(|(file, line)| format!("  File \"{file}\", line {line}, in f\n"));
        let stack = format!("Traceback (most recent call last):\n{}KeyError: 'x'\n", lines.collect::<String>());
        let frames = parse_stack_from(Source::Cli, &stack, "'x'");
        assert_eq!(frames.len(), places.len(), "{stack}");
        collect(&self.top.join(folder), &frames, Level::Standard, &KnownSecrets::default())
    }

    /// The states of the files, by the paths that have lines.
    fn states(&self, folder: &str, files: &[&str]) -> Vec<(String, FileState)> {
        let places: Vec<_> = files.iter().map(|file| (*file, 2)).collect();
        let excerpts = self.collect(folder, &places).map(|code| code.excerpts).unwrap_or_default();
        excerpts.into_iter().map(|excerpt| (excerpt.path, excerpt.state)).collect()
    }
}

/// This many lines: `line 1` and so on.
fn numbered(lines: u32) -> String {
    (1..=lines).map(|number| format!("line {number}\n")).collect()
}

#[test]
fn five_lines_are_around_each_frame_with_the_place_of_the_checkout() {
    let project = Project::new();
    let absolute = project.top.join("cart.py");
    let code = project.collect("", &[(absolute.to_str().unwrap(), 5), ("web/page.py", 1), ("cart.py", 9)]).unwrap();
    assert_eq!(
        (code.repository.as_deref(), code.commit.map(|commit| commit.len())),
        (Some("github.com/acme/shop"), Some(40))
    );
    let shown = |excerpt: &SourceExcerpt| (excerpt.path.clone(), excerpt.first_line, excerpt.lines.join(","));
    let shown: Vec<_> = code.excerpts.iter().map(shown).collect();
    let expected = [
        ("cart.py", 3, "line 3,line 4,line 5,line 6,line 7"),
        ("web/page.py", 1, "line 1,line 2,line 3"),
        ("cart.py", 7, "line 7,line 8,line 9"),
    ];
    assert_eq!(shown, expected.map(|(path, line, lines)| (path.to_owned(), line, lines.to_owned())));
    assert!(project.collect("", &[("cart.py", 10), ("gone.py", 1)]).is_none(), "no such lines");
}

#[test]
fn states_are_those_of_git() {
    let project = Project::new();
    project.write("new.py", &numbered(3));
    project.write("a b ü.py", &numbered(3));
    project.write("staged.py", &numbered(3));
    project.git(&["add", "staged.py"]);
    project.write("local.py", &numbered(3));
    project.write("build/made.py", &numbered(3));
    fs::write(project.top.join("web/page.py"), "line 1\nchanged\n").unwrap();
    let files = ["cart.py", "web/page.py", "new.py", "a b ü.py", "staged.py", "local.py", "build/made.py"];
    let expected = [
        ("cart.py", FileState::Committed),
        ("web/page.py", FileState::Changed),
        ("new.py", FileState::Untracked),
        ("a b ü.py", FileState::Untracked),
        ("staged.py", FileState::Untracked),
    ];
    assert_eq!(project.states("", &files), expected.map(|(path, state)| (path.to_owned(), state)));
    // the paths of a build are relative to a folder above the program's
    assert_eq!(project.states("web", &["web/page.py"]), [("web/page.py".to_owned(), FileState::Changed)]);
    assert_eq!(project.states("web", &["page.py"]), [("web/page.py".to_owned(), FileState::Changed)]);
}

#[test]
fn only_source_files_of_the_checkout_are_read() {
    let project = Project::new();
    let outside = project.top.join("../outside.py");
    fs::write(&outside, numbered(3)).unwrap();
    symlink(&outside, project.top.join("link.py")).unwrap();
    symlink("..", project.top.join("up")).unwrap();
    symlink("cart.py", project.top.join("same.py")).unwrap();
    for secret in [".env", ".env.py", ".git/hook.py", "id_rsa", "key.pem", "secrets.py", "settings.yml", "Makefile"] {
        project.write(secret, &numbered(3));
    }
    project.write("large.py", &numbered(200_000));
    project.write("binary.py", "a\n\0\n");
    fs::create_dir(project.top.join("folder.py")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, project.top.join("pipe.py"), rustix::fs::Mode::RWXU).unwrap();
    // another checkout within this one may belong to another repository
    project.write("part/.git", "gitdir: /nonexistent");
    project.write("part/inner.py", &numbered(3));
    let outside = outside.to_str().unwrap();
    let hidden = [
        outside,
        "link.py",
        "up/outside.py",
        "../outside.py",
        ".env",
        ".env.py",
        ".git/hook.py",
        "id_rsa",
        "key.pem",
        "secrets.py",
        "settings.yml",
        "Makefile",
        "large.py",
        "binary.py",
        "folder.py",
        "pipe.py",
        "part/inner.py",
        "",
        "/dev/stdin",
        "/proc/self/environ",
    ];
    for file in hidden {
        assert_eq!(project.states("", &[file]), [], "{file}");
    }
    assert_eq!(project.states("", &["same.py"]), [("cart.py".to_owned(), FileState::Committed)]);
}

#[test]
fn at_most_eight_places_are_shown_and_each_once() {
    let project = Project::new();
    let places: Vec<_> = [1, 1, 2, 3, 4, 5, 6, 7, 8, 9].map(|line| ("cart.py", line)).into();
    let code = project.collect("", &places).unwrap();
    assert_eq!(code.excerpts.iter().map(|excerpt| excerpt.line).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn secrets_are_removed_from_lines_and_long_lines_are_cut() {
    let project = Project::new();
    let key = ["-----BEGIN RSA ", "PRIVATE KEY-----"].concat();
    let word = "made-up-0123456789";
    let filler = "x".repeat(170);
    let text =
        format!("KEY = '''{key}\nMIIEabcdefgh\n-----END RSA PRIVATE KEY-----'''\n{filler} password = '{word}'\nok\n");
    project.write("keys.py", &text);
    let code = project.collect("", &[("keys.py", 3)]).unwrap();
    let lines = &code.excerpts[0].lines;
    assert_eq!((lines.len(), lines[1].as_str(), lines[4].as_str()), (5, "<private key>", "ok"));
    assert!(lines[3].chars().count() <= 200 && !lines[3].contains("made-up"), "{lines:?}");
    project.write("wide.py", &"y".repeat(900_000));
    assert!(project.collect("", &[("wide.py", 1)]).unwrap().excerpts[0].lines[0].chars().count() <= 200);
}

#[test]
fn files_of_java_are_found_by_their_package() {
    let project = Project::new();
    project.write("src/main/java/com/acme/Cart.java", &numbered(3));
    let stack =
        "Exception in thread \"main\" java.lang.IllegalStateException: x\n\tat com.acme.Cart.total(Cart.java:2)\n";
    let code =
        collect(&project.top, &parse_stack_from(Source::Cli, stack, "x"), Level::Standard, &KnownSecrets::default());
    let code = code.unwrap();
    assert_eq!(code.excerpts[0].path, "src/main/java/com/acme/Cart.java");
}

#[test]
fn without_a_comparison_there_are_no_lines() {
    let project = Project::new();
    let repository = Repository::around(&project.top).unwrap();
    let files = || [("cart.py".to_owned(), numbered(9).into_bytes())].into();
    let soon = || Instant::now() + Duration::from_secs(60);
    assert_eq!(compare(&repository, &files(), soon()).len(), 1);
    assert!(compare(&repository, &files(), Instant::now()).is_empty(), "there is no time");
    let other = Repository { commit: "0".repeat(40), ..repository };
    assert!(compare(&other, &files(), soon()).is_empty(), "git does not have the commit");
    fs::write(project.top.join(".git/index"), "damaged").unwrap();
    assert_eq!(project.states("", &["cart.py"]), []);
    fs::remove_dir_all(project.top.join(".git")).unwrap();
    assert_eq!(project.states("", &["cart.py"]), []);
}

#[test]
fn files_whose_changes_git_overlooks_are_left_out() {
    let project = Project::new();
    for flag in ["assume-unchanged", "skip-worktree"] {
        project.git(&["update-index", &format!("--{flag}"), "cart.py"]);
        assert_eq!(project.states("", &["cart.py", "web/page.py"]).len(), 1, "{flag}");
        project.git(&["update-index", &format!("--no-{flag}"), "cart.py"]);
        assert_eq!(project.states("", &["cart.py", "web/page.py"]).len(), 2, "{flag}");
    }
}

#[test]
fn files_differ_by_more_than_their_line_ends() {
    let project = Project::new();
    for (text, state) in [
        (numbered(9).replace('\n', "\r\n"), FileState::Committed),
        (numbered(9).replace('\n', " \n"), FileState::Changed),
        (numbered(9).trim_end().to_owned(), FileState::Changed),
        (numbered(10), FileState::Changed),
    ] {
        project.write("cart.py", &text);
        assert_eq!(project.states("", &["cart.py"]), [("cart.py".to_owned(), state)], "{text}");
    }
}

#[test]
fn no_program_of_the_configuration_runs() {
    let project = Project::new();
    let ran = project.top.join("../ran");
    let program = format!("sh -c 'echo ran >> {}; cat' --", ran.display());
    for name in ["clean", "smudge", "process"] {
        project.git(&["config", &format!("filter.x.{name}"), &program]);
    }
    for name in
        ["core.fsmonitor", "core.sshCommand", "core.pager", "diff.x.textconv", "diff.external", "alias.ls-files"]
    {
        project.git(&["config", name, &program]);
    }
    project.write(".gitattributes", "*.py filter=x diff=x\n");
    project.write("cart.py", &format!("{}# changed\n", numbered(8)));
    fs::remove_file(&ran).ok();
    let changed = ("cart.py".to_owned(), FileState::Changed);
    assert_eq!(project.states("", &["cart.py", "web/page.py"])[..1], [changed]);
    assert!(!ran.exists(), "{}", fs::read_to_string(&ran).unwrap_or_default());
}
