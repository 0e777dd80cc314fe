//! The names of units in texts, with the abbreviations that clerks use.

use std::sync::LazyLock;

use crate::domain::unit::{Level, Register, UnitId};
use crate::ground::text::fold;
use crate::words::{Finder, Forms, vi};

/// A name of a unit, brought to one way of writing.
struct Name {
    text: String,
    /// The same without spaces.
    joined: String,
    unit: UnitId,
}

impl Name {
    fn new(text: String, unit: &UnitId) -> Name {
        Name {
            joined: text.replace(' ', ""),
            text,
            unit: unit.clone(),
        }
    }
}

/// The names of all units of a day.
pub(super) struct Names {
    names: Vec<Name>,
    finder: Finder,
    /// The province's own place, which stands at the end of many names or not.
    place: String,
}

impl Names {
    pub(super) fn new(register: &Register, day: jiff::civil::Date) -> Names {
        let province = register
            .all_on(day)
            .find(|u| u.kind.level == Level::Province)
            .map(|u| shorten(&u.name));
        let place = province
            .as_deref()
            .and_then(|p| p.strip_prefix("ldld "))
            .unwrap_or("")
            .to_owned();
        let mut found = Names {
            names: Vec::new(),
            finder: Finder::new([""; 0]),
            place,
        };
        for unit in register.all_on(day) {
            let called = shorten(&unit.kind.name);
            let short: Vec<String> = unit.kind.short.iter().map(|s| shorten(s)).collect();
            let written = [&unit.name, &unit.short_name]
                .into_iter()
                .chain(&unit.aliases);
            for name in written {
                let text = shorten(name);
                if unit.kind.level == Level::Grassroots {
                    // A grassroots union is called by its type or only by the place of work.
                    if let Some(rest) = text.strip_prefix("cdcs ").or(text.strip_prefix("cd ")) {
                        found.add(format!("cd {rest}"), &unit.id);
                        found.add(format!("cdcs {rest}"), &unit.id);
                    }
                } else if unit.kind.level != Level::Area
                    && let Some(rest) = text.strip_suffix(&format!(" {}", found.place))
                {
                    found.add(rest.to_owned(), &unit.id);
                }
                if let Some(place) = text.strip_prefix(&called).filter(|p| p.starts_with(' ')) {
                    for form in &short {
                        found.add(format!("{form}{place}"), &unit.id);
                    }
                }
                found.add(text, &unit.id);
            }
        }
        found.finder = Finder::new(found.names.iter().map(|n| &n.text));
        found
    }

    /// One word alone ("Tuy An") and a type alone identify nothing.
    fn add(&mut self, text: String, unit: &UnitId) {
        // Names of a unit are added one after another.
        let own = self.names.iter().rev().take_while(|n| n.unit == *unit);
        if text.contains(' ') && !own.into_iter().any(|n| n.text == text) {
            self.names.push(Name::new(text, unit));
        }
    }

    /// The units whose names stand in a text, in the order of their place; a name within a longer name does not count.
    pub(super) fn named_in(&self, text: &str) -> Vec<UnitId> {
        let text = shorten(text);
        let outer = self.finder.outermost(&text);
        let mut outer: Vec<(usize, &UnitId)> = outer
            .iter()
            .map(|hit| (hit.from, &self.names[hit.phrase].unit))
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
        // "EA HLEO" is Ea H'leo.
        let joined = |text: &str| text.replace(' ', "");
        let (whole, bare) = (joined(&text), joined(bare));
        let is_it = |name: &&Name| name.joined == whole || name.joined == bare;
        units_of(self.names.iter().filter(is_it))
    }
}

/// The names of the units of a day, as those write them who know them all: without its type, too.
pub(crate) struct Called {
    names: Names,
    /// What is left of each without its type, and without the province's place.
    places: Vec<Name>,
}

