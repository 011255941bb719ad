//! Labels that cover no data and no other label.

use super::font::width;
use super::surface::{Lettering, Point, Surface};

/// Which parts of a plot are free for labels.
pub(crate) struct LabelSpace {
    within: Area,
    occupied: Vec<Area>,
}

/// A rectangle, given by its top left and bottom right corners.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Area(pub(crate) Point, pub(crate) Point);

impl Area {
    fn overlaps(self, other: Self) -> bool {
        self.0.0 < other.1.0 && other.0.0 < self.1.0 && self.0.1 < other.1.1 && other.0.1 < self.1.1
    }

    fn contains(self, other: Self) -> bool {
        self.0.0 < other.0.0 && other.1.0 < self.1.0 && self.0.1 < other.0.1 && other.1.1 < self.1.1
    }
}

impl LabelSpace {
    /// A plot that covers `within`, all of it free.
    pub(crate) fn new(within: Area) -> Self {
        Self { within, occupied: Vec::new() }
    }

    /// Marks an area as occupied: something is drawn there.
    pub(crate) fn occupy(&mut self, area: Area) {
        self.occupied.push(area);
    }

    /// Writes `text` next to the point in a free area, which is then occupied. If no area around the point is free, nothing is
    /// written. The positions below right and above left are tried first, because a rising curve leaves them free.
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
            self.within.contains(area(*spot))
                && !self.occupied.iter().any(|other| other.overlaps(area(*spot)))
        };
        if let Some(spot) = spots.into_iter().find(is_free) {
            surface.text(text, spot, lettering);
            self.occupy(area(spot));
        }
    }
}
