//! A watcher whose parts panic, that crashes, is dropped, or shut down.

use dormouse_core::{Command, Status};

use crate::common::{pass, settle};
use crate::show::{Show, eager};

use Command::{CloseSocket, GoDormant, HoldRedial, Release, Suspend, Wake};

#[tokio::test(start_paused = true)]
async fn a_shutdown_at_any_point_releases_the_hold_and_never_publishes_running() {
    for steps in 0..4 {
        let show = Show::after(steps).await;
        show.signals.shutdown();
        settle().await;
        assert!(show.task.is_finished());
        assert_eq!(show.commands().last(), Some(&Release), "after {steps} steps");
        assert_eq!(show.status(), Status::Draining);
    }
}

#[tokio::test(start_paused = true)]
async fn dropped_at_any_await_it_releases_the_hold_and_the_status_is_true() {
    for steps in 0..4 {
        let show = Show::after(steps).await;
        show.task.abort();
        settle().await;
        assert_eq!(show.commands().last(), Some(&Release), "after {steps} steps");
        assert_eq!(show.status(), Status::Running);
    }
}

#[tokio::test(start_paused = true)]
async fn a_part_that_panics_suspends_nothing_and_the_hold_is_released() {
    // Where, and what had been commanded when it was over.
    let table: [(&str, &[Command]); 8] = [
        ("sources", &[]),
        ("channels", &[]),
        ("heartbeat", &[]),
        ("hold", &[HoldRedial]),
        ("go_dormant", &[HoldRedial, GoDormant, Release]),
        ("close", &[HoldRedial, GoDormant, CloseSocket, Release]),
        ("suspend", &[HoldRedial, GoDormant, CloseSocket, Suspend, Release]),
        ("release", &[HoldRedial, GoDormant, Release]),
    ];
    for (place, commands) in table {
        let show = Show::begin().await;
        show.props.with(|stage| stage.panics_in = Some(place));
        pass(1).await;
        if ["close", "suspend"].contains(&place) {
            show.props.ack(true);
            settle().await;
        }
        if place == "suspend" {
            show.props.close();
            settle().await;
        }
        if place == "release" {
            show.props.ack(false);
            settle().await;
        }
        assert_eq!((show.commands().as_slice(), show.status()), (commands, Status::Running), "{place}");
        assert!(!show.task.is_finished(), "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_crash_is_followed_by_a_new_start_after_a_pause() {
    let show = Show::crashed().await;
    // The idle clock starts again too: two minutes from the new start, on the grid of its looks.
    pass(1000 + 119_999).await;
    assert_eq!(show.commands(), []);
    pass(1).await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant]);
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_that_the_loop_was_not_told_of_does_not_publish_running_either() {
    for steps in 0..4 {
        let show = Show::after(steps).await;
        show.signals.shutdown();
        show.task.abort();
        settle().await;
        assert_eq!(show.commands().last(), Some(&Release), "after {steps} steps");
        assert_eq!(show.status(), Status::Draining);
    }
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_does_not_wait_out_the_pause_after_a_crash() {
    let show = Show::crashed().await;
    pass(100).await;
    show.signals.handled();
    settle().await;
    assert!(!show.task.is_finished(), "anything else waits for the new start");
    show.signals.shutdown();
    settle().await;
    assert!(show.task.is_finished());
}

#[tokio::test(start_paused = true)]
async fn after_a_run_of_a_minute_the_pause_is_short_again() {
    let show = Show::crashed().await;
    for crash in 1..4 {
        // The idle clock starts again with each start.
        pass(1000 + 120_000).await;
        assert_eq!(show.commands(), [HoldRedial, GoDormant], "after crash {crash}");
        show.crash().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lever_that_panics_when_it_is_looked_at_has_not_answered_yet() {
    for place in ["lever", "wake_marker"] {
        let show = Show::begin().await;
        show.props.with(|stage| stage.panics_in = Some(place));
        pass(1).await;
        show.props.with(|stage| stage.panics_in = None);
        // The next look asks again. A watcher that had crashed would begin a new idle time.
        pass(29_999).await;
        assert_eq!(show.commands(), [], "{place}");
        pass(1).await;
        assert_eq!(show.commands(), [HoldRedial, GoDormant], "{place}");
    }
    let show = Show::accepted().await;
    show.props.with(|stage| stage.panics_in = Some("wake_marker"));
    let before = show.commands();
    pass(14_999).await;
    assert_eq!(show.commands(), before, "in the fence nothing is known yet");
}

#[tokio::test(start_paused = true)]
async fn a_lever_that_panics_when_it_is_to_wake_the_machine_crashes_nothing() {
    let show = Show::after_as(eager(), 3).await;
    show.props.with(|stage| stage.panics_in = Some("wake"));
    show.signals.poked();
    settle().await;
    let commands = [HoldRedial, GoDormant, CloseSocket, Suspend, Wake];
    assert_eq!(show.commands(), commands);
    assert_eq!(show.status(), Status::Draining, "still in its fence");
}
