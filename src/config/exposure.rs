//! Whether others than the service can read a file that holds a secret, and the command that mends it.

use std::fmt;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::alarm::Way;
use super::secret::Secret;
use super::settings::Settings;
use super::veil::Veil;

/// A file with a secret that others can read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposed {
    /// The file.
    pub path: PathBuf,
    /// Who can read it.
    pub by: Others,
    /// The command that mends it, for a shell.
    pub mend: String,
}

/// Who can read what is not for him.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Others {
    /// Every user of the machine.
    Everybody,
    /// A group (gid) that the service is not in.
    Group(u32),
}

impl fmt::Display for Exposed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.by {
            Others::Everybody => write!(f, "every user of this machine can read {path}")?,
            Others::Group(gid) => write!(f, "the group {} can read {path}", group_name(gid))?,
        }
        write!(f, "; run: {}", self.mend)
    }
}

/// The files with secrets of a configuration that others can read. `folder`: the configuration folder, whose
/// `thubaocao.toml` holds the URL of an alarm. A file that is not there is none; who needs it says so.
pub fn exposed(settings: &Settings, folder: &Path) -> Vec<Exposed> {
    let mut files = Vec::new();
    for secret in settings.secrets() {
        match secret {
            Secret::File(path) => files.push(path),
            // Neither lies in a place of the administrator's choice.
            Secret::Environment(_) | Secret::Credential(_) => {}
        }
    }
    let is_key = |way: &Way| match way {
        Way::Url(url) => Veil::of_url(url) != Veil::default(),
        Way::Smtp { .. } | Way::Sendmail { .. } | Way::Command(_) => false,
    };
    if settings.alarm.iter().flat_map(|a| &a.ways).any(is_key) {
        files.push(folder.join("thubaocao.toml"));
    }
    files.sort();
    files.dedup();
    let service = Service::of(&settings.data);
    let look = |path: PathBuf| {
        let guards = guards(&path)?;
        let by = others(&guards, &service)?;
        let mend = mend(&path, guards.first()?, &service);
        Some(Exposed { path, by, mend })
    };
    files.into_iter().filter_map(look).collect()
}

/// Who the service runs as.
#[derive(Debug)]
struct Service {
    uid: u32,
    /// Its groups, its own first.
    gids: Vec<u32>,
}

impl Service {
    /// By the owner of the data folder, for `check` may be run as another user; where there is none yet, by this process.
    fn of(data: &Path) -> Service {
        // SAFETY: these two have no preconditions.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        let mut gids = vec![gid];
        gids.extend(further_groups());
        match fs::metadata(data) {
            Ok(owner) if owner.uid() != uid => Service {
                uid: owner.uid(),
                gids: vec![owner.gid()],
            },
            Ok(_) | Err(_) => Service { uid, gids },
        }
    }
}

/// The supplementary groups of this process.
fn further_groups() -> Vec<u32> {
    let mut groups: Vec<libc::gid_t> = vec![0; 1024];
    // SAFETY: there is room for as many groups as is said.
    let count = unsafe { libc::getgroups(groups.len() as libc::c_int, groups.as_mut_ptr()) };
    groups.truncate(usize::try_from(count).unwrap_or(0));
    groups
}

/// Owner and rights of a file or folder.
#[derive(Clone, Copy, Debug)]
struct Guard {
    mode: u32,
    uid: u32,
    gid: u32,
}

impl From<Metadata> for Guard {
    fn from(meta: Metadata) -> Guard {
        Guard {
            mode: meta.mode(),
            uid: meta.uid(),
            gid: meta.gid(),
        }
    }
}

/// Those of a file, and of the folders on the way to it, from below. A link is followed.
fn guards(path: &Path) -> Option<Vec<Guard>> {
    let path = path.canonicalize().ok()?;
    let guard = |p: &Path| fs::metadata(p).ok().map(Guard::from);
    path.ancestors().map(guard).collect()
}

/// Who beside the service, its group and root can read or replace the content of a file (the first of `guards`) and
/// pass all folders above it.
fn others(guards: &[Guard], service: &Service) -> Option<Others> {
    let (file, folders) = guards.split_first()?;
    if file.mode & 0o006 != 0 && folders.iter().all(|f| f.mode & 0o001 != 0) {
        return Some(Others::Everybody);
    }
    let gid = file.gid;
    let passes = |f: &Guard| match f.gid == gid {
        true => f.mode & 0o010 != 0,
        false => f.mode & 0o001 != 0,
    };
    let foreign = gid != 0 && !service.gids.contains(&gid);
    (foreign && file.mode & 0o060 != 0 && folders.iter().all(passes)).then_some(Others::Group(gid))
}

/// The command after which the service can still read the file, and nobody else but its owner.
fn mend(path: &Path, file: &Guard, service: &Service) -> String {
    let path = in_shell(path);
    match service.gids.first() {
        Some(group) if ![0, file.uid].contains(&service.uid) => {
            format!("chgrp {} {path} && chmod 640 {path}", group_name(*group))
        }
        _ => format!("chmod 600 {path}"),
    }
}

/// A path as a word of a shell.
fn in_shell(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    match text.chars().all(plain) {
        true => text,
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

/// The name of a group, else its number.
pub(super) fn group_name(gid: u32) -> String {
    let groups = fs::read_to_string("/etc/group").unwrap_or_default();
    let named = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(gid)).then(|| name.to_owned())
    });
    named.unwrap_or_else(|| gid.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: u32 = 0;
    const OURS: u32 = 990;
    const STAFF: u32 = 50;

    #[test]
    fn others_are_all_but_root_the_service_and_its_group() {
        let service = Service {
            uid: OURS,
            gids: vec![OURS],
        };
        let guard = |mode, gid| Guard {
            mode,
            uid: ROOT,
            gid,
        };
        let open = guard(0o755, ROOT);
        for (file, folder, expected) in [
            (guard(0o600, ROOT), open, None),
            (guard(0o640, ROOT), open, None),
            (guard(0o640, OURS), open, None),
            (guard(0o644, OURS), open, Some(Others::Everybody)),
            (guard(0o602, OURS), open, Some(Others::Everybody)),
            (guard(0o640, STAFF), open, Some(Others::Group(STAFF))),
            (guard(0o660, STAFF), open, Some(Others::Group(STAFF))),
            // Nobody comes so far.
            (guard(0o644, ROOT), guard(0o700, ROOT), None),
            (guard(0o644, ROOT), guard(0o750, OURS), None),
            (guard(0o640, STAFF), guard(0o750, OURS), None),
            (
                guard(0o644, STAFF),
                guard(0o750, STAFF),
                Some(Others::Group(STAFF)),
            ),
        ] {
            let guards = [file, folder, open];
            assert_eq!(others(&guards, &service), expected, "{guards:?}");
        }
    }

    #[test]
    fn the_command_leaves_the_file_to_the_service() {
        let file = |uid| Guard {
            mode: 0o644,
            uid,
            gid: STAFF,
        };
        let mended = |file: Guard, uid| {
            let service = Service {
                uid,
                gids: vec![4_000_000_000],
            };
            mend(Path::new("/etc/p"), &file, &service)
        };
        assert_eq!(mended(file(ROOT), ROOT), "chmod 600 /etc/p");
        assert_eq!(mended(file(OURS), OURS), "chmod 600 /etc/p");
        assert_eq!(
            mended(file(ROOT), OURS),
            "chgrp 4000000000 /etc/p && chmod 640 /etc/p"
        );
        assert_eq!(in_shell(Path::new("/a b/it's")), r"'/a b/it'\''s'");
    }
}
