//! Random traffic, worlds and watchers for property tests.
//!
//! The property tests of all crates draw their cases here, so a new parameter, fault or kind of event is added
//! to all of them at once.

use std::cell::Cell;

use dormouse_core::{Design, Switches};
use dormouse_sim::{Fault, Horizon, PlatformIdle, Setup, Span};
use dormouse_trace::{Event, Events, Instance, Kind, Meta, Trace};
use proptest::prelude::*;

/// Number of cases of a property test; `PROPTEST_CASES` can raise it.
#[must_use]
pub fn config(cases: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(cases),
        max_global_rejects: 1 << 24,
        max_local_rejects: 1 << 24,
        ..ProptestConfig::default()
    }
}

/// Counts how often the condition of a law holds. A law that says "if this, then that" passes too when "this" never holds, so it
/// counts its cases and demands a share of them at the end.
///
/// Count each case once: the bound assumes that what is counted is independent.
#[derive(Debug, Default)]
pub struct HowOften {
    cases: Cell<u64>,
    held: Cell<u64>,
}

impl HowOften {
    /// One run in 10^12 may fail by chance. This is its natural logarithm, negated.
    const SURE: f64 = 27.63;

    /// Counts one case, and returns `holds`.
    pub fn count(&self, holds: bool) -> bool {
        self.cases.set(self.cases.get() + 1);
        self.held.set(self.held.get() + u64::from(holds));
        holds
    }

    /// Demands that the condition holds in at least this many per cent of all cases that could be drawn. It fails if it held so
    /// seldom that this would happen by chance in less than one run of 10^12 (Chernoff's bound): of 300 cases, in at most 1
    /// for 11 %, 25 for 25 %, 72 for 45 %. So demand somewhat less than was measured.
    ///
    /// # Panics
    /// If it held too seldom, or if it could not have: with so few cases, even none would be no proof. The latter is permitted
    /// when `PROPTEST_CASES` asked for few.
    #[track_caller]
    pub fn at_least(&self, percent: u32) {
        let (cases, held) = (self.cases.get() as f64, self.held.get() as f64);
        let demanded = f64::from(percent) / 100.0;
        assert!(
            std::env::var_os("PROPTEST_CASES").is_some() || improbability(cases, 0.0, demanded) >= Self::SURE,
            "of {cases} cases, none may be one of the {percent} % by chance; try more cases"
        );
        assert!(
            improbability(cases, held, demanded) < Self::SURE,
            "the law was put to the test in {held} of {cases} cases, which is less than {percent} %"
        );
    }
}

/// How improbable it is that at most `held` of `cases` independent draws hold if each does with probability `share`: at least
/// this many natural orders of magnitude (Chernoff's bound in Hoeffding's form).
fn improbability(cases: f64, held: f64, share: f64) -> f64 {
    let part = |found: f64, of: f64| if found > 0.0 { found * (found / of).ln() } else { 0.0 };
    let found = held / cases;
    if found < share { cases * (part(found, share) + part(1.0 - found, 1.0 - share)) } else { 0.0 }
}

/// A pause before an arrival: from nothing to ten minutes, half of them close to the moments that matter.
fn some_pause() -> impl Strategy<Value = u64> {
    prop_oneof![
        3 => 0..600_000_u64,
        2 => 0..2_000_u64,
        2 => (0..8_u64, 0..700_u64).prop_map(|(ticks, off)| ticks * 30_000 + off),
        1 => Just(0),
    ]
}

