//! The letter that asks the units that are late for their reports, to be signed (công văn đôn đốc): whom it is for, what it
//! says, and how each stands in its annex. Nobody is asked whose report may be in a mail that waits, or that is not verified:
//! such units have a part of the annex of their own, which says that.

use std::collections::BTreeSet;

use anyhow::Result;
use jiff::Timestamp;

use crate::config::Config;
use crate::domain::obligation::{Group, Obligation, State, groups};
use crate::domain::period::PeriodId;
use crate::domain::unit::UnitId;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::ground::text::capital;
use crate::overview::annex::Places;
use crate::overview::{self, annex};
use crate::standing::{Holds, View};
use crate::store::{Receipts, Store};
use crate::writing::Enclosure;
use crate::writing::urging::{self, Part, Urging};

/// The letter on a report and period or, without one, on all that is late of the last year and not closed; `None` where no
/// unit is to be asked. What is known counts, whatever the clock says; whether the mailbox was looked through lately is for the
/// caller to see.
///
/// # Errors
/// When the store cannot be read, or the document cannot be packed.
pub fn letter(
    config: &Config,
    store: &Store,
    of: Option<(&str, &PeriodId)>,
    now: Timestamp,
) -> Result<Option<Enclosure>> {
    let view = View::at(now, config, store)?;
    let obligations = match of {
        Some((report, period)) => store.obligations_within(report, period, Receipts::All)?,
        None => {
            let mut all = store.obligations_unsettled(Receipts::All)?;
            let year_ago = overview::year_before(now);
            all.retain(|o| o.due >= year_ago && view.state(o) != State::Closed);
            all
        }
    };
    letter_on(&view, store, &obligations)
}

/// The letter on what is late of some obligations; `None` where no unit is to be asked.
///
/// # Errors
/// As of [`letter`].
pub(crate) fn letter_on<'o>(
    view: &View<'_>,
    store: &Store,
    obligations: impl IntoIterator<Item = &'o Obligation>,
) -> Result<Option<Enclosure>> {
    let Some(letter) = composed(view, store, obligations)? else {
        return Ok(None);
    };
    let day = date_of(view.now());
    Ok(Some(Enclosure {
        name: format!("cong-van-don-doc-{day}.docx"),
        content: urging::docx(&view.config().settings.official, &letter)?,
    }))
}

/// What the letter says.
fn composed<'o>(
    view: &View<'_>,
    store: &Store,
    obligations: impl IntoIterator<Item = &'o Obligation>,
) -> Result<Option<Urging>> {
    let now = view.now();
    let holds = Holds::at(now, view.config(), store)?;
    let late = |o: &&Obligation| o.due < now && !o.settled() && view.state(o) != State::Untracked;
    let looked_into = |o: &Obligation| {
        o.waiting.is_some() || o.unverified.is_some() || holds.hold(&o.unit) || holds.tell(&o.unit)
    };
    let late = obligations.into_iter().filter(late);
    let (looked_into, asked): (Vec<_>, Vec<_>) = late.partition(|o| looked_into(o));
    if asked.is_empty() {
        return Ok(None);
    }
    written(view, store, &groups(asked), &groups(looked_into)).map(Some)
}

