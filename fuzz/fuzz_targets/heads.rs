//! Any text as the first page of a document, any bytes as the files that hold one, any name.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use thubaocao::reading::FileKind;
use thubaocao::reading::document;
use thubaocao::reading::program::Budget;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let head = document::head::parse(&text);
    if let Some(title) = &head.title {
        assert!(!title.is_empty());
    }
    let mut budget = Budget::new(Duration::ZERO);
    for kind in [FileKind::Docx, FileKind::Odt, FileKind::Xlsx] {
        document::read(kind, bytes, &text, None, &mut budget)
            .expect("nothing of the machine is used");
    }
    for kind in [FileKind::Docx, FileKind::Xlsx, FileKind::Xls, FileKind::Ods] {
        document::contents(kind, bytes, &mut budget).expect("nothing of the machine is used");
    }
});
