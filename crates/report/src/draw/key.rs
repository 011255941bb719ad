//! The key, which says what each colour, dash and marker means. It is a column to the right of the plot and covers no data.

use super::font::width;
use super::palette::{Colour, Dash, Marker, Style, ink};
use super::surface::{Lettering, Point, Surface};

const LABEL: Lettering = Lettering::new(21.0, ink::TEXT);
/// The distance between the plot and the key, in pixels.
pub(crate) const GAP: f64 = 38.0;
const SIGN: f64 = 46.0;
const SIGN_GAP: f64 = 12.0;
const LINE: f64 = 38.0;

/// An entry of the key.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) label: String,
    pub(crate) sign: Sign,
}

/// The symbol of an entry of the key.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    /// A line with markers.
    Series(Style),
    /// A line without markers.
    Line(Colour, Dash),
    /// A marker alone.
    Marker(Marker, Colour),
    /// A short vertical line.
    Bar(Colour),
    /// A filled area, with or without stripes.
    Area(Colour, bool),
}

/// The width of the key and its gap, in pixels; 0 without entries.
pub(crate) fn span(keys: &[Key]) -> f64 {
    let widest = keys.iter().map(|key| width(&key.label, LABEL.px, LABEL.bold)).max_by(f64::total_cmp);
    widest.map_or(0.0, |label| GAP + SIGN + SIGN_GAP + label)
}

/// Draws the key with its top left corner at (`x`, `y`).
pub(crate) fn draw(surface: &mut dyn Surface, keys: &[Key], (x, y): Point) {
    let mut middle = y + 12.0;
    for key in keys {
        sign(surface, key.sign, (x, middle));
        surface.text(&key.label, (x + SIGN + SIGN_GAP, middle + 7.5), LABEL);
        middle += LINE;
    }
}

fn sign(surface: &mut dyn Surface, sign: Sign, (x, y): Point) {
    let line = [(x, y), (x + SIGN, y)];
    let middle = (x + SIGN / 2.0, y);
    match sign {
        Sign::Series(Style { colour, dash, marker }) => {
            surface.dashed(&line, dash, colour, 4.0);
            surface.marker(marker, middle, 7.0, colour);
        }
        Sign::Line(colour, dash) => surface.dashed(&line, dash, colour, 3.0),
        Sign::Marker(marker, colour) => surface.marker(marker, middle, 9.0, colour),
        Sign::Bar(colour) => surface.line(&[(middle.0, y - 11.0), (middle.0, y + 11.0)], colour, 2.0),
        Sign::Area(colour, striped) => {
            surface.area((x, y - 11.0), (x + SIGN, y + 11.0), colour, striped);
        }
    }
}

impl dyn Surface + '_ {
    /// A filled rectangle, with white diagonal stripes if `striped`, so that it can be told apart without its colour.
    pub(crate) fn area(&mut self, (x0, y0): Point, (x1, y1): Point, colour: Colour, striped: bool) {
        self.rectangle((x0, y0), (x1, y1), colour);
        if !striped {
            return;
        }
        let (left, right) = (x0.min(x1), x0.max(x1));
        let (top, bottom) = (y0.min(y1), y0.max(y1));
        // Lines x + y = c, where c is a multiple of 11, so that the stripes of adjacent areas meet.
        let mut c = ((left + top) / 11.0).ceil() * 11.0;
        while c < right + bottom {
            let from = (right.min(c - top), c - right.min(c - top));
            let to = (left.max(c - bottom), c - left.max(c - bottom));
            self.line(&[from, to], ink::PAPER, 2.0);
            c += 11.0;
        }
    }
}
