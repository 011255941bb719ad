//! The named designs within small bounds; the results for large ones are in `docs/watcher.md`.

use dormouse_core::{Design, Settings};
use dormouse_proof::check::{Bounds, FaultCounts, Reproduction, Wrong, explore};

const NOTHING: Bounds = Bounds::nothing();

/// One fault of this name.
fn one(fault: &str) -> FaultCounts {
    let mut faults = FaultCounts::default();
    assert!(faults.add(fault), "{fault}");
    faults
}

#[test]
fn the_watcher_of_today_leaves_a_message_whose_poke_was_spent() {
    let exploration = explore(Settings::current(), Bounds { arrivals: 1, ..NOTHING }, 1);
    assert_eq!(exploration.found(), [Wrong::StrandedAsleep]);
    let trail = exploration.trail_to(Wrong::StrandedAsleep).unwrap();
    let expected = "\
wall mono  who        what
   3    3  watcher    looks
   3    3  watcher    hold the re-dial
   3    3  watcher    go dormant
   3    3  watcher    status draining
   4    4  connector  gets going_idle, flips to buffered
   5    5  relay      gets the ack
   5    5  watcher    close the socket
   6    6  relay      closed
   6    6  watcher    suspend
   7    7  person     sends a message, 1 in the buffer
   7    7  platform   gets the poke
   7    7  lever      accepts
  10   10  machine    frozen
  10   10  AUDIT      stranded-inbound, asleep";
    assert_eq!(trail.to_string(), expected);
    // The simulator's auditor, which shares no code with the checker, agrees.
    let reproduction = Reproduction::of(Design::Current, trail);
    assert_eq!(reproduction.missed.get("stranded-inbound"), Some(&1), "{reproduction}");
    assert_eq!(Reproduction::of(Design::Dormouse, trail).missed.len(), 0);
}

#[test]
fn the_watcher_of_today_is_deaf_after_a_lost_ack() {
    let exploration = explore(Settings::current(), Bounds { arrivals: 1, faults: one("ack"), ..NOTHING }, 1);
    let trail = exploration.trail_to(Wrong::StrandedAwake).expect("deaf though connected");
    assert!(trail.to_string().contains("network    loses the ack"), "{trail}");
    let reproduction = Reproduction::of(Design::Current, trail);
    assert_eq!(reproduction.missed.get("stranded-inbound"), Some(&1), "{reproduction}");
    assert!(reproduction.to_string().contains("lost_ack = [120000]"), "{reproduction}");
    assert_eq!(Reproduction::of(Design::Dormouse, trail).missed.len(), 0);
}

#[test]
fn older_watchers_are_caught_in_what_they_are_known_for() {
    let message = Bounds { arrivals: 1, sleeps: 1, ..NOTHING };
    let request = Bounds { requests: 1, sleeps: 1, ..NOTHING };
    for (settings, bounds, known) in [
        (Settings::phase0(), message, Wrong::NeverSleeps),
        (Settings::self_suspend(), message, Wrong::BlackHole),
        (Settings::fenced(), message, Wrong::StrandedAsleep),
        (Settings::fenced(), request, Wrong::FrozenWork),
        (Settings::current(), request, Wrong::FrozenWork),
    ] {
        let found = explore(settings, bounds, 2).found();
        assert!(found.contains(&known), "{known:?} is not among {found:?}");
    }
}

#[test]
fn ours_misses_nothing_without_faults() {
    for bounds in [
        Bounds { arrivals: 2, ..NOTHING },
        Bounds { arrivals: 1, requests: 1, sleeps: 1, ..NOTHING },
        Bounds { arrivals: 1, background: 1, sleeps: 1, ..NOTHING },
    ] {
        let exploration = explore(Settings::dormouse(), bounds, 2);
        assert_eq!(exploration.found(), [], "{bounds:?}");
        assert!(exploration.states > 10_000, "a search of {} states proves little", exploration.states);
    }
}

#[test]
fn ours_misses_nothing_under_any_one_fault_with_a_connector_that_pokes_again() {
    for fault in FaultCounts::NAMES {
        let bounds = Bounds { arrivals: 1, sleeps: 1, faults: one(fault), repokes: true, ..NOTHING };
        let exploration = explore(Settings::dormouse(), bounds, 2);
        let states = exploration.states;
        assert!(states > 10_000, "a search of {states} states proves little: {fault}");
        let trails = exploration.found().into_iter().filter_map(|wrong| exploration.trail_to(wrong));
        assert_eq!(trails.map(ToString::to_string).collect::<Vec<_>>(), [""; 0], "{fault}");
    }
}
