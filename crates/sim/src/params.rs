//! The world's parameters, and how they are set by name.

use std::fmt;

use dormouse_core::{Design, Settings, Switches};
use serde::{Deserialize, Serialize};

use crate::draw::{Distributed, Latency};
use crate::faults::{Fault, Faults};
use crate::idle::PlatformIdle;

/// What suspends the machine, as the platform offers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LeverKind {
    /// A call on the machine itself.
    Direct,
    /// A call to a broker outside.
    Brokered,
    /// Nothing that the watcher could pull.
    None,
}

/// What becomes of an HTTP request to a machine whose suspend was accepted and has not landed yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhileSuspending {
    /// It is kept, resumes the machine right after the freeze, and is handled then.
    Resumes,
    /// It fails. A poke is swallowed, a call lost; a client tries again.
    Fails,
}

/// What the connector does with a message for a gateway that has no session and is not flipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutSession {
    /// It is dropped, without a poke.
    Drops,
    /// It is buffered and poked for, as if the flip had been asked for.
    Buffers,
}

/// How messages come to the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Messages {
    /// Over the gateway's own connection to a connector, which buffers and pokes while the machine sleeps.
    Relay,
    /// Over HTTP, like everything else. The platform's front keeps them while the machine sleeps, and there is no relay.
    Http,
}

