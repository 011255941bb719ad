//! Every switch that only `dormouse` has prevents something: with the switch off, the search finds it again.

use dormouse_core::Settings;
use dormouse_proof::check::{Bounds, FaultCounts, Wrong, explore};

const NOTHING: Bounds = Bounds::nothing();

/// The classes found in `dormouse` without `switch`; asserts that with it there are none.
fn without(switch: &str, bounds: Bounds) -> Vec<Wrong> {
    let mut settings = Settings::dormouse();
    assert_eq!(explore(settings, bounds, 2).found(), [], "with {switch}");
    assert!(settings.switches.set(switch, false), "{switch}");
    explore(settings, bounds, 2).found()
}

#[test]
fn a_poke_that_is_not_heeded_is_spent() {
    let found = without("heed_pokes", Bounds { arrivals: 1, sleeps: 1, ..NOTHING });
    assert!(found.contains(&Wrong::StrandedAsleep), "{found:?}");
}

#[test]
fn a_quiesce_without_an_ack_that_is_not_renewed_leaves_the_gateway_deaf() {
    let faults = FaultCounts { ack: 1, ..FaultCounts::default() };
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
    let faults = FaultCounts { slow_freeze: 1, ..FaultCounts::default() };
    let found = without("fence_on_evidence", Bounds { sleeps: 1, faults, ..NOTHING });
    assert!(found.contains(&Wrong::BlackHole), "{found:?}");
}
