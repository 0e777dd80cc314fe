//! The promises of thubaocao, kept on real servers, real files and the real binary.

mod lab;
mod look;
mod mails;
mod matching;

mod alarm;
mod back_fill;
mod calendar;
mod circle;
mod clock;
mod commands;
mod confinement;
mod corpora;
mod demo;
mod full_disk;
mod hostile;
mod identity;
mod interruptions;
mod mailbox_faults;
mod maildir;
mod manager;
mod meant;
mod model;
mod promises;
mod reader;
mod refusals;
mod register;
mod reminders;
mod second_server;
mod secrets;
mod sending;
mod staff;
mod storage;
mod trust;
mod waiting;
mod years;
