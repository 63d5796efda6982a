//! Output of Rust and Go programs.

use expect_test::expect;

use super::check;

#[test]
fn errors_with_causes_of_anyhow_and_eyre() {
    for output in [
        "Error: loading the configuration\n\nCaused by:\n    0: cannot read /etc/shop.toml\n    1: No such file or directory (os error 2)\n",
        "Error: \n   0: loading the configuration\n   1: cannot read /etc/shop.toml\n   2: No such file or directory (os error 2)\n\nBacktrace omitted. Run with RUST_BACKTRACE=1 environment variable to display it.\nRun with RUST_BACKTRACE=full to include source snippets.\n",
        "Error:   × loading the configuration\n  ├─▶ cannot read /etc/shop.toml\n  ╰─▶ No such file or directory (os error 2)\n  help: create it\n",
    ] {
        check(
            output,
            expect![[r#"
                Error: loading the configuration: cannot read /etc/shop.toml: No such file or directory (os error 2)
            "#]],
        );
    }
    check(
        "Error: no price\n\nCaused by:\n    bad row\n\nLocation:\n    src/main.rs:12:5\n",
        expect![[r#"
            Error: no price: bad row
            * - | src/main.rs | 12
        "#]],
    );
    check(
        "Error: no price\n\nCaused by:\n    bad row\n\nStack backtrace:\n   0: anyhow::error::<impl anyhow::Error>::msg\n             at /home/ann/.cargo/registry/src/x/anyhow-1.0.104/src/backtrace.rs:10:14\n   1: shop::total\n             at ./src/cart.rs:9:5\n   2: main\n   3: __libc_start_call_main\n             at ./csu/../sysdeps/nptl/libc_start_call_main.h:58:16\n  21: _start\n",
        expect![[r#"
            Error: no price: bad row
              anyhow::error::<impl anyhow::Error>::msg | /home/ann/.cargo/registry/src/x/anyhow-1.0.104/src/backtrace.rs | 10
            * shop::total | ./src/cart.rs | 9
              main | - | 
              __libc_start_call_main | ./csu/../sysdeps/nptl/libc_start_call_main.h | 58
              _start | - | 
        "#]],
    );
}

#[test]
fn a_panic_that_color_eyre_prints() {
    check(
        "The application panicked (crashed).\nMessage:  index out of bounds: the len is 1 but the index is 7\nLocation: src/cart.rs:3\n\nBacktrace omitted. Run with RUST_BACKTRACE=1 environment variable to display it.\n",
        expect![[r#"
            panic: index out of bounds: the len is 1 but the index is 7
            * - | src/cart.rs | 3
        "#]],
    );
}

#[test]
fn panics_while_unwinding_and_of_threads() {
    check(
        "\nthread 'main' (7) panicked at src/a.rs:2:25:\nfirst failure\n\nthread 'main' (7) panicked at src/a.rs:1:50:\ncannot flush on drop\n\nthread 'main' (7) panicked at library/core/src/panicking.rs:233:5:\npanic in a destructor during cleanup\nthread caused non-unwinding panic. aborting.\n",
        expect![[r#"
            panic: first failure; then, while unwinding: cannot flush on drop
            * - | src/a.rs | 2
            cause panic: cannot flush on drop (2 lines)
        "#]],
    );
    check(
        "\nthread 'tokio-runtime-worker' (9) panicked at src/sync.rs:4:9:\nlease was lost\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\nError: JoinError::Panic(Id(5), \"lease was lost\", ...)\n",
        expect![[r#"
            panic: lease was lost
            * - | src/sync.rs | 4
        "#]],
    );
}

#[test]
fn go_with_addresses_recovered_panics_and_races() {
    check(
        "runtime: goroutine stack exceeds 1000000000-byte limit\nruntime: sp=0x407 stack=[0x407, 0x408]\nfatal error: stack overflow\n\nruntime stack:\nruntime.throw({0x47f5ed?, 0x417aa5?})\n\t/usr/local/go/src/runtime/panic.go:1243 +0x48 fp=0x4079 sp=0x4079 pc=0x476148\n\ngoroutine 1 gp=0x4079 m=3 mp=0x4079 [running]:\nmain.depth(0x4079e004000?)\n\t/srv/main.go:3 +0x2d fp=0x407 sp=0x407 pc=0x47db2d\nmain.main()\n\t/srv/main.go:9 +0x19 fp=0x407 sp=0x407 pc=0x47db19\n",
        expect![[r#"
            fatal error: stack overflow
            * main.depth | /srv/main.go | 3
            * main.main | /srv/main.go | 9
        "#]],
    );
    check(
        "2026/11/27 00:27:01 http: panic serving 127.0.0.1:35870: runtime error: index out of range [5] with length 3\ngoroutine 18 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1959 +0xbb\nmain.price(...)\n\t/srv/main.go:5\n2026/11/27 00:27:01 health check failed: EOF\n",
        expect![[r#"
            panic: runtime error: index out of range [5] with length 3
              net/http.(*conn).serve.func1 | /usr/local/go/src/net/http/server.go | 1959
            * main.price | /srv/main.go | 5
        "#]],
    );
    check(
        "==================\nWARNING: DATA RACE\nWrite at 0x00c0000140a8 by goroutine 7:\n  main.fill()\n      /srv/main.go:3 +0x34\n  main.main.func1()\n      /srv/main.go:8 +0x44\n\nPrevious write at 0x00c0000140a8 by goroutine 6:\n  main.fill()\n      /srv/main.go:3 +0x34\n==================\nFound 1 data race(s)\nexit status 66\n",
        expect![[r#"
            DATA RACE: Write at 0x00c0000140a8 by goroutine 7:
            * main.fill | /srv/main.go | 3
            * main.main.func1 | /srv/main.go | 8
        "#]],
    );
}
