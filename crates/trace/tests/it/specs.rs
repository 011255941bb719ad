//! Specifications: what they accept, and their error messages.

use dormouse_proof::cases::{HowOften, config};
use dormouse_trace::generate::{Spec, collect, generate, generate_instance};
use dormouse_trace::{Kind, MAX_MS};
use proptest::prelude::*;

const POISSON: &str = "name = \"x\"\nspan = \"1d\"\n[[stream]]\nname = \"chat\"\nkind = \"inbound\"\nwork = \"2s\"\n\
                       arrivals = { process = \"poisson\", per_hour = 60 }\n";

fn error(text: &str, overrides: &[(&str, &str)]) -> String {
    match Spec::from_toml(text, "x.toml", overrides).and_then(|spec| generate(&spec, 1)) {
        Ok(trace) => panic!("generated {} events; it should be refused", trace.events()),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_unknown_key_names_the_line_and_the_nearest() {
    let text = POISSON.replace("work =", "wrok =");
    assert_eq!(error(&text, &[]), "x.toml: line 6: unknown key `wrok`; did you mean `work`?");
    let text = POISSON.replace("per_hour", "per_houre");
    assert_eq!(error(&text, &[]), "x.toml: line 7: unknown key `per_houre`; did you mean `per_hour`?");
    let text = POISSON.replace("poisson", "poison");
    assert_eq!(error(&text, &[]), "x.toml: line 7: unknown name `poison`; did you mean `poisson`?");
}

#[test]
fn overrides_reach_every_parameter_by_place_or_name() {
    let of = |overrides: &[(&str, &str)]| Spec::from_toml(POISSON, "x.toml", overrides).unwrap();
    assert_eq!(of(&[("span", "2h")]).span_ms(), 7_200_000);
    assert_eq!(of(&[("stream.0.arrivals.per_hour", "3")]), of(&[("stream.chat.arrivals.per_hour", "3")]));
    assert_ne!(of(&[("stream.0.work", "{ dist = \"exponential\", mean = \"5s\" }")]), of(&[]));
    for (key, value, said) in [
        ("stream.1.work", "1s", "`stream` has no `1`; known: chat"),
        ("stream.chta.work", "1s", "`stream` has no `chta`; did you mean `chat`?"),
        ("name.x", "1", "`name` is a value and holds no `x`; shorten the key"),
        ("spam", "2d", "unknown key `spam`; did you mean `span`?"),
        ("instances", "-1", "invalid value: integer `-1`, expected u32; see docs/generators.md"),
    ] {
        assert_eq!(error(POISSON, &[(key, value)]), format!("x.toml: {key}={value}: {said}"));
    }
}

#[test]
fn a_parameter_out_of_range_names_stream_and_parameter() {
    for (key, value, said) in [
        ("arrivals.per_hour", "-1", "arrivals"),
        (
            "arrivals",
            "{ process = \"hawkes\", per_hour = 1, branching = 1, decay = \"1s\" }",
            "branching: 1 never dies out; keep it below 1",
        ),
        (
            "arrivals",
            "{ process = \"cron\", at = \"0 25 * * *\" }",
            "at: `25` in `0 25 * * *` is not a set of numbers from 0 to 23",
        ),
        (
            "arrivals",
            "{ process = \"rhythm\", per_day = 1, daily = [1, 2] }",
            "daily: has 2 weights; give 24",
        ),
        (
            "arrivals",
            "{ process = \"renewal\", gap = \"0s\" }",
            "takes more than 20000000 steps; lower its rate, or shorten the span",
        ),
        (
            "work",
            "{ dist = \"uniform\", min = \"5s\", max = \"1s\" }",
            "work: max is 1, and must be finite and at least 5; raise it",
        ),
        ("work", "{ dist = \"empirical\", values = [] }", "work: values is empty; list at least one"),
    ] {
        if key == "arrivals.per_hour" {
            assert_eq!(
                error(POISSON, &[("stream.0.arrivals.per_hour", value)]),
                "x.toml: stream 0 (chat): per_hour: -1 is not a number from 0 up; raise it"
            );
            continue;
        }
        let error = error(POISSON, &[(&format!("stream.0.{key}"), value)]);
        assert!(error.starts_with("x.toml: stream 0 (chat): ") && error.contains(said), "{error}");
    }
}

#[test]
fn instances_do_not_depend_on_order_or_company() {
    let spec = |instances: &str| {
        Spec::preset_with("team-chat", &[("instances", instances), ("span", "1d")]).unwrap()
    };
    let whole = generate(&spec("12"), 7).unwrap();
    let backwards: Vec<_> =
        (0..12).rev().map(|n| generate_instance(&spec("12"), 7, n).unwrap()).rev().collect();
    assert_eq!(collect(&spec("12"), backwards), whole);
    // A smaller fleet is a prefix of a larger one, except for the width of the numbers in its names.
    let small = generate_instance(&spec("3"), 7, 2).unwrap();
    assert_eq!(small.events, generate_instance(&spec("12"), 7, 2).unwrap().events);
    assert_eq!((small.name.as_str(), spec("12").instance_name(2).as_str()), ("channel-3", "channel-03"));
}

#[test]
fn a_stream_does_not_depend_on_the_others() {
    let one = Spec::from_toml(POISSON, "x", &[]).unwrap();
    let two = format!(
        "{POISSON}[[stream]]\nkind = \"probe\"\narrivals = {{ process = \"poisson\", per_hour = 9 }}\n"
    );
    let two = Spec::from_toml(&two, "x", &[]).unwrap();
    let inbound = |spec: &Spec| {
        let events = generate(spec, 1).unwrap().instances.remove(0).events;
        events.iter().filter(|event| event.kind == Kind::Inbound).collect::<Vec<_>>()
    };
    assert_eq!(inbound(&one), inbound(&two));
}

#[test]
fn the_start_gives_epoch_and_time_zone() {
    let text = format!("start = 2026-01-05T00:30:00-05:30\n{POISSON}");
    let spec = Spec::from_toml(&text, "x", &[]).unwrap();
    assert_eq!((spec.epoch_ms(), spec.time_zone().as_str()), (1_767_592_800_000, "-05:30"));
}

#[test]
fn a_time_has_a_unit_and_a_number_has_none() {
    let written = |key: &str, value: &str| error(POISSON, &[(&format!("stream.chat.{key}"), value)]);
    for (key, value, said) in [
        ("work", "30", r#"work: "30" has no unit; write "30m" for minutes or "30s" for seconds"#),
        (
            "work",
            "{ dist = \"lognormal\", median = 0.5, sigma = 1 }",
            r#"work: median: "0.5" has no unit; write "0.5m" for minutes or "0.5s" for seconds"#,
        ),
        (
            "work",
            "{ dist = \"lognormal\", median = \"5s\", sigma = \"1s\" }",
            "work: sigma: is a time and must be a number; leave out the unit",
        ),
        (
            "arrivals",
            "{ process = \"times\", at = [0] }",
            r#"at: "0" has no unit; write "0m" for minutes or "0s" for seconds"#,
        ),
        ("arrivals.per_hour", "2m", "per_hour: is a time and must be a number; leave out the unit"),
    ] {
        assert_eq!(written(key, value), format!("x.toml: stream 0 (chat): {said}"));
    }
    assert_eq!(
        error(&POISSON.replace("\"1d\"", "86400"), &[]),
        r#"x.toml: span: "86400" has no unit; write "86400m" for minutes or "86400s" for seconds"#
    );
    for (value, said) in [
        ("\"2\"", r#""2" has no unit; write "2m" for minutes or "2s" for seconds"#),
        ("soon", r#""soon" is not a duration; write a number and its unit, like 90s, 2m or 1.5h"#),
    ] {
        let said = format!("x.toml: stream.chat.work={value}: {said}; see docs/generators.md");
        assert_eq!(written("work", value), said);
    }
    let of = |span: &str| Spec::from_toml(POISSON, "x.toml", &[("span", span)]).unwrap().span_ms();
    assert_eq!(["2h", "2 hours", "120 min", "7200sec"].map(of), [7_200_000; 4]);
}

/// Parameters at and beyond every limit.
const EDGES: &[&str] = &[
    "0",
    "-1",
    "0.5",
    "1",
    "1e308",
    "1e-308",
    "nan",
    "-inf",
    "\"0s\"",
    "\"-1s\"",
    "\"1ms\"",
    "\"400d\"",
    "\"1e308 d\"",
    "\"1e-308 ms\"",
    "\"soon\"",
    "[]",
    "true",
    "{ dist = \"lognormal\", median = 0, sigma = 1e300 }",
    "{ dist = \"lognormal\", median = \"0s\", sigma = 1e300 }",
    "{ dist = \"pareto\", min = \"0s\", alpha = 1e-300 }",
    "{ dist = \"weibull\", scale = \"1e300 s\", shape = 1e-300 }",
    "{ dist = \"uniform\", min = 0, max = 1e308 }",
    "{ dist = \"uniform\", min = \"0s\", max = \"1e308 s\" }",
    "{ dist = \"empirical\", values = [0, 5] }",
    "{ dist = \"empirical\", values = [\"0s\", \"5s\"] }",
];

/// Each process with ordinary values of its parameters.
const PROCESSES: &[(&str, &[(&str, &str)])] = &[
    ("poisson", &[("per_hour", "60")]),
    ("rhythm", &[("per_day", "500"), ("daily", "[]"), ("weekly", "[1, 1, 1, 1, 1, 1, 2]")]),
    (
        "sessions",
        &[("turns", "3"), ("gap", "\"20s\""), ("pause", "\"5m\""), ("after_work", "true"), ("sessions", "9")],
    ),
    ("hawkes", &[("per_hour", "30"), ("branching", "0.5"), ("decay", "\"1m\"")]),
    (
        "mmpp",
        &[("busy_per_hour", "90"), ("quiet_per_hour", "20"), ("busy_for", "\"5m\""), ("quiet_for", "\"5m\"")],
    ),
    ("periodic", &[("period", "\"7m\""), ("phase", "\"1m\""), ("jitter", "\"2s\"")]),
    ("cron", &[("at", "\"*/7 * * * *\""), ("jitter", "\"2s\"")]),
    ("renewal", &[("gap", "\"3m\"")]),
    ("times", &[("at", "[\"1s\", \"5m\", \"10m\"]")]),
];

/// A parameter with its ordinary value, or with one at an edge, or with a list of them.
fn some_parameter(key: &'static str, ordinary: &'static str, at_edge: f64) -> impl Strategy<Value = String> {
    let edge = || prop::sample::select(EDGES);
    let list = prop::collection::vec(edge(), 1..8).prop_map(|edges| format!("[{}]", edges.join(", ")));
    let changed = prop_oneof![3 => edge().prop_map(str::to_owned), 1 => list];
    (prop::bool::weighted(at_edge), changed)
        .prop_map(move |(at_edge, changed)| format!("{key} = {}", if at_edge { &changed } else { ordinary }))
}

/// A specification of one stream. Its parameters are ordinary except for one or a few; in one case of six, all are at an edge.
fn some_spec() -> impl Strategy<Value = String> {
    let at_edge = prop_oneof![4 => Just(0.2), 1 => Just(0.5), 1 => Just(1.0)];
    (prop::sample::select(PROCESSES), at_edge).prop_flat_map(|((process, parameters), at_edge)| {
        let arrivals: Vec<_> =
            parameters.iter().map(|&(key, ordinary)| some_parameter(key, ordinary, at_edge)).collect();
        (some_parameter("work", "\"20s\"", at_edge), arrivals).prop_map(move |(work, arrivals)| {
            format!(
                "name = \"x\"\nspan = \"1h\"\n[[stream]]\nkind = \"api\"\nlimit = 1000\n{work}\n\
                 arrivals = {{ process = \"{process}\", {} }}",
                arrivals.join(", ")
            )
        })
    })
}

#[test]
fn no_parameter_makes_it_panic_or_leave_the_span() {
    let (generates, refused) = (HowOften::default(), HowOften::default());
    proptest!(config(400), |(text in some_spec())| {
        let trace = Spec::from_toml(&text, "x", &[]).and_then(|spec| generate(&spec, 1));
        refused.count(trace.is_err());
        let events = trace.iter().flat_map(|trace| &trace.instances).flat_map(|instance| instance.events.iter());
        let mut number = 0;
        for event in events {
            number += 1;
            prop_assert!(event.at_ms < 3_600_000 && event.work_ms <= MAX_MS);
        }
        generates.count(number > 0);
    });
    generates.at_least(30);
    refused.at_least(20);
}

proptest! {
    #[test]
    fn no_text_makes_the_specification_panic(
        text in "([a-z=\\[\\]{}.\"#\n é-]|stream|span|name|arrivals){0,40}", key in "[a-z.0-9]{0,12}", value in "[a-z\\[{\"=#\n 0-9]{0,8}",
    ) {
        let _ = Spec::from_toml(&text, "x", &[]);
        let _ = Spec::from_toml(POISSON, "x", &[(&key, &value)]);
    }
}
