//! What the first implementations' own tests check, against the production watcher. (The flag, the timeout, the gate and the
//! predicate are core's, with tests there.)

use dormouse_core::{Command, Heartbeat, Lever, Settings, Source, Status, View, Wall};
use dormouse_watcher::work::WorkKind;
use dormouse_watcher::{WatchConfig, Work, WorkSource};

use crate::common::{Props, pass, settle};
use crate::show::Show;

use Command::{CloseSocket, GoDormant, HoldRedial, Release, Suspend};

#[tokio::test(start_paused = true)]
async fn dormant_exactly_once_before_the_suspend_and_the_hold_before_dormant() {
    let show = Show::begin().await;
    assert_eq!(show.commands(), []);
    pass(1).await;
    assert_eq!((show.commands(), show.status()), (vec![HoldRedial, GoDormant], Status::Draining));
    show.props.ack(true);
    settle().await;
    show.props.close();
    settle().await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant, CloseSocket, Suspend]);
    show.props.answer_lever(true);
    pass(5000).await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant, CloseSocket, Suspend]);
}

#[tokio::test(start_paused = true)]
async fn an_arrival_at_the_deadline_wins() {
    let show = Show::begin().await;
    // Both are there when the watcher next runs: the deadline has passed, and a message was handled at that instant.
    tokio::time::advance(std::time::Duration::from_millis(1)).await;
    show.signals.handled();
    settle().await;
    assert_eq!(show.commands(), []);
    // Two minutes after the message it is idle.
    pass(120_000).await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant]);
}

#[tokio::test(start_paused = true)]
async fn a_refused_hold_means_neither_dormant_nor_suspend() {
    let show = Show::begin().await;
    show.props.with(|stage| stage.grants = false);
    pass(1).await;
    show.assert_abandoned(&[HoldRedial]).await;
}

