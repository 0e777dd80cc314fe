//! Seccomp (seccomp(2)): which calls to the kernel a reading process may make. What it may not make fails; nothing is
//! killed for it, so that a library that tries something unusual goes on without it.
//!
//! What is refused is named, rather than what is allowed: the programs that help belong to the distribution, and a call
//! that a later version of theirs makes must not leave documents unread where nobody sees it. Calls that are younger
//! than this list are answered as by an older kernel. The unit file allows by name on top of this.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, sock_filter,
};
use serde::{Deserialize, Serialize};

use super::Purpose;

/// Whether the calls are filtered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Calls {
    /// What reading does not need is refused.
    Filtered,
    /// It is not, and why.
    Withheld(String),
}

impl std::fmt::Display for Calls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Calls::Filtered => write!(f, "seccomp refuses calls that reading does not need"),
            Calls::Withheld(why) => write!(f, "seccomp does NOT hold: {why}"),
        }
    }
}

/// Calls that no reading process needs, by what they would open.
const REFUSED: &[c_long] = &[
    // The network and other processes' sockets
    libc::SYS_socket,
    libc::SYS_connect,
    libc::SYS_bind,
    libc::SYS_listen,
    libc::SYS_accept,
    libc::SYS_accept4,
    libc::SYS_sendto,
    libc::SYS_sendmsg,
    libc::SYS_sendmmsg,
    // Other processes: a helper that takes too long ends by its own timer
    libc::SYS_kill,
    libc::SYS_tkill,
    libc::SYS_tgkill,
    libc::SYS_rt_sigqueueinfo,
    libc::SYS_rt_tgsigqueueinfo,
    libc::SYS_pidfd_send_signal,
    libc::SYS_pidfd_open,
    libc::SYS_pidfd_getfd,
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_process_madvise,
    libc::SYS_process_mrelease,
    libc::SYS_kcmp,
    libc::SYS_perf_event_open,
    libc::SYS_setpriority,
    libc::SYS_ioprio_set,
    libc::SYS_sched_setaffinity,
    libc::SYS_sched_setattr,
    libc::SYS_sched_setparam,
    libc::SYS_sched_setscheduler,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    // Out of the group of processes that is ended with the reader
    libc::SYS_setsid,
    libc::SYS_setpgid,
    // Other rights, other views of the system
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_capset,
    libc::SYS_setuid,
    libc::SYS_setgid,
    libc::SYS_setreuid,
    libc::SYS_setregid,
    libc::SYS_setresuid,
    libc::SYS_setresgid,
    libc::SYS_setfsuid,
    libc::SYS_setfsgid,
    libc::SYS_setgroups,
    libc::SYS_personality,
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    // Parts of the kernel that have had most holes
    libc::SYS_bpf,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_userfaultfd,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    libc::SYS_inotify_init1,
    libc::SYS_inotify_add_watch,
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_vmsplice,
    libc::SYS_mq_open,
    libc::SYS_msgget,
    libc::SYS_semget,
    libc::SYS_shmget,
    libc::SYS_quotactl,
    libc::SYS_acct,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_reboot,
    libc::SYS_kexec_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    libc::SYS_clock_settime,
    libc::SYS_settimeofday,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_syslog,
    libc::SYS_vhangup,
    libc::SYS_lookup_dcookie,
    // What Landlock has no rule for, or has only in later kernels: modes, owners, times, lengths, links, fifos
    libc::SYS_fchmod,
    libc::SYS_fchmodat,
    FCHMODAT2,
    libc::SYS_fchown,
    libc::SYS_fchownat,
    libc::SYS_setxattr,
    libc::SYS_lsetxattr,
    libc::SYS_fsetxattr,
    libc::SYS_removexattr,
    libc::SYS_lremovexattr,
    libc::SYS_fremovexattr,
    libc::SYS_utimensat,
    libc::SYS_truncate,
    libc::SYS_symlinkat,
    libc::SYS_linkat,
    libc::SYS_mknodat,
    libc::SYS_mkdirat,
];

/// The older forms of such calls, which only some machines have.
#[cfg(target_arch = "x86_64")]
const REFUSED_HERE: &[c_long] = &[
    libc::SYS_chmod,
    libc::SYS_chown,
    libc::SYS_lchown,
    libc::SYS_utime,
    libc::SYS_utimes,
    libc::SYS_futimesat,
    libc::SYS_symlink,
    libc::SYS_link,
    libc::SYS_mknod,
    libc::SYS_mkdir,
    libc::SYS_inotify_init,
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_kexec_file_load,
    libc::SYS_uselib,
];
#[cfg(not(target_arch = "x86_64"))]
const REFUSED_HERE: &[c_long] = &[];

