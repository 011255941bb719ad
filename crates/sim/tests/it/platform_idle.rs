//! The idle rules of platforms, each with a case computed by hand.
//!
//! The platform suspends by itself: there is no lever, a look comes each millisecond unless a test says otherwise, and messages
//! come over HTTP. Freeze lag 4 s, resume 400 ms, timeout 100 s, horizon 1000 s. A message at t s that finds a sleeping machine is
//! handled at t + 0.4 s.

use dormouse_core::Design;
use dormouse_sim::rows::{Class, Counts, WakeCause};
use dormouse_sim::{Setup, World};

use crate::common::{counts, fixed_with};

const LAG_MS: u64 = 4000;

/// A platform with the idle rule `idle`, with parameters set.
fn platform(idle: &str, set: &[(&str, &str)]) -> Setup {
    let timer = [
        ("lever", "none"),
        ("platform_timer", "true"),
        ("platform_check_ms", "1"),
        ("messages", "http"),
        ("platform_idle", idle),
    ];
    fixed_with(Design::Current, 100, &[&timer, set].concat())
}

/// When the machine first froze, in ms, if it then slept until the horizon.
fn froze_at_ms(counts: &Counts) -> u64 {
    assert_eq!((counts.suspends, counts.wakes.iter().sum::<u64>()), (1, 0));
    1_000_000 - counts.suspended_ms
}

fn frozen_work(counts: &Counts) -> u64 {
    counts.violations[Class::FrozenWork as usize]
}

#[test]
fn last_inbound_counts_from_the_request_and_freezes_the_work_that_it_began() {
    // A turn from 10 to 310 s; the last request is 100 s old at 110 s.
    let counts = counts("10 inbound 300", 1000, &platform("last-inbound", &[]));
    assert_eq!(froze_at_ms(&counts), 110_000 + LAG_MS);
    assert_eq!(frozen_work(&counts), 1);
}

#[test]
fn last_inbound_sees_nothing_of_a_message_that_came_over_the_relay() {
    // After 100 s the platform has seen nothing except the start, at 0 s.
    let counts = counts("10 inbound 300", 1000, &platform("last-inbound", &[("messages", "relay")]));
    assert_eq!(froze_at_ms(&counts), 100_000 + LAG_MS);
    assert_eq!(frozen_work(&counts), 1);
}

#[test]
fn end_of_work_counts_from_the_answer() {
    // The turn ends at 310 s, and 100 s later the machine is idle. Background work is no request: it is not seen.
    let turn = counts("10 inbound 300", 1000, &platform("end-of-work", &[]));
    assert_eq!((froze_at_ms(&turn), turn.violations_total()), (410_000 + LAG_MS, 0));
    let background = counts("10 background 300", 1000, &platform("end-of-work", &[]));
    assert_eq!((froze_at_ms(&background), frozen_work(&background)), (100_000 + LAG_MS, 1));
}

#[test]
fn an_attached_client_is_a_request_until_it_leaves() {
    for idle in ["last-inbound", "end-of-work", "average-zero", "last-outbound"] {
        let counts = counts("10 client 300", 1000, &platform(idle, &[]));
        assert_eq!(froze_at_ms(&counts), 410_000 + LAG_MS, "{idle}");
    }
}

/// The first look of the platform's timer for this instance and seed, in ms, if it looks every 30 s.
const FIRST_LOOK_MS: u64 = 28_519;

#[test]
fn active_poll_counts_from_the_last_poll_that_found_a_request() {
    let every_30_s = [("platform_check_ms", "30000")];
    // Polls at 28.519 + n·30 s. The turn lasts from 10 to 310 s: the last poll that finds it is n = 9, at 298.519 s. The first
    // poll 100 s after that is n = 13, at 418.519 s.
    let long = counts("10 inbound 300", 1000, &platform("active-poll", &every_30_s));
    assert_eq!((froze_at_ms(&long), long.violations_total()), (FIRST_LOOK_MS + 13 * 30_000 + LAG_MS, 0));
    // A turn from 60 to 80 s is between the polls of 58.519 and 88.519 s, so it is not seen. Counted from the start, 100 s
    // are over at the poll of 118.519 s.
    let short = counts("60 inbound 20", 1000, &platform("active-poll", &every_30_s));
    assert_eq!(froze_at_ms(&short), FIRST_LOOK_MS + 3 * 30_000 + LAG_MS);
}

#[test]
fn a_poll_comes_before_what_arrives_at_its_millisecond() {
    // A turn of 20 s, over before the second poll. If it begins at 28.518 s, the first poll sees it: 100 s later is 128.519 s,
    // and the first poll from then on is n = 4. If it begins at 28.519 s, no poll sees it: counted from the start, n = 3.
    for (at, n) in [("28.518", 4), ("28.519", 3)] {
        let setup = platform("active-poll", &[("platform_check_ms", "30000")]);
        let counts = counts(&format!("{at} inbound 20"), 1000, &setup);
        assert_eq!(froze_at_ms(&counts), FIRST_LOOK_MS + n * 30_000 + LAG_MS, "{at}");
    }
}

