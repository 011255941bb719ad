//! Draws every picture for many kinds of input, on a surface that records where texts and shapes are.

use dormouse_sim::rows::{Class, Counts, Labels, Row, Violation};

use super::{Chart, CostPlot, CostPoint, Curve, Picture, Ratio, all, chart, cost, ratios};
use crate::draw::{Anchor, Colour, Lettering, Surface, width};
use crate::{Mark, Report, Timeline, TimelineSpan, TimelineState};

const MINUTE: u64 = 60_000;

/// A surface that only remembers.
#[derive(Default)]
pub(crate) struct Recorder {
    texts: Vec<(String, [f64; 4])>,
    pub(crate) points: Vec<(f64, f64)>,
}

impl Recorder {
    pub(crate) fn of(picture: &Picture<'_>) -> Self {
        let mut recorder = Self::default();
        (picture.draw)(&mut recorder);
        recorder
    }
}

impl Surface for Recorder {
    fn line(&mut self, points: &[(f64, f64)], _: Colour, _: f64) {
        self.points.extend(points);
    }
    fn polygon(&mut self, points: &[(f64, f64)], _: Colour) {
        self.points.extend(points);
    }
    fn disc(&mut self, centre: (f64, f64), _: f64, _: Colour) {
        self.points.push(centre);
    }
    fn text(&mut self, text: &str, (x, y): (f64, f64), Lettering { px, bold, anchor, .. }: Lettering) {
        let across = width(text, px, bold);
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - across / 2.0,
            Anchor::End => x - across,
        };
        if !text.is_empty() {
            self.texts.push((text.to_owned(), [left, y - 0.75 * px, left + across, y + 0.2 * px]));
        }
    }
}

fn labels(trace: &str) -> Labels {
    Labels { trace: trace.into(), watcher: "current".into(), platform: "fly".into(), seed: 1 }
}

/// Rows whose time asleep and number of delays fall with the timeout. They have every class of missed work if `misses`.
fn rows(timeouts: &[u64], misses: bool) -> Vec<Row> {
    let row = |&timeout_ms: &u64| {
        let minutes = timeout_ms / MINUTE + 1;
        let mut counts = Counts {
            instances: 3,
            horizon_ms: 30 * 1440 * MINUTE,
            suspended_ms: 20 * 1440 * MINUTE / minutes,
            oracle_suspended_ms: 24 * 1440 * MINUTE,
            wakes: [900 / minutes, 300 / minutes, 30, 20, 10, 5],
            user_arrivals: 5000,
            ..Counts::default()
        };
        counts.awake_ms = counts.horizon_ms - counts.suspended_ms;
        counts.delays.push_zeros(5000 - 900 / minutes);
        (0..900 / minutes).for_each(|i| counts.delays.push(40 + i * i));
        if misses {
            Class::ALL.into_iter().for_each(|class| counts.violations[class as usize] = 90 / minutes);
        }
        Row::new(&labels("a-trace"), timeout_ms, &counts)
    };
    timeouts.iter().map(row).collect()
}

fn sweeps() -> Vec<(&'static str, Vec<Row>)> {
    let usual = [1, 2, 4, 10, 20, 60, 120].map(|half| half * MINUTE / 2);
    let many: Vec<u64> = (1..=60).map(|i| i * MINUTE / 2).collect();
    let zero = |&t: &u64| Row::new(&labels("nothing"), t, &Counts::default());
    let mut extreme = rows(&usual, true);
    for row in &mut extreme {
        row.trace = "a name that goes on ".repeat(20);
        row.suspend_minutes = 1e15;
        row.oracle_suspended_ms = u64::MAX;
        row.delay_ms_max = u64::MAX;
        row.violations = u64::MAX;
        row.frozen_work = u64::MAX / 16;
    }
    vec![
        ("one", rows(&[5 * MINUTE], true)),
        ("two", rows(&[2 * MINUTE, 5 * MINUTE], false)),
        ("close", rows(&[60_000, 60_001], true)),
        ("seven", rows(&usual, false)),
        ("seven with missed work", rows(&usual, true)),
        ("sixty", rows(&many, true)),
        ("ten decades", rows(&[1, 1000, MINUTE, 1_000_000 * MINUTE], true)),
        ("zero", usual.iter().map(zero).collect()),
        ("extreme", extreme),
    ]
}

fn timelines() -> Vec<Timeline> {
    let kinds = ["inbound", "direct", "cron", "api", "background", "client", "probe", "internal"];
    let full = Timeline {
        title: "instance 1, timeout 2 min".into(),
        from_ms: 1440 * MINUTE,
        to_ms: 2880 * MINUTE,
        epoch_label: "time of day".into(),
        epoch_ms_of_day: 9 * 60 * MINUTE + 1,
        states: vec![TimelineSpan { from_ms: 0, to_ms: 2000 * MINUTE, state: TimelineState::Asleep }],
        work: kinds.map(|kind| (1500 * MINUTE, 1600 * MINUTE, kind)).into(),
        arrivals: kinds.map(|kind| (1500 * MINUTE, kind)).into(),
        violations: Class::ALL
            .map(|class| Violation { at_ms: 1700 * MINUTE, class, held_ms: 0, cause: "" })
            .into(),
    };
    let lengths = [1, 1000, 3 * MINUTE, 90 * MINUTE, 100_000 * MINUTE, u64::MAX];
    let bare = lengths.map(|to_ms| Timeline { to_ms, ..Timeline::default() });
    std::iter::once(full).chain(bare).collect()
}

