//! Laws of the state machine and the predicate; each test is one law.

use dormouse_core::{
    Activity, Census, Command, Design, Fact, Heartbeat, Lever, Mono, Now, Phase, Settings, Source, Status,
    Switches, View, Wall, Watcher, is_idle,
};
use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// A fact without its borrowed view.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Deadline,
    Inbound,
    Held(bool),
    Acked(bool),
    Closed,
    Lever(bool),
    Connected,
    Poked,
}

/// What comes next in a walk.
#[derive(Debug, Clone, Copy)]
enum Next {
    /// What the watcher waits for in its phase: a look, or the answer to its last command.
    Awaited { yes: bool },
    /// This, in whatever phase.
    Any(Happens),
}

impl Next {
    fn of(self, phase: Phase) -> Happens {
        match (self, phase) {
            (Self::Any(happens), _) => happens,
            (Self::Awaited { yes }, Phase::Holding) => Happens::Held(yes),
            (Self::Awaited { yes }, Phase::Quiescing { .. }) => Happens::Acked(yes),
            (Self::Awaited { .. }, Phase::Closing) => Happens::Closed,
            (Self::Awaited { yes }, Phase::Suspending { .. }) => Happens::Lever(yes),
            (Self::Awaited { .. }, _) => Happens::Deadline,
        }
    }
}

/// One step of a walk: how far the clocks go, what happens then, and what the gateway looks like.
#[derive(Debug, Clone, Copy)]
struct Moment {
    /// Time for which both clocks advance, in ms.
    ran_ms: u64,
    /// Then the wall clock advances alone, in ms: a freeze.
    frozen_ms: u64,
    next: Next,
    view: View,
}

fn some_source() -> impl Strategy<Value = Source> {
    // Mostly quiet: a gateway with work never gets further than its first look.
    let in_flight = prop_oneof![30 => Just(Some(0)), 1 => (1..3_u32).prop_map(Some), 1 => Just(None)];
    let last_end = prop_oneof![9 => Just(None), 1 => (0..900_000_u64).prop_map(|ms| Some(Wall::from_ms(ms)))];
    (in_flight, last_end).prop_map(|(in_flight, last_end)| Source::new(in_flight, last_end))
}

fn some_view() -> impl Strategy<Value = View> {
    let heartbeat = prop_oneof![
        30 => Just(Heartbeat::Missing),
        1 => Just(Heartbeat::Unreadable),
        1 => (0..900_000_u64).prop_map(|ms| Heartbeat::At(Wall::from_ms(ms))),
    ];
    let lever =
        prop_oneof![4 => Just(Some(Lever::Direct)), 2 => Just(Some(Lever::Brokered)), 1 => Just(None)];
    let sources = (some_source(), some_source(), some_source(), some_source());
    (sources, heartbeat, prop::bool::weighted(0.9), lever, any::<bool>()).prop_map(
        |((turns, cron, api, background), heartbeat, relay_only, lever, wake_marker)| {
            let mut view = View::quiet().with_heartbeat(heartbeat).with_relay_only(relay_only);
            [view.census.turns, view.census.cron, view.census.api, view.census.background] =
                [turns, cron, api, background];
            view.census.permanent = Some(1);
            view.with_lever(lever).with_wake_marker(wake_marker)
        },
    )
}

/// What the phase waits for, mostly; anything else, sometimes.
fn some_moment() -> impl Strategy<Value = Moment> {
    let happens = prop_oneof![
        1 => Just(Happens::Deadline),
        3 => Just(Happens::Inbound),
        1 => any::<bool>().prop_map(Happens::Held),
        1 => any::<bool>().prop_map(Happens::Acked),
        1 => Just(Happens::Closed),
        1 => any::<bool>().prop_map(Happens::Lever),
        1 => Just(Happens::Connected),
        8 => Just(Happens::Poked),
    ];
    let next = prop_oneof![
        5 => prop::bool::weighted(0.9).prop_map(|yes| Next::Awaited { yes }),
        1 => happens.prop_map(Next::Any),
    ];
    let ran_ms = prop_oneof![Just(0_u64), 0..400_u64, Just(30_000), 0..200_000_u64];
    let frozen_ms = prop_oneof![6 => Just(0_u64), 1 => 0..5_000_000_u64];
    (ran_ms, frozen_ms, next, some_view()).prop_map(|(ran_ms, frozen_ms, next, view)| Moment {
        ran_ms,
        frozen_ms,
        next,
        view,
    })
}

