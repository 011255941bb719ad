//! Runs the fuzz targets on the seeds, unchanged and with random variations. `PROPTEST_CASES=100000` tries more.

use std::fs;
use std::path::{Path, PathBuf};

use dormouse_proof::fuzz::TARGETS;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// The seeds of a target, by file name.
fn seeds(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(target);
    let mut paths: Vec<PathBuf> =
        fs::read_dir(&folder).expect("its seeds").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(path).expect("a seed"))).collect()
}

/// One change to some bytes.
#[derive(Debug, Clone)]
enum Change {
    /// A bit is flipped.
    Flip(Index, u8),
    /// A byte is replaced by one with a special meaning in some format.
    Put(Index, u8),
    /// A range is removed.
    Cut(Index, Index),
    /// A range of some seed is inserted.
    Splice(Index, Vec<u8>),
}

impl Change {
    fn of(&self, mut data: Vec<u8>) -> Vec<u8> {
        let length = data.len();
        match self {
            _ if data.is_empty() => {}
            Self::Flip(at, bit) => data[at.index(length)] ^= 1 << bit,
            Self::Put(at, byte) => data[at.index(length)] = *byte,
            Self::Cut(a, b) => {
                let (a, b) = (a.index(length), b.index(length));
                data.drain(a.min(b)..a.max(b));
            }
            Self::Splice(at, stretch) => {
                let at = at.index(length);
                data.splice(at..at, stretch.iter().copied());
            }
        }
        data
    }
}

fn some_change(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Change> {
    let telling = b"0179-+.,=:;#\"'[]{} \n\r\t\0\xff\x80eE".to_vec();
    let stretch = (select(seeds), any::<Index>(), any::<Index>()).prop_map(|(seed, from, length)| {
        let from = from.index(seed.len().max(1));
        let to = seed.len().min(from + 1 + length.index(40));
        seed[from.min(to)..to].to_vec()
    });
    prop_oneof![
        (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        (any::<Index>(), select(telling)).prop_map(|(at, byte)| Change::Put(at, byte)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Change::Cut(a, b)),
        (any::<Index>(), stretch).prop_map(|(at, stretch)| Change::Splice(at, stretch)),
    ]
}

/// A seed with some changes.
fn some_data(target: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    let seeds: Vec<Vec<u8>> = seeds(target).into_iter().map(|(_, seed)| seed).collect();
    let changes = proptest::collection::vec(some_change(seeds.clone()), 1..5);
    (select(seeds), changes)
        .prop_map(|(seed, changes)| changes.iter().fold(seed, |data, change| change.of(data)))
}

#[test]
fn every_target_accepts_its_seeds() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "no seeds for {name}");
        for (path, data) in seeds {
            println!("{}", path.display()); // shown when it fails
            target(&data);
        }
    }
}

/// One test per target, so that they run in parallel and a failure names the target.
macro_rules! varied {
    ($($target:ident)*) => {$(
        #[test]
        fn $target() {
            let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
            proptest!(config, |(data in some_data(stringify!($target)))| {
                println!("{}", data.escape_ascii());
                dormouse_proof::fuzz::$target(&data);
            });
        }
    )*};
}

varied!(trace fleet partial scenario spec timeouts parameters wire);
