//! Output of Java, .NET, Mono, Ruby, PHP, Elixir, Perl and Swift.

use expect_test::expect;

use super::check;

#[test]
fn the_cause_of_a_java_exception_that_says_nothing_else() {
    for wrapper in [
        "Exception in thread \"main\" java.util.concurrent.ExecutionException: java.lang.IllegalStateException: no price",
        "Exception in thread \"main\" java.lang.reflect.InvocationTargetException",
        "Exception in thread \"main\" java.lang.RuntimeException: java.lang.IllegalStateException: no price",
        "org.springframework.web.util.NestedServletException: Request processing failed; nested exception is java.lang.IllegalStateException: no price",
    ] {
        check(
            &format!(
                "{wrapper}\n\tat com.acme.Main.main(Main.java:7)\nCaused by: java.lang.IllegalStateException: no price\n\tat com.acme.Cart.total(Cart.java:4)\n\t... 1 more\n"
            ),
            expect![[r#"
                java.lang.IllegalStateException: no price
                * com.acme.Cart.total | Cart.java | 4
            "#]],
        );
    }
    check(
        "Exception in thread \"main\" java.lang.RuntimeException: cannot load cart 7\n\tat com.acme.Main.main(Main.java:7)\nCaused by: java.io.IOException: gone\n\tat com.acme.Cart.load(Cart.java:4)\n",
        expect![[r#"
            java.lang.RuntimeException: cannot load cart 7
            * com.acme.Main.main | Main.java | 7
            cause java.io.IOException: gone (2 lines)
        "#]],
    );
}

#[test]
fn the_java_machine_itself() {
    check(
        "#\n# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007fc2, pid=815, tid=818\n#\n# JRE version: OpenJDK\n# Problematic frame:\n# V  [libjvm.so+0xed2f94]  Unsafe_PutLong+0x124\n#\n#   https://bugs.debian.org/openjdk-17\n#\n",
        expect![[r#"
            SIGSEGV: SIGSEGV (0xb) in V  [libjvm.so+0xed2f94]  Unsafe_PutLong+0x124
        "#]],
    );
    check(
        "Error: Could not find or load main class shop.Main\nCaused by: java.lang.ClassNotFoundException: shop.Main\n",
        expect![[r#"
            java.lang.ClassNotFoundException: Error: Could not find or load main class shop.Main
        "#]],
    );
}

#[test]
fn dotnet_and_mono() {
    check(
        "Unhandled exception. System.InvalidOperationException: user 9 has no mail\n ---> System.Net.Http.HttpRequestException: Connection refused (api.shop.test:443)\n   at System.Net.Http.HttpConnectionPool.ConnectAsync(HttpRequestMessage request)\n   --- End of inner exception stack trace ---\n   at Shop.User.<Mail>d__1.MoveNext(Int32 id) in /src/Shop/User.cs:line 41\n--- End of stack trace from previous location ---\n   at Program.<Main>$(String[] args) in /src/Shop/Program.cs:line 3\n",
        expect![[r#"
            System.InvalidOperationException: user 9 has no mail
            * Shop.User.<Mail>d__1.MoveNext | /src/Shop/User.cs | 41
            * Program.<Main>$ | /src/Shop/Program.cs | 3
            cause System.Net.Http.HttpRequestException: Connection refused (api.shop.test:443) (2 lines)
        "#]],
    );
    check(
        "Unhandled exception. System.AggregateException: One or more errors occurred. (no price)\n ---> System.ArgumentException: no price\n   at Shop.Cart.Total() in /src/Cart.cs:line 4\n   --- End of inner exception stack trace ---\n   at Program.Main() in /src/Program.cs:line 3\n",
        expect![[r#"
            System.ArgumentException: no price
            * Shop.Cart.Total | /src/Cart.cs | 4
        "#]],
    );
    check(
        "\nUnhandled Exception:\nSystem.NullReferenceException: Object reference not set to an instance of an object\n  at Shop.Cart.Total (System.Int32 n) [0x00002] in <0123456789abcdef>:0\n  at Shop.Main.Run () [0x0001a] in /src/Main.cs:12\n[ERROR] FATAL UNHANDLED EXCEPTION: System.NullReferenceException: Object reference not set to an instance of an object\n  at Shop.Cart.Total (System.Int32 n) [0x00002] in <0123456789abcdef>:0\n  at Shop.Main.Run () [0x0001a] in /src/Main.cs:12\n",
        expect![[r#"
            System.NullReferenceException: Object reference not set to an instance of an object
            * Shop.Cart.Total | - | 
            * Shop.Main.Run | /src/Main.cs | 12
        "#]],
    );
}

#[test]
fn ruby_of_all_versions() {
    for (head, caller) in [
        ("a.rb:3:in `total': key not found: :price (KeyError)", "\tfrom a.rb:13:in `<main>'"),
        ("a.rb:3:in 'total': key not found: :price (KeyError)\nDid you mean?  :prices", "\tfrom a.rb:13:in '<main>'"),
    ] {
        let found = super::formatted(&format!("starting\n{head}\n{caller}\n"));
        let expected = "KeyError: key not found: :price";
        assert!(found.starts_with(expected) && found.ends_with("* total | a.rb | 3\n* - | a.rb | 13\n"), "{found}");
    }
    check(
        "/srv/shop/lib/cart.rb:3:in 'Hash#fetch': key not found: :price (KeyError)\n\tfrom /srv/shop/lib/cart.rb:3:in 'block in Shop::Cart#total'\n\tfrom /usr/lib/ruby/gems/3.4.0/gems/rack-3.1/lib/rack.rb:7:in 'Rack.call'\n",
        expect![[r#"
            KeyError: key not found: :price
            * Hash#fetch | /srv/shop/lib/cart.rb | 3
            * block in Shop::Cart#total | /srv/shop/lib/cart.rb | 3
              Rack.call | /usr/lib/ruby/gems/3.4.0/gems/rack-3.1/lib/rack.rb | 7
        "#]],
    );
}

#[test]
fn php_and_its_previous_exceptions() {
    check(
        "PHP Fatal error:  Uncaught Error: Call to a member function sku() on null in /srv/a.php:3\nStack trace:\n#0 /srv/a.php(4): Shop\\Cart->add()\n#1 /srv/vendor/x/run.php(5): Shop\\main()\n#2 {main}\n  thrown in /srv/a.php on line 3\n",
        expect![[r#"
            Error: Call to a member function sku() on null
            * Shop\Cart->add | /srv/a.php | 3
            * Shop\main | /srv/a.php | 4
              - | /srv/vendor/x/run.php | 5
        "#]],
    );
    check(
        "PHP Fatal error:  Uncaught Exception: inner in /srv/a.php:4\nStack trace:\n#0 /srv/a.php(5): main()\n#1 {main}\n\nNext RuntimeException: no database in /srv/a.php:6\nStack trace:\n#0 /srv/a.php(7): main()\n#1 {main}\n  thrown in /srv/a.php on line 6\n",
        expect![[r#"
            RuntimeException: no database
            * main | /srv/a.php | 6
            * - | /srv/a.php | 7
            cause Exception: inner (4 lines)
        "#]],
    );
    check(
        "PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/a.php on line 3\n",
        expect![[r#"
            out of memory: PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/a.php on line 3
        "#]],
    );
}

#[test]
fn elixir_perl_and_swift() {
    check(
        "** (FunctionClauseError) no function clause matching in Shop.price/1    \n    \n    The following arguments were given to Shop.price/1:\n    \n        # 1\n        %{sku: 1}\n    \n    lib/shop.ex:2: Shop.price/1\n    (elixir 1.14.0) lib/enum.ex:1658: Enum.map/2\n    (shop 0.1.0) lib/shop.ex:9: Shop.total/1\n",
        expect![[r#"
            FunctionClauseError: no function clause matching in Shop.price/1

                The following arguments were given to Shop.price/1:

                    # 1
                    %{sku: 1}
            * Shop.price/1 | lib/shop.ex | 2
              Enum.map/2 | lib/enum.ex | 1658
            * Shop.total/1 | lib/shop.ex | 9
        "#]],
    );
    check(
        "uninitialised price at a.pl line 1.\nbad order 4711 at a.pl line 3.\n\tShop::conf(\"x\") called at a.pl line 5\n",
        expect![[r#"
            : bad order 4711
            * Shop::conf | a.pl | 3
            * - | a.pl | 5
        "#]],
    );
    check(
        "main/main.swift:3: Fatal error: Index out of range\n\n*** Signal 4: Backtracing from 0x55c1... done ***\n\nThread 0 \"shop\" crashed:\n\n0 [inlined] 0x000055c1 total(_:) + 20 in shop at /srv/main.swift:3:13\n1 main + 7 in shop at /srv/main.swift:9:1\n",
        expect![[r#"
            Fatal error: Fatal error
            * total(_:) | /srv/main.swift | 3
            * main | /srv/main.swift | 9
        "#]],
    );
}

#[test]
fn a_place_of_perl_without_words_is_no_error() {
    check(
        "cannot open it\n    at shop.pl line 9.\n\tmain::ship(7) called at shop.pl line 18\n",
        expect![[r#"
            : cannot open it
        "#]],
    );
}