/// Walks of a gateway that is idle all the time, in which attempts fail and the watcher looks often.
fn hasty_moments() -> impl Strategy<Value = Vec<Moment>> {
    let moment = (0..40_000_u64, prop::bool::weighted(0.3)).prop_map(|(ran_ms, yes)| Moment {
        ran_ms,
        frozen_ms: 0,
        next: Next::Awaited { yes },
        view: View::quiet(),
    });
    proptest::collection::vec(moment, 200..400)
}

fn some_settings() -> impl Strategy<Value = Settings> {
    // Ours more often than the others: only it heeds pokes, defers work and renews.
    let design =
        prop_oneof![2 => proptest::sample::select(Design::ALL.to_vec()), 1 => Just(Design::Dormouse)];
    let switches =
        proptest::collection::vec((proptest::sample::select(Switches::NAMES), any::<bool>()), 0..4);
    (design, switches, 1..300_000_u64).prop_map(|(design, switches, idle_timeout_ms)| {
        let mut settings = design.settings().with_idle_timeout_ms(idle_timeout_ms);
        for (name, on) in switches {
            settings.switches.set(name, on);
        }
        settings
    })
}

/// What a law can inspect after each step of a walk.
struct Seen<'a> {
    moment: &'a Moment,
    happens: Happens,
    now: Now,
    before: Watcher,
    after: Watcher,
    command: Option<Command>,
    abandoned: bool,
}

fn fact(happens: Happens, view: &View) -> Fact<'_> {
    match happens {
        Happens::Deadline => Fact::Deadline(view),
        Happens::Inbound => Fact::Inbound,
        Happens::Held(granted) => Fact::Held(granted),
        Happens::Acked(acked) => Fact::Acked(acked),
        Happens::Closed => Fact::Closed(view),
        Happens::Lever(accepted) => Fact::Lever(accepted),
        Happens::Connected => Fact::Connected,
        Happens::Poked => Fact::Poked,
    }
}

/// The same view `ms` later.
fn seen_later(view: &View, ms: u64) -> View {
    let mut later = *view;
    let Census { turns, cron, api, background, .. } = &mut later.census;
    for source in [turns, cron, api, background] {
        source.last_end = source.last_end.map(|at| at.plus(ms));
    }
    if let Heartbeat::At(at) = &mut later.heartbeat {
        *at = at.plus(ms);
    }
    later
}

