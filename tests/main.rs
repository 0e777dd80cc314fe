//! The promises of thubaocao, kept on real servers, real files and the real binary.
#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "all of this is tests: where one fails is seen from its line"
)]
#![allow(
    unreachable_pub,
    reason = "one program: what `pub` opens, it opens to its neighbours"
)]
#![expect(
    clippy::too_many_lines,
    reason = "a test tells one story from its beginning to its end; what stories share stands in `lab`"
)]

mod lab;
mod look;
mod mails;
mod matching;

mod alarm;
mod authority;
mod back_fill;
mod backlog;
mod budgets;
mod calendar;
mod circle;
mod clock;
mod commands;
mod composed;
mod confinement;
mod corpora;
mod demo;
mod doors;
mod figures;
mod flood;
mod full_disk;
mod growth;
mod holding;
mod hostile;
mod house;
mod identity;
mod inquiries;
mod instructions;
mod interruptions;
mod kills;
mod long_run;
mod mailbox_faults;
mod maildir;
mod manager;
mod meant;
mod office;
mod orders;
mod page;
mod papers;
mod promises;
mod reader;
mod refusals;
mod register;
mod reminders;
mod retention;
mod s3;
mod second_server;
mod secrets;
mod sending;
mod shown;
mod staff;
mod storage;
mod taken;
mod taught;
mod trust;
mod waiting;
mod year;
mod years;
