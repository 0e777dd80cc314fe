//! The files of one period in tidy folders, with an index in Excel and the consolidation draft.

mod figures;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::Timestamp;

use crate::archive::Archive;
use crate::config::Config;
use crate::consolidation::{self, Source};
use crate::domain::obligation::{Obligation, State};
use crate::domain::period::PeriodId;
use crate::domain::submission::Submission;
use crate::domain::{date_of, vietnamese_moment};
use crate::ground::text::capital;
use crate::overview;
use crate::reading::Role;
use crate::reading::worker::Reader;
use crate::standing::View;
use crate::store::{Receipts, Store, StoredFile};
use crate::writing::consolidation as draft;
use crate::writing::spreadsheet::{self, Cell, Sheet};

/// What an export wrote.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exported {
    /// Units of which something has come.
    pub units: usize,
    /// Their files.
    pub files: usize,
}

/// A file of a unit that stands: of the latest version that brought its form.
struct Standing {
    submission: Submission,
    file: StoredFile,
}

/// Writes the files that stand for what is expected of a unit into a folder; gives their names.
///
/// # Errors
/// When the archive does not give one, or the disk fails.
pub async fn of_unit(
    store: &Store,
    archive: &Archive,
    o: &Obligation,
    folder: &Path,
) -> Result<Vec<String>> {
    let mut taken = BTreeSet::new();
    let mut names = Vec::new();
    for Standing { file, .. } in standing(store, o)? {
        let name = unused(&file.name, &mut taken);
        let content = archive.get(file.sha256).await?;
        let path = folder.join(&name);
        fs::write(&path, content).with_context(|| format!("cannot write {}", path.display()))?;
        names.push(name);
    }
    Ok(names)
}

/// The units whose words the draft cannot have, by what is in the way.
#[derive(Default)]
struct Lacking {
    /// A mail of theirs is still to be decided on.
    waiting: Vec<String>,
    /// Nothing has come, and they are not excused.
    without_files: Vec<String>,
    /// What has come is not a file out of which words can be taken.
    without_soft_file: Vec<String>,
}

impl Lacking {
    /// Notes what is in the way of a unit, if anything is.
    fn look_at(&mut self, state: State, unit: &str, standing: &[Standing]) {
        let has_words = standing.iter().any(|s| s.file.role == Role::SoftFile);
        match state {
            State::Waiting(mail) => self.waiting.push(format!("{unit} (thư số {mail})")),
            State::Excused if standing.is_empty() => {}
            _ if standing.is_empty() => self.without_files.push(unit.to_owned()),
            _ if !has_words => self.without_soft_file.push(unit.to_owned()),
            _ => {}
        }
    }

    /// A line each for what is in the way of any, for the end of the draft.
    fn in_vietnamese(&self) -> impl Iterator<Item = String> {
        let all = [
            ("Đang chờ xử lý", &self.waiting),
            ("Chưa có tệp", &self.without_files),
            ("Chưa có file mềm", &self.without_soft_file),
        ];
        let some = all.into_iter().filter(|(_, units)| !units.is_empty());
        some.map(|(what, units)| format!("{what}: {}", units.join("; ")))
    }
}

/// Writes the files of a period into a folder that is new or empty.
///
/// # Errors
/// When the folder holds something, nothing is expected for the period, or the disk fails.
pub async fn period(
    (config, store): (&Config, &Store),
    archive: &Archive,
    reader: &mut Reader,
    report: &str,
    period: &PeriodId,
    folder: &Path,
    now: Timestamp,
) -> Result<Exported> {
    let obligations = expected(config, store, report, period)?;
    make_empty(folder)?;
    let view = View::at(now, config, store)?;
    let mut exported = Exported::default();
    let mut index: Vec<Vec<Cell>> = Vec::new();
    let mut sources: Vec<Source> = Vec::new();
    let mut lacking = Lacking::default();
    for (n, o) in obligations.iter().enumerate() {
        let unit = config.official_name(&o.unit, date_of(o.due));
        let standing = standing(store, o)?;
        let short = config.unit_name(&o.unit, date_of(o.due));
        let own = format!("{:02} {}", n + 1, safe(&short));
        let mut taken: BTreeSet<String> = BTreeSet::new();
        let head = |number: Option<&str>, received: Option<Timestamp>, file: Cell| {
            vec![
                unit.clone().into(),
                overview::state_cell(&view, o),
                received.map_or(Cell::Empty, |at| Cell::Day(date_of(at))),
                number.unwrap_or_default().into(),
                file,
            ]
        };
        lacking.look_at(view.state(o), &unit, &standing);
        if standing.is_empty() {
            index.push(head(None, None, Cell::Empty));
            continue;
        }
        exported.units += 1;
        fs::create_dir(folder.join(&own))?;
        for Standing { submission, file } in &standing {
            let content = archive.get(file.sha256).await?;
            let name = unused(&file.name, &mut taken);
            let path = PathBuf::from(&own).join(&name);
            fs::write(folder.join(&path), &content)
                .with_context(|| format!("cannot write {}", folder.join(&path).display()))?;
            exported.files += 1;
            let link = Cell::File {
                text: name.clone(),
                path: path.to_string_lossy().into_owned(),
            };
            let number = submission.number.as_deref();
            index.push(head(number, Some(submission.received_at), link));
            if file.role == Role::SoftFile {
                sources.push(Source {
                    name: match number {
                        Some(number) => format!("{unit} ({number})"),
                        None => unit.clone(),
                    },
                    file: name,
                    contents: reader.contents(&content, file.kind).await?,
                });
            }
        }
    }
    let title = config.report_title(report);
    let lines = [
        format!("{title}, {}", period.in_vietnamese()),
        format!("Tính đến {}", vietnamese_moment(now)),
    ];
    let book = index_book(&lines, index, now)?;
    fs::write(folder.join("00 Muc luc.xlsx"), book)?;
    let figures = figures::gathered((config, store), archive, reader, &obligations, now).await?;
    if let Some(figures) = &figures {
        let book = figures.book(&lines, now)?;
        fs::write(folder.join("00 So lieu tong hop.xlsx"), book)?;
        figures.take_out_of(&mut sources);
    }
    let sections = config.report(report).map_or(&[][..], |r| &r.sections);
    let mut arranged = consolidation::arrange(sections, &sources);
    if let Some(figures) = &figures {
        figures.put_into(&mut arranged);
    }
    arranged.left.extend(lacking.in_vietnamese());
    let frame = frame(config, report, period, exported.units, now);
    let draft = draft::docx(&config.settings.official, &frame, &arranged)?;
    fs::write(folder.join("00 Du thao tong hop.docx"), draft)?;
    Ok(exported)
}

