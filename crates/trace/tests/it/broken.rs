//! Every broken input and its error message: generates the table in docs/trace-format.md from the files in `broken/`.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use dormouse_trace::{ReadOptions, RowOrder, TraceError, read_path, read_plainly};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/broken")
}

/// The error message for this file, without the folder.
fn message(path: &Path, options: &ReadOptions) -> String {
    let found = read_path(path, options);
    if path.is_file() {
        let plain = read_plainly(fs::File::open(path).unwrap(), &path.display().to_string(), options);
        assert_eq!(found.as_ref().map_err(ToString::to_string), plain.as_ref().map_err(ToString::to_string));
    }
    let error: TraceError = match found {
        Ok(read) => {
            panic!("{} reads as {} events; it should be refused", path.display(), read.trace.events())
        }
        Err(error) => error,
    };
    error.to_string().replace(&format!("{}/", folder().display()), "")
}

fn table() -> String {
    let mut files: Vec<PathBuf> = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let mut lines: Vec<String> = files
        .iter()
        .map(|path| match path.file_stem().unwrap().to_str().unwrap() {
            "out-of-order" => {
                message(path, &ReadOptions { order: RowOrder::Refuse, ..ReadOptions::default() })
            }
            "too-large" => message(path, &ReadOptions { max_bytes: 700, ..ReadOptions::default() }),
            _ => message(path, &ReadOptions::default()),
        })
        .collect();
    lines.push(message(&folder().join("no-such-file.csv"), &ReadOptions::default()));
    let mut table = String::from("| input | message |\n|---|---|\n");
    for line in lines {
        let (file, _) = line.split_once(':').unwrap();
        let name = if file == "a-directory" { "a directory" } else { file };
        writeln!(table, "| {name} | `` {} `` |", line.replace('|', "\\|")).unwrap();
    }
    table
}

#[test]
fn every_broken_input_prints_the_line_in_the_docs() {
    dormouse_proof::docs::table("trace-format.md", "broken inputs", &table());
}

#[test]
fn each_has_a_place_and_a_fix() {
    for line in table().lines().skip(2) {
        assert!(line.contains(": ") && line.contains("; "), "no place or no fix: {line}");
    }
}
