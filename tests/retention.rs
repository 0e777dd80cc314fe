//! What names children and workers is kept as long as the administrator says, and no longer: nowhere.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use thubaocao::archive::Folder;
use thubaocao::domain::{date_of, vietnamese_date};
use thubaocao::store::{Message, Store};

use crate::lab::installation::{Installation, REPORTING, both_forms, succeed};
use crate::lab::written;

const STRANGER: &str = "nguoi.la@noi.example";

/// An installation that keeps mails for a year, and got two: one of a unit, one that waits for a person.
struct Kept {
    installation: Installation,
    begin: Timestamp,
}

impl Kept {
    fn begin() -> Kept {
        let installation = Installation::on_maildir();
        let settings = installation.config().join("thubaocao.toml");
        let text = fs::read_to_string(&settings).unwrap();
        fs::write(&settings, text + "\n[retention]\nyears = 1\n").unwrap();
        for (name, from, subject) in [
            ("1.a", REPORTING, "Báo cáo trẻ em"),
            ("2.b", STRANGER, "Ho so cua chau Nguyen Thi A"),
        ] {
            let mail = written(from, subject, "Gửi Ban", &both_forms(from));
            fs::write(installation.maildir().join("new").join(name), mail).unwrap();
        }
        let kept = Kept {
            installation,
            begin: Timestamp::now(),
        };
        kept.round(0);
        kept
    }

    fn data(&self) -> PathBuf {
        self.installation.dir.path().join("data")
    }

    fn store(&self) -> Store {
        Store::copy_of(&Store::path(&self.data())).unwrap()
    }

    fn waiting(&self) -> Vec<Message> {
        self.store().waiting().unwrap()
    }

    fn day(&self, days: i64) -> Timestamp {
        self.begin + SignedDuration::from_hours(24 * days)
    }

    /// What a command prints so many days after the beginning.
    fn after(&self, days: i64, command: &[&str]) -> String {
        let at = self.day(days).to_string();
        succeed(self.installation.run(&[&["--at", &at], command].concat()))
    }

    fn round(&self, days: i64) {
        self.after(days, &["run", "--once"]);
    }
}

/// Whether a text stands anywhere in the database or its log.
fn stands_in_store(data: &Path, text: &str) -> bool {
    ["", "-wal"].iter().any(|ending| {
        let path = data.join(format!("thubaocao.sqlite{ending}"));
        let content = fs::read(path).unwrap_or_default();
        content.windows(text.len()).any(|w| w == text.as_bytes())
    })
}

#[test]
fn a_mail_that_nobody_decides_goes_after_a_month_of_notice_and_with_it_every_trace() {
    let kept = Kept::begin();
    let data = kept.data();
    let [mail] = <[Message; 1]>::try_from(kept.waiting()).unwrap();
    let said = [mail.sender.unwrap(), mail.subject.unwrap()];
    assert!(said.iter().all(|s| stands_in_store(&data, s)));
    let sha256 = mail.sha256.unwrap();
    let file = Folder::open(&data).unwrap().path(sha256);
    assert!(file.exists());

    // Its time is over; the digest has to say so first, for a month.
    kept.round(370);
    assert_eq!(kept.waiting().len(), 1);
    let day = date_of(kept.day(371)).to_string();
    let page = kept.installation.dir.path().join("digest.html");
    kept.after(
        371,
        &["digest", "--on", &day, "--html", page.to_str().unwrap()],
    );
    let page = fs::read_to_string(page).unwrap().replace("&#x2f;", "/");
    let ends = vietnamese_date(date_of(kept.day(401)));
    for what in [
        format!("Nội dung thư sẽ bị xóa ngày {ends}"),
        format!(
            "quá thời hạn lưu trữ 1 năm sẽ bị xóa nội dung nếu chưa được xử lý: số {} (ngày {ends})",
            mail.id
        ),
    ] {
        assert!(page.contains(&what), "{what}: {page}");
    }
    // No digest that says so has left.
    kept.after(402, &["retention", "--apply"]);
    assert_eq!(kept.waiting().len(), 1);
    kept.round(400);
    assert_eq!(kept.waiting().len(), 1);
    kept.round(401);
    assert_eq!(kept.waiting().len(), 0);

    assert!(!file.exists());
    for said in &said {
        assert!(!stands_in_store(&data, said), "{said}");
    }
    let history = kept.after(401, &["history", &mail.id.to_string()]);
    assert!(
        history.contains("past its time, nobody had decided"),
        "{history}"
    );
}

#[test]
fn to_whom_mails_went_and_copies_from_before_an_upgrade_are_not_kept_longer() {
    let kept = Kept::begin();
    let named = || {
        let sent = kept.store().ended_between(kept.begin, kept.day(1)).unwrap();
        let named = sent
            .iter()
            .map(|m| (m.recipients.len(), m.subject.is_some()));
        named.collect::<Vec<_>>()
    };
    assert!(
        named().len() >= 2 && named().iter().all(|m| *m == (1, true)),
        "{:?}",
        named()
    );
    let copies = ["", "-wal"].map(|e| {
        kept.data()
            .join(format!("thubaocao.before-schema-9.sqlite{e}"))
    });
    let other = kept.data().join("thubaocao.sqlite.mine");
    for file in copies.iter().chain([&other]) {
        fs::write(file, "x").unwrap();
    }
    let young = std::time::SystemTime::from(kept.day(350));
    fs::File::open(&copies[1])
        .unwrap()
        .set_modified(young)
        .unwrap();
    kept.after(370, &["retention", "--apply"]);
    assert!(named().iter().all(|m| *m == (0, false)), "{:?}", named());
    assert!(!copies[0].exists() && copies[1].exists() && other.exists());
}
