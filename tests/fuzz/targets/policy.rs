//! See `desk_tests::hostile::policy`.
#![no_main]

use desk_tests::hostile::policy::play;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    play(input);
});
