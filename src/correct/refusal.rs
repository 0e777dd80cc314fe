//! Why a correction cannot be made: in English for the command line, in Vietnamese for staff who ask by mail.

use jiff::civil::Date;
use thiserror::Error;

use crate::config::Config;
use crate::domain::period::PeriodId;
use crate::domain::row::{ChangeId, MessageId, OutboxId, SubmissionId};
use crate::domain::unit::UnitId;
use crate::domain::vietnamese_date;

/// Why a correction is not made. Whoever asked can mend it; anything else that fails is no refusal.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There is no such mail.
    #[error("there is no mail {0}; `thubaocao inbox` lists what waits")]
    NoMail(MessageId),
    /// The mail has come and nobody has read it.
    #[error("mail {0} has not been read yet; run `thubaocao run --once` first")]
    NotRead(MessageId),
    /// The register has no such unit.
    #[error("there is no unit {unit} in units.csv{hint}")]
    NoUnit {
        /// The unit as it was named.
        unit: UnitId,
        /// What may have been meant.
        hint: String,
    },
    /// Neither the mail nor what was said of it tells report and period.
    #[error(
        "it is not certain which report mail {mail} is; add --report R --period P (reports: {reports})"
    )]
    Uncertain {
        /// The mail.
        mail: MessageId,
        /// The ids of all reports.
        reports: String,
    },
    /// The mail brings other reports than staff's words name.
    #[error("the mail brings another report or period than was said")]
    BringsAnother(Vec<(String, PeriodId)>),
    /// The unit does not have to send this.
    #[error(
        "{unit} is not expected to send {report} on {period}; `thubaocao status` lists what is expected"
    )]
    NotExpected {
        /// The unit.
        unit: UnitId,
        /// The report.
        report: String,
        /// The period.
        period: PeriodId,
    },
    /// Of the mails that a digest lists none waits any more.
    #[error("no mail that the digest of {0} lists waits any more")]
    NoneWaits(Date),
    /// The mail has no file, and the report takes more than words.
    #[error(
        "mail {0} has neither a file nor a link, and this report cannot be made in words; paper is marked by `received-paper`"
    )]
    BringsNothing(MessageId),
    /// The mail does not wait, or it is not certain whose it is.
    #[error("mail {0} does not wait, or it is not certain which unit asks by it")]
    AsksForNoTime(MessageId),
    /// Each of several submissions was decided on.
    #[error("each of these submissions is accepted or sent back already")]
    AllDecided,
    /// There is no such submission.
    #[error("there is no submission {0}; acknowledgements and the digest show the codes")]
    NoSubmission(SubmissionId),
    /// The submission with this receipt code is sent back.
    #[error("{0} is sent back already")]
    SentBack(String),
    /// The submission with this receipt code is accepted.
    #[error("{0} is accepted already")]
    Accepted(String),
    /// A deadline on a day that is over (Vietnam).
    #[error("{0} has passed")]
    Passed(Date),
    /// Paper is marked when it is there.
    #[error("{0} lies ahead; paper is marked when it is there")]
    Ahead(Date),
    /// What the unit owes is not late.
    #[error("{0} is not late with this")]
    NotLate(UnitId),
    /// No letter to a leader is written on this report.
    #[error("the leaders of units are not written to about {0}: `escalation` is \"never\"")]
    NoLetterToLeader(String),
    /// The letter to the leader has left.
    #[error("the leader of {0} was written to about this already")]
    LeaderToldAlready(UnitId),
    /// The unit is excused.
    #[error("{0} is excused already")]
    Excused(UnitId),
    /// Nobody has to send this.
    #[error("nothing is expected for {report} {period}; `thubaocao status` lists what is")]
    NothingExpected {
        /// The report.
        report: String,
        /// The period.
        period: PeriodId,
    },
    /// The period of the report is closed.
    #[error("{report} {period} is closed already")]
    Closed {
        /// The report.
        report: String,
        /// The period.
        period: PeriodId,
    },
    /// Mails reach this address.
    #[error("no mail to {0} has failed; `thubaocao contacts` lists those that did")]
    Works(String),
    /// The mail of ours did not fail.
    #[error("mail {0} of the outbox has not failed; it is not sent again")]
    NotFailed(OutboxId),
    /// There is no such change.
    #[error("there is no change {0}; see `thubaocao history`")]
    NoChange(ChangeId),
    /// The change was taken back.
    #[error("change {0} was taken back already")]
    TakenBack(ChangeId),
    /// What the change did is done.
    #[error("change {id} ({command}) cannot be taken back")]
    Irreversible {
        /// The change.
        id: ChangeId,
        /// What it was.
        command: String,
    },
    /// Somebody has changed the same since.
    #[error("change {later} of {subject} came after it; take that one back first")]
    ChangedSince {
        /// The later change.
        later: ChangeId,
        /// Of what.
        subject: String,
        /// Who made it.
        who: String,
    },
    /// What the change did does not hold.
    #[error("change {0} no longer holds")]
    NoLongerHolds(ChangeId),
}

