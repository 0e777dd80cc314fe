//! What may go wrong, what is promised then, and the test that keeps the promise. Whoever finds a fault adds a row with its
//! test; `tests/run` runs them all.
//!
//! | fault | promise | test |
//! |---|---|---|
//! | **What units are told** | | |
//! | a report comes while the round connects | it is thanked and not reminded | `mailbox_faults::a_report_that_comes_while_the_round_connects_is_thanked_and_not_reminded` |
//! | the clock of the mail server is ahead | what the store knows counts, whatever the clock says | `mailbox_faults::a_report_whose_server_s_clock_is_ahead_is_thanked_and_not_reminded` |
//! | sending takes long, and reports come meanwhile | the mailbox is looked at within the minute before each reminder | `reminders::a_report_that_comes_while_reminders_leave_slowly_is_thanked_and_not_reminded` |
//! | the last look was dated by a clock that was ahead | no look of the future is a fresh one | `src/send.rs::units_are_reminded_in_working_hours_and_shortly_after_a_look_into_the_mailbox` |
//! | such a look is all there is once the clock is right | no reminder rests on it | `clock::a_look_that_was_dated_ahead_lets_no_reminder_leave_once_the_clock_is_right` |
//! | the reading process is killed on a good report | it is read by a fresh one | `reader::a_report_whose_reader_was_killed_is_logged_and_its_unit_not_reminded` |
//! | the machine can read no mail | mails stay unread, reminders wait, and both go on after the repair | `reader::mails_that_the_machine_cannot_read_stay_unread_hold_reminders_and_are_read_after_the_repair` |
//! | the line breaks again and again in one report | its header is fetched and holds the reminders of its unit | `mailbox_faults::a_unit_whose_report_the_line_breaks_in_again_and_again_is_not_reminded` |
//! | a report is larger than the limit | its unit is not reminded | `mailbox_faults::a_mail_that_is_too_large_holds_its_unit_s_reminder` |
//! | the server cannot read one mail | its unit is not reminded, the others are served | `mailbox_faults::a_mail_that_the_server_cannot_read_holds_its_unit_s_reminder_and_nobody_else_s` |
//! | the mailbox is restored from a copy and UIDs are used again | no report is taken for the one that had its UID | `mailbox_faults::a_mailbox_that_was_restored_from_a_copy_hides_no_report_under_a_uid_used_before` |
//! | a mail is listed without date or size | it is not passed over | `mailbox_faults::a_mail_that_is_listed_without_its_date_or_size_is_not_passed_over` |
//! | it always is | its unit is not reminded | `mailbox_faults::a_unit_whose_mail_is_always_listed_without_its_date_is_not_reminded` |
//! | the server lists nothing of what is there | that was no look | `mailbox_faults::a_server_that_lists_nothing_of_what_is_there_has_not_been_looked_through` |
//! | the server gives nothing of what it listed | that was no look | `mailbox_faults::a_server_that_gives_nothing_of_what_it_listed_has_not_been_looked_through` |
//! | a body comes cut short | it is fetched again | `mailbox_faults::a_mail_that_comes_cut_short_is_fetched_again` |
//! | the clock is a year ahead for one round | no letter goes by it, and nothing of it lasts | `clock::a_clock_a_year_ahead_for_one_round_does_no_lasting_harm` |
//! | the clock jumps while the daemon runs | what goes by date stops until it is mended | `clock::a_clock_that_jumps_while_the_daemon_runs_stops_what_goes_by_date_until_it_is_mended` |
//! | the clock is behind the mails | nothing is decided by it until it is said to be right | `clock::by_a_clock_behind_the_mails_nothing_is_decided_until_it_is_said_to_be_right` |
//! | the clock is behind for a while | the installation stays when it was, and no report is filed before it came | `clock::a_clock_behind_makes_nothing_owed_from_before_the_installation_and_files_no_report_early` |
//! | the clock is wrong at the start, and no mail tells | the server is asked for the time | `clock::a_silent_mailbox_is_asked_for_the_time_before_anything_is_decided_by_a_clock_that_is_ahead` |
//! | the server does not take that question | nothing stops | `clock::a_server_that_does_not_take_the_question_stops_nothing` |
//! | the id of a unit changes | what it sent is known under the new one | `identity::a_unit_that_has_reported_is_not_reminded_under_a_new_id` |
//! | a report vanishes from the configuration | a reload asks what became of it | `identity::a_reload_that_loses_a_report_is_refused_until_it_says_what_became_of_it` |
//! | reminders wait for what is not configured any more | nothing is sent about it | `identity::nothing_is_sent_about_what_is_not_configured_and_staff_are_told` |
//! | the mailbox cannot be reached | nobody is reminded | `interruptions::no_unit_is_reminded_while_the_mailbox_cannot_be_looked_through` |
//! | there is no network for days | one digest tells of all of them, and what has come meanwhile is not asked for | `interruptions::days_without_network_end_in_one_digest_and_no_reminder_of_what_has_come` |
//! | a mail waits for staff | its unit is shown as waiting, not as late | `src/store/awaited.rs::the_reports_that_a_mail_names_wait_and_all_of_its_unit_where_it_names_none_that_is_expected` |
//! | staff sign the letter that asks late units for their reports | nobody is asked whose report may be in a mail that waits | `src/urge.rs::who_has_sent_has_time_left_or_may_be_in_a_mail_that_waits_is_not_asked` |
//! | a forged mail waits | it makes no unit less late | `waiting::a_forged_mail_makes_no_unit_less_late_and_is_shown_beside_it` |
//! | a stranger names every unit, and a forged mail comes of each | nobody's reminder waits | `holding::a_stranger_who_names_every_unit_and_a_forged_mail_of_each_of_them_keep_no_reminder_back` |
//! | a unit reports from a private address, or its server's word on it fails | its reminders wait for some days, and never say that nothing came | `holding::a_unit_that_may_have_reported_is_not_reminded_for_a_while_and_never_told_that_nothing_came` |
//! | strangers flood the mailbox | the digest hides nobody whom we know | `flood::a_flood_of_strangers_hides_nobody_is_put_aside_by_one_link_and_brings_no_link_of_its_own` |
//! | a report that was ignored or sent back comes again | it counts | `meant::a_report_sent_again_after_it_was_sent_back_counts` |
//! | the figures of a report are missing, do not add up, or are of another period | it is received, complete and in time all the same; the receipt says what is odd | `figures::the_receipt_says_which_figure_does_not_add_up_with_a_copy_made_anew_and_the_report_counts_all_the_same`, `figures::a_report_without_its_annex_or_with_that_of_another_period_is_received_and_told_so_once` |
//! | a unit ends within a period | its successor is told whom it stands for | `register::a_letter_to_a_successor_names_the_unit_that_is_meant` |
//! | units, staff and addresses do what they like for years, with twelve kinds of faults on top of each other | none late is forgotten, none that reported is reminded, each mail is there once | `years::years_of_random_units_and_faults_agree_with_the_model` |
//! | how often a report is due changes | what was expected before stays as it was | `register::what_was_expected_stays_when_a_report_is_due_in_other_periods` |
//! | **What comes in** | | |
//! | one folder is gone or cannot be opened | the others are read; reminders wait for a working day | `mailbox_faults::a_folder_that_is_gone_keeps_no_other_from_being_read_and_holds_reminders_for_one_working_day` |
//! | a folder is renamed | it is followed by what it is for | `mailbox_faults::a_folder_that_is_renamed_is_followed_by_what_it_is_for` |
//! | any IMAP command fails or breaks once | each report is logged and acknowledged once | `mailbox_faults::whatever_command_fails_once_both_reports_are_logged_and_acknowledged_once` |
//! | IDLE answers at once for ever | the server is not asked again at once | `mailbox_faults::a_server_that_wakes_us_for_nothing_is_not_asked_again_at_once` |
//! | IDLE is refused | the folder is looked at in its time | `mailbox_faults::a_server_that_refuses_idle_is_looked_at_in_its_time` |
//! | a mail is gone between listing and fetch | the others are taken | `mailbox_faults::a_mail_that_is_gone_between_listing_and_fetch_keeps_no_other_from_being_taken` |
//! | a clerk's report speaks of failed mails, or passes on a bounce | it stays a report | `src/reading/mail.rs::reports_of_delivery_automatic_answers_and_mails_of_people_are_told_apart` |
//! | a mail lies in several folders | it is logged and answered once | `circle::a_report_in_the_spam_folder_is_found_and_one_that_lies_in_both_is_logged_once` |
//! | Gmail shows a mail under several labels | it is one | `mailbox_faults::a_mail_that_gmail_shows_in_several_folders_is_one` |
//! | the server falls silent within an answer | it is given up after a minute | `mailbox_faults::a_server_that_falls_silent_is_given_up_after_a_minute` |
//! | the server announces far more than it listed | the service stays within its memory, and the other mails are taken | `mailbox_faults::a_mail_that_claims_to_be_enormous_stays_within_the_service_s_memory_and_costs_no_other_mail` |
//! | the server restarts in the middle of IDLE | it is found again | `interruptions::a_server_that_restarts_in_the_middle_of_idle_is_found_again` |
//! | there are too many connections | no wrong password is told | `mailbox_faults::a_login_that_is_refused_for_the_moment_is_not_taken_for_a_wrong_password` |
//! | every round fails | the mailbox is not logged into again at once | `refusals::a_mailbox_that_fails_in_each_round_is_not_logged_into_again_at_once` |
//! | many reloads come with a refused login | they are one login | `refusals::many_reloads_are_one_login` |
//! | it is reloaded again and again while mails come | neither descriptors nor memory grow | `long_run::many_reloads_while_mails_come_leave_nothing_behind_in_the_process` |
//! | thousands of mails lie unread | who writes now is answered at once, after what the same sender sent before | `backlog::who_writes_now_is_answered_before_what_others_sent_earlier_is_read` |
//! | so they do, and some are reports | acknowledgements and the digest do not wait, reminders do | `backlog::on_a_mailbox_full_of_unread_mails_a_report_is_acknowledged_while_they_are_read_and_nobody_is_reminded_of_one_among_them` |
//! | the server says that a folder went on, and it did not | all that is in it is listed | `backlog::whatever_a_server_says_that_does_not_go_on_from_what_it_said_before_all_is_listed` |
//! | people read, move and throw away mails | what was listed is listed again only where it has to be | `backlog::on_a_real_server_what_was_listed_is_not_listed_again_whatever_people_do_with_their_mails` |
//! | it runs for years | a round costs what there is to do | `growth::no_statement_of_a_round_looks_through_what_grows_with_the_years` |
//! | staff do what is seldom done | no more is looked through for it | `growth::no_statement_of_the_store_looks_through_what_grows_with_the_years` |
//! | thousands of units are late | the digest is a page, names the first and counts all | `src/letters/digest/mod.rs::of_thousands_of_units_that_are_late_as_many_are_named_as_a_page_holds_and_all_are_counted` |
//! | what a unit owes is kept beside the rows that it follows from | it is what they say, whatever becomes of them | `src/store/obligation.rs::what_is_open_and_until_when_is_known_of_each_obligation_whatever_becomes_of_it` |
//! | it runs for long | neither descriptors nor memory grow with the mails | `long_run::many_mails_leave_no_more_behind_in_the_process_than_a_few` |
//! | UIDVALIDITY changes | known mails are recognised by their content | `interruptions::a_mailbox_whose_uidvalidity_changed_is_looked_through_again_and_known_mails_are_recognised` |
//! | other mails take over the UIDs of reports | none is shown as logged in their place | `mailbox_faults::no_mail_is_shown_as_the_one_whose_uid_it_took_over` |
//! | outcomes are shown of mails that the mailbox does not have any more, or never had | it is looked through all the same | `mailbox_faults::the_outcome_of_a_mail_that_the_mailbox_does_not_have_keeps_it_from_nothing` |
//! | the line is cut in the middle of a FETCH | nothing is lost and nothing stored twice | `interruptions::a_line_cut_in_the_middle_of_a_fetch_loses_nothing_and_stores_nothing_twice` |
//! | the daemon is killed at moments of chance | the mail servers have seen nothing lost and nothing twice, and no unit reminded that had reported | `kills::a_daemon_killed_at_moments_of_chance_loses_nothing_and_does_nothing_twice` |
//! | two processes collect | the second one is refused | `refusals::two_collectors_do_not_work_on_one_data_folder` |
//! | a Maildir is empty or gone that had mails | that is a failure, not an empty mailbox | `maildir::a_maildir_that_had_mails_and_has_none_is_a_failure_and_nobody_is_reminded` |
//! | the server is another one than Dovecot | all of it works the same | `second_server::cyrus_is_checked_collected_from_shown_outcomes_and_wakes_us` |
//! | an event is photographed where a page is meant | it is not taken for the signed form | `src/reading/attachment/picture.rs::a_photographed_page_is_told_from_a_photograph_of_something_else` |
//! | photographed pages take long to recognise | reading goes on, and it is said | `src/reading/document/scan.rs::where_the_time_is_over_that_is_said` |
//! | an office adds words that its reports have, too | nothing is logged that waited without them | `matching::whatever_words_an_office_adds_nothing_is_logged_that_waited_without_them` |
//! | …by which a built-in case goes wrong | the configuration is refused | `src/config/words.rs::a_configuration_with_a_wrong_word_is_refused` |
//! | **What leaves** | | |
//! | one mail cannot be written | it is told, and stops no other | `sending::a_mail_that_cannot_be_written_stops_no_other_and_is_told` |
//! | a document that letters bring along is gone | they wait for it, and no other mail does | `sending::a_document_that_is_gone_holds_the_letters_that_bring_it_and_no_other_mail` |
//! | the server's daily limit is reached | the queue waits, nothing is marked, staff are told | `alarm::a_queue_that_waits_and_a_digest_that_does_not_leave_are_told` |
//! | a refusal is about us, an address, or one mail | each counts only against what it is about | `src/transport/answer.rs::an_answer_speaks_of_us_of_an_address_or_of_this_mail` |
//! | an address does not exist, or its mailbox is full | only the first is dead, and staff's never are | `sending::what_is_said_of_an_address_counts_against_it_and_never_against_staff` |
//! | the login is refused while mails wait | one try, then the queue waits, also through restarts | `sending::one_refused_login_makes_the_queue_wait_through_restarts_until_the_password_is_another` |
//! | the password file is renewed | it counts without a reload | `sending::a_renewed_password_counts_without_a_reload` |
//! | connection or login fails once | no mail is lost | `sending::a_connection_or_a_login_that_fails_once_loses_no_mail` |
//! | the envelope of a mail is refused or breaks once | no mail is lost, and no address blamed | `sending::an_envelope_that_fails_once_loses_no_mail_and_is_held_against_no_address` |
//! | the text of a mail is refused or breaks once | it leaves once | `sending::a_mail_whose_text_fails_once_leaves_once` |
//! | the answer to a mail is lost | it is not sent again blindly | `sending::a_mail_whose_answer_was_lost_is_not_sent_again_blindly` |
//! | the server files it only minutes later | it is looked for until then | `sending::a_mail_in_doubt_is_looked_up_until_the_server_has_filed_it` |
//! | \Sent cannot be opened or searched | nothing stops, and staff may send again | `sending::sent_mails_that_cannot_be_searched_stop_nothing_and_staff_send_again` |
//! | the daemon is killed before a mail itself leaves | it is sent at the next start | `sending::a_daemon_killed_before_a_mail_itself_leaves_sends_it_at_the_next_start` |
//! | a mail is not taken for days | the others pass, and it is told by name | `sending::one_mail_that_is_not_taken_for_days_lets_the_others_pass_and_is_told_by_name` |
//! | one of several recipients is deferred | he alone gets it later | `sending::of_several_recipients_only_the_one_for_whom_it_was_not_taken_gets_it_later` |
//! | a reminder is not taken, or dropped | it was not given | `reminders::a_reminder_that_was_not_sent_was_not_given` |
//! | the queue waits over several steps of a reminder | it says what holds when it leaves | `reminders::a_letter_that_waited_over_several_steps_says_the_last_one` |
//! | that a reminder left is found out days later | it reminded when it left | `reminders::a_letter_that_is_found_days_later_reminded_when_it_left` |
//! | a server offers no TLS | nothing leaves in the clear | `sending::nothing_leaves_in_the_clear` |
//! | one of staff does not take the digest | the others get it, he once when he takes it, and it is told | `sending::a_digest_that_one_of_staff_does_not_take_leaves_for_the_others_and_later_for_him_once` |
//! | **Who commands** | | |
//! | staff teach a wrong title | it holds until they revoke or contradict it | `taught::a_title_that_staff_assigned_once_is_known_of_all_units_until_they_revoke_or_contradict_it` |
//! | one of staff uses what another was sent | nothing is done, and he is told why | `authority::each_of_staff_gets_one_digest_a_day_and_its_codes_are_his_alone` |
//! | a stranger's mail with a code is thanked for | nothing is done | `authority::thanks_above_a_quoted_code_do_nothing` |
//! | a digest is answered without its codes | its words name the item, for thirty days | `authority::an_answer_to_the_digest_says_by_its_words_what_is_meant_for_thirty_days` |
//! | a digest is answered by the name of a unit, or with two orders | the one thing that fits is done, else it is asked back with what would fit; two orders are both asked about | `authority::the_name_of_a_unit_selects_what_is_meant_and_two_orders_are_both_asked_about` |
//! | staff write in a hurry, on a phone, without marks | what is plain is done, the rest asked back, thanks left without an answer | `orders::what_staff_write_in_a_hurry_is_done_asked_back_or_left_without_an_answer` |
//! | staff ask something, or write what nobody understands | they are told what they ask, or how to say it; nothing changes | `inquiries::whoever_asks_how_to_ask_is_given_examples_each_of_which_is_answered_and_changes_nothing` |
//! | what a mail is is likely and not certain | the digest says so, one click does what it says, and nothing counts before | `staff::what_waits_says_what_it_most_likely_is_and_one_click_does_that_and_nothing_counts_before` |
//! | a unit asks for more time | one click gives it until the day it asks for, or refuses it with a reason, and tells it; what is taken back is taken back whole, and told where it was told | `staff::a_unit_that_asks_for_more_time_gets_it_by_one_click_and_a_courteous_letter` |
//! | words and code name different items | nothing is done, and it is asked | `authority::a_code_of_another_item_than_the_words_name_does_nothing_and_it_is_asked` |
//! | a command comes again and again | it is answered once | `authority::a_command_that_comes_again_is_not_answered_again` |
//! | commands come by the dozen | all are done, those above the cap told together | `authority::above_so_many_answers_a_day_commands_are_done_and_told_together_the_next_morning` |
//! | a backup or a digest is in wrong hands | no code of before a restore or a renewal holds | `authority::codes_of_before_a_restore_or_a_renewal_do_nothing` |
//! | a store that was laid out from a backup does not know what staff answer | nothing is done, and they are told so | `authority::codes_of_before_a_restore_or_a_renewal_do_nothing` |
//! | staff change in the course of a day | who left gets no digest, who came gets the day's | `authority::whoever_is_no_longer_staff_gets_no_digest_and_whoever_comes_gets_the_day_s` |
//! | a notice of a failed delivery is forged | no address is blamed | `sending::a_notice_that_anybody_may_have_written_changes_no_contact_and_is_told_as_such` |
//! | a notice names an address that works | it is written to until another day's says so too | `sending::an_address_is_out_of_use_after_notices_of_two_days_and_in_doubt_after_one` |
//! | somebody wants to name a mail of ours | its Message-ID cannot be guessed | `sending::a_message_id_of_ours_cannot_be_guessed` |
//! | **What lies on the disk** | | |
//! | a file of the archive is damaged or gone | it is told, and comes back from the mailbox | `storage::a_damaged_archive_is_told_and_comes_back_from_the_mailbox` |
//! | a backup is made of it | it holds all that is sound | `storage::a_backup_of_a_damaged_archive_holds_all_that_is_sound_and_can_be_restored` |
//! | one bit of a backup flips | it costs one file | `storage::one_flipped_bit_in_a_backup_costs_one_file` |
//! | backups are made while mails come | each is whole, and half of one restores nothing | `storage::backups_made_while_mails_come_are_whole_and_can_be_restored` |
//! | the database is copied or left without its -wal | no report is lost; what it does not know to have sent is sent again | `storage::a_store_whose_write_ahead_log_was_removed_has_lost_no_report` |
//! | the database is damaged | it is told, and never takes the place of a good backup | `storage::a_damaged_database_is_told_and_never_takes_the_place_of_a_good_backup` |
//! | a file comes again whose copy is damaged | the copy is replaced | `storage::a_file_that_comes_again_replaces_its_damaged_copy` |
//! | yesterday's backup is restored | what may have been answered is left to staff | `storage::what_may_have_been_answered_before_a_restore_is_logged_and_left_to_staff` |
//! | a process is killed with files half moved | they are gone after the next start | `storage::what_killed_processes_left_is_gone_after_the_next_start_and_the_next_backup` |
//! | the disk is full | nothing is fetched, nobody reminded, and the digest says so | `full_disk::on_a_full_disk_nothing_is_fetched_nobody_is_reminded_and_the_digest_says_so` |
//! | there is room again | everything is answered | `full_disk::the_service_lives_through_a_full_disk_and_answers_when_there_is_room` |
//! | the disk is read-only | clear words, and nothing is sent | `full_disk::a_read_only_disk_is_told_in_clear_words_and_nothing_is_sent` |
//! | the storage that the archive lies on is down | nothing is taken in, nobody reminded, staff told; then everything is answered | `s3::while_the_storage_is_down_nothing_is_taken_in_nobody_is_reminded_and_staff_are_told` |
//! | it goes away in the middle | what cannot be had is not taken for lost, and nobody is told before all is stored | `s3::what_cannot_be_had_from_a_storage_that_goes_away_in_the_middle_is_not_taken_for_lost` |
//! | the machine burns, and the archive lies on storage | a copy of the store brings all back | `s3::reports_go_the_whole_circle_on_s3_and_a_lost_machine_loses_none` |
//! | storage loses or changes what it holds | it is told, and comes back from the mailbox | `s3::an_archive_moves_to_s3_by_backup_and_restore_and_what_is_lost_there_comes_back_from_the_mailbox` |
//! | the key to storage is wrong | `check` says so, and what to do | `s3::check_tells_what_is_wrong_with_the_storage_and_what_to_do` |
//! | what is past its time lies on storage | it goes from there | `s3::what_is_past_its_time_goes_from_s3` |
//! | a backup claims more than there is room for | it is refused at once | `storage::a_backup_that_claims_more_than_there_is_room_for_is_refused_at_once` |
//! | an import is ended midway | its mails are read later, and not answered | `back_fill::mails_of_an_import_that_was_ended_midway_are_read_by_the_service_and_not_answered` |
//! | an import reads what had come before | that is answered as ever | `back_fill::an_import_leaves_nobody_without_an_answer_whose_mail_had_come_before` |
//! | another data folder is named | an empty store never takes the place of another in silence | `storage::an_empty_store_never_takes_the_place_of_another_in_silence` |
//! | **Who sends much** | | |
//! | reports in the name of a unit flood the mailbox | its unit gets three answers a day, the rest together, and reminders leave | `budgets::a_flood_of_reports_in_the_name_of_a_unit_is_answered_thrice_a_day_and_stops_no_reminder` |
//! | strangers send more than one pass reads | units are read and answered first, and a pass that was cut short was no look | `budgets::units_are_read_first_and_answered_before_what_strangers_sent_is_read` |
//! | strangers send more than a day fetches | two tenths of it stay for units | `budgets::what_strangers_send_leaves_two_tenths_of_the_day_s_fetching_to_units` |
//! | a stranger's mail swells | its files are stored when staff say that it is a report | `budgets::what_a_stranger_s_mail_unpacks_to_is_stored_when_staff_say_that_it_is_a_report` |
//! | the mails of units swell | a day stores so much of it, and the next one the rest | `budgets::a_day_stores_so_much_of_what_mails_unpack_to_and_the_next_day_the_rest` |
//! | a report is sent in the name of a unit that has reported | it replaces nothing until staff agree | `budgets::a_version_that_is_trusted_less_or_follows_an_accepted_one_replaces_nothing_until_staff_agree` |
//! | nothing is said of a mail whose domain is verified as a rule | it waits | `budgets::a_report_waits_of_which_nothing_is_said_where_its_domain_is_verified_as_a_rule` |
//! | nobody vouches for a report and it takes no answer | it waits | `budgets::a_report_that_nobody_vouches_for_and_that_takes_no_answer_waits` |
//! | **Silence** | | |
//! | the login is refused for hours | it is told by a second way, once, and when it is over | `alarm::a_refused_login_is_told_once_and_when_it_is_over` |
//! | one fault brings another with it | it is told once | `src/alarm/mod.rs::what_only_follows_from_another_fault_is_not_told_beside_it` |
//! | nobody can look into the mailbox | it is told after its hours | `alarm::a_mailbox_that_nobody_can_look_into_is_told_after_its_hours` |
//! | the service ends badly | it is told once a day | `alarm::a_service_that_ended_badly_is_told_once_a_day_also_where_its_configuration_is_the_reason` |
//! | a password file can be read by others | it is told with the command that mends it, and the service goes on | `secrets::a_password_file_that_others_can_read_is_told_with_the_command_that_mends_it_and_the_service_goes_on` |
//! | the service fails to start again and again | it is tried for ever | `confinement::systemd_has_nothing_to_say_of_the_unit_file` |
//! | there is no second way | the check says so | `alarm::without_an_alarm_the_check_says_so` |
//! | a round takes long or fails | the watchdog hears of each step | `manager::the_service_is_ready_after_the_first_look_and_alive_after_each_step` |
//! | the first look fails | the service is ready all the same and says so | `manager::the_service_is_ready_where_the_first_look_failed` |
//! | the unit file forbids what the reader needs | mails are read under its filter, confined | `confinement::under_the_filter_of_the_unit_file_mails_are_read_and_the_confinement_holds` |
//! | the reader is not confined | mails stay unread and reminders wait until it is | `confinement::a_reader_that_is_not_confined_leaves_mails_unread_and_reminders_waiting_until_it_is` |

