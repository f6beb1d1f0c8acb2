//! See `desk_tests::hostile::token`.
#![no_main]

use desk_tests::hostile::token::play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    play(input);
});
