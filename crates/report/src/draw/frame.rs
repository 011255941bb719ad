//! Everything around the data: title, axes, marks and key.

use super::axis::Axis;
use super::font::{fitted, width};
use super::key::{self, Key};
use super::marks::Marks;
use super::palette::{Style, ink};
use super::surface::{Anchor, HEIGHT, Lettering, Point, Surface, WIDTH};

/// The margin at the sides, in pixels.
const MARGIN: f64 = 56.0;
const TITLE: Lettering = Lettering::new(34.0, ink::TEXT).bold();
const SUBTITLE: Lettering = Lettering::new(22.0, ink::QUIET);
const AXIS_TITLE: Lettering = Lettering::new(22.0, ink::TEXT).bold();
const TICK: Lettering = Lettering::new(21.0, ink::QUIET);

/// The title and the subtitle above a picture.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heading {
    pub(crate) title: String,
    pub(crate) subtitle: String,
}

/// A curve.
#[derive(Debug, Clone)]
pub(crate) struct Series {
    pub(crate) style: Style,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Everything around the data.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    pub(crate) heading: Heading,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    /// Values of `x` to highlight, with their labels, ascending.
    pub(crate) marks: Vec<(f64, String)>,
    pub(crate) key: Vec<Key>,
}

/// The area for the data, inside a drawn frame.
#[derive(Debug, Clone)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
    x: Axis,
    y: Axis,
}

impl Frame {
    /// Draws the frame and returns the plot inside.
    pub(crate) fn draw(self, surface: &mut dyn Surface) -> Plot {
        let across = WIDTH - 2.0 * MARGIN;
        surface.text(&fitted(&self.heading.title, TITLE.px, TITLE.bold, across), (MARGIN, 62.0), TITLE);
        surface.text(
            &fitted(&self.heading.subtitle, SUBTITLE.px, SUBTITLE.bold, across),
            (MARGIN, 100.0),
            SUBTITLE,
        );
        surface.text(&self.y.title, (MARGIN, 152.0), AXIS_TITLE);

        let ticks = self.y.ticks.iter().map(|(_, text)| width(text, TICK.px, false)).fold(0.0, f64::max);
        let left = MARGIN + ticks + 14.0;
        let right = WIDTH - MARGIN - key::span(&self.key);
        let bottom = HEIGHT - 104.0;

        let hung = Marks::hang(&self.marks, |v| left + self.x.place(v) * (right - left));
        let top = 184.0 + hung.height();
        let plot = Plot { left, top, right, bottom, x: self.x, y: self.y };
        plot.grid(surface);
        hung.draw(surface, top, bottom);
        plot.axes(surface);
        key::draw(surface, &self.key, (right + key::GAP, top));
        plot
    }
}

impl Plot {
    /// The position of a pair of values.
    pub(crate) fn at(&self, x: f64, y: f64) -> Point {
        (
            self.left + self.x.place(x) * (self.right - self.left),
            self.bottom - self.y.place(y) * (self.bottom - self.top),
        )
    }

    /// Draws a curve. Markers are at least 30 pixels apart; those in between are left out.
    pub(crate) fn series(&self, surface: &mut dyn Surface, series: &Series) {
        let Style { colour, dash, marker } = series.style;
        let points: Vec<Point> = series.points.iter().map(|&(x, y)| self.at(x, y)).collect();
        surface.dashed(&points, dash, colour, 4.0);
        let mut free_from = f64::NEG_INFINITY;
        for &(x, y) in &points {
            if x >= free_from {
                surface.marker(marker, (x, y), 7.0, colour);
                free_from = x + 30.0;
            }
        }
    }

    /// Writes a message into the middle of the plot that says why it is empty.
    pub(crate) fn message(&self, surface: &mut dyn Surface, text: &str) {
        let at = (f64::midpoint(self.left, self.right), f64::midpoint(self.top, self.bottom));
        let half = width(text, 30.0, false) / 2.0 + 16.0;
        surface.rectangle((at.0 - half, at.1 - 36.0), (at.0 + half, at.1 + 18.0), ink::PAPER);
        surface.text(text, at, Lettering::new(30.0, ink::QUIET).anchored(Anchor::Middle));
    }

    fn grid(&self, surface: &mut dyn Surface) {
        for (value, _) in &self.y.ticks {
            let y = self.at(0.0, *value).1;
            surface.line(&[(self.left, y), (self.right, y)], ink::GRID, 1.5);
        }
    }

    fn axes(&self, surface: &mut dyn Surface) {
        surface.line(&[(self.left, self.bottom), (self.right, self.bottom)], ink::TEXT, 2.0);
        let mut free_from = f64::NEG_INFINITY;
        for (value, text) in &self.x.ticks {
            let x = self.at(*value, 0.0).0;
            let half = width(text, TICK.px, false) / 2.0;
            surface.line(&[(x, self.bottom), (x, self.bottom + 8.0)], ink::TEXT, 2.0);
            if x - half >= free_from {
                surface.text(text, (x, self.bottom + 34.0), TICK.anchored(Anchor::Middle));
                free_from = x + half + 14.0;
            }
        }
        for (value, text) in &self.y.ticks {
            let y = self.at(0.0, *value).1;
            surface.text(text, (self.left - 14.0, y + 7.5), TICK.anchored(Anchor::End));
        }
        if self.y.is_cut() {
            let cut = (self.bottom + self.at(0.0, self.y.ticks[1].0).1) / 2.0;
            for y in [cut - 5.0, cut + 5.0] {
                surface.line(&[(self.left - 9.0, y + 4.0), (self.left + 9.0, y - 4.0)], ink::RULE, 2.0);
            }
        }
        if self.x.is_cut() {
            let cut = (self.left + self.at(self.x.ticks[1].0, 0.0).0) / 2.0;
            surface.rectangle((cut - 5.0, self.bottom - 3.0), (cut + 5.0, self.bottom + 3.0), ink::PAPER);
            for x in [cut - 5.0, cut + 5.0] {
                surface.line(&[(x - 4.0, self.bottom + 9.0), (x + 4.0, self.bottom - 9.0)], ink::TEXT, 2.0);
            }
        }
        let middle = (f64::midpoint(self.left, self.right), HEIGHT - 28.0);
        surface.text(&self.x.title, middle, AXIS_TITLE.anchored(Anchor::Middle));
    }
}
