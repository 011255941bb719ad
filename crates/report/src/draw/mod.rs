//! Draws SVG and PNG files from one description.
//!
//! A picture is a function that draws on a [`Surface`] of fixed size. The surface is either an SVG document or a bitmap, so
//! both files show the same thing. Text is measured with the embedded typeface on both, so what fits in one fits in the
//! other. An [`Axis`] maps values to positions. A [`Frame`] draws everything around the data.

mod axis;
mod font;
mod frame;
mod key;
mod labels;
mod marks;
mod palette;
mod pixels;
mod surface;
mod vector;

pub(crate) use axis::Axis;
pub(crate) use font::fitted;
pub(crate) use frame::{Frame, Heading, Plot, Series};
pub(crate) use key::{Key, Sign};
pub(crate) use labels::{Area, LabelSpace};
pub(crate) use palette::{Colour, Dash, Marker, Style, ink};
pub(crate) use pixels::png;
pub(crate) use surface::{Lettering, Surface};
pub(crate) use vector::svg;
#[cfg(test)]
pub(crate) use {font::width, surface::Anchor};
