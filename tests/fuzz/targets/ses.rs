//! See `desk_tests::hostile::ses`.
#![no_main]

use desk_tests::hostile::ses::play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    play(input);
});
