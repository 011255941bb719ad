//! Pictures as PNG.

use plotters::prelude::{BitMapBackend, DrawingBackend};
use plotters::style::{Color, RGBColor};

use super::font;
use super::palette::Colour;
use super::surface::{Anchor, HEIGHT, Lettering, Point, Surface, WIDTH};

/// The supersampling factor in each direction. The bitmap backend does not antialias, so each pixel is the mean of 3 × 3.
const FINE: usize = 3;

/// Returns what `draw` draws on a white background, as a PNG file.
///
/// # Errors
/// The message of the drawing library or of the encoder.
pub(crate) fn png(draw: impl FnOnce(&mut dyn Surface)) -> Result<Vec<u8>, String> {
    let (width, height) = (WIDTH as usize, HEIGHT as usize);
    let mut fine = vec![u8::MAX; width * FINE * height * FINE * 3];
    let size = ((width * FINE) as u32, (height * FINE) as u32);
    let mut surface = Pixels { backend: BitMapBackend::with_buffer(&mut fine, size), size, error: None };
    draw(&mut surface);
    let error = surface.error.take().or_else(|| surface.backend.present().err().map(|e| e.to_string()));
    drop(surface);
    error.map_or(Ok(()), Err)?;
    encode(&coarse(&fine, width, height), width as u32, height as u32).map_err(|e| e.to_string())
}

/// The mean of each square of [`FINE`] by [`FINE`] pixels.
fn coarse(fine: &[u8], width: usize, height: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(width * height * 3);
    let stride = width * FINE * 3;
    let mut sums = vec![0_u32; width * 3];
    for rows in fine.chunks_exact(stride * FINE) {
        sums.fill(0);
        for row in rows.chunks_exact(stride) {
            for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(FINE * 3)) {
                for pixel in square.chunks_exact(3) {
                    for (channel, &value) in sum.iter_mut().zip(pixel) {
                        *channel += u32::from(value);
                    }
                }
            }
        }
        let all = (FINE * FINE) as u32;
        out.extend(sums.iter().map(|sum| ((sum + all / 2) / all) as u8));
    }
    out
}

fn encode(pixels: &[u8], width: u32, height: u32) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::High);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

/// A bitmap. It keeps the first error, so that the drawing functions need not return one.
struct Pixels<'a> {
    backend: BitMapBackend<'a>,
    size: (u32, u32),
    error: Option<String>,
}

impl Pixels<'_> {
    fn note<E: std::error::Error>(&mut self, result: Result<(), E>) {
        if let Err(error) = result {
            self.error.get_or_insert_with(|| error.to_string());
        }
    }
}

impl Surface for Pixels<'_> {
    fn line(&mut self, points: &[Point], colour: Colour, width: f64) {
        let half = width / 2.0;
        for pair in points.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let length = libm::hypot(x1 - x0, y1 - y0);
            if length > 0.0 {
                let (nx, ny) = (-(y1 - y0) / length * half, (x1 - x0) / length * half);
                self.polygon(
                    &[(x0 + nx, y0 + ny), (x1 + nx, y1 + ny), (x1 - nx, y1 - ny), (x0 - nx, y0 - ny)],
                    colour,
                );
            }
        }
        if let [_, joints @ .., _] = points {
            for &joint in joints {
                self.disc(joint, half, colour);
            }
        }
    }

    fn polygon(&mut self, points: &[Point], colour: Colour) {
        let result = self.backend.fill_polygon(points.iter().copied().map(fine), &rgb(colour));
        self.note(result);
    }

    fn disc(&mut self, centre: Point, radius: f64, colour: Colour) {
        let radius = (radius * FINE as f64).round() as u32;
        let result = self.backend.draw_circle(fine(centre), radius, &rgb(colour), true);
        self.note(result);
    }

    fn text(&mut self, text: &str, (x, y): Point, lettering: Lettering) {
        let Lettering { px, bold, colour, anchor } = lettering;
        let x = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - font::width(text, px, bold) / 2.0,
            Anchor::End => x - font::width(text, px, bold),
        };
        let scale = FINE as f64;
        let (width, height) = (self.size.0 as i32, self.size.1 as i32);
        font::rasterise(text, px * scale, bold, (x * scale, y * scale), |x, y, coverage| {
            if (0..width).contains(&x) && (0..height).contains(&y) && coverage > 0.0 {
                let ink = rgb(colour).mix(f64::from(coverage.min(1.0)));
                let result = self.backend.draw_pixel((x, y), ink.to_backend_color());
                self.note(result);
            }
        });
    }
}

fn rgb(Colour(r, g, b): Colour) -> RGBColor {
    RGBColor(r, g, b)
}

fn fine((x, y): Point) -> (i32, i32) {
    ((x * FINE as f64).round() as i32, (y * FINE as f64).round() as i32)
}
