//! The alarm: what the mailbox cannot tell is told by a second way out, once, again after a day, and when it is over.
//!
//! It must work where mailbox, disk and store do not: what was told is kept in memory and in a small file of the
//! runtime folder (`$RUNTIME_DIRECTORY`, a memory disk under systemd), else of the data folder; where that cannot be
//! written either, memory has to do.

mod said;
mod way;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::config::{AlarmSettings, Config};
use crate::health::{self, GRACE, Look};
use crate::store::{Part, Store};

/// What lasts is told again after this.
const AGAIN: SignedDuration = SignedDuration::from_hours(24);
/// A fault that comes and goes is one fault: it is over when nothing was wrong for so long.
const QUIET: SignedDuration = SignedDuration::from_mins(30);
/// After a ring that nobody took, the next one.
const NEXT_RING: SignedDuration = SignedDuration::from_mins(10);

/// What an alarm tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Fault {
    /// A part of the service fails.
    Part(Part),
    /// Rounds end with an error: store, archive or disk.
    Round,
    /// The service ended badly or could not start.
    Stopped,
}

impl From<Fault> for String {
    fn from(fault: Fault) -> String {
        match fault {
            Fault::Part(part) => part.word().to_owned(),
            Fault::Round => "round".to_owned(),
            Fault::Stopped => "stopped".to_owned(),
        }
    }
}

impl TryFrom<String> for Fault {
    type Error = String;
    fn try_from(word: String) -> Result<Fault, String> {
        let parts = Part::ALL.into_iter().map(Fault::Part);
        parts
            .chain([Fault::Round, Fault::Stopped])
            .find(|f| String::from(*f) == word)
            .ok_or_else(|| format!("{word:?} is no fault"))
    }
}

/// A fault that is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub fault: Fault,
    /// Since when.
    pub since: Timestamp,
    /// What was said of it.
    pub why: String,
}

/// What was told of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// When it was told last.
    at: Timestamp,
    /// Since when it has not been seen, if it has not.
    gone_since: Option<Timestamp>,
}

/// What is to be told now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// It has begun.
    Begun(Standing),
    /// It still lasts.
    Lasts(Standing),
    /// It is over.
    Over(Fault),
}

/// Decides what is to be told of the faults that stand, after what was told; gives what will have been told then.
pub fn decide(
    standing: &[Standing],
    told: &BTreeMap<Fault, Told>,
    now: Timestamp,
) -> (Vec<News>, BTreeMap<Fault, Told>) {
    let mut news = Vec::new();
    let mut after = BTreeMap::new();
    let told_now = Told {
        at: now,
        gone_since: None,
    };
    for s in standing {
        let next = match told.get(&s.fault) {
            None if follows(s.fault, standing) => continue,
            None => {
                news.push(News::Begun(s.clone()));
                told_now
            }
            // Also where the clock was set back: the distance counts.
            Some(t) if now.duration_since(t.at).abs() >= AGAIN => {
                news.push(News::Lasts(s.clone()));
                told_now
            }
            Some(t) => Told {
                gone_since: None,
                ..*t
            },
        };
        after.insert(s.fault, next);
    }
    for (fault, t) in told {
        if after.contains_key(fault) {
            continue;
        }
        let gone = t.gone_since.unwrap_or(now);
        if now.duration_since(gone).abs() >= QUIET {
            news.push(News::Over(*fault));
        } else {
            after.insert(
                *fault,
                Told {
                    gone_since: Some(gone),
                    ..*t
                },
            );
        }
    }
    (news, after)
}

/// Whether a fault is there only because of another one that is told.
fn follows(fault: Fault, standing: &[Standing]) -> bool {
    let stands = |part| standing.iter().any(|s| s.fault == Fault::Part(part));
    match fault {
        Fault::Part(part) => health::follows(part, stands),
        Fault::Round | Fault::Stopped => false,
    }
}

