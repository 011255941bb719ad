//! `sims tune --out`: the answer as a folder that can be published.

use anyhow::Context;
use dormouse_decide::tune::{Decision, Verdict};
use dormouse_report::{CostPlot, CostPoint, File, Mark, code, cost_plot};

use super::text::decision;
use crate::sweep::command_line;

/// The files `README.md`, `tune.json`, `cost.svg` and `cost.png`.
///
/// # Errors
/// When drawing the chart fails, which is a defect of the drawing code.
pub(crate) fn files(answer: &Decision, render: &str) -> anyhow::Result<Vec<File>> {
    let (picture_as_svg, picture_as_png) = picture(answer)?.into();
    let json = format!("{}\n", serde_json::to_string_pretty(answer)?);
    let rest = render.split_once("\n\n").map_or("", |(_, rest)| rest);
    let page = format!(
        "{}\n\n# {}: which idle timeout?\n\n**{}**\n\n![Cost against idle timeout](cost.svg)\n\nWhat each timeout costs a month beyond \
         what none can save; the dashed lines are the ends of the 95 % interval of the difference to the present timeout. The bar at \
         the foot is where timeouts are as good as the best.\n\n```text\n{rest}```\n\n[tune.json](tune.json) has it all for machines.\n",
        code(&command_line()),
        answer.trace,
        decision(answer)
    );
    let file = |name: &str, text: String| File { name: name.to_owned(), bytes: text.into_bytes() };
    Ok(vec![file("README.md", page), file("tune.json", json), picture_as_svg, picture_as_png])
}

fn picture(answer: &Decision) -> anyhow::Result<[File; 2]> {
    let minutes = |ms: u64| ms as f64 / 60_000.0;
    let present = answer.at(answer.present_ms).map_or(0.0, |present| present.cost);
    let point = |point: &dormouse_decide::tune::CurvePoint| CostPoint {
        minutes: minutes(point.timeout_ms),
        cost: point.cost,
        band: point.saving.high.zip(point.saving.low).map(|(high, low)| [present - high, present - low]),
        allowed: point.allowed,
    };
    let points: Vec<CostPoint> = answer.curve.iter().map(point).collect();
    let mut marks = vec![Mark { label: "present".to_owned(), timeout_ms: answer.present_ms }];
    if answer.verdict == Verdict::Set {
        marks.push(Mark { label: "recommended".to_owned(), timeout_ms: answer.timeout_ms });
    }
    let subtitle = format!(
        "{} · watcher {} · {} · {:.1} days",
        answer.trace, answer.watcher, answer.platform, answer.basis.days
    );
    cost_plot(&CostPlot {
        subtitle: &subtitle,
        currency: &answer.currency,
        points: &points,
        near: answer.near_ms.map(|near| near.map(minutes)),
        marks: &marks,
    })
    .context("report")
}
