//! What the search finds under each design.

use std::collections::BTreeSet;
use std::path::Path;

use dormouse_core::Design;
use dormouse_scenario::Scenario;
use dormouse_scenario::search::{Profile, Search};
use dormouse_sim::rows::Class;

const REPEAT: &str = "repeat: cargo test -p dormouse-scenario --test it designs";

fn found(design: Design, profile: Profile, seeds: u64) -> BTreeSet<Class> {
    let report = Search { design, profile }.run(0..seeds);
    report.classes().map(|(class, _)| class).collect()
}

#[test]
fn dormouse_misses_nothing_in_the_assumed_worlds() {
    let search = Search { design: Design::Dormouse, profile: Profile::Assumed };
    let report = search.run(0..5000);
    let failures: Vec<String> = report
        .classes()
        .map(|(class, found)| search.shrink(found.first[0].seed, class).scenario().to_toml().unwrap())
        .collect();
    assert!(report.is_clean(), "{}\n{REPEAT}", failures.join("\n\n"));
    // Finding nothing is meaningful: machines slept, and each fault was recent in every phase of an attempt. The
    // exception is a lost snapshot: no attempt follows it within the two minutes for which it is recent.
    assert!(report.suspends > 50_000 && report.under_faults_ms > report.machine_ms / 2, "{report:?}");
    assert!(report.coverage.faults().0 >= 65, "{}", report.coverage);
}

#[test]
fn every_older_design_is_caught_where_dormouse_is_not() {
    for (design, classes) in [
        (
            Design::Phase0,
            &[
                Class::FrozenWork,
                Class::LostInbound,
                Class::BlackHole,
                Class::NeverSleeps,
                Class::Flapping,
                Class::WrongStatus,
            ][..],
        ),
        (Design::SelfSuspend, &[Class::FrozenWork, Class::LostInbound, Class::BlackHole, Class::Flapping]),
        (Design::Fenced, &[Class::LostInbound, Class::StrandedInbound, Class::BlackHole, Class::Flapping]),
        (Design::Current, &[Class::FrozenWork, Class::StrandedInbound, Class::BlackHole, Class::Flapping]),
    ] {
        let found = found(design, Profile::Assumed, 200);
        let missing: Vec<&Class> = classes.iter().filter(|class| !found.contains(class)).collect();
        assert!(missing.is_empty(), "{design}: {missing:?} not found; {REPEAT}");
    }
}

fn scenarios() -> Vec<Scenario> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sims/scenarios/incidents");
    let entries = std::fs::read_dir(folder).expect("the scenarios");
    let load = |file: &Path| Scenario::load(file).unwrap_or_else(|error| panic!("{error}"));
    entries.map(|entry| load(&entry.expect("an entry").path())).collect()
}

/// The search must find every class that an incident shows under an older design with its own switches.
#[test]
fn what_an_incident_shows_under_a_design_the_search_finds_without_being_told_where_to_look() {
    let scenarios = scenarios();
    let mut demanded = 0;
    for design in Design::ALL.into_iter().filter(|&design| design != Design::Dormouse) {
        let mut found = found(design, Profile::Assumed, 1000);
        found.append(&mut self::found(design, Profile::Anything, 1000));
        for scenario in &scenarios {
            let then = scenario.under(design).unwrap_or_else(|error| panic!("{error}")).play();
            for class in scenario.expect.classes().filter(|&c| then.counts.violations[c as usize] > 0) {
                demanded += 1;
                assert!(found.contains(&class), "{}: {class:?} under {design}; {REPEAT}", scenario.name());
            }
        }
    }
    assert!(demanded >= 30, "only {demanded} classes demanded");
}
