//! Drawing, twice from one description.
//!
//! A picture is a function over a [`Surface`] of fixed size. The surface is either an SVG document or pixels, so both
//! files show the same thing. Text is measured with the embedded typeface on either, so what fits in one fits in the
//! other. On top of the surface stand an [`Axis`], which places numbers, and a [`Frame`], which is everything around
//! the data.

mod axis;
mod font;
mod frame;
mod key;
mod marks;
mod palette;
mod pixels;
mod room;
mod surface;
mod vector;

pub(crate) use axis::Axis;
pub(crate) use font::fitted;
pub(crate) use frame::{Frame, Plot, Series, Words};
pub(crate) use key::{Key, Sign};
pub(crate) use palette::{Colour, Dash, Marker, Style, ink};
pub(crate) use pixels::png;
pub(crate) use room::{Area, Room};
pub(crate) use surface::{Lettering, Surface};
pub(crate) use vector::svg;
#[cfg(test)]
pub(crate) use {font::width, surface::Anchor};
