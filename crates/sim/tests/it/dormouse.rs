//! The design `dormouse` misses no work: by itself in a world without faults, and under faults with a connector that pokes
//! again. `docs/watcher.md` lists the assumptions about platform and connector.

use dormouse_core::Design;
use dormouse_sim::rows::Class;
use dormouse_sim::{Fault, Setup, Ticks};
use dormouse_trace::{Events, Instance, Kind};
use proptest::prelude::*;

use crate::common::{counts, fixed_with, logged};
use dormouse_proof::cases::{HowOften, config, some_events, some_span};

const REPEAT: &str = "repeat: cargo test -p dormouse-sim --test it dormouse";

/// Traffic without a direct channel. It could connect while the machine is on its way to sleep, and no watcher could save the
/// messages that come on it then.
fn some_traffic() -> impl Strategy<Value = Events> {
    some_events().prop_filter("a direct platform", |events| !events.kinds().contains(&Kind::Direct))
}

/// Parameters under which the assumptions about platform and connector still hold.
fn some_world() -> impl Strategy<Value = Vec<(String, String)>> {
    let set = |name: &'static str, values: &'static [&'static str]| {
        proptest::sample::select(values).prop_map(move |value| (name.to_owned(), value.to_owned()))
    };
    let one = prop_oneof![
        set("lever", &["direct", "brokered", "none"]),
        set("opted_in", &["false"]),
        set("tick_ms", &["20000"]),
        set("freeze_lag_ms", &["0", "10000", "{ exponential = { mean_ms = 1000 } }"]),
        set("resume_ms", &["100", "20000"]),
        set("poke_ms", &["0", "1000"]),
        set("lever_call_ms", &["0", "9000"]),
        set("going_idle_rtt_ms", &["0", "5000"]),
        set("close_ms", &["0", "3000"]),
        set("dial_ms", &["0", "5000"]),
    ];
    proptest::collection::vec(one, 0..4)
}

/// One to four kinds of fault, each at named times.
fn some_faults() -> impl Strategy<Value = Vec<(String, String)>> {
    let one = (proptest::sample::select(Fault::ALL), 0..3_000_000_u64)
        .prop_map(|(fault, at)| (format!("faults.{}", fault.name()), format!("[{at}]")));
    proptest::collection::vec(one, 1..5)
}

/// A timeout of at least a minute. Shorter timeouts are not valid for `dormouse`.
fn some_timeout() -> impl Strategy<Value = u64> {
    dormouse_proof::cases::some_timeout().prop_map(|ms| ms.max(60_000))
}

/// The event log, if any work was missed. Violations of `never-sleeps` are ignored with `overstays`: when the world refuses
/// an attempt, that is not the watcher's fault, and two such attempts take longer than an idle stretch may.
///
/// A machine that never sleeps misses nothing either, so `sleeps` counts those that do.
fn missed(events: Events, setup: &Setup, choice: u8, overstays: bool, sleeps: &HowOften) -> Option<String> {
    let span = some_span(&events, choice);
    let (log, counts) = logged(&Instance::new("law", events), span, setup, Ticks::ThatMatter);
    sleeps.count(counts.suspends > 0);
    let overstayed = if overstays { counts.violations[Class::NeverSleeps as usize] } else { 0 };
    (counts.violations_total() > overstayed).then(|| log.join("\n"))
}

fn dormouse(timeout_ms: u64, seed: u64, set: &[(String, String)]) -> Setup {
    let mut setup = Setup { seed, ..Setup::new(Design::Dormouse) };
    setup.settings.idle_timeout_ms = timeout_ms;
    for (name, value) in set {
        setup.set(name, value).unwrap();
    }
    setup
}

/// The number of violations of this class.
fn violations(set: &[(&str, &str)], timeout_s: u64, text: &str, end_s: u64, class: Class) -> u64 {
    counts(text, end_s, &fixed_with(Design::Dormouse, timeout_s, set)).violations[class as usize]
}

#[test]
fn a_message_within_the_poke_cooldown_finds_the_machine_awake() {
    // The first message wakes the machine; the second comes 50 s later, when the connector would not poke again.
    let stranded = |set| violations(set, 10, "100 inbound | 150 inbound", 1000, Class::StrandedInbound);
    assert_eq!((stranded(&[]), stranded(&[("pace_sleeps", "false")])), (0, 1));
}

#[test]
fn a_probe_each_minute_does_not_make_it_flap() {
    let probes: Vec<String> = (1..120).map(|minute| format!("{} probe", 60 * minute)).collect();
    let missed = |set, class| violations(set, 120, &probes.join(" | "), 7200, class);
    assert!(missed(&[("pace_sleeps", "false")], Class::Flapping) > 0);
    assert_eq!((missed(&[], Class::Flapping), missed(&[], Class::NeverSleeps)), (0, 0));
}

#[test]
fn alone_and_without_faults_it_misses_nothing() {
    let sleeps = HowOften::default();
    proptest!(config(3000), |(
        events in some_traffic(), timeout_ms in some_timeout(), world in some_world(), seed: u64, choice: u8
    )| {
        let missed = missed(events, &dormouse(timeout_ms, seed, &world), choice, false, &sleeps);
        prop_assert!(missed.is_none(), "{}\n{}", missed.unwrap_or_default(), REPEAT);
    });
    sleeps.at_least(65);
}

#[test]
fn under_faults_it_misses_nothing_with_a_connector_that_pokes_again() {
    let sleeps = HowOften::default();
    proptest!(config(3000), |(
        events in some_traffic(), timeout_ms in some_timeout(), world in some_world(), faults in some_faults(),
        seed: u64, choice: u8
    )| {
        // `slow_freeze_ms` stays below the grace of a cron fire: a suspend cannot be cancelled, so a fire that comes before the
        // freeze must wait for it.
        let assumed = [
            ("repoke_ms", "10000"),
            ("poke_cooldown_ms", "0"),
            ("slow_freeze_ms", "15000"),
            ("dedupe_survives", "true"),
        ];
        let assumed = assumed.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let set: Vec<_> = world.into_iter().chain(faults).chain(assumed).collect();
        let missed = missed(events, &dormouse(timeout_ms, seed, &set), choice, true, &sleeps);
        prop_assert!(missed.is_none(), "{:?}\n{}\n{}", set, missed.unwrap_or_default(), REPEAT);
    });
    sleeps.at_least(65);
}
