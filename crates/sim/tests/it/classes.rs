//! Every class of missed work, each with a defect that causes it and with the switch or parameter that cures it. Each case
//! checks both, since a verdict that is the same either way would prove nothing.

use dormouse_core::Design;
use dormouse_sim::rows::Class;

use crate::common::{counts, fixed_with};

/// The classes of violations that occur, each with its count.
fn verdict(
    design: Design,
    timeout_s: u64,
    set: &[(&str, &str)],
    text: &str,
    end_s: u64,
) -> Vec<(Class, u64)> {
    let counts = counts(text, end_s, &fixed_with(design, timeout_s, set));
    Class::ALL
        .into_iter()
        .map(|class| (class, counts.violations[class as usize]))
        .filter(|&(_, n)| n > 0)
        .collect()
}

/// Checks that `defect` causes exactly the `expected` violations, and that there are none with `cure` added.
fn case(
    design: Design,
    defect: &[(&str, &str)],
    cure: &[(&str, &str)],
    text: &str,
    end_s: u64,
    expected: &[(Class, u64)],
) {
    assert_ne!(expected, [], "a defect that shows nothing needs no cure");
    assert_eq!(verdict(design, 120, defect, text, end_s), expected, "with the defect");
    let cured: Vec<(&str, &str)> = defect.iter().chain(cure).copied().collect();
    assert_eq!(verdict(design, 120, &cured, text, end_s), [], "with the cure");
}

#[test]
fn work_that_is_not_counted_is_frozen() {
    for (kind, switch) in [("background", "count_background"), ("cron", "count_cron"), ("api", "count_api")] {
        let text = format!("10 {kind} 600");
        case(
            Design::Current,
            &[(switch, "false")],
            &[(switch, "true")],
            &text,
            1000,
            &[(Class::FrozenWork, 1)],
        );
    }
}

#[test]
fn an_unflipped_sleep_is_a_black_hole_and_loses_what_comes() {
    // Without the hold the re-dial completes before the freeze and undoes the flip. The first message comes 50 s into the
    // sleep and is published into the dead session; the second comes after the keepalive and is dropped without a poke.
    let defect = [("hold_redial", "false")];
    let expected = [(Class::LostInbound, 2), (Class::BlackHole, 1)];
    case(Design::Current, &defect, &[("hold_redial", "true")], "175 inbound | 400 inbound", 1000, &expected);
}

#[test]
fn a_sleep_without_an_acked_flip_is_a_black_hole() {
    let defect = [("require_ack", "false"), ("faults.lost_going_idle", "[0]")];
    let expected = [(Class::LostInbound, 1), (Class::BlackHole, 1)];
    case(Design::Current, &defect, &[("require_ack", "true")], "400 inbound", 1000, &expected);
}

#[test]
fn a_hold_that_is_released_at_the_accept_has_no_effect() {
    let defect = [("freeze_fence", "false")];
    let expected = [(Class::LostInbound, 1), (Class::BlackHole, 1)];
    case(Design::Current, &defect, &[("freeze_fence", "true")], "400 inbound", 1000, &expected);
}

#[test]
fn the_platforms_timer_freezes_whatever_it_does_not_see() {
    let expected = [(Class::FrozenWork, 1), (Class::LostInbound, 1), (Class::BlackHole, 1)];
    let text = "10 inbound 1200 | 1300 inbound";
    case(Design::Current, &[("own_suspend", "false")], &[("own_suspend", "true")], text, 2000, &expected);
}

#[test]
fn a_spent_poke_strands_the_message_until_something_else_wakes() {
    // Sent 60 ms after the quiesce began: the flip is done, the poke finds the machine up, the freeze lands on it. A connector
    // that pokes again while its buffer is not empty cures it.
    let cure = [("repoke_ms", "20000"), ("poke_cooldown_ms", "0")];
    let stranded = [(Class::StrandedInbound, 1)];
    // A cron fire wakes the machine at 800 s.
    case(Design::Current, &[], &cure, "120.06 inbound | 800 cron 1", 1000, &stranded);
    // Nothing else wakes it: stranded, and in the end lost.
    let lost = [(Class::LostInbound, 1), (Class::StrandedInbound, 1)];
    case(Design::Current, &[], &cure, "120.06 inbound", 1000, &lost);
    // 20 ms earlier it is delivered live, and the second question sees it.
    assert_eq!(verdict(Design::Current, 120, &[], "120.04 inbound", 1000), []);
}

#[test]
fn without_the_wake_marker_a_brokered_drain_waits_for_the_holds_ceiling() {
    let defect = [("lever", "brokered"), ("wake_marker", "false")];
    let expected = [(Class::StrandedInbound, 1)];
    case(Design::Current, &defect, &[("wake_marker", "true")], "400 inbound", 1000, &expected);
}

#[test]
fn cron_of_the_gateways_own_scheduler_is_late_or_never_runs() {
    let defect = [("cron_wakes", "false")];
    case(
        Design::Current,
        &defect,
        &[("cron_wakes", "true")],
        "400 cron 5 | 800 inbound",
        1000,
        &[(Class::LateCron, 1)],
    );
    case(Design::Current, &defect, &[("cron_wakes", "true")], "400 cron 5", 1000, &[(Class::MissedCron, 1)]);
}

