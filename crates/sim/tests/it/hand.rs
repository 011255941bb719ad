//! Cases computed by hand from the model. Every latency is fixed, and a comment shows the arithmetic for each number.
//!
//! The constants: tick and settle 30 s, so looks are at 60, 90, 120 … s of mono time. `going_idle` 100 ms, close 10 ms, lever
//! 100 ms and freeze lag 4 s, so a quiesce that begins at t freezes at t + 4.210 s. Resume 400 ms, dial 420 ms, poke 50 ms.
//! Fence 15 s in slices of 250 ms, the first of them 250 ms after the accept at t + 210 ms.

use dormouse_core::Design;
use dormouse_sim::Ticks;
use dormouse_sim::rows::{Class, WakeCause};

use crate::common::{counts, fixed, fixed_with, instance, logged, until};

/// The time from the start of a quiesce to the freeze, in ms.
const QUIESCE_MS: u64 = 100 + 10 + 100 + 4000;

#[test]
fn an_idle_machine_sleeps_from_the_first_look_after_the_timeout_to_the_horizon() {
    let counts = counts("", 1000, &fixed(Design::Current, 120));
    // Looks at 60, 90, 120 s; at 120 s the timeout has passed (inclusive).
    assert_eq!(counts.suspended_ms, 1_000_000 - (120_000 + QUIESCE_MS));
    assert_eq!((counts.suspends, counts.wakes.iter().sum::<u64>(), counts.awake_ms), (1, 0, 124_210));
}

#[test]
fn a_message_wakes_and_waits_for_poke_resume_fence_slice_and_dial() {
    let counts = counts("500 inbound 10", 1000, &fixed(Design::Current, 120));
    // Poked at 500.05 s, runs at 500.45 s. Mono stood still from 124.21 to 500.45 s. Fence polls at mono 120.21 + n·0.25:
    // by the freeze at mono 124.21 s exactly 15 were played and the 16th (124.21) ties with the freeze, which comes first;
    // it is played at once after the resume, the wall clock has jumped, the hold is released, the dial takes 420 ms.
    let handled = 500_000 + 50 + 400 + 420;
    assert_eq!(counts.delays.quantile(1000), handled - 500_000);
    // The idle clock starts at the handling: idle from 620.87 s on. The body ended at 500.45 s, so looks come at
    // 530.45 + n·30 s: the first at or after 620.87 is 650.45 s, n = 4.
    let slept_again = 1_000_000 - (650_450 + QUIESCE_MS);
    assert_eq!(counts.suspended_ms, (500_050 - 124_210) + slept_again);
    assert_eq!((counts.suspends, counts.wakes[WakeCause::Inbound as usize]), (2, 1));
}

#[test]
fn with_the_activity_clock_the_timeout_starts_at_the_end_of_work() {
    let whole = fixed_with(Design::Dormouse, 120, &[("answer_ms", "120000")]);
    let whole = crate::common::counts("500 inbound 100", 1000, &whole);
    // Our own design waits 190 s for its first attempt: the look of 210 s, and the freeze is at 214.21 s.
    // Handled at 500.87 s, works until 600.87 s, idle from 720.87 s; looks at 530.45 + n·30 s: 740.45 s, n = 7.
    assert_eq!(whole.suspended_ms, (500_050 - 214_210) + 1_000_000 - (740_450 + QUIESCE_MS));
    // An answer within 30 s is what dormouse waits for by itself: idle from 630.87 s, looks at 650.45 s, n = 4.
    let counts = counts("500 inbound 100", 1000, &fixed(Design::Dormouse, 120));
    assert_eq!(counts.suspended_ms, (500_050 - 214_210) + 1_000_000 - (650_450 + QUIESCE_MS));
    // With the inbound clock it is idle two minutes after the message was handled, at 620.87 s: the same look, n = 4.
    let inbound = crate::common::counts("500 inbound 100", 1000, &fixed(Design::Current, 120));
    assert_eq!(inbound.suspended_ms, (500_050 - 124_210) + 1_000_000 - (650_450 + QUIESCE_MS));
}

#[test]
fn periodic_messages_give_the_same_sleep_every_time() {
    // A message every 600 s without work, ten of them from 600 s on; horizon 6600 s.
    let text: Vec<String> = (1..=10).map(|i| format!("{} inbound", 600 * i)).collect();
    let counts = counts(&text.join("|"), 6600, &fixed(Design::Current, 120));
    // First sleep: frozen at 124.21 s, woken by the poke at 600.05 s.
    // Cycle: runs 0.45 s after the message, handled 0.87 s after it. The fence's poll at mono m (a multiple of 250 ms after
    // the accept) ends the body when the machine runs: at the freeze a poll was due, as above, so it is played at 0.45 s.
    // Looks at 30.45 + n·30 s after the message; idle from 120.87 s on: 150.45 s; frozen at 150.45 + 4.21 = 154.66 s.
    // Woken at 600.05 s after the message: asleep 445.39 s; nine times; and the last from 154.66 to 600 s: 445.34 s.
    assert_eq!(counts.suspended_ms, (600_050 - 124_210) + 9 * 445_390 + 445_340);
    assert_eq!(
        (counts.suspends, counts.wakes[WakeCause::Inbound as usize], counts.violations_total()),
        (11, 10, 0)
    );
    assert_eq!(
        (counts.delays.delayed(), counts.delays.quantile(500), counts.delays.quantile(1000)),
        (10, 870, 870)
    );
}

