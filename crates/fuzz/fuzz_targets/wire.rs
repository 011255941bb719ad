//! Guided search for what [`dormouse_fuzz::wire`] does not stand.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dormouse_fuzz::wire(data));
