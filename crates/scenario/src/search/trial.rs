//! A trial: a machine, its traffic, its world.

use crate::Scenario;
use dormouse_core::Design;
use dormouse_sim::rows::Counts;
use dormouse_sim::{Observer, Setup, Span, Ticks, run};
use dormouse_trace::{Events, Instance};

use dormouse_text::HOUR_MS;

use crate::search::Profile;
use crate::search::draw::Draw;
use crate::search::profile::SHORTEST_TIMEOUT_MS;
use crate::search::{traffic, trouble, world};

/// One machine over some hours.
#[derive(Debug, Clone, PartialEq)]
pub struct Trial {
    /// The watcher in its world.
    pub setup: Setup,
    /// The traffic.
    pub events: Events,
    /// End of the replay, in ms from the start.
    pub horizon_ms: u64,
}

impl Trial {
    /// The trial of a seed, which must be below 2^63 (a limit of the scenario format). Traffic, world and faults
    /// are the same for all designs. So is the idle timeout, unless it is the design's own.
    #[must_use]
    pub fn draw(design: Design, profile: Profile, seed: u64) -> Self {
        let draw = &mut Draw::new(seed);
        let mut setup = Setup { seed, ..Setup::new(design) };
        let horizon_ms = *draw.one_of(&[HOUR_MS, 3 * HOUR_MS, 8 * HOUR_MS, 24 * HOUR_MS]);
        let shortest = match profile {
            Profile::Assumed => SHORTEST_TIMEOUT_MS,
            Profile::Anything => 1000,
        };
        let any = shortest + draw.below(400_000);
        let timeout_ms = *draw.one_of(&[60_000, 120_000, 300_000, shortest, any]);
        if draw.one_in(2) {
            setup.settings.idle_timeout_ms = timeout_ms;
        }
        let events = traffic::traffic(draw, profile, timeout_ms, horizon_ms);
        world::change(draw, profile, &mut setup);
        trouble::strike(draw, profile, &mut setup, horizon_ms);
        Self { setup, events, horizon_ms }
    }

    /// Plays the trial with `observer`, exactly as the scenario made from it will be played.
    pub fn play(&self, observer: &mut impl Observer) -> Counts {
        let instance = Instance::new(Scenario::INSTANCE, self.events.clone());
        run(
            &instance,
            Span { start_ms: 0, end_ms: self.horizon_ms },
            &self.setup,
            Ticks::ThatMatter,
            observer,
        )
    }
}
