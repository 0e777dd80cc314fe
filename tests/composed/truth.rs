//! What a composed mail is, known because it was made so; and what a verdict gets wrong of it.

use thubaocao::domain::period::PeriodId;
use thubaocao::domain::report::Forms;

/// One report that a mail brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brings {
    pub report: String,
    pub period: PeriodId,
    /// In which forms; none: it says that nothing happened, in its own text.
    pub forms: Forms,
}

/// What a mail is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Truth {
    /// It brings these, and says so: it is logged.
    Reports { unit: String, brings: Vec<Brings> },
    /// It brings these, and a reader may doubt it: it waits, or is logged as these.
    Doubtful { unit: String, brings: Vec<Brings> },
    /// A person decides, whatever else it is.
    Waits,
    /// It brings no report, and is best noted without a word.
    Nothing,
}

/// What became of a mail.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What is logged; none where it waits or is noted.
    pub logged: Vec<Brings>,
    pub unit: Option<String>,
    /// Whether a person has to look at it.
    pub waits: bool,
    /// Why it waits.
    pub causes: Vec<String>,
}

/// What a verdict has wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    Unit,
    Report,
    Period,
    Form,
    /// A report that the mail does not bring.
    OutOfNothing,
    /// A report that the mail brings beside what was logged, of which nobody hears.
    Missed,
    /// An honest report, or what asks staff for a decision, that is neither logged nor waits for a person.
    Lost,
}

impl Fault {
    pub const ALL: [(Fault, &'static str); 7] = [
        (Fault::Unit, "unit"),
        (Fault::Report, "report"),
        (Fault::Period, "period"),
        (Fault::Form, "form"),
        (Fault::OutOfNothing, "nothing"),
        (Fault::Missed, "missed"),
        (Fault::Lost, "lost"),
    ];
}

impl Truth {
    /// What is wrong; a verdict that waits never is.
    pub fn faults(&self, outcome: &Outcome) -> Vec<Fault> {
        let (unit, brings) = match self {
            Truth::Waits | Truth::Nothing if !outcome.logged.is_empty() => {
                return vec![Fault::OutOfNothing];
            }
            Truth::Waits if !outcome.waits => return vec![Fault::Lost],
            Truth::Waits | Truth::Nothing => return vec![],
            Truth::Reports { unit, brings } | Truth::Doubtful { unit, brings } => (unit, brings),
        };
        if outcome.logged.is_empty() {
            let noted = !outcome.waits;
            return if noted { vec![Fault::Lost] } else { vec![] };
        }
        let mut faults = Vec::new();
        if outcome.unit.as_ref() != Some(unit) {
            faults.push(Fault::Unit);
        }
        for item in &outcome.logged {
            let of_report = || brings.iter().filter(|b| b.report == item.report);
            match of_report().find(|b| b.period == item.period) {
                Some(b) if b.forms == item.forms || b.forms.is_empty() => {}
                Some(_) => faults.push(Fault::Form),
                None if of_report().next().is_some() => faults.push(Fault::Period),
                None => faults.push(Fault::Report),
            }
        }
        let is_there = |b: &Brings| {
            let mut logged = outcome.logged.iter();
            logged.any(|i| i.report == b.report && i.period == b.period)
        };
        if faults.is_empty() && !brings.iter().all(is_there) {
            faults.push(Fault::Missed);
        }
        faults.sort();
        faults.dedup();
        faults
    }
}
