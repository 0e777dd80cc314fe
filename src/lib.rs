//! Thubaocao ("thu báo cáo", collecting reports): units of a union go on emailing their reports; this service logs
//! them, acknowledges them, reminds the units that are late, and sends staff one digest a day.
//!
//! # One idea
//!
//! Three passes, each safe to run again at any moment:
//!
//! 1. [`collect`]: mailbox → store. Raw mails into the archive, then read, matched and logged.
//! 2. [`plan`]: store and calendar → mails owed, each under a key that makes it owed once.
//! 3. [`send`]: outbox → the world, after a last look whether a mail is still owed.
//!
//! [`daemon`] only decides when a pass runs. All state that matters is in the store (SQLite) and the archive;
//! memory holds nothing that a `kill -9` may lose.
//!
//! # The house
//!
//! A floor may use the floors below it, never the other way.
//!
//! | floor | what it does |
//! |---|---|
//! | [`cli`] | one file a command; prints, decides nothing |
//! | [`daemon`] | when each pass runs; signals, watchdog, reload |
//! | [`app`] | what a running installation has open, and what of it each pass takes |
//! | [`backup`] | a copy of all that is known, and back |
//! | [`prepare`] | files that staff asked for by mail, packed before the answer leaves |
//! | [`export`] | the files of one period in tidy folders, with an index and the consolidation draft |
//! | [`audit`] | whether the archive holds what the store names, whole, and mends what it can |
//! | [`back_fill`] | mails from before the installation |
//! | [`identity`] | ids that were renamed or have vanished: configuration and store speak of the same things |
//! | [`staff`] | the commands that staff mail back, carried out and answered |
//! | [`correct`] | the corrections by staff, each with its inverse |
//! | [`collect`], [`plan`], [`send`], [`retention`] | the passes, and the end of what may be kept: the only places where floors meet |
//! | [`alarm`] | what the mailbox cannot tell, by a second way out |
//! | [`letters`] | one file a letter: whether a mail that is owed is still owed at this moment, and what it says |
//! | [`page`] | a page for a browser: who has sent what, period by period |
//! | [`home`] | the data folder that a configuration belongs to |
//! | [`disk`] | room on the disk, and what leaves without it |
//! | [`health`] | how each part of the service fares, for digest, `status`, `health` and alarm |
//! | [`clock`] | what time it is, and whether the machine's clock is to be trusted |
//! | [`urge`] | the letter to sign that asks late units for their reports, with its annex |
//! | [`commands`] | what a command that staff mailed asks for, and what it would do |
//! | [`overview`] | how all units stand, as tables: the Excel file of the digest and of `status`, totals, the chart |
//! | [`standing`] | how what is expected stands at a moment: waiting, late, closed, not tracked; who is written to, and whom mails hold |
//! | [`waiting`] | the mails on which staff have to decide, in the order in which they are to be seen |
//! | [`find`] | mails by the words of them and of their documents |
//! | [`links`] | the prepared mails behind the links of a digest, and the tokens that they carry |
//! | [`expected`] | what is expected of whom: the obligations of the periods that have opened |
//! | [`mailbox`], [`transport`] | raw mails in, outcomes out; mails out |
//! | [`verify`] | whether a mail comes from where it says, by DNS: of commands always, of reports where the mailbox's server does not tell |
//! | [`store`] | SQLite, one file a table family |
//! | [`archive`] | files under their SHA-256, in a folder or on S3-compatible storage |
//! | [`manager`] | what systemd is told: ready, alive, what happens |
//! | [`writing`] | mails out of templates, spreadsheets, documents in the frame of official ones; pure |
//! | [`consolidation`] | what units wrote, put under the sections of the plan; their tables added up; pure |
//! | [`matching`] | whose a mail is, which report, which period: on a reading that is not believed; pure |
//! | [`reading`] | understanding one mail; pure, and run in a child process with limits; knows neither units nor store |
//! | [`config`] | the configuration folder → checked values |
//! | [`domain`] | the rules of the users' world; pure |
//! | [`words`] | what things are called, as data, and the one way of looking for phrases in texts |
//! | [`ground`] | what every floor uses: folded text, the name of a content, private files |
//!
//! # The house's words
//!
//! - *Obligation*: what is expected of one unit for one report and period; *submission*: what came of it, in versions.
//! - *Form*: signed document or soft file; a report may want both. *Complete*: each form that it wants is there.
//! - *Step*: a rung of the ladder of reminders: opening, before, late, escalation ([`domain::reminder`]).
//! - *Owed*: a mail of ours that must leave, under a key that makes it owed once; looked at again before it leaves.
//! - *Reading*: what one mail is, by its bytes alone. *Evidence*: what of it speaks for a unit, a report or a period.
//! - *Verdict*: what becomes of a mail: logged, filed, or waiting for staff.
//! - *Hold*: a mail that waits and may be a unit's; while it lasts that unit is not reminded.
//!
//! # Where to begin
//!
//! 1. [`domain::obligation`] and [`domain::reminder`]: what is expected, and when who is reminded.
//! 2. [`reading::Reading`]: what is known of a mail before anything is decided.
//! 3. [`collect`]: from the mailbox to a verdict.
//! 4. [`plan`] and [`send`]: from the calendar to a letter that leaves.
//! 5. `tests/promises.rs`: which test keeps which promise.
//!
//! # The way of one mail
//!
//! [`mailbox`] lists identities and sizes, then yields bodies in batches → [`archive`] makes the bytes durable →
//! [`store`] records the mail as *received*; only now the cursor moves → [`reading::worker`] understands it →
//! [`matching`] finds unit, report and period → one transaction stores verdict, submission and the
//! acknowledgement owed → the mailbox shows the outcome → [`send`] hands the acknowledgement over.
//!
//! # Invariants
//!
//! - Nothing in [`domain`], [`reading`] or [`writing`] reads a clock, a database or the network; the moment is an argument.
//!   Nobody calls `now()` below [`daemon`] and [`cli`].
//! - The cursor of a folder never passes a UID that has no row, and no row is written before its bytes are fsynced, or
//!   acknowledged by the storage that the archive lies on. That such storage does not answer says nothing of what lies there:
//!   nothing is fetched, read or reminded meanwhile.
//! - What is decided about a mail is not waited for: a power cut may undo it, and it is decided again from the archive.
//!   Whatever leaves the machine by it is written down first, which the disk has before anything leaves.
//! - An answer of the IMAP server counts after its tagged OK only; a connection on which anything failed is dropped.
//! - A mail of ours leaves in the order: key taken → bytes archived → recipients accepted → *sending* → its first byte →
//!   *sent*. What breaks before *sending* leaves it queued; what breaks after is looked up among the sent mails, and is
//!   sent again only where the server is known to file them; else it is *unknown*, and staff decide.
//! - What stands in the way of one mail stops no other; what is about ourselves (a login, the day's limit) makes the
//!   queue wait and is held against no mail and no address ([`transport`]).
//! - A reminder leaves only if the mailbox was looked through within a minute, the form is still missing by all that the
//!   store knows, whatever the clock says, and no mail holds it that may be the unit's and waits to be read or decided.
//! - What may be forged holds reminders for some working days, of the one unit that it may be of; then they leave without
//!   a word of what has not come. Names in a text hold nothing: nobody silences others. Where a mail names one unit alone,
//!   that unit's reminders say no such word, either.
//! - The mailbox was looked through only if what is there, what was listed, what was fetched and what was read agree. A mail
//!   that is not fetched or not read has a row that names its sender all the same: its unit is not reminded.
//! - What a server said of a folder spares a listing only while UIDVALIDITY, UIDNEXT, EXISTS and HIGHESTMODSEQ go on from it
//!   and every mail had a row; where one does not, and once a day, all is listed.
//! - Nobody waits for the backlog: between passes of some seconds what is owed leaves. Who writes now comes before what others
//!   sent earlier, after what the same sender did; every fourth pass is for everybody, whoever goes on writing.
//! - A UID means the mail that it meant before only together with its INTERNALDATE; content decides what is known.
//! - A failure of the connection, of the machine or of another mail is never counted against a mail.
//! - A mail is unreadable only where a built-in one is read by a fresh process right after it; else the machine is at
//!   fault, and mails wait unread.
//! - A reading process is not believed: who wrote, whether that is true and which codes stand there comes from one that opens
//!   no file; what the other leaves is taken by hash, size and kind, and both are fresh after anything odd.
//! - What the mailbox cannot tell leaves by [`alarm`], which needs neither store nor disk.
//! - What waits for staff is shown as such, neither as there nor as missing; "không nộp" is said of closed periods alone.
//! - Mails of machines, lists and strangers are never answered, but for the word that a verified mail with a unit's own
//!   document has arrived; what a person must decide is never guessed.
//! - A command by mail is carried out only from a staff address whose domain signed it, or that confirmed it by a reply,
//!   with a token signed here for that address, once; token, change and answer stand in one transaction. What a mail quotes
//!   gives no right to anything: the sender's own words do, with a code among them or in answer to a digest that was sent
//!   to him.
//! - What stands in a mail is its sender's word. Of its head the topmost line of the own server counts, for reports; a mail
//!   about which DNS gives no answer is not judged for a day, and holds its own units only.
//! - A notice by mail that an address fails is a stranger's word: it takes those of two days, or the server's own refusal,
//!   to put the address out of use.
//! - A round costs what there is to do: no statement of it looks through a table that grows with the years. The digest shows
//!   how all stands of which anything was due within a year; older reports only where something happens to one.
//! - By a clock that is doubted nothing is decided by date; whoever gives the moment (`--at`) is believed.
//! - Rows are never deleted: what no longer holds carries the moment when it ended. Two exceptions, each logged: an
//!   obligation that a renamed id brings together with its older self, and what a clock that was ahead expected too
//!   early. Only [`retention`] removes files, and blanks what rows say of the content of mails, where the administrator
//!   set a time.
//!
//! # Where this differs from a first sketch
//!
//! - `letters` stands between the passes and `writing`: reminders, acknowledgements and digests are composed at the
//!   moment of sending, so that "is it still owed" and "what does it say" are one question.
//! - async-imap only frames; its commands take a refusal for an empty answer and are not used.

#![allow(
    rustdoc::private_intra_doc_links,
    reason = "the documentation is read by those who work here: `cargo doc --document-private-items`"
)]

pub mod alarm;
pub mod app;
pub mod archive;
pub mod audit;
pub mod back_fill;
pub mod backup;
pub mod cli;
pub mod clock;
pub mod collect;
pub mod commands;
pub mod config;
pub mod consolidation;
pub mod correct;
pub mod daemon;
pub mod disk;
pub mod domain;
pub mod expected;
pub mod export;
pub mod find;
pub mod ground;
pub mod health;
pub mod home;
pub mod identity;
pub mod letters;
pub mod links;
pub mod mailbox;
pub mod manager;
pub mod matching;
pub mod overview;
pub mod page;
pub mod plan;
pub mod prepare;
pub mod reading;
pub mod retention;
pub mod send;
pub mod staff;
pub mod standing;
pub mod store;
pub mod transport;
pub mod urge;
pub mod verify;
pub mod waiting;
pub mod words;
pub mod writing;
