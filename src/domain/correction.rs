//! What staff correct: the things that corrections are made to, and how changes name them.

use std::collections::BTreeMap;

use super::obligation::Obligation;
use super::period::PeriodId;
use super::reminder::Nod;
use super::unit::UnitId;
use crate::domain::row::{MessageId, SubmissionId, TitleId};

/// What staff say of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// Whose it is.
    pub unit: UnitId,
    /// Which report it is and on which period, where matching did not find it.
    pub report: Option<(String, PeriodId)>,
    /// What staff say of report and period in their own words, in place of what the mail says.
    pub hint: Option<String>,
    /// Words of theirs in which report and period may stand, beside others: where they name another report or period than
    /// the mail, nothing is logged.
    pub words: Option<String>,
    /// Whether the address writes for this unit from now on.
    pub remember: bool,
}

/// What staff taught of a title by assigning a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lesson {
    /// Which report it stands for.
    pub report: String,
    /// The mail that was assigned.
    pub mail: MessageId,
}

/// The titles that staff taught: what is left of each without units, numbers and periods, folded, and what it stands for.
pub type Taught = BTreeMap<String, Lesson>;

/// What a correction is made to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Whose.
    pub unit: UnitId,
    /// Which report.
    pub report: String,
    /// On which period.
    pub period: PeriodId,
}

impl Target {
    /// What an obligation is about.
    pub fn of(o: &Obligation) -> Target {
        Target {
            unit: o.unit.clone(),
            report: o.report.clone(),
            period: o.period.clone(),
        }
    }

    /// As changes name what they are made to.
    pub fn subject(&self) -> String {
        format!("{} {} {}", self.unit, self.report, self.period)
    }
}

/// A mail, as changes name what they are made to.
pub(crate) fn mail_name(id: MessageId) -> String {
    format!("mail {id}")
}

/// A submission, as changes name what they are made to.
pub(crate) fn submission_name(id: SubmissionId) -> String {
    format!("submission {id}")
}

/// A period of a report, as changes name what they are made to.
pub(crate) fn period_name(report: &str, period: &PeriodId) -> String {
    format!("{report} {period}")
}

/// A title that staff taught, as changes name what they are made to.
pub(crate) fn title_name(id: TitleId) -> String {
    format!("title {id}")
}

/// The command by which staff say a word on the letter to a leader.
pub(crate) fn nod_command(nod: Nod) -> &'static str {
    match nod {
        Nod::Send => "escalate",
        Nod::Stop => "escalate --stop",
    }
}

/// What a change was, for staff.
pub(crate) fn action_in_words(command: &str) -> &str {
    match command {
        "assign" => "ghi nhận thư cho đơn vị",
        "ignore" => "đánh dấu không phải báo cáo",
        "refuse" => "chưa đồng ý gia hạn",
        "accept together" => "duyệt các báo cáo mới",
        "put aside" => "bỏ qua các thư của người ngoài danh bạ",
        "received-paper" => "ghi nhận bản giấy",
        "excuse" => "miễn báo cáo",
        "extend" => "gia hạn",
        "close" => "khóa kỳ báo cáo",
        "escalate" => "cho gửi thư đến lãnh đạo đơn vị",
        "escalate --stop" => "dừng thư đến lãnh đạo đơn vị",
        "return" => "trả lại báo cáo",
        "accept" => "duyệt báo cáo",
        "contacts reset" => "dùng lại địa chỉ",
        "resend" => "gửi lại thư",
        "units forget" => "bỏ ghi nhớ địa chỉ",
        "reports forget" => "bỏ ghi nhớ trích yếu",
        other => other,
    }
}
