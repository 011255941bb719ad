//! The key: what each colour, dash and marker stands for, in a column beside the plot, where it covers nothing.

use super::font::width;
use super::palette::{Colour, Dash, Marker, Style, ink};
use super::surface::{Lettering, Point, Surface};

const LABEL: Lettering = Lettering::new(21.0, ink::TEXT);
/// Between the plot and the key.
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

/// How the key shows what it names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign {
    /// A line with markers.
    Series(Style),
    /// A line without markers.
    Line(Colour, Dash),
    /// A marker alone.
    Marker(Marker, Colour),
    /// A short upright stroke.
    Bar(Colour),
    /// A filled area, with or without stripes.
    Area(Colour, bool),
}

/// How wide the key is with its gap; nothing for no key.
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
    /// A filled rectangle, with white stripes across if `striped`: a second sign beside its colour.
    pub(crate) fn area(&mut self, (x0, y0): Point, (x1, y1): Point, colour: Colour, striped: bool) {
        self.rectangle((x0, y0), (x1, y1), colour);
        if !striped {
            return;
        }
        let (left, right) = (x0.min(x1), x0.max(x1));
        let (top, bottom) = (y0.min(y1), y0.max(y1));
        // Lines x + y = c, on one lattice for all areas so that neighbours' stripes meet.
        let mut c = ((left + top) / 11.0).ceil() * 11.0;
        while c < right + bottom {
            let from = (right.min(c - top), c - right.min(c - top));
            let to = (left.max(c - bottom), c - left.max(c - bottom));
            self.line(&[from, to], ink::PAPER, 2.0);
            c += 11.0;
        }
    }
}
