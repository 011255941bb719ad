//! Fleets in Parquet, and partial results.

use std::fs;

use dormouse_fleet::{FleetError, FleetFile, Partial, Split};

use super::text::assert_one_line;

/// The reader of fleets: opens the data and reads it to the end.
pub fn fleet(data: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder for the file");
    let path = folder.path().join("x.parquet");
    fs::write(&path, data).expect("the file");
    let read = || -> Result<(), FleetError> {
        let fleet = FleetFile::open(&path)?;
        for split in [Split::WHOLE, Split { part: 2, of: 3 }] {
            for batch in fleet.batches(split, 1 << 20) {
                for instance in batch? {
                    assert!(instance.events.at_ms().is_sorted(), "`{}` is out of order", instance.name);
                }
            }
        }
        Ok(())
    };
    if let Err(error) = read() {
        assert_one_line(&error);
    }
}

/// The reader of partial results. A result that was read must survive writing and reading. Merging it with
/// others either works or is refused.
pub fn partial(data: &[u8]) {
    let found = match Partial::read(data, "x.json") {
        Ok(found) => found,
        Err(error) => return assert_one_line(&error),
    };
    let mut written = Vec::new();
    found.write(&mut written).expect("memory takes everything");
    assert_eq!(Partial::read(written.as_slice(), "y.json").expect("what was written can be read"), found);
    // The other half of the fleet, as far as it can be derived from this one.
    let mut other = found.clone();
    for part in &mut other.parts {
        let length = part.places.end.saturating_sub(part.places.start);
        part.places = part.places.end..part.places.end.saturating_add(length);
    }
    let mut both = found.clone();
    if let Err(error) = both.merge(&other, "x.json") {
        assert_one_line(&error);
        assert_eq!(both, found, "refused, and yet changed");
    }
    for one in [&found, &both] {
        if let Err(error) = one.whole("x.json") {
            assert_one_line(&error);
        }
    }
}
