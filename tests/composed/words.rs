//! How clerks write: texts, subjects, names of files, periods, and the mistakes that their keyboards make.

use jiff::civil::Date;
use thubaocao::domain::period::{Period, PeriodId};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::dice::Dice;

/// How sure a reader of a period is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Clear {
    /// Nobody can tell from it alone.
    Vague,
    /// Whoever knows the day of the mail.
    Sure,
}

const SPELT: [&str; 12] = [
    "một",
    "hai",
    "ba",
    "tư",
    "năm",
    "sáu",
    "bảy",
    "tám",
    "chín",
    "mười",
    "mười một",
    "mười hai",
];
const ROMAN: [&str; 4] = ["I", "II", "III", "IV"];

/// The ways of writing a period that are at hand on a day. None for what happens once.
pub fn ways(period: &Period, at: Date) -> Vec<(String, Clear)> {
    use Clear::{Sure, Vague};
    let (from, to) = (period.opens, period.closes);
    let dates = [
        format!(
            "từ ngày {}/{}/{} đến ngày {}/{}/{}",
            from.day(),
            from.month(),
            from.year(),
            to.day(),
            to.month(),
            to.year()
        ),
        format!(
            "{}/{}–{}/{}/{}",
            from.day(),
            from.month(),
            to.day(),
            to.month(),
            to.year()
        ),
        format!(
            "(từ {:02}/{:02} đến {:02}/{:02}/{})",
            from.day(),
            from.month(),
            to.day(),
            to.month(),
            to.year()
        ),
    ];
    let mut ways: Vec<(String, Clear)> = Vec::new();
    let mut add =
        |clear: Clear, texts: &[String]| ways.extend(texts.iter().map(|t| (t.clone(), clear)));
    match period.id {
        PeriodId::Month(y, m) => {
            let spelt = SPELT[m as usize - 1];
            let yy = y % 100;
            add(
                Sure,
                &[
                    format!("tháng {m}/{y}"),
                    format!("tháng {m:02}/{y}"),
                    format!("tháng {m} năm {y}"),
                    format!("T{m}/{y}"),
                    format!("T{m:02}-{y}"),
                    format!("T{m}.{y}"),
                    format!("tháng {m}.{y}"),
                    format!("tháng {m} - {y}"),
                    format!("{m:02}/{y}"),
                    format!("tháng {m}/{yy}"),
                    format!("{m}/{yy}"),
                    format!("{m:02}-{y}"),
                    format!("{y}{m:02}"),
                    format!("tháng {spelt}"),
                    format!("tháng {spelt} năm {y}"),
                    format!("T{m}"),
                    format!("tháng {m}"),
                    format!("tháng {m:02}"),
                    format!("tháng O{m}/{y}").replace("O1", if m < 10 { "O1" } else { "1" }),
                ],
            );
            if m == 4 {
                add(Sure, &["tháng bốn".to_owned(), format!("tháng bốn/{y}")]);
            }
            add(Sure, &dates);
            let before = at.first_of_month().yesterday().unwrap();
            if (before.year(), before.month()) == (y, m) {
                add(
                    Sure,
                    &["tháng trước".to_owned(), "tháng vừa qua".to_owned()],
                );
            }
        }
        PeriodId::Quarter(y, q) => {
            let roman = ROMAN[q as usize - 1];
            let spelt = ["một", "hai", "ba", "bốn"][q as usize - 1];
            add(
                Sure,
                &[
                    format!("quý {roman}/{y}"),
                    format!("quý {q}/{y}"),
                    format!("quý {roman} năm {y}"),
                    format!("Quý {roman}-{y}"),
                    format!("quý {spelt} năm {y}"),
                    format!("quý {spelt}"),
                    format!("qúy {roman}/{y}"),
                    format!("quí {roman} năm {y}"),
                    format!("Q{q}/{y}"),
                    format!("Q{q}-{y}"),
                    format!("Q.{roman}/{y}"),
                    format!("quý {roman}"),
                    format!("quý {q}"),
                    format!("quý {roman}/{}", y % 100),
                    format!("Quý {roman} - {y}"),
                    format!("quý {roman}, năm {y}"),
                ],
            );
            add(Vague, &[format!("{q}/{y}"), "quý này".to_owned()]);
            add(Sure, &dates);
            if q == 1 {
                add(
                    Sure,
                    &[format!("3 tháng đầu năm {y}"), format!("quý đầu năm {y}")],
                );
            }
        }
        PeriodId::Half(y, 1) => {
            add(
                Sure,
                &[
                    format!("6 tháng đầu năm {y}"),
                    format!("06 tháng đầu năm {y}"),
                    format!("sáu tháng đầu năm {y}"),
                    format!("6T đầu năm {y}"),
                    "6 tháng đầu năm".to_owned(),
                    format!("6 tháng đầu năm/{y}"),
                    format!("6 tháng đầu {y}"),
                    format!("06 tháng đầu năm {}", y % 100 + 2000),
                    format!("6 tháng đầu năm, {y}"),
                    "06 tháng đầu năm".to_owned(),
                    format!("6T{y}"),
                    format!("6T/{y}"),
                    format!("nửa đầu năm {y}"),
                    format!("06T đầu năm {y}"),
                    format!("6 tháng năm {y}"),
                ],
            );
            add(Sure, &dates[..1]);
            // "Năm 2026" alone is what the configuration says it is.
            add(Sure, &["6 tháng đầu năm nay".to_owned()]);
            add(Vague, &["6 tháng".to_owned()]);
        }
        PeriodId::Half(y, _) => {
            add(
                Sure,
                &[
                    format!("6 tháng cuối năm {y}"),
                    format!("06 tháng cuối năm {y}"),
                    format!("sáu tháng cuối năm {y}"),
                    format!("6T cuối năm {y}"),
                    "6 tháng cuối năm".to_owned(),
                    format!("nửa cuối năm {y}"),
                    format!("6 tháng cuối {y}"),
                ],
            );
            add(Sure, &dates[..1]);
            add(
                Vague,
                &[
                    format!("năm {y}"),
                    "6 tháng".to_owned(),
                    "cuối năm".to_owned(),
                ],
            );
        }
        PeriodId::NineMonths(y) => add(
            Sure,
            &[
                format!("9 tháng năm {y}"),
                format!("9 tháng đầu năm {y}"),
                format!("09 tháng đầu năm {y}"),
                "9 tháng đầu năm".to_owned(),
                format!("9T/{y}"),
                format!("chín tháng đầu năm {y}"),
            ],
        ),
        PeriodId::Year(y) => {
            add(
                Sure,
                &[
                    format!("năm {y}"),
                    format!("năm {y}"),
                    format!("{y}"),
                    format!("năm {y}"),
                ],
            );
            add(Vague, &["năm nay".to_owned()]);
        }
        PeriodId::SchoolYear(y) => add(Sure, &[format!("năm học {y}-{}", y + 1)]),
        PeriodId::Named(_) => {}
    }
    ways
}