/// The faults that stand, by how the parts fare.
pub fn standing(looks: &[Look], hours: u16, now: Timestamp) -> Vec<Standing> {
    let told = |look: &Look| {
        let ill = look.lasting(hours, now)?;
        Some(Standing {
            fault: Fault::Part(look.part),
            since: ill.since,
            why: ill.why.clone(),
        })
    };
    looks.iter().filter_map(told).collect()
}

/// The machine's name, for an administrator of several.
fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// The alarm of a running service.
pub(crate) struct Alarm {
    file: Option<PathBuf>,
    told: BTreeMap<Fault, Told>,
    next_ring: Option<Timestamp>,
    rounds_fail_since: Option<Timestamp>,
}

impl Alarm {
    /// Takes up what was told before a restart. `data`: the data folder, where one is known.
    pub(crate) fn new(data: Option<&Path>) -> Alarm {
        let folder = std::env::var_os("RUNTIME_DIRECTORY").map(PathBuf::from);
        let folder = folder.filter(|f| f.is_dir()).or(data.map(Path::to_owned));
        let file = folder.map(|f| f.join("alarm.json"));
        // A file that is missing or broken makes faults told once more.
        let told = file
            .as_ref()
            .and_then(|f| std::fs::read(f).ok())
            .and_then(|text| serde_json::from_slice(&text).ok())
            .unwrap_or_default();
        Alarm {
            file,
            told,
            next_ring: None,
            rounds_fail_since: None,
        }
    }

    /// Tells what is to be told after a round. `failure`: why the round ended, if with an error. Nothing here is an
    /// error of the round: an alarm that does not leave is noted, and tried again.
    pub(crate) async fn pass(
        &mut self,
        config: &Config,
        store: &Store,
        failure: Option<&anyhow::Error>,
        now: Timestamp,
    ) {
        let Some(alarm) = &config.settings.alarm else {
            return;
        };
        let looks = health::look(store, config, now);
        let failure = match (&looks, failure) {
            (_, Some(e)) | (Err(e), None) => Some(format!("{e:#}")),
            (Ok(_), None) => None,
        };
        let mut faults = standing(&looks.unwrap_or_default(), alarm.hours, now);
        match failure {
            None => self.rounds_fail_since = None,
            Some(why) => {
                let since = *self.rounds_fail_since.get_or_insert(now);
                if now.duration_since(since).abs() >= GRACE {
                    faults.push(Standing {
                        fault: Fault::Round,
                        since,
                        why,
                    });
                }
            }
        }
        let result = self.tell(&config.folder, alarm, &faults, now).await;
        let noted = match &result {
            Ok(true) => store.succeeded(Part::Alarm, now),
            Ok(false) => Ok(()),
            Err(e) => {
                tracing::error!(error = %format!("{e:#}"), "the alarm does not leave");
                store.failed(Part::Alarm, now, &said::way_fails(e))
            }
        };
        if let Err(e) = noted {
            tracing::error!(error = %format!("{e:#}"), "cannot note how the alarm fared");
        }
    }

    /// Rings, if there is news. Whether it did.
    async fn tell(
        &mut self,
        folder: &Path,
        alarm: &AlarmSettings,
        faults: &[Standing],
        now: Timestamp,
    ) -> Result<bool> {
        if self.next_ring.is_some_and(|at| {
            let wait = at.duration_since(now);
            wait.is_positive() && wait <= NEXT_RING
        }) {
            return Ok(false);
        }
        let (news, after) = decide(faults, &self.told, now);
        if !news.is_empty() {
            let (subject, text) = said::letter(folder, &news)?;
            tracing::warn!(subject, "ringing the alarm");
            self.next_ring = Some(now + NEXT_RING);
            ring(alarm, &subject, &text, now).await?;
            self.next_ring = None;
        }
        if after != self.told {
            self.told = after;
            self.save();
        }
        Ok(!news.is_empty())
    }

