#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| spindle_untrusted::targets::record(bytes));
