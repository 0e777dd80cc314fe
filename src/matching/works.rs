//! The pieces of writing that a mail brings. A report comes as several files – the document and its scan, the table beside
//! it – and what one of them proves holds for all of them.

use super::genre::{Part, part_of};
use super::names::Names;
use super::title_of;
use super::topic::{About, Topics, narrowed, once};
use crate::domain::correction::Taught;
use crate::domain::report::Report;
use crate::domain::unit::UnitId;
use crate::ground::text::fold;
use crate::reading::{Attachment, Reading, Role};
use crate::words::{Additions, vi};

/// A document of a mail, with what it says of itself.
pub(super) struct Document<'m> {
    /// Its place among the attachments.
    pub(super) index: usize,
    pub(super) file: &'m Attachment,
    pub(super) title: Option<About<'m>>,
    pub(super) name: About<'m>,
    /// Whether its name is that of another unit.
    pub(super) of_another: bool,
}

impl<'m> Document<'m> {
    /// Each document of a mail. `called`: whether the mail calls itself a report somewhere.
    pub(super) fn all(
        reading: &'m Reading,
        called: bool,
        unit: Option<&UnitId>,
        taught: &Taught,
        (topics, names): (&'m Topics, &Names),
    ) -> Vec<Self> {
        let files = reading.attachments.iter().enumerate();
        let documents = files.filter(|(_, file)| file.is_document());
        let all = documents.map(|(index, file)| Document {
            index,
            file,
            title: title_of(file).map(|title| topics.about_title(&title, called, unit, taught)),
            name: {
                let about = topics.about(file.stem(), called, unit);
                let says = about.calls || !about.mentioned.is_empty();
                match !says && is_mere_name(file.stem()) {
                    true => topics.about("", called, unit),
                    false => about,
                }
            },
            of_another: unit.is_some_and(|unit| {
                let named = names.named_in(file.stem());
                !named.is_empty() && !named.contains(unit)
            }),
        });
        all.collect()
    }

    /// Whether no text of it was read: pages of a scan, or a photograph.
    pub(super) fn is_without_text(&self) -> bool {
        let f = self.file;
        f.title.is_none() && f.genre.is_none() && f.issuer.is_none() && f.cites.is_empty()
    }

    /// Whether it says nothing of its own subject.
    fn is_silent(&self) -> bool {
        self.title.is_none() && self.name.is_silent()
    }

    /// Whether it may be the pages of any writing: nothing of it speaks of something else.
    fn looks_like_pages(&self) -> bool {
        let signed = self.file.role == Role::SignedDocument;
        let name = &self.name;
        signed && self.is_without_text() && name.mentioned.is_empty() && name.against.is_none()
    }

    /// Its name without what tells the scan from the document.
    fn bare_name(&self) -> String {
        let folded = fold(self.file.stem());
        let words = folded.split(' ').filter(|w| !vi().of_a_copy.contains(w));
        words.collect::<Vec<_>>().join(" ")
    }

    /// The number in the register of outgoing documents that its head or the beginning of its name gives: "77.pdf" is the
    /// scan of 77/BC-LĐLĐ.
    fn serial(&self) -> Option<u32> {
        let of_name = || {
            let stem = self.file.stem();
            let at = stem.find(|c: char| c.is_ascii_digit())?;
            // "BC so 81": what stands before it says no more.
            let is_bare = vi().before_a_number.make_up(&fold(&stem[..at]));
            is_bare.then(|| &stem[at..])
        };
        let text = self.file.number.as_deref().or_else(of_name)?;
        let digits = text.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse().ok().filter(|n| *n < 1_900)
    }

    /// Whether it is named like the document that asks for one of the reports: the scan of a report on a plan often is.
    fn is_named_like_the_basis(&self, reports: &[&Report]) -> bool {
        let mut mentioned = self.name.mentioned.iter();
        self.is_without_text()
            && self.file.role == Role::SignedDocument
            && mentioned.any(|m| reports.iter().any(|r| r.id == m.id))
    }
}

/// Whether a name says nothing: a few letters that mean something to the one only who gave it ("a.docx", "vb2.pdf"), or
/// what a machine calls a file ("SKM_C250i26091550206.pdf").
fn is_mere_name(stem: &str) -> bool {
    let folded = fold(stem);
    let has_digit = |w: &&str| w.contains(|c: char| c.is_ascii_digit());
    let (numbers, words): (Vec<&str>, Vec<&str>) = folded.split(' ').partition(has_digit);
    let count = |w: &&str| w.chars().filter(char::is_ascii_digit).count();
    let by_machine = numbers.iter().map(count).sum::<usize>() >= 4;
    match words.as_slice() {
        [] => true,
        [one] => one.len() <= if by_machine { 12 } else { 3 },
        _ => false,
    }
}

/// Whether two titles are the same, one of which may have been read in part only.
fn is_one_title(one: &str, other: &str) -> bool {
    /// So many letters do not begin two titles alike.
    const ALIKE: usize = 40;
    let (one, other) = (fold(one), fold(other));
    let (short, long) = if one.len() < other.len() {
        (&one, &other)
    } else {
        (&other, &one)
    };
    one == other || short.len() >= ALIKE && long.starts_with(short.as_str())
}

/// One piece of writing: the document that speaks for it first, then the files that go with it.
pub(super) struct Work<'m> {
    pub(super) documents: Vec<Document<'m>>,
}

