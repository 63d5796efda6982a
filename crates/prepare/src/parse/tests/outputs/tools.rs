//! Output of compilers, build tools, commands and shells, with the wrappers and hints around an error.

use super::formatted;

/// Checks that the failure is `expected`, `type: message`; a type is empty if the tool names none.
fn check(output: &str, expected: &str) {
    assert_eq!(formatted(output).trim_end(), expected, "{output}");
}

#[test]
fn an_error_is_chosen_before_summaries_and_wrappers() {
    check(
        "cart.c: In function 'total':\ncart.c:1:27: warning: unused variable\ncart.c:1:38: error: 'q' undeclared\n    1 | int total() { return q; }\n      |                      ^\ncart.c:2:35: error: expected ';'\nmake[1]: *** [Makefile:3: cart.o] Error 1\nmake: *** [Makefile:1: all] Error 2\n",
        ": cart.c:1:38: error: 'q' undeclared",
    );
    check(
        "error[E0308]: mismatched types\n --> src/main.rs:1:26\n  |\n1 | fn main() { }\n\nerror: aborting due to 1 previous error\n\nFor more information about this error, try `rustc --explain E0308`.\nerror: could not compile `shop` (bin \"shop\") due to 1 previous error\n",
        "E0308: error[E0308]: mismatched types\n  --> src/main.rs:1:26",
    );
    check(
        "Bad.java:1: error: incompatible types\nclass Bad {}\n      ^\n1 error\n",
        ": Bad.java:1: error: incompatible types",
    );
    check(
        "src/a.ts:1:14 - error TS2322: Type 'a'.\n\n1 const\n  ~~~\n\nFound 1 error in src/a.ts:1\n",
        "TS2322: src/a.ts:1:14 - error TS2322: Type 'a'.",
    );
    check("make: *** [Makefile:7: lint] Error 3\n", ": make: *** [Makefile:7: lint] Error 3");
    check("make: *** No rule to make target 'deploy'.  Stop.\n", ": make: *** No rule to make target 'deploy'.  Stop.");
    check(
        "npm error Missing script: \"tset\"\nnpm error\nnpm error Did you mean this?\nnpm error   npm run test # run the \"test\" package script\nnpm error A complete log of this run can be found in: /root/x.log\n",
        ": npm error Missing script: \"tset\"",
    );
    check(
        "ERROR: Could not find a version that satisfies the requirement nope (from versions: none)\nERROR: No matching distribution found for nope\n",
        ": ERROR: Could not find a version that satisfies the requirement nope (from versions: none)",
    );
}

#[test]
fn hints_are_never_the_error() {
    check(
        "error: unexpected argument '--nope' found\n\n  tip: use '-- --nope'\n\nUsage: shop [FILE]\n\nFor more information, try '--help'.\n",
        ": error: unexpected argument '--nope' found",
    );
    check(
        "usage: app.py [-h] [--rows N]\napp.py: error: argument --rows: invalid int value: 'x'\n",
        ": app.py: error: argument --rows: invalid int value: 'x'",
    );
    check(
        "docker: Cannot connect to the Docker daemon.\n\nRun 'docker run --help' for more information\n",
        ": docker: Cannot connect to the Docker daemon.",
    );
    check("Error from server (NotFound): pods \"cart\" not found\n", "NotFound: pods \"cart\" not found");
    check(
        "git@github.com: Permission denied (publickey).\nfatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\nand the repository exists.\n",
        ": git@github.com: Permission denied (publickey).",
    );
    check(
        "fatal: not a git repository (or any of the parent directories): .git\n",
        ": fatal: not a git repository (or any of the parent directories): .git",
    );
}

#[test]
fn a_title_is_reported_with_the_line_below_it() {
    check(
        "x Build failed in 50ms\nerror during build:\nCould not resolve \"./nope\"\n",
        ": error during build: Could not resolve \"./nope\"",
    );
    check(
        "rake aborted!\nNameError: undefined local variable 'price'\n(See full trace by running task with --trace)\n",
        ": rake aborted! NameError: undefined local variable 'price'",
    );
    check(
        "ERROR in ./src/main.js 3:0-20\nModule not found: Error: Can't resolve './nope'\n",
        ": ERROR in ./src/main.js 3:0-20 Module not found: Error: Can't resolve './nope'",
    );
}

#[test]
fn boxes_are_read() {
    check(
        "╷\n│ Warning: Unable to open CLI configuration file\n╵\n\n╷\n│ Error: Invalid reference\n│ \n│   on main.tf line 3, in resource \"x\" \"y\":\n│    3:   name = nope\n╵\n",
        "Error: Invalid reference\non main.tf line 3, in resource \"x\" \"y\":\n3:   name = nope",
    );
    check(
        "Usage: shop [OPTIONS]\n╭─ Error ──────────────────╮\n│ No such option: --nope    │\n╰──────────────────────────╯\n",
        ": No such option: --nope",
    );
}

#[test]
fn shells_and_logs() {
    check(
        "building\ne3.sh: line 5: kubectll: command not found\ncleanup done\n",
        ": e3.sh: line 5: kubectll: command not found",
    );
    check("building\nrun.sh: 3: SHOP_URL: parameter not set\n", ": run.sh: 3: SHOP_URL: parameter not set");
    check(
        "2026-11-26 10:00:00 INFO started\n2026-11-26 10:00:01 ERROR cannot bind port 80\n2026-11-26 10:00:01 INFO bye\n",
        ": cannot bind port 80",
    );
    check("[2026-11-26T10:00:00Z ERROR shop::db] cannot open\n", ": shop::db] cannot open");
    check(
        "run.sh: line 3: syntax error near unexpected token `fi'\nrun.sh: line 3: `fi'\n",
        ": run.sh: line 3: syntax error near unexpected token `fi'",
    );
    check(
        "2026/11/26 10:00:00 listen tcp :80: bind: permission denied\nexit status 1\n",
        ": listen tcp :80: bind: permission denied",
    );
    check("== download\n== verify\n", ": == verify");
    check("checking 3 files\n0 errors, 2 warnings\ncannot write report.xml\nbye\n", ": cannot write report.xml");
}
