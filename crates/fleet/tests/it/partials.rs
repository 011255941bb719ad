//! Partial answers: any division gives the same bytes, and partials that do not belong together are refused.

use dormouse_core::Design;
use dormouse_fleet::{Content, FleetAnswer, FleetQuery, PartOfFleet, Partial, Split};
use dormouse_proof::cases::{config, some_horizon, some_setup, some_timeouts, some_trace};
use dormouse_sim::{Engine, Job, Setup};
use dormouse_trace::{Event, Instance, Kind, Trace};
use proptest::prelude::*;

use crate::{File, canonical, fleet_of};

const MIB: u64 = 1 << 20;

/// Ten instances from up to three random traces.
fn some_fleet() -> impl Strategy<Value = Trace> {
    proptest::collection::vec(some_trace(), 1..4).prop_map(|traces| {
        let instances = traces.into_iter().flat_map(|trace| trace.instances);
        let named =
            instances.enumerate().map(|(i, instance)| Instance::new(format!("i{i}"), instance.events));
        canonical(Trace { instances: named.collect(), ..Trace::default() })
    })
}

/// The answer of these instances of the job's fleet.
fn partial(
    (question, fleet): (&FleetQuery, &Content),
    instances: Vec<Instance>,
    place: u64,
    job: Job<'_>,
) -> Partial {
    let trace = Trace { instances, ..Trace::default() };
    let answer = FleetAnswer::of(&Job { trace: &trace, ..job }, fleet, question.wake_cost_ms);
    let part = PartOfFleet { places: place..place + 1, content: Content::of(&trace.instances) };
    Partial::new(question.clone(), *fleet, part, answer)
}

fn bytes(partial: &Partial) -> Vec<u8> {
    let mut bytes = Vec::new();
    partial.write(&mut bytes).expect("memory takes everything");
    bytes
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn any_partition_by_instance_in_any_order_gives_the_same_bytes(
        trace in some_fleet(), mut timeouts in some_timeouts(), setup in some_setup(), horizon in some_horizon(),
        wake_cost_ms in proptest::option::of(0..600_000_u64),
        places in proptest::collection::vec(0..4_usize, 10), order in Just([0, 1, 2, 3]).prop_shuffle(), pairs in any::<bool>()
    ) {
        timeouts.sort_unstable();
        let fleet = Content::of(&trace.instances);
        let job = Job::new(&trace, &timeouts, &setup).horizon(horizon);
        let question = FleetQuery::new("x", "w", &job, wake_cost_ms);
        let mut parts: [Vec<Instance>; 4] = Default::default();
        for (instance, place) in trace.instances.iter().zip(places) {
            parts[place].push(instance.clone());
        }
        let made = |place: usize| {
            let part = partial((&question, &fleet), parts[place].clone(), place as u64, job);
            // Write it and read it back.
            Partial::read(bytes(&part).as_slice(), "part").unwrap()
        };
        let mut merged = made(order[0]);
        if pairs {
            let mut others = made(order[2]);
            others.merge(&made(order[3]), "3").unwrap();
            merged.merge(&made(order[1]), "1").unwrap();
            merged.merge(&others, "2").unwrap();
        } else {
            order[1..].iter().for_each(|&place| merged.merge(&made(place), "x").unwrap());
        }
        let whole = partial((&question, &fleet), trace.instances.clone(), 0, job);
        prop_assert_eq!(merged.whole("x").unwrap(), &whole.answer);
        merged.parts = whole.parts.clone();
        prop_assert_eq!(bytes(&merged), bytes(&whole));
    }

    #[test]
    fn a_fleet_in_its_file_gives_the_rows_of_its_trace_in_memory(
        trace in some_fleet(), mut timeouts in some_timeouts(), setup in some_setup(), horizon in some_horizon(),
        group_rows in 1..60_usize, of in 1..5_usize
    ) {
        timeouts.sort_unstable();
        let job = Job::new(&trace, &timeouts, &setup).horizon(horizon);
        let File { fleet, .. } = &fleet_of(&trace, group_rows);
        let content = fleet.manifest().content;
        let mut answer = FleetAnswer::none(timeouts.len(), None);
        for part in 1..=of {
            for batch in fleet.batches(Split { part, of }, MIB) {
                let trace = Trace { instances: batch.unwrap(), ..Trace::default() };
                answer.merge(&FleetAnswer::of(&Job { trace: &trace, ..job }, &content, None));
            }
        }
        answer.sort();
        prop_assert_eq!(answer.counts, job.engine(Engine::Replay).totals());
    }
}