/// Up to 40 events with gaps of zero to ten minutes, half of them close to the moments that matter.
pub fn some_events() -> impl Strategy<Value = Events> {
    let kind = prop_oneof![
        6 => Just(Kind::Inbound),
        1 => Just(Kind::Cron),
        1 => Just(Kind::Api),
        2 => Just(Kind::Background),
        1 => Just(Kind::Client),
        1 => Just(Kind::Probe),
        1 => Just(Kind::Internal),
    ];
    let work = prop_oneof![2 => Just(0), 2 => 0..10_000_u64, 3 => 0..400_000_u64];
    let direct = prop_oneof![9 => Just(false), 1 => Just(true)];
    (proptest::collection::vec((some_pause(), kind, work), 0..40), direct).prop_map(|(events, direct)| {
        let mut at_ms = 0;
        let last = events.len();
        let at = |(i, (gap, kind, work_ms)): (usize, (u64, Kind, u64))| {
            at_ms += gap;
            // One trace in ten has a direct channel that connects half-way.
            Event { at_ms, kind: if direct && i > last / 2 { Kind::Direct } else { kind }, work_ms }
        };
        events.into_iter().enumerate().map(at).collect()
    })
}

/// A run of arrivals: the gap before it, the longest gap within it, and its arrivals (how far into that gap, kind, work).
type Burst = (u64, u64, Vec<(u64, Kind, u64)>);

/// Bursts: pauses of zero to ten minutes, half of them close to the moments that matter, between runs of up to
/// thirty arrivals that are simultaneous or up to a minute apart. Most bursts are of one kind. Some of those
/// have a few hundred arrivals, to test engines that skip whole blocks of arrivals.
fn some_burst() -> impl Strategy<Value = Burst> {
    let within = prop_oneof![Just(1), Just(700), Just(10_000), Just(60_000)];
    let kind = || {
        prop_oneof![
            6 => Just(Kind::Inbound),
            1 => Just(Kind::Cron),
            2 => Just(Kind::Api),
            2 => Just(Kind::Background),
            1 => Just(Kind::Probe),
            1 => Just(Kind::Internal),
        ]
    };
    let work = || prop_oneof![4 => Just(0), 4 => 0..3_000_u64, 1 => 0..400_000_u64];
    let arrivals = |number| proptest::collection::vec((any::<u64>(), work()), number);
    let uniform =
        (kind(), prop_oneof![4 => arrivals(1..30), 1 => arrivals(100..300)]).prop_map(|(kind, arrivals)| {
            arrivals.into_iter().map(|(gap, work)| (gap, kind, work)).collect::<Vec<_>>()
        });
    let mixed = proptest::collection::vec((any::<u64>(), kind(), work()), 1..30);
    (some_pause(), within, prop_oneof![1 => uniform, 1 => mixed])
}

/// A few bursts; one trace in three has a client between them, one in ten a direct channel that connects half-way.
pub fn some_bursts() -> impl Strategy<Value = Events> {
    let client = prop_oneof![2 => Just(None), 1 => (0..600_000_u64, 0..400_000_u64).prop_map(Some)];
    let direct = prop_oneof![9 => Just(false), 1 => Just(true)];
    (proptest::collection::vec(some_burst(), 0..8), client, direct).prop_map(|(bursts, client, direct)| {
        let mut at_ms = 0;
        let mut events: Vec<Event> = Vec::new();
        for (pause, within, arrivals) in bursts {
            at_ms += pause;
            for (gap, kind, work_ms) in arrivals {
                at_ms += gap % within;
                events.push(Event { at_ms, kind, work_ms });
            }
        }
        if direct {
            let half = events.len() / 2;
            events.iter_mut().skip(half).take(2).for_each(|event| event.kind = Kind::Direct);
        }
        events.extend(client.map(|(at_ms, work_ms)| Event { at_ms, kind: Kind::Client, work_ms }));
        events.into_iter().collect()
    })
}

/// Up to three instances.
pub fn some_trace() -> impl Strategy<Value = Trace> {
    proptest::collection::vec(some_bursts(), 1..=3).prop_map(|all| Trace {
        instances: all
            .into_iter()
            .zip(["a", "b", "c"])
            .map(|(events, name)| Instance::new(name, events))
            .collect(),
        meta: Meta::default(),
    })
}

/// All spans, and some that end early.
pub fn some_horizon() -> impl Strategy<Value = Horizon> {
    prop_oneof![
        Just(Horizon::Common),
        Just(Horizon::PerInstance),
        (0..3_000_000_u64).prop_map(Horizon::Until)
    ]
}

