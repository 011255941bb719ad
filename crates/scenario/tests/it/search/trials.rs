//! Laws of the search itself.

use dormouse_core::Design;
use dormouse_scenario::Scenario;
use dormouse_scenario::search::{Profile, Search, Trial};
use dormouse_sim::rows::Class;

#[test]
fn the_number_of_threads_and_the_division_of_the_seeds_change_nothing() {
    let search = Search { design: Design::Current, profile: Profile::Anything };
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| search.run(0..500))
    };
    let one = with(1);
    assert_eq!(one, with(3));
    let mut parts = search.run(0..123);
    parts.append(&search.run(123..500));
    assert_eq!(one, parts);
    assert!(!one.is_clean() && one.trials == 500);
}

#[test]
fn every_trial_lies_within_its_profile() {
    for seed in 0..3000 {
        let trial = Trial::draw(Design::Dormouse, Profile::Assumed, seed);
        assert!(Profile::Assumed.admits(&trial.setup, &trial.events), "seed {seed}: {trial:?}");
    }
    let beyond = |seed| {
        let trial = Trial::draw(Design::Dormouse, Profile::Anything, seed);
        !Profile::Assumed.admits(&trial.setup, &trial.events)
    };
    assert!((0..100).filter(|&seed| beyond(seed)).count() > 50);
}

#[test]
fn all_designs_get_the_same_traffic_and_the_same_world() {
    for seed in 0..100 {
        let [old, new] =
            [Design::Phase0, Design::Dormouse].map(|design| Trial::draw(design, Profile::Anything, seed));
        assert_eq!((&old.events, old.horizon_ms), (&new.events, new.horizon_ms));
        assert_eq!(old.setup.world, new.setup.world);
    }
}

#[test]
fn a_failure_becomes_a_small_scenario_that_shows_it() {
    let search = Search { design: Design::Current, profile: Profile::Assumed };
    let report = search.run(0..200);
    assert!(
        report.classes().count() >= 4,
        "{:?}",
        report.classes().map(|(class, _)| class).collect::<Vec<_>>()
    );
    for (class, found) in report.classes() {
        let seed = found.first[0].seed;
        let shrunk = search.shrink(seed, class);
        assert_eq!(shrunk, search.shrink(seed, class), "shrinking is not random");
        assert!(Profile::Assumed.admits(&shrunk.trial.setup, &shrunk.trial.events));
        let text = shrunk.scenario().to_toml().expect("a scenario can be written");
        let read = Scenario::from_toml(&text, "found.toml").unwrap_or_else(|error| panic!("{error}\n{text}"));
        let outcome = read.defect().expect("it has events of its own").play();
        assert!(outcome.stands() && outcome.counts.violations[class as usize] > 0, "{text}");
        assert!(shrunk.trial.events.len() <= if class == Class::Flapping { 22 } else { 3 }, "{text}");
    }
}

#[test]
fn a_class_that_is_not_missed_cannot_be_shrunk() {
    let search = Search { design: Design::Dormouse, profile: Profile::Assumed };
    let shrunk = search.shrink(1, Class::Duplicate);
    assert_eq!(shrunk.trial, Trial::draw(Design::Dormouse, Profile::Assumed, 1));
}
