//! What `dormouse` does beyond the earlier designs, to the millisecond: pokes, deferred work, evidence, pace.

use dormouse_core::{
    Abandoned, Census, Command, Fact, Lever, Mono, Now, Phase, Settings, Source, Status, View, Wall, Watcher,
};

fn at(ms: u64) -> Now {
    Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) }
}

/// At `mono`, after freezes of `frozen` ms in total.
fn frozen(mono: u64, frozen: u64) -> Now {
    Now { wall: Wall::from_ms(mono + frozen), mono: Mono::from_ms(mono) }
}

/// `dormouse` without the pace: its first attempt may come as soon as it has been idle for long enough.
fn eager() -> Settings {
    Settings::dormouse().with_pace_ms(0)
}

/// The facts of one attempt up to the accepted suspend, with their times.
fn attempt(view: &View) -> [(Now, Fact<'_>); 5] {
    [
        (at(120_000), Fact::Deadline(view)),
        (at(120_000), Fact::Held(true)),
        (at(120_100), Fact::Acked(true)),
        (at(120_110), Fact::Closed(view)),
        (at(120_210), Fact::Lever(true)),
    ]
}

/// A watcher after the first `facts` of an attempt.
fn after(facts: usize, settings: Settings, view: &View) -> Watcher {
    let mut watcher = Watcher::start(settings, at(0), true);
    for (now, fact) in attempt(view).into_iter().take(facts) {
        assert_ne!(watcher.step(now, fact).command, Some(Command::Release));
    }
    watcher
}

fn ours(facts: usize) -> Watcher {
    after(facts, eager(), &View::quiet())
}

#[test]
fn the_settings_can_be_read_back() {
    assert_eq!(ours(5).settings(), &eager());
}

#[test]
fn a_poke_before_the_lever_ends_the_attempt() {
    // While the ack is outstanding, it is not known whether the connector flipped: the gateway says hello again.
    let mut w = ours(2);
    let step = w.step(at(120_050), Fact::Poked);
    assert_eq!((step.command, step.abandoned), (Some(Command::Renew), Some(Abandoned::Poked)));
    let mut settings = eager();
    settings.switches.renew_unacked = false;
    let step = after(2, settings, &View::quiet()).step(at(120_050), Fact::Poked);
    assert_eq!((step.command, step.abandoned), (Some(Command::Release), Some(Abandoned::Poked)));
    // While the socket closes, the poke is remembered until the socket is closed.
    let mut w = ours(3);
    assert_eq!(w.step(at(120_105), Fact::Poked).command, None);
    let step = w.step(at(120_110), Fact::Closed(&View::quiet()));
    assert_eq!((step.command, step.abandoned), (Some(Command::Release), Some(Abandoned::Poked)));
    assert_eq!(w.cooldown_until(), Wall::from_ms(180_110));
}

#[test]
fn a_poke_after_the_lever_was_pulled_is_passed_on_once() {
    let mut w = ours(4);
    assert_eq!(w.step(at(120_200), Fact::Poked).command, None);
    assert_eq!(w.step(at(120_210), Fact::Lever(true)).command, Some(Command::Wake));
    assert_eq!(w.step(at(120_220), Fact::Poked).command, None);
    let mut w = ours(5);
    assert_eq!(w.step(at(120_220), Fact::Poked).command, Some(Command::Wake));
    assert_eq!(w.step(at(120_230), Fact::Poked).command, None);
}

#[test]
fn a_poke_of_a_machine_that_has_slept_is_not_passed_on() {
    // Frozen between the lever call and its answer, and between the answer and the poke.
    let mut w = ours(4);
    w.step(at(120_200), Fact::Poked);
    assert_eq!(w.step(frozen(120_210, 100), Fact::Lever(true)).command, None);
    let mut w = ours(4);
    w.step(at(120_200), Fact::Poked);
    assert_eq!(w.step(frozen(120_210, 99), Fact::Lever(true)).command, Some(Command::Wake));
    assert_eq!(ours(5).step(frozen(120_220, 100), Fact::Poked).command, None);
    assert_eq!(ours(5).step(frozen(120_220, 99), Fact::Poked).command, Some(Command::Wake));
}

#[test]
fn a_design_that_does_not_heed_pokes_spends_them() {
    for (facts, now) in [(2, at(120_050)), (3, at(120_105)), (4, at(120_200)), (5, at(120_220))] {
        let mut w = after(facts, Settings::current(), &View::quiet());
        let before = w;
        let step = w.step(now, Fact::Poked);
        assert_eq!((step.command, step.abandoned, w), (None, None, before));
    }
}

#[test]
fn a_poke_at_rest_or_before_the_hold_is_granted_changes_nothing() {
    for facts in [0, 1] {
        let mut w = ours(facts);
        let before = w;
        assert_eq!((w.step(at(120_000), Fact::Poked).command, w), (None, before));
    }
}

#[test]
fn work_waits_from_the_lever_until_the_machine_has_slept() {
    for (facts, admits) in [(0, true), (1, true), (2, true), (3, true), (4, false), (5, false)] {
        assert_eq!(ours(facts).admits_work(at(120_300)), admits, "after {facts} facts");
        assert!(after(facts, Settings::current(), &View::quiet()).admits_work(at(120_300)));
    }
    for facts in [4, 5] {
        assert!(!ours(facts).admits_work(frozen(120_300, 99)));
        assert!(ours(facts).admits_work(frozen(120_300, 100)));
    }
}

#[test]
fn a_gate_that_shuts_during_the_quiesce_ends_the_attempt() {
    let shut = View::quiet().with_relay_only(false);
    let step = ours(3).step(at(120_110), Fact::Closed(&shut));
    assert_eq!((step.command, step.abandoned), (Some(Command::Release), Some(Abandoned::GateShut)));
    let step = after(3, Settings::current(), &View::quiet()).step(at(120_110), Fact::Closed(&shut));
    assert_eq!((step.command, step.abandoned), (Some(Command::Suspend), None));
}

#[test]
fn an_ack_that_does_not_come_renews_and_one_that_is_refused_does_not() {
    let mut w = ours(2);
    let step = w.step(at(130_000), Fact::Deadline(&View::quiet()));
    assert_eq!((step.command, step.abandoned), (Some(Command::Renew), Some(Abandoned::NotAcked)));
    let step = ours(2).step(at(120_100), Fact::Acked(false));
    assert_eq!((step.command, step.abandoned), (Some(Command::Release), Some(Abandoned::NotAcked)));
    // Where acks are not required, neither matters.
    for fact in [Fact::Acked(false), Fact::Deadline(&View::quiet())] {
        let mut settings = eager();
        settings.switches.require_ack = false;
        let step = after(2, settings, &View::quiet()).step(at(130_000), fact);
        assert_eq!((step.command, step.abandoned), (Some(Command::CloseSocket), None));
    }
}

#[test]
fn after_a_renewal_there_is_no_attempt_until_the_relay_has_connected() {
    let mut w = ours(2);
    w.step(at(120_050), Fact::Poked);
    for look in [500_050, 600_050] {
        assert_eq!(w.step(at(look), Fact::Deadline(&View::quiet())).command, None);
    }
    w.step(at(600_060), Fact::Connected);
    assert_eq!(w.step(at(630_050), Fact::Deadline(&View::quiet())).command, Some(Command::HoldRedial));
}

#[test]
fn the_fence_ends_on_evidence_of_a_freeze() {
    let over = |now| ours(5).step(now, Fact::Deadline(&View::quiet())).command == Some(Command::Release);
    // The first look is due at 120.46 s. Clocks that differ by 0.1 s since the lever was called are evidence …
    assert!(!over(frozen(120_460, 99)));
    assert!(over(frozen(120_460, 100)));
    // … and so is a look that is 2 s late.
    assert!(!over(at(122_459)));
    assert!(over(at(122_460)));
}

#[test]
fn without_evidence_the_fence_ends_at_the_holds_ceiling() {
    for lever in [Lever::Direct, Lever::Brokered] {
        let view = View::quiet().with_lever(Some(lever));
        let mut w = after(5, eager(), &view);
        let mut released = None;
        while let (None, Some(look)) = (released, w.deadline()) {
            let step = w.step(at(look.as_ms()), Fact::Deadline(&view));
            released = step.command.map(|command| (look.as_ms(), command));
        }
        // 120 s after the hold was granted, on the grid of looks that started at 120.46 s.
        assert_eq!(released, Some((240_210, Command::Release)));
    }
}

#[test]
fn a_mark_of_a_resume_ends_a_brokered_fence_only() {
    for settings in [Settings::current(), eager()] {
        for (lever, command) in [(Lever::Direct, None), (Lever::Brokered, Some(Command::Release))] {
            let view = View::quiet().with_lever(Some(lever)).with_wake_marker(true);
            assert_eq!(after(5, settings, &view).step(at(120_460), Fact::Deadline(&view)).command, command);
            let mut blind = settings;
            blind.switches.wake_marker = false;
            assert_eq!(after(5, blind, &view).step(at(120_460), Fact::Deadline(&view)).command, None);
        }
    }
}

#[test]
fn a_fence_without_a_hold_ends_at_the_first_look() {
    let mut settings = eager();
    settings.switches.hold_redial = false;
    let mut w = Watcher::start(settings, at(0), true);
    let view = View::quiet();
    assert_eq!(w.step(at(120_000), Fact::Deadline(&view)).command, Some(Command::GoDormant));
    w.step(at(120_100), Fact::Acked(true));
    w.step(at(120_110), Fact::Closed(&view));
    w.step(at(120_210), Fact::Lever(true));
    assert!(matches!(w.phase(), Phase::Fenced { .. }));
    assert_eq!(w.step(at(120_460), Fact::Deadline(&view)).command, None);
    assert!(matches!(w.phase(), Phase::Resting { .. }));
}

#[test]
fn without_a_fence_the_hold_ends_with_the_accept() {
    let mut settings = Settings::current();
    settings.switches.freeze_fence = false;
    let step = after(4, settings, &View::quiet()).step(at(120_210), Fact::Lever(true));
    assert_eq!((step.command, step.deadline), (Some(Command::Release), Some(Mono::from_ms(150_210))));
}

#[test]
fn a_design_without_a_lever_of_its_own_ends_dormant() {
    for lever in [None, Some(Lever::Direct)] {
        let mut settings = Settings::current();
        settings.switches.own_suspend = false;
        settings.switches.abstain_without_lever = false;
        let view = View::quiet().with_lever(lever);
        let mut w = after(3, settings, &view);
        let step = w.step(at(120_110), Fact::Closed(&view));
        assert_eq!((step.command, step.abandoned), (Some(Command::Release), None));
        assert_eq!((w.status(), w.cooldown_until()), (Status::Draining, Wall::from_ms(180_110)));
    }
}

#[test]
fn attempts_are_paced_where_the_switch_is_on() {
    // The start counts as an attempt. So attempts come no earlier than 190, 380, 570, 760 and 950 s, each at the next look.
    let paced = [210_000, 390_000, 570_000, 780_000, 960_000];
    let as_often_as_they_can = [120_000, 180_000, 240_000, 300_000, 360_000];
    for (settings, expected) in [(Settings::dormouse(), paced), (Settings::current(), as_often_as_they_can)] {
        // Refused holds: each ends its attempt, and the next one follows as soon as it is allowed.
        let mut w = Watcher::start(settings, at(0), true);
        let mut ends = Vec::new();
        while let Some(look) = w.deadline().filter(|_| ends.len() < 5) {
            let now = at(look.as_ms());
            if w.step(now, Fact::Deadline(&View::quiet())).command == Some(Command::HoldRedial) {
                w.step(now, Fact::Held(false));
                ends.push(look.as_ms());
            }
        }
        assert_eq!(ends, expected);
    }
}

/// A cold start forgets the previous watcher's attempts, and must not be a way around the pace.
#[test]
fn an_hour_has_no_more_than_twenty_attempts_however_often_the_gateway_starts_again() {
    let settings = Settings::dormouse().with_idle_timeout_ms(60_000);
    for every in 1..20 {
        let mut w = Watcher::start(settings, at(0), true);
        let mut ends: Vec<u64> = Vec::new();
        while ends.len() < 100 {
            let now = at(w.deadline().expect("it is armed").as_ms());
            if w.step(now, Fact::Deadline(&View::quiet())).command == Some(Command::HoldRedial) {
                w.step(now, Fact::Held(false));
                ends.push(now.wall.as_ms());
                if ends.len().is_multiple_of(every) {
                    w = Watcher::start(settings, now, true);
                }
            }
        }
        let most = ends.windows(21).map(|ends| ends[20] - ends[0]).min().expect("hours of attempts");
        assert!(most >= 3_600_000, "21 attempts in {most} ms, starting again after each {every}");
    }
}

#[test]
fn a_wall_clock_that_was_set_back_delays_no_attempt_by_more_than_a_pace() {
    // The clock starts at one hour and is set back by that hour within 60 s. A message corrects the idle time.
    let mut w = Watcher::start(Settings::dormouse(), frozen(0, 3_600_000), true);
    w.step(at(50_000), Fact::Inbound);
    let mut begun = None;
    while let (None, Some(look)) = (begun, w.deadline()) {
        let command = w.step(at(look.as_ms()), Fact::Deadline(&View::quiet())).command;
        begun = command.map(|command| (look.as_ms(), command));
    }
    // At the first look, at 60 s, the pace is an hour off. 190 s later is between the looks at 240 and 270 s.
    assert_eq!(begun, Some((270_000, Command::HoldRedial)));
}

#[test]
fn the_end_of_work_that_is_not_counted_does_not_matter() {
    let ended = Source::new(Some(0), Some(Wall::from_ms(119_999)));
    let [mut cron, mut api, mut background] = [Census::QUIET; 3];
    (cron.cron, api.api, background.background) = (ended, ended, ended);
    for (name, census) in [("count_cron", cron), ("count_api", api), ("count_background", background)] {
        for (counted, command) in [(true, None), (false, Some(Command::HoldRedial))] {
            let mut settings = eager();
            settings.switches.set(name, counted);
            let mut w = Watcher::start(settings, at(0), true);
            let view = View::quiet().with_census(census);
            assert_eq!(w.step(at(120_000), Fact::Deadline(&view)).command, command, "{name} {counted}");
        }
    }
}

#[test]
fn it_stays_up_for_a_minute_after_a_message_however_short_the_timeout() {
    let settings = eager().with_idle_timeout_ms(1);
    let mut w = Watcher::start(settings, at(0), true);
    w.step(at(40_000), Fact::Inbound);
    assert_eq!(w.step(at(99_999), Fact::Deadline(&View::quiet())).command, None);
    assert_eq!(w.step(at(129_999), Fact::Deadline(&View::quiet())).command, Some(Command::HoldRedial));
    let mut w = Watcher::start(settings, at(0), true);
    w.step(at(40_000), Fact::Inbound);
    assert_eq!(w.step(at(100_000), Fact::Deadline(&View::quiet())).command, Some(Command::HoldRedial));
}

#[test]
fn an_answer_may_take_half_a_minute_after_the_end_of_work() {
    for (answer_ms, ended, idle) in
        [(30_000, 90_000, true), (30_000, 90_001, false), (1 << 50, 1, false), (1 << 50, 0, true)]
    {
        let mut view = View::quiet();
        view.census.turns.last_end = Some(Wall::from_ms(ended));
        let settings = eager().with_answer_ms(answer_ms);
        let command = Watcher::start(settings, at(0), true).step(at(120_000), Fact::Deadline(&view)).command;
        assert_eq!(command, idle.then_some(Command::HoldRedial), "{answer_ms} {ended}");
    }
}

#[test]
fn a_time_that_never_comes_stays_never_in_all_arithmetic() {
    let settings = eager().with_cooldown_ms(u64::MAX).with_hold_max_ms(u64::MAX);
    let w = after(5, settings, &View::quiet());
    assert_eq!(w.rebased(1000, 1000).cooldown_until(), Wall::MAX);
    // The same for the ceiling of the hold: without evidence the fence continues.
    let mut w = w.rebased(1000, 1000);
    assert_eq!(w.step(at(119_460), Fact::Deadline(&View::quiet())).command, None);
    assert!(matches!(w.phase(), Phase::Fenced { .. }));
}

#[test]
fn the_first_look_comes_a_tick_after_it_has_settled() {
    let settings = eager().with_settle_ms(7_000).with_tick_ms(500);
    assert_eq!(Watcher::start(settings, at(1_000), true).deadline(), Some(Mono::from_ms(8_500)));
}

#[test]
fn the_ceiling_of_the_hold_is_met_to_the_millisecond() {
    let view = View::quiet().with_lever(Some(Lever::Brokered));
    for (now, command) in [(179_999, None), (180_000, Some(Command::Release))] {
        let mut w = after(5, Settings::current(), &view);
        assert_eq!(w.step(at(now), Fact::Deadline(&view)).command, command);
    }
}

#[test]
fn without_the_second_check_new_work_is_not_noticed() {
    let mut busy = View::quiet();
    busy.census.turns.in_flight = Some(1);
    let mut settings = Settings::current();
    settings.switches.recheck_after_quiesce = false;
    let step = after(3, settings, &View::quiet()).step(at(120_110), Fact::Closed(&busy));
    assert_eq!((step.command, step.abandoned), (Some(Command::Suspend), None));
}

#[test]
fn a_design_of_the_past_asks_neither_for_an_answer_nor_for_a_minute_nor_for_the_relay() {
    // The end of work does not matter …
    let mut view = View::quiet();
    view.census.turns.last_end = Some(Wall::from_ms(119_999));
    let mut w = Watcher::start(Settings::current(), at(0), true);
    assert_eq!(w.step(at(120_000), Fact::Deadline(&view)).command, Some(Command::HoldRedial));
    // … nor that a message came a moment ago …
    let settings = Settings::current().with_idle_timeout_ms(1);
    let mut w = Watcher::start(settings, at(0), true);
    w.step(at(59_999), Fact::Inbound);
    assert_eq!(w.step(at(60_000), Fact::Deadline(&View::quiet())).command, Some(Command::HoldRedial));
    // … nor that the relay is not connected yet. `dormouse` waits for it.
    for (settings, command) in [(Settings::current(), Some(Command::HoldRedial)), (eager(), None)] {
        let mut w = after(4, settings, &View::quiet());
        assert_eq!(w.step(at(120_210), Fact::Lever(false)).command, Some(Command::Release));
        assert_eq!(w.step(at(600_000), Fact::Deadline(&View::quiet())).command, command);
    }
}