use std::path::Path;

/// The third columns of the table: file of a test, and its name.
fn named() -> Vec<(String, &'static str)> {
    let rows = include_str!("promises.rs").lines();
    let rows = rows.filter_map(|l| l.strip_prefix("//! | ")?.strip_suffix("` |"));
    rows.filter_map(|row| {
        let (place, name) = row.rsplit_once('`')?.1.rsplit_once("::")?;
        let file = match place.ends_with(".rs") {
            true => place.to_owned(),
            false => format!("tests/{place}.rs"),
        };
        Some((file, name))
    })
    .collect()
}

/// Whether a file of the repository holds a test of a name.
pub fn is_there(file: &str, name: &str) -> bool {
    let top = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(top.join(file)).unwrap_or_default();
    let signature = format!("fn {name}(");
    text.split("#[test]")
        .chain(text.split("#[tokio::test"))
        .skip(1)
        .any(|test| {
            test.split_once("fn ")
                .is_some_and(|(_, rest)| format!("fn {rest}").starts_with(&signature))
        })
}

#[test]
fn every_fault_of_the_table_has_a_test_that_is_there() {
    let named = named();
    assert!(
        named.len() > 60,
        "the table is not read: {} rows",
        named.len()
    );
    let missing: Vec<_> = named
        .iter()
        .filter(|(file, name)| !is_there(file, name))
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}