/// The same letters without marks, capitals kept.
pub fn without_marks(text: &str) -> String {
    let plain = text.nfd().filter(|c| !is_combining_mark(*c));
    plain
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            '–' => '-',
            c => c,
        })
        .collect()
}

/// What a keyboard left of one word whose tone was not taken: `báo` → `baos`.
fn telex(word: &str) -> String {
    let key = |c: char| match c {
        '\u{301}' => Some('s'),
        '\u{300}' => Some('f'),
        '\u{309}' => Some('r'),
        '\u{303}' => Some('x'),
        '\u{323}' => Some('j'),
        _ => None,
    };
    let tone = word.nfd().find_map(key);
    let plain: String = word.nfd().filter(|c| key(*c).is_none()).nfc().collect();
    plain + &tone.map_or(String::new(), String::from)
}

/// One word of a text changed.
fn in_one_word(text: &str, dice: &mut Dice, change: impl Fn(&str, &mut Dice) -> String) -> String {
    let words: Vec<&str> = text.split(' ').collect();
    let long: Vec<usize> = (0..words.len())
        .filter(|n| words[*n].chars().count() > 2 && words[*n].chars().all(char::is_alphabetic))
        .collect();
    if long.is_empty() {
        return text.to_owned();
    }
    let at = *dice.of_these(&long);
    let changed: Vec<String> = (0..words.len())
        .map(|n| {
            if n == at {
                change(words[n], dice)
            } else {
                words[n].to_owned()
            }
        })
        .collect();
    changed.join(" ")
}