/// A fleet of four instances, and its four partial answers.
fn four() -> (FleetQuery, Vec<Partial>) {
    let setup = Setup::new(Design::Current);
    let instances: Vec<Instance> = (1..=4)
        .map(|n| {
            let events = (0..n).map(|i| Event { at_ms: i * 1_000_000, kind: Kind::Inbound, work_ms: 1000 });
            Instance::new(format!("i{n}"), events.collect())
        })
        .collect();
    let fleet = Content::of(&instances);
    let none = Trace::default();
    let job = Job::new(&none, &[60_000, 120_000], &setup);
    let question = FleetQuery::new("four", "current", &job, Some(60_000));
    let parts = instances
        .into_iter()
        .zip(0..)
        .map(|(instance, place)| partial((&question, &fleet), vec![instance], place, job));
    let parts = parts.collect();
    (question, parts)
}

fn refused(of: &Partial, by: &Partial) -> String {
    let mut merged = by.clone();
    let said = merged.merge(of, "p.json").expect_err("it does not belong there").to_string();
    assert_eq!(&merged, by, "a merge that is refused changes nothing");
    said
}

#[test]
fn partials_that_do_not_belong_together_are_not_merged() {
    let (_, parts) = four();
    let with = |change: &dyn Fn(&mut Partial)| {
        let mut other = parts[1].clone();
        change(&mut other);
        refused(&other, &parts[0])
    };
    assert_eq!(
        with(&|p| p.parts[0].places = 0..2),
        "p.json: the places 0..2 of the fleet are already included; give each part once, and only parts of the same division"
    );
    assert_eq!(
        with(&|p| p.question.seed = 9),
        "p.json: answers another question: seed is 1 in one and 9 in the other; make all partials with the same arguments"
    );
    let said = with(&|p| p.question.parameters[1] = "tick_ms: 1,".to_owned());
    assert!(said.contains("` in one is `tick_ms: 1,` in the other"), "{said}");
    assert_eq!(
        with(&|p| p.fleet.fingerprint += 1),
        "p.json: is from another fleet; make all partials from the same fleet"
    );
    assert!(
        with(&|p| p.version = 3).starts_with("p.json: has version 3, but the other partials have version 2")
    );
    assert_eq!(
        with(&|p| p.parts[0].content.events = 10),
        "p.json: would make 2 instances and 11 events, but the fleet has 4 and 10; give parts that do not overlap"
    );
}

#[test]
fn the_answer_is_only_returned_for_the_whole_fleet() {
    let (_, parts) = four();
    let mut three = parts[0].clone();
    three.merge(&parts[3], "3").unwrap();
    three.merge(&parts[2], "2").unwrap();
    assert_eq!(
        three.whole("sum").unwrap_err().to_string(),
        "sum: the parts hold 3 of 4 instances and 8 of 10 events; add the missing parts"
    );
    // A part with as many instances and events as the missing one, but other ones.
    let mut other = parts[1].clone();
    other.parts[0].content.fingerprint ^= 1;
    let mut wrong = three.clone();
    wrong.merge(&other, "1").unwrap();
    assert_eq!(
        wrong.whole("sum").unwrap_err().to_string(),
        "sum: the parts have as many instances and events as the fleet, but not the same ones; give each part once, and only parts of \
         the same division"
    );
    three.merge(&parts[1], "1").unwrap();
    let answer = three.whole("sum").unwrap();
    let best = answer.best.as_ref().expect("it was asked");
    assert_eq!(
        (answer.counts[0].instances, best.chosen.iter().sum::<u64>(), best.counts.instances),
        (4, 4, 4)
    );
}

#[test]
fn a_file_that_is_not_a_partial_result_is_refused() {
    let (_, parts) = four();
    let text = String::from_utf8(bytes(&parts[0])).unwrap();
    let said = |text: &str| Partial::read(text.as_bytes(), "p.json").unwrap_err().to_string();
    let fix = "make it again with `sims sweep FLEET --partial FILE`";
    assert!(said("instance,at_ms").starts_with("p.json: not a partial result (expected value at line 1"));
    assert_eq!(
        said(&text.replacen("\"version\":2", "\"version\":7", 1)),
        format!("p.json: partial result version 7, but this program reads version 2; {fix}")
    );
    assert_eq!(
        said(&text.replacen("120000]", "120000,180000]", 1)),
        format!("p.json: its counts do not match its question and parts; {fix}")
    );
    assert!(said(&text[..text.len() / 2]).starts_with("p.json: not a partial result (EOF"));
    // A key is quoted, and an error is one line.
    let odd = said(&text.replacen("{\"version\":2", "{\"a\\nb\":0,\"version\":2", 1));
    assert!(odd.contains("unknown field") && odd.lines().count() == 1, "{odd}");
}
