//! Arguments that several verbs share.

use std::path::Path;

use anyhow::{Context, bail};
use clap::Args;
use dormouse_core::Design;
use dormouse_sim::{Horizon, Setup};
use dormouse_sweep::timeouts::duration_ms;

/// The platforms that come with the command: name, parameters.
const PLATFORMS: &[(&str, &str)] = &[("fly", include_str!("../platforms/fly.toml"))];

/// The watcher and the world around it.
#[derive(Args, Clone, Debug)]
pub(crate) struct WorldArgs {
    /// The watcher's design: phase0, self-suspend, fenced, current or dormouse.
    #[arg(long, value_name = "NAME", default_value = "current")]
    watcher: Design,
    /// The platform: fly, or a TOML file of parameters. Its values are the defaults that --set changes.
    #[arg(long, value_name = "NAME|FILE", default_value = "fly")]
    platform: String,
    /// Set one parameter: a switch, a timing, a latency or a fault, like tick_ms=10000, hold_redial=false or faults.lost_ack=0.01.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Which time is replayed: common (all instances from 0 to the latest end of work), per-instance (each from its first event to its own end), or a duration like 7d.
    #[arg(long, value_name = "HORIZON", default_value = "common", value_parser = horizon)]
    pub(crate) horizon: Horizon,
    /// Seed of the random draws: same seed, same bytes.
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
}

fn horizon(text: &str) -> Result<Horizon, String> {
    match text {
        "common" => Ok(Horizon::Common),
        "per-instance" => Ok(Horizon::PerInstance),
        _ => duration_ms(text)
            .map(Horizon::Until)
            .map_err(|e| format!("neither common nor per-instance, and {e}")),
    }
}

impl WorldArgs {
    /// The setup that the arguments describe.
    ///
    /// # Errors
    /// When the platform does not exist or a parameter does not fit.
    pub(crate) fn setup(&self) -> anyhow::Result<Setup> {
        let mut setup = Setup { seed: self.seed, ..Setup::new(self.watcher) };
        let text = match PLATFORMS.iter().find(|(name, _)| *name == self.platform) {
            Some((_, text)) => (*text).to_owned(),
            None if Path::new(&self.platform).extension().is_some_and(|end| end == "toml") => {
                std::fs::read_to_string(&self.platform)
                    .with_context(|| format!("platform {}", self.platform))?
            }
            None => bail!("platform {:?}: there is only fly; or give a .toml file", self.platform),
        };
        let table: toml::Table = text.parse().map_err(|e: toml::de::Error| {
            let line = e.span().map_or(1, |span| 1 + text[..span.start].matches('\n').count());
            anyhow::anyhow!("{}:{line}: {}", self.platform, e.message())
        })?;
        setup.set_all(&table).with_context(|| self.platform.clone())?;
        for pair in &self.set {
            let Some((name, value)) = pair.split_once('=') else {
                bail!("--set {pair}: write it like KEY=VALUE");
            };
            setup.set(name.trim(), value).with_context(|| format!("--set {pair}"))?;
        }
        Ok(setup)
    }

    pub(crate) fn watcher_name(&self) -> String {
        self.watcher.to_string()
    }
}

#[cfg(test)]
mod tests {
    use dormouse_sim::World;

    use super::*;

    #[test]
    fn the_platform_that_comes_with_the_command_is_the_default_world() {
        let mut setup = Setup::new(Design::Current);
        let (_, text) = PLATFORMS[0];
        let table: toml::Table = text.parse().unwrap();
        setup.set_all(&table).unwrap();
        assert_eq!(setup, Setup::new(Design::Current));
        // Every parameter is in the file, so that nobody has to look elsewhere for what there is.
        let world: toml::Table = World::default().to_string().parse().unwrap();
        let missing: Vec<&String> =
            world.keys().filter(|key| !table.contains_key(*key) && *key != "faults").collect();
        assert!(missing.is_empty(), "{missing:?}");
    }
}
