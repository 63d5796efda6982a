//! The one door for people and CI. For now: `build`.

mod web;

fn main() -> anyhow::Result<()> {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    web::build(&root).map(drop)
}
