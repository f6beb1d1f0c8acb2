//! See `desk_tests::hostile::http`.
#![no_main]

use desk_tests::hostile::http::play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    play(input);
});