#[tokio::test(start_paused = true)]
async fn an_ack_that_is_refused_or_absent_means_no_suspend() {
    for refused in [true, false] {
        let show = Show::begin().await;
        pass(1).await;
        if refused {
            show.props.ack(false);
        } else {
            pass(9_999).await;
            assert_eq!(show.commands(), [HoldRedial, GoDormant]);
            pass(1).await;
        }
        settle().await;
        show.assert_abandoned(&[HoldRedial, GoDormant, Release]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn busy_at_the_second_question_means_no_suspend() {
    let mut busy = View::quiet();
    busy.census.api.in_flight = Some(1);
    let mut unreadable = View::quiet();
    unreadable.census.background = Source::UNREADABLE;
    for view in [busy, unreadable] {
        let show = Show::begin().await;
        pass(1).await;
        show.props.ack(true);
        settle().await;
        show.props.with(|stage| stage.view = view);
        show.props.close();
        settle().await;
        show.assert_abandoned(&[HoldRedial, GoDormant, CloseSocket, Release]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_between_the_first_question_and_the_second_is_seen_by_the_second() {
    let show = Show::begin().await;
    pass(1).await;
    show.signals.handled();
    show.props.ack(true);
    settle().await;
    show.props.close();
    settle().await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant, CloseSocket, Release]);
    assert_eq!(show.status(), Status::Running);
}

#[tokio::test(start_paused = true)]
async fn a_lever_that_refuses_or_is_silent_fails_awake() {
    for (lever, silent_ms) in [(Lever::Direct, 10_000), (Lever::Brokered, 40_000)] {
        for refuses in [true, false] {
            let show = Show::begin().await;
            show.props.with(|stage| stage.view.lever = Some(lever));
            pass(1).await;
            show.props.ack(true);
            settle().await;
            show.props.close();
            settle().await;
            if refuses {
                show.props.answer_lever(false);
            } else {
                pass(silent_ms - 1).await;
                assert_eq!(show.commands(), [HoldRedial, GoDormant, CloseSocket, Suspend]);
                pass(1).await;
            }
            settle().await;
            show.assert_abandoned(&[HoldRedial, GoDormant, CloseSocket, Suspend, Release]).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_lever_it_never_goes_dormant() {
    let show = Show::begin().await;
    show.props.with(|stage| stage.view.lever = None);
    pass(3_600_000).await;
    assert_eq!((show.commands(), show.status()), (vec![], Status::Running));
    // The cooldown is untouched: as soon as there is one, the next look acts.
    show.props.with(|stage| stage.view.lever = Some(Lever::Direct));
    pass(1).await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant]);
}

#[tokio::test(start_paused = true)]
async fn it_is_armed_by_the_flag_the_gate_and_a_wake_url() {
    let config = |opted_in, wake_url: Option<&str>| {
        WatchConfig::default()
            .with_settings(Settings::current())
            .with_opted_in(opted_in)
            .with_wake_url(wake_url.map(str::to_owned))
    };
    let url = Some("https://wake.invalid/m");
    for (config, relay_only, arms) in [
        (config(true, url), true, true),
        (config(false, url), true, false),
        (config(true, None), true, false),
        (config(true, Some(" ")), true, false),
        (config(true, url), false, false),
    ] {
        let props = Props::new();
        props.with(|stage| stage.view.relay_only = relay_only);
        let show = Show::begin_as(config, props).await;
        show.props.with(|stage| stage.view.relay_only = true);
        pass(600_000).await;
        assert_eq!(!show.commands().is_empty(), arms);
    }
}

#[tokio::test(start_paused = true)]
async fn surfaces_without_messages_do_not_shut_the_gate() {
    for (channels, sleeps) in [
        (&["api_server", "webhook", "local"][..], true),
        (&[" API_Server "], true),
        (&["api_server", "signal"], false),
    ] {
        // There at the start.
        let props = Props::new();
        props.with(|stage| stage.channels = channels);
        let show = Show::begin_with(Settings::current(), props).await;
        show.props.with(|stage| stage.channels = &[]);
        pass(600_000).await;
        assert_eq!(!show.commands().is_empty(), sleeps, "{channels:?}");
        // Connected later.
        let show = Show::begin().await;
        show.props.with(|stage| stage.channels = channels);
        pass(600_000).await;
        assert_eq!(!show.commands().is_empty(), sleeps, "{channels:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_channel_that_connects_later_shuts_the_gate() {
    let show = Show::begin().await;
    show.props.with(|stage| stage.view.relay_only = false);
    pass(600_000).await;
    assert_eq!(show.commands(), []);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_that_is_unreadable_or_in_the_future_is_now_and_a_missing_one_is_no_client() {
    for (heartbeat, sleeps) in [
        (Heartbeat::Unreadable, false),
        (Heartbeat::At(Wall::from_ms(u64::MAX / 2)), false),
        (Heartbeat::Missing, true),
    ] {
        let show = Show::begin().await;
        show.props.with(|stage| stage.view.heartbeat = heartbeat);
        pass(1).await;
        assert_eq!(!show.commands().is_empty(), sleeps, "{heartbeat:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_freeze_of_252_s_the_fence_ends_within_a_slice() {
    let show = Show::accepted().await;
    pass(4000).await;
    show.clock.freeze(252_000);
    let before = show.commands().len();
    pass(250).await;
    assert_eq!(show.commands()[before..], [Release]);
}

#[tokio::test(start_paused = true)]
async fn a_message_after_dormancy_restores_the_status_and_the_end_of_background_work_does_not() {
    let show = Show::accepted().await;
    assert_eq!(show.status(), Status::Draining);
    // A watcher of today's design lets work begin at any time.
    let work = Work::new(WorkKind::Background, show.signals.clock().clone());
    drop(show.signals.begin(&work).await);
    pass(1000).await;
    assert_eq!((show.status(), work.read().in_flight), (Status::Draining, Some(0)));
    assert!(work.read().last_end.is_some());
    show.signals.handled();
    settle().await;
    assert_eq!(show.status(), Status::Running);
}

#[tokio::test(start_paused = true)]
async fn an_idle_watcher_wakes_once_a_tick() {
    let props = Props::new();
    let show = Show::begin_with(Settings::current().with_idle_timeout_ms(1 << 40), props.clone()).await;
    let looks = props.with(|stage| std::mem::take(&mut stage.looks));
    assert_eq!(looks, 2);
    pass(3_600_000).await;
    assert_eq!(props.with(|stage| stage.looks), 120);
    drop(show);
}
