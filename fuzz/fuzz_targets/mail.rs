//! Any bytes as a mail. Programs of the system are not started: their budget is zero.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::{ReadingSettings, read};

fuzz_target!(|raw: &[u8]| {
    let settings = ReadingSettings {
        without_programs: true,
        ..ReadingSettings::default()
    };
    let reading = read(raw, &settings, &mut |_| Ok(())).expect("keeping files cannot fail here");
    for file in &reading.attachments {
        assert!(!file.name.is_empty() && file.name.len() <= 255);
        assert!(!file.name.contains(['/', '\\', '\0']));
    }
});