impl<'m> Work<'m> {
    /// The document that speaks for it.
    pub(super) fn lead(&self) -> &Document<'m> {
        &self.documents[0]
    }

    /// The reports that its documents name by themselves: by their titles, else by their names; a narrower one stands
    /// over a wider one wherever it stands.
    pub(super) fn named(
        &self,
        subject: &str,
        reports: &[Report],
        office: &Additions,
    ) -> Vec<&'m Report> {
        let mut named: Vec<&Report> = Vec::new();
        let mut periods = Vec::new();
        for document in &self.documents {
            let by_title = document.title.as_ref().filter(|t| !t.named.is_empty());
            let by_its_words = by_title.filter(|t| t.taught_by.is_none());
            for about in [by_title, Some(&document.name)].into_iter().flatten() {
                let said = named.clone();
                let narrower = |r: &Report| said.iter().any(|n| r.over.contains(&n.id));
                for report in &about.named {
                    let counts = said.is_empty() || by_its_words.is_none() || narrower(report);
                    if counts && !named.iter().any(|n| n.id == report.id) {
                        named.push(report);
                    }
                }
                periods.extend(about.dated.periods.iter().cloned());
                // Of reports with the same words, the one of the document's own type is meant.
                if named.len() > 1 {
                    let is_other = |r: &&Report| {
                        matches!(part_of(document.file, subject, r, office), Part::Other(_))
                    };
                    if !named.iter().all(is_other) {
                        named.retain(|r| !is_other(r));
                    }
                }
            }
        }
        narrowed(&mut named, reports, &periods);
        named
    }

    /// The reports whose words stand beside words that are not understood.
    pub(super) fn likely(&self) -> Vec<&'m Report> {
        let mut likely: Vec<&Report> = Vec::new();
        let reports = self.abouts().flat_map(|about| &about.likely);
        reports.for_each(|report| once(&mut likely, report));
        likely
    }

    /// Whether a text of each of its documents was read.
    pub(super) fn is_read(&self) -> bool {
        self.documents.iter().all(|d| !d.is_without_text())
    }

    /// The type of a piece that can be none of the reports that it mentions, else of those of which is `said`, or of all
    /// where there are none: a plan on nữ công is no report, whatever plan is asked for.
    pub(super) fn other_genre(
        &self,
        subject: &str,
        said: &[&'m Report],
        reports: &[Report],
        office: &Additions,
    ) -> Option<&'static str> {
        let own = self.abouts().flat_map(|a| &a.mentioned);
        let mut meant: Vec<&Report> = own.copied().collect();
        if meant.is_empty() {
            meant.extend(said);
        }
        if meant.is_empty() {
            meant.extend(reports);
        }
        let genre = |r: &Report| match part_of(self.lead().file, subject, r, office) {
            Part::Other(genre) => Some(genre),
            Part::Main | Part::Supplement => None,
        };
        let genres: Option<Vec<&str>> = meant.into_iter().map(genre).collect();
        genres?.first().copied()
    }

    /// What titles and names of its documents say.
    pub(super) fn abouts(&self) -> impl Iterator<Item = &About<'m>> {
        let documents = self.documents.iter();
        documents.flat_map(|d| d.title.iter().chain([&d.name]))
    }

    fn goes_with(&self, document: &Document<'_>) -> bool {
        self.documents.iter().any(|own| {
            let (a, b) = (own.file, document.file);
            let same_number = a.number.is_some() && a.number == b.number;
            let name = own.bare_name();
            let is_its_scan = own.is_without_text() != document.is_without_text()
                && own
                    .serial()
                    .is_some_and(|serial| document.serial() == Some(serial));
            same_number || is_its_scan || (!name.is_empty() && name == document.bare_name())
        })
    }
}

/// Which documents of a mail are one piece of writing: those of one number or name; and what says nothing of itself
/// belongs to the only one that does.
pub(super) fn works<'m>(
    documents: Vec<Document<'m>>,
    subject: &str,
    reports: &[Report],
    office: &Additions,
) -> Vec<Work<'m>> {
    let (silent, speaking): (Vec<_>, Vec<_>) = documents
        .into_iter()
        .partition(|d| d.is_silent() || d.is_without_text() && d.name.named.is_empty());
    let mut works: Vec<Work<'_>> = Vec::new();
    for document in speaking {
        let same = |w: &&mut Work<'_>| {
            // Two titles that are not the same are two pieces, whatever their files are called.
            let one_title = match (&w.lead().file.title, &document.file.title) {
                (Some(one), Some(other)) => is_one_title(one, other),
                _ => true,
            };
            one_title && w.goes_with(&document)
        };
        match works.iter_mut().find(same) {
            Some(work) if document.title.is_some() && work.lead().title.is_none() => {
                work.documents.insert(0, document);
            }
            Some(work) => work.documents.push(document),
            None => works.push(Work {
                documents: vec![document],
            }),
        }
    }
    let mut left = Vec::new();
    for document in silent {
        match works.iter_mut().find(|w| w.goes_with(&document)) {
            Some(work) => work.documents.push(document),
            None => left.push(document),
        }
    }
    if let [work] = works.as_mut_slice()
        && work.other_genre(subject, &[], reports, office).is_none()
    {
        let named = work.named("", &[], office);
        let pages = left.iter().filter(|d| d.looks_like_pages()).count();
        let number = work.lead().file.number.clone();
        let (belong, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|d| {
            let other_number = number.is_some() && d.file.number.is_some();
            let is_its = d.is_silent() || d.is_named_like_the_basis(&named);
            !d.of_another && !other_number && (is_its || pages == 1 && d.looks_like_pages())
        });
        work.documents.extend(belong);
        left = others;
    }
    // What says nothing beside nothing that speaks is one piece, of which subject and text speak.
    let (quiet, strange): (Vec<_>, Vec<_>) = left.into_iter().partition(Document::is_silent);
    works.extend(strange.into_iter().map(|d| Work { documents: vec![d] }));
    if !quiet.is_empty() {
        works.push(Work { documents: quiet });
    }
    works
}
