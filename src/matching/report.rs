//! Which report a document is.

use super::Match;
use super::hints::allows;
use super::items::Matter;
use super::topic::calls_a_report;
use crate::domain::report::Report;
use crate::domain::why::Why;
use crate::ground::text::fold;
use crate::reading::Attachment;
use crate::words::has_phrase;

impl<'m> Matter<'m> {
    /// Which report a document is, by the rules in order: its own words; the subject's; the text's; the only one that is open.
    pub(super) fn report_of(
        &self,
        document: Option<&Attachment>,
        own: &[&'m Report],
        found: &mut Match,
    ) -> Option<&'m Report> {
        let label = document.map_or("the mail", |d| d.name.as_str());
        match (own, self.in_subject.as_slice()) {
            ([one], []) => {
                found
                    .reasons
                    .push(format!("{label} names the report {}", one.id));
                Some(*one)
            }
            ([one], subject) if subject.iter().any(|s| s.id == one.id) => {
                found.reasons.push(format!(
                    "{label} and the subject name the report {}",
                    one.id
                ));
                Some(*one)
            }
            ([one], [other]) => {
                // The wider report in one place and the narrower in the other is no contradiction; but where another
                // document of the mail is the one that the subject names, this one is not.
                if one.over.contains(&other.id) || self.named.contains(&other.id) {
                    found
                        .reasons
                        .push(format!("{label} names the report {}", one.id));
                    return Some(*one);
                }
                if other.over.contains(&one.id) {
                    found
                        .reasons
                        .push(format!("the subject names the report {}", other.id));
                    return Some(*other);
                }
                found.open.push(Why::SubjectContradicts {
                    file: label.to_owned(),
                    document: one.short.clone(),
                    subject: other.short.clone(),
                });
                None
            }
            ([], [one]) => {
                found
                    .reasons
                    .push(format!("the subject names the report {}", one.id));
                Some(*one)
            }
            ([], []) => {
                if let [one] = self.in_body.as_slice() {
                    found
                        .reasons
                        .push(format!("the text names the report {}", one.id));
                    return Some(*one);
                }
                if self.in_body.is_empty() {
                    return self.the_only_open(document, found);
                }
                several(&self.in_body, found);
                None
            }
            (own, subject) => {
                several(if own.len() > 1 { own } else { subject }, found);
                None
            }
        }
    }

    /// Where no report is named: the only one open to the unit that fits the period and the basis named, if it is called a
    /// report at all.
    fn the_only_open(
        &self,
        document: Option<&Attachment>,
        found: &mut Match,
    ) -> Option<&'m Report> {
        let stem = document.map_or("", |d| d.stem());
        let title = document.and_then(|d| d.title.as_deref()).unwrap_or("");
        let spoken = [title, self.subject, stem];
        let called_report = calls_a_report(&format!("{} {stem}", self.subject));
        let topics = &self.matcher.topics;
        let asked = self.strongest_hints(document);
        let cited = document.map_or(vec![], |d| asked_by(&d.cites, self.matcher.reports()));
        let mut fitting: Vec<&Report> = Vec::new();
        if let Some(unit) = self.unit
            && called_report
            && !asked.is_empty()
            && (!cited.is_empty() || spoken.iter().all(|t| topics.is_plain(t, unit)))
        {
            for expected in self.expected.iter().filter(|e| e.open) {
                let Some(report) = self.matcher.config.report(&expected.report) else {
                    continue;
                };
                let fits = asked
                    .iter()
                    .all(|h| allows(h, &expected.period, report) == Some(true));
                let meant = cited.is_empty() || cited.contains(&report.id.as_str());
                if fits
                    && meant
                    && self.is_within_reach(expected, report)
                    && !fitting.iter().any(|r| r.id == report.id)
                {
                    fitting.push(report);
                }
            }
        }
        if let [one] = fitting.as_slice() {
            found.reasons.push(format!(
                "of what is open to the unit, only {} has the period or the basis named",
                one.id
            ));
            return Some(*one);
        }
        let file = document.map(|d| d.name.clone());
        let mut mentioned = spoken.iter().flat_map(|t| topics.mentioned(t));
        found.open.push(match mentioned.next() {
            Some(report) => Why::MentionsReport {
                file,
                report: report.short.clone(),
            },
            None => Why::UnclearReport { file },
        });
        None
    }
}

fn several(reports: &[&Report], found: &mut Match) {
    let reports = reports.iter().map(|r| r.short.clone()).collect();
    found.open.push(Why::SeveralReports { reports });
}

/// The reports that one of the documents asks for whose numbers are cited.
fn asked_by<'c>(cites: &[String], reports: &'c [Report]) -> Vec<&'c str> {
    let bases = reports.iter().filter(|r| {
        let basis = fold(&r.basis);
        cites.iter().any(|c| has_phrase(&basis, &fold(c)))
    });
    bases.map(|r| r.id.as_str()).collect()
}
