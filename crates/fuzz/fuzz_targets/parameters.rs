//! Guided search for what [`dormouse_fuzz::parameters`] does not stand.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dormouse_fuzz::parameters(data));
