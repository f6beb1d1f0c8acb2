//! See `desk_tests::hostile::stream`.
#![no_main]

use desk_tests::hostile::stream::play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    play(input);
});