/// An idle timeout in ms, from 1 ms to seven minutes.
pub fn some_timeout() -> impl Strategy<Value = u64> {
    prop_oneof![1..20_000_u64, 1..400_000_u64, Just(60_000), Just(120_000)]
}

/// One to five timeouts in any order.
pub fn some_timeouts() -> impl Strategy<Value = Vec<u64>> {
    proptest::collection::vec(some_timeout(), 1..=5)
}

fn some_faults() -> impl Strategy<Value = Vec<(String, String)>> {
    let value = prop_oneof![Just("0.3".to_owned()), (0..3_000_000_u64).prop_map(|at| format!("[{at}]"))];
    let one = (proptest::sample::select(Fault::ALL), value)
        .prop_map(|(fault, value)| (format!("faults.{}", fault.name()), value));
    prop_oneof![2 => Just(Vec::new()), 1 => proptest::collection::vec(one, 1..4)]
}

fn some_parameters() -> impl Strategy<Value = Vec<(String, String)>> {
    let set = |name: &'static str, values: &'static [&'static str]| {
        proptest::sample::select(values).prop_map(move |value| (name.to_owned(), value.to_owned()))
    };
    let one = prop_oneof![
        set("lever", &["direct", "brokered", "none"]),
        set("platform_timer", &["true"]),
        set("platform_check_ms", &["700", "2000", "70000"]),
        set("platform_timeout_ms", &["1", "50000"]),
        set("platform_retention_ms", &["1", "30000"]),
        set("messages", &["http"]),
        set("opted_in", &["false"]),
        set("mono_stands_still", &["false"]),
        set("http_while_suspending", &["fails"]),
        set("cron_wakes", &["false"]),
        set("wake_url", &["false"]),
        set("repoke_ms", &["20000"]),
        set("poke_cooldown_ms", &["0"]),
        set("buffer_limit", &["2"]),
        set("buffer_ttl_ms", &["800"]),
        set("dedupe", &["false"]),
        set("tick_ms", &["7000", "100", "1"]),
        set("heartbeat_throttle_ms", &["20000"]),
        set("cooldown_ms", &["0", "500000"]),
        set("answer_ms", &["0", "90000", "500000"]),
        set("stay_ms", &["0", "200000"]),
        set("pace_ms", &["1000", "900000"]),
        set("evidence_ms", &["1", "10000"]),
        set("late_look_ms", &["1000"]),
        set("hold_max_ms", &["20000"]),
        set("never_sleeps_slack_ms", &["0", "3000"]),
        set("late_ms", &["0"]),
        set("flapping_cycles", &["1"]),
        set("freeze_lag_ms", &["0", "20000", "{ exponential = { mean_ms = 3000 } }"]),
        set("resume_ms", &["0", "20000", "{ lognormal = { median_ms = 400, sigma = 0.5 } }"]),
        set("dial_ms", &["0", "5000"]),
        set("placeholders", &["20"]),
        set("direct_leaves_ms", &["1", "100000"]),
        set("ready_ms", &["700", "40000"]),
        set("cron_budget_ms", &["300", "2000"]),
        set("cron_strikes", &["1", "3"]),
        set("cron_catch_up", &["true"]),
        set("without_session", &["buffers"]),
        set("token_ttl_ms", &["300", "60000"]),
        set("fresh_token_redial", &["false"]),
        set("dedupe_survives", &["true"]),
        set("button_share", &["0.5"]),
        set("buttons_acked", &["false"]),
    ];
    proptest::collection::vec(one, 0..3)
}

