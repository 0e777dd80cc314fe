//! What stands in the way of a mail: in English for logs, in Vietnamese for staff. What a server or a program says is
//! quoted as it was said, as the administrator can look that up.

use std::fmt;

use super::NotTaken;
use super::answer::Step;

/// Why an address is not even offered to a server.
pub(super) const NO_ADDRESS: &str = "không phải địa chỉ thư";

/// Why a mail was not handed over, or perhaps not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// A server or a program refused, and said this.
    Says(String),
    /// It was taken for none of its recipients.
    NotTaken(Vec<NotTaken>),
    /// The password cannot be read.
    Password(String),
    /// There is no connection.
    Unreachable {
        /// Host and port.
        place: String,
        /// Why.
        why: String,
    },
    /// The server does not answer.
    Silent {
        /// Host and port.
        place: String,
        /// For so many seconds.
        seconds: u64,
    },
    /// The server offers no STARTTLS.
    NoStartTls {
        /// Host and port.
        place: String,
    },
    /// There is no TLS.
    Tls {
        /// Host and port.
        place: String,
        /// Why.
        why: String,
    },
    /// The server refuses the login.
    Login {
        /// Host and port.
        place: String,
        /// Login name.
        user: String,
        /// What it says.
        why: String,
        /// Whether it says so for good (5xx).
        permanent: bool,
    },
    /// Our own address is none.
    Sender(String),
    /// The connection broke in a step.
    Broken {
        /// Which.
        step: Step,
        /// What was said of it.
        why: String,
    },
    /// A step was not answered.
    Unanswered(Step),
    /// The program that takes mails cannot be used.
    Program {
        /// Its path.
        program: String,
        /// Why.
        why: String,
    },
    /// The program did not end.
    Endless {
        /// Its path.
        program: String,
    },
    /// The program was killed.
    Killed {
        /// Its path.
        program: String,
        /// What it said.
        said: String,
    },
    /// The program ended with a code.
    Exit {
        /// The code, by sysexits.h.
        code: i32,
        /// What it said.
        said: String,
    },
    /// The folder of mails cannot be written.
    Folder(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Says(said) => f.write_str(said),
            Trouble::NotTaken(of) => {
                let lines: Vec<String> = of
                    .iter()
                    .map(|n| format!("{}: {}", n.address, n.why))
                    .collect();
                f.write_str(&lines.join("; "))
            }
            Trouble::Password(why) | Trouble::Folder(why) => f.write_str(why),
            Trouble::Unreachable { place, why } => write!(f, "cannot reach {place}: {why}"),
            Trouble::Silent { place, seconds } => {
                write!(f, "cannot reach {place}: no answer within {seconds} s")
            }
            Trouble::NoStartTls { place } => write!(
                f,
                "{place} does not offer STARTTLS; passwords and reports are not sent in the clear (transport.tls = \"tls\" is the other way)"
            ),
            Trouble::Tls { place, why } => write!(
                f,
                "no TLS with {place}: {why}; check transport.host, or name a private authority in transport.ca_file"
            ),
            Trouble::Login {
                place,
                user,
                why,
                permanent,
            } => {
                let advice = match permanent {
                    true => "; check user and password (Gmail needs an app password)",
                    false => "",
                };
                write!(f, "{place} refuses the login of {user}: {why}{advice}")
            }
            Trouble::Sender(address) => write!(f, "{address:?} is no mail address"),
            Trouble::Broken { step, why } => write!(f, "{step}: {why}"),
            Trouble::Unanswered(step) => write!(f, "no answer to {step}"),
            Trouble::Program { program, why } => write!(f, "{program}: {why}"),
            Trouble::Endless { program } => write!(f, "{program} did not end"),
            Trouble::Killed { program, said } => write!(f, "{program} was killed: {said}"),
            Trouble::Exit { code, said } => write!(f, "exit code {code}: {said}"),
        }
    }
}

