//! The model for the checker, and the search.

use dormouse_core::Settings;
use stateright::{Checker, Model, Path, Property};

use super::action::Action;
use super::bounds::{Bounds, in_units};
use super::state::ModelState;
use super::trail::Trail;
use super::wrong::Wrong;

/// One watcher within bounds.
#[derive(Debug, Clone, Copy)]
pub(super) struct WatcherModel {
    /// The watcher, its durations in units.
    pub(super) settings: Settings,
    /// The bounds of the search.
    pub(super) bounds: Bounds,
}

impl Model for WatcherModel {
    type State = ModelState;
    type Action = Action;

    fn init_states(&self) -> Vec<ModelState> {
        vec![ModelState::start(self.settings)]
    }

    fn actions(&self, state: &ModelState, actions: &mut Vec<Action>) {
        // States after a violation are of no interest.
        if !Wrong::ALL.into_iter().any(|wrong| wrong.holds(state)) {
            actions.extend(state.can(&self.bounds));
        }
    }

    fn next_state(&self, state: &ModelState, action: Action) -> Option<ModelState> {
        let mut next = state.clone();
        next.happen(action, &self.bounds, &mut Vec::new());
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        macro_rules! never {
            ($($wrong:ident)*) => {
                vec![$(Property::always(Wrong::$wrong.name(), |_, state| !Wrong::$wrong.holds(state))),*]
            };
        }
        never![
            StrandedAsleep StrandedAwake FrozenWork BlackHole LostInbound Duplicate WrongStatus NeverHandled NeverSleeps
        ]
    }
}

/// The result of a search, and its size.
#[derive(Debug, Clone)]
pub struct Exploration {
    /// Number of distinct states reached.
    pub states: usize,
    /// Number of steps explored.
    pub steps: usize,
    /// Length of the longest path from the start.
    pub depth: usize,
    trails: Vec<(Wrong, Trail)>,
}

impl Exploration {
    /// The classes of missed work that were found.
    #[must_use]
    pub fn found(&self) -> Vec<Wrong> {
        self.trails.iter().map(|(wrong, _)| *wrong).collect()
    }

    /// A path to a violation of this class.
    #[must_use]
    pub fn trail_to(&self, wrong: Wrong) -> Option<&Trail> {
        self.trails.iter().find(|(found, _)| *found == wrong).map(|(_, trail)| trail)
    }
}

/// Explores everything that can happen to a watcher with these settings within `bounds`, breadth first, on
/// `threads` threads. With one thread each trail has minimal length and is reproducible.
#[must_use]
pub fn explore(settings: Settings, bounds: Bounds, threads: usize) -> Exploration {
    let model = WatcherModel { settings: in_units(settings), bounds };
    let checker = model.checker().threads(threads).spawn_bfs().join();
    let mut found = checker.discoveries();
    let trails = Wrong::ALL
        .into_iter()
        .filter_map(|wrong| {
            let path: Path<ModelState, Action> = found.remove(wrong.name())?;
            Some((wrong, Trail::of(&model, wrong, path.into_actions())))
        })
        .collect();
    Exploration {
        states: checker.unique_state_count(),
        steps: checker.state_count(),
        depth: checker.max_depth(),
        trails,
    }
}