/// Everything about the world that is not the watcher: machine, platform, connector, relay, faults, and the auditor's
/// bounds. The defaults are a public cloud's small machines; where each number comes from stands in `docs/model.md`.
/// Durations are whole milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// The platform's name.
    pub platform: String,
    /// What suspends the machine.
    pub lever: LeverKind,
    /// Does the platform suspend by itself as well? (Without `own_suspend` it always does.)
    pub platform_timer: bool,
    /// What the platform's own timer takes for idle.
    pub platform_idle: PlatformIdle,
    /// How often the platform's own timer looks, at a random phase.
    pub platform_check_ms: u64,
    /// How long that must have been so; 0: the idle timeout, which is then the platform's setting and not the watcher's.
    /// Nothing to [`PlatformIdle::BetweenLooks`].
    pub platform_timeout_ms: u64,
    /// How long the platform keeps the machine from the look that found it idle on. Nothing to
    /// [`PlatformIdle::BetweenLooks`].
    pub platform_retention_ms: u64,
    /// How messages come to the machine.
    pub messages: Messages,
    /// Did the operator opt in?
    pub opted_in: bool,
    /// Is there a URL that wakes the machine?
    pub wake_url: bool,
    /// Service tasks that live as long as the process, the watcher among them.
    pub permanent_tasks: u32,
    /// Messaging platforms that are known to the gateway, and disabled.
    pub placeholders: u32,
    /// A directly connected platform goes this long after its last message; 0: it stays for good.
    pub direct_leaves_ms: u64,
    /// Are cron jobs fired over HTTP from outside? Otherwise the gateway's own scheduler runs them, if it runs.
    pub cron_wakes: bool,
    /// How long the cron provider tries to get a fire taken before it gives the fire up; 0: as long as it takes.
    pub cron_budget_ms: u64,
    /// After so many fires in a row that were given up the provider never fires again; 0: it always does.
    pub cron_strikes: u64,
    /// Does the gateway run a fire that was given up when it is next up?
    pub cron_catch_up: bool,
    /// Does the monotonic clock stand still while frozen? (Yes for a machine, no for a frozen process tree.)
    pub mono_stands_still: bool,
    /// From the lever call to its answer.
    pub lever_call_ms: Latency,
    /// From the accepted suspend to the freeze.
    pub freeze_lag_ms: Latency,
    /// From the request that wakes the machine until it runs.
    pub resume_ms: Latency,
    /// The same when the snapshot was lost.
    pub cold_start_ms: Latency,
    /// From the moment the machine runs until the process that takes HTTP requests does; the platform keeps them meanwhile.
    /// The relay lives in another process, which is as far as the freeze left it.
    pub ready_ms: u64,
    /// HTTP to a machine that is suspending.
    pub http_while_suspending: WhileSuspending,
    /// `going_idle` to the connector and its ack back; the flip happens at half of it.
    pub going_idle_rtt_ms: u64,
    /// Closing the socket.
    pub close_ms: u64,
    /// From a dormant close to the re-dial.
    pub dormant_redial_ms: u64,
    /// A dial, handshake included.
    pub dial_ms: Latency,
    /// How long the token lives that a dial mints as it begins, in wall time; 0: for ever.
    pub token_ttl_ms: u64,
    /// Is the first refusal after a freeze provisional: one more dial, with a fresh token? Otherwise a refused token is read as
    /// revoked, and the relay gives up until the process begins anew.
    pub fresh_token_redial: bool,
    /// First wait before the re-dial of a connection that was lost.
    pub backoff_min_ms: u64,
    /// The longest such wait; each failure doubles it.
    pub backoff_max_ms: u64,
    /// After this long the connector drops a peer that does not answer.
    pub keepalive_ms: u64,
    /// A message for a gateway without a session and without a flip.
    pub without_session: WithoutSession,
    /// From sending a poke to its arrival at the platform.
    pub poke_ms: Latency,
    /// The connector sends no second poke within this time.
    pub poke_cooldown_ms: u64,
    /// While the buffer is not empty, poke again after this long; 0: never.
    pub repoke_ms: u64,
    /// Entries that the buffer holds; 0: any number.
    pub buffer_limit: u64,
    /// Entries older than this are not delivered; 0: any age is.
    pub buffer_ttl_ms: u64,
    /// Does the gateway remember in memory which entries it has handled?
    pub dedupe: bool,
    /// Does that memory survive when the snapshot is lost?
    pub dedupe_survives: bool,
    /// The share of messages that are buttons and slash commands, 0..=1.
    pub button_share: f64,
    /// Are their entries acked like all others? Otherwise they are sent again at every connect, and the memory of what was
    /// handled does not know them.
    pub buttons_acked: bool,
    /// From a freeze to the reconnect of the clients that were attached.
    pub client_reconnect_ms: u64,
    /// Between two heartbeats of an attached client.
    pub heartbeat_ms: u64,
    /// A heartbeat within this time of the last one is not written.
    pub heartbeat_throttle_ms: u64,
    /// How much longer a slow freeze takes.
    pub slow_freeze_ms: u64,
    /// How far the wall clock may lag after a resume.
    pub clock_lag_ms: u64,
    /// For how long it does.
    pub clock_lag_for_ms: u64,
    /// How long a work source stays unreadable after a named time.
    pub unreadable_ms: u64,
    /// Audit: a user-visible arrival that waited longer is late.
    pub late_ms: u64,
    /// Audit: an entry that lies in the buffer for longer, with no wake under way, is stranded.
    pub stranded_ms: u64,
    /// Audit: a cron fire that starts later than this is late.
    pub cron_grace_ms: u64,
    /// Audit: arrivals that are handled up to this long after the horizon are not lost.
    pub horizon_grace_ms: u64,
    /// Audit: more cycles than this in an hour are flapping.
    pub flapping_cycles: u64,
    /// Audit: a status may be wrong for this long.
    pub wrong_status_ms: u64,
    /// Audit: what an idle stretch may overstay on top of timeout, cooldown and two ticks.
    pub never_sleeps_slack_ms: u64,
    /// What goes wrong.
    pub faults: Faults,
}

impl Default for World {
    fn default() -> Self {
        Self {
            platform: "fly".into(),
            lever: LeverKind::Direct,
            platform_timer: false,
            platform_idle: PlatformIdle::BetweenLooks,
            platform_check_ms: 300_000,
            platform_timeout_ms: 0,
            platform_retention_ms: 0,
            messages: Messages::Relay,
            opted_in: true,
            wake_url: true,
            permanent_tasks: 1,
            placeholders: 0,
            direct_leaves_ms: 0,
            cron_wakes: true,
            cron_budget_ms: 0,
            cron_strikes: 0,
            cron_catch_up: false,
            mono_stands_still: true,
            lever_call_ms: Latency::Fixed(100),
            freeze_lag_ms: Latency::Empirical(vec![2250, 3830, 4060, 4190]),
            resume_ms: Latency::Drawn(Distributed::Uniform([360, 400])),
            cold_start_ms: Latency::Fixed(2000),
            ready_ms: 0,
            http_while_suspending: WhileSuspending::Resumes,
            going_idle_rtt_ms: 100,
            close_ms: 10,
            dormant_redial_ms: 1000,
            dial_ms: Latency::Fixed(420),
            token_ttl_ms: 0,
            fresh_token_redial: true,
            backoff_min_ms: 1000,
            backoff_max_ms: 30_000,
            keepalive_ms: 90_000,
            without_session: WithoutSession::Drops,
            poke_ms: Latency::Fixed(50),
            poke_cooldown_ms: 60_000,
            repoke_ms: 0,
            buffer_limit: 0,
            buffer_ttl_ms: 0,
            dedupe: true,
            dedupe_survives: false,
            button_share: 0.0,
            buttons_acked: true,
            client_reconnect_ms: 1000,
            heartbeat_ms: 15_000,
            heartbeat_throttle_ms: 5000,
            slow_freeze_ms: 60_000,
            clock_lag_ms: 5000,
            clock_lag_for_ms: 10_000,
            unreadable_ms: 60_000,
            late_ms: 5000,
            stranded_ms: 30_000,
            cron_grace_ms: 60_000,
            horizon_grace_ms: 120_000,
            flapping_cycles: 20,
            wrong_status_ms: 60_000,
            never_sleeps_slack_ms: 60_000,
            faults: Faults::default(),
        }
    }
}

