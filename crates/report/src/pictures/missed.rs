//! Missed work against the timeout, stacked by class.

use dormouse_sim::rows::{Class, Row};

use super::{Picture, on_axis, subtitle, timeouts};
use crate::Mark;
use crate::draw::{Axis, Colour, Frame, Heading, Key, Sign, ink};

/// Up to this many timeouts are drawn as separate bars; more are drawn as steps.
const BARS: usize = 12;
/// Half the greatest width of a bar, in pixels.
const HALF_BAR: f64 = 45.0;

pub(crate) fn picture<'a>(rows: &'a [Row], marks: &'a [Mark]) -> Picture<'a> {
    Picture {
        name: "missed_work",
        title: "Missed work against idle timeout",
        caption: "Cases of missed work over the whole replay, stacked by class. Classes that never occur are left out.",
        draw: Box::new(move |surface| {
            let classes: Vec<Class> =
                Class::ALL.into_iter().filter(|&class| rows.iter().any(|row| row.class(class) > 0)).collect();
            let most = rows.iter().map(|row| row.violations).max().unwrap_or(0);
            let x = Axis::timeouts(&timeouts(rows));
            let plot = Frame {
                heading: Heading { title: "Missed work by class".into(), subtitle: subtitle(rows) },
                y: Axis::from_zero("cases", (most as f64).max(5.0)),
                marks: on_axis(marks, &x),
                // The key has the order of the stack, from the top.
                key: classes
                    .iter()
                    .rev()
                    .map(|&class| Key { label: class.name().into(), sign: fill(class).into() })
                    .collect(),
                x,
            }
            .draw(surface);
            let centres: Vec<f64> = rows.iter().map(|row| plot.at(row.idle_timeout_minutes, 0.0).0).collect();
            for (row, (left, right)) in rows.iter().zip(extents(&centres)) {
                let (left, right) = (left.max(plot.left), right.min(plot.right));
                let mut below = 0.0;
                for &class in &classes {
                    let above = below + row.class(class) as f64;
                    let (low, high) = (plot.at(1.0, below).1, plot.at(1.0, above).1);
                    let Fill(colour, striped) = fill(class);
                    if above > below {
                        surface.area((left, high), (right, low), colour, striped);
                    }
                    below = above;
                }
            }
            if most == 0 {
                plot.message(surface, "No work was missed at any timeout tried");
            }
        }),
    }
}

/// The left and right edge of each bar or step: halfway to its neighbours.
fn extents(centres: &[f64]) -> Vec<(f64, f64)> {
    let (most, gap) = if centres.len() <= BARS { (HALF_BAR, 2.0) } else { (f64::INFINITY, 0.0) };
    (0..centres.len())
        .map(|i| {
            let before = i.checked_sub(1).map(|j| (centres[i] - centres[j]) / 2.0);
            let after = centres.get(i + 1).map(|next| (next - centres[i]) / 2.0);
            let half = |one: Option<f64>, other: Option<f64>| {
                (one.or(other).unwrap_or(HALF_BAR).min(most) - gap).max(1.0)
            };
            (centres[i] - half(before, after), centres[i] + half(after, before))
        })
        .collect()
}

struct Fill(Colour, bool);

impl From<Fill> for Sign {
    fn from(Fill(colour, striped): Fill) -> Self {
        Self::Area(colour, striped)
    }
}

/// The look of a class, the same in every picture. Of two classes with one colour, one is striped.
fn fill(class: Class) -> Fill {
    match class {
        Class::FrozenWork => Fill(ink::VERMILLION, false),
        Class::LostInbound => Fill(ink::BLACK, false),
        Class::StrandedInbound => Fill(ink::BLUE, false),
        Class::MissedCron => Fill(ink::ORANGE, true),
        Class::LateCron => Fill(ink::YELLOW, false),
        Class::Duplicate => Fill(ink::PURPLE, false),
        Class::BlackHole => Fill(ink::BLACK, true),
        Class::NeverSleeps => Fill(ink::SKY, true),
        Class::Flapping => Fill(ink::GREEN, true),
        Class::WrongStatus => Fill(ink::PURPLE, true),
    }
}