#[test]
fn an_entry_whose_ack_was_lost_is_handled_twice_once_the_memory_is_gone() {
    // The first drain's ack is lost; the second wake is a cold start, whose memory of handled entries is empty.
    let defect = [("faults.lost_entry_ack", "[0]"), ("faults.lost_snapshot", "[600000]")];
    let cure = [("faults.lost_snapshot", "[]")];
    case(Design::Current, &defect, &cure, "400 inbound | 700 inbound", 1000, &[(Class::Duplicate, 1)]);
    // Within one process the memory of handled entries is enough; without it the second connect repeats the entry.
    let text = "400 inbound | 700 inbound";
    let forgetful = [("faults.lost_entry_ack", "[0]"), ("dedupe", "false")];
    case(Design::Current, &forgetful, &[("dedupe", "true")], text, 1000, &[(Class::Duplicate, 1)]);
}

#[test]
fn a_direct_platform_that_nobody_asks_about_is_a_black_hole() {
    let defect = [("regate_each_tick", "false")];
    let expected = [(Class::LostInbound, 1), (Class::BlackHole, 1)];
    case(
        Design::Current,
        &defect,
        &[("regate_each_tick", "true")],
        "60 direct | 500 direct",
        1000,
        &expected,
    );
}

#[test]
fn a_machine_that_counts_its_own_service_tasks_never_sleeps() {
    let defect = [("ignore_permanent_tasks", "false")];
    // One idle stretch before the message, one after it.
    let expected = [(Class::NeverSleeps, 2)];
    case(Design::Current, &defect, &[("ignore_permanent_tasks", "true")], "1000 inbound", 2000, &expected);
}

#[test]
fn an_idle_stretch_counts_from_its_own_beginning() {
    // A message at 200 s, seen by the look at 300 s; the bound of 300 s passes at 500 s and not at 600 s.
    let set = [("ignore_permanent_tasks", "false")];
    assert_eq!(verdict(Design::Current, 120, &set, "200 inbound", 501), [(Class::NeverSleeps, 1)]);
    assert_eq!(verdict(Design::Current, 120, &set, "200 inbound", 500), []);
}

#[test]
fn quiescing_where_nothing_suspends_flaps() {
    let defect = [("lever", "none"), ("abstain_without_lever", "false")];
    let verdict_with = verdict(Design::Current, 120, &defect, "", 3600);
    assert!(verdict_with.contains(&(Class::Flapping, 2)), "{verdict_with:?}");
    assert_eq!(verdict(Design::Current, 120, &[("lever", "none")], "", 3600), []);
}

#[test]
fn an_abandoned_attempt_that_does_not_cool_down_is_a_storm() {
    // The lever refuses for a while: every 30.21 s without the cooldown, every 60.21 s with it.
    let times: Vec<String> = (0..25).map(|i| (120_000 + i * 29_000).to_string()).collect();
    let refusals = format!("[{}]", times.join(", "));
    let defect = [("faults.lever_refused", refusals.as_str()), ("abort_cooldown", "false")];
    let storm = counts("", 870, &fixed_with(Design::Current, 120, &defect));
    let cured = counts("", 870, &fixed_with(Design::Current, 120, &[defect[0], ("abort_cooldown", "true")]));
    assert_eq!((storm.violations[Class::Flapping as usize], storm.aborted), (1, 25));
    assert_eq!((cured.violations[Class::Flapping as usize], cured.aborted), (0, 13));
}

#[test]
fn dashboards_that_are_not_counted_make_the_machine_flap() {
    // The client is attached for two hours. Each sleep ends after a second. With fence, tick and cooldown a cycle takes 75 s,
    // so there are 95 cycles.
    let defect = [("count_clients", "false")];
    let verdict_with = verdict(Design::Current, 120, &defect, "0 client 7200", 7200);
    assert_eq!(verdict_with, [(Class::Flapping, 4)]);
    assert_eq!(verdict(Design::Current, 120, &[("count_clients", "true")], "0 client 7200", 7200), []);
}

#[test]
fn a_status_that_nobody_restores_is_wrong() {
    let defect = [("restore_status", "false")];
    case(
        Design::Current,
        &defect,
        &[("restore_status", "true")],
        "400 inbound 300",
        700,
        &[(Class::WrongStatus, 1)],
    );
}

#[test]
fn a_buffer_with_limits_loses_what_does_not_fit_and_says_so() {
    let text = "400 inbound | 400.1 inbound | 400.2 inbound";
    let overflow = [(Class::LostInbound, 2)];
    case(Design::Current, &[("buffer_limit", "1")], &[("buffer_limit", "3")], text, 1000, &overflow);
    let expired = [(Class::LostInbound, 1)];
    case(
        Design::Current,
        &[("buffer_ttl_ms", "800")],
        &[("buffer_ttl_ms", "900")],
        "400 inbound",
        1000,
        &expired,
    );
}

