//! Checks what is generated from the table of parameters: `sims/world.toml`, and the tables in `docs/model.md`.

use std::fmt::Write as _;

use dormouse_core::Design;
use dormouse_proof::docs;
use dormouse_sim::{Fault, Parameter, ParameterKind, Provenance, Setup};

const TIMINGS: &str = "the watcher's timings";
const FAULTS: &str = "faults";

/// The parameters by section, in order.
fn sections() -> Vec<(&'static str, Vec<&'static Parameter>)> {
    let mut sections: Vec<(&str, Vec<&Parameter>)> = Vec::new();
    for parameter in Parameter::all() {
        match sections.last_mut() {
            Some((section, parameters)) if *section == parameter.section => parameters.push(parameter),
            _ => sections.push((parameter.section, vec![parameter])),
        }
    }
    sections
}

/// A value as TOML. Numbers from 10,000 on have their thousands separated.
fn in_toml(value: &toml::Value) -> String {
    let digits = value.to_string();
    if !value.is_integer() || digits.len() < 5 {
        return digits;
    }
    let (first, rest) = digits.split_at((digits.len() - 1) % 3 + 1);
    let thousands = rest.as_bytes().chunks(3).map(|chunk| std::str::from_utf8(chunk).unwrap());
    std::iter::once(first).chain(thousands).collect::<Vec<_>>().join("_")
}

fn source(parameter: &Parameter) -> String {
    let (letter, remark) = match parameter.source {
        Provenance::Measured(remark) => ("m", remark),
        Provenance::Assumed(remark) => ("a", remark),
        Provenance::OurChoice => return String::new(),
    };
    if remark.is_empty() { letter.to_owned() } else { format!("{letter}: {remark}") }
}

const HEAD: &str = "\
# The world before a platform is set: all parameters, with their defaults. Platforms, in platforms/, say what is different.
# Generated from the table in crates/sim/src/world.rs; docs/model.md says more.
# m: measured on, or read in, a public production deployment. a: an assumption.
# Durations are milliseconds. A latency is a number, a list to draw from evenly, or a table:
# { uniform = [360, 400] }, { lognormal = { median_ms = 400, sigma = 0.3 } }, { exponential = { mean_ms = 400 } }.
# Whether a fault strikes is set as faults.NAME.
";

#[test]
fn the_worlds_defaults_are_written_out() {
    let default = Setup::new(Design::Current);
    let mut text = HEAD.to_owned();
    for (section, parameters) in sections() {
        if [TIMINGS, FAULTS].contains(&section) {
            continue;
        }
        writeln!(text, "\n# ---- {section} ----").unwrap();
        for parameter in parameters {
            let line = format!("{} = {}", parameter.name, in_toml(&parameter.value(&default).unwrap()));
            let summary = parameter.doc.split(". ").next().unwrap().trim_end_matches('.');
            let source = Some(source(parameter)).filter(|source| !source.is_empty());
            let source = source.map_or_else(String::new, |source| format!(" ({source})"));
            writeln!(text, "{line:<43} # {summary}{source}").unwrap();
        }
    }
    docs::file("sims/world.toml", &text);
    // The text contains each parameter of the world with its default.
    let mut read: toml::Table = text.parse().unwrap();
    let written: toml::Table = default.world.to_string().parse().unwrap();
    read.insert(FAULTS.to_owned(), toml::Table::new().into());
    assert_eq!(read, written);
}

#[test]
fn the_docs_list_every_parameter_and_every_fault() {
    let mut text = String::new();
    for (section, parameters) in sections() {
        if section == FAULTS {
            continue;
        }
        let heading = section[..1].to_uppercase() + &section[1..];
        write!(
            text,
            "\n### {heading}\n\n| parameter | value | default | source | meaning |\n|---|---|---|---|---|\n"
        )
        .unwrap();
        for parameter in parameters {
            let Parameter { name, doc, .. } = parameter;
            let (value, default, source) = (value(parameter), default(parameter), source(parameter));
            writeln!(text, "| `{name}` | {value} | {default} | {source} | {doc} |").unwrap();
        }
    }
    docs::table("model.md", "parameters", &format!("{}\n", &text[1..]));
    let faults = Parameter::all().filter(|parameter| parameter.section == FAULTS);
    let rows: Vec<String> = faults
        .map(|fault| format!("| `{}` | {} |\n", fault.name.trim_start_matches("faults."), fault.doc))
        .collect();
    assert_eq!(rows.len(), Fault::ALL.len());
    docs::table("model.md", "faults", &format!("| fault | what happens |\n|---|---|\n{}", rows.concat()));
}

fn value(parameter: &Parameter) -> String {
    let above = if parameter.least > 0 { ", above 0" } else { "" };
    match parameter.kind {
        ParameterKind::Ms => format!("ms{above}"),
        ParameterKind::Count => format!("number{above}"),
        ParameterKind::Latency => "latency".to_owned(),
        ParameterKind::Bool => "true or false".to_owned(),
        ParameterKind::Share => "0 to 1".to_owned(),
        ParameterKind::Text => "text".to_owned(),
        ParameterKind::OneOf(names) => format!("`{}`", names.join("`, `")),
        ParameterKind::When => unreachable!("faults are listed elsewhere"),
    }
}

/// The default, followed by the defaults of designs that differ from it.
fn default(parameter: &Parameter) -> String {
    let of = |design| {
        let value = parameter.value(&Setup::new(design)).unwrap();
        if value == toml::Value::Integer(1 << 50) {
            "all of it".to_owned()
        } else {
            format!("`{}`", in_toml(&value))
        }
    };
    let current = of(Design::Current);
    let other = Design::ALL.into_iter().filter(|&design| of(design) != current);
    let others: Vec<String> = other.map(|design| format!("; `{design}` {}", of(design))).collect();
    current + &others.concat()
}
