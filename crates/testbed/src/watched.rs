//! The watcher and the world of a run, as passed to both processes.

use anyhow::{Context, bail};
use clap::Args;
use dormouse_core::Design;
use dormouse_sim::{Faults, Latency, LeverKind, Setup, WhileSuspending};
use dormouse_text::timeouts::timeout_ms;

/// Arguments for the watcher and its world, shared by the testbed and its gateway.
#[derive(Args, Clone, Debug)]
pub(crate) struct Watched {
    /// The watcher's design: self-suspend, fenced, current or dormouse.
    #[arg(long, value_name = "NAME", default_value = "current", value_parser = dormouse_sim::design_named)]
    pub(crate) watcher: Design,
    /// The idle timeout, in minutes unless it has a unit, like 90s or 1.5h. Default: the watcher's own.
    #[arg(long, value_name = "TIMEOUT", value_parser = timeout_ms)]
    timeout: Option<u64>,
    /// Set one parameter: a switch, a timing or a latency, like tick_ms=10000 or freeze_lag_ms=4000.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    set: Vec<String>,
}

impl Watched {
    /// The setup of these arguments, with the clocks of a frozen process tree.
    pub(crate) fn setup(&self) -> anyhow::Result<Setup> {
        let mut setup = Setup::new(self.watcher);
        setup.world.mono_stands_still = false;
        setup.world.repoke_ms = 30_000;
        for pair in &self.set {
            let (name, value) =
                pair.split_once('=').with_context(|| format!("--set {pair}: write it like KEY=VALUE"))?;
            setup.set(name.trim(), value).with_context(|| format!("--set {pair}"))?;
        }
        let idle_timeout_ms = self.timeout.unwrap_or(setup.settings.idle_timeout_ms);
        let setup = Setup { settings: setup.settings.with_idle_timeout_ms(idle_timeout_ms), ..setup };
        check(&setup)?;
        Ok(setup)
    }

    pub(crate) fn args(&self) -> Vec<String> {
        let mut args = vec!["--watcher".to_owned(), self.watcher.to_string()];
        args.extend(self.timeout.iter().flat_map(|ms| ["--timeout".to_owned(), format!("{ms}ms")]));
        args.extend(self.set.iter().flat_map(|pair| ["--set".to_owned(), pair.clone()]));
        args
    }
}

/// Checks that the testbed can realise this world.
fn check(setup: &Setup) -> anyhow::Result<()> {
    let world = &setup.world;
    if !setup.settings.switches.own_suspend || world.platform_timer {
        bail!(
            "the testbed's platform has no timer of its own; choose a watcher that suspends by itself, like current"
        );
    }
    if world.lever != LeverKind::Direct || world.http_while_suspending != WhileSuspending::Resumes {
        bail!(
            "the testbed's lever is direct, and a request resumes what is suspending; leave lever and http_while_suspending"
        );
    }
    if world.mono_stands_still || !world.cron_wakes || !world.dedupe || world.faults != Faults::default() {
        bail!(
            "the testbed has no faults and fires cron jobs over HTTP, and its clocks go on; leave faults, cron_wakes, dedupe and mono_stands_still"
        );
    }
    fixed("dial_ms", &world.dial_ms)?;
    fixed("poke_ms", &world.poke_ms).map(|_| ())
}

/// The value of a latency that must be constant, since a real part cannot vary it.
pub(crate) fn fixed(name: &str, latency: &Latency) -> anyhow::Result<u64> {
    match latency {
        Latency::Fixed(ms) => Ok(*ms),
        _ => bail!("{name} must be one number in the testbed, like --set {name}=400"),
    }
}