/// A watcher in a world: everything a replay needs besides the trace.
#[derive(Debug, Clone, PartialEq)]
pub struct Setup {
    /// The watcher.
    pub settings: Settings,
    /// The world around it.
    pub world: World,
    /// Seed of the keyed draws.
    pub seed: u64,
}

/// A parameter cannot be set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParamError {
    /// There is no such parameter.
    #[error("unknown parameter {name:?}; did you mean {nearest:?}?")]
    Unknown {
        /// What was asked for.
        name: String,
        /// What comes nearest.
        nearest: String,
    },
    /// The value does not fit.
    #[error("parameter {name} = {value}: {problem}")]
    Value {
        /// Which parameter.
        name: String,
        /// What was given.
        value: String,
        /// What is wrong with it.
        problem: String,
    },
}

/// No duration parameter is longer than about 35,000 years, so that sums of times fit.
const LONGEST_MS: u64 = 1 << 50;

type Timing = (&'static str, fn(&mut Settings) -> &mut u64);

/// The watcher's own durations, by name.
pub(crate) const TIMINGS: &[Timing] = &[
    ("tick_ms", |s| &mut s.tick_ms),
    ("settle_ms", |s| &mut s.settle_ms),
    ("cooldown_ms", |s| &mut s.cooldown_ms),
    ("ack_timeout_ms", |s| &mut s.ack_timeout_ms),
    ("direct_lever_timeout_ms", |s| &mut s.direct_lever_timeout_ms),
    ("brokered_lever_timeout_ms", |s| &mut s.brokered_lever_timeout_ms),
    ("hold_max_ms", |s| &mut s.hold_max_ms),
    ("fence_ms", |s| &mut s.fence_ms),
    ("fence_slice_ms", |s| &mut s.fence_slice_ms),
    ("evidence_ms", |s| &mut s.evidence_ms),
    ("late_look_ms", |s| &mut s.late_look_ms),
    ("answer_ms", |s| &mut s.answer_ms),
    ("stay_ms", |s| &mut s.stay_ms),
    ("pace_ms", |s| &mut s.pace_ms),
];

impl Setup {
    /// `design` in the default world, seed 1.
    #[must_use]
    pub fn new(design: Design) -> Self {
        Self { settings: design.settings(), world: World::default(), seed: 1 }
    }

    /// Sets the parameter `name` to `value`, which is written as in TOML; a bare word is a text.
    ///
    /// Names are those of [`World`]'s fields, of [`Switches`] (`true` or `false`), of the watcher's timings (`tick_ms` …)
    /// and `faults.` followed by one of the faults.
    ///
    /// # Errors
    /// When there is no such parameter, or the value does not fit; then nothing has changed.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), ParamError> {
        let parsed = format!("v = {value}")
            .parse::<toml::Table>()
            .ok()
            .and_then(|mut table| table.remove("v"))
            .unwrap_or_else(|| toml::Value::String(value.trim().to_owned()));
        self.set_value(name, &parsed)
    }

    /// Sets every parameter of a TOML table, as [`set`](Self::set) does one.
    ///
    /// # Errors
    /// At the first parameter that does not exist or does not fit; those before it are set.
    pub fn set_all(&mut self, table: &toml::Table) -> Result<(), ParamError> {
        for (name, value) in table {
            match value.as_table().filter(|_| name == "faults") {
                Some(faults) => {
                    for (fault, value) in faults {
                        self.set_value(&format!("faults.{fault}"), value)?;
                    }
                }
                None => self.set_value(name, value)?,
            }
        }
        Ok(())
    }

    fn set_value(&mut self, name: &str, value: &toml::Value) -> Result<(), ParamError> {
        let problem =
            |problem: String| ParamError::Value { name: name.to_owned(), value: value.to_string(), problem };
        if Switches::NAMES.contains(&name) {
            let on = value.as_bool().ok_or_else(|| problem("must be true or false".into()))?;
            self.settings.switches.set(name, on);
            return Ok(());
        }
        if let Some((_, field)) = TIMINGS.iter().find(|(timing, _)| *timing == name) {
            let ms = value.as_integer().and_then(|ms| u64::try_from(ms).ok()).filter(|&ms| ms <= LONGEST_MS);
            let ms = ms.ok_or_else(|| {
                problem(format!("must be a whole number of milliseconds, 0 to {LONGEST_MS}"))
            })?;
            if ms == 0 && matches!(name, "tick_ms" | "fence_slice_ms" | "evidence_ms" | "late_look_ms") {
                return Err(problem("must be above zero, or time would not pass".into()));
            }
            *field(&mut self.settings) = ms;
            return Ok(());
        }
        let mut table = self.world.to_table();
        if let Some(fault) = name.strip_prefix("faults.").filter(|fault| Fault::NAMES.contains(fault)) {
            let faults = table.entry("faults").or_insert_with(|| toml::Value::Table(toml::Table::new()));
            faults.as_table_mut().into_iter().for_each(|faults| {
                faults.insert(fault.to_owned(), value.clone());
            });
        } else if name != "faults" && table.contains_key(name) {
            table.insert(name.to_owned(), value.clone());
        } else {
            return Err(unknown(name, &table));
        }
        // serde's message ends in its own position, which means nothing here: its first line is the reason.
        let world: World = table.try_into().map_err(|e: toml::de::Error| {
            let reason =
                if e.message().contains("untagged") { "must be a number, a list, or { uniform = … }, { lognormal = … } or { exponential = … }; for a fault a probability or a list of times" } else { e.message() };
            problem(reason.lines().next().unwrap_or_default().to_owned())
        })?;
        if let Some(reason) = world.problem_with(name) {
            return Err(problem(reason));
        }
        self.world = world;
        Ok(())
    }
}

