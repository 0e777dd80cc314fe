//! How the service fares.

use anyhow::Result;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;

use super::DigestData;
use crate::config::Config;
use crate::domain::owed::Kind;
use crate::domain::{date_of, vietnamese_date, vietnamese_moment};
use crate::ground::files::free_bytes;
use crate::health::Look;
use crate::store::{Part, QueuePause, Store};

/// So many mails that will not be kept are named in one line; each says it itself, too.
const EXPIRING_NAMED: usize = 10;

/// Less than this on the disk is little: a month of large mails.
const DISK_LOW: u64 = 2_000_000_000;

/// A line on the service's health.
#[derive(Debug, Serialize)]
pub(super) struct SystemLine {
    /// What there is to say.
    pub(super) text: String,
    /// Whether somebody should act on it.
    pub(super) bad: bool,
}

/// How the service fares.
pub(super) fn system(
    config: &Config,
    store: &Store,
    looks: &[Look],
    now: Timestamp,
) -> Result<Vec<SystemLine>> {
    let mut lines = Vec::new();
    let mut line = |bad, text: String| lines.push(SystemLine { bad, text });
    // Of units that are not reminded the first line of all speaks.
    for look in looks.iter().filter(|l| l.part != Part::Holds) {
        if let (Some(fault), Some(ill)) = (look.in_vietnamese(), &look.ill) {
            line(true, format!("Sự cố: {fault}. Chi tiết: {}", ill.why));
        }
    }
    let mailbox = store.health(Part::Mailbox)?;
    match mailbox.success_at {
        Some(at) => {
            let ill = looks
                .iter()
                .any(|l| l.part == Part::Mailbox && l.ill.is_some());
            line(
                ill,
                format!("Lần kiểm tra hộp thư gần nhất: {}.", vietnamese_moment(at)),
            );
        }
        None => line(true, "Chưa kiểm tra được hộp thư lần nào.".into()),
    }
    if config.settings.alarm.is_none() {
        line(
            false,
            "Chưa có kênh cảnh báo thứ hai (mục [alarm]): khi hộp thư hỏng, không ai được báo."
                .into(),
        );
    }
    // The digests themselves are among the mails that wait.
    let queued = store.queue_length(Some(Kind::Digest))?;
    line(
        false,
        format!(
            "Thư chờ gửi: {queued}; thư chờ đọc: {}.",
            store.unread_count()?
        ),
    );
    let put_off = store.put_off_count()?;
    if put_off > 0 {
        line(
            false,
            format!(
                "Thư chưa xác thực được người gửi vì máy chủ tên miền (DNS) chưa trả lời: {put_off}; sẽ xử lý chậm nhất sau 24 giờ, chưa nhắc các đơn vị liên quan."
            ),
        );
    }
    let limits = &config.settings.limits;
    let sent = store.sent_since(now - SignedDuration::from_hours(24))?;
    let to_units = sent.iter().filter(|(kind, _)| !kind.is_for_staff());
    let sent: u32 = to_units.map(|(_, mails)| mails).sum();
    let full = sent >= limits.daily_mails;
    line(
        full,
        format!(
            "Đã gửi các đơn vị trong 24 giờ qua: {sent}/{} thư.",
            limits.daily_mails
        ),
    );
    if let Some(free) = free_bytes(&config.settings.data) {
        let gigabytes = match free / 1_000_000_000 {
            n @ 0..10 => format!("{n} GB"),
            _ => "hơn 10 GB".into(), // nobody needs to watch it more closely
        };
        line(
            free < DISK_LOW,
            format!("Dung lượng đĩa còn trống: {gigabytes}."),
        );
    }
    let today = date_of(now);
    for year in [today.year(), today.saturating_add(60.days()).year()] {
        if !config.calendar.covers(year) {
            line(
                true,
                format!(
                    "Lịch nghỉ lễ năm {year} chưa có trong holidays.toml; hạn nộp và ngày nhắc có thể rơi vào ngày nghỉ."
                ),
            );
            break;
        }
    }
    Ok(lines)
}

/// When nothing was sent, and why.
pub(super) fn pauses(store: &Store, since: Timestamp, until: Timestamp) -> Result<Vec<SystemLine>> {
    let line = |pause: QueuePause| {
        let began = vietnamese_moment(pause.since);
        let why = pause.why;
        let text = match pause.ended_at {
            Some(at) => format!(
                "Việc gửi thư đã tạm dừng từ {began} đến {}: {why}",
                vietnamese_moment(at)
            ),
            None if pause.until > until => format!(
                "Việc gửi thư đang tạm dừng từ {began}, sẽ thử lại lúc {}: {why}",
                vietnamese_moment(pause.until)
            ),
            None => format!("Việc gửi thư đã tạm dừng từ {began}: {why}"),
        };
        SystemLine {
            bad: pause.ended_at.is_none(),
            text,
        }
    };
    let pauses = store.queue_pauses_between(since, until)?;
    Ok(pauses.into_iter().map(line).collect())
}

/// Says of mails that wait that they will not be kept much longer.
pub(super) fn expiring(config: &Config, store: &Store, data: &mut DigestData) -> Result<()> {
    let Some(years) = config.settings.retention_years else {
        return Ok(());
    };
    let mut days = Vec::new();
    for mail in store.expiring()? {
        let day = vietnamese_date(mail.ends_on(years)?);
        let strangers = data.strangers.iter_mut().flat_map(|s| &mut s.shown);
        let all = data.waiting.iter_mut().chain(strangers);
        for waiting in all.filter(|w| w.id == mail.message) {
            waiting.why.push(format!(
                "nội dung thư sẽ bị xóa ngày {day} theo thời hạn lưu trữ, nếu đến lúc đó chưa được xử lý"
            ));
        }
        days.push(format!("số {} (ngày {day})", mail.message));
    }
    if days.is_empty() {
        return Ok(());
    }
    let more = match days.len().saturating_sub(EXPIRING_NAMED) {
        0 => String::new(),
        n => format!(" và {n} thư khác"),
    };
    data.system.push(SystemLine {
        bad: true,
        text: format!(
            "Thư chờ xử lý quá thời hạn lưu trữ {years} năm sẽ bị xóa nội dung nếu chưa được xử lý: {}{more}.",
            days[..days.len().min(EXPIRING_NAMED)].join(", ")
        ),
    });
    Ok(())
}
