//! Marks: labelled vertical lines. The labels are in a strip above the plot.

use super::font::{fitted, width};
use super::palette::{Dash, ink};
use super::surface::{Anchor, Lettering, Surface, WIDTH};

const LABEL: Lettering = Lettering::new(20.0, ink::QUIET);
const LINE: f64 = 26.0;
/// The least distance between a label and the right edge of the picture, in pixels.
const EDGE: f64 = 28.0;
/// The greatest width of a label, in pixels.
const WIDEST: f64 = 420.0;

/// Marks with the positions of their labels.
pub(crate) struct Marks {
    labels: Vec<Label>,
    rows: u32,
}

/// The label of a mark: where its vertical line is, and where the text.
struct Label {
    text: String,
    line: f64,
    at: f64,
    anchor: Anchor,
    row: u32,
}

impl Marks {
    /// Puts each label next to its line. The line runs down from the label through all rows below, so a label goes into a row
    /// below every earlier label that reaches it.
    pub(crate) fn hang(marks: &[(f64, String)], place: impl Fn(f64) -> f64) -> Self {
        let mut ends: Vec<f64> = Vec::new();
        let mut labels = Vec::new();
        for (value, text) in marks {
            let line = place(*value);
            let text = fitted(text, LABEL.px, false, WIDEST);
            let width = width(&text, LABEL.px, false);
            let (start, end, at, anchor) = if line + 8.0 + width <= WIDTH - EDGE {
                (line, line + 8.0 + width, line + 8.0, Anchor::Start)
            } else {
                (line - 8.0 - width, line, line - 8.0, Anchor::End)
            };
            let row = ends.iter().rposition(|&end| end + 14.0 > start).map_or(0, |taken| taken + 1);
            match ends.get_mut(row) {
                Some(row_end) => *row_end = end,
                None => ends.push(end),
            }
            labels.push(Label { text, line, at, anchor, row: row as u32 });
        }
        Self { labels, rows: ends.len() as u32 }
    }

    /// The height of the strip above the plot, in pixels.
    pub(crate) fn height(&self) -> f64 {
        LINE * f64::from(self.rows)
    }

    /// Draws the labels above `top` and their lines down to `bottom`.
    pub(crate) fn draw(&self, surface: &mut dyn Surface, top: f64, bottom: f64) {
        for label in &self.labels {
            let baseline = top - 12.0 - LINE * f64::from(self.rows - 1 - label.row);
            let line = [(label.line, baseline - 16.0), (label.line, bottom)];
            surface.dashed(&line, Dash::SHORT, ink::RULE, 2.0);
            surface.text(&label.text, (label.at, baseline), LABEL.anchored(label.anchor));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_goes_below_the_earlier_ones_that_reach_it() {
        let marks = [0.0, 40.0, 80.0, 900.0].map(|x| (x, "a label".to_owned()));
        let hung = Marks::hang(&marks, |x| x);
        let rows: Vec<u32> = hung.labels.iter().map(|label| label.row).collect();
        assert_eq!((rows, hung.rows), (vec![0, 1, 2, 0], 3));
    }

    #[test]
    fn a_label_that_would_leave_the_picture_is_left_of_its_line() {
        let hung = Marks::hang(&[(WIDTH - EDGE, "a label".to_owned())], |x| x);
        assert_eq!(hung.labels[0].anchor, Anchor::End);
    }
}
