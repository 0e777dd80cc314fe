//! Any bytes as a winmail.dat.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::attachment::tnef;

fuzz_target!(|bytes: &[u8]| {
    let files = tnef::files(bytes);
    // Only compressed RTF can grow, and not by more than its dictionary gives for each reference.
    let total: usize = files.iter().map(|f| f.content.len()).sum();
    assert!(total <= 12 * bytes.len() + 200);
});
