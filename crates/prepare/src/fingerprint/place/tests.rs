//! Tests of places: the same in every installation and after every build, and different for different files.

use super::place;

#[test]
fn a_file_is_the_same_in_every_installation() {
    for (files, expected) in [
        (
            vec![
                "/app/lib/cart.js",
                "/home/ann/shop/lib/cart.js",
                "/srv/releases/20261126-1200/lib/cart.js",
                "/home/runner/work/shop/shop/lib/cart.js",
                "/tmp/tmpa1b2c3d4/lib/cart.js",
                "file:///usr/src/app/lib/cart.js",
                r"C:\Users\ann\AppData\Local\Programs\shop\resources\app.asar\lib\cart.js",
                "/Applications/Shop.app/Contents/Resources/app-arm64.asar/lib/cart.js",
                "capacitor://localhost/lib/cart.js",
                "./lib/cart.js",
            ],
            "cart.js",
        ),
        (
            vec![
                "/app/index.js",
                "/home/ann/shop/index.js",
                "/var/task/index.js",
                "/usr/src/app/index.js",
                "/opt/shop/dist/index.js",
                r"D:\Apps\shop\resources\app.asar\index.js",
                "/workspace/src/index.js",
            ],
            "index.js",
        ),
        (
            vec![
                "/app/cart/__init__.py",
                "/home/ann/shop/cart/__init__.py",
                "cart/__init__.py",
                "/srv/shop/current/cart/__init__.py",
            ],
            "cart/__init__.py",
        ),
        (vec!["crates/cart/src/lib.rs", "/home/ann/shop/crates/cart/src/lib.rs"], "cart/lib.rs"),
        (vec!["/tmp/ipykernel_704/48.py", "/tmp/ipykernel_9/216.py", "<ipython-input-3-1a2b>"], "<cell>"),
        (
            vec![
                "webpack-internal:///(rsc)/./app/cart/page.tsx",
                "webpack-internal:///(app-pages-browser)/./app/cart/page.tsx",
                "webpack://_N_E/./app/cart/page.tsx?1a2b",
            ],
            "app/cart/page.tsx",
        ),
        (
            vec![
                "/var/containers/Bundle/Application/0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0/Shop.app/main.jsbundle",
                "/private/var/containers/Bundle/Application/A5B4C3D2-4B5A-6978-8796-0F1E2D3CE1F0/Shop.app/main.jsbundle",
            ],
            "main.jsbundle",
        ),
    ] {
        for file in files {
            assert_eq!(place(file), expected, "{file}");
        }
    }
    assert_ne!(place("/app/cart/index.ts"), place("/app/user/index.ts"));
    assert_ne!(place("https://a.test/cart/index.js"), place("https://a.test/user/index.js"));
}

#[test]
fn a_bundle_is_the_same_after_every_build() {
    for (files, expected) in [
        (
            vec![
                "https://a.test/assets/index-DkpyIYVQ.js",
                "https://a.test/assets/index-Cg5q8gZy.js?v=2",
                "https://b.test/assets/index-B_x-9aQz.js",
                "https://b.test/assets/index--x7aQz_B.js",
                "https://b.test/assets/index-k3j5h2x9.js",
                "https://b.test/assets/index-12345678.js",
                "https://b.test/assets/index-WQQCIBVT.js",
                "https://b.test/assets/index-xkqzvbnt.js",
                "https://b.test/assets/index-9f8e7d6c5b4a3210.js",
            ],
            "assets/index-<hash>.js",
        ),
        (
            vec![
                "https://a.test/main.3f2a1b9c.js",
                "https://a.test/main.81726354.js",
                "https://a.test/main.9c1185a5c5e9fc546128.js",
            ],
            "main.<hash>.js",
        ),
        (vec!["https://a.test/3f2a1b9c.bundle.js", "https://a.test/9c1185a5c5e9fc54.bundle.js"], "<hash>.bundle.js"),
        (vec!["https://a.test/chunk-WQQCIBV7.js", "https://a.test/chunk-PJEEZAML.js"], "chunk-<hash>.js"),
        (vec!["https://a.test/182.3f2a1b9c.chunk.js", "https://a.test/7.99ab12ef.chunk.js"], "<n>.<hash>.chunk.js"),
    ] {
        for file in files {
            assert_eq!(place(file), expected, "{file}");
        }
    }
    for name in [
        "cart-checkout.js",
        "user-settings.js",
        "vendor.min.js",
        "polyfills.js",
        "jquery-ui.js",
        "cart-CartView.js",
        "step-two.js",
        "index.android.bundle",
        "main.jsbundle",
        "feedback.js",
    ] {
        assert_eq!(place(&format!("https://a.test/{name}")), name);
    }
}

/// Hashes as bundlers make them, of random characters.
#[test]
fn nearly_all_random_hashes_are_recognised() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let base64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut word = |letters: &[u8], length: usize| -> String {
        (0..length).map(|_| char::from(letters[random.usize(..letters.len())])).collect()
    };
    for (kind, letters, length) in [
        ("Rollup", &base64[..], 8),
        ("Rollup, base36", &b"abcdefghijklmnopqrstuvwxyz0123456789"[..], 8),
        ("esbuild", &b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[..], 8),
        ("webpack", &b"0123456789abcdef"[..], 8),
        ("webpack", &b"0123456789abcdef"[..], 20),
        ("Rollup, twelve", &base64[..62], 12),
    ] {
        let recognised =
            (0..2_000).filter(|_| place(&format!("https://a.test/x-{}.js", word(letters, length))) == "x-<hash>.js");
        let recognised = recognised.count();
        assert!(recognised >= 1_900, "{kind}: {recognised} of 2000, seed {seed}");
    }
}