/// What only a process needs that starts programs.
const TO_START_PROGRAMS: &[c_long] =
    &[libc::SYS_execve, libc::SYS_execveat, libc::SYS_memfd_create];

/// Namespaces that clone(2) would make.
const NAMESPACES: [libc::c_int; 7] = [
    libc::CLONE_NEWNS,
    libc::CLONE_NEWCGROUP,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
];

/// A call whose number the C library does not tell on every machine (Linux 6.6).
const FCHMODAT2: c_long = 452;

/// The last call that this list knows: `mseal` of Linux 6.10. From 424 on a number is the same on every machine.
const YOUNGEST: u32 = 462;

/// Filters the calls of this thread, and of what it starts.
pub(super) fn filter(purpose: Purpose<'_>) -> Calls {
    let apply = || -> Result<(), seccompiler::Error> {
        seccompiler::apply_filter(&refusing(purpose)?)?;
        // Where both refuse, the one that came last gives the error.
        seccompiler::apply_filter(&as_by_an_older_kernel())
    };
    match apply() {
        Ok(()) => Calls::Filtered,
        Err(e) => Calls::Withheld(e.to_string()),
    }
}

fn refusing(purpose: Purpose<'_>) -> Result<BpfProgram, seccompiler::Error> {
    let mut rules: BTreeMap<c_long, Vec<SeccompRule>> = BTreeMap::new();
    let programs = match purpose {
        Purpose::Words => TO_START_PROGRAMS,
        Purpose::Files(_) => &[],
    };
    for call in REFUSED.iter().chain(REFUSED_HERE).chain(programs) {
        rules.insert(*call, vec![]); // whatever its arguments
    }
    let one = |condition| SeccompRule::new(vec![condition]);
    let flag = |flag: libc::c_int| {
        let flag = u64::from(flag.unsigned_abs());
        one(condition(0, SeccompCmpOp::MaskedEq(flag), flag)?)
    };
    let namespaces: Result<_, seccompiler::BackendError> =
        NAMESPACES.into_iter().map(flag).collect();
    rules.insert(libc::SYS_clone, namespaces?);
    // Limits of another process than itself
    let another = one(condition(0, SeccompCmpOp::Ne, 0)?)?;
    rules.insert(libc::SYS_prlimit64, vec![another]);
    // A pair of sockets that only know each other is how the standard library hears that a program did not start.
    let local = u64::from(libc::AF_UNIX.unsigned_abs());
    let to_others = one(condition(0, SeccompCmpOp::Ne, local)?)?;
    rules.insert(libc::SYS_socketpair, vec![to_others]);
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM.unsigned_abs()),
        std::env::consts::ARCH.try_into()?,
    )?;
    Ok(filter.try_into()?)
}

/// A condition on the lower half of an argument, which is all that the calls here look at.
fn condition(
    argument: u8,
    compare: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, compare, value)
}

/// Answers ENOSYS to calls that are younger than this list, and to those of another ABI on the same machine (x32, whose
/// numbers begin at 2^30); also to clone3, whose flags no filter can see: libraries use clone then.
fn as_by_an_older_kernel() -> BpfProgram {
    let statement = |code: u32, jt: u8, jf: u8, k: u32| sock_filter {
        code: u16::try_from(code).expect("codes of BPF have sixteen bits"),
        jt,
        jf,
        k,
    };
    let number = 0; // its offset in struct seccomp_data
    let clone3 = u32::try_from(libc::SYS_clone3).expect("numbers of calls are small");
    vec![
        statement(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0, number),
        statement(libc::BPF_JMP | libc::BPF_JEQ | libc::BPF_K, 1, 0, clone3),
        statement(libc::BPF_JMP | libc::BPF_JGT | libc::BPF_K, 0, 1, YOUNGEST),
        statement(
            libc::BPF_RET | libc::BPF_K,
            0,
            0,
            libc::SECCOMP_RET_ERRNO | libc::ENOSYS.unsigned_abs(),
        ),
        statement(libc::BPF_RET | libc::BPF_K, 0, 0, libc::SECCOMP_RET_ALLOW),
    ]
}
