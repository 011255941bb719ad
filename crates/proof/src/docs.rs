//! Generated files and tables in `docs/`: tests compare them, or write them if `BLESS` is set.

use std::fs;
use std::path::Path;

/// Compares a file (path relative to the workspace's root) with its expected content.
///
/// # Panics
/// If the content differs or cannot be read. If the environment variable `BLESS` is set, the file is written instead.
#[track_caller]
pub fn file(name: &str, made: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(name);
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, made).unwrap_or_else(|error| panic!("{name}: {error}"));
        return;
    }
    let found = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert!(found == made, "{name} is out of date; to rewrite it, run this test with BLESS=1\n\n{made}");
}

/// Compares the text between the markers of `table` on a page of `docs/` with the expected text.
///
/// # Panics
/// The same as [`file()`], or if the page has no such markers.
#[track_caller]
pub fn table(page: &str, table: &str, made: &str) {
    let (begin, end) = (format!("<!-- {table}: begin -->\n"), format!("<!-- {table}: end -->\n"));
    let name = format!("docs/{page}");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(&name);
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{name}: {error}"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{name} has no `{begin}`"));
    let (_, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{name} has no `{end}`"));
    file(&name, &format!("{before}{begin}{made}{end}{after}"));
}
