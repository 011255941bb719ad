//! Ports of the first implementations' own tests of the watcher's decisions. (The tests of the flag, the
//! timeout, the gate, the predicate and the heartbeat are next to the functions.)

use dormouse_core::{
    Abandoned, Command, Fact, Heartbeat, Lever, Mono, Now, Phase, Settings, Status, Step, View, Wall, Watcher,
};

fn at(ms: u64) -> Now {
    Now { wall: Wall::from_ms(ms), mono: Mono::from_ms(ms) }
}

/// At `wall`, after freezes of `frozen` ms in total.
fn after_freeze(wall: u64, frozen: u64) -> Now {
    Now { wall: Wall::from_ms(wall), mono: Mono::from_ms(wall - frozen) }
}

fn current() -> Watcher {
    Watcher::start(Settings::current(), at(0), true)
}

/// Quiesced, fenced and accepted at 120.21 s.
fn accepted(lever: Lever) -> Watcher {
    let view = View::quiet().with_lever(Some(lever));
    let mut w = current();
    assert_eq!(w.step(at(120_000), Fact::Deadline(&view)).command, Some(Command::HoldRedial));
    assert_eq!(w.status(), Status::Draining);
    assert_eq!(w.step(at(120_000), Fact::Held(true)).command, Some(Command::GoDormant));
    assert_eq!(w.step(at(120_100), Fact::Acked(true)).command, Some(Command::CloseSocket));
    assert_eq!(w.step(at(120_110), Fact::Closed(&view)).command, Some(Command::Suspend));
    assert_eq!(w.step(at(120_210), Fact::Lever(true)).command, None);
    w
}

/// The attempt of `step` was abandoned: status running, a cooldown in the future.
fn assert_abandoned(w: &Watcher, step: Step, now: Now, why: Abandoned) {
    assert_eq!(step.abandoned, Some(why));
    assert_eq!(w.status(), Status::Running);
    assert!(w.cooldown_until() > now.wall);
}

/// What is commanded from the first look after the timeout until the watcher rests again. Every answer is told twice, no freeze
/// follows, and the fence is looked at as often as the watcher asks for.
fn commands_of_an_attempt(lever: Lever) -> Vec<Command> {
    let view = View::quiet().with_lever(Some(lever));
    let mut w = current();
    let mut commands = Vec::new();
    commands.extend(w.step(at(120_000), Fact::Deadline(&view)).command);
    for (ms, answer) in [
        (120_000, Fact::Held(true)),
        (120_100, Fact::Acked(true)),
        (120_110, Fact::Closed(&view)),
        (120_210, Fact::Lever(true)),
    ] {
        for _ in 0..2 {
            commands.extend(w.step(at(ms), answer).command);
        }
    }
    while matches!(w.phase(), Phase::Fenced { .. }) {
        let look = w.deadline().expect("a fence has a next look");
        commands.extend(w.step(at(look.as_ms()), Fact::Deadline(&view)).command);
    }
    assert!(matches!(w.phase(), Phase::Resting { .. }));
    commands
}

#[test]
fn dormant_exactly_once_before_the_suspend_and_the_hold_before_dormant() {
    use Command::{CloseSocket, GoDormant, HoldRedial, Release, Suspend};
    for lever in [Lever::Direct, Lever::Brokered] {
        assert_eq!(
            commands_of_an_attempt(lever),
            [HoldRedial, GoDormant, CloseSocket, Suspend, Release],
            "{lever:?}"
        );
    }
}

#[test]
fn without_a_lever_it_never_goes_dormant_and_the_cooldown_is_untouched() {
    let mut w = current();
    for i in 2..100 {
        let view = View::quiet().with_lever(None);
        assert_eq!(w.step(at(i * 30_000), Fact::Deadline(&view)).command, None);
    }
    assert_eq!((w.cooldown_until(), w.status()), (Wall::ZERO, Status::Running));
}

#[test]
fn a_refused_hold_means_neither_dormant_nor_suspend() {
    let mut w = current();
    w.step(at(120_000), Fact::Deadline(&View::quiet()));
    let step = w.step(at(120_000), Fact::Held(false));
    assert_eq!(step.command, None);
    assert_abandoned(&w, step, at(120_000), Abandoned::HoldRefused);
}

#[test]
fn an_ack_refused_or_absent_means_no_suspend_and_the_hold_is_released() {
    for (now, fact) in [(at(120_100), Fact::Acked(false)), (at(130_000), Fact::Deadline(&View::quiet()))] {
        let mut w = current();
        w.step(at(120_000), Fact::Deadline(&View::quiet()));
        w.step(at(120_000), Fact::Held(true));
        let step = w.step(now, fact);
        assert_eq!(step.command, Some(Command::Release));
        assert_abandoned(&w, step, now, Abandoned::NotAcked);
    }
}

#[test]
fn busy_at_the_second_question_means_no_suspend_and_the_hold_is_released() {
    let mut w = current();
    w.step(at(120_000), Fact::Deadline(&View::quiet()));
    w.step(at(120_000), Fact::Held(true));
    w.step(at(120_100), Fact::Acked(true));
    let mut busy = View::quiet();
    busy.census.background.in_flight = Some(1);
    let step = w.step(at(120_110), Fact::Closed(&busy));
    assert_eq!(step.command, Some(Command::Release));
    assert_abandoned(&w, step, at(120_110), Abandoned::BusyAgain);
}

