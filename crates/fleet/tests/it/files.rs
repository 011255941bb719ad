//! What was written is read back, in pieces of any size.

use dormouse_fleet::{Content, FleetFile, Split, write_trace};
use dormouse_proof::cases::{config, some_trace};
use dormouse_trace::generate::{Spec, generate};
use dormouse_trace::{Event, Instance, Kind, Meta, Trace};
use proptest::prelude::*;
use xxhash_rust::xxh3::xxh3_64;

use crate::{canonical, fleet_of};

const MIB: u64 = 1 << 20;

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_fleet_holds_what_its_trace_holds(
        mut trace in some_trace(), group_rows in 1..40_usize, epoch_ms in any::<Option<i64>>(), zone in any::<bool>()
    ) {
        trace.meta = Meta { epoch_ms, time_zone: zone.then(|| "Europe/Rome".to_owned()) };
        let file = fleet_of(&trace, group_rows);
        let trace = canonical(trace);
        prop_assert_eq!(&file.fleet.manifest().content, &Content::of(&trace.instances));
        prop_assert_eq!(file.fleet.read(MIB).unwrap(), trace);
    }

    #[test]
    fn every_instance_belongs_to_exactly_one_part_and_is_whole(
        trace in some_trace(), group_rows in 1..40_usize, of in 1..9_usize, memory in 200_000..600_000_u64
    ) {
        let file = fleet_of(&trace, group_rows);
        let mut found: Vec<Instance> = Vec::new();
        let mut content = Content::default();
        for part in 1..=of {
            let mut batches = file.fleet.batches(Split { part, of }, memory);
            for batch in &mut batches {
                let batch = batch.unwrap();
                prop_assert!(batch.is_sorted_by(|a, b| a.name < b.name));
                found.extend(batch);
            }
            content = content.merge(&batches.part().content);
        }
        found.sort_by(|a, b| (a.events.first_at_ms(), &a.name).cmp(&(b.events.first_at_ms(), &b.name)));
        prop_assert_eq!(content, file.fleet.manifest().content);
        prop_assert_eq!(found, canonical(trace).instances);
    }

    #[test]
    fn the_bytes_depend_on_the_instances_and_not_on_their_order(trace in some_trace()) {
        let mut turned = trace.clone();
        turned.instances.reverse();
        prop_assert_eq!(write_trace(&trace, Vec::new()).unwrap(), write_trace(&turned, Vec::new()).unwrap());
    }
}

/// Instances of so many events, each of its own kinds.
fn of_sizes(sizes: &[u64]) -> Trace {
    let of = |(nth, &size): (usize, &u64)| {
        let kind = |at_ms: u64| Kind::ALL[(nth + usize::from(at_ms.is_multiple_of(3))) % 8];
        let events = (0..size).map(|at_ms| Event { at_ms, kind: kind(at_ms), work_ms: nth as u64 });
        Instance::new(format!("{nth:03}"), events.collect())
    };
    Trace { instances: sizes.iter().enumerate().map(of).collect(), meta: Meta::default() }
}

#[test]
fn memory_that_is_used_again_leaves_nothing_behind() {
    // Longer and shorter ones in turn, over many windows, some within a row group and some over several.
    let trace = of_sizes(&[
        9000, 4200, 20_000, 1, 5000, 4097, 9001, 30_000, 3, 4096, 12_000, 6000, 4500, 9000, 7, 8000,
    ]);
    let file = fleet_of(&trace, 1000);
    for give_back in [true, false] {
        let mut found: Vec<Instance> = Vec::new();
        let mut batches = file.fleet.batches(Split::WHOLE, 3 << 20);
        let mut windows = 0;
        let swept = batches.overlapped(|instances| {
            found.extend(instances.iter().cloned());
            windows += 1;
            Ok::<_, dormouse_fleet::FleetError>(if give_back { instances } else { Vec::new() })
        });
        swept.unwrap();
        assert!(windows > 5, "{windows}");
        assert_eq!(found, trace.instances);
    }
}

#[test]
fn the_bytes_are_those_of_the_first_fleets() {
    // Of a fleet that was written by way of Arrow, as all were at first.
    let spec = Spec::preset_with("team-week", &[("span", "3d"), ("instances", "20")]).unwrap();
    let bytes = write_trace(&generate(&spec, 1).unwrap(), Vec::new()).unwrap();
    assert_eq!((bytes.len(), xxh3_64(&bytes)), (105_223, 540_945_424_211_702_136));
}

/// Two instances: one with 3,000 events and one with a single event.
fn two() -> Trace {
    let of = |name: &str, n: u64| {
        let events = (0..n).map(|at_ms| Event { at_ms, kind: Kind::Inbound, work_ms: 0 });
        Instance::new(name, events.collect())
    };
    Trace { instances: vec![of("dense", 3000), of("x", 1)], meta: Meta::default() }
}

#[test]
fn an_instance_that_does_not_fit_is_named() {
    let file = fleet_of(&two(), 1000);
    let fit = |memory| file.fleet.batches(Split::WHOLE, memory).collect::<Result<Vec<_>, _>>();
    assert_eq!(fit(2 * 34 * 3000).unwrap().into_iter().flatten().count(), 2);
    let said = fit(2 * 34 * 3000 - 1).unwrap_err().to_string();
    assert!(
        said.ends_with("instance `dense` does not fit into 203999 bytes; raise the memory limit"),
        "{said}"
    );
    let said = file.fleet.read(50_000).unwrap_err().to_string();
    assert!(
        said.ends_with("the whole fleet, 51529 bytes, does not fit into 50000 bytes; raise the memory limit"),
        "{said}"
    );
}

#[test]
fn a_trace_that_cannot_be_expressed_is_not_written() {
    let with = |names: [&str; 2]| {
        let mut trace = two();
        trace.instances.iter_mut().zip(names).for_each(|(instance, name)| instance.name = name.to_owned());
        write_trace(&trace, Vec::new()).unwrap_err().to_string()
    };
    let twice = "the fleet cannot be written: instance `a` comes after `a`; sort the instances by name, and give each only once";
    assert_eq!(with(["a", "a"]), twice);
    assert_eq!(with(["a", " "]), "the trace cannot be written: ` ` cannot name an instance; rename it");
}

#[test]
fn a_trace_without_events_is_a_fleet_without_rows() {
    let file = fleet_of(&Trace::default(), 10);
    assert_eq!((file.fleet.groups(), file.fleet.read(1).unwrap()), (0, Trace::default()));
    assert_eq!(
        file.fleet.batches(Split { part: 2, of: 3 }, 1).map(|batch| batch.unwrap().len()).sum::<usize>(),
        0
    );
}

#[test]
fn a_fleet_is_recognized_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    assert!(FleetFile::is_one(&at("fleet", &write_trace(&two(), Vec::new()).unwrap())));
    assert!(!FleetFile::is_one(&at("trace.parquet", b"instance,at_ms,kind,work_ms\n")));
    assert!(!FleetFile::is_one(&at("short", b"PA")));
    assert!(!FleetFile::is_one(folder.path()));
    assert!(!FleetFile::is_one(&folder.path().join("missing")));
}
