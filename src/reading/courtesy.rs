//! Whether a mail only thanks or confirms: "Đã nhận được thư, cảm ơn Ban ạ!". Such an answer to an acknowledgement asks
//! nobody to do anything.

use crate::ground::text::fold;
use crate::words::vi;

/// Whether a sender's own words, down to the signature, are courtesy alone.
pub fn is_mere_courtesy(own_words: &str) -> bool {
    let signature =
        |line: &str| line.trim_start().starts_with("--") || fold(line).starts_with("gui tu ");
    let mut said = false;
    for line in own_words.lines().take_while(|l| !signature(l)) {
        let folded = fold(line);
        if !vi().courtesies.make_up(&folded) {
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
