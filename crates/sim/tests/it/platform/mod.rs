//! Platform files: how they are read, what is refused, and which settings and prices follow from them.

mod files;
mod prices;
mod reading;

use dormouse_sim::platform::{Platform, Shelf};

/// The platform files that are part of the command.
fn files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../sims/platforms");
    let mut files: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("the folder of platforms")
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a readable file"))
        })
        .collect();
    files.sort();
    files
}

/// All platforms that are part of the command.
fn shelf() -> Shelf {
    let files = files();
    Shelf::new(files.iter().map(|(name, text)| (name.as_str(), text.as_str())))
        .expect("every file is a platform")
}

/// A platform that is based on `base` and overrides it with these lines.
fn based_on(base: &str, lines: &str) -> Platform {
    let text = format!("base = \"{base}\"\nname = \"mine\"\n{lines}");
    shelf().read(&text, "mine.toml").unwrap_or_else(|e| panic!("{e}"))
}

/// A field with this value.
fn is(value: &str) -> String {
    format!("{{ value = {value}, source = \"a bill\", date = \"2026-11-24\", confidence = \"measured\" }}")
}

/// An unknown field.
const UNKNOWN: &str = "{ unknown = true, source = \"asked\", date = \"2026-11\" }";
