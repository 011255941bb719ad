//! The lanes of a timeline.

use dormouse_rows::Class;

use super::in_window;
use crate::Timeline;

/// A horizontal strip. Heights are measured from 0 at the bottom of the plot to 1 at its top.
pub(super) struct Lane {
    pub(super) content: Content,
    pub(super) top: f64,
    pub(super) height: f64,
}

/// What a lane shows.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Kind(&'static str),
    Machine,
    Missed(Class),
}

impl Lane {
    pub(super) fn middle(&self) -> f64 {
        self.top - self.height / 2.0
    }
}

impl Content {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Kind(kind) => kind,
            Self::Machine => "machine",
            Self::Missed(class) => class.name(),
        }
    }

    /// Its height, in heights of an ordinary lane.
    fn weight(self) -> f64 {
        if matches!(self, Self::Machine) { 2.0 } else { 1.0 }
    }
}

/// The lanes from the top: traffic by kind, the machine, then the classes of missed work.
pub(super) fn lanes(timeline: &Timeline) -> Vec<Lane> {
    let occurs =
        |class: Class| timeline.violations.iter().any(|v| v.class == class && in_window(timeline, v.at_ms));
    let missed = Class::ALL.into_iter().filter(|&class| occurs(class)).map(Content::Missed);
    let kinds = kinds(timeline).into_iter().map(Content::Kind);
    let all: Vec<Content> = kinds.chain([Content::Machine]).chain(missed).collect();
    let unit = (0.98 / all.iter().map(|content| content.weight()).sum::<f64>()).min(0.13);
    let mut below = 1.0;
    all.into_iter()
        .map(|content| {
            let top = below;
            let height = unit * content.weight();
            below -= height;
            Lane { content, top, height }
        })
        .collect()
}

/// The kinds of traffic in the window: known kinds in their usual order, then others by name.
fn kinds(timeline: &Timeline) -> Vec<&'static str> {
    const USUAL: [&str; 8] =
        ["inbound", "direct", "cron", "api", "background", "client", "probe", "internal"];
    let arrivals = timeline.arrivals.iter().filter(|a| in_window(timeline, a.0)).map(|a| a.1);
    let overlaps = |w: &&(u64, u64, &str)| w.0 < timeline.to_ms && w.1 > timeline.from_ms;
    let work = timeline.work.iter().filter(overlaps).map(|w| w.2);
    let mut kinds: Vec<&str> = arrivals.chain(work).collect();
    kinds.sort_by_key(|&kind| (USUAL.iter().position(|&usual| usual == kind).unwrap_or(USUAL.len()), kind));
    kinds.dedup();
    kinds
}
