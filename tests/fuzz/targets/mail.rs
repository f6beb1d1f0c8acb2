//! See `desk_tests::hostile::mail`.
#![no_main]

use desk_tests::hostile::mail::play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    play(input);
});