    fn save(&self) {
        let Some(file) = &self.file else {
            return;
        };
        let saved = serde_json::to_vec(&self.told)
            .map_err(std::io::Error::from)
            .and_then(|text| std::fs::write(file, text));
        if let Err(e) = saved {
            tracing::warn!(file = %file.display(), error = %e, "what the alarm told is kept in memory only");
        }
    }
}

/// Tells that the service ended badly or could not start, by what systemd says of it. For `ExecStopPost=`.
///
/// # Errors
/// When the alarm does not leave.
pub async fn stopped(
    folder: &Path,
    data: Option<&Path>,
    alarm: &AlarmSettings,
    why: String,
    now: Timestamp,
) -> Result<()> {
    let mut state = Alarm::new(data);
    let faults = [Standing {
        fault: Fault::Stopped,
        since: now,
        why,
    }];
    // Of the other faults nothing is known here.
    let stopped = |told: &BTreeMap<Fault, Told>, of: bool| -> BTreeMap<Fault, Told> {
        let part = told.iter().filter(|(f, _)| (**f == Fault::Stopped) == of);
        part.map(|(f, t)| (*f, *t)).collect()
    };
    let others = stopped(&state.told, false);
    let (news, mut after) = decide(&faults, &stopped(&state.told, true), now);
    after.extend(others);
    if !news.is_empty() {
        let (subject, text) = said::letter(folder, &news)?;
        ring(alarm, &subject, &text, now).await?;
    }
    state.told = after;
    state.save();
    Ok(())
}

/// Sends a trial by every way; what became of each.
pub async fn trial(alarm: &AlarmSettings, now: Timestamp) -> Vec<(&'static str, Result<()>)> {
    let text = said::trial(&host());
    let mut fates = Vec::new();
    for way in &alarm.ways {
        fates.push((
            way::name(way),
            way::tell(way, said::TRIAL, &text, now).await,
        ));
    }
    fates
}

/// Sends a text by every way.
async fn ring(alarm: &AlarmSettings, subject: &str, text: &str, now: Timestamp) -> Result<()> {
    let mut failures = Vec::new();
    for way in &alarm.ways {
        if let Err(e) = way::tell(way, subject, text, now).await {
            failures.push(format!("{}: {e:#}", way::name(way)));
        }
    }
    if failures.len() == alarm.ways.len() {
        bail!("{}", failures.join("; "));
    }
    for why in failures {
        tracing::error!(why, "one way of the alarm is closed");
    }
    Ok(())
}

