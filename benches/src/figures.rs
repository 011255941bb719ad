//! Stored instruction counts, and the verdict on new ones.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use anyhow::{Context, bail};
use serde::{Deserialize, Serialize};

use crate::whole;

/// How far above the stored figure a count may be, in per cent. Counts repeat to within 0.1 %; the rest allows
/// for optimiser decisions that change with other code in the same crate.
pub const TOLERANCE_PERCENT: f64 = 3.0;

/// The instructions of each benchmark, and the compiler they were built with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    /// `rustc --version` of the build: another compiler generates different instructions.
    pub rustc: String,
    /// Instructions by benchmark.
    pub instructions: BTreeMap<String, u64>,
}

/// The verdict on a count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GateVerdict {
    /// Within the tolerance, or below: the ratio to the stored figure.
    Holds(f64),
    /// More than [`TOLERANCE_PERCENT`] below: the ratio. Passes; update the figure so that the gain is kept.
    Faster(f64),
    /// More than [`TOLERANCE_PERCENT`] above: the ratio. Fails.
    Slower(f64),
    /// No figure is stored for it. Fails, since a regression would go unnoticed.
    New,
    /// A figure is stored, but the benchmark is no longer counted. Fails for the same reason.
    Gone,
}

impl GateVerdict {
    /// Does it pass the gate?
    #[must_use]
    pub fn passes(self) -> bool {
        matches!(self, Self::Holds(_) | Self::Faster(_))
    }
}

impl fmt::Display for GateVerdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Holds(ratio) => write!(f, "{ratio:.4}  holds"),
            Self::Faster(ratio) => write!(f, "{ratio:.4}  faster"),
            Self::Slower(ratio) => write!(f, "{ratio:.4}  SLOWER"),
            Self::New => f.write_str("     -  NEW"),
            Self::Gone => f.write_str("     -  GONE"),
        }
    }
}

impl Figures {
    /// The verdict on a count of one benchmark, against these figures.
    #[must_use]
    pub fn judge(&self, benchmark: &str, count: u64) -> GateVerdict {
        let Some(&kept) = self.instructions.get(benchmark) else { return GateVerdict::New };
        let ratio = count as f64 / kept as f64;
        if ratio > 1.0 + TOLERANCE_PERCENT / 100.0 {
            GateVerdict::Slower(ratio)
        } else if ratio < 1.0 - TOLERANCE_PERCENT / 100.0 {
            GateVerdict::Faster(ratio)
        } else {
            GateVerdict::Holds(ratio)
        }
    }

    /// The verdict on each benchmark of either side, ordered by name.
    #[must_use]
    pub fn judge_all<'a>(&'a self, counted: &'a Figures) -> Vec<(&'a str, GateVerdict)> {
        let counts = &counted.instructions;
        let mut all: Vec<_> =
            counts.iter().map(|(name, &count)| (name.as_str(), self.judge(name, count))).collect();
        let gone = self.instructions.keys().filter(|&name| !counts.contains_key(name));
        all.extend(gone.map(|name| (name.as_str(), GateVerdict::Gone)));
        all.sort_by_key(|&(name, _)| name);
        all
    }

    /// Reads stored figures.
    ///
    /// # Errors
    /// When the file cannot be read, is malformed, or contains a figure of zero, which cannot be compared with.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let mend = "run the command with --update to write it again";
        let text = std::fs::read_to_string(path).with_context(|| format!("{}: {mend}", path.display()))?;
        let figures: Self = toml::from_str(&text).with_context(|| format!("{}: {mend}", path.display()))?;
        if let Some((name, _)) = figures.instructions.iter().find(|&(_, &kept)| kept == 0) {
            bail!("{}: {name} has 0 instructions: {mend}", path.display());
        }
        Ok(figures)
    }

    /// Writes the figures to a file, atomically.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &Path) -> anyhow::Result<()> {
        let text = format!(
            "# Instructions of the hot path, as the gate keeps them (docs/performance.md, \"Baselines\").\n\
             # Written by: cargo run --release -p dormouse-benches --no-default-features --bin instructions -- --update\n{}",
            toml::to_string(self)?
        );
        whole::write(path, text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(of: &[(&str, u64)]) -> Figures {
        let instructions = of.iter().map(|&(name, count)| (name.to_owned(), count)).collect();
        Figures { rustc: "rustc 1.95.0".into(), instructions }
    }

    #[test]
    fn three_per_cent_above_holds_and_one_instruction_more_does_not() {
        let kept = figures(&[("replay", 100_000)]);
        assert_eq!(kept.judge("replay", 103_000), GateVerdict::Holds(1.03));
        assert!(!kept.judge("replay", 103_001).passes());
        assert_eq!(kept.judge("replay", 97_000), GateVerdict::Holds(0.97));
        assert_eq!(kept.judge("replay", 96_999), GateVerdict::Faster(0.96999));
        assert!(kept.judge("replay", 1).passes());
    }

    #[test]
    fn what_is_new_and_what_is_gone_fails() {
        let (kept, counted) = (figures(&[("a", 5), ("b", 5)]), figures(&[("b", 5), ("c", 5)]));
        let verdicts = kept.judge_all(&counted);
        assert_eq!(
            verdicts,
            [("a", GateVerdict::Gone), ("b", GateVerdict::Holds(1.0)), ("c", GateVerdict::New)]
        );
        assert!(!GateVerdict::Gone.passes() && !GateVerdict::New.passes());
    }

    #[test]
    fn figures_are_read_as_they_were_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("instructions.toml");
        let kept = figures(&[("a \"quoted\" name", 7), ("b", u64::from(u32::MAX) + 1)]);
        kept.write(&path).unwrap();
        assert_eq!(Figures::read(&path).unwrap(), kept);

        figures(&[("a", 0)]).write(&path).unwrap();
        let error = Figures::read(&path).unwrap_err().to_string();
        assert!(error.contains("a has 0 instructions: run the command with --update"), "{error}");
    }
}