impl Trouble {
    /// The same for staff: what was said stands in quotation marks.
    pub fn in_vietnamese(&self) -> String {
        match self {
            Trouble::Says(said) => format!("“{said}”"),
            Trouble::NotTaken(of) => {
                let lines: Vec<String> = of
                    .iter()
                    .map(|n| format!("{}: “{}”", n.address, n.why))
                    .collect();
                lines.join("; ")
            }
            Trouble::Password(why) => format!("không đọc được mật khẩu gửi thư: “{why}”"),
            Trouble::Unreachable { place, why } => {
                format!("không kết nối được máy chủ gửi thư {place}: “{why}”")
            }
            Trouble::Silent { place, seconds } => {
                format!("máy chủ gửi thư {place} không trả lời trong {seconds} giây")
            }
            Trouble::NoStartTls { place } => format!(
                "máy chủ gửi thư {place} không hỗ trợ STARTTLS; mật khẩu và báo cáo không được gửi đi khi chưa mã hóa (có thể đặt transport.tls = \"tls\")"
            ),
            Trouble::Tls { place, why } => format!(
                "không lập được kết nối mã hóa với máy chủ gửi thư {place}: “{why}”; đề nghị kiểm tra transport.host, transport.ca_file"
            ),
            Trouble::Login {
                place,
                user,
                why,
                permanent,
            } => {
                let advice = match permanent {
                    true => {
                        "; đề nghị kiểm tra tên đăng nhập và mật khẩu (Gmail: mật khẩu ứng dụng)"
                    }
                    false => "",
                };
                format!("máy chủ gửi thư {place} từ chối đăng nhập của {user}: “{why}”{advice}")
            }
            Trouble::Sender(address) => {
                format!("địa chỉ gửi “{address}” không phải là địa chỉ thư")
            }
            Trouble::Broken { step, why } => {
                format!(
                    "kết nối bị ngắt khi đang gửi ({}): “{why}”",
                    step_in_words(*step)
                )
            }
            Trouble::Unanswered(step) => {
                format!(
                    "máy chủ không trả lời khi đang gửi ({})",
                    step_in_words(*step)
                )
            }
            Trouble::Program { program, why } => {
                format!("không chạy được chương trình gửi thư {program}: “{why}”")
            }
            Trouble::Endless { program } => {
                format!("chương trình gửi thư {program} không kết thúc")
            }
            Trouble::Killed { program, said } => {
                format!("chương trình gửi thư {program} bị dừng: “{said}”")
            }
            Trouble::Exit { code, said } => {
                format!("chương trình gửi thư kết thúc với mã {code}: “{said}”")
            }
            Trouble::Folder(why) => format!("không ghi được vào thư mục thư đi: “{why}”"),
        }
    }
}

fn step_in_words(step: Step) -> &'static str {
    match step {
        Step::Mail => "MAIL FROM",
        Step::Rcpt => "RCPT TO",
        Step::Data => "DATA",
        Step::Dot => "cuối thư",
    }
}

impl From<String> for Trouble {
    fn from(said: String) -> Trouble {
        Trouble::Says(said)
    }
}

impl From<&str> for Trouble {
    fn from(said: &str) -> Trouble {
        Trouble::Says(said.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_have_it_in_english_and_staff_in_vietnamese_with_what_was_said_in_quotation_marks() {
        let (place, why) = ("smtp.example:465".to_owned(), "535 no".to_owned());
        for (trouble, english, vietnamese) in [
            (Trouble::from("550 no"), "550 no", "“550 no”"),
            (
                Trouble::Silent {
                    place: place.clone(),
                    seconds: 60,
                },
                "cannot reach smtp.example:465: no answer within 60 s",
                "máy chủ gửi thư smtp.example:465 không trả lời trong 60 giây",
            ),
            (
                Trouble::Login {
                    place,
                    user: "ban".into(),
                    why,
                    permanent: false,
                },
                "smtp.example:465 refuses the login of ban: 535 no",
                "máy chủ gửi thư smtp.example:465 từ chối đăng nhập của ban: “535 no”",
            ),
            (
                Trouble::Broken {
                    step: Step::Dot,
                    why: "reset".into(),
                },
                "the last byte: reset",
                "kết nối bị ngắt khi đang gửi (cuối thư): “reset”",
            ),
            (
                Trouble::Exit {
                    code: 75,
                    said: "later".into(),
                },
                "exit code 75: later",
                "chương trình gửi thư kết thúc với mã 75: “later”",
            ),
        ] {
            assert_eq!(trouble.to_string(), english);
            assert_eq!(trouble.in_vietnamese(), vietnamese);
        }
    }
}
