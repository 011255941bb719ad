//! Guided search for what [`dormouse_proof::fuzz::fleet`] does not stand.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dormouse_proof::fuzz::fleet(data));
