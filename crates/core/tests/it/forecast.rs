//! The forecast: calling only at the ticks that it returns is equivalent to calling at every tick.

use dormouse_core::{
    Activity, Census, Command, Design, Fact, Forecast, Heartbeat, Lever, Mono, Now, Phase, Settings, Source,
    Switches, View, Wall, Watcher,
};
use std::cell::Cell;

use proptest::prelude::*;

/// Both clocks, with the wall clock `ahead` of the monotonic one.
fn at(mono: Mono, ahead_ms: u64) -> Now {
    Now { wall: Wall::from_ms(mono.as_ms() + ahead_ms), mono }
}

/// The view of a gateway at `now` if nothing but `forecast` happens.
fn view(forecast: &Forecast, lever: Lever, now: Now) -> View {
    let source = |until: Wall| {
        let last_end = (Wall::ZERO < until && until <= now.wall).then_some(until);
        Source::new(Some(u32::from(until > now.wall)), last_end)
    };
    let activity = &forecast.activity;
    let mut census = Census::QUIET;
    census.turns = source(activity.turns);
    census.cron = source(activity.cron);
    census.api = source(activity.api);
    census.background = source(activity.background);
    census.permanent = Some(u32::from(activity.permanent));
    let heartbeat = match activity.heartbeat {
        Wall::ZERO => Heartbeat::Missing,
        at => Heartbeat::At(at),
    };
    View::quiet()
        .with_census(census)
        .with_heartbeat(heartbeat)
        .with_relay_only(!forecast.gate_shut)
        .with_lever((!forecast.no_lever).then_some(lever))
        .with_wake_marker(forecast.wake_marker)
}

const NOTHING: Forecast = Forecast {
    activity: Activity {
        inbound: Wall::ZERO,
        heartbeat: Wall::ZERO,
        turns: Wall::ZERO,
        cron: Wall::ZERO,
        api: Wall::ZERO,
        background: Wall::ZERO,
        permanent: false,
    },
    gate_shut: false,
    no_lever: false,
    wake_marker: false,
};

fn some_end() -> impl Strategy<Value = Wall> {
    // Round numbers hit ticks and timeouts exactly.
    prop_oneof![3 => Just(0), 1 => (0..20_u64).prop_map(|n| n * 30_000), 1 => 0..600_000_u64]
        .prop_map(Wall::from_ms)
}

fn some_forecast() -> impl Strategy<Value = Forecast> {
    let ends = (some_end(), some_end(), some_end(), some_end(), some_end());
    let flags =
        (prop::bool::weighted(0.3), prop::bool::weighted(0.1), prop::bool::weighted(0.1), any::<bool>());
    (ends, flags).prop_map(
        |((turns, cron, api, background, heartbeat), (permanent, gate_shut, no_lever, wake_marker))| {
            let activity =
                Activity { inbound: Wall::ZERO, heartbeat, turns, cron, api, background, permanent };
            Forecast { activity, gate_shut, no_lever, wake_marker }
        },
    )
}

fn some_settings() -> impl Strategy<Value = Settings> {
    let switches = prop::collection::vec((prop::sample::select(Switches::NAMES), any::<bool>()), 0..6);
    let timings =
        (prop_oneof![1..10_u64, Just(30_000), Just(7_001)], prop_oneof![Just(120_000), 1..400_000_u64]);
    (prop::sample::select(Design::ALL.to_vec()), switches, timings, 0..200_000_u64).prop_map(
        |(design, switches, (tick_ms, idle_timeout_ms), stay_ms)| {
            let tick_ms = tick_ms.max(500); // few enough looks to play them all
            let mut settings = design
                .settings()
                .with_tick_ms(tick_ms)
                .with_idle_timeout_ms(idle_timeout_ms)
                .with_stay_ms(stay_ms);
            for (name, on) in switches {
                settings.switches.set(name, on);
            }
            settings
        },
    )
}

/// The watcher after a quiesce that was acked and whose lever call was accepted; `None` if the design does not get there.
fn fenced(settings: Settings, lever: Lever) -> Option<(Watcher, Now)> {
    let mut watcher = Watcher::start(settings, Now::ZERO, true);
    let mut now = at(Mono::from_ms(10_000_000), 0);
    let quiet = View::quiet().with_lever(Some(lever));
    watcher.step(now, Fact::Deadline(&quiet));
    watcher.step(now, Fact::Held(true));
    watcher.step(now, Fact::Acked(true));
    watcher.step(now, Fact::Closed(&quiet));
    now = at(now.mono.plus(100), 0);
    watcher.step(now, Fact::Lever(true));
    matches!(watcher.phase(), Phase::Fenced { .. }).then_some((watcher, now))
}

