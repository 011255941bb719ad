//! Checks a revision out into a folder of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use dormouse_benches::workspace;

/// A revision checked out below `target/`; removed when this is dropped.
pub(crate) struct CheckedOut {
    folder: PathBuf,
    name: String,
}

impl CheckedOut {
    /// Checks `revision` out.
    ///
    /// # Errors
    /// When git is missing, the revision does not exist, or the folder cannot be written to.
    pub(crate) fn of(revision: &str) -> anyhow::Result<Self> {
        let commit =
            git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{revision}^{{commit}}")])
                .with_context(|| format!("git knows no revision {revision}: look at `git log --oneline`"))?;
        let short = git(&["rev-parse", "--short", &commit])?;
        let name = if commit.starts_with(revision) { short } else { format!("{revision} ({short})") };
        let folder = workspace().join("target/compare/that");
        // Remove a checkout that an earlier run could not remove.
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("removing {}", folder.display()))?;
        }
        git(&["worktree", "prune"])?;
        let path = folder.to_string_lossy();
        git(&["worktree", "add", "--quiet", "--detach", &path, &commit])?;
        Ok(Self { folder, name })
    }

    /// The folder of the checkout.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The name of the revision, with its commit.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for CheckedOut {
    fn drop(&mut self) {
        // If this fails, the next run removes the folder.
        let _ = git(&["worktree", "remove", "--force", &self.folder.to_string_lossy()]);
    }
}

/// Runs git and returns its output without the final newline.
fn git(arguments: &[&str]) -> anyhow::Result<String> {
    let output =
        Command::new("git").arg("-C").arg(workspace()).args(arguments).output().context("running git")?;
    if !output.status.success() {
        bail!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_revision_is_an_error() {
        for wrong in ["no-such-branch", "--help", "", "HEAD:README.md"] {
            let error = CheckedOut::of(wrong).err().map(|error| error.to_string());
            let expected = format!("git knows no revision {wrong}: look at `git log --oneline`");
            assert_eq!(error, Some(expected));
        }
    }
}