#[test]
fn a_cron_fire_wakes_without_stamping_the_clock_and_the_machine_sleeps_at_the_next_look() {
    let counts = counts("500 cron 5", 1000, &fixed(Design::Current, 120));
    // HTTP: no poke. Runs at 500.40 s, works until 505.40 s. The body ends at 500.40 s (poll at the freeze, as above), so the
    // next look is 530.40 s: nothing in flight, the inbound clock is stale: asleep from 534.61 s.
    assert_eq!(counts.suspended_ms, (500_000 - 124_210) + 1_000_000 - (530_400 + QUIESCE_MS));
    assert_eq!((counts.wakes[WakeCause::Cron as usize], counts.user_arrivals), (1, 0));
}

#[test]
fn a_wake_within_the_fence_waits_for_the_fence() {
    // Accepted at 120.21 s: the fence lasts until 135.21 s. Woken at 125.05 s, runs at 125.45 s (mono 124.21 s = 125.45 s,
    // so wall = mono + 1.24). Polls at mono 124.21 + n·0.25: wall 125.45 + n·0.25 >= 135.21 s: n = 40, 135.45 s; dial 420 ms.
    let counts = counts("125 inbound", 1000, &fixed(Design::Current, 120));
    assert_eq!(counts.delays.quantile(1000), 135_450 + 420 - 125_000);
    assert_eq!((counts.late, counts.short_sleeps), (1, 1));
}

#[test]
fn an_attached_client_keeps_awake_until_its_last_heartbeat_is_as_old_as_the_timeout() {
    // Attached 0..600 s, heartbeats every 15 s from 0 on while it stays: the last one at 585 s; at 600 s it has left.
    // Idle from 705 s on; looks at 60 + n·30 s: 720 s.
    let counts = counts("0 client 600", 2000, &fixed(Design::Current, 120));
    assert_eq!(counts.suspended_ms, 2_000_000 - (720_000 + QUIESCE_MS));
    assert_eq!(counts.violations_total(), 0);
}

#[test]
fn a_client_that_is_not_counted_is_frozen_under_and_reconnects_a_second_later() {
    let setup = fixed_with(Design::Current, 120, &[("count_clients", "false")]);
    let counts = counts("0 client 150", 1000, &setup);
    // Frozen at 124.21 s, reconnect at 125.21 s wakes: 1 s asleep. Runs at 125.61 s. The accept was at 120.21 s, so the
    // fence lasts to 135.21 s; polls at wall 125.61 + n·0.25: n = 39, 135.36 s: the body ends there. The clock is stale, the
    // next look is at 165.36 s, but the cooldown lasts to 180.11 s: the one after, at 195.36 s, quiesces.
    assert_eq!(counts.suspended_ms, 1000 + 1_000_000 - (195_360 + QUIESCE_MS));
    assert_eq!(counts.wakes[WakeCause::Client as usize], 1);
}

#[test]
fn the_platforms_own_timer_freezes_work_and_loses_messages() {
    // phase0: the first look of the platform comes at a random phase below 300 s; the second one, a period later, is the first
    // that can find 300 s without HTTP. Work from 0 to 2000 s is frozen from then on. The message of 1500 s comes
    // more than 90 s after the freeze: the dead peer was dropped, and the connector does not poke.
    let setup = fixed(Design::Phase0, 300);
    let counts = counts("0 inbound 2000 | 1500 inbound", 2000, &setup);
    let count = |class: Class| counts.violations[class as usize];
    assert_eq!((counts.suspends, counts.wakes.iter().sum::<u64>()), (1, 0));
    assert_eq!((count(Class::FrozenWork), count(Class::BlackHole), count(Class::LostInbound)), (1, 1, 1));
    assert_eq!((counts.frozen_work_ms, counts.violations_total()), (counts.suspended_ms, 3));
    assert!((1_396_000..1_696_000).contains(&counts.suspended_ms), "{}", counts.suspended_ms);
}

