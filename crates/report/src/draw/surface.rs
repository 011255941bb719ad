//! The surface that pictures are drawn on.

use super::palette::{Colour, Dash, Marker, ink};

/// Width of every picture in pixels.
pub(crate) const WIDTH: f64 = 1600.0;
/// Height of every picture in pixels.
pub(crate) const HEIGHT: f64 = 900.0;

/// A point: pixels right of the left edge, pixels below the top edge.
pub(crate) type Point = (f64, f64);

/// Which part of a text is at its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a text is set. `px` is the size of an em in pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lettering {
    pub(crate) px: f64,
    pub(crate) bold: bool,
    pub(crate) colour: Colour,
    pub(crate) anchor: Anchor,
}

impl Lettering {
    pub(crate) const fn new(px: f64, colour: Colour) -> Self {
        Self { px, bold: false, colour, anchor: Anchor::Start }
    }

    pub(crate) const fn bold(self) -> Self {
        Self { bold: true, ..self }
    }

    pub(crate) const fn anchored(self, anchor: Anchor) -> Self {
        Self { anchor, ..self }
    }
}

/// The primitives that both file formats have. All colours are opaque, so overlaps do not get darker.
pub(crate) trait Surface {
    /// A line through `points`, `width` pixels wide.
    fn line(&mut self, points: &[Point], colour: Colour, width: f64);
    /// The area inside `points`.
    fn polygon(&mut self, points: &[Point], colour: Colour);
    /// A filled circle.
    fn disc(&mut self, centre: Point, radius: f64, colour: Colour);
    /// A text. The anchor of its baseline is at `at`.
    fn text(&mut self, text: &str, at: Point, lettering: Lettering);
}

impl dyn Surface + '_ {
    /// An axis-parallel rectangle between two opposite corners.
    pub(crate) fn rectangle(&mut self, (x0, y0): Point, (x1, y1): Point, colour: Colour) {
        self.polygon(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1)], colour);
    }

    /// A dashed line through `points`, `width` pixels wide.
    pub(crate) fn dashed(&mut self, points: &[Point], dash: Dash, colour: Colour, width: f64) {
        for piece in pieces(points, dash) {
            self.line(&piece, colour, width);
        }
    }

    /// A data point of `radius` pixels. Filled shapes have a white rim, which sets them off from the line.
    pub(crate) fn marker(&mut self, marker: Marker, (x, y): Point, radius: f64, colour: Colour) {
        let r = radius;
        let mut shape = |corners: &[Point]| {
            let around = |by: f64| -> Vec<Point> {
                corners.iter().map(|&(dx, dy)| (x + dx * (r + by), y + dy * (r + by))).collect()
            };
            self.polygon(&around(2.5), ink::PAPER);
            self.polygon(&around(0.0), colour);
        };
        match marker {
            Marker::Disc => {
                self.disc((x, y), r + 2.0, ink::PAPER);
                self.disc((x, y), r, colour);
            }
            Marker::Ring => {
                self.disc((x, y), r, colour);
                self.disc((x, y), r - 2.5, ink::PAPER);
            }
            Marker::Square => shape(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Marker::Diamond => shape(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]),
            Marker::Triangle => shape(&[(0.0, -1.2), (1.15, 0.9), (-1.15, 0.9)]),
            Marker::Wedge => shape(&[(0.0, 1.2), (1.15, -0.9), (-1.15, -0.9)]),
            Marker::Cross => {
                self.line(&[(x - r, y - r), (x + r, y + r)], colour, 3.0);
                self.line(&[(x - r, y + r), (x + r, y - r)], colour, 3.0);
            }
        }
    }
}

/// The dashes of a dashed line through `points`.
fn pieces(points: &[Point], dash: Dash) -> Vec<Vec<Point>> {
    if dash.0.is_empty() || dash.0.iter().sum::<f64>() <= 0.0 {
        return vec![points.to_vec()];
    }
    let Some(&first) = points.first() else { return Vec::new() };
    let (mut all, mut piece) = (Vec::new(), vec![first]);
    let (mut turn, mut left) = (0, dash.0[0]);
    for pair in points.windows(2) {
        let ((mut x, mut y), (to_x, to_y)) = (pair[0], pair[1]);
        loop {
            let rest = libm::hypot(to_x - x, to_y - y);
            if rest < left {
                left -= rest;
                break;
            }
            (x, y) = (x + (to_x - x) * left / rest.max(1e-9), y + (to_y - y) * left / rest.max(1e-9));
            if turn % 2 == 0 {
                piece.push((x, y));
                all.push(std::mem::take(&mut piece));
            } else {
                piece = vec![(x, y)];
            }
            turn += 1;
            left = dash.0[turn % dash.0.len()];
        }
        if turn % 2 == 0 {
            piece.push((to_x, to_y));
        }
    }
    if piece.len() > 1 {
        all.push(piece);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dashes_continue_around_corners() {
        let corner = [(0.0, 0.0), (4.0, 0.0), (4.0, 6.0)];
        let drawn = pieces(&corner, Dash(&[6.0, 2.0]));
        assert_eq!(drawn, [vec![(0.0, 0.0), (4.0, 0.0), (4.0, 2.0)], vec![(4.0, 4.0), (4.0, 6.0)]]);
    }

    #[test]
    fn a_solid_line_is_one_piece_and_a_point_is_none() {
        assert_eq!(pieces(&[(0.0, 0.0), (1.0, 1.0)], Dash::SOLID).len(), 1);
        assert_eq!(pieces(&[(0.0, 0.0)], Dash::LONG), Vec::<Vec<Point>>::new());
        assert_eq!(pieces(&[], Dash::LONG), Vec::<Vec<Point>>::new());
    }
}
