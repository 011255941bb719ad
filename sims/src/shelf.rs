//! The platforms that are embedded in the command.

use std::path::Path;

use anyhow::anyhow;
use dormouse_sim::platform::{Platform, PlatformError, Shelf};

/// The embedded files. Each has to be listed by name.
macro_rules! files {
    ($($name:literal)+) => {
        &[$((concat!($name, ".toml"), include_str!(concat!("../platforms/", $name, ".toml")))),+]
    };
}

const FILES: &[(&str, &str)] = files! {
    "fly" "fly-proxy" "azure-container-apps" "knative" "keda" "openfaas" "neon" "aurora" "azure-sql" "cloud-run" "cloudflare"
    "modal" "daytona" "e2b" "koyeb" "render" "heroku" "railway" "snowflake" "codespaces" "systemd"
};

/// All embedded platforms.
///
/// # Errors
/// When one of the files is invalid, which a test rules out.
pub(crate) fn shelf() -> anyhow::Result<Shelf> {
    Ok(Shelf::new(FILES.iter().copied())?)
}

/// The embedded platform of this name, or the one described by this `.toml` file.
///
/// # Errors
/// When neither exists, or the file does not describe a platform.
pub(crate) fn find(shelf: &Shelf, name: &str) -> anyhow::Result<Platform> {
    let path = Path::new(name);
    if path.extension().is_some_and(|end| end == "toml") {
        return Ok(shelf.load(path)?);
    }
    shelf.get(name).cloned().map_err(|error| match error {
        PlatformError::Unknown { name, advice } => {
            anyhow!("no platform is called {name:?}, and it is no .toml file; {advice}")
        }
        other => other.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_is_a_platform_of_its_own_name() {
        let names: Vec<String> = shelf().unwrap().all().iter().map(|p| format!("{}.toml", p.name)).collect();
        assert_eq!(names, FILES.iter().map(|(file, _)| *file).collect::<Vec<_>>());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("platforms");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), FILES.len(), "a file is not embedded");
    }
}
