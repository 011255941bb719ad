//! What only our design does, in production: it heeds pokes, makes work wait, and ends the fence on evidence.

use dormouse_core::{Command, Status};
use dormouse_watcher::WorkKind;
use dormouse_watcher::{Work, WorkSource};

use crate::common::{pass, settle};
use crate::show::{Show, eager};

use Command::{CloseSocket, GoDormant, HoldRedial, Release, Renew, Suspend, Wake};

/// This many steps into a quiesce: held, acked, closed, accepted.
async fn after(steps: u32) -> Show {
    Show::after_as(eager(), steps).await
}

#[tokio::test(start_paused = true)]
async fn without_an_ack_it_says_hello_again_and_stays_awake() {
    let show = after(0).await;
    pass(10_000).await;
    assert_eq!((show.commands(), show.status()), (vec![HoldRedial, GoDormant, Renew], Status::Running));
}

#[tokio::test(start_paused = true)]
async fn a_poke_before_the_lever_ends_the_attempt() {
    let show = after(0).await;
    show.signals.poked();
    settle().await;
    assert_eq!((show.commands(), show.status()), (vec![HoldRedial, GoDormant, Renew], Status::Running));

    let show = after(1).await;
    show.signals.poked();
    settle().await;
    show.props.close();
    settle().await;
    assert_eq!(show.commands(), [HoldRedial, GoDormant, CloseSocket, Release]);
    assert_eq!(show.status(), Status::Running);
}

#[tokio::test(start_paused = true)]
async fn a_poke_after_the_lever_is_passed_on_once() {
    let quiesce = [HoldRedial, GoDormant, CloseSocket, Suspend];
    let show = after(2).await;
    show.signals.poked();
    settle().await;
    assert_eq!(show.commands(), quiesce);
    show.props.answer_lever(true);
    settle().await;
    assert_eq!(show.commands(), [&quiesce[..], &[Wake]].concat());
    show.signals.poked();
    settle().await;
    assert_eq!(show.commands(), [&quiesce[..], &[Wake]].concat());
    // If the lever refuses there is nothing to wake: the relay dials and drains.
    let show = after(2).await;
    show.signals.poked();
    settle().await;
    show.props.answer_lever(false);
    settle().await;
    assert_eq!(show.commands(), [&quiesce[..], &[Release]].concat());
}

#[tokio::test(start_paused = true)]
async fn work_waits_while_the_machine_is_on_its_way_to_sleep_and_begins_after_it() {
    for (kind, wakes) in [(WorkKind::Api, true), (WorkKind::Cron, true), (WorkKind::Background, false)] {
        let show = after(3).await;
        let work = Work::new(kind, show.signals.clock().clone());
        let (signals, source) = (show.signals.clone(), work.clone());
        let begun = tokio::spawn(async move { signals.begin(&source).await });
        settle().await;
        assert_eq!((begun.is_finished(), work.read().in_flight), (false, Some(0)), "{kind:?}");
        assert_eq!(show.commands().contains(&Wake), wakes, "{kind:?}");
        // Frozen for five seconds; the next poll finds that the clocks have parted.
        show.clock.freeze(5000);
        pass(300).await;
        assert_eq!(show.commands().last(), Some(&Release));
        let item = begun.await.unwrap();
        assert_eq!(work.read().in_flight, Some(1), "{kind:?}");
        drop(item);
    }
}

#[tokio::test(start_paused = true)]
async fn work_that_waited_begins_when_the_attempt_is_given_up() {
    let show = after(2).await;
    let work = Work::new(WorkKind::Background, show.signals.clock().clone());
    let (signals, source) = (show.signals.clone(), work.clone());
    let begun = tokio::spawn(async move { signals.begin(&source).await });
    settle().await;
    assert!(!begun.is_finished());
    show.props.answer_lever(false);
    settle().await;
    assert!(begun.is_finished());
}

#[tokio::test(start_paused = true)]
async fn the_fence_lasts_until_the_freeze_has_landed_and_not_a_second_longer() {
    // Sixty seconds without a freeze: the relay must not dial into it.
    let show = after(3).await;
    pass(60_000).await;
    assert_eq!(show.commands().last(), Some(&Suspend));
    // A sleep of one second: over at the next poll, long before the old fence would have been.
    show.clock.freeze(1000);
    pass(300).await;
    assert_eq!(show.commands().last(), Some(&Release));
    // Where no freeze comes, the hold's ceiling is the end.
    let show = after(3).await;
    pass(121_000).await;
    assert_eq!(show.commands().last(), Some(&Release));
}
