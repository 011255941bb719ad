use dormouse_sim::platform::{Confidence, Known};

use crate::platform::{based_on, is, shelf};

/// The message with which a text is refused.
fn refused(text: &str) -> String {
    shelf().read(text, "mine.toml").expect_err(text).to_string()
}

#[test]
fn missing_fields_come_from_the_base() {
    let mine = based_on("knative", &format!("[sleep]\nwake_ms = {}\n[world]\npoke_ms = 1\n", is("900")));
    let knative = shelf().get("knative").unwrap().clone();
    let Known::Value(wake, confidence) = &mine.sleep.wake_ms.known else { panic!("it is known") };
    assert_eq!(
        (wake.mean_ms(), *confidence, mine.sleep.wake_ms.source.as_str()),
        (900.0, Confidence::Measured, "a bill")
    );
    assert_eq!((mine.unknowns(), mine.world.len()), (knative.unknowns() - 1, 1));
    assert_eq!((mine.idle, mine.setting, mine.price), (knative.idle, knative.setting, knative.price));
}

#[test]
fn an_error_in_a_file_is_one_line_with_place_and_fix() {
    let known = is("1000");
    for (text, said) in [
        ("base = \"knativ\"", "mine.toml:1: no platform is called \"knativ\"; did you mean `knative`?".to_owned()),
        ("name = \"x\"\nbas = \"fly\"", "mine.toml:2: unknown key `bas`; did you mean `base`?".to_owned()),
        ("name = \"x\"", "mine.toml:1: title is missing; write it, with unknown = true if it is not known, or name a base, like base = \"fly\"".to_owned()),
        ("base = \"fly\"\n[sleep]\n\nwakes_ms = 3", "mine.toml:4: unknown key `wakes_ms`; did you mean `wake_ms`?".to_owned()),
        (
            "base = \"fly\"\n[sleep]\nwake_ms = { valeu = 3 }",
            "mine.toml:3: unknown key `valeu`; did you mean `value`?".to_owned(),
        ),
        (
            "base = \"fly\"\n[idle]\nstarts = { value = \"end-of-wrok\", source = \"x\", date = \"2026\", confidence = \"measured\" }",
            "mine.toml:3: no clock starts at \"end-of-wrok\"; did you mean `end-of-work`?; docs/platforms.md shows the form".to_owned(),
        ),
        (
            "base = \"fly\"\n[world]\n# a slip\nresum_ms = 3",
            "mine.toml:4: unknown parameter `resum_ms`; did you mean `resume_ms`?".to_owned(),
        ),
        (
            "base = \"fly\"\n[world]\nheartbeat_ms = 0",
            "mine.toml:3: parameter heartbeat_ms = 0: must be above zero; docs/model.md lists the parameters".to_owned(),
        ),
        (
            &format!("base = \"knative\"\n[setting]\nmin = {}\nmax = {known}", is("2000")),
            "mine.toml:4: setting.max is below min; mend it".to_owned(),
        ),
        (
            &format!("base = \"knative\"\n[setting]\npaste = {}", is("\"window: 5s\"")),
            "mine.toml:3: setting.paste does not say {timeout} where the number goes; mend it".to_owned(),
        ),
        (
            &format!("base = \"fly\"\n[price]\nper_wake = {}", is("[2, 1]")),
            "mine.toml:3: price.per_wake must be a price from 0 up, or two of which the first is not the higher; mend it".to_owned(),
        ),
        (
            &format!("base = \"fly\"\n[sleep]\nwake_ms = {}", is("[]")),
            "mine.toml:3: sleep.wake_ms is an empty list; mend it".to_owned(),
        ),
    ] {
        assert_eq!(refused(text), said, "{text}");
    }
}

#[test]
fn a_field_has_one_value_and_a_source() {
    for (field, said) in [
        ("{ value = 3, source = \"x\", date = \"2026\" }", "needs a confidence"),
        ("{ value = 3, source = \" \", date = \"2026\", confidence = \"measured\" }", "needs a source"),
        (
            "{ value = 3, source = \"x\", date = \"May 2026\", confidence = \"measured\" }",
            "a date is written like",
        ),
        ("{ value = 3, unknown = true, source = \"x\", date = \"2026\" }", "just one of value"),
        (
            "{ unknown = true, source = \"x\", date = \"2026\", confidence = \"assumed\" }",
            "has no confidence",
        ),
        ("{ source = \"x\", date = \"2026\" }", "just one of value"),
        (
            "{ value = 3, source = \"x\", date = \"2026\", confidence = \"certain\" }",
            "unknown name `certain`",
        ),
    ] {
        let text = format!("base = \"fly\"\n[idle]\nretention_ms = {field}");
        let error = refused(&text);
        assert!(error.starts_with("mine.toml:3: ") && error.contains(said), "{error}");
    }
}
