//! Output of C and C++ programs: exceptions, assertions, the C library's checks, and sanitizers.

use expect_test::expect;

use super::{check, formatted};

#[test]
fn exceptions_and_aborts() {
    check(
        "terminate called after throwing an instance of 'std::out_of_range'\n  what():  vector::_M_range_check: __n (which is 9) >= this->size() (which is 1)\n",
        expect![[r#"
            std::out_of_range: vector::_M_range_check: __n (which is 9) >= this->size() (which is 1)
        "#]],
    );
    for (output, expected) in [
        (
            "terminate called after throwing an instance of 'int'\n",
            "int: terminate called after throwing an instance of 'int'\n",
        ),
        (
            "libc++abi: terminating due to uncaught exception of type std::bad_alloc: std::bad_alloc\n",
            "std::bad_alloc: std::bad_alloc\n",
        ),
        ("free(): double free detected in tcache 2\n", "heap corruption: free(): double free detected in tcache 2\n"),
        (
            "*** stack smashing detected ***: terminated\nAborted (core dumped)\n",
            "stack smashing detected: *** stack smashing detected ***: terminated\n",
        ),
        (
            "a: a.cpp:15: int main(): Assertion `n > 5' failed.\n",
            "assertion failed: a: a.cpp:15: int main(): Assertion `n > 5' failed.\n",
        ),
    ] {
        assert_eq!(formatted(output), expected);
    }
}

#[test]
fn sanitizers() {
    check(
        "=================================================================\n==11685==ERROR: AddressSanitizer: heap-use-after-free on address 0x602000000010 at pc 0x55 bp 0x7f sp 0x7f\nREAD of size 4 at 0x602000000010 thread T0\n    #0 0x55b53b78bf9e in Cart::total(int) /srv/a.cpp:17:3\n    #1 0x7f8315245249 in __libc_start_call_main ../sysdeps/nptl/libc_start_call_main.h:58\n    #2 0x55b53b78b2f0 in _start (/srv/a+0x52f0)\n\n0x602000000010 is located 0 bytes inside of 4-byte region\nfreed by thread T0 here:\n    #0 0x7f83160ba3c8 in operator delete(void*, unsigned long) ../../../../src/libsanitizer/asan/asan_new_delete.cpp:164\n    #1 0x55b53b78b688 in Cart::clear() /srv/a.cpp:9\n\nSUMMARY: AddressSanitizer: heap-use-after-free /srv/a.cpp:17 in Cart::total(int)\n==11685==ABORTING\n",
        expect![[r#"
            AddressSanitizer: heap-use-after-free: AddressSanitizer: heap-use-after-free on address 0x602000000010; READ of size 4 at 0x602000000010 thread T0
            * Cart::total | /srv/a.cpp | 17
              __libc_start_call_main | ../sysdeps/nptl/libc_start_call_main.h | 58
              _start | - | 
        "#]],
    );
    check(
        "WARNING: ThreadSanitizer: data race (pid=4711)\n  Write of size 4 at 0x7b0400000800 by thread T1:\n    #0 add /srv/a.cpp:5:9 (a+0xd1f2)\n\n  Previous write of size 4 at 0x7b0400000800 by main thread:\n    #0 main /srv/a.cpp:12:9 (a+0xd2a0)\n",
        expect![[r#"
            ThreadSanitizer: data race: ThreadSanitizer: data race (pid=4711); Write of size 4 at 0x7b0400000800 by thread T1:
            * add | /srv/a.cpp | 5
        "#]],
    );
    check(
        "a.cpp:20:51: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'\n",
        expect![[r#"
            UndefinedBehaviorSanitizer: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'
            * - | a.cpp | 20
        "#]],
    );
    check(
        "==4711==ERROR: LeakSanitizer: detected memory leaks\n\nDirect leak of 4 byte(s) in 1 object(s) allocated from:\n    #0 0x7f81 in operator new(unsigned long) ../../../../src/libsanitizer/asan/asan_new_delete.cpp:95\n    #1 0x55b5 in make /srv/a.cpp:9\n",
        expect![[r#"
            LeakSanitizer: detected memory leaks: LeakSanitizer: detected memory leaks; Direct leak of 4 byte(s) in 1 object(s) allocated from:
              operator new | ../../../../src/libsanitizer/asan/asan_new_delete.cpp | 95
            * make | /srv/a.cpp | 9
        "#]],
    );
}