/// What befalls a text on its way from head to keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    AsItIs,
    NoMarks,
    Decomposed,
    Capitals,
    Telex,
    Typo,
    DoubleSpaces,
}

impl Habit {
    pub fn thrown(dice: &mut Dice) -> Habit {
        dice.weighted(&[
            (62, Habit::AsItIs),
            (14, Habit::NoMarks),
            (6, Habit::Decomposed),
            (6, Habit::Capitals),
            (4, Habit::Telex),
            (4, Habit::Typo),
            (4, Habit::DoubleSpaces),
        ])
    }

    /// Whether a careful reader still understands each word.
    pub fn is_readable(self) -> bool {
        !matches!(self, Habit::Telex | Habit::Typo)
    }

    pub fn on(self, text: &str, dice: &mut Dice) -> String {
        match self {
            Habit::AsItIs => text.to_owned(),
            Habit::NoMarks => without_marks(text),
            Habit::Decomposed => text.nfd().collect(),
            Habit::Capitals => text.to_uppercase(),
            Habit::Telex => in_one_word(text, dice, |word, _| telex(word)),
            Habit::Typo => in_one_word(text, dice, |word, dice| {
                let mut letters: Vec<char> = word.chars().collect();
                let at = dice.below(letters.len() - 1);
                match dice.below(3) {
                    0 if at > 0 => letters.swap(at, at + 1),
                    1 => letters.insert(at, letters[at]),
                    _ => {
                        letters.remove(at);
                    }
                }
                letters.into_iter().collect()
            }),
            Habit::DoubleSpaces => text.replace(' ', "  "),
        }
    }
}

pub const GREETINGS: &[&str] = &[
    "Kính gửi Ban",
    "Kính gửi: Ban Chính sách pháp luật LĐLĐ tỉnh",
    "Kính gửi anh chị",
    "Dạ em chào chị",
    "Chào chị,",
    "Em chào anh chị ạ",
    "Kính gửi các đồng chí",
    "Gửi anh Nam",
    "Chị ơi",
    "Kính thưa Ban",
    "Kính gửi quý Ban",
    "",
    "Dạ",
    "Kính gửi LĐLĐ tỉnh",
];

/// Around `{}`: what is sent, or nothing.
pub const SENDING: &[&str] = &[
    "{unit} xin gửi {what}.",
    "Em gửi {what} ạ.",
    "Em gửi chị {what}, chị xem giúp em với ạ",
    "Đơn vị gửi {what} theo yêu cầu của Ban.",
    "Gửi file đính kèm.",
    "Em gửi file mềm và bản ký ạ",
    "{unit} nộp {what}, kính mong Ban nhận và phản hồi giúp.",
    "Nhờ anh chị nhận giúp {what} của đơn vị em.",
    "e gui c {what} nhe",
    "Theo Công văn của LĐLĐ tỉnh, đơn vị gửi {what}.",
    "CĐ cơ sở gửi báo cáo, có gì thiếu chị báo em bổ sung ạ.",
    "Xin gửi Ban {what}. Bản giấy sẽ gửi qua bưu điện sau.",
    "Kính chuyển {what}.",
    "Trân trọng kính gửi {what}./.",
    "Em gửi lại cho đầy đủ ạ",
    "em gởi chị {what} nha, hôm qua mạng yếu gửi không được",
    "Thực hiện chỉ đạo của LĐLĐ tỉnh, {unit} báo cáo như file đính kèm.",
    "Đính kèm: {what}",
    "",
    "bc cua don vi",
    "Gửi bc ạ, c check giúp e",
    "{what}: xem file kèm.",
    "Do bận việc nên gửi hơi muộn, mong Ban thông cảm. {unit} gửi {what}.",
];