/// What stands around the draft of the report on what so many units wrote.
fn frame(
    config: &Config,
    report: &str,
    period: &PeriodId,
    units: usize,
    now: Timestamp,
) -> draft::Frame {
    let (official, department) = (&config.settings.official, &config.settings.department);
    let title = config.report_title(report);
    let on = title.strip_prefix("Báo cáo ").unwrap_or(title);
    let basis = config.report(report).map(|r| format!("Theo {}, ", r.basis));
    draft::Frame {
        about: vec![capital(on), capital(&period.in_vietnamese())],
        opening: capital(&format!(
            "{}trên cơ sở báo cáo của {units} đơn vị gửi về tính đến {}, {} tổng hợp kết quả như sau:",
            basis.unwrap_or_default(),
            vietnamese_moment(now),
            official.issuer
        )),
        copies: vec![
            official.superior.clone().unwrap_or_else(|| "……".into()),
            format!("Lưu: VT, {}", department.name),
        ],
    }
}

/// What is expected for the period, in the order of the register.
fn expected(
    config: &Config,
    store: &Store,
    report: &str,
    period: &PeriodId,
) -> Result<Vec<Obligation>> {
    let mut obligations = store.obligations_within(report, period, Receipts::All)?;
    if obligations.is_empty() {
        bail!("nothing is expected for {report} {period}; `thubaocao status` lists what is");
    }
    let units = &config.register.units;
    obligations.sort_by_cached_key(|o| units.iter().position(|u| u.id == o.unit));
    Ok(obligations)
}

/// Makes a folder, or takes one in which nothing is.
pub(crate) fn make_empty(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    if fs::read_dir(folder)?.next().is_some() {
        bail!("{} is not empty; name a new folder", folder.display());
    }
    Ok(())
}

/// The index of all files, with links to them.
fn index_book(lines: &[String], rows: Vec<Vec<Cell>>, now: Timestamp) -> Result<Vec<u8>> {
    let columns = [
        ("STT", 6.0),
        ("Đơn vị", 44.0),
        ("Tình trạng", 24.0),
        ("Ngày nhận", 13.0),
        ("Số, ký hiệu", 22.0),
        ("Tệp", 50.0),
    ];
    let sheet = Sheet {
        name: "Mục lục".into(),
        title: lines.to_vec(),
        columns: columns
            .map(|(name, width)| (name.to_owned(), width))
            .to_vec(),
        rows: Box::new((1..).zip(rows).map(|(n, row)| {
            let numbered = std::iter::once(Cell::Number(n)).chain(row);
            Ok(numbered.collect())
        })),
        charts: vec![],
    };
    spreadsheet::workbook([sheet], now)
}

/// Of each form the files of the latest version that brought it; what supports a report goes with its version.
fn standing(store: &Store, o: &Obligation) -> Result<Vec<Standing>> {
    let mut found: Vec<Standing> = Vec::new();
    let mut seen: BTreeSet<Role> = BTreeSet::new();
    for submission in store.standing_submissions(o.id)? {
        let files = store.files_of(submission.id)?;
        let roles: BTreeSet<Role> = files.iter().map(|f| f.role).collect();
        for file in files.into_iter().filter(|f| !seen.contains(&f.role)) {
            found.push(Standing {
                submission: submission.clone(),
                file,
            });
        }
        seen.extend(roles);
    }
    Ok(found)
}

/// A name for a folder: no separators, nothing that Windows forbids.
pub(crate) fn safe(name: &str) -> String {
    let forbidden = |c: char| c.is_control() || "/\\:*?\"<>|".contains(c);
    name.replace(forbidden, "-")
        .trim()
        .trim_end_matches('.')
        .to_owned()
}

/// A name that no other file of the folder has, whatever its capitals.
fn unused(name: &str, taken: &mut BTreeSet<String>) -> String {
    let name = safe(name);
    let (stem, ending) = match name.rsplit_once('.') {
        Some((stem, ending)) => (stem.to_owned(), format!(".{ending}")),
        None => (name.clone(), String::new()),
    };
    let mut candidate = name;
    let mut n = 1;
    while !taken.insert(candidate.to_lowercase()) {
        n += 1;
        candidate = format!("{stem} ({n}){ending}");
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_on_every_disk_and_never_taken_twice() {
        let mut taken = BTreeSet::new();
        assert_eq!(unused("BC 57/BC?.docx", &mut taken), "BC 57-BC-.docx");
        assert_eq!(unused("bc 57-bc-.DOCX", &mut taken), "bc 57-bc- (2).DOCX");
        assert_eq!(safe("CĐCS \"A\"."), "CĐCS -A-");
    }
}
