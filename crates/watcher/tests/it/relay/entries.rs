//! What is handled how often, stamped and acked.

use super::world::{QUICK, World, ack, entry};

#[tokio::test(start_paused = true)]
async fn every_kind_is_acked_after_its_handler_and_only_internal_does_not_stamp() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    let kinds = [("message", 1), ("internal", 1), ("button", 2), ("command", 3), ("anything", 4)];
    for (id, (kind, stamps)) in (1..).zip(kinds) {
        line.deliver(id, kind, 1).await;
        assert_eq!(world.given().await, entry(id, kind, 1));
        assert_eq!(world.stamps(), stamps, "{kind}, at the beginning");
        line.nothing_for(20).await;
        world.allow(1);
        assert_eq!(line.frame().await, ack(id));
        assert_eq!(world.stamps(), stamps, "{kind}, at the end");
    }
}

#[tokio::test(start_paused = true)]
async fn entries_are_handled_one_at_a_time_and_in_order() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    for id in 1..=200 {
        line.deliver(id, "message", 1).await;
    }
    assert_eq!(world.given().await.id, 1);
    line.nothing_for(20).await;
    assert!(world.given.try_recv().is_err(), "the second began before the first was done");
    world.allow(200);
    for id in 1..=200 {
        assert_eq!(line.frame().await, ack(id));
    }
    let rest: Vec<u64> = std::iter::from_fn(|| world.given.try_recv().ok()).map(|e| e.id).collect();
    assert_eq!(rest, (2..=200).collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn an_entry_seen_before_is_acked_and_neither_handled_nor_stamped_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handled-ids.json");
    let mut world = World::with(QUICK, Some(file.clone())).await;
    world.allow(9);
    let mut line = world.welcome().await;
    line.deliver(7, "message", 1).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        "{\"instance\":\"me\",\"mark\":7,\"store\":\"s\",\"version\":2}\n"
    );
    line.deliver(7, "message", 2).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!((world.given().await.id, world.stamps()), (7, 1));
    assert!(world.given.try_recv().is_err());
    drop(world);

    let mut world = World::with(QUICK, Some(file)).await;
    world.allow(9);
    let mut line = world.welcome().await;
    line.deliver(7, "message", 3).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!(world.stamps(), 0);
    line.deliver(8, "message", 1).await;
    assert_eq!(line.frame().await, ack(8));
    assert_eq!(world.given().await.id, 8);
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_recorded_is_not_acked_and_not_handled_twice() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-yet").join("handled-ids.json");
    let mut world = World::with(QUICK, Some(file.clone())).await;
    world.allow(9);
    let mut line = world.welcome().await;
    line.deliver(1, "message", 1).await;
    assert_eq!(line.next().await, None);
    assert_eq!(world.given().await.id, 1);
    std::fs::create_dir(file.parent().unwrap()).unwrap();
    let mut line = world.welcome().await;
    line.deliver(1, "message", 2).await;
    assert_eq!(line.frame().await, ack(1));
    assert!(file.exists());
    assert!(world.given.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn a_connection_lost_under_a_handler_does_not_begin_its_entry_again() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome().await;
    line.deliver(1, "message", 1).await;
    assert_eq!(world.given().await.id, 1);
    drop(line);
    let mut line = world.welcome().await;
    world.allow(1);
    // What this connection has not delivered is not acked on it.
    line.nothing_for(50).await;
    line.deliver(1, "message", 2).await;
    assert_eq!(line.frame().await, ack(1));
    assert!(world.given.try_recv().is_err());
    assert_eq!(world.stamps(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_panics_leaves_its_entry_unacked_and_it_comes_again() {
    let mut world = World::new(QUICK).await;
    world.allow(1);
    let mut line = world.welcome().await;
    line.deliver(1, "panic", 1).await;
    line.deliver(2, "message", 1).await;
    assert_eq!(line.next().await, None, "neither an ack nor the second entry's");
    let mut line = world.welcome().await;
    line.deliver(1, "panic", 2).await;
    assert_eq!(line.frame().await, ack(1));
    let given = [world.given().await, world.given().await];
    assert_eq!(given.map(|e| (e.id, e.attempt)), [(1, 1), (1, 2)]);
}

#[tokio::test(start_paused = true)]
async fn an_entry_whose_handler_always_panics_is_given_up_and_those_after_it_are_handled() {
    let mut world = World::new(QUICK.with_backoff_max_ms(60)).await;
    world.allow(9);
    for attempt in 1..=3 {
        let mut line = world.welcome().await;
        line.deliver(1, "poison", attempt).await;
        line.deliver(2, "message", 1).await;
        assert_eq!(line.next().await, None);
        assert_eq!(world.given().await.id, 1);
        assert!(world.handler.gave_up.lock().unwrap().is_empty());
    }
    // Told, although the one who is told panics too, and not begun again.
    let mut line = world.welcome().await;
    line.deliver(1, "poison", 4).await;
    line.deliver(2, "message", 2).await;
    assert_eq!((line.frame().await, line.frame().await), (ack(1), ack(2)));
    assert_eq!(*world.handler.gave_up.lock().unwrap(), [entry(1, "poison", 4)]);
    assert_eq!(world.given().await.id, 2);
    // It is recorded like one that was handled.
    line.deliver(1, "poison", 5).await;
    assert_eq!(line.frame().await, ack(1));
    assert_eq!(world.handler.gave_up.lock().unwrap().len(), 1);
    assert!(world.given.try_recv().is_err());
}

#[tokio::test(start_paused = true)]
async fn the_ids_of_a_store_that_was_made_anew_are_handled_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("handled-ids.json");
    let mut world = World::with(QUICK, Some(file.clone())).await;
    world.allow(9);
    let mut line = world.welcome_from("old").await;
    line.deliver(7, "message", 1).await;
    assert_eq!(line.frame().await, ack(7));
    assert_eq!(world.given().await.id, 7);
    drop(line);
    let mut line = world.welcome_from("new").await;
    for id in 1..=2 {
        line.deliver(id, "message", 1).await;
        assert_eq!(line.frame().await, ack(id));
        assert_eq!(world.given().await.id, id);
    }
    drop(world);

    let mut world = World::with(QUICK, Some(file)).await;
    world.allow(9);
    let mut line = world.welcome_from("new").await;
    line.deliver(2, "message", 2).await;
    assert_eq!(line.frame().await, ack(2));
    drop(line);
    let mut line = world.welcome_from("newer").await;
    line.deliver(1, "message", 1).await;
    assert_eq!(line.frame().await, ack(1));
    assert_eq!(world.given().await.id, 1, "the second of the new store was not handled again");
}

#[tokio::test(start_paused = true)]
async fn an_entry_done_after_its_store_is_gone_is_not_recorded_in_the_new_one() {
    let mut world = World::new(QUICK).await;
    let mut line = world.welcome_from("old").await;
    line.deliver(7, "message", 1).await;
    assert_eq!(world.given().await.id, 7);
    drop(line);
    let mut line = world.welcome_from("new").await;
    world.allow(9);
    line.deliver(1, "message", 1).await;
    assert_eq!(line.frame().await, ack(1));
    assert_eq!(world.given().await.id, 1);
}
