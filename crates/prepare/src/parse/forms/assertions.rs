//! Failed assertions of C, C++ and their libraries.

use super::super::failure::Rank::Ended;
use super::{Form, form};

pub(super) const FORMS: &[Form] = &[
    form(
        Ended,
        "glibc",
        "…: Assertion `…' failed.",
        "assertion failed",
        "a: a.cpp:15: int main(): Assertion `n > 5' failed.",
    ),
    form(
        Ended,
        "glibc",
        "…: Assertion '…' failed.",
        "assertion failed",
        "/usr/include/c++/vector:1045: reference at(size_type): Assertion '__n < this->size()' failed.",
    ),
    form(
        Ended,
        "musl",
        "Assertion failed: … (…: …: {n})",
        "assertion failed",
        "Assertion failed: n > 5 (a.c: main: 15)",
    ),
    form(
        Ended,
        "macOS",
        "Assertion failed: (…), function …, file …, line {n}.",
        "assertion failed",
        "Assertion failed: (n > 5), function main, file a.c, line 15.",
    ),
    form(
        Ended,
        "windows",
        "Assertion failed: …, file …, line {n}",
        "assertion failed",
        "Assertion failed: n > 5, file a.c, line 15",
    ),
    form(
        Ended,
        "glib",
        "ERROR:…:{n}:…: assertion failed…",
        "assertion failed",
        "ERROR:../a.c:15:main: assertion failed: (n > 5)",
    ),
    form(
        Ended,
        "glog",
        "F{n} …] Check failed: {message}",
        "Check failed",
        "F20261127 10:00:00.123456 4711 a.cc:15] Check failed: n > 5 (3 vs. 5)",
    ),
    form(Ended, "valgrind", "=={n}== Invalid …", "invalid memory access", "==123== Invalid read of size 4"),
    form(
        Ended,
        "qt",
        "ASSERT: \"…\" in file …, line {n}",
        "assertion failed",
        "ASSERT: \"n > 5\" in file a.cpp, line 15",
    ),
];
