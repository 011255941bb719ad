//! The embedded typeface: how wide a text is, and its glyphs as pixels.

use std::sync::LazyLock;

use ab_glyph::{Font, FontRef, PxScale, ScaleFont, point};

/// The font families of SVG files, best first. The fallbacks are narrower than Inter, so no text becomes wider.
pub(crate) const FAMILY: &str = "Inter, Helvetica, Arial, sans-serif";

static REGULAR: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../fonts/Inter-Regular.ttf")));
static BOLD: LazyLock<FontRef<'static>> =
    LazyLock::new(|| parse(include_bytes!("../../fonts/Inter-SemiBold.ttf")));

fn parse(bytes: &'static [u8]) -> FontRef<'static> {
    FontRef::try_from_slice(bytes).expect("the embedded font is a font")
}

fn face(bold: bool) -> &'static FontRef<'static> {
    if bold { &BOLD } else { &REGULAR }
}

/// The scale at which an em is `px` pixels. It is the height in pixels between the font's lowest and highest point.
fn scale(font: &FontRef<'_>, px: f64) -> PxScale {
    let em = font.units_per_em().unwrap_or(1000.0);
    PxScale::from(px as f32 * font.height_unscaled() / em)
}

/// Width in pixels of `text` at an em of `px` pixels.
pub(crate) fn width(text: &str, px: f64, bold: bool) -> f64 {
    let font = face(bold);
    let scaled = font.as_scaled(scale(font, px));
    text.chars().map(|c| f64::from(scaled.h_advance(scaled.glyph_id(c)))).sum()
}

/// `text`, truncated with an ellipsis if it is wider than `most` pixels.
pub(crate) fn fitted(text: &str, px: f64, bold: bool, most: f64) -> String {
    if width(text, px, bold) <= most {
        return text.to_owned();
    }
    let available = most - width("…", px, bold);
    let mut used = 0.0;
    let kept = text.chars().take_while(|c| {
        used += width(c.encode_utf8(&mut [0; 4]), px, bold);
        used <= available
    });
    kept.chain(['…']).collect()
}

/// Calls `pixel(x, y, coverage)` for each pixel that `text` touches, its baseline starting at (`x`, `y`).
pub(crate) fn rasterise(
    text: &str,
    px: f64,
    bold: bool,
    (x, y): (f64, f64),
    mut pixel: impl FnMut(i32, i32, f32),
) {
    let font = face(bold);
    let scale = scale(font, px);
    let scaled = font.as_scaled(scale);
    let mut pen = x as f32;
    for c in text.chars() {
        let id = scaled.glyph_id(c);
        if let Some(outline) = font.outline_glyph(id.with_scale_and_position(scale, point(pen, y as f32))) {
            let corner = outline.px_bounds().min;
            outline.draw(|dx, dy, coverage| {
                pixel(corner.x as i32 + dx as i32, corner.y as i32 + dy as i32, coverage);
            });
        }
        pen += scaled.h_advance(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_that_pictures_use_has_a_glyph() {
        for bold in [false, true] {
            for c in (' '..='~').chain("–—·×±…°µ".chars()) {
                assert_ne!(face(bold).glyph_id(c).0, 0, "{c:?}");
            }
        }
    }

    #[test]
    fn width_grows_with_size_and_text() {
        assert!(width("idle", 20.0, false) < width("idle timeout", 20.0, false));
        assert!((width("idle", 40.0, false) - 2.0 * width("idle", 20.0, false)).abs() < 0.01);
        assert!(width("", 20.0, true).abs() < f64::EPSILON);
    }
}
