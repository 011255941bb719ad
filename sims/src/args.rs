//! Arguments that several verbs share.

use anyhow::{Context, bail};
use clap::Args;
use dormouse_core::Design;
use dormouse_sim::platform::{Platform, StandIn};
use dormouse_sim::{Horizon, Setup, design_named};
use dormouse_text::{Bare, DurationError, duration_ms, timeouts};

use crate::{output, shelf};

/// The watcher's design and the platform, parameters, horizon and seed of the simulated world.
#[derive(Args, Clone, Debug)]
pub(crate) struct WorldArgs {
    /// The watcher's design: phase0, self-suspend, fenced, current or dormouse.
    #[arg(long, value_name = "NAME", default_value = "current", value_parser = design_named)]
    watcher: Design,
    /// The platform: one that `sims platforms` lists, or a TOML file that describes one. It sets the parameters that --set changes.
    #[arg(long, value_name = "NAME|FILE", default_value = "fly")]
    platform: String,
    /// Set one parameter: a switch, a timing, a latency or a fault, like tick_ms=10000, hold_redial=false or faults.lost_ack=0.01.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// The time span to replay: common (all instances from 0 to the latest end of work), per-instance (each from its first event to its own end), or a duration like 7d.
    #[arg(long, value_name = "HORIZON", default_value = "common", value_parser = horizon)]
    pub(crate) horizon: Horizon,
    /// Seed of the random draws. The same seed gives the same output, byte for byte.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

/// The number of threads.
#[derive(Args, Clone, Debug)]
pub(crate) struct ThreadArgs {
    /// Number of threads, up to 256. The output does not depend on it. Default: one per core.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: Option<u16>,
}

impl ThreadArgs {
    /// Sets the size of the global thread pool. Must be called at most once.
    ///
    /// # Errors
    /// When the thread pool cannot be created.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        let Some(threads) = self.threads else { return Ok(()) };
        let pool = rayon::ThreadPoolBuilder::new().num_threads(usize::from(threads));
        pool.build_global().context("--threads")
    }
}

/// A duration with its unit, from 1 ms to a year.
pub(crate) fn duration(text: &str) -> Result<u64, DurationError> {
    duration_ms(text, Bare::Refused, &timeouts::WITHIN_MS)
}

fn horizon(text: &str) -> Result<Horizon, String> {
    match text {
        "common" => Ok(Horizon::Common),
        "per-instance" => Ok(Horizon::PerInstance),
        _ => duration(text)
            .map(Horizon::Until)
            .map_err(|e| format!("neither common nor per-instance, and {e}")),
    }
}

impl WorldArgs {
    /// The setup that the arguments describe.
    ///
    /// # Errors
    /// When the platform does not exist or a parameter is invalid.
    pub(crate) fn setup(&self) -> anyhow::Result<Setup> {
        let mut setup = Setup { seed: self.seed, ..Setup::new(self.watcher) };
        let platform = self.platform()?;
        for StandIn { field, parameter, value } in platform.apply(&mut setup)? {
            // An explicit --set takes precedence.
            if !self
                .set
                .iter()
                .any(|pair| pair.split('=').next().is_some_and(|name| name.trim() == parameter))
            {
                let name = &platform.name;
                output::warn(&format!(
                    "sims: {name}: {field} is unknown; simulated as {value}, which --set {parameter}=… changes"
                ));
            }
        }
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("--set {pair}: write it like KEY=VALUE");
            };
            setup.set(name.trim(), value).with_context(|| format!("--set {pair}"))?;
        }
        let named = self.set.iter().filter_map(|pair| Some(pair.split_once('=')?.0.trim()));
        setup.check(platform.world.keys().map(String::as_str).chain(named))?;
        Ok(setup)
    }

    /// The platform that the arguments name.
    ///
    /// # Errors
    /// When the platform does not exist.
    pub(crate) fn platform(&self) -> anyhow::Result<Platform> {
        shelf::find(&shelf::shelf()?, &self.platform)
    }

    pub(crate) fn watcher_name(&self) -> String {
        self.watcher.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_platform_is_the_default_world() {
        let mut setup = Setup::new(Design::Current);
        let fly = shelf::find(&shelf::shelf().unwrap(), "fly").unwrap();
        assert_eq!(fly.apply(&mut setup), Ok(Vec::new()));
        assert_eq!(setup, Setup::new(Design::Current));
    }
}
