//! Guided search for what [`dormouse_fuzz::timeouts`] does not stand.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| dormouse_fuzz::timeouts(data));
