//! Names of original files, reduced to paths in the repository.

use std::borrow::Cow;

/// Prefixes that bundlers put before a path, with or without a name of the project behind it.
const SCHEMES: [&str; 8] =
    ["webpack://", "webpack-internal://", "turbopack://", "rspack://", "ng://", "parcel://", "rollup://", "vite://"];

/// Returns the path of an original file: without the bundler's scheme, `./`, leading `../`, and parameters. An absolute
/// path and a URL stay.
///
/// `webpack://shop/./src/cart.ts?1a2b`, `../../src/cart.ts` and `webpack-internal:///./src/cart.ts` are all
/// `src/cart.ts`.
#[must_use]
pub fn original_path(file: &str) -> Cow<'_, str> {
    let scheme = SCHEMES.iter().find_map(|scheme| file.strip_prefix(scheme));
    let path = match scheme {
        // up to the first `/` is the name of the project, which may be empty
        Some(rest) => rest.split_once('/').map_or(rest, |(_, path)| path),
        None => file,
    };
    // the loaders of webpack: `./node_modules/ts-loader/index.js!./src/cart.ts`
    let path = path.rsplit_once('!').map_or(path, |(_, path)| path);
    let path = match path.split_once('?') {
        Some((path, _)) if !path.is_empty() => path,
        _ => path,
    };
    let is_url = scheme.is_none() && path.contains("://");
    let needs_work = |part: &str| part == "." || part == "..";
    if is_url || !path.split('/').any(needs_work) {
        return Cow::Borrowed(path);
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "." => {}
            ".." if matches!(parts.last(), None | Some(&"")) => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    Cow::Owned(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_has_one_path_whatever_the_bundler() {
        for file in [
            "src/cart.ts",
            "./src/cart.ts",
            "../../src/cart.ts",
            "../src/shop/../cart.ts",
            "webpack://shop/./src/cart.ts",
            "webpack:///./src/cart.ts",
            "webpack:///src/cart.ts?1a2b",
            "webpack-internal:///./src/cart.ts",
            "webpack://shop/./node_modules/ts-loader/index.js!./src/cart.ts",
            "turbopack://[project]/src/cart.ts",
        ] {
            assert_eq!(original_path(file), "src/cart.ts", "{file}");
        }
        for file in ["/home/ci/src/cart.ts", "https://example.org/src/cart.ts", "cart.ts", "", "[project]/src/a.ts"] {
            assert_eq!(original_path(file), file, "{file}");
        }
    }
}