fn unknown(name: &str, table: &toml::Table) -> ParamError {
    let timings = TIMINGS.iter().map(|(timing, _)| (*timing).to_owned());
    let switches = Switches::NAMES.iter().map(|&switch| switch.to_owned());
    let faults = Fault::NAMES.iter().map(|fault| format!("faults.{fault}"));
    let world = table.keys().filter(|key| *key != "faults").cloned();
    let names = timings.chain(switches).chain(faults).chain(world);
    let nearest =
        names.max_by(|a, b| strsim::jaro_winkler(a, name).total_cmp(&strsim::jaro_winkler(b, name)));
    ParamError::Unknown { name: name.to_owned(), nearest: nearest.unwrap_or_default() }
}

impl World {
    /// All parameters by name.
    pub(crate) fn to_table(&self) -> toml::Table {
        toml::Table::try_from(self).unwrap_or_default()
    }

    fn problem_with(&self, name: &str) -> Option<String> {
        let latencies = [
            ("lever_call_ms", &self.lever_call_ms),
            ("freeze_lag_ms", &self.freeze_lag_ms),
            ("resume_ms", &self.resume_ms),
            ("cold_start_ms", &self.cold_start_ms),
            ("dial_ms", &self.dial_ms),
            ("poke_ms", &self.poke_ms),
        ];
        if let Some(problem) =
            latencies.iter().find(|(latency, _)| *latency == name).and_then(|(_, l)| l.problem())
        {
            return Some(problem.to_owned());
        }
        if let Some((fault, problem)) = self.faults.problem().filter(|(fault, _)| name.ends_with(fault)) {
            return Some(format!("{fault} {problem}"));
        }
        if name == "button_share" && !(0.0..=1.0).contains(&self.button_share) {
            return Some("is a share, which lies between 0 and 1".to_owned());
        }
        let nonzero = [
            ("platform_check_ms", self.platform_check_ms),
            ("heartbeat_ms", self.heartbeat_ms),
            ("client_reconnect_ms", self.client_reconnect_ms),
            ("backoff_min_ms", self.backoff_min_ms),
            ("backoff_max_ms", self.backoff_max_ms),
            ("flapping_cycles", self.flapping_cycles),
        ];
        if nonzero.contains(&(name, 0)) {
            return Some("must be above zero".to_owned());
        }
        let table = self.to_table();
        let long = table.get(name).and_then(toml::Value::as_integer).is_some_and(|ms| ms as u64 > LONGEST_MS);
        long.then(|| format!("is longer than {LONGEST_MS} ms"))
    }
}

