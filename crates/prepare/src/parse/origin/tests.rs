use super::*;

/// The functions and lines of the application's own frames of a command's report.
#[track_caller]
fn check(report: ErrorReport, expected: &[(&str, u32)]) {
    let report = ErrorReport { source: Some(Source::Cli), ..report };
    let stack = report.stack_trace.as_deref().unwrap_or_default();
    let own = parse_stack_from(Source::Cli, stack, &report.error_message);
    let shown = frames(&report, &own).unwrap_or(own);
    let shown = shown.iter().filter(|frame| frame.in_app);
    let shown: Vec<_> = shown.map(|it| (it.function.as_deref().unwrap_or("-"), it.line.unwrap_or_default())).collect();
    assert_eq!(shown, expected, "{stack}");
}

fn with_stack(stack: &str) -> ErrorReport {
    ErrorReport { stack_trace: Some(stack.to_owned()), ..ErrorReport::default() }
}

/// A Python error with another one before it; `statement` is the line that raised the error.
fn chained(link: &str, statement: &str) -> ErrorReport {
    with_stack(&format!(
        "Traceback (most recent call last):\n  File \"/srv/a.py\", line 9, in load\n    tax(line)\n  File \"/srv/b.py\", line 2, in tax\n    RATES[rate]\nKeyError: 'x'\n\n{link}\n\nTraceback (most recent call last):\n  File \"/srv/a.py\", line 20, in main\n    load()\n  File \"/srv/a.py\", line 11, in load\n    {statement}\nLoadError: no rates\n"
    ))
}

#[test]
fn the_cause_that_a_python_error_wraps_comes_first() {
    let [direct, context] = python::LINKS;
    let cause_first = [("tax", 2), ("load", 9), ("load", 11), ("main", 20)];
    check(chained(direct, "raise LoadError(name) from error"), &cause_first);
    check(chained(direct, "fail(error)"), &cause_first);
    check(chained(context, "raise LoadError(name)"), &cause_first);
    // an error in the code that handles another one is its own origin
    check(chained(context, "log.write(name)"), &[("load", 11), ("main", 20)]);
}

#[test]
fn the_innermost_cause_of_a_java_exception_with_own_frames_comes_first() {
    let stack = "java.lang.IllegalStateException: cannot import\n\tat shop.Importer.load(Importer.java:13)\n\tat shop.Main.main(Main.java:5)\n\tSuppressed: java.io.IOException: closed\n\t\tat shop.Reader.close(Reader.java:7)\nCaused by: java.time.format.DateTimeParseException: Text\n\tat java.base/java.time.LocalDate.parse(LocalDate.java:430)\n\tat shop.Dates.parse(Dates.java:10)\n\t... 1 more\nCaused by: java.lang.IllegalArgumentException: x\n\tat java.base/java.lang.A.b(A.java:1)\n";
    let expected = [("shop.Dates.parse", 10), ("shop.Importer.load", 13), ("shop.Main.main", 5)];
    check(with_stack(stack), &expected);
    let alone = "java.lang.IllegalStateException: x\n\tat shop.Main.main(Main.java:5)\n\tSuppressed: java.io.IOException: closed\n\t\tat shop.Reader.close(Reader.java:7)\n";
    check(with_stack(alone), &[("shop.Main.main", 5)]);
}

#[test]
fn the_innermost_cause_of_an_error_of_node_comes_first_but_no_member_of_a_group() {
    let cause = |function: &str| Cause {
        error_type: "TypeError".to_owned(),
        error_message: "x".to_owned(),
        stack_trace: Some(format!("TypeError: x\n    at {function} (file:///srv/rows.mjs:3:5)")),
    };
    let report = ErrorReport {
        error_type: "Error".to_owned(),
        causes: vec![cause("load"), cause("parseRow")],
        ..with_stack("Error: cannot import\n    at importFile (file:///srv/import.mjs:7:11)")
    };
    check(report.clone(), &[("parseRow", 3), ("importFile", 7)]);
    let caller = "\n    at main (file:///srv/import.mjs:20:1)";
    let mut called = report.clone();
    called.stack_trace = report.stack_trace.as_ref().map(|stack| format!("{stack}{caller}"));
    called.causes[1].stack_trace = report.causes[1].stack_trace.as_ref().map(|stack| format!("{stack}{caller}"));
    check(called, &[("parseRow", 3), ("importFile", 7), ("main", 20)]);
    check(ErrorReport { error_type: "AggregateError".to_owned(), ..report }, &[("importFile", 7)]);
}

#[test]
fn an_error_line_without_a_stack_names_its_place() {
    for (message, file, line) in [
        ("Illegal division by zero at lib/Figures.pm line 8.", "lib/Figures.pm", 8),
        ("bad row at load.pl line 3, <STDIN> line 17.", "load.pl", 3),
        ("shop: queue.cpp:8: void Queue::push(int): Assertion `at < 4' failed.", "queue.cpp", 8),
        ("src/cart.c:3:5: error: 'q' undeclared", "src/cart.c", 3),
        ("A.java:1: error: incompatible types", "A.java", 1),
        ("a.ts(2,14): error TS2322: Type 'string' is not assignable", "a.ts", 2),
        ("./deploy.sh: line 4: kubectl: command not found", "./deploy.sh", 4),
        ("Assertion failed: (n > 5), function main, file a.c, line 15.", "a.c", 15),
    ] {
        let report = ErrorReport { error_message: message.to_owned(), source: Some(Source::Cli), ..Default::default() };
        let shown = frames(&report, &[]).unwrap_or_default();
        let place = shown.first().map(|frame| (frame.file.as_deref().unwrap_or_default(), frame.line.unwrap_or(0)));
        assert_eq!((place, shown.iter().all(|frame| frame.in_app)), (Some((file, line)), true), "{message}");
        let of_page = ErrorReport { source: None, ..report };
        assert_eq!(frames(&of_page, &[]), None, "{message}");
    }
    for message in [
        "",
        "connect to db.example.com:5432: refused",
        "db.example.com:5432: refused",
        "at 8 line 3",
        "error: 12:30: late",
        "C:3: x",
        "http://a.py:80/: gone",
        "a b.py:3: x",
        "a.py: 3 errors",
    ] {
        let report = ErrorReport { error_message: message.to_owned(), source: Some(Source::Cli), ..Default::default() };
        assert_eq!(frames(&report, &[]), None, "{message}");
    }
}
