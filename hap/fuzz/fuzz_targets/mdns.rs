#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| hap::fuzz::mdns(data));