impl fmt::Display for World {
    /// All parameters as TOML, as a file for another run would have them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&toml::to_string(self).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fly() -> Setup {
        Setup::new(Design::Current)
    }

    #[test]
    fn every_kind_of_parameter_is_set_by_name() {
        let mut s = fly();
        s.set("tick_ms", "10000").unwrap();
        s.set("hold_redial", "false").unwrap();
        s.set("lever", "brokered").unwrap();
        s.set("resume_ms", "{ lognormal = { median_ms = 400, sigma = 0.3 } }").unwrap();
        s.set("freeze_lag_ms", "[1, 2]").unwrap();
        s.set("poke_ms", "70").unwrap();
        s.set("faults.lost_ack", "0.25").unwrap();
        s.set("faults.poke_lost", "[60000]").unwrap();
        assert_eq!((s.settings.tick_ms, s.settings.switches.hold_redial), (10_000, false));
        assert_eq!(
            (s.world.lever, s.world.freeze_lag_ms.clone()),
            (LeverKind::Brokered, Latency::Empirical(vec![1, 2]))
        );
        assert_eq!(s.world.faults.lost_ack, crate::faults::When::Probability(0.25));
        assert_eq!(s.world.faults.poke_lost, crate::faults::When::At(vec![60_000]));
    }

    #[test]
    fn every_parameter_of_the_world_goes_out_and_comes_back() {
        let mut s = fly();
        let world = World { platform: "other".into(), buffer_limit: 3, ..World::default() };
        s.set_all(&world.to_string().parse().unwrap()).unwrap();
        assert_eq!(s.world, world);
    }

    #[test]
    fn what_does_not_fit_is_refused_with_its_reason_and_changes_nothing() {
        for (name, value, reason) in [
            ("tikc_ms", "1", "unknown parameter \"tikc_ms\"; did you mean \"tick_ms\"?"),
            (
                "faults.lost_akc",
                "1",
                "unknown parameter \"faults.lost_akc\"; did you mean \"faults.lost_ack\"?",
            ),
            ("tick_ms", "0", "parameter tick_ms = 0: must be above zero, or time would not pass"),
            (
                "tick_ms",
                "-1",
                "parameter tick_ms = -1: must be a whole number of milliseconds, 0 to 1125899906842624",
            ),
            ("hold_redial", "maybe", "parameter hold_redial = \"maybe\": must be true or false"),
            (
                "faults.lost_ack",
                "1.5",
                "parameter faults.lost_ack = 1.5: lost_ack is a probability, which lies between 0 and 1",
            ),
            (
                "faults.lost_ack",
                "[2, 1]",
                "parameter faults.lost_ack = [2, 1]: lost_ack lists times that do not ascend",
            ),
            ("resume_ms", "[]", "parameter resume_ms = []: is an empty list"),
            (
                "resume_ms",
                "soon",
                "parameter resume_ms = \"soon\": must be a number, a list, or { uniform = … }, { lognormal = … } or { exponential = … }; for a fault a probability or a list of times",
            ),
            (
                "resume_ms",
                "{ uniform = [5, 1] }",
                "parameter resume_ms = { uniform = [5, 1] }: has its ends the wrong way round",
            ),
            ("heartbeat_ms", "0", "parameter heartbeat_ms = 0: must be above zero"),
        ] {
            let mut s = fly();
            assert_eq!(s.set(name, value).unwrap_err().to_string(), reason);
            assert_eq!(s, fly());
        }
    }
}
