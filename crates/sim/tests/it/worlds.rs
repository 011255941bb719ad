//! Worlds that are harder than the default one, computed by hand: processes that are ready later, providers that give up,
//! tokens that expire.
//!
//! As in `hand`, a quiesce that begins at 120 s freezes at 124.210 s, a resume takes 400 ms and a dial 420 ms.

use dormouse_core::Design;
use dormouse_sim::rows::{Class, Counts, WakeCause};

use crate::common::{counts, fixed_with};

fn played(text: &str, end_s: u64, set: &[(&str, &str)]) -> Counts {
    let mut counts = counts(text, end_s, &fixed_with(Design::Current, 120, set));
    counts.delays.sort();
    counts
}

fn missed(counts: &Counts, class: Class) -> u64 {
    counts.violations[class as usize]
}

#[test]
fn a_request_waits_for_the_machine_and_then_for_the_gateway() {
    let counts = played("500 api 10", 700, &[("ready_ms", "20000")]);
    // Runs at 500.4 s, takes requests from 520.4 s on.
    assert_eq!((counts.delays.quantile(1000), counts.violations_total()), (20_400, 0));
    // A request that comes before 520.4 s waits until then; one that comes at 520.4 s does not wait.
    let counts = played("500 probe | 510 api 1 | 520.4 api 1", 700, &[("ready_ms", "20000")]);
    assert_eq!((counts.delays.quantile(1000), counts.delays.delayed()), (10_400, 1));
}

#[test]
fn a_machine_that_freezes_before_its_gateway_took_the_request_froze_work() {
    // Awake from 500.4 s, and no work counts yet: the look at 530.4 s finds it idle, and it freezes at 534.610 s.
    let counts = played("500 api 10", 1000, &[("ready_ms", "200000")]);
    assert_eq!((missed(&counts, Class::FrozenWork), missed(&counts, Class::LostInbound)), (1, 1));
    assert_eq!(counts.frozen_work_ms, 1_000_000 - 534_610);
}

#[test]
fn a_fire_that_outlasts_the_providers_patience_is_missed() {
    let with = |budget: &str, catch_up: &str| {
        let set = [("ready_ms", "20000"), ("cron_budget_ms", budget), ("cron_catch_up", catch_up)];
        missed(&played("500 cron 10", 1000, &set), Class::MissedCron)
    };
    // The fire is taken 20.4 s after it was due. A budget of exactly 20.4 s is enough.
    assert_eq!((with("20399", "false"), with("20400", "false"), with("0", "false")), (1, 0, 0));
    // With catch-up, the gateway itself runs the fire that the provider gave up.
    assert_eq!(with("20399", "true"), 0);
}

#[test]
fn a_provider_that_was_let_down_often_enough_never_fires_again() {
    let with = |text: &str, strikes: &str| {
        let set = [("ready_ms", "20000"), ("cron_budget_ms", "6000"), ("cron_strikes", strikes)];
        let counts = played(text, 2500, &set);
        (missed(&counts, Class::MissedCron), counts.wakes[WakeCause::Cron as usize])
    };
    // Each fire wakes the machine and is missed. After two of them, the third and fourth do not even wake it.
    let text = "500 cron 1 | 1000 cron 1 | 1500 cron 1 | 2000 cron 1";
    assert_eq!((with(text, "0"), with(text, "2")), ((4, 4), (4, 2)));
    // A fire that is taken in between (the gateway is ready since 520.4 s) resets the count.
    assert_eq!(with("500 cron 1 | 525 cron 1 | 1000 cron 1 | 1500 cron 1 | 2000 cron 1", "2"), (4, 3));
}

#[test]
fn a_dial_that_was_frozen_goes_on_with_the_token_that_it_began_with() {
    // Quiesce at 120 s, closed at 120.110, dial from 121.110 s; accepted at 120.210, frozen at 121.310 with 220 ms to go. Poked at
    // 500.05, runs at 500.45, the dial is through at 500.67 s, with a token that is 379.560 s old.
    let with = |ttl: &str| {
        let set = [("hold_redial", "false"), ("freeze_lag_ms", "1100"), ("token_ttl_ms", ttl)];
        let counts = played("500 inbound", 550, &set);
        (counts.delays.quantile(1000), counts.violations_total())
    };
    assert_eq!((with("0"), with("379560")), ((670, 0), (670, 0)));
    // The token is refused, and the relay dials again with a fresh one: 420 ms more.
    assert_eq!(with("379559"), (1090, 0));
}

#[test]
fn a_direct_channel_that_disconnects_opens_the_gate_again() {
    // Connected from 60 s to 460 s, 300 s after its second message. Looks at 120 + n·30 s find it connected. The first look
    // after that is at 480 s, and the machine freezes 4.210 s later.
    let counts = played("60 direct | 160 direct", 1000, &[("direct_leaves_ms", "300000")]);
    assert_eq!((counts.suspended_ms, counts.violations_total()), (1_000_000 - 484_210, 0));
    assert_eq!(played("60 direct | 160 direct", 1000, &[]).suspended_ms, 0);
    // Once it is gone, a machine that does not sleep is idle from 460 s on, and for too long 300 s later.
    let awake = [("direct_leaves_ms", "300000"), ("ignore_permanent_tasks", "false")];
    let overstays = |end_s| missed(&played("60 direct | 160 direct", end_s, &awake), Class::NeverSleeps);
    assert_eq!((overstays(760), overstays(761)), (0, 1));
}