pub const CLOSINGS: &[&str] = &[
    "Trân trọng!",
    "Trân trọng cảm ơn.",
    "Em cảm ơn chị ạ",
    "Cảm ơn anh chị nhiều!",
    "Trân trọng./.",
    "",
    "Tks c",
    "Kính thư.",
    "Thân ái",
    "Chúc chị một ngày tốt lành ạ",
];

pub const NAMES: &[&str] = &[
    "Nguyễn Thị Hoa",
    "Trần Văn Minh",
    "Lê Thị Kim Phượng",
    "Phạm Quốc Bảo",
    "H'Linh Niê",
    "Y Thuyên Kbuôr",
    "Đặng Thị Tuyết Mai",
    "Võ Hoàng Nam",
    "Huỳnh Ngọc Sương",
    "Bùi Thanh Tùng",
    "Phan Thị Trung Thu",
    "Cao Đăng Khoa",
];

pub const NIL: &[&str] = &[
    "{p} đơn vị ko phát sinh TNLĐ ạ",
    "Đơn vị em k có TNLĐ {p} chị nhé",
    "{P}: 0 vụ tai nạn lao động",
    "Trong {p} đơn vị không xảy ra tai nạn lao động.",
    "Dạ {p} bên em không có vụ TNLĐ nào ạ",
    "Tình hình TNLĐ {p}: không phát sinh.",
    "{P} cty em kg có tai nạn lao động nào xảy ra.",
    "Báo cáo TNLĐ {p}: không.",
    "báo cáo nhanh: {p} ko xảy ra TNLĐ",
    "Đơn vị báo cáo {p} không phát sinh tai nạn lao động, kính báo Ban.",
];