/// The letter to those who are asked; `looked_into`: those of whom a mail is looked into.
fn written(
    view: &View<'_>,
    store: &Store,
    asked: &[Group<'_>],
    looked_into: &[Group<'_>],
) -> Result<Urging> {
    let config = view.config();
    let (department, official) = (&config.settings.department, &config.settings.official);
    let (place, headings) = match looked_into {
        [] => ("Phụ lục", ["", ""]),
        _ => (
            "mục I của Phụ lục",
            [
                "I. ĐƠN VỊ CHƯA GỬI HOẶC GỬI CHƯA ĐỦ",
                "II. ĐƠN VỊ CÓ THƯ ĐANG ĐƯỢC XEM XÉT (KHÔNG TÍNH LÀ CHƯA GỬI)",
            ],
        ),
    };
    let units: BTreeSet<&UnitId> = members(asked).map(|o| &o.unit).collect();
    let to = match units.first() {
        Some(unit) if units.len() == 1 => config.official_name(unit, date_of(view.now())),
        _ => format!("Các đơn vị có tên tại {place} kèm theo"),
    };
    let mut kinds: Vec<_> = asked
        .iter()
        .chain(looked_into)
        .map(|g| (g.report, g.period))
        .collect();
    kinds.dedup();
    let places = annex::places(config);
    let mut so_far = 0;
    let mut parts = Vec::new();
    let of = [(asked, false), (looked_into, true)];
    for (heading, (groups, waits)) in headings.into_iter().zip(of) {
        let mut shown = Vec::new();
        for group in groups {
            let of = match kinds.len() {
                1 => String::new(),
                _ => capital(&name(config, group)),
            };
            shown.push((of, rows(view, store, group, &places, waits, &mut so_far)?));
        }
        if !shown.is_empty() {
            parts.push(Part {
                heading: heading.to_owned(),
                groups: shown,
            });
        }
    }
    let what = match asked {
        [one] => name(config, one),
        _ => "báo cáo".to_owned(),
    };
    let now = vietnamese_moment(view.now());
    Ok(Urging {
        about: format!("đôn đốc gửi {what}"),
        to,
        text: text(view, asked, place, !looked_into.is_empty()),
        copies: vec!["Như trên".into(), format!("Lưu: VT, {}", department.name)],
        annex: format!("Danh sách đơn vị chưa gửi hoặc gửi chưa đủ {what}"),
        under_annex: vec![
            annex::goes_with(&official.issuer),
            format!("Tính đến {now}"),
        ],
        columns: annex::COLUMNS,
        parts,
    })
}

/// The paragraphs of the letter: the day until which reports are still awaited is left for whoever signs.
fn text(view: &View<'_>, asked: &[Group<'_>], place: &str, others: bool) -> Vec<String> {
    let config = view.config();
    let (department, issuer) = (
        &config.settings.department,
        &config.settings.official.issuer,
    );
    let now = vietnamese_moment(view.now());
    let mut text = Vec::new();
    if let [one] = asked {
        let basis = config
            .report(one.report)
            .map(|r| format!("Theo {}, ", r.basis));
        text.push(capital(&format!(
            "{}hạn gửi {} là {}. Tính đến {now}, {issuer} chưa nhận được báo cáo, hoặc nhận chưa đủ thành phần, của {} đơn vị \
             có tên tại {place} kèm theo.",
            basis.unwrap_or_default(),
            name(config, one),
            vietnamese_moment(one.due),
            one.members.len(),
        )));
    } else {
        text.push(format!(
            "Tính đến {now}, {issuer} chưa nhận được, hoặc nhận chưa đủ thành phần, các báo cáo đã đến hạn sau đây của các đơn \
             vị có tên tại {place} kèm theo:"
        ));
        for (n, group) in (1..).zip(asked) {
            let end = if n == asked.len() { '.' } else { ';' };
            text.push(format!(
                "- {}, hạn gửi {}: {} đơn vị{end}",
                capital(&name(config, group)),
                vietnamese_date(date_of(group.due)),
                group.members.len()
            ));
        }
    }
    text.push(format!(
        "{issuer} đề nghị các đơn vị nêu trên khẩn trương hoàn thành, gửi báo cáo về {} qua địa chỉ thư điện tử {} chậm nhất ngày \
         … tháng … năm ……",
        department.name, config.settings.mailbox.address
    ));
    if others {
        text.push(format!(
            "Các đơn vị có tên tại mục II của Phụ lục đã có thư gửi về và đang được xem xét, không tính là chưa gửi; đơn vị không \
             phải gửi lại khi {} chưa có ý kiến.",
            department.name
        ));
    }
    text.push(format!(
        "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị liên hệ {} để được hướng dẫn./.",
        department.contact
    ));
    text
}

/// The rows of a report and period in the annex, in the order of the register; the numbers go on from those `so_far`.
fn rows(
    view: &View<'_>,
    store: &Store,
    group: &Group<'_>,
    places: &Places<'_>,
    is_looked_into: bool,
    so_far: &mut usize,
) -> Result<Vec<[String; 7]>> {
    let mut members = group.members.clone();
    annex::in_order(&mut members, places);
    let usual = group.due;
    let rows = members.into_iter().map(|o| {
        *so_far += 1;
        let mut line = annex::line(view, store, o, usual)?;
        if is_looked_into && o.waiting.is_none() && o.unverified.is_none() {
            // A mail of the unit holds its reminders, whatever it is on.
            line.state = "Đang chờ xử lý".into();
            line.note = "Thư của đơn vị đang chờ xử lý".into();
        }
        Ok([
            so_far.to_string(),
            line.unit,
            vietnamese_date(line.due),
            line.state,
            line.sent.map(vietnamese_date).unwrap_or_default(),
            line.numbers,
            line.note,
        ])
    });
    rows.collect()
}

fn members<'g>(groups: &'g [Group<'_>]) -> impl Iterator<Item = &'g Obligation> {
    groups.iter().flat_map(|g| &g.members).copied()
}

/// A report and period within a sentence.
fn name(config: &Config, group: &Group<'_>) -> String {
    let title = config.report_title(group.report);
    let mut letters = title.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string());
    let period = group.period.in_vietnamese();
    format!("{}{} {period}", first.unwrap_or_default(), letters.as_str())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::domain::obligation::Receipt;
    use crate::domain::obligation::tests::{at, obligation};
    use crate::domain::report::Forms;
    use crate::domain::row::MessageId;

    const DUE: &str = "2026-06-15T10:00:00Z";

    /// The units in each part of the annex, as they would stand on a day: what is asked for, then what is looked into.
    fn parts(day: &str, obligations: &[Obligation]) -> Option<Vec<Vec<String>>> {
        let config = Config::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("config")).unwrap();
        let store = Store::in_memory(at("2026-06-01T00:00:00Z")).unwrap();
        let now = at(&format!("{day}T01:00:00Z"));
        let view = View::at(now, &config, &store).unwrap();
        let letter = composed(&view, &store, obligations).unwrap()?;
        let units = |part: Part| {
            let rows = part.groups.into_iter().flat_map(|(_, rows)| rows);
            rows.map(|row| format!("{} {}: {}", row[0], row[1], row[3]))
                .collect()
        };
        Some(letter.parts.into_iter().map(units).collect())
    }

    #[test]
    fn who_has_sent_has_time_left_or_may_be_in_a_mail_that_waits_is_not_asked() {
        let forms = |signed_document, soft_file| Forms {
            signed_document,
            soft_file,
        };
        let with = |o: Obligation, forms| Obligation {
            receipts: vec![Receipt {
                at: at("2026-06-12T00:00:00Z"),
                forms,
            }],
            ..o
        };
        let of = |unit: &str| obligation(unit, DUE);
        let all = [
            of("ldld-tuy-an"),
            with(of("ldld-phu-hoa"), forms(true, false)),
            with(of("ldld-tay-hoa"), forms(true, true)),
            Obligation {
                waiting: Some(MessageId(9)),
                ..of("ldld-dong-xuan")
            },
            Obligation {
                unverified: Some(MessageId(10)),
                ..of("ldld-son-hoa")
            },
            Obligation {
                excused: Some("giải thể".into()),
                ..of("ldld-song-hinh")
            },
            obligation("cd-y-te", "2026-06-30T10:00:00Z"),
            obligation("cd-giao-duc", "2026-05-15T10:00:00Z"),
        ];
        let asked = [
            "1 Liên đoàn Lao động huyện Tuy An: Chưa nộp",
            "2 Liên đoàn Lao động huyện Phú Hòa: Thiếu file mềm",
        ];
        let looked_into = [
            "3 Liên đoàn Lao động huyện Đồng Xuân: Đang chờ xử lý",
            "4 Liên đoàn Lao động huyện Sơn Hòa: Đang xác minh",
        ];
        let wanted = Some(vec![
            asked.map(str::to_owned).to_vec(),
            looked_into.map(str::to_owned).to_vec(),
        ]);
        assert_eq!(parts("2026-06-16", &all), wanted);
        assert_eq!(parts("2026-06-15", &all), None, "everybody has time left");
        assert_eq!(
            parts("2026-06-16", &all[2..]),
            None,
            "nobody is to be asked"
        );
    }
}