#[test]
fn a_frozen_process_tree_finds_that_its_monotonic_clock_went_on() {
    // As in the first cron case, but mono goes on: the fence's poll of 124.21 s is late, played at 500.40 s; the body ends
    // there all the same, so nothing differs but the two clocks. Then a wake at 900 s by a message: handled after 0.87 s.
    let setup = fixed_with(Design::Current, 120, &[("mono_stands_still", "false")]);
    let frozen_tree = counts("500 cron 5 | 900 inbound", 1000, &setup);
    let machine = counts("500 cron 5 | 900 inbound", 1000, &fixed(Design::Current, 120));
    assert_eq!(frozen_tree, machine);
    // Here it does differ: a re-dial is held for up to 60 s of mono time. The hold's ceiling passes while the process is
    // frozen, so after a brokered suspend without a wake marker the drain does not wait.
    let brokered = |still: &str| {
        let set = [("lever", "brokered"), ("wake_marker", "false"), ("mono_stands_still", still)];
        counts("900 inbound", 1000, &fixed_with(Design::Current, 120, &set)).delays.quantile(1000)
    };
    assert_eq!(brokered("false"), 50 + 400 + 420);
    // On a machine, 60 s of mono time must pass from the grant at 120 s on; 4.21 s of them pass before the freeze.
    assert_eq!(brokered("true"), 50 + 400 + (60_000 - 4_210) + 420);
}

#[test]
fn the_wake_marker_ends_the_fence_after_a_freeze_that_is_too_short_for_the_clocks_to_show() {
    // The attempt begins at 210 s. The message of 212 s comes before the freeze, so the machine is resumed as soon as the
    // freeze lands at 214.21 s. It runs 50 ms later, and clocks that differ by less than 100 ms are no evidence of a freeze.
    let delay = |marker: &str, ticks: Ticks| {
        let set = [("lever", "brokered"), ("resume_ms", "50"), ("wake_marker", marker)];
        let setup = fixed_with(Design::Dormouse, 120, &set);
        logged(&instance("212 inbound"), until(1000), &setup, ticks).1.delays.quantile(1000)
    };
    for ticks in [Ticks::Every, Ticks::ThatMatter] {
        // With a marker, the look that was due at the freeze ends the fence, and the relay dials.
        assert_eq!(delay("true", ticks), 214_260 + 420 - 212_000, "{ticks:?}");
        // Without one, the relay dials when the hold has lasted 120 s of mono time.
        assert_eq!(delay("false", ticks), 330_000 + 50 + 420 - 212_000, "{ticks:?}");
    }
}

#[test]
fn a_poke_is_http_to_the_platforms_timer() {
    // For this instance and seed the platform looks at 285.195 + n·300 s. A message wakes the machine at 900.05 s; at the look
    // of 1185.195 s that poke is 285 s old, so the turn continues.
    let setup = fixed_with(Design::Current, 120, &[("platform_timer", "true")]);
    let counts = counts("900 inbound 450", 1400, &setup);
    assert_eq!((counts.wakes[WakeCause::Inbound as usize], counts.violations_total()), (1, 0));
}

#[test]
fn a_cold_start_loses_the_work_and_dials_at_once() {
    // Cron work that is not counted is frozen at 124.21 s, and the snapshot is lost. Woken at 400.05 s, cold for 2 s, dialled
    // at once for 420 ms. The idle clock of the new process begins at 402.05 s: first look 60 s later, idle from 522.05 s on.
    let set = [("count_cron", "false"), ("faults.lost_snapshot", "[0]")];
    let counts = counts("10 cron 10000 | 400 inbound", 1000, &fixed_with(Design::Current, 120, &set));
    assert_eq!(counts.delays.quantile(1000), 50 + 2000 + 420);
    assert_eq!((counts.violations[Class::FrozenWork as usize], counts.violations_total()), (1, 1));
    assert_eq!(counts.frozen_work_ms, 402_050 - 124_210);
    // The message was handled at 402.47 s, so idle from 522.47 s; looks at 462.05 + n·30 s: 552.05 s.
    assert_eq!(counts.suspended_ms, (400_050 - 124_210) + 1_000_000 - (552_050 + QUIESCE_MS));
}

#[test]
fn background_work_that_comes_to_a_frozen_machine_starts_when_it_runs() {
    // Frozen at 214.21 s, since our own design waits 190 s before its first attempt. The work comes at 300 s and runs from
    // 400.45 s, when a message has woken the machine, to 700.45 s.
    let awake = counts("300 background 300 | 400 inbound", 1000, &fixed(Design::Dormouse, 120));
    // Looks at 430.45 + n·30 s; idle from 730.45 s on, 30 s after the end of that work, which is the time of a look.
    assert_eq!(awake.suspended_ms, (400_050 - 214_210) + 1_000_000 - (730_450 + QUIESCE_MS));
    // If nothing wakes the machine, the work never runs. This is not missed work.
    let asleep = counts("300 background 300", 1000, &fixed(Design::Dormouse, 120));
    assert_eq!((asleep.suspended_ms, asleep.violations_total()), (1_000_000 - 214_210, 0));
}

#[test]
fn work_that_ends_as_the_freeze_lands_is_over() {
    // Background work that is not counted; the freeze lands at 124.21 s.
    let setup = fixed_with(Design::Current, 120, &[("count_background", "false")]);
    let frozen_work = |work: &str| {
        counts(&format!("10 background {work}"), 1000, &setup).violations[Class::FrozenWork as usize]
    };
    assert_eq!((frozen_work("114.21"), frozen_work("114.211")), (0, 1));
}
