//! Pictures as SVG documents.

use plotters::prelude::{DrawingBackend, SVGBackend};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use super::font::FAMILY;
use super::palette::{Colour, ink};
use super::surface::{Anchor, HEIGHT, Lettering, Point, Surface, WIDTH};
use crate::text::one_line;

/// Plotters' font size for an em of 1. Plotters divides by it again when it writes SVG.
const SIZE_PER_EM: f64 = 1.24;
/// Plotters writes no baseline anchor. It raises bottom-anchored text by half an x-height, which is 0.273 em in Inter.
const LIFT: f64 = 0.273;

/// Returns what `draw` draws on a white background, as an SVG document.
///
/// # Errors
/// The message of the drawing library.
pub(crate) fn svg(draw: impl FnOnce(&mut dyn Surface)) -> Result<Vec<u8>, String> {
    let mut document = String::new();
    let mut surface = Vector {
        backend: SVGBackend::with_string(&mut document, (WIDTH as u32, HEIGHT as u32)),
        error: None,
    };
    let page: &mut dyn Surface = &mut surface;
    page.rectangle((0.0, 0.0), (WIDTH, HEIGHT), ink::PAPER);
    draw(page);
    let error = surface.error.take().or_else(|| surface.backend.present().err().map(|e| e.to_string()));
    drop(surface);
    error.map_or(Ok(document.into_bytes()), Err)
}

/// An SVG document. It keeps the first error, so that the drawing functions need not return one.
struct Vector<'a> {
    backend: SVGBackend<'a>,
    error: Option<String>,
}

impl Vector<'_> {
    fn note<E: std::error::Error>(&mut self, result: Result<(), E>) {
        if let Err(error) = result {
            self.error.get_or_insert_with(|| error.to_string());
        }
    }
}

impl Surface for Vector<'_> {
    fn line(&mut self, points: &[Point], colour: Colour, width: f64) {
        let style =
            ShapeStyle { color: rgb(colour).to_rgba(), filled: false, stroke_width: width.round() as u32 };
        let result = match points {
            [] | [_] => Ok(()),
            [from, to] => self.backend.draw_line(whole(*from), whole(*to), &style),
            _ => self.backend.draw_path(points.iter().copied().map(whole), &style),
        };
        self.note(result);
    }

    fn polygon(&mut self, points: &[Point], colour: Colour) {
        let result = self.backend.fill_polygon(points.iter().copied().map(whole), &rgb(colour));
        self.note(result);
    }

    fn disc(&mut self, centre: Point, radius: f64, colour: Colour) {
        let result = self.backend.draw_circle(whole(centre), radius.round() as u32, &rgb(colour), true);
        self.note(result);
    }

    fn text(&mut self, text: &str, (x, y): Point, lettering: Lettering) {
        let weight = if lettering.bold { FontStyle::Bold } else { FontStyle::Normal };
        let h_pos = match lettering.anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font = FontDesc::new(FontFamily::Name(FAMILY), lettering.px * SIZE_PER_EM, weight);
        let ink = rgb(lettering.colour);
        let style = TextStyle::from(font).color(&ink).pos(Pos::new(h_pos, VPos::Bottom));
        // XML does not allow control characters.
        let text = one_line(text);
        let result = self.backend.draw_text(&text, &style, whole((x, y + LIFT * lettering.px)));
        self.note(result);
    }
}

fn rgb(Colour(r, g, b): Colour) -> RGBColor {
    RGBColor(r, g, b)
}

fn whole((x, y): Point) -> (i32, i32) {
    (x.round() as i32, y.round() as i32)
}
