//! Output of test runners: the first failed test, with its error.

use expect_test::expect;

use super::check;

#[test]
fn pytest() {
    check(
        "F.\n=================================== FAILURES ===================================\n__________________________________ test_price __________________________________\n\n>   def test_price(): assert price(3) == 30\nE   assert 27 == 30\n\ntests/test_cart.py:3: AssertionError\n__________________________________ test_load __________________________________\n\ntests/test_cart.py:4: \n_ _ _ _ _ _ _\n\nE       FileNotFoundError: [Errno 2] No such file or directory: 'x.json'\n\nshop.py:4: FileNotFoundError\n=========================== short test summary info ============================\nFAILED tests/test_cart.py::test_price - assert 27 == 30\nFAILED tests/test_cart.py::test_load - FileNotFoundError: [Errno 2] No such fil...\n2 failed in 0.02s\n",
        expect![[r#"
            AssertionError: FAILED tests/test_cart.py::test_price - assert 27 == 30
            * - | tests/test_cart.py | 3
        "#]],
    );
    check(
        "==================================== ERRORS ====================================\n_____________________ ERROR collecting tests/test_cart.py ______________________\nImportError while importing test module '/srv/tests/test_cart.py'.\nTraceback:\ntests/test_cart.py:1: in <module>\n    import shopp\nE   ModuleNotFoundError: No module named 'shopp'\n=========================== short test summary info ============================\nERROR tests/test_cart.py - ModuleNotFoundError: No module named 'shopp'\n1 error in 0.15s\n",
        expect![[r#"
            ModuleNotFoundError: ModuleNotFoundError: No module named 'shopp'
            * - | tests/test_cart.py | 1
        "#]],
    );
}

#[test]
fn unittest_and_cargo_test() {
    check(
        "F\n======================================================================\nFAIL: test_price (test_cart.CartTest.test_price)\n----------------------------------------------------------------------\nTraceback (most recent call last):\n  File \"/srv/test_cart.py\", line 7, in test_price\n    self.assertEqual(3, 4)\nAssertionError: 3 != 4\n\n----------------------------------------------------------------------\nRan 1 test in 0.001s\n\nFAILED (failures=1)\n",
        expect![[r#"
            AssertionError: FAIL: test_price (test_cart.CartTest.test_price): 3 != 4
            * test_price | /srv/test_cart.py | 7
        "#]],
    );
    check(
        "running 2 tests\ntest sums ... FAILED\n\nfailures:\n\n---- sums stdout ----\n\nthread 'sums' (784) panicked at src/lib.rs:9:5:\nassertion `left == right` failed\n  left: 4\n right: 5\n\n---- loads stdout ----\n\nthread 'loads' (783) panicked at src/lib.rs:19:5:\nno file\n\n\nfailures:\n    sums\n\ntest result: FAILED. 0 passed; 2 failed\n\nerror: test failed, to rerun pass `--lib`\n",
        expect![[r#"
            panic: sums: assertion `left == right` failed
              left: 4
             right: 5
            * - | src/lib.rs | 9
        "#]],
    );
}

#[test]
fn jest_vitest_and_mocha() {
    check(
        "FAIL v/cart.test.js\n  ● cart › adds up\n\n    expect(received).toBe(expected) // Object.is equality\n\n    Expected: 4\n    Received: 3\n\n      at Object.<anonymous> (v/cart.test.js:2:92)\n\n  ● cart › empty price\n\n    TypeError: x is null\n\nTest Suites: 1 failed, 1 total\nRan all test suites.\n",
        expect![[r#"
            : ● cart › adds up: expect(received).toBe(expected) // Object.is equality
            * Object.<anonymous> | v/cart.test.js | 2
        "#]],
    );
    check(
        "⎯⎯⎯⎯⎯⎯⎯ Failed Tests 2 ⎯⎯⎯⎯⎯⎯⎯\n\n FAIL  v/cart.test.js > cart > adds up\nTypeError: Cannot read properties of undefined (reading 'amount')\n ❯ total cart.js:1:45\n ❯ v/cart.test.js:2:133\n\n⎯⎯⎯⎯⎯[1/2]⎯\n\n FAIL  v/cart.test.js > cart > empty\nError: x\n\n⎯⎯⎯⎯⎯[2/2]⎯\n",
        expect![[r#"
            TypeError: FAIL  v/cart.test.js > cart > adds up: Cannot read properties of undefined (reading 'amount')
            * total | cart.js | 1
            * - | v/cart.test.js | 2
        "#]],
    );
    check(
        "  cart\n    1) adds up\n\n\n  0 passing (9ms)\n  1 failing\n\n  1) cart\n       adds up:\n     TypeError: x is null\n      at total (m/cart.cjs:1:72)\n      at process.processImmediate (node:internal/timers:483:21)\n\n",
        expect![[r#"
            TypeError: 1) cart adds up: x is null
            * total | m/cart.cjs | 1
              process.processImmediate | node:internal/timers | 483
        "#]],
    );
}

#[test]
fn node_test_go_test_and_ctest() {
    check(
        "TAP version 13\n# Subtest: adds up\nnot ok 1 - adds up\n  ---\n  duration_ms: 3.9\n  error: |-\n    Expected values to be strictly equal:\n    \n    3 !== 4\n    \n  code: 'ERR_ASSERTION'\n  name: 'AssertionError'\n  stack: |-\n    TestContext.<anonymous> (file:///srv/cart.test.mjs:2:30)\n    Test.run (node:internal/test_runner/test:796:25)\n  ...\n1..1\n# fail 1\n",
        expect![[r#"
            AssertionError: not ok 1 - adds up: Expected values to be strictly equal:
            * TestContext.<anonymous> | file:///srv/cart.test.mjs | 2
              Test.run | node:internal/test_runner/test | 796
        "#]],
    );
    check(
        "=== RUN   TestPrice\n--- FAIL: TestPrice (0.00s)\n    cart_test.go:4: want 30, got 27\nFAIL\nFAIL\tshop.example/cart\t0.002s\nFAIL\n",
        expect![[r#"
            : --- FAIL: TestPrice: cart_test.go:4: want 30, got 27
        "#]],
    );
    check(
        "50% tests passed, 1 tests failed out of 2\n\nTotal Test time (real) =   0.01 sec\n\nThe following tests FAILED:\n\t  2 - cart_test (Failed)\nErrors while running CTest\n",
        expect![[r#"
            : 2 - cart_test (Failed)
        "#]],
    );
}
