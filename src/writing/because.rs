//! Grounds of decisions, in words for staff and for operators.

use crate::domain::because::{Because, Source, Support};

/// Where something stands, in words for staff.
pub(super) fn source_in_vietnamese(source: Source) -> &'static str {
    match source {
        Source::Document => "đầu văn bản",
        Source::Title => "trích yếu của văn bản",
        Source::Subject => "tiêu đề thư",
        Source::FileName => "tên tệp",
        Source::Text => "nội dung thư",
        Source::ForwardedSender => "người gửi thư gốc",
        Source::ReplyTo => "địa chỉ nhận trả lời",
        Source::Domain => "tên miền của địa chỉ",
        Source::DisplayName => "tên hiển thị",
    }
}

fn source_in_english(source: Source) -> &'static str {
    match source {
        Source::Document => "the head of the document",
        Source::Title => "its title",
        Source::Subject => "the subject",
        Source::FileName => "the file name",
        Source::Text => "the text",
        Source::ForwardedSender => "the forwarded mail's sender",
        Source::ReplyTo => "the address for answers",
        Source::Domain => "the domain",
        Source::DisplayName => "the display name",
    }
}

/// A ground in words for staff: part of a sentence, without a full stop.
pub(super) fn because_in_vietnamese(because: &Because) -> String {
    let place = |source: &Source| source_in_vietnamese(*source);
    match because {
        Because::Registered { address, unit } => {
            format!("địa chỉ {address} thuộc {unit} theo danh bạ")
        }
        Because::TookOver { address, old, unit } => {
            format!("địa chỉ {address} thuộc {old}, nay là {unit}")
        }
        Because::Taught { address, unit } => {
            format!("cán bộ đã xác nhận địa chỉ {address} gửi cho {unit}")
        }
        Because::WasRegistered { address, unit } => {
            format!("khi gửi thư, địa chỉ {address} thuộc {unit}")
        }
        Because::NamesUnit { source, unit } => format!("{} nêu {unit}", place(source)),
        Because::NamesOneOfSharers { source, unit } => {
            format!("địa chỉ dùng chung, {} nêu {unit}", place(source))
        }
        Because::NamesOthers { source, units } => {
            let units: Vec<&str> = units.iter().map(|u| u.0.as_str()).collect();
            format!("nhưng {} nêu {}", place(source), units.join(", "))
        }
        Because::IssuedBy { issuer } => format!("nhưng văn bản do “{issuer}” ban hành"),
        Because::NamesReport { source, report, .. } => {
            format!("{} nêu báo cáo {report}", place(source))
        }
        Because::TaughtTitle {
            source,
            report,
            mail,
        } => format!(
            "{} giống thư số {mail} mà cán bộ đã ghi nhận cho báo cáo {report}",
            place(source)
        ),
        Because::Supported { report, by } => {
            let by = match by {
                Support::Basis => "văn bản nêu căn cứ của báo cáo này",
                Support::OwedPeriod => "đơn vị phải gửi báo cáo này cho kỳ được nêu",
                Support::Asked => "thư trả lời đề nghị gửi báo cáo này",
                Support::Habit => "đơn vị vẫn gửi báo cáo này với tên gọi như vậy",
            };
            format!("có nhắc đến báo cáo {report}, và {by}")
        }
        Because::OnlyOpen { report } => {
            format!("trong các báo cáo đơn vị còn phải gửi, chỉ {report} phù hợp")
        }
        Because::BelongsTo { file, to } => format!("tệp “{file}” đi cùng tệp “{to}”"),
        Because::OnePeriodOnly { report } => format!("báo cáo {report} chỉ có một kỳ"),
        Because::NamesPeriod { source, period } => {
            format!("{} nêu kỳ {}", place(source), period.in_vietnamese())
        }
        Because::OnlyWithinReach { period, .. } => {
            format!("chỉ kỳ {} phù hợp", period.in_vietnamese())
        }
        Because::NothingToReport => "thư nêu không có phát sinh".into(),
    }
}

/// A ground in words for operators: part of a sentence, without a full stop.
pub fn because_in_english(because: &Because) -> String {
    let place = |source: &Source| source_in_english(*source);
    match because {
        Because::Registered { address, unit } => {
            format!("the sender {address} is registered for {unit}")
        }
        Because::TookOver { address, old, unit } => format!(
            "the sender {address} was registered for {old}, which {unit} has taken over from"
        ),
        Because::Taught { address, unit } => format!("staff said that {address} writes for {unit}"),
        Because::WasRegistered { address, unit } => {
            format!("the sender {address} was registered for {unit} when it was sent")
        }
        Because::NamesUnit { source, unit } => format!("{} names {unit}", place(source)),
        Because::NamesOneOfSharers { source, unit } => format!(
            "of the units with this address, {} names {unit}",
            place(source)
        ),
        Because::NamesOthers { source, units } => {
            let units: Vec<&str> = units.iter().map(|u| u.0.as_str()).collect();
            format!("but {} names {}", place(source), units.join(", "))
        }
        Because::IssuedBy { issuer } => {
            format!("but {issuer}, which is not the sender, issued the document")
        }
        Because::NamesReport {
            source,
            file,
            report,
        } => {
            let file = file.as_deref().map_or(String::new(), |f| format!("{f}: "));
            format!("{file}{} names the report {report}", place(source))
        }
        Because::TaughtTitle {
            source,
            report,
            mail,
        } => format!(
            "{} is that of mail {mail}, which staff assigned to the report {report}",
            place(source)
        ),
        Because::Supported { report, by } => {
            let by = match by {
                Support::Basis => "the document cites what asks for it",
                Support::OwedPeriod => "it is a report, and the unit owes it on the period named",
                Support::Asked => "it answers a letter of ours that asks for it",
                Support::Habit => "what the unit called so before was always this report",
            };
            format!("the report {report} is mentioned, and {by}")
        }
        Because::OnlyOpen { report } => {
            format!("of what is open to the unit, only {report} has the period or the basis named")
        }
        Because::BelongsTo { file, to } => format!("{file} belongs to {to}"),
        Because::OnePeriodOnly { report } => format!("{report} has one period only"),
        Because::NamesPeriod { source, period } => {
            format!("{} names the period {period}", place(source))
        }
        Because::OnlyWithinReach { period, said } => {
            let how = match said {
                true => "with what is named",
                false => "no period is named",
            };
            format!("{how}; only {period} is within reach")
        }
        Because::NothingToReport => "its own text says that there is nothing to report".into(),
    }
}