#[test]
fn a_lever_that_refuses_or_is_silent_fails_awake() {
    for (lever, silent_after) in [(Lever::Direct, 10_000), (Lever::Brokered, 40_000)] {
        let view = View::quiet().with_lever(Some(lever));
        for refused in [true, false] {
            let mut w = current();
            w.step(at(120_000), Fact::Deadline(&view));
            w.step(at(120_000), Fact::Held(true));
            w.step(at(120_100), Fact::Acked(true));
            w.step(at(120_110), Fact::Closed(&view));
            let (now, fact, why) = if refused {
                (at(120_210), Fact::Lever(false), Abandoned::LeverRefused)
            } else {
                let early = w.step(at(120_110 + silent_after - 1), Fact::Deadline(&view));
                assert_eq!((early.command, early.abandoned), (None, None));
                (at(120_110 + silent_after), Fact::Deadline(&view), Abandoned::LeverSilent)
            };
            let step = w.step(now, fact);
            assert_eq!(step.command, Some(Command::Release));
            assert_abandoned(&w, step, now, why);
        }
    }
}

#[test]
fn after_a_freeze_of_252_s_the_fence_ends_within_a_slice() {
    let mut w = accepted(Lever::Direct);
    // Before the freeze the fence holds.
    assert_eq!(w.step(at(124_000), Fact::Deadline(&View::quiet())).command, None);
    // Frozen at 124.04 s; the next look was due at mono 124.25 s.
    let now = after_freeze(124_250 + 252_000, 252_000);
    assert_eq!(w.step(now, Fact::Deadline(&View::quiet())).command, Some(Command::Release));
}

#[test]
fn a_fence_that_no_freeze_follows_ends_exactly_after_its_time() {
    let mut w = accepted(Lever::Direct);
    assert_eq!(w.step(at(135_209), Fact::Deadline(&View::quiet())).command, None);
    let mut w = accepted(Lever::Direct);
    assert_eq!(w.step(at(135_210), Fact::Deadline(&View::quiet())).command, Some(Command::Release));
}

#[test]
fn a_brokered_fence_ends_at_the_wake_marker_or_at_the_holds_ceiling() {
    let brokered = View::quiet().with_lever(Some(Lever::Brokered));
    let marked = brokered.with_wake_marker(true);
    let now = after_freeze(124_250 + 252_000, 252_000);
    let mut w = accepted(Lever::Brokered);
    assert_eq!(w.step(now, Fact::Deadline(&brokered)).command, None);
    assert_eq!(
        w.step(after_freeze(124_500 + 252_000, 252_000), Fact::Deadline(&marked)).command,
        Some(Command::Release)
    );
    // Without a mark of a resume: 60 s of mono after the hold was granted at 120 s.
    let mut w = accepted(Lever::Brokered);
    assert_eq!(w.step(after_freeze(179_999 + 252_000, 252_000), Fact::Deadline(&brokered)).command, None);
    assert_eq!(
        w.step(after_freeze(180_249 + 252_000, 252_000), Fact::Deadline(&brokered)).command,
        Some(Command::Release)
    );
}

#[test]
fn a_message_after_dormancy_stamps_restores_the_status_and_clears_the_cooldown() {
    let mut w = accepted(Lever::Direct);
    assert!(w.cooldown_until() > Wall::ZERO);
    w.step(after_freeze(400_000, 252_000), Fact::Inbound);
    assert_eq!(w.last_seen(), Wall::from_ms(400_000));
    assert_eq!((w.status(), w.cooldown_until()), (Status::Running, Wall::ZERO));
}

#[test]
fn a_shutdown_releases_the_hold_and_never_publishes_running() {
    let mut w = accepted(Lever::Direct);
    let step = w.step(at(121_000), Fact::Shutdown);
    assert_eq!((step.command, step.deadline), (Some(Command::Release), None));
    w.step(at(122_000), Fact::Connected);
    w.step(at(122_000), Fact::Inbound);
    assert_eq!(w.status(), Status::Draining);
}

#[test]
fn a_heartbeat_in_the_future_is_now_and_an_unreadable_one_too() {
    for heartbeat in [Heartbeat::At(Wall::from_ms(10_000_000)), Heartbeat::Unreadable] {
        let mut w = current();
        let view = View::quiet().with_heartbeat(heartbeat);
        assert_eq!(w.step(at(120_000), Fact::Deadline(&view)).command, None);
    }
    let mut w = current();
    let view = View::quiet().with_heartbeat(Heartbeat::Missing);
    assert_eq!(w.step(at(120_000), Fact::Deadline(&view)).command, Some(Command::HoldRedial));
}

#[test]
fn the_status_is_restored_by_the_reconnect_only_where_the_switch_is_on() {
    for (on, status) in [(true, Status::Running), (false, Status::Draining)] {
        let mut settings = Settings::current();
        settings.switches.restore_status = on;
        let mut w = Watcher::start(settings, at(0), true);
        w.step(at(120_000), Fact::Deadline(&View::quiet()));
        w.step(at(120_000), Fact::Connected);
        assert_eq!(w.status(), status);
    }
}
