//! Whether a mail only thanks or confirms: "Đã nhận được thư, cảm ơn Ban ạ!". Such an answer to an acknowledgement asks
//! nobody to do anything.

use crate::ground::text::{find_phrase, fold};

/// All that such a text is made of (folded).
const PHRASES: [&str; 45] = [
    "cam on",
    "xin",
    "thanks",
    "thank you",
    "tks",
    "ok",
    "oke",
    "okie",
    "da nhan",
    "nhan duoc",
    "da",
    "vang",
    "thu",
    "mail",
    "email",
    "thong tin",
    "phan hoi",
    "thong bao",
    "cua",
    "tu",
    "anh",
    "chi",
    "em",
    "anh chi",
    "ban",
    "cac",
    "dong chi",
    "dc",
    "don vi",
    "chung toi",
    "minh",
    "a",
    "nhe",
    "nha",
    "nhieu",
    "rat",
    "chao",
    "kinh chao",
    "tran trong",
    "kinh thu",
    "than men",
    "kinh gui",
    "chuc",
    "suc khoe",
    "ngay tot lanh",
];

/// Whether a sender's own words, down to the signature, are courtesy alone.
pub fn is_mere_courtesy(own_words: &str) -> bool {
    let signature =
        |line: &str| line.trim_start().starts_with("--") || fold(line).starts_with("gui tu ");
    let mut said = false;
    for line in own_words.lines().take_while(|l| !signature(l)) {
        let folded = fold(line);
        let mut covered = vec![false; folded.len()];
        for phrase in PHRASES {
            let mut from = 0;
            while let Some(at) = find_phrase(&folded, phrase, from) {
                from = at + phrase.len();
                covered[at..from].fill(true);
            }
        }
        let is_covered = |(at, byte): (usize, u8)| byte == b' ' || covered[at];
        if !folded.bytes().enumerate().all(is_covered) {
            return false;
        }
        said |= !folded.is_empty();
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thanks_ask_for_nothing() {
        for text in [
            "Cảm ơn Ban ạ!",
            "Dạ em đã nhận được thư, em cảm ơn chị nhiều ạ.",
            "Đơn vị đã nhận được thông tin phản hồi.\nTrân trọng!\n--\nNguyễn Thị Hoa\nĐT 0905123456",
            "OK, thanks",
        ] {
            assert!(is_mere_courtesy(text), "{text}");
        }
        for text in [
            "",
            "Cảm ơn Ban, đơn vị sẽ gửi sau",
            "Đã gửi",
            "Đơn vị không phát sinh ạ",
            "Em xin gia hạn đến 20/6, cảm ơn chị",
            "Đơn vị gửi lại báo cáo",
        ] {
            assert!(!is_mere_courtesy(text), "{text}");
        }
    }
}
