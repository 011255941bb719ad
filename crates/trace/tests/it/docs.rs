//! Tables in the docs that are made here, between markers, and examples there that must work.

use std::fs;
use std::path::{Path, PathBuf};

use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{ReadOptions, read};

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// Compares what stands between the markers with what should, or writes it if `BLESS` is set.
#[track_caller]
pub(crate) fn compare(name: &str, table: &str, made: &str) {
    let (begin, end) = (format!("<!-- {table}: begin -->\n"), format!("<!-- {table}: end -->\n"));
    let text = fs::read_to_string(page(name)).unwrap();
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("docs/{name} has no `{begin}`"));
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("docs/{name} has no `{end}`"));
    if std::env::var_os("BLESS").is_some() {
        fs::write(page(name), format!("{before}{begin}{made}{end}{after}")).unwrap();
        return;
    }
    assert!(
        found == made,
        "docs/{name} is out of date; to rewrite it: BLESS=1 cargo test -p dormouse-trace --test it\n\n{made}"
    );
}

/// The fenced blocks of a language.
fn blocks(name: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(page(name)).unwrap();
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn examples_in_the_docs_work() {
    let specs = blocks("generators.md", "toml");
    assert_eq!(specs.len(), 2);
    for spec in specs {
        let spec =
            Spec::from_toml(&spec, "docs/generators.md", &[]).unwrap_or_else(|error| panic!("{error}"));
        assert!(generate(&spec, 1).unwrap().events() > 0);
    }
    let traces = blocks("trace-format.md", "csv");
    assert_eq!(traces.len(), 2);
    for trace in traces {
        let read = read(trace.as_bytes(), "docs/trace-format.md", &ReadOptions::default());
        assert_eq!(read.unwrap_or_else(|error| panic!("{error}")).notes, []);
    }
}