/// In one case of four the platform's own timer is also on, or is the only one, and counts in one of its ways.
fn some_platform_timer() -> impl Strategy<Value = Vec<(String, String)>> {
    let idle = proptest::sample::select(PlatformIdle::ALL.to_vec());
    let check = proptest::sample::select(vec!["700", "2000", "30000", "300000"]);
    let retention = prop_oneof![2 => Just("0"), 1 => Just("40000")];
    let messages = prop_oneof![Just("relay"), Just("http")];
    let lever = prop_oneof![Just("none"), Just("direct")];
    let timer =
        (lever, idle, check, retention, messages).prop_map(|(lever, idle, check, retention, messages)| {
            let set = [
                ("lever", lever),
                ("platform_timer", "true"),
                ("platform_idle", idle.name()),
                ("platform_check_ms", check),
                ("platform_retention_ms", retention),
                ("messages", messages),
            ];
            set.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
        });
    prop_oneof![3 => Just(Vec::new()), 1 => timer]
}

fn some_switches() -> impl Strategy<Value = Vec<(String, String)>> {
    let one = (proptest::sample::select(Switches::NAMES), any::<bool>())
        .prop_map(|(name, on)| (name.to_owned(), on.to_string()));
    proptest::collection::vec(one, 0..3)
}

/// A named design with some switches flipped, in a world with some parameters and faults set.
pub fn some_setup() -> impl Strategy<Value = Setup> {
    let design = proptest::sample::select(Design::ALL.to_vec());
    (design, some_platform_timer(), some_parameters(), some_switches(), some_faults(), any::<u64>()).prop_map(
        |(design, timer, parameters, switches, faults, seed)| {
            let mut setup = Setup { seed, ..Setup::new(design) };
            for (name, value) in timer.iter().chain(&parameters).chain(&switches).chain(&faults) {
                setup.set(name, value).unwrap();
            }
            setup
        },
    )
}

/// One of the later designs at a timeout that people set, without a fault, on a platform that is quicker or slower: with most
/// traffic it sleeps and loses nothing, which [`some_setup`] seldom comes to.
pub fn some_sound_setup() -> impl Strategy<Value = Setup> {
    let design = proptest::sample::select(vec![Design::Current, Design::Dormouse]);
    let latency = |name: &'static str, values: &'static [&'static str]| {
        proptest::sample::select(values).prop_map(move |value| (name, value))
    };
    let set = (
        latency("freeze_lag_ms", &["0", "4000", "{ exponential = { mean_ms = 1000 } }"]),
        latency("resume_ms", &["100", "400", "5000"]),
        latency("dial_ms", &["0", "400", "2000"]),
        latency("poke_ms", &["0", "50", "1000"]),
    );
    (design, 60_000..400_000_u64, set, any::<u64>()).prop_map(|(design, timeout_ms, set, seed)| {
        let mut setup = Setup { seed, ..Setup::new(design) };
        setup.settings.idle_timeout_ms = timeout_ms;
        for (name, value) in [set.0, set.1, set.2, set.3] {
            setup.set(name, value).unwrap();
        }
        setup
    })
}

/// From the start, or a little later, to the last end of work, or an hour more, or half-way.
#[must_use]
pub fn some_span(events: &Events, choice: u8) -> Span {
    let end = events.end_of_work_ms();
    match choice % 4 {
        0 => Span { start_ms: 0, end_ms: end },
        1 => Span { start_ms: 0, end_ms: end + 3_600_000 },
        2 => Span { start_ms: 0, end_ms: end / 2 },
        _ => Span { start_ms: events.first_at_ms().unwrap_or(0), end_ms: end },
    }
}

#[cfg(test)]
mod tests {
    use dormouse_sim::When;
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;

    use super::*;

    #[test]
    fn every_fault_is_drawn_by_chance_and_at_a_named_time() {
        let (mut runner, setups) = (TestRunner::deterministic(), some_setup());
        let setups: Vec<Setup> = (0..2000).map(|_| setups.new_tree(&mut runner).unwrap().current()).collect();
        for &fault in Fault::ALL {
            let drawn = |is: fn(&When) -> bool| setups.iter().any(|setup| is(setup.world.faults.when(fault)));
            assert!(drawn(|when| matches!(when, When::Probability(_))), "{}", fault.name());
            assert!(drawn(|when| matches!(when, When::At(_))), "{}", fault.name());
        }
    }
}