#[test]
fn a_request_that_fails_at_a_suspending_machine_is_lost() {
    let defect = [("http_while_suspending", "fails")];
    let cure = [("http_while_suspending", "resumes")];
    case(Design::Current, &defect, &cure, "122 api 5", 1000, &[(Class::LostInbound, 1)]);
    case(Design::Current, &defect, &cure, "122 cron 5", 1000, &[(Class::MissedCron, 1)]);
}

#[test]
fn a_poke_within_the_cooldown_is_skipped() {
    // Poked at 100 s, and asleep again within a minute at a timeout of 10 s. The next message comes 50 s after the first: its
    // poke is skipped and never repeated.
    let text = "100 inbound | 150 inbound";
    assert_eq!(
        verdict(Design::Current, 10, &[], text, 1000),
        [(Class::LostInbound, 1), (Class::StrandedInbound, 1)]
    );
    assert_eq!(verdict(Design::Current, 10, &[("poke_cooldown_ms", "0")], text, 1000), []);
    assert_eq!(verdict(Design::Current, 10, &[("repoke_ms", "15000")], text, 1000), []);
}

#[test]
fn a_hold_is_refused_without_a_connection_and_nothing_sleeps() {
    // After the first wake every dial fails. Without a connection there is no hold, so every further attempt to sleep is
    // abandoned.
    let counts =
        counts("400 inbound", 900, &fixed_with(Design::Current, 120, &[("faults.dial_failed", "1.0")]));
    assert_eq!((counts.suspends, counts.violations[Class::BlackHole as usize]), (1, 0));
    assert!(counts.aborted >= 5, "{}", counts.aborted);
    // Without the hold, and without requiring an ack, it sleeps although messages cannot wake it.
    let set = [("faults.dial_failed", "1.0"), ("hold_redial", "false"), ("require_ack", "false")];
    assert!(verdict(Design::Current, 120, &set, "400 inbound", 900).contains(&(Class::LostInbound, 1)));
}

#[test]
fn a_connector_that_buffers_for_a_peer_it_lost_loses_the_first_message_only() {
    // As in the case without the hold: one message into the dead session at 175 s, one after the keepalive at 400 s.
    let defect = [("hold_redial", "false"), ("without_session", "buffers")];
    let text = "175 inbound | 400 inbound";
    let expected = [(Class::LostInbound, 1), (Class::BlackHole, 2)];
    case(Design::Current, &defect, &[("hold_redial", "true")], text, 1000, &expected);
}

#[test]
fn placeholders_that_count_as_platforms_leave_the_watcher_unarmed() {
    let defect = [("placeholders", "20"), ("ignore_placeholders", "false")];
    let cure = [("ignore_placeholders", "true")];
    case(Design::Current, &defect, &cure, "400 inbound", 500, &[(Class::NeverSleeps, 1)]);
    case(Design::Current, &defect, &[("placeholders", "0")], "400 inbound", 500, &[(Class::NeverSleeps, 1)]);
}

#[test]
fn buttons_that_are_never_acked_are_handled_again_at_every_connect() {
    let defect = [("button_share", "1.0"), ("buttons_acked", "false")];
    // Three wakes: no button is repeated at the first, one at the second, two at the third.
    let text = "400 inbound | 700 inbound | 1000 inbound";
    case(Design::Current, &defect, &[("buttons_acked", "true")], text, 1200, &[(Class::Duplicate, 3)]);
    case(Design::Current, &defect, &[("button_share", "0.0")], text, 1200, &[(Class::Duplicate, 3)]);
}

#[test]
fn a_memory_of_handled_entries_that_survives_the_snapshot_prevents_the_repeat() {
    let defect = [("faults.lost_entry_ack", "[0]"), ("faults.lost_snapshot", "[600000]")];
    let cure = [("dedupe_survives", "true")];
    case(Design::Current, &defect, &cure, "400 inbound | 700 inbound", 1000, &[(Class::Duplicate, 1)]);
}

#[test]
fn a_relay_that_reads_an_expired_token_as_revoked_is_dead() {
    // The freeze lands 1.1 s after the accept, during the dial, which lasts from 1.11 to 1.53 s after the start of the quiesce.
    let defect = [
        ("hold_redial", "false"),
        ("freeze_lag_ms", "1100"),
        ("token_ttl_ms", "300000"),
        ("fresh_token_redial", "false"),
    ];
    // Each further quiesce finds no connection and is abandoned.
    let expected = [(Class::LostInbound, 1), (Class::StrandedInbound, 1)];
    let cure = [("fresh_token_redial", "true")];
    case(Design::Current, &defect, &cure, "500 inbound", 700, &expected);
    // A watcher that does not require an ack suspends the machine all the same.
    let deaf = [&defect[..], &[("require_ack", "false")]].concat();
    let expected = [(Class::LostInbound, 1), (Class::StrandedInbound, 1), (Class::BlackHole, 1)];
    case(Design::Current, &deaf, &cure, "500 inbound", 700, &expected);
}
