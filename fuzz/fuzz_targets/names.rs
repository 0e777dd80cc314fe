//! Any bytes as the names that headers and archives carry.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::attachment::safe_name;
use thubaocao::reading::{header, legacy};

fuzz_target!(|bytes: &[u8]| {
    let mut names = vec![header::text(bytes), legacy::guess(bytes)];
    names.extend(header::parameter_values(bytes, "filename"));
    names.extend(legacy::converted(&names[1].clone()));
    for name in names {
        let safe = safe_name(&name, "pdf");
        assert!(!safe.is_empty() && safe.len() <= 255);
        assert!(!safe.contains(['/', '\\', '\0', '\n']));
        assert_eq!(safe_name(&safe, "pdf"), safe);
    }
});