#[test]
fn every_look_before_the_one_that_matters_ends_at_once_and_that_one_does_not() {
    let (cases, acts) = (Cell::new(0), Cell::new(0));
    proptest!(ProptestConfig::with_cases(4000), |(
        settings in some_settings(), forecast in some_forecast(), ahead_ms in prop_oneof![Just(0_u64), 0..100_000_u64],
        message_ms in prop::option::of(0..50_000_u64), attempt in any::<bool>(), connects in any::<bool>(),
    )| {
        let mut watcher = Watcher::start(settings, at(Mono::ZERO, ahead_ms), true);
        let mut now = at(Mono::ZERO, ahead_ms);
        if attempt {
            // An abandoned attempt, to get a cooldown and a pace.
            now = at(Mono::from_ms(500_000), ahead_ms);
            watcher.step(now, Fact::Deadline(&View::quiet()));
            watcher.step(now, Fact::Held(false));
            watcher.step(now, Fact::Acked(false));
            watcher.step(now, Fact::Closed(&View::quiet()));
            watcher.step(now, Fact::Lever(false));
            if connects {
                watcher.step(now, Fact::Connected);
            }
        }
        if let Some(ms) = message_ms {
            // Before the next look.
            now = at(now.mono.plus(ms % settings.tick_ms), ahead_ms);
            watcher.step(now, Fact::Inbound);
        }
        let rests = matches!(watcher.phase(), Phase::Resting { .. });
        prop_assert!(rests, "{:?}", watcher.phase());
        cases.set(cases.get() + 1);
        let matters = watcher.next_deadline_that_matters(now, &forecast);
        let mut plain = watcher;
        while let Some(look) = plain.deadline().filter(|look| look.as_ms() < 2_000_000) {
            let now = at(look.max(now.mono), ahead_ms);
            let step = plain.step(now, Fact::Deadline(&view(&forecast, Lever::Direct, now)));
            if step.command.is_some() {
                acts.set(acts.get() + 1);
                prop_assert_eq!(matters, Some(look), "it acts");
                return Ok(());
            }
            prop_assert_ne!(matters, Some(look), "nothing comes of it");
        }
        prop_assert!(matters.is_none_or(|look| look.as_ms() >= 2_000_000), "{:?} was never looked at", matters);
    });
    assert!(acts.get() * 100 >= cases.get() * 40, "it acts in {} of {} cases", acts.get(), cases.get());
}

#[test]
fn the_look_at_which_the_fence_is_over_is_known_beforehand() {
    let (cases, passes_over) = (Cell::new(0), Cell::new(0));
    proptest!(ProptestConfig::with_cases(4000), |(
        settings in some_settings(), direct in any::<bool>(), wake_marker in any::<bool>(),
        late_look_ms in prop_oneof![Just(3000_u64), Just(0), Just(1)], frozen_ms in prop_oneof![Just(0_u64), 0..200_u64, 0..100_000_u64],
        passed in 0..8_u64, more_ms in 0..250_u64,
    )| {
        cases.set(cases.get() + 1);
        let lever = if direct { Lever::Direct } else { Lever::Brokered };
        let settings = settings.with_late_look_ms(late_look_ms);
        let Some((watcher, accepted)) = fenced(settings, lever) else { return Ok(()) };
        let now = at(accepted.mono.plus(more_ms), frozen_ms);
        let forecast = Forecast { wake_marker, ..NOTHING };
        let matters = watcher.next_deadline_that_matters(now, &forecast).expect("a fence ends");
        let quiet = view(&forecast, lever, now);
        let look_at = |watcher: &mut Watcher, look: Mono| {
            let now = at(look, frozen_ms);
            watcher.step(now, Fact::Deadline(&quiet));
            !matches!(watcher.phase(), Phase::Fenced { .. })
        };
        let mut plain = watcher;
        loop {
            let look = plain.deadline().expect("a fence has a next look");
            let over = look_at(&mut plain, look);
            prop_assert_eq!(over, look == matters, "{:?} of {:?}", look, matters);
            if over {
                break;
            }
        }
        // Skipping looks is equivalent to playing them.
        let (mut played, mut skipped) = (watcher, watcher);
        for _ in 0..passed {
            let look = played.deadline().expect("a look");
            if look >= matters {
                break;
            }
            look_at(&mut played, look);
        }
        if let Phase::Fenced { poll_at, .. } = played.phase() {
            skipped.pass_over(poll_at.plus(more_ms));
            prop_assert_eq!(skipped, played);
            prop_assert_eq!(watcher.next_tick(poll_at), Some(poll_at));
            prop_assert_eq!(watcher.next_tick(poll_at.plus(1)), Some(poll_at.plus(settings.fence_slice_ms)));
            passes_over.set(passes_over.get() + 1);
        }
    });
    assert!(passes_over.get() * 100 >= cases.get() * 25, "{} of {} cases", passes_over.get(), cases.get());
}

#[test]
fn outside_of_rest_and_fence_the_deadline_itself_matters() {
    let mut watcher = Watcher::start(Settings::current(), Now::ZERO, true);
    let now = at(Mono::from_ms(120_000), 0);
    assert_eq!(watcher.next_tick(now.mono), Some(now.mono));
    assert_eq!(watcher.next_tick(now.mono.plus(1)), Some(now.mono.plus(30_000)));
    watcher.step(now, Fact::Deadline(&View::quiet()));
    assert_eq!(
        (watcher.next_tick(now.mono), watcher.next_deadline_that_matters(now, &NOTHING)),
        (None, None)
    );
    watcher.pass_over(now.mono.plus(1));
    assert_eq!(watcher.step(now, Fact::Held(true)).command, Some(Command::GoDormant));
    let ack_by = Some(now.mono.plus(10_000));
    assert_eq!(
        (watcher.next_tick(now.mono), watcher.next_deadline_that_matters(now, &NOTHING)),
        (ack_by, ack_by)
    );
    assert_eq!(
        Watcher::start(Settings::current(), Now::ZERO, false).next_deadline_that_matters(now, &NOTHING),
        None
    );
}

