//! Each switch that only ours has closes something: turned off, the search finds it again.

use dormouse_check::bounds::Faults;
use dormouse_check::wrong::Wrong;
use dormouse_check::{Bounds, check};
use dormouse_core::Settings;

const NOTHING: Bounds = Bounds::nothing();

/// What is found in ours without a switch, and that with it nothing is.
fn without(switch: &str, bounds: Bounds) -> Vec<Wrong> {
    let mut settings = Settings::dormouse();
    assert_eq!(check(settings, bounds, 2).found(), [], "with {switch}");
    assert!(settings.switches.set(switch, false), "{switch}");
    check(settings, bounds, 2).found()
}

#[test]
fn a_poke_that_is_not_heeded_is_spent() {
    let found = without("heed_pokes", Bounds { arrivals: 1, sleeps: 1, ..NOTHING });
    assert!(found.contains(&Wrong::StrandedAsleep), "{found:?}");
}

#[test]
fn a_quiesce_without_an_ack_that_is_not_renewed_leaves_the_gateway_deaf() {
    let faults = Faults { ack: 1, ..Faults::default() };
    let bounds = Bounds { arrivals: 1, sleeps: 1, faults, repokes: true, ..NOTHING };
    let found = without("renew_unacked", bounds);
    assert!(found.contains(&Wrong::NeverHandled), "{found:?}");
}

#[test]
fn work_that_is_not_deferred_is_frozen() {
    let found = without("defer_work", Bounds { background: 1, sleeps: 1, ..NOTHING });
    assert!(found.contains(&Wrong::FrozenWork), "{found:?}");
}

#[test]
fn a_fence_that_ends_before_a_slow_freeze_unflips() {
    let faults = Faults { slow_freeze: 1, ..Faults::default() };
    let found = without("fence_on_evidence", Bounds { sleeps: 1, faults, ..NOTHING });
    assert!(found.contains(&Wrong::BlackHole), "{found:?}");
}
