//! Errors of shells, and of the programs that print their own name, a file and the system's words.

use super::super::failure::Rank::{Error, Logged};
use super::{Form, form};

pub(super) const FORMS: &[Form] = &[
    form(
        Logged,
        "bash",
        "…: line {n}: …Segmentation fault …",
        "SIGSEGV",
        "a.sh: line 3:  4711 Segmentation fault      ./shop",
    ),
    form(Logged, "bash", "…: line {n}: …Aborted …", "SIGABRT", "a.sh: line 3:  4711 Aborted                 ./shop"),
    form(Logged, "bash", "…: line {n}: …Killed …", "SIGKILL", "a.sh: line 3:  4711 Killed                  ./shop"),
    form(Logged, "bash", "…: line {n}: …", "", "e3.sh: line 5: kubectll: command not found"),
    form(Logged, "dash", "…: {n}: …: not found", "", "run.sh: 3: kubectll: not found"),
    form(Logged, "dash", "…: {n}: Syntax error: …", "", "run.sh: 3: Syntax error: \"fi\" unexpected"),
    form(Logged, "dash", "…: {n}: …: parameter not set", "", "run.sh: 3: SHOP_URL: parameter not set"),
    form(Logged, "zsh", "zsh: command not found: …", "", "zsh: command not found: kubectll"),
    form(Logged, "fish", "fish: Unknown command: …", "", "fish: Unknown command: kubectll"),
    form(Logged, "shell", "…: command not found", "", "kubectll: command not found"),
    form(Logged, "shell", "…: No such file or directory", "", "cat: /etc/shop.toml: No such file or directory"),
    form(Logged, "shell", "…: Permission denied", "", "cp: cannot open '/etc/shadow' for reading: Permission denied"),
    form(Logged, "shell", "…: No space left on device", "", "cp: error writing '/srv/x': No space left on device"),
    form(
        Logged,
        "shell",
        "…: cannot execute binary file…",
        "",
        "./shop: cannot execute binary file: Exec format error",
    ),
    form(Logged, "shell", "…: Is a directory", "", "cat: /etc: Is a directory"),
    form(
        Logged,
        "loader",
        "…: error while loading shared libraries: …",
        "",
        "./shop: error while loading shared libraries: libx.so: cannot open shared object file",
    ),
    form(
        Logged,
        "loader",
        "…: version `…' not found (required by …)",
        "",
        "./shop: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./shop)",
    ),
    form(Logged, "loader", "exec format error", "", "exec format error"),
    form(Logged, "shell", "Segmentation fault", "SIGSEGV", "Segmentation fault"),
    form(Logged, "shell", "Segmentation fault (core dumped)", "SIGSEGV", "Segmentation fault (core dumped)"),
    form(Logged, "shell", "Bus error…", "SIGBUS", "Bus error (core dumped)"),
    form(Logged, "shell", "Illegal instruction…", "SIGILL", "Illegal instruction (core dumped)"),
    form(Logged, "shell", "Floating point exception…", "SIGFPE", "Floating point exception (core dumped)"),
    form(Logged, "shell", "Killed", "SIGKILL", "Killed"),
    form(Error, "sudo", "sudo: …", "", "sudo: a terminal is required to read the password"),
];