proptest! {
    #[test]
    fn looks_answer_for_every_timeout_what_the_watcher_answers_for_its_own(
        settings in some_settings(), forecast in some_forecast(), now in 0..400_000_u64,
        timeouts in prop::collection::vec(0..500_000_u64, 1..20)
    ) {
        let now = at(Mono::from_ms(now), 0);
        let mut watcher = Watcher::start(settings, Now::ZERO, true);
        let looks = watcher.looks(now, &forecast);
        for timeout_ms in timeouts {
            watcher.set_idle_timeout(timeout_ms);
            let look = looks.and_then(|looks| looks.at_timeout(timeout_ms));
            prop_assert_eq!(look, watcher.next_deadline_that_matters(now, &forecast));
            // The inverse: the longest timeout with this look has it, and the next longer one has a later look or none.
            if let (Some(looks), Some(look)) = (looks, look) {
                let longest_ms = looks.longest_timeout_ms(look).unwrap();
                prop_assert!(longest_ms >= timeout_ms);
                prop_assert_eq!(looks.at_timeout(longest_ms), Some(look));
                let next = looks.at_timeout(longest_ms.saturating_add(1));
                prop_assert!(longest_ms == u64::MAX || next != Some(look), "{} {:?}", longest_ms, next);
            }
        }
    }

    #[test]
    fn the_longest_idle_timeout_is_the_longest_with_which_a_look_finds_it_idle(
        settings in some_settings(), forecast in some_forecast(), now in 400_000..2_000_000_u64
    ) {
        let now = at(Mono::from_ms(now), 0);
        let view = view(&Forecast { gate_shut: false, no_lever: false, ..forecast }, Lever::Direct, now);
        let watcher = Watcher::start(settings, Now::ZERO, true);
        let attempts = |timeout_ms: u64| {
            let mut watcher = watcher;
            watcher.set_idle_timeout(timeout_ms);
            watcher.step(now, Fact::Deadline(&view)).command.is_some()
        };
        match watcher.longest_idle_timeout_ms(now.wall, &view) {
            Some(longest_ms) => prop_assert!(attempts(longest_ms) && !attempts(longest_ms + 1)),
            None => prop_assert!(!attempts(0)),
        }
    }
}

/// A watcher that has slept once and rests again, told that a message came at `message_ms`.
fn woken(attempt_ms: u64, woken_ms: u64, message_ms: u64) -> (Watcher, Now) {
    let quiet = View::quiet();
    let mut watcher = Watcher::start(Settings::dormouse(), Now::ZERO, true);
    let before = |wall_ms: u64| at(Mono::from_ms(wall_ms), 0);
    watcher.step(before(attempt_ms), Fact::Deadline(&quiet));
    watcher.step(before(attempt_ms), Fact::Held(true));
    watcher.step(before(attempt_ms + 100), Fact::Acked(true));
    watcher.step(before(attempt_ms + 110), Fact::Closed(&quiet));
    watcher.step(before(attempt_ms + 200), Fact::Lever(true));
    // Frozen 2.2 s later.
    let slept_ms = woken_ms - (attempt_ms + 2400);
    let after = |wall_ms: u64| at(Mono::from_ms(wall_ms - slept_ms), slept_ms);
    watcher.step(after(woken_ms + 50), Fact::Deadline(&quiet));
    watcher.inbound(Wall::from_ms(message_ms));
    watcher.step(after(message_ms), Fact::Connected);
    assert!(matches!(watcher.phase(), Phase::Resting { .. }), "{:?}", watcher.phase());
    (watcher, after(message_ms))
}

#[test]
fn watchers_that_were_woken_together_rest_alike_though_one_slept_for_longer() {
    let (message_ms, woken_ms) = (1_000_500, 1_000_000);
    let (early, its) = woken(300_000, woken_ms, message_ms);
    let (late, others) = woken(840_000, woken_ms, message_ms);
    assert_ne!(early, late);
    assert!(early.rests_like(its, &late, others) && early.sleeps_like(&late, its.wall));
    // They differ in when they were woken, so in their ticks, which are dead once both have begun to fall asleep.
    let (other, others) = woken(840_000, woken_ms - 3000, message_ms);
    assert!(!early.rests_like(its, &other, others) && early.sleeps_like(&other, its.wall.plus(200_000)));
    // The pace of the other ends earlier, which an attempt that ends soon still sees.
    assert!(!early.sleeps_like(&other, its.wall));
    // The last message is never dead.
    let (other, _) = woken(300_000, woken_ms, message_ms - 1);
    assert!(!early.sleeps_like(&other, its.wall.plus(200_000)));
}
