//! Room for labels among data points.

use super::font::width;
use super::surface::{Lettering, Point, Surface};

/// What part of a plot is taken.
pub(crate) struct Room {
    within: Area,
    taken: Vec<Area>,
}

/// A rectangle between its left top and its right bottom corner.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area(pub(crate) Point, pub(crate) Point);

impl Area {
    fn meets(self, other: Self) -> bool {
        self.0.0 < other.1.0 && other.0.0 < self.1.0 && self.0.1 < other.1.1 && other.0.1 < self.1.1
    }

    fn holds(self, other: Self) -> bool {
        self.0.0 < other.0.0 && other.1.0 < self.1.0 && self.0.1 < other.0.1 && other.1.1 < self.1.1
    }
}

impl Room {
    /// All of `within` is free.
    pub(crate) fn new(within: Area) -> Self {
        Self { within, taken: Vec::new() }
    }

    /// Takes an area that something is drawn on.
    pub(crate) fn take(&mut self, area: Area) {
        self.taken.push(area);
    }

    /// Writes `text` beside `point` where it covers nothing that is taken, and takes its area; nothing when no place
    /// around the point is free. Right below and left above come first: a rising curve leaves them free.
    pub(crate) fn label(
        &mut self,
        surface: &mut dyn Surface,
        text: &str,
        (x, y): Point,
        lettering: Lettering,
    ) {
        let across = width(text, lettering.px, lettering.bold);
        let (right, left, middle) = (x + 16.0, x - 16.0 - across, x - across / 2.0);
        let spots = [
            (right, y + 24.0),
            (left, y - 12.0),
            (right, y + 7.0),
            (left, y + 7.0),
            (middle, y + 34.0),
            (middle, y - 18.0),
            (right + 14.0, y + 46.0),
            (left - 14.0, y - 34.0),
        ];
        let area = |(x, y): Point| Area((x - 4.0, y - 18.0), (x + across + 4.0, y + 6.0));
        let is_free = |spot: &Point| {
            self.within.holds(area(*spot)) && !self.taken.iter().any(|other| other.meets(area(*spot)))
        };
        if let Some(spot) = spots.into_iter().find(is_free) {
            surface.text(text, spot, lettering);
            self.take(area(spot));
        }
    }
}