#[test]
fn average_zero_waits_for_the_window_and_then_for_the_retention() {
    // The turn ends at 20 s, so the window of 100 s is empty at 120 s. The first look from then on is 28.519 + 4·30 s =
    // 148.519 s. The machine is kept for 40 s more, and the first look from 188.519 s on is 28.519 + 6·30 s.
    let set = [("platform_check_ms", "30000"), ("platform_retention_ms", "40000")];
    let counts = counts("10 inbound 10", 1000, &platform("average-zero", &set));
    assert_eq!(froze_at_ms(&counts), FIRST_LOOK_MS + 6 * 30_000 + LAG_MS);
}

#[test]
fn activity_within_the_retention_restarts_it() {
    // Found idle at 120 s, and kept until 160 s, but a message comes at 150 s. Idle again at 250 s, and kept until 290 s.
    let set = [("platform_retention_ms", "40000")];
    let counts = counts("10 inbound 10 | 150 inbound", 1000, &platform("average-zero", &set));
    assert_eq!((froze_at_ms(&counts), counts.delays.delayed()), (290_000 + LAG_MS, 0));
}

#[test]
fn completion_does_not_see_a_run_that_has_not_ended() {
    // One run ends at 30 s, the other would end at 510 s. At 130 s the last completion is 100 s old.
    let counts = counts("10 inbound 500 | 20 inbound 10", 1000, &platform("completion", &[]));
    assert_eq!((froze_at_ms(&counts), frozen_work(&counts)), (130_000 + LAG_MS, 1));
    // A run that ends in time counts: at 60 s.
    let ended = crate::common::counts("10 inbound 50 | 20 inbound 10", 1000, &platform("completion", &[]));
    assert_eq!((froze_at_ms(&ended), ended.violations_total()), (160_000 + LAG_MS, 0));
}

#[test]
fn creation_counts_from_the_start_and_from_each_wake_whatever_happens() {
    // Started at 0 s: frozen at 104 s, under the messages of 50 and 90 s. Woken at 500 s, runs from 500.4 s: frozen at 604.4 s.
    let counts = counts("50 inbound | 90 inbound 60 | 500 inbound", 1000, &platform("creation", &[]));
    let second = 500_400 + 100_000 + LAG_MS;
    assert_eq!(counts.suspended_ms, (500_000 - 104_000) + (1_000_000 - second));
    // The turn that began at 90 s is frozen until 500.4 s.
    assert_eq!((frozen_work(&counts), counts.frozen_work_ms), (1, 500_400 - 104_000));
}

#[test]
fn last_outbound_counts_whatever_works_and_a_relay_never_falls_silent() {
    // Background work sends packets too, until 310 s.
    let works = counts("10 background 300", 1000, &platform("last-outbound", &[]));
    assert_eq!((froze_at_ms(&works), works.violations_total()), (410_000 + LAG_MS, 0));
    let relay = counts("10 inbound", 1000, &platform("last-outbound", &[("messages", "relay")]));
    assert_eq!((relay.suspends, relay.violations[Class::NeverSleeps as usize]), (0, 1));
}

#[test]
fn the_timeout_of_the_platform_is_the_swept_one_unless_it_has_its_own() {
    for (own, froze_ms) in [("0", 110_000), ("250000", 260_000)] {
        let setup = platform("last-inbound", &[("platform_timeout_ms", own)]);
        assert_eq!(froze_at_ms(&counts("10 inbound", 1000, &setup)), froze_ms + LAG_MS);
    }
}

#[test]
fn a_message_over_http_waits_at_the_platform_and_wakes_the_machine() {
    // Asleep from 104 s; the message of 500 s is handled at 500.4 s: no poke, no dial. Idle from 600.4 s on.
    let asleep = counts("500 inbound", 1000, &platform("end-of-work", &[]));
    assert_eq!((asleep.delays.quantile(1000), asleep.wakes[WakeCause::Inbound as usize]), (400, 1));
    assert_eq!(asleep.suspended_ms, (500_000 - 104_000) + (1_000_000 - 600_400 - LAG_MS));
    assert_eq!(asleep.violations_total(), 0);
    // At 102 s it is suspending: the platform keeps the message, and resumes the machine right after the freeze at 104 s.
    let suspending = counts("102 inbound", 1000, &platform("end-of-work", &[]));
    assert_eq!((suspending.delays.quantile(1000), suspending.violations_total()), (2000 + 400, 0));
    // On other platforms such a request fails.
    let fails = platform("end-of-work", &[("http_while_suspending", "fails")]);
    assert_eq!(counts("102 inbound", 1000, &fails).violations[Class::LostInbound as usize], 1);
}

#[test]
fn a_platform_that_keeps_no_memory_starts_cold_and_messages_still_come() {
    let set = [("faults.lost_snapshot", "1.0"), ("cold_start_ms", "7000")];
    let counts = counts("500 inbound | 800 inbound", 1000, &platform("end-of-work", &set));
    assert_eq!(
        (counts.delays.quantile(1000), counts.delays.delayed(), counts.violations_total()),
        (7000, 2, 0)
    );
}

#[test]
fn by_default_the_platform_suspends_what_had_no_http_between_two_looks() {
    let world = World::default();
    assert_eq!((world.platform_idle.name(), world.platform_timer), ("between-looks", false));
    // Looks at 28.519 + n·30 s; the first that is at least 30 s after the start is n = 1. The timeout has no effect.
    let set = [("platform_check_ms", "30000"), ("messages", "relay")];
    let counts = counts("", 1000, &platform("between-looks", &set));
    assert_eq!(froze_at_ms(&counts), FIRST_LOOK_MS + 30_000 + LAG_MS);
}
