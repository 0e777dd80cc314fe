//! The names of units in texts, with the abbreviations that clerks use.

use std::sync::LazyLock;

use crate::domain::unit::{Kind, Register, UnitId};
use crate::ground::text::{find_phrase, fold};

/// Long and short forms (folded) of words that names are made of; those that become nothing tell no two units apart.
/// In the order in which they are replaced.
const FORMS: [(&str, &str); 68] = [
    ("ban chap hanh", ""),
    ("bch", ""),
    ("lien doan lao dong", "ldld"),
    ("lien doan ld", "ldld"),
    ("ld ld", "ldld"),
    ("l d l d", "ldld"),
    ("cong doan co so", "cdcs"),
    ("cong doan cs", "cdcs"),
    ("cd co so", "cdcs"),
    ("cd cs", "cdcs"),
    ("truong cao dang", "cdang"),
    ("truong cd", "cdang"),
    ("cao dang", "cdang"),
    ("cong doan nganh", "cd"),
    ("cong doan cac", "cd"),
    ("cong doan", "cd"),
    ("cd nganh", "cd"),
    ("cd cac", "cd"),
    ("cdn", "cd"),
    ("khu kinh te", "kkt"),
    ("cac khu cong nghiep", "kcn"),
    ("khu cong nghiep", "kcn"),
    ("cac kcn", "kcn"),
    ("cdkkt", "cd kkt"),
    ("cdkcn", "cd kcn"),
    ("cdgd", "cd giao duc"),
    ("cd gd", "cd giao duc"),
    ("giao duc va dao tao", "giao duc"),
    ("giao duc dao tao", "giao duc"),
    ("gd va dt", "giao duc"),
    ("gd dt", "giao duc"),
    ("gddt", "giao duc"),
    ("giao duc dt", "giao duc"),
    ("cdyt", "cd y te"),
    ("cd yt", "cd y te"),
    ("cdvc", "cd vien chuc"),
    ("cd vc", "cd vien chuc"),
    ("cdct", "cd cong thuong"),
    ("cdxd", "cd xay dung"),
    ("nong nghiep va phat trien nong thon", "nn ptnt"),
    ("nong nghiep va ptnt", "nn ptnt"),
    ("nong nghiep ptnt", "nn ptnt"),
    ("nn va ptnt", "nn ptnt"),
    ("nnptnt", "nn ptnt"),
    ("cd nong nghiep", "cd nn ptnt"),
    ("truong dai hoc", "dh"),
    ("dai hoc", "dh"),
    ("mam non", "mn"),
    ("tieu hoc", "th"),
    ("trung hoc co so", "thcs"),
    ("trung hoc pho thong", "thpt"),
    ("phat thanh va truyen hinh", "ptth"),
    ("phat thanh truyen hinh", "ptth"),
    ("pt th", "ptth"),
    ("cong ty", ""),
    ("cty", ""),
    ("trach nhiem huu han", ""),
    ("tnhh", ""),
    ("mot thanh vien", ""),
    ("mtv", ""),
    ("co phan", ""),
    ("truong", ""),
    ("ngan hang", ""),
    ("ct cp", ""),
    ("cp", ""),
    ("chi nhanh", ""),
    ("uy ban nhan dan", ""),
    ("ubnd", ""),
];

/// Words between a type and a place, which people write in many ways or leave out.
const LEVELS: [&str; 9] = [
    "thanh pho",
    "thi xa",
    "huyen",
    "tinh",
    "tp",
    "tx",
    "t p",
    "t x",
    "h",
];

/// The types of units that a name begins with.
const TYPES: [&str; 3] = ["ldld ", "cd ", "cdcs "];

/// A name of a unit, brought to one way of writing.
struct Name {
    text: String,
    unit: UnitId,
}

/// The names of all units of a day.
pub(super) struct Names {
    names: Vec<Name>,
    /// The province's own place, which stands at the end of many names or not.
    place: String,
}

impl Names {
    pub(super) fn new(register: &Register, day: jiff::civil::Date) -> Names {
        let province = register
            .all_on(day)
            .find(|u| u.kind == Kind::Provincial)
            .map(|u| shorten(&u.name));
        let place = province
            .as_deref()
            .and_then(|p| p.strip_prefix("ldld "))
            .unwrap_or("")
            .to_owned();
        let mut found = Names {
            names: Vec::new(),
            place,
        };
        for unit in register.all_on(day) {
            let written = [&unit.name, &unit.short_name]
                .into_iter()
                .chain(&unit.aliases);
            for name in written {
                let text = shorten(name);
                if unit.kind == Kind::Grassroots {
                    // A grassroots union is called by its type or only by the place of work.
                    if let Some(rest) = text.strip_prefix("cdcs ").or(text.strip_prefix("cd ")) {
                        found.add(format!("cd {rest}"), &unit.id);
                        found.add(format!("cdcs {rest}"), &unit.id);
                    }
                } else if unit.kind != Kind::District
                    && let Some(rest) = text.strip_suffix(&format!(" {}", found.place))
                {
                    found.add(rest.to_owned(), &unit.id);
                }
                found.add(text, &unit.id);
            }
        }
        found
    }

    /// One word alone ("Tuy An") and a type alone identify nothing.
    fn add(&mut self, text: String, unit: &UnitId) {
        // Names of a unit are added one after another.
        let own = self.names.iter().rev().take_while(|n| n.unit == *unit);
        if text.contains(' ') && !own.into_iter().any(|n| n.text == text) {
            self.names.push(Name {
                text,
                unit: unit.clone(),
            });
        }
    }

