//! Random faults.

use dormouse_sim::{Fault, Setup, When};

use crate::search::Profile;
use crate::search::draw::Draw;
use crate::search::profile::{POKES, REPOKE_MS, SLOW_FREEZE_MS, STRIKES};

/// The most kinds of fault in a trial.
const MOST_KINDS: u64 = 5;

/// Adds some kinds of fault to two trials of three.
pub(crate) fn strike(draw: &mut Draw, profile: Profile, setup: &mut Setup, horizon_ms: u64) {
    if draw.one_in(3) {
        return;
    }
    for _ in 0..=draw.below(MOST_KINDS) {
        let fault = *draw.one_of(Fault::ALL);
        let when = match profile {
            Profile::Anything if draw.one_in(2) => When::Probability(*draw.one_of(&[0.01, 0.1, 0.5])),
            _ => times(draw, horizon_ms),
        };
        *setup.world.faults.when_mut(fault) = when;
    }
    if profile == Profile::Assumed {
        mend(setup);
    }
}

fn times(draw: &mut Draw, horizon_ms: u64) -> When {
    let mut times: Vec<u64> = (0..=draw.below(STRIKES as u64)).map(|_| draw.below(horizon_ms)).collect();
    times.sort_unstable();
    When::At(times)
}

/// Sets what the profile assumes of a world with faults.
fn mend(setup: &mut Setup) {
    let world = &mut setup.world;
    world.repoke_ms = REPOKE_MS;
    world.poke_cooldown_ms = 0;
    world.slow_freeze_ms = SLOW_FREEZE_MS;
    let faults = &mut world.faults;
    if let (When::At(failed), When::At(lost)) = (&mut faults.poke_failed, &mut faults.poke_lost) {
        failed.truncate(POKES / 2);
        lost.truncate(POKES / 2);
    }
    if faults.lost_snapshot != When::Never && faults.lost_entry_ack != When::Never {
        world.dedupe_survives = true;
    }
}
