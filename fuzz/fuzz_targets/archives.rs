//! Any bytes as an archive; rar and 7z without bsdtar, whose budget is zero.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::FileKind;
use thubaocao::reading::attachment::archive;
use thubaocao::reading::program::Budget;

fuzz_target!(|bytes: &[u8]| {
    for kind in [FileKind::Zip, FileKind::Rar] {
        let mut budget = Budget::new(Duration::ZERO);
        let opened = archive::open(kind, "a", bytes, 1_000_000, 20, &mut budget)
            .expect("nothing of the machine is used");
        let unpacked: usize = opened.files.iter().map(|(_, content)| content.len()).sum();
        assert!(unpacked <= 1_000_000 && opened.files.len() <= 20);
    }
});
