//! Examples in the docs must work.

use std::fs;
use std::path::{Path, PathBuf};

use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{ReadOptions, read};

fn page(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name)
}

/// The fenced code blocks of a language.
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