impl Refusal {
    /// For staff. `day`: today (Vietnam), on which units have the names that they are called by.
    #[expect(clippy::too_many_lines, reason = "a table of refusals and sentences")]
    pub fn in_vietnamese(&self, config: &Config, day: Date) -> String {
        let of = |report: &str, period: &PeriodId| {
            let report = config.report_name(report);
            format!("{report}, {}", period.in_vietnamese())
        };
        match self {
            Refusal::NoMail(id) => format!("Không có thư số {id}; lệnh không được thực hiện"),
            Refusal::NotRead(id) => {
                format!("Thư số {id} chưa được đọc xong. Đề nghị gửi lại lệnh sau ít phút")
            }
            Refusal::NoUnit { unit, .. } => format!(
                "Danh bạ không có đơn vị {unit}; lệnh không được thực hiện. Đề nghị dùng liên kết trong bản tin mới nhất"
            ),
            Refusal::Uncertain { .. } => "Chưa rõ thư thuộc báo cáo nào, kỳ nào. Đề nghị bấm lại liên kết và ghi vào dòng “Báo cáo và kỳ”, ví dụ: trẻ em 6 tháng đầu năm 2026".into(),
            Refusal::BringsAnother(brings) => {
                let brings: Vec<String> = brings.iter().map(|(r, p)| of(r, p)).collect();
                format!(
                    "Văn bản trong thư là {} nhưng nội dung lệnh ghi báo cáo hoặc kỳ khác; chưa thực hiện lệnh nào. Đề nghị bấm liên kết của thư này và ghi vào dòng “Báo cáo và kỳ”",
                    brings.join("; ")
                )
            }
            Refusal::NotExpected {
                unit,
                report,
                period,
            } => format!(
                "{} không thuộc diện phải gửi {}; lệnh không được thực hiện. Đề nghị xem lại tên đơn vị, báo cáo và kỳ",
                config.unit_name(unit, day),
                of(report, period)
            ),
            Refusal::BringsNothing(mail) => format!(
                "Thư số {mail} không có tệp báo cáo nào nên không ghi nhận được là báo cáo. Nếu Ban đã nhận bản giấy, đề nghị bấm “Bản giấy” ở tên đơn vị; nếu đơn vị cho biết đã gửi, đề nghị tìm thư đó hoặc nhắc đơn vị gửi lại"
            ),
            Refusal::AsksForNoTime(mail) => format!(
                "Thư số {mail} không còn chờ xử lý, hoặc chưa rõ là của đơn vị nào"
            ),
            Refusal::AllDecided => "Các báo cáo này đều đã được duyệt hoặc trả lại".into(),
            Refusal::NoneWaits(of) => format!(
                "Các thư đã liệt kê trong bản tin ngày {} không còn thư nào chờ xử lý; không có gì để bỏ qua",
                vietnamese_date(*of)
            ),
            Refusal::NoSubmission(id) => {
                format!("Không có báo cáo mã số {id:05}; lệnh không được thực hiện")
            }
            Refusal::SentBack(code) => format!("Báo cáo {code} đã được trả lại trước đó"),
            Refusal::Accepted(code) => format!("Báo cáo {code} đã được duyệt trước đó"),
            Refusal::Passed(due) => format!(
                "Hạn {} đã qua. Đề nghị ghi ngày khác và gửi lại",
                vietnamese_date(*due)
            ),
            Refusal::Ahead(on) => format!(
                "Ngày nhận bản giấy ({}) chưa đến. Đề nghị ghi ngày đã nhận và gửi lại",
                vietnamese_date(*on)
            ),
            Refusal::NotLate(unit) => format!(
                "{} hiện không quá hạn báo cáo này; không có thư nào phải gửi lãnh đạo đơn vị",
                config.unit_name(unit, day)
            ),
            Refusal::NoLetterToLeader(report) => format!(
                "Theo cấu hình, không gửi thư đến lãnh đạo đơn vị về {}",
                config.report_name(report)
            ),
            Refusal::LeaderToldAlready(unit) => format!(
                "Thư về việc này đã được gửi đến lãnh đạo của {} trước đó",
                config.unit_name(unit, day)
            ),
            Refusal::Excused(unit) => format!(
                "{} đã được miễn báo cáo này trước đó",
                config.unit_name(unit, day)
            ),
            Refusal::NothingExpected { report, period } => format!(
                "Không có đơn vị nào phải gửi {}; lệnh không được thực hiện",
                of(report, period)
            ),
            Refusal::Closed { report, period } => {
                format!("Kỳ {} đã được khóa trước đó", of(report, period))
            }
            Refusal::Works(address) => {
                format!("Địa chỉ {address} hiện không có lỗi; không có gì để dùng lại")
            }
            Refusal::NotFailed(_) => {
                "Thư này đã gửi được hoặc đang chờ gửi nên không được gửi lại".into()
            }
            Refusal::NoChange(id) => format!("Không có thay đổi số {id} để hoàn tác"),
            Refusal::TakenBack(id) => format!("Thay đổi số {id} đã được hoàn tác trước đó"),
            Refusal::Irreversible { id, .. } => {
                format!("Thay đổi số {id} không hoàn tác được")
            }
            Refusal::ChangedSince { who, .. } => format!(
                "Sau lệnh này, {who} đã quyết định khác về cùng một việc; lệnh không được hoàn tác. Nếu cần, đề nghị hoàn tác quyết định sau trước"
            ),
            Refusal::NoLongerHolds(id) => {
                format!("Thay đổi số {id} không còn hiệu lực nên không hoàn tác được")
            }
        }
    }
}