impl Called {
    /// Of a register, on a day (Vietnam).
    pub(crate) fn new(register: &Register, day: jiff::civil::Date) -> Called {
        let names = Names::new(register, day);
        let mut places: Vec<Name> = Vec::new();
        for name in &names.names {
            let Some(whole) = vi().unions.strip(&name.text) else {
                continue;
            };
            let bare = whole.strip_suffix(&format!(" {}", names.place));
            // One word without its place may be any: "báo" of "Báo Phú Yên".
            let bare = bare.filter(|b| b.contains(' '));
            let texts = [Some(whole), bare].into_iter().flatten();
            places.extend(texts.map(|text| Name::new(text.to_owned(), &name.unit)));
        }
        Called { names, places }
    }

    /// The units whose names stand in a text.
    pub(crate) fn named_in(&self, text: &str) -> Vec<UnitId> {
        self.names.named_in(text)
    }

    /// The units that a text is the name of, as a whole.
    pub(crate) fn by_name(&self, text: &str) -> Vec<UnitId> {
        self.names.called(text)
    }

    /// The units of which a text is the name without its type, as a whole: "huyện Tuy An", "Báo Phú Yên".
    pub(crate) fn by_place(&self, text: &str) -> Vec<UnitId> {
        let text = shorten(text);
        units_of(self.places.iter().filter(|p| p.text == text))
    }
}

/// The units of some names, each once.
fn units_of<'n>(names: impl Iterator<Item = &'n Name>) -> Vec<UnitId> {
    let mut units: Vec<UnitId> = Vec::new();
    for name in names {
        if !units.contains(&name.unit) {
            units.push(name.unit.clone());
        }
    }
    units
}

/// Folded, with long forms brought to their abbreviations and levels left out.
pub(super) fn shorten(text: &str) -> String {
    static FORMS: LazyLock<Forms> = LazyLock::new(|| {
        let forms = vi().forms.iter();
        let forms =
            forms.flat_map(|(short, long)| long.iter().map(|l| (l.as_str(), short.as_str())));
        Forms::new(forms.chain(vi().left_out.words().map(|w| (w, ""))))
    });
    static LEVELS: LazyLock<Forms> =
        LazyLock::new(|| Forms::new(vi().levels.words().map(|w| (w, ""))));
    LEVELS.replaced(&FORMS.replaced(&fold(text)))
}

/// Whether a text names a grassroots union.
pub(super) fn is_grassroots(text: &str) -> bool {
    shorten(text).starts_with("cdcs")
}

/// Whether a text names a union by its place alone.
pub(super) fn is_union_of_a_place(text: &str) -> bool {
    vi().unions_of_a_place.strip(&shorten(text)).is_some()
}

/// Whether a text names some union at all.
pub(super) fn is_union(text: &str) -> bool {
    vi().unions.begins(&shorten(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[test]
    fn a_unit_is_known_by_the_short_forms_of_its_kind() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("config");
        let mut register = Config::load(&folder).unwrap().register;
        let unit = &mut register.units[1];
        unit.name = "Công đoàn đặc khu Phú Quý".into();
        let mut kind = (*unit.kind).clone();
        kind.name = "Công đoàn đặc khu".into();
        kind.short = vec!["CĐ ĐK".into(), "CĐĐK".into()];
        unit.kind = std::sync::Arc::new(kind);
        let id = unit.id.clone();
        let names = Names::new(&register, jiff::civil::date(2026, 6, 1));
        for text in [
            "CĐ ĐK Phú Quý",
            "CĐĐK Phú Quý gửi",
            "Công đoàn đặc khu Phú Quý",
        ] {
            assert_eq!(names.named_in(text), std::slice::from_ref(&id), "{text}");
        }
        for text in [
            "đặc khu Phú Quý",
            "CĐ Phú Quý",
            "ĐK Phú Quý",
            "CĐ ĐK Phú Quốc",
        ] {
            assert!(names.named_in(text).is_empty(), "{text}");
        }
    }

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
