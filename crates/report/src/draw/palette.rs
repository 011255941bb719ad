//! Colours, dashes and markers that can be told apart, also with a colour vision deficiency.

/// An opaque colour: red, green, blue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Colour(pub(crate) u8, pub(crate) u8, pub(crate) u8);

/// Named colours. The hues are those of Okabe and Ito, "Color Universal Design" (2008), which people with any of the
/// common colour vision deficiencies can tell apart.
pub(crate) mod ink {
    use super::Colour;

    pub(crate) const BLACK: Colour = Colour(0, 0, 0);
    pub(crate) const ORANGE: Colour = Colour(230, 159, 0);
    pub(crate) const SKY: Colour = Colour(86, 180, 233);
    pub(crate) const GREEN: Colour = Colour(0, 158, 115);
    pub(crate) const YELLOW: Colour = Colour(240, 228, 66);
    pub(crate) const BLUE: Colour = Colour(0, 114, 178);
    pub(crate) const VERMILLION: Colour = Colour(213, 94, 0);
    pub(crate) const PURPLE: Colour = Colour(204, 121, 167);

    pub(crate) const TEXT: Colour = Colour(34, 34, 34);
    pub(crate) const QUIET: Colour = Colour(96, 96, 96);
    pub(crate) const RULE: Colour = Colour(150, 150, 150);
    pub(crate) const GRID: Colour = Colour(228, 228, 228);
    pub(crate) const PAPER: Colour = Colour(255, 255, 255);
}

/// The dash pattern of a line: the lengths of dashes and gaps in turn, in pixels. Empty for a solid line.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dash(pub(crate) &'static [f64]);

impl Dash {
    pub(crate) const SOLID: Self = Self(&[]);
    pub(crate) const LONG: Self = Self(&[18.0, 8.0]);
    pub(crate) const SHORT: Self = Self(&[8.0, 7.0]);
    pub(crate) const MIXED: Self = Self(&[18.0, 6.0, 4.0, 6.0]);
}

/// The shape of a data point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Marker {
    Disc,
    Square,
    Diamond,
    Triangle,
    Wedge,
    Cross,
    Ring,
}

/// How a series looks. Its colour alone or its marker alone identifies it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub(crate) colour: Colour,
    pub(crate) dash: Dash,
    pub(crate) marker: Marker,
}

impl Style {
    /// The `i`th of six styles, which repeat.
    pub(crate) fn nth(i: usize) -> Self {
        const ALL: [Style; 6] = [
            Style { colour: ink::BLUE, dash: Dash::SOLID, marker: Marker::Disc },
            Style { colour: ink::VERMILLION, dash: Dash::LONG, marker: Marker::Square },
            Style { colour: ink::GREEN, dash: Dash::MIXED, marker: Marker::Triangle },
            Style { colour: ink::PURPLE, dash: Dash::SHORT, marker: Marker::Diamond },
            Style { colour: ink::SKY, dash: Dash::LONG, marker: Marker::Wedge },
            Style { colour: ink::ORANGE, dash: Dash::SHORT, marker: Marker::Cross },
        ];
        ALL[i % ALL.len()]
    }
}
