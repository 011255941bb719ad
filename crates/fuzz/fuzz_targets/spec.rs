//! Guided search for what [`dormouse_fuzz::spec`] does not stand.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dormouse_fuzz::spec(data));