/// Mails that bring no report: a kind, a subject, a text, and the genre and title of what is attached, if something is.
pub struct NoReport {
    pub kind: &'static str,
    /// Whether a unit sends it; else an upper body or a stranger.
    pub of_unit: bool,
    pub subject: &'static str,
    pub text: &'static str,
    pub file: Option<(&'static str, &'static str, &'static str)>,
}

macro_rules! none {
    ($kind:literal, $of_unit:literal, $subject:literal, $text:literal) => {
        NoReport {
            kind: $kind,
            of_unit: $of_unit,
            subject: $subject,
            text: $text,
            file: None,
        }
    };
    ($kind:literal, $of_unit:literal, $subject:literal, $text:literal, $name:literal, $genre:literal, $title:literal) => {
        NoReport {
            kind: $kind,
            of_unit: $of_unit,
            subject: $subject,
            text: $text,
            file: Some(($name, $genre, $title)),
        }
    };
}

/// `{topic}`, `{p}`, `{unit}` are filled in.
pub const NONE: &[NoReport] = &[
    none!(
        "invitation",
        true,
        "Giấy mời dự hội nghị {topic}",
        "Kính mời đại diện Ban đến dự, thời gian 8h00 sáng thứ sáu.",
        "Giay moi",
        "GIẤY MỜI",
        "dự Hội nghị tổng kết {topic} {p}"
    ),
    none!(
        "invitation",
        true,
        "Mời dự Đêm hội trăng rằm",
        "Công đoàn trân trọng kính mời anh chị dự chương trình.",
        "giay moi trung thu",
        "GIẤY MỜI",
        "dự chương trình Đêm hội trăng rằm"
    ),
    none!(
        "invitation",
        true,
        "Thư mời",
        "Kính mời Ban dự lễ phát động.",
        "Thu moi",
        "THƯ MỜI",
        "dự Lễ phát động {topic}"
    ),
    none!(
        "plan",
        true,
        "Kế hoạch tổ chức {topic} {p}",
        "Đơn vị gửi kế hoạch để Ban biết, chỉ đạo.",
        "KH",
        "KẾ HOẠCH",
        "Tổ chức {topic} {p}"
    ),
    none!(
        "plan",
        true,
        "Gửi kế hoạch",
        "Em gửi kế hoạch bên em ạ, báo cáo em gửi sau khi làm xong",
        "ke hoach {brief}",
        "KẾ HOẠCH",
        "Triển khai {topic} {p}"
    ),
    none!(
        "plan",
        true,
        "KH kiểm tra {brief}",
        "Kính gửi Ban kế hoạch kiểm tra.",
        "KH kiem tra",
        "KẾ HOẠCH",
        "Kiểm tra việc thực hiện {topic} {p}"
    ),
    none!(
        "more time",
        true,
        "Xin gia hạn nộp báo cáo {brief}",
        "Do đồng chí phụ trách đi công tác, đơn vị xin lùi thời hạn gửi báo cáo {topic} {p} sang tuần sau. Mong Ban thông cảm."
    ),
    none!(
        "more time",
        true,
        "V/v gửi chậm báo cáo",
        "Chị ơi bên em chưa tổng hợp kịp, cho em xin nộp BC {brief} trễ vài hôm nha chị"
    ),
    none!(
        "more time",
        true,
        "xin lùi thời gian báo cáo",
        "Kính gửi Ban công văn xin gia hạn.",
        "CV xin gia han",
        "",
        "V/v xin gia hạn thời gian gửi báo cáo {topic} {p}"
    ),
    none!(
        "thanks",
        true,
        "Re: Đã tiếp nhận báo cáo của {unit}",
        "Em cảm ơn chị ạ!"
    ),
    none!(
        "thanks",
        true,
        "Re: Báo cáo {topic} {p}",
        "Đơn vị đã nhận được phản hồi, trân trọng cảm ơn Ban."
    ),
    none!(
        "question",
        true,
        "Hỏi về báo cáo {brief}",
        "Chị cho em hỏi báo cáo {topic} {p} làm theo mẫu nào ạ? Số liệu lấy đến ngày nào?"
    ),
    none!(
        "question",
        true,
        "Re: Đề nghị gửi báo cáo",
        "Báo cáo này bên em đã gửi hôm trước rồi mà chị, chị kiểm tra lại giúp em"
    ),
    none!(
        "question",
        true,
        "Xin mẫu báo cáo",
        "Anh gửi lại em cái biểu mẫu {brief} với, file hôm trước mở không được.",
        "Mau BC",
        "BÁO CÁO",
        "(Mẫu) ........................"
    ),
    none!(
        "question",
        true,
        "biểu mẫu",
        "Em gửi lại biểu mẫu chị gửi, em không mở được sheet 2",
        "Mau bieu {brief} (trong)",
        "",
        ""
    ),
    none!(
        "guidance of above",
        true,
        "Fwd: Hướng dẫn báo cáo {topic}",
        "Chuyển chị văn bản của Tổng Liên đoàn để tham khảo ạ.",
        "CV 1234 TLD",
        "",
        "V/v báo cáo {topic} {p}"
    ),
    none!(
        "guidance of above",
        false,
        "Đề nghị báo cáo {topic} {p}",
        "Đề nghị Ban tổng hợp, báo cáo Ban Thường vụ.",
        "123-TLĐ-QHLĐ",
        "",
        "V/v đề nghị báo cáo {topic} {p}"
    ),
    none!(
        "guidance of above",
        false,
        "UBND tỉnh: báo cáo {topic}",
        "Văn phòng UBND tỉnh chuyển văn bản đến.",
        "4567-UBND-KGVX",
        "",
        "V/v tổng hợp, báo cáo {topic} {p}"
    ),
    none!(
        "guidance of above",
        false,
        "Báo cáo tổng hợp toàn tỉnh",
        "Gửi Ban báo cáo tổng hợp của tỉnh để lưu.",
        "BC tong hop tinh",
        "BÁO CÁO",
        "Kết quả {topic} {p} của Liên đoàn Lao động tỉnh"
    ),
    none!(
        "guidance of above",
        true,
        "Fw: Báo cáo của Tổng Liên đoàn",
        "Em gửi chị tham khảo báo cáo của Tổng Liên đoàn.",
        "BC-TLD",
        "BÁO CÁO",
        "Kết quả {topic} {p}"
    ),
    none!(
        "reward",
        true,
        "Đề nghị khen thưởng",
        "Đơn vị trình hồ sơ khen thưởng.",
        "To trinh khen thuong",
        "TỜ TRÌNH",
        "Về việc đề nghị tặng Bằng khen cho tập thể, cá nhân có thành tích trong {topic} {p}"
    ),
    none!(
        "reward",
        true,
        "Báo cáo thành tích đề nghị tặng Bằng khen",
        "Gửi Ban báo cáo thành tích cá nhân.",
        "BC thanh tich",
        "BÁO CÁO",
        "Thành tích đề nghị tặng Bằng khen của Tổng Liên đoàn Lao động Việt Nam"
    ),
    none!(
        "list",
        true,
        "Danh sách con đoàn viên nhận quà",
        "Em gửi danh sách các cháu ạ",
        "DS cac chau nhan qua trung thu",
        "DANH SÁCH",
        "Con đoàn viên, NLĐ được nhận quà Tết Trung thu {p}"
    ),
    none!(
        "list",
        true,
        "danh sach tham gia {brief}",
        "Gửi ds đăng ký tham gia ạ",
        "DS dang ky",
        "DANH SÁCH",
        "Đăng ký tham gia {topic}"
    ),
    none!(
        "training",
        true,
        "Đăng ký tập huấn {topic}",
        "Đơn vị cử 02 đồng chí tham gia lớp tập huấn {topic}.",
        "DK tap huan",
        "DANH SÁCH",
        "Cán bộ tham gia lớp tập huấn {topic} {p}"
    ),
    none!(
        "training",
        true,
        "Tài liệu tập huấn {brief}",
        "Gửi anh chị tài liệu.",
        "Tai lieu tap huan",
        "TÀI LIỆU",
        "Tập huấn nghiệp vụ {topic}"
    ),
    none!(
        "insurance",
        true,
        "Hồ sơ bảo hiểm tai nạn lao động",
        "Công ty gửi hồ sơ hưởng chế độ của anh Tùng.",
        "Ho so TNLD anh Tung",
        "ĐƠN ĐỀ NGHỊ",
        "Giải quyết hưởng chế độ tai nạn lao động"
    ),
    none!(
        "insurance",
        true,
        "bảo hiểm y tế cho trẻ em",
        "Cho em hỏi mua BHYT cho con công nhân đăng ký ở đâu ạ",
        "DS mua BHYT",
        "DANH SÁCH",
        "Trẻ em là con công nhân đăng ký mua bảo hiểm y tế {p}"
    ),
    none!(
        "minutes",
        true,
        "Biên bản họp",
        "Em gửi biên bản ạ.",
        "Bien ban hop",
        "BIÊN BẢN",
        "Hội nghị sơ kết {topic} {p}"
    ),
    none!(
        "minutes",
        true,
        "Biên bản điều tra TNLĐ",
        "Gửi Ban biên bản điều tra tai nạn.",
        "BB dieu tra TNLD",
        "BIÊN BẢN",
        "Điều tra tai nạn lao động"
    ),
    none!(
        "decision",
        true,
        "Quyết định thành lập BCĐ",
        "Gửi Ban quyết định.",
        "QD thanh lap",
        "QUYẾT ĐỊNH",
        "Về việc thành lập Ban Chỉ đạo {topic} {p}"
    ),
    none!(
        "other report",
        true,
        "Báo cáo kê khai tài sản thu nhập",
        "Đơn vị gửi báo cáo.",
        "BC ke khai tai san",
        "BÁO CÁO",
        "Kết quả kê khai, công khai tài sản, thu nhập năm 2025"
    ),
    none!(
        "other report",
        true,
        "Báo cáo tài chính công đoàn quý",
        "Gửi báo cáo quyết toán.",
        "BC tai chinh",
        "BÁO CÁO",
        "Quyết toán thu chi tài chính {p}"
    ),
    none!(
        "other report",
        true,
        "Báo cáo phòng chống dịch sốt xuất huyết",
        "Gửi báo cáo theo yêu cầu của UBND xã.",
        "BC PCD",
        "BÁO CÁO",
        "Công tác phòng, chống dịch sốt xuất huyết {p}"
    ),
    none!(
        "other report",
        true,
        "Báo cáo phòng chống đuối nước trẻ em",
        "Gửi chị để tham khảo.",
        "BC duoi nuoc",
        "BÁO CÁO",
        "Kết quả phòng, chống đuối nước cho học sinh {p}"
    ),
    none!(
        "other report",
        true,
        "Báo cáo phòng, chống tham nhũng",
        "Kính gửi Ban.",
        "BC PCTN",
        "BÁO CÁO",
        "Công tác phòng, chống tham nhũng, tiêu cực {p}"
    ),
    none!(
        "other report",
        true,
        "Báo cáo kiểm tra Đại hội",
        "Gửi báo cáo chính trị trình đại hội.",
        "BC chinh tri",
        "BÁO CÁO",
        "Của Ban Chấp hành trình Đại hội công đoàn nhiệm kỳ 2025-2030"
    ),
    none!(
        "other report",
        true,
        "Báo cáo tiêm chủng trẻ em",
        "Trạm y tế gửi.",
        "BC tiem chung",
        "BÁO CÁO",
        "Kết quả tiêm chủng mở rộng cho trẻ em dưới 5 tuổi {p}"
    ),
    none!(
        "contribution",
        true,
        "Góp ý dự thảo báo cáo {topic}",
        "Đơn vị thống nhất với dự thảo báo cáo {topic} {p} của Ban, không có ý kiến thêm."
    ),
    none!(
        "contribution",
        true,
        "Góp ý dự thảo",
        "Gửi Ban văn bản góp ý.",
        "CV gop y",
        "",
        "V/v góp ý dự thảo Báo cáo {topic} {p}"
    ),
    none!(
        "newsletter",
        false,
        "Bản tin công đoàn số 12",
        "Kính gửi quý bạn đọc: {topic}, {topic2} …"
    ),
    none!(
        "spam",
        false,
        "Báo giá quà Trung thu 2026 cho công đoàn",
        "Kính gửi quý công đoàn, bên em chuyên cung cấp bánh trung thu chiết khấu cao.",
        "Bao gia banh trung thu 2026",
        "BÁO GIÁ",
        "Bánh trung thu năm 2026"
    ),
    none!(
        "spam",
        false,
        "Khóa học an toàn vệ sinh lao động",
        "Trung tâm khai giảng khóa huấn luyện ATVSLĐ theo Nghị định 44.",
        "Thu moi huan luyen ATVSLD",
        "THƯ MỜI",
        "Huấn luyện an toàn, vệ sinh lao động"
    ),
    none!(
        "spam",
        false,
        "Hóa đơn điện tử",
        "Quý khách vui lòng xem hóa đơn.",
        "HD 000123",
        "HÓA ĐƠN",
        "Giá trị gia tăng"
    ),
    none!(
        "notice",
        true,
        "Thay đổi địa chỉ email",
        "Từ tháng sau đơn vị dùng địa chỉ mới, Ban gửi văn bản và yêu cầu báo cáo về đó giúp em."
    ),
    none!(
        "notice",
        true,
        "Phân công cán bộ phụ trách {brief}",
        "Đồng chí {name} phụ trách báo cáo {topic} thay chị Lan nghỉ sinh.",
        "CV phan cong",
        "",
        "V/v phân công cán bộ theo dõi {topic}"
    ),
    none!(
        "event photos",
        true,
        "hình ảnh {brief}",
        "Em gửi mấy tấm hình để Ban đăng tin ạ"
    ),
    none!(
        "news",
        true,
        "Tin bài: {unit} tổ chức {topic}",
        "Gửi Ban tin bài đăng trang web.",
        "Tin bai",
        "",
        "{unit}: sôi nổi {topic} {p}"
    ),
];
