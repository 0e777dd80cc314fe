//! What the alarm says.

use std::path::Path;

use anyhow::Result;

use super::{Fault, News, host};
use crate::domain::vietnamese_moment;
use crate::health::fault_in_vietnamese;
use crate::store::Part;
use crate::writing::{self, AlarmNews};

/// The subject of a trial.
pub(super) const TRIAL: &str = "Thu báo cáo: thử kênh cảnh báo";

/// The text of a trial.
pub(super) fn trial(host: &str) -> String {
    format!(
        "Đây là thông báo thử của chương trình thu báo cáo trên máy chủ {host}. Kênh cảnh báo hoạt động.\n"
    )
}

/// That an alarm did not leave.
pub(super) fn way_fails(e: &anyhow::Error) -> String {
    format!("kênh cảnh báo báo lỗi: “{e:#}”")
}

/// The letter that tells news: subject and text. `folder`: that of the configuration, for its own template.
pub(super) fn letter(folder: &Path, news: &[News]) -> Result<(String, String)> {
    let told = |n: &News| match n {
        News::Begun(s) => AlarmNews {
            what: format!("Sự cố: {} từ {}", name(s.fault), vietnamese_moment(s.since)),
            why: s.why.clone(),
            advice: advice(s.fault).to_owned(),
        },
        News::Lasts(s) => AlarmNews {
            what: format!(
                "Sự cố chưa khắc phục: {} từ {}",
                name(s.fault),
                vietnamese_moment(s.since)
            ),
            why: s.why.clone(),
            advice: advice(s.fault).to_owned(),
        },
        News::Over(fault) => AlarmNews {
            what: format!("Đã khắc phục: {}", name(*fault)),
            why: String::new(),
            advice: String::new(),
        },
    };
    let headline = match news.first() {
        Some(News::Begun(s)) => name(s.fault).to_owned(),
        Some(News::Lasts(s)) => format!("chưa khắc phục: {}", name(s.fault)),
        Some(News::Over(fault)) => format!("đã khắc phục: {}", name(*fault)),
        None => String::new(),
    };
    let told: Vec<AlarmNews> = news.iter().map(told).collect();
    writing::alarm(folder, &headline, &host(), &told)
}

/// What is wrong.
pub(super) fn name(fault: Fault) -> &'static str {
    match fault {
        Fault::Part(part) => fault_in_vietnamese(part),
        Fault::Round => "chương trình không ghi được dữ liệu",
        Fault::Stopped => "chương trình dừng do lỗi hoặc không khởi động được",
    }
}

/// What the administrator is asked to do.
fn advice(fault: Fault) -> &'static str {
    match fault {
        Fault::Part(part) => match part {
            Part::Mailbox => {
                "kiểm tra mạng và máy chủ thư, rồi chạy lệnh “thubaocao check”; từ lúc đó chưa có báo cáo nào được tiếp nhận và các thư nhắc tạm dừng"
            }
            Part::Login => {
                "kiểm tra tài khoản và mật khẩu hộp thư (Gmail: mật khẩu ứng dụng), ghi mật khẩu mới vào tệp mật khẩu rồi chạy lệnh “systemctl reload thubaocao”"
            }
            Part::Folder => {
                "sửa tên thư mục trong mục [mailbox] của thubaocao.toml; lệnh “thubaocao check” liệt kê các thư mục hiện có"
            }
            Part::Download => "không cần làm gì; phần còn lại sẽ tải ngày mai",
            Part::Rewound => "không cần làm gì; thư được đối chiếu lại theo nội dung",
            Part::Reading => {
                "chạy lệnh “thubaocao check” và xem nhật ký; thư đến vẫn được lưu và sẽ được đọc sau khi khắc phục, các thư nhắc tạm dừng"
            }
            Part::Confinement => {
                "chạy lệnh “thubaocao check”, đối chiếu tệp thubaocao.service với bản kèm theo chương trình; thư đến chờ đọc và các thư nhắc tạm dừng cho đến khi khắc phục"
            }
            Part::Password => {
                "chạy lệnh nêu trong phần chi tiết, sau đó nên đổi mật khẩu; việc nhận và gửi thư vẫn tiếp tục"
            }
            Part::Transport => {
                "kiểm tra tài khoản gửi thư và máy chủ gửi thư; các thư đang chờ sẽ tự gửi sau khi khắc phục"
            }
            Part::Digest => {
                "xem nhật ký và chạy lệnh “thubaocao check”; có thể xem bản tin bằng lệnh “thubaocao digest”"
            }
            Part::Disk => {
                "giải phóng dung lượng đĩa hoặc mở rộng đĩa chứa thư mục dữ liệu; trong lúc này thư mới không được tải về"
            }
            Part::Archive => {
                "chạy lệnh “thubaocao check”, kiểm tra mục [s3], khóa truy cập và đường mạng tới kho lưu trữ; trong lúc này thư mới không được tải về"
            }
            Part::Clock => {
                "chỉnh lại đồng hồ máy chủ; nếu đồng hồ đúng, chạy lệnh “thubaocao clock accept”"
            }
            Part::Damage => {
                "chạy lệnh “thubaocao verify” để biết tệp nào hỏng, kiểm tra đĩa và khôi phục từ bản sao lưu"
            }
            Part::Register => {
                "chạy lệnh “thubaocao check” và khai báo mã cũ hoặc ngày kết thúc theo hướng dẫn của lệnh đó"
            }
            Part::Holds => {
                "xử lý các thư đang chờ nêu ở mục “Cần xử lý” của bản tin (lệnh “thubaocao inbox” liệt kê); nếu nhiều thư lạ cùng đến, có thể có người cố ý làm ngừng việc nhắc các đơn vị"
            }
            Part::Page => {
                "kiểm tra thư mục của report_page trong thubaocao.toml: phải có sẵn và cho phép dịch vụ ghi (ReadWritePaths= của thubaocao.service)"
            }
            Part::Alarm => "kiểm tra mục [alarm] bằng lệnh “thubaocao check --alarm”",
        },
        Fault::Round => "kiểm tra dung lượng và tình trạng đĩa, rồi xem nhật ký của dịch vụ",
        Fault::Stopped => {
            "xem nhật ký bằng lệnh “journalctl -u thubaocao” và chạy lệnh “thubaocao check”; hệ thống tiếp tục thử khởi động lại"
        }
    }
}
