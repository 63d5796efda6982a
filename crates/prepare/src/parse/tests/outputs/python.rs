//! Output of Python programs: what is around a traceback, and tracebacks that others print.

use expect_test::expect;

use super::check;

const MAIN: &str = "Traceback (most recent call last):\n  File \"/srv/shop/app.py\", line 9, in main\n    load()\nValueError: no price\n";
const OTHER: &str = "Traceback (most recent call last):\n  File \"/srv/shop/watch.py\", line 4, in close\n    self.fd\nOSError: [Errno 9] Bad file descriptor\n";

#[test]
fn an_exception_that_was_ignored_is_not_the_failure() {
    for words in [
        "Exception ignored in: <function Watcher.__del__ at 0x7f>\n",
        "Exception ignored in atexit callback <function close at 0x7f>:\n",
        "Error in atexit._run_exitfuncs:\n",
        "Task exception was never retrieved\nfuture: <Task finished name='Task-2' coro=<refresh() done>>\n",
        "Future exception was never retrieved\nfuture: <Future finished exception=OSError()>\n",
    ] {
        check(
            &format!("{MAIN}{words}{OTHER}"),
            expect![[r#"
                ValueError: no price
                * main | /srv/shop/app.py | 9
            "#]],
        );
    }
}

#[test]
fn a_retry_in_a_log_is_not_the_failure() {
    check(
        &format!("WARNING:root:attempt 1 failed\n{OTHER}INFO:root:retrying\nINFO:root:writing\ndisk quota exceeded\n"),
        expect![[r#"
            : disk quota exceeded
        "#]],
    );
    check(
        &format!(
            "ERROR:root:attempt 1 failed\n{OTHER}INFO:root:retrying\nINFO:root:writing\nERROR:root:disk quota exceeded\n"
        ),
        expect![[r#"
            : root:disk quota exceeded
        "#]],
    );
    check(
        &format!("ERROR:root:sync failed\n{OTHER}giving up\n"),
        expect![[r#"
            OSError: [Errno 9] Bad file descriptor
            * close | /srv/shop/watch.py | 4
        "#]],
    );
}

#[test]
fn output_of_other_threads_is_not_part_of_the_message() {
    check(
        &format!("Exception in thread indexer:\n{MAIN}indexer died\n"),
        expect![[r#"
            ValueError: no price
            * main | /srv/shop/app.py | 9
        "#]],
    );
    check(
        &format!("{MAIN}2026-11-26 10:00:00,123 INFO stopping\nbye\n"),
        expect![[r#"
            ValueError: no price
            * main | /srv/shop/app.py | 9
        "#]],
    );
    check(
        &format!("{}in file orders.csv, row 17\n", MAIN),
        expect![[r#"
            ValueError: no price
            in file orders.csv, row 17
            * main | /srv/shop/app.py | 9
        "#]],
    );
}

#[test]
fn the_exception_behind_a_wrapper_without_words_of_its_own() {
    check(
        "multiprocessing.pool.RemoteTraceback: \n\"\"\"\nTraceback (most recent call last):\n  File \"/srv/shop/pool.py\", line 4, in parse\n    int(x)\nValueError: bad row\n\"\"\"\n\nThe above exception was the direct cause of the following exception:\n\nTraceback (most recent call last):\n  File \"/srv/shop/pool.py\", line 9, in main\n    pool.map(parse, rows)\nValueError: bad row\n",
        expect![[r#"
            ValueError: bad row
            * parse | /srv/shop/pool.py | 4
        "#]],
    );
    check(
        "  + Exception Group Traceback (most recent call last):\n  |   File \"/srv/shop/app.py\", line 9, in main\n  |     async with TaskGroup() as group:\n  | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)\n  +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    |   File \"/srv/shop/app.py\", line 4, in sync\n    |     return {}[\"total\"]\n    | KeyError: 'total'\n    +------------------------------------\n",
        expect![[r#"
            KeyError: 'total'
            * sync | /srv/shop/app.py | 4
        "#]],
    );
}

#[test]
fn tracebacks_with_a_prefix_on_each_line() {
    for prefix in [
        "2026-11-26 10:00:00 ERROR [web-1] ",
        "web-1  | ",
        "Nov 26 10:00:01 host shop[4711]: ",
        "[pod/cart-7d9f/cart] ",
        "[2026-11-26T10:00:00.123Z] [stderr] ",
    ] {
        let output: String = MAIN.lines().map(|line| format!("{prefix}{line}\n")).collect();
        check(
            &output,
            expect![[r#"
                ValueError: no price
                * main | /srv/shop/app.py | 9
            "#]],
        );
    }
}

#[test]
fn tracebacks_of_ipython_and_in_a_log_line() {
    check(
        "---------------------------------------------------------------------------\nZeroDivisionError                         Traceback (most recent call last)\nCell In[3], line 2\n      1 from shop import total\n----> 2 total([])\n\nFile ~/shop/cart.py:10, in total(rows)\n      8 def total(rows):\n---> 10     return 1 / len(rows)\n\nZeroDivisionError: division by zero\n",
        expect![[r#"
            ZeroDivisionError: division by zero
            * total | shop/cart.py | 10
            * - | ipython cell | 2
        "#]],
    );
    check(
        &format!("ERROR:root:{MAIN}"),
        expect![[r#"
            ValueError: no price
            * main | /srv/shop/app.py | 9
        "#]],
    );
}

#[test]
fn json_logs_with_and_without_a_stack() {
    let stack = MAIN.trim_end().replace('"', "\\\"").replace('\n', "\\n");
    check(
        &format!("{{\"event\": \"charge failed\", \"level\": \"error\", \"exception\": \"{stack}\"}}\n"),
        expect![[r#"
            ValueError: no price
            * main | /srv/shop/app.py | 9
        "#]],
    );
    check(
        "{\"level\":30,\"msg\":\"started\"}\n{\"level\":50,\"time\":1,\"err\":{\"type\":\"TypeError\",\"message\":\"x is null\",\"stack\":\"TypeError: x is null\\n    at total (/srv/shop/cart.js:3:9)\"},\"msg\":\"order failed\"}\n{\"level\":30,\"msg\":\"bye\"}\n",
        expect![[r#"
            TypeError: x is null
            * total | /srv/shop/cart.js | 3
        "#]],
    );
    for line in [
        "{\"time\":\"2026-11-27T00:27:01Z\",\"level\":\"ERROR\",\"msg\":\"cannot open database\",\"err\":\"connection refused\"}\n",
        "time=2026-11-27T00:27:01Z level=ERROR msg=\"cannot open database\" err=\"connection refused\"\n",
        "{\"severity\":\"CRITICAL\",\"message\":\"cannot open database\",\"error\":\"connection refused\"}\n",
    ] {
        check(
            line,
            expect![[r#"
                : cannot open database: connection refused
            "#]],
        );
    }
}

#[test]
fn a_message_that_goes_on_after_a_blank_line() {
    check(
        "Traceback (most recent call last):\n  File \"/srv/shop/db.py\", line 2, in save\n    raise\nIntegrityError: duplicate key\nDETAIL:  Key (id)=(7) already exists.\n\n[SQL: INSERT INTO users (id) VALUES (%(id)s)]\n[parameters: {'id': 7}]\n",
        expect![[r#"
            IntegrityError: duplicate key
            DETAIL:  Key (id)=(7) already exists.

            [SQL: INSERT INTO users (id) VALUES (%(id)s)]
            [parameters: {'id': 7}]
            * save | /srv/shop/db.py | 2
        "#]],
    );
}
