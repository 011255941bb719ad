//! Every timeout at once: [`Engine::Sweep`](crate::Engine::Sweep).
//!
//! A curve over idle timeouts needs a result for each timeout on the same traffic, and a replay starts from the beginning
//! for each of them. But a timeout can only see the *gaps* that are at least as long as itself. The sweep finds the gaps
//! once, and then goes from gap to gap at each timeout:
//!
//! ```text
//! traffic     ||||||||||||||      |||||||||||||||||||||||||||||                 ||||||||
//! 30 s        ------------->Zz.w..------------>Zz...........................w...------->
//! 10 min      ------------------------------------------------>         Zz..w...------->
//!             served at once      served at once               played      served again
//! ```
//!
//! What is *played* (a quiesce, a freeze, a wake, a drain, an abandoned attempt, faults) is played by the simulator itself,
//! from just before the gap until the gateway is up, connected and resting again. So there is no second model of the physics
//! that could disagree with the first, and the sweep supports every design, switch, latency and fault of the simulator. Its
//! counts equal those of the replay to the last integer, including the multiset of delays and the violations by class.
//! `crates/sim/docs/kernel.md` explains how the sweep works, what it costs, and where it gains nothing.

mod gaps;
mod timeout_view;

use crate::rows::Counts;
use rayon::prelude::*;

use crate::oracle::oracle_suspended_ms;
use crate::run::Part;
use crate::setup::Setup;
use gaps::Gaps;
use timeout_view::TimeoutView;

/// A sweep over some timeouts in one world.
pub(crate) struct Sweep<'a> {
    /// Timeouts in ms in ascending order, each with its index in the caller's order.
    ascending: Vec<(u64, usize)>,
    setup: &'a Setup,
}

impl<'a> Sweep<'a> {
    pub(crate) fn new(timeouts_ms: &[u64], setup: &'a Setup) -> Self {
        let mut ascending: Vec<(u64, usize)> = timeouts_ms.iter().copied().zip(0..).collect();
        ascending.sort_unstable();
        Self { ascending, setup }
    }

    /// Counts one instance at all timeouts, in the caller's order. `played` is called, from any thread, after each timeout.
    pub(crate) fn instance(&self, part: &Part<'_>, played: &(impl Fn() + Sync)) -> Vec<Counts> {
        let Some(&(shortest_ms, _)) = self.ascending.first() else { return Vec::new() };
        let (settings, world) = (self.setup.settings, &self.setup.world);
        let (gaps, oracle_suspended_ms) = rayon::join(
            || Gaps::of(part, &settings, world, shortest_ms),
            || oracle_suspended_ms(part.events(), part.span(), world),
        );
        // As a rule there is at most one sleep per gap that the shortest timeout sees. Further values are drawn when needed.
        let sleeps = if self.ascending.len() > 1 { gaps.all.len() as u64 } else { 0 };
        let ahead = part.draw_ahead(self.setup, sleeps);
        let part = &part.with(&ahead);
        let share = self.ascending.len().div_ceil(4 * rayon::current_num_threads());
        let mut counts: Vec<(usize, Counts)> = self
            .ascending
            .par_chunks(share)
            .flat_map_iter(|timeouts| {
                let mut view = TimeoutView::new(&gaps, timeouts[0].0);
                let mut setup = self.setup.clone();
                timeouts.iter().map(move |&(idle_timeout_ms, place)| {
                    view.narrow(idle_timeout_ms);
                    setup.settings = settings.with_idle_timeout_ms(idle_timeout_ms);
                    let counts = Counts { oracle_suspended_ms, ..view.play(part, &setup) };
                    played();
                    (place, counts)
                })
            })
            .collect();
        counts.sort_unstable_by_key(|&(place, _)| place);
        counts.into_iter().map(|(_, counts)| counts).collect()
    }
}