/// Results of benchmarks: no curve, one point, many decades; few ratios and more than fit, near one and far from it.
fn measurements() -> (Vec<Vec<Curve>>, Vec<Vec<Ratio>>) {
    let curve = |points: &[(f64, f64)]| Curve { label: "a measurement".into(), points: points.to_vec() };
    let decades: Vec<(f64, f64)> = (0..9).map(|i| 10_f64.powi(i)).map(|x| (x, 1e-6 * x)).collect();
    let curves = vec![vec![], vec![curve(&[(5.0, 0.0)])], vec![curve(&[(1.0, 3.0)]), curve(&decades)]];
    let ratio = |i: u32, spread: f64| {
        let label = format!("replay/{i} {}", "a name that goes on ".repeat(i as usize % 6));
        let ratio = 0.7 + f64::from(i) * 0.02;
        Ratio { label, low: ratio / spread, ratio, high: ratio * spread }
    };
    let many = [1.01, 1.5, 40.0].map(|spread| (0..60).map(|i| ratio(i, spread)).collect());
    (curves, [vec![], vec![ratio(0, 1.0)]].into_iter().chain(many).collect())
}

/// Costs: none, one, several equal ones, with intervals that are much wider than the costs or reach below zero, and huge ones.
fn costs() -> Vec<Vec<CostPoint>> {
    let point = |i: u32, cost: f64, band| CostPoint {
        minutes: f64::from(1 << i) / 4.0,
        cost,
        band,
        allowed: !i.is_multiple_of(3),
    };
    let wide = |i: u32| point(i, f64::from(i) * 0.01, Some([-0.2, f64::from(1 << i)]));
    let huge = |i: u32| point(i, 1e9 * f64::from(i), Some([0.9e9 * f64::from(i), 1.1e9 * f64::from(i)]));
    vec![
        vec![],
        vec![point(1, 0.0, None)],
        (0..9).map(|i| point(i, 0.5, Some([0.5; 2]))).collect(),
        (0..16).map(wide).collect(),
        (0..9).map(huge).collect(),
    ]
}

fn each_picture(mut look: impl FnMut(&str, &Recorder)) {
    let marks = [("current default", 2), ("phase0 default", 5), ("another", 6), ("a last one", 30)]
        .map(|(label, minutes)| Mark { label: label.into(), timeout_ms: minutes * MINUTE });
    let gaps: [&[u64]; 5] = [&[], &[0], &[1], &[3, 70_000, 8_000_000, 8_000_000], &[1, u64::MAX]];
    for (i, (name, rows)) in sweeps().iter().enumerate() {
        for timeline in &timelines() {
            let gaps_ms = gaps[i % gaps.len()];
            let report =
                Report { rows, marks: &marks, gaps_ms, timeline: Some(timeline), ..Report::default() };
            for picture in all(&report) {
                look(&format!("{} of {name}", picture.name), &Recorder::of(&picture));
            }
        }
    }
    let (charts, ratios) = measurements();
    let charts = charts.iter().map(|curves| {
        let (name, title, subtitle) = ("chart", "Cost against events", "one thread");
        chart::picture(Chart { name, title, subtitle, x: "events", y: "time (ms)", curves })
    });
    let ratios = ratios.iter().map(|ratios| ratios::picture("Now and before", "a revision", "ratio", ratios));
    let costs = costs();
    let costs = costs.iter().map(|points| {
        let (subtitle, near) = ("a week", points.first().map(|point| [point.minutes, 4.0 * point.minutes]));
        cost::picture(CostPlot { subtitle, currency: "USD", points, near, marks: &marks })
    });
    for (i, picture) in charts.chain(ratios).chain(costs).enumerate() {
        look(&format!("measurement {i}"), &Recorder::of(&picture));
    }
}

#[test]
fn no_two_texts_overlap() {
    each_picture(|name, seen| {
        for (i, (one, a)) in seen.texts.iter().enumerate() {
            for (other, b) in &seen.texts[i + 1..] {
                let apart = a[2] <= b[0] || b[2] <= a[0] || a[3] <= b[1] || b[3] <= a[1];
                assert!(apart, "{name}: {one:?} and {other:?}");
            }
        }
    });
}

#[test]
fn nothing_is_drawn_outside_the_picture() {
    each_picture(|name, seen| {
        for (text, [left, top, right, bottom]) in &seen.texts {
            let inside = *left >= 0.0 && *top >= 0.0 && *right <= 1600.0 && *bottom <= 900.0;
            assert!(inside, "{name}: {text:?} spans {left}..{right}, {top}..{bottom}");
        }
        for &(x, y) in &seen.points {
            assert!((0.0..=1600.0).contains(&x) && (0.0..=900.0).contains(&y), "{name}: ({x}, {y})");
        }
    });
}