/// Why systemd says that the service ended, from the environment of `ExecStopPost=`; `None` if it ended well.
///
/// # Errors
/// When it does not run under systemd.
pub(crate) fn ended_badly() -> Result<Option<String>> {
    let var = |name: &str| std::env::var(name).unwrap_or_default();
    let result = std::env::var("SERVICE_RESULT")
        .context("there is no $SERVICE_RESULT; this is for ExecStopPost= of the unit file")?;
    Ok((result != "success").then(|| {
        format!(
            "systemd: {result}, {} {}",
            var("EXIT_CODE"),
            var("EXIT_STATUS")
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Way;
    use crate::health::Ill;

    const LOGIN: Fault = Fault::Part(Part::Login);

    /// What is told at each moment (minutes after the beginning) at which a fault is there or not.
    fn story(moments: &[(i64, bool)]) -> Vec<&'static str> {
        let mut told = BTreeMap::new();
        let mut words = Vec::new();
        for (minute, there) in moments {
            let now = Timestamp::UNIX_EPOCH + SignedDuration::from_mins(*minute);
            let standing = Standing {
                fault: LOGIN,
                since: now,
                why: "no".into(),
            };
            let standing: Vec<Standing> = there.then_some(standing).into_iter().collect();
            let (news, after) = decide(&standing, &told, now);
            // A restart in between changes nothing.
            let saved = serde_json::to_vec(&after).unwrap();
            told = serde_json::from_slice(&saved).unwrap();
            assert_eq!(told, after);
            words.push(match news.as_slice() {
                [] => "",
                [News::Begun(_)] => "begun",
                [News::Lasts(_)] => "lasts",
                [News::Over(_)] => "over",
                several => panic!("{several:?}"),
            });
        }
        words
    }

    #[test]
    fn a_fault_is_told_once_again_after_a_day_and_when_it_is_over() {
        const DAY: i64 = 24 * 60;
        type Case = (&'static [(i64, bool)], &'static [&'static str]);
        let cases: [Case; 6] = [
            (&[(0, false), (5, false)], &["", ""]),
            (
                &[
                    (0, true),
                    (5, true),
                    (DAY - 1, true),
                    (DAY, true),
                    (DAY + 5, true),
                ],
                &["begun", "", "", "lasts", ""],
            ),
            (
                &[(0, true), (DAY, true), (2 * DAY - 1, true), (2 * DAY, true)],
                &["begun", "lasts", "", "lasts"],
            ),
            // Over when it was away for half an hour.
            (
                &[(0, true), (5, false), (34, false), (35, false), (40, false)],
                &["begun", "", "", "over", ""],
            ),
            // What comes and goes is told once.
            (
                &[
                    (0, true),
                    (5, false),
                    (10, true),
                    (15, false),
                    (44, false),
                    (45, false),
                    (50, true),
                ],
                &["begun", "", "", "", "", "over", "begun"],
            ),
            // The clock was a year ahead when it was told.
            (
                &[(365 * DAY, true), (0, true), (5, true)],
                &["begun", "lasts", ""],
            ),
        ];
        for (moments, expected) in cases {
            assert_eq!(story(moments), expected, "{moments:?}");
        }
    }

    #[test]
    fn what_only_follows_from_another_fault_is_not_told_beside_it() {
        let fault = |part| Standing {
            fault: Fault::Part(part),
            since: Timestamp::UNIX_EPOCH,
            why: "no".into(),
        };
        let (login, mailbox) = (fault(Part::Login), fault(Part::Mailbox));
        let at = |minutes| Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes);
        let begun = |s: &Standing| News::Begun(s.clone());
        let both = [login.clone(), mailbox.clone()];
        let (news, told) = decide(&both, &BTreeMap::new(), at(0));
        assert_eq!(news, [begun(&login)]);
        let (news, told) = decide(&both, &told, at(200));
        assert_eq!(news, []);
        // Let in again, and still nobody can look: that is another fault.
        let (news, _) = decide(std::slice::from_ref(&mailbox), &told, at(205));
        assert_eq!(news, [begun(&mailbox)]);
        // What was told before the other one began is not over by that.
        let (news, told) = decide(std::slice::from_ref(&mailbox), &BTreeMap::new(), at(0));
        assert_eq!(news, [begun(&mailbox)]);
        let (news, told) = decide(&both, &told, at(10));
        assert_eq!(news, [begun(&login)]);
        let (news, _) = decide(&both, &told, at(60));
        assert_eq!(news, []);
    }

    #[test]
    fn each_part_is_told_after_its_time_or_never() {
        let since = Timestamp::UNIX_EPOCH;
        let stands = |part, minutes| {
            let look = Look {
                part,
                success_at: None,
                ill: Some(Ill {
                    since,
                    why: String::new(),
                }),
            };
            !standing(&[look], 2, since + SignedDuration::from_mins(minutes)).is_empty()
        };
        for part in Part::ALL {
            let after = match part {
                Part::Mailbox => Some(120),
                Part::Reading | Part::Transport | Part::Archive => Some(15),
                Part::Login
                | Part::Folder
                | Part::Confinement
                | Part::Password
                | Part::Digest
                | Part::Disk
                | Part::Clock
                | Part::Damage
                | Part::Register
                | Part::Holds => Some(0),
                Part::Download | Part::Rewound | Part::Page | Part::Alarm => None,
            };
            match after {
                Some(0) => assert!(stands(part, 0), "{part:?}"),
                Some(n) => assert!(stands(part, n) && !stands(part, n - 1), "{part:?}"),
                None => assert!(!stands(part, 100_000), "{part:?}"),
            }
        }
    }

    #[tokio::test]
    async fn it_rings_without_store_and_disk_and_once() {
        let now = Timestamp::UNIX_EPOCH;
        let folder = tempfile::tempdir().unwrap();
        let rung = folder.path().join("rung");
        let mut config = Config::load(Path::new("config")).unwrap();
        let script = format!("head -n 1 >>'{}'", rung.display());
        config.settings.alarm = Some(AlarmSettings {
            hours: 2,
            ways: vec![
                Way::Command(vec!["/nowhere/program".into()]),
                Way::Command(vec!["/bin/sh".into(), "-c".into(), script]),
            ],
        });
        let store = Store::in_memory(now).unwrap();
        let mut alarm = Alarm::new(Some(Path::new("/nowhere")));
        let failure = anyhow::anyhow!("the disk is full");
        let rings = || {
            let text = std::fs::read_to_string(&rung).unwrap_or_default();
            text.lines().count()
        };
        for (minutes, expected) in [
            (0, 0),
            (14, 0),
            (15, 1),
            (20, 1),
            (14 * 60, 1),
            (24 * 60 + 15, 2),
        ] {
            let at = now + SignedDuration::from_mins(minutes);
            alarm.pass(&config, &store, Some(&failure), at).await;
            assert_eq!(rings(), expected, "after {minutes} minutes");
        }
    }

    #[tokio::test]
    async fn an_alarm_that_nobody_took_is_tried_again_after_a_while() {
        let now = Timestamp::UNIX_EPOCH;
        let mut config = Config::load(Path::new("config")).unwrap();
        let closed = Way::Command(vec!["/bin/false".into()]);
        let set = |config: &mut Config, way| {
            config.settings.alarm = Some(AlarmSettings {
                hours: 2,
                ways: vec![way],
            });
        };
        set(&mut config, closed);
        let store = Store::in_memory(now).unwrap();
        store.failed(Part::Login, now, "no").unwrap();
        let mut alarm = Alarm::new(None);
        alarm.pass(&config, &store, None, now).await;
        assert!(store.health(Part::Alarm).unwrap().failing().is_some());
        set(&mut config, Way::Command(vec!["/bin/true".into()]));
        let later = now + SignedDuration::from_mins(9);
        alarm.pass(&config, &store, None, later).await;
        assert!(store.health(Part::Alarm).unwrap().failing().is_some());
        alarm.pass(&config, &store, None, now + NEXT_RING).await;
        assert_eq!(store.health(Part::Alarm).unwrap().failing(), None);
    }

    #[test]
    fn every_letter_says_what_and_what_to_do() {
        let now = Timestamp::UNIX_EPOCH;
        let parts = Part::ALL.into_iter().map(Fault::Part);
        for fault in parts.chain([Fault::Round, Fault::Stopped]) {
            let standing = Standing {
                fault,
                since: now,
                why: "550 5.7.1 no".into(),
            };
            let news = [News::Begun(standing)];
            let (subject, text) = said::letter(Path::new("/nowhere"), &news).unwrap();
            assert_eq!(subject, format!("Thu báo cáo: {}", said::name(fault)));
            assert!(text.contains("550 5.7.1 no"), "{text}");
            assert!(text.contains("Đề nghị: "), "{text}");
        }
        let (subject, text) = said::letter(Path::new("/nowhere"), &[News::Over(LOGIN)]).unwrap();
        assert_eq!(
            subject,
            "Thu báo cáo: đã khắc phục: hộp thư từ chối đăng nhập"
        );
        assert!(!text.contains("Đề nghị"), "{text}");
    }
}