    /// The units whose names stand in a text, in the order of their place; a name within a longer name does not count.
    pub(super) fn named_in(&self, text: &str) -> Vec<UnitId> {
        let text = shorten(text);
        let mut hits: Vec<(usize, usize, &UnitId)> = Vec::new();
        for name in &self.names {
            let mut from = 0;
            while let Some(at) = find_phrase(&text, &name.text, from) {
                hits.push((at, at + name.text.len(), &name.unit));
                from = at + name.text.len();
            }
        }
        let mut outer: Vec<(usize, &UnitId)> = hits
            .iter()
            .filter(|(a, b, _)| {
                !hits
                    .iter()
                    .any(|(c, d, _)| c <= a && b <= d && d - c > b - a)
            })
            .map(|(a, _, u)| (*a, *u))
            .collect();
        outer.sort();
        let mut units: Vec<UnitId> = Vec::new();
        for (_, unit) in outer {
            if !units.contains(unit) {
                units.push(unit.clone());
            }
        }
        units
    }

    /// The units that a text is the name of, as a whole, with or without the province after it.
    pub(super) fn called(&self, text: &str) -> Vec<UnitId> {
        let text = shorten(text);
        let bare = text
            .strip_suffix(&format!(" {}", self.place))
            .unwrap_or(&text);
        let mut units: Vec<UnitId> = Vec::new();
        for name in &self.names {
            if (name.text == text || name.text == bare) && !units.contains(&name.unit) {
                units.push(name.unit.clone());
            }
        }
        units
    }
}

/// [`FORMS`] and [`LEVELS`] between the spaces at which they are replaced.
static REPLACED: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let forms = FORMS.into_iter().chain(LEVELS.map(|l| (l, "")));
    let between = forms.map(|(long, short)| match short {
        "" => (format!(" {long} "), " ".to_owned()),
        short => (format!(" {long} "), format!(" {short} ")),
    });
    between.collect()
});

/// Folded, with long forms brought to their abbreviations and levels left out.
pub(super) fn shorten(text: &str) -> String {
    let mut text = format!(" {} ", fold(text));
    for (from, to) in REPLACED.iter() {
        // Twice: of "h h" the first takes the space that the second begins with.
        for _ in 0..2 {
            if text.contains(from.as_str()) {
                text = text.replace(from, to);
            }
        }
    }
    text.trim().to_owned()
}

/// Whether a text names a grassroots union.
pub(super) fn is_grassroots(text: &str) -> bool {
    shorten(text).starts_with("cdcs")
}

/// Whether a text names a federation of labour by its place.
pub(super) fn is_federation(text: &str) -> bool {
    shorten(text).starts_with("ldld ")
}

/// Whether a text names some union at all.
pub(super) fn is_union(text: &str) -> bool {
    let text = shorten(text) + " ";
    TYPES.iter().any(|t| text.starts_with(t))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn units_are_known_by_the_names_that_clerks_write() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let config = Config::load(&folder).unwrap();
        let names = Names::new(&config.register, jiff::civil::date(2026, 6, 1));
        for (text, unit) in [
            ("LĐLĐ TX. Đông Hòa", "ldld-dong-hoa"),
            ("LDLD thi xa Dong Hoa bao cao", "ldld-dong-hoa"),
            ("Liên đoàn Lao động thị xã Đông Hoà", "ldld-dong-hoa"),
            ("Liên đoàn LĐ H. Tuy An", "ldld-tuy-an"),
            ("LĐ LĐ T.P Tuy Hòa", "ldld-tuy-hoa"),
            ("CĐ GD tỉnh Phú Yên", "cd-giao-duc"),
            ("CĐN Giáo dục", "cd-giao-duc"),
            ("Công đoàn Giáo dục & Đào tạo Phú Yên", "cd-giao-duc"),
            ("CDGD", "cd-giao-duc"),
            ("Công đoàn ngành Y tế", "cd-y-te"),
            ("CĐYT Phú Yên", "cd-y-te"),
            ("CĐ Viên chức", "cd-vien-chuc"),
            ("CĐVC tỉnh", "cd-vien-chuc"),
            ("CĐ ngành NN và PTNT", "cd-nong-nghiep"),
            ("Công đoàn KKT Phú Yên", "cd-kkt"),
            ("CĐKKT", "cd-kkt"),
            ("CĐCS Trường CĐ Y tế", "cdcs-cao-dang-y-te"),
            ("Công đoàn Trường Đại học Phú Yên", "cdcs-dai-hoc-phu-yen"),
            ("CĐ Trường Mầm non Hòa Vinh", "cdcs-truong-mn-hoa-vinh"),
            ("CĐCS Cty Cấp thoát nước Phú Yên", "cdcs-cap-thoat-nuoc"),
            ("CĐ Công an tỉnh", "cdcs-cong-an-tinh"),
            ("Công đoàn BIDV chi nhánh Phú Yên", "cdcs-bidv"),
            (
                "Công đoàn Thủy điện Vĩnh Sơn Sông Hinh",
                "cdcs-thuy-dien-song-hinh",
            ),
            ("CĐCS UBND xã Hòa Xuân Đông", "cdcs-ubnd-hoa-xuan-dong"),
        ] {
            let found: Vec<String> = names.named_in(text).into_iter().map(|u| u.0).collect();
            assert_eq!(found, [unit], "{text} → {}", shorten(text));
        }
        for text in [
            "Tuy Hòa",
            "báo cáo công tác trẻ em ở Đông Hòa",
            "LĐLĐ",
            "phường Tuy Hòa",
            "LĐLĐ phường Tuy Hòa",
            "LĐLĐ xã Đông Hòa",
            "Trường CĐ Y tế Quảng Nam",
            "Công đoàn",
        ] {
            assert!(
                names.named_in(text).is_empty(),
                "{text}: {:?}",
                names.named_in(text)
            );
        }
    }
}
