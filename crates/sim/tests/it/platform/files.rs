use dormouse_core::Design;
use dormouse_sim::platform::{StandIn, Starts};
use dormouse_sim::{Messages, PlatformIdle, Setup, Span, Ticks, run};
use dormouse_trace::{Event, Events, Instance, Kind};

use crate::platform::{based_on, is, shelf};

#[test]
fn all_required_platforms_exist() {
    let shelf = shelf();
    let names: Vec<&str> = shelf.all().iter().map(|platform| platform.name.as_str()).collect();
    let asked = [
        "aurora",
        "azure-container-apps",
        "azure-sql",
        "cloud-run",
        "cloudflare",
        "codespaces",
        "daytona",
        "e2b",
        "fly-proxy",
        "fly",
        "heroku",
        "keda",
        "knative",
        "koyeb",
        "modal",
        "neon",
        "openfaas",
        "railway",
        "render",
        "snowflake",
        "systemd",
    ];
    assert_eq!(names, asked);
}

#[test]
fn every_idle_rule_is_used_by_a_platform() {
    let shelf = shelf();
    for idle in PlatformIdle::ALL {
        let starts = Some(&Starts::Platform(idle));
        assert!(shelf.all().iter().any(|platform| platform.idle.starts.value() == starts), "{}", idle.name());
    }
}

#[test]
fn a_timeout_is_set_in_the_platforms_unit_and_within_its_limits() {
    let shelf = shelf();
    for (name, timeout_ms, number, really_ms) in [
        ("fly", 45_000, "0.75", 45_000),
        ("knative", 45_400, "45", 45_000),
        ("knative", 1000, "6", 6000),
        ("knative", 7_200_000, "3600", 3_600_000),
        ("aurora", 60_000, "300", 300_000),
        ("azure-sql", 60_000, "15", 900_000),
        ("azure-sql", 1_250_000, "21", 1_260_000),
        ("modal", 3_600_000, "1200", 1_200_000),
        ("codespaces", 60_000, "5", 300_000),
        ("heroku", 60_000, "30", 1_800_000),
    ] {
        let set = shelf.get(name).unwrap().set_to(timeout_ms).unwrap();
        assert_eq!((set.number.as_str(), set.timeout_ms), (number, really_ms), "{name}");
    }
    assert_eq!(shelf.get("fly-proxy").unwrap().set_to(60_000), None);
    let neon = shelf.get("neon").unwrap().set_to(300_000).unwrap().paste.unwrap();
    assert_eq!(neon, "{ \"endpoint\": { \"suspend_timeout_seconds\": 300 } }\n");
}

#[test]
fn known_fields_set_the_world() {
    let mut setup = Setup::new(Design::Current);
    let stand_ins = shelf().get("knative").unwrap().apply(&mut setup).unwrap();
    let world = &setup.world;
    assert_eq!(
        (world.platform.as_str(), world.platform_timer, world.messages),
        ("knative", true, Messages::Http)
    );
    assert_eq!((world.platform_idle, world.platform_check_ms), (PlatformIdle::AverageZero, 2000));
    assert_eq!((world.freeze_lag_ms.shortest_ms(), world.freeze_lag_ms.longest_ms()), (2000, 5000));
    // The start time of a pod is unknown in general, so the value used instead is reported.
    let wake = StandIn { field: "sleep.wake_ms", parameter: "cold_start_ms", value: "2000".to_owned() };
    assert_eq!(stand_ins, [wake]);
}

#[test]
fn a_platform_with_one_timeout_has_it_whatever_is_swept() {
    let mut setup = Setup::new(Design::Current);
    shelf().get("heroku").unwrap().apply(&mut setup).unwrap();
    assert_eq!(setup.world.platform_timeout_ms, 1_800_000);
}

#[test]
fn knatives_clock_is_simulated() {
    let mut setup = Setup::new(Design::Current);
    setup.settings.idle_timeout_ms = 60_000;
    based_on("knative", &format!("[sleep]\nsuspend_ms = {}\nwake_ms = {}\n", is("3000"), is("1500")))
        .apply(&mut setup)
        .unwrap();
    // A turn from 100 to 130 s. The window of 60 s is empty at 190 s. Looks come every 2 s, at a random phase, so one finds it
    // up to 2 s later, and the pod is gone after 3 s more: it is asleep from 193 to 195 s on. The message of 500 s waits 1.5 s
    // for the start and ends at 501.5 s: asleep again from 564.5 to 566.5 s on, until 1000 s. There is also a sleep before the
    // first message, from 63 to 65 s until 100 s. It delays that message by 1.5 s, so the whole first turn is 1.5 s later.
    let message = |at_ms, work_ms| Event { at_ms, kind: Kind::Inbound, work_ms };
    let events: Events = [message(100_000, 30_000), message(500_000, 0)].into_iter().collect();
    let span = Span { start_ms: 0, end_ms: 1_000_000 };
    let counts = run(&Instance::new("test", events), span, &setup, Ticks::ThatMatter, &mut ());
    assert_eq!((counts.suspends, counts.wakes.iter().sum::<u64>(), counts.violations_total()), (3, 2, 0));
    assert_eq!((counts.delays.delayed(), counts.delays.quantile(1000)), (2, 1500));
    let earliest = (100_000 - 63_000) + (500_000 - 194_500) + (1_000_000 - 564_500);
    assert!(
        (earliest - 6000..=earliest).contains(&counts.suspended_ms),
        "{} of {earliest}",
        counts.suspended_ms
    );
}