/// Performs a walk and passes every step to `law`.
fn walk(
    settings: Settings,
    moments: &[Moment],
    mut law: impl FnMut(&Seen<'_>) -> Result<(), TestCaseError>,
) -> Result<(), TestCaseError> {
    let mut now = Now::default();
    let mut watcher = Watcher::start(settings, now, true);
    for moment in moments {
        now.mono = now.mono.plus(moment.ran_ms);
        now.wall = now.wall.plus(moment.ran_ms + moment.frozen_ms);
        let happens = moment.next.of(watcher.phase());
        if matches!(happens, Happens::Deadline) {
            // As a caller would: no earlier than asked for.
            let late = watcher.deadline().map_or(0, |at| at.since(now.mono));
            now.mono = now.mono.plus(late);
            now.wall = now.wall.plus(late);
        }
        let fact = fact(happens, &moment.view);
        let before = watcher;
        let step = watcher.step(now, fact);
        prop_assert_eq!(step.deadline, watcher.deadline());
        law(&Seen {
            moment,
            happens,
            now,
            before,
            after: watcher,
            command: step.command,
            abandoned: step.abandoned.is_some(),
        })?;
    }
    Ok(())
}

fn rests(watcher: &Watcher) -> bool {
    matches!(watcher.phase(), Phase::Resting { .. })
}

/// Does this step begin an attempt to sleep?
fn begins_an_attempt(seen: &Seen<'_>) -> bool {
    rests(&seen.before) && !rests(&seen.after)
}

/// The predicate written as separate conditions for one look: no counted work in flight, the timeout since the
/// last activity, and the additional conditions of the switches `idle_since_activity` and `pace_sleeps`.
fn is_idle_question_by_question(settings: &Settings, now: Wall, inbound: Wall, view: &View) -> bool {
    let s = settings.switches;
    let Census { turns, cron, api, background, permanent, .. } = view.census;
    let all = [(true, turns), (s.count_cron, cron), (s.count_api, api), (s.count_background, background)];
    let counted: Vec<Source> = all.into_iter().filter(|(on, _)| *on).map(|(_, source)| source).collect();
    let tasks = s.count_background && !s.ignore_permanent_tasks && permanent != Some(0);
    if tasks || counted.iter().any(|source| source.in_flight != Some(0)) {
        return false;
    }
    let since_inbound = now.since(inbound);
    let since_heartbeat = match view.heartbeat {
        Heartbeat::At(at) if s.count_clients => now.since(at),
        Heartbeat::Unreadable if s.count_clients => 0,
        _ => u64::MAX,
    };
    let since_work = counted.iter().filter_map(|source| source.last_end).map(|end| now.since(end)).min();
    let answered = since_work.unwrap_or(u64::MAX) >= settings.idle_timeout_ms.min(settings.answer_ms);
    is_idle(Some(0), Some(0), now, inbound, settings.idle_timeout_ms)
        && since_heartbeat >= settings.idle_timeout_ms
        && (!s.idle_since_activity || answered)
        && (!s.pace_sleeps || since_inbound >= settings.stay_ms)
}

fn moments() -> impl Strategy<Value = Vec<Moment>> {
    proptest::collection::vec(some_moment(), 1..60)
}

/// The most attempts that end within an hour, with or without the switch that paces them.
fn attempts_in_an_hour(mut settings: Settings, paced: bool, moments: &[Moment]) -> usize {
    settings.switches.pace_sleeps = paced;
    let mut ends: Vec<u64> = Vec::new();
    walk(settings, moments, |seen| {
        if !rests(&seen.before) && rests(&seen.after) {
            ends.push(seen.now.wall.as_ms());
        }
        Ok(())
    })
    .expect("nothing is demanded of a step");
    let within = |i: usize| ends[i..].iter().take_while(|&&end| end < ends[i] + 3_600_000).count();
    (0..ends.len()).map(within).max().unwrap_or(0)
}

/// Most laws here say "if this happens, then that", and would hold as well if it never happened. So this counts how often it does
/// in walks like theirs, which are drawn from a fixed seed.
#[test]
fn the_walks_come_to_everything_that_the_laws_speak_of() {
    let mut counts: BTreeMap<&str, u32> = BTreeMap::new();
    let mut runner = TestRunner::deterministic();
    let walks = (some_settings(), moments(), hasty_moments());
    for _ in 0..1000 {
        let (settings, moments, hasty) = walks.new_tree(&mut runner).expect("a walk").current();
        let switches = settings.switches;
        let mut count = |what, happens: bool| *counts.entry(what).or_default() += u32::from(happens);
        count(
            "hours with over 20 attempts without a pace",
            attempts_in_an_hour(settings, false, &hasty) > 20,
        );
        count("hours with over 15 attempts with a pace", attempts_in_an_hour(settings, true, &hasty) > 15);
        walk(settings, &moments, |seen| {
            let phase = seen.before.phase();
            let (suspends, inbound) =
                (seen.command == Some(Command::Suspend), matches!(seen.happens, Happens::Inbound));
            let poked = matches!(seen.happens, Happens::Poked) && switches.heed_pokes;
            let closed = phase == Phase::Closing && matches!(seen.happens, Happens::Closed);
            let (turns, shut) = (seen.moment.view.census.turns.in_flight, !seen.moment.view.relay_only);
            for (what, happens) in [
                ("attempts", begins_an_attempt(seen)),
                ("attempts that are abandoned", seen.abandoned),
                (
                    "holds that are refused",
                    phase == Phase::Holding && matches!(seen.happens, Happens::Held(false)),
                ),
                ("second questions that find a turn", closed && turns != Some(0)),
                ("second looks that find the gate shut", closed && shut),
                ("holds that are released", seen.command == Some(Command::Release)),
                ("connections that are renewed", seen.command == Some(Command::Renew)),
                ("suspends where acks are required", suspends && switches.require_ack),
                ("suspends after a second question", suspends && switches.recheck_after_quiesce),
                ("suspends after a second look at the gate", suspends && switches.regate_after_quiesce),
                (
                    "pokes before the lever",
                    poked && matches!(phase, Phase::Quiescing { .. } | Phase::Closing),
                ),
                (
                    "pokes after the lever",
                    poked && matches!(phase, Phase::Suspending { .. } | Phase::Fenced { .. }),
                ),
                ("pokes that are passed on", seen.command == Some(Command::Wake)),
                ("messages at rest", inbound && rests(&seen.before)),
                ("messages while the hold is asked for", inbound && phase == Phase::Holding),
                ("messages before the ack", inbound && matches!(phase, Phase::Quiescing { .. })),
                ("messages while the socket closes", inbound && phase == Phase::Closing),
                ("messages while the lever is pulled", inbound && matches!(phase, Phase::Suspending { .. })),
                ("messages in the fence", inbound && matches!(phase, Phase::Fenced { .. })),
            ] {
                count(what, happens);
            }
            Ok(())
        })
        .expect("nothing is demanded of a step");
    }
    let rare: Vec<_> = counts.iter().filter(|&(_, &n)| n < 20).collect();
    assert!(rare.is_empty(), "too rare to say anything: {rare:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn never_idle_while_in_flight(work in 1..u32::MAX, background in 0..3_u32, now: u64, seen: u64, timeout: u64) {
        let (now, seen) = (Wall::from_ms(now), Wall::from_ms(seen));
        prop_assert!(!is_idle(Some(work), Some(background), now, seen, timeout));
        prop_assert!(!is_idle(Some(0), Some(work), now, seen, timeout));
        prop_assert!(!is_idle(None, Some(background), now, seen, timeout));
    }

    #[test]
    fn idle_is_stable_until_the_next_arrival(now in 0..u64::MAX / 2, later in 0..u64::MAX / 2, seen: u64, timeout: u64) {
        let idle = |now| is_idle(Some(0), Some(0), Wall::from_ms(now), Wall::from_ms(seen), timeout);
        prop_assert!(!idle(now) || idle(now + later));
    }

    #[test]
    fn a_longer_timeout_is_never_idle_earlier(now: u64, seen: u64, timeout: u64, more: u64) {
        let idle = |timeout| is_idle(Some(0), Some(0), Wall::from_ms(now), Wall::from_ms(seen), timeout);
        prop_assert!(idle(timeout) || !idle(timeout.saturating_add(more)));
    }

    #[test]
    fn a_gateway_is_idle_from_the_moment_at_which_each_question_says_so(
        settings in some_settings(), view in some_view(), inbound in 0..900_000_u64, now in 0..2_000_000_u64,
        answer_ms in prop_oneof![Just(0), 0..900_000_u64], timeout_ms in prop_oneof![1 => Just(0), 9 => 0..900_000_u64],
    ) {
        let settings = settings.with_idle_timeout_ms(timeout_ms).with_answer_ms(answer_ms);
        let (now, inbound) = (Wall::from_ms(now), Wall::from_ms(inbound));
        let from = settings.idle_from(&Activity::found(now, inbound, &view.census, view.heartbeat));
        prop_assert_eq!(
            now >= from.at_timeout(timeout_ms),
            is_idle_question_by_question(&settings, now, inbound, &view)
        );
    }

    #[test]
    fn the_longest_timeout_is_the_last_at_which_the_gateway_is_idle_in_time(
        settings in some_settings(), view in some_view(), inbound in 0..900_000_u64, by in 0..2_000_000_u64,
        answer_ms in prop_oneof![Just(0), 0..900_000_u64], timeout_ms in 0..2_000_000_u64,
    ) {
        let settings = settings.with_answer_ms(answer_ms);
        let (by, inbound) = (Wall::from_ms(by), Wall::from_ms(inbound));
        // Some of the ends are later than `by`.
        let from = settings.idle_from(&Activity::found(Wall::MAX, inbound, &view.census, view.heartbeat));
        let in_time = |timeout_ms| from.at_timeout(timeout_ms) <= by;
        match from.longest_timeout_ms(by) {
            Some(longest) => {
                prop_assert!(in_time(longest) && !in_time(longest + 1));
                prop_assert_eq!(in_time(timeout_ms), timeout_ms <= longest);
            }
            None => prop_assert!(!in_time(timeout_ms) && !in_time(0)),
        }
    }

    #[test]
    fn no_attempt_begins_while_counted_work_is_in_flight(settings in some_settings(), moments in moments()) {
        let s = settings.switches;
        walk(settings, &moments, |seen| {
            let Census { turns, cron, api, background, .. } = seen.moment.view.census;
            let counted = [(true, turns), (s.count_cron, cron), (s.count_api, api), (s.count_background, background)];
            let busy = counted.iter().any(|(counted, source)| *counted && source.in_flight != Some(0))
                || s.count_background && !s.ignore_permanent_tasks;
            prop_assert!(!busy || !begins_an_attempt(seen));
            Ok(())
        })?;
    }

    #[test]
    fn no_attempt_begins_before_the_timeout_or_in_the_cooldown(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            if begins_an_attempt(seen) {
                prop_assert!(seen.now.wall.since(seen.before.last_seen()) >= settings.idle_timeout_ms);
                prop_assert!(seen.now.wall >= seen.before.cooldown_until());
                let stay_ms = if settings.switches.pace_sleeps { settings.stay_ms } else { 0 };
                prop_assert!(seen.now.wall.since(seen.before.last_seen()) >= stay_ms);
            }
            Ok(())
        })?;
    }

    #[test]
    fn no_attempt_begins_at_a_shut_gate_or_without_a_lever(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            if begins_an_attempt(seen) {
                prop_assert!(!settings.switches.regate_each_tick || seen.moment.view.relay_only);
                prop_assert!(!settings.switches.abstain_without_lever || seen.moment.view.lever.is_some());
            }
            Ok(())
        })?;
    }

    #[test]
    fn never_a_suspend_without_an_acked_flip_when_acks_are_required(settings in some_settings(), moments in moments()) {
        let mut acked = false;
        walk(settings, &moments, |seen| {
            if begins_an_attempt(seen) {
                acked = false;
            }
            acked |= matches!((seen.before.phase(), seen.happens), (Phase::Quiescing { .. }, Happens::Acked(true)));
            if seen.command == Some(Command::Suspend) {
                prop_assert!(acked || !settings.switches.require_ack);
            }
            Ok(())
        })?;
    }

    #[test]
    fn never_a_suspend_if_busy_at_the_second_question(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            if seen.command == Some(Command::Suspend) && settings.switches.recheck_after_quiesce {
                prop_assert_eq!(seen.moment.view.census.turns.in_flight, Some(0));
                prop_assert!(seen.now.wall.since(seen.before.last_seen()) >= settings.idle_timeout_ms);
            }
            Ok(())
        })?;
    }

    #[test]
    fn never_a_suspend_at_a_gate_that_shut_during_the_quiesce(settings in some_settings(), moments in moments()) {
        let asked = settings.switches.regate_after_quiesce;
        walk(settings, &moments, |seen| {
            prop_assert!(!asked || seen.command != Some(Command::Suspend) || seen.moment.view.relay_only);
            Ok(())
        })?;
    }

    #[test]
    fn no_suspend_while_work_waits(settings in some_settings(), moments in moments()) {
        let (mut waits, mut passed_on) = (false, false);
        walk(settings, &moments, |seen| {
            if begins_an_attempt(seen) {
                (waits, passed_on) = (false, false);
            }
            let heard = settings.switches.heed_pokes && matches!(seen.happens, Happens::Poked);
            let phase = seen.before.phase();
            waits |= heard && !rests(&seen.before) && phase != Phase::Holding;
            prop_assert!(!waits || !matches!(seen.command, Some(Command::GoDormant | Command::CloseSocket | Command::Suspend))
                || phase == Phase::Holding);
            // After the accept, a poke is passed on once, unless the machine has already slept.
            let fenced = matches!(seen.after.phase(), Phase::Fenced { .. });
            let wakes = seen.command == Some(Command::Wake);
            prop_assert!(!wakes || waits && fenced && !passed_on);
            passed_on |= wakes;
            if waits && matches!((phase, seen.happens), (Phase::Suspending { .. }, Happens::Lever(true))) && fenced {
                prop_assert!(wakes || seen.after.admits_work(seen.now));
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_hour_has_no_more_than_twenty_attempts(settings in some_settings(), moments in hasty_moments()) {
        prop_assert!(attempts_in_an_hour(settings, true, &moments) <= 20);
    }

    #[test]
    fn no_command_after_a_refused_hold_but_release(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            if matches!((seen.before.phase(), seen.happens), (Phase::Holding, Happens::Held(false))) {
                prop_assert!(matches!(seen.command, None | Some(Command::Release)));
                prop_assert!(rests(&seen.after) && seen.abandoned);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_granted_hold_is_released_exactly_when_the_attempt_is_over(settings in some_settings(), moments in moments()) {
        let mut held = false;
        walk(settings, &moments, |seen| {
            held |= matches!((seen.before.phase(), seen.happens), (Phase::Holding, Happens::Held(true)));
            let released = matches!(seen.command, Some(Command::Release | Command::Renew));
            prop_assert!(seen.command != Some(Command::Release) || held, "released what was not held");
            held &= !released;
            prop_assert!(!rests(&seen.after) || !held, "rests and still holds");
            prop_assert!(rests(&seen.after) || !released, "released in the middle of an attempt");
            Ok(())
        })?;
    }

    #[test]
    fn an_abandoned_attempt_publishes_running_and_cools_down(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            if seen.abandoned {
                prop_assert_eq!(seen.after.status(), Status::Running);
                let cooling = seen.after.cooldown_until() >= seen.now.wall.plus(settings.cooldown_ms);
                prop_assert_eq!(cooling, settings.switches.abort_cooldown || settings.cooldown_ms == 0 && cooling);
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_message_stamps_the_clock_and_clears_the_cooldown_in_every_phase(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            if matches!(seen.happens, Happens::Inbound) {
                prop_assert_eq!(seen.after.last_seen(), seen.now.wall);
                prop_assert_eq!(seen.after.cooldown_until(), Wall::ZERO);
                prop_assert_eq!(seen.after.phase(), seen.before.phase());
                prop_assert!(!settings.switches.restore_status || seen.after.status() == Status::Running);
            } else {
                prop_assert_eq!(seen.after.last_seen(), seen.before.last_seen());
            }
            Ok(())
        })?;
    }

    #[test]
    fn it_knows_differences_of_times_only(
        settings in some_settings(), moments in moments(), wall_ms in 0..1_u64 << 40, mono_ms in 0..1_u64 << 40
    ) {
        // The same walk on clocks that started earlier by these offsets.
        let later = |now: Now| Now { wall: now.wall.plus(wall_ms), mono: now.mono.plus(mono_ms) };
        let mut there = Watcher::start(settings, later(Now::default()), true);
        walk(settings, &moments, |seen| {
            let view = seen_later(&seen.moment.view, wall_ms);
            let command = there.step(later(seen.now), fact(seen.happens, &view)).command;
            prop_assert_eq!(command, seen.command);
            prop_assert_eq!(there.rebased(wall_ms, mono_ms), seen.after);
            Ok(())
        })?;
    }

    #[test]
    fn time_always_goes_on(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            // A deadline that was met is followed by a later one, or by a wait for an answer.
            if matches!(seen.happens, Happens::Deadline) && seen.before.deadline().is_some() {
                prop_assert!(seen.after.deadline().is_none_or(|at| at > seen.now.mono));
            }
            Ok(())
        })?;
    }

    #[test]
    fn a_fact_that_belongs_to_no_phase_changes_nothing(settings in some_settings(), moments in moments()) {
        walk(settings, &moments, |seen| {
            let answers = matches!(
                (seen.before.phase(), seen.happens),
                (_, Happens::Deadline | Happens::Inbound | Happens::Connected)
                    | (
                        Phase::Quiescing { .. } | Phase::Closing | Phase::Suspending { .. } | Phase::Fenced { .. },
                        Happens::Poked
                    )
                    | (Phase::Holding, Happens::Held(_))
                    | (Phase::Quiescing { .. }, Happens::Acked(_))
                    | (Phase::Closing, Happens::Closed)
                    | (Phase::Suspending { .. }, Happens::Lever(_))
            );
            prop_assert!(answers || seen.before == seen.after && seen.command.is_none());
            Ok(())
        })?;
    }

    #[test]
    fn a_watcher_that_is_not_armed_never_acts(settings in some_settings(), moments in moments()) {
        let mut watcher = Watcher::start(settings, Now::default(), false);
        let mut mono = Mono::ZERO;
        for moment in &moments {
            mono = mono.plus(moment.ran_ms);
            let now = Now { wall: Wall::from_ms(mono.as_ms()), mono };
            let step = watcher.step(now, Fact::Deadline(&moment.view));
            prop_assert_eq!((step.command, step.deadline, watcher.status()), (None, None, Status::Running));
        }
    }
}
