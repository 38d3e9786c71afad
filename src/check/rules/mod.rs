//! Every rule, one file each.

mod allow_in_draft;
mod allow_of_unknown_rule;
mod archive_chooses_its_place;
mod archive_command_hides_failure;
mod archive_errors_silenced;
mod archive_not_read_back;
mod archive_of_all_hosts_pruned;
mod attributes_not_copied;
mod backup_in_endless_loop;
mod backup_inside_source;
mod backup_key_deleted;
mod base_backup_not_verified;
mod base_backup_without_log;
mod base_expires_before_increments;
mod bashism_in_sh;
mod broken_hash;
mod bucket_forgets;
mod change_ends_transaction;
mod check_changes_something;
mod check_without_reading;
mod checkpoint_overwritten_in_place;
mod checkpoint_runs_code;
mod checkpoint_without_state;
mod checksum_misses_extra_files;
mod checksum_of_the_copy;
mod checksum_only_beside;
mod claimed_without_check;
mod cleanup_not_trapped;
mod client_older_than_server;
mod collation_may_differ;
mod command_not_found;
mod compared_by_redirection;
mod compressed_for_nothing;
mod copied_live_sqlite;
mod copies_removed_unsaved;
mod copy_damaged_in_place;
mod copy_in_same_account;
mod copy_loses_quality;
mod damage_replayed;
mod data_in_variable;
mod data_that_cannot_be_made_again;
mod date_asked_twice;
mod declaration_hides_failure;
mod deleted_after_failed_send;
mod destroys_unasserted_target;
mod destroys_without_way_back;
mod device_in_place_of_volume;
mod dropped_with_dependents;
mod dump_as_sql;
mod dump_charset_not_pinned;
mod dump_end_unproven;
mod dump_into_its_own_database;
mod dump_leaves_objects_out;
mod dump_over_only_copy;
mod dump_piped_without_pipefail;
mod dump_readable_by_all;
mod dump_without_accounts;
mod dump_without_position;
mod dump_without_roles;
mod dump_without_routines;
mod dump_without_rows;
mod endless_increments;
mod errexit_suspended;
mod errors_ignored;
mod etag_taken_for_md5;
mod etcd_added_before_removed;
mod etcd_copied_as_file;
mod etcd_forced_new_cluster;
mod etcd_members_differ;
mod etcd_restored_apart;
mod etcd_revision_goes_back;
mod etcd_wrong_generation;
mod expired_allow;
mod failure_hidden;
mod fencing_switched_off;
mod figure_against_arithmetic;
mod fixed_temporary_path;
mod flag_lost_in_pipe;
mod flattening_copy;
mod get_all_as_backup;
mod gtid_purged_by_part;
mod hash_as_encryption;
mod heredoc_expands_here;
mod hidden_characters;
mod holes_filled;
mod import_ignores_errors;
mod incident_text_in_command;
mod incomplete_backup_accepted;
mod inconsistent_dump;
mod index_older_than_data;
mod invented_copy;
mod job_not_waited_for;
mod key_beside_backup;
mod key_lost_with_data;
mod key_recovered_later;
mod latest_by_listing;
mod left_out;
mod lifecycle_replaced;
mod links_followed_into_copy;
mod live_data_directory_copied;
mod live_database_dropped_for_restore;
mod live_files_copied;
mod local_time_in_recovery;
mod lock_broken_blindly;
mod log_deleted_by_hand;
mod log_purged_by_statement;
mod log_reset_without_copy;
mod loop_input_eaten;
mod loss_beyond_promise;
mod malformed_allow;
mod manifest_not_accepted;
mod messages_in_dump;
mod mirror_to_bucket_without_source_guard;
mod mirror_without_source_guard;
mod mirror_without_versions;
mod model_as_integrity_check;
mod model_restored_unproven;
mod model_without_origin;
mod needed_files_left_out;
mod nested_repository_restore;
mod nested_restore;
mod nested_rsync;
mod never_decrypted;
mod newest_deleted;
mod no_preflight;
mod no_room_check;
mod no_time_limit;
mod odd_copy_size;
mod one_person_or_place;
mod only_failures_are_told;
mod order_depends_on_locale;
mod overdue_backup;
mod overlapping_backup;
mod owners_lost;
mod partial_transfer_accepted;
mod password_in_script;
mod password_in_source;
mod password_on_command_line;
mod pattern_deletes_more;
mod paused_job_not_resumed;
mod percent_in_crontab;
mod physical_copy_not_prepared;
mod placeholder_left;
mod plain_beside_compressed;
mod plain_dump_of_large_database;
mod plaintext_left;
mod pods_as_copies;
mod process_list_searched;
mod promise_without_backup;
mod promoted_unapplied;
mod promoted_without_fence;
mod promoted_without_lag_check;
mod prose_in_script;
mod prune_frees_nothing;
mod public_copy;
mod python_ignores_exit_code;
mod record_kept_too_long;
mod record_thrown_away;
mod recovery_ends_unchecked;
mod recovery_target_misses;
mod recovery_without_reconstitution;
mod recovery_without_signal;
mod redis_append_log_wins;
mod redis_emptied_uncopied;
mod redis_save_not_awaited;
mod redis_snapshot_replaced_live;
mod reloaded_in_place;
mod removal_only_listed;
mod repair_without_copy;
mod replica_without_position;
mod replication_error_skipped;
mod restore_beyond_promise;
mod restore_command_hides_missing_file;
mod restore_goes_on_after_errors;
mod restore_in_a_loop;
mod restore_never_tested;
mod restore_over_live;
mod restore_under_running_service;
mod restored_over_root;
mod restored_sqlite_unchecked;
mod restored_without_statistics;
mod retention_by_age_alone;
mod retention_of_almost_nothing;
mod rm_of_possibly_empty_path;
mod rows_as_text_backup;
mod rows_changed_without_where;
mod runs_overlap;
mod runs_what_it_fetched;
mod safety_left_off;
mod same_device_backup;
mod same_step_twice;
mod secret_on_command_line;
mod shards_without_index;
mod shell_syntax_in_unit;
mod snapshot_as_backup;
mod snapshots_die_with_instance;
mod stale_files_kept;
mod stale_sqlite_log;
mod started_before_dependency;
mod success_claimed_unasked;
mod swapped_source_and_target;
mod table_outside_transactions;
mod table_rewritten_in_recovery;
mod target_in_use;
mod target_not_joined;
mod target_too_small;
mod terraform_unasked;
mod times_and_owners_not_copied;
mod too_few_copies;
mod transaction_never_committed;
mod twin_xfs_mounted;
mod two_histories_in_one_archive;
mod unchecked_cd;
mod undeclared_connection;
mod undeclared_delete;
mod undeclared_write;
mod undefined_name;
mod understated_risk;
mod unencrypted_away;
mod unknown_flag;
mod unknown_name;
mod unmounted_target;
mod unquoted_variable;
mod unreadable_script;
mod unused_allow;
mod velero_keeps_what_is_there;
mod velero_phase_not_looked_at;
mod velero_restored_into_writable;
mod velero_without_volumes;
mod vital_path_destroyed;
mod volumes_deleted_with_claims;
mod waits_for_a_person;
mod weak_encryption;
mod whole_file_in_memory;
mod wildcard_taken_for_option;
mod windows_text;
mod writers_left_running;
mod wrong_mysql_dialect;
mod wrong_package_manager;
mod zookeeper_half_copied;

use super::rule::Rule;

/// The layer of the rules that judge what a dry run showed.
pub const DRY_RUN: &str = "dry-run";

pub use allow_in_draft::RULE as ALLOW_IN_DRAFT;
pub use allow_of_unknown_rule::RULE as ALLOW_OF_UNKNOWN_RULE;
pub use expired_allow::RULE as EXPIRED_ALLOW;
pub use left_out::LEFT_OUT;
pub use malformed_allow::RULE as MALFORMED_ALLOW;
pub use understated_risk::claims;
pub use unknown_flag::questions;
pub use unreadable_script::unreadable;
pub use unused_allow::RULE as UNUSED_ALLOW;

/// Every rule, in the order of their codes.
pub const RULES: &[&Rule] = &[
    &checkpoint_overwritten_in_place::RULE,
    &checkpoint_without_state::RULE,
    &shards_without_index::RULE,
    &checkpoint_runs_code::RULE,
    &model_without_origin::RULE,
    &index_older_than_data::RULE,
    &data_that_cannot_be_made_again::RULE,
    &model_restored_unproven::RULE,
    &model_as_integrity_check::RULE,
    &malformed_allow::RULE,
    &expired_allow::RULE,
    &unused_allow::RULE,
    &allow_of_unknown_rule::RULE,
    &allow_in_draft::RULE,
    &broken_hash::RULE,
    &checksum_only_beside::RULE,
    &checksum_misses_extra_files::RULE,
    &checksum_of_the_copy::RULE,
    &mirror_to_bucket_without_source_guard::RULE,
    &bucket_forgets::RULE,
    &copy_in_same_account::RULE,
    &snapshots_die_with_instance::RULE,
    &backup_key_deleted::RULE,
    &etag_taken_for_md5::RULE,
    &public_copy::RULE,
    &terraform_unasked::RULE,
    &local_time_in_recovery::RULE,
    &no_room_check::RULE,
    &no_preflight::RULE,
    &order_depends_on_locale::RULE,
    &hash_as_encryption::RULE,
    &key_beside_backup::RULE,
    &unencrypted_away::RULE,
    &weak_encryption::RULE,
    &plaintext_left::RULE,
    &secret_on_command_line::RULE,
    &key_recovered_later::RULE,
    &never_decrypted::RULE,
    &etcd_copied_as_file::RULE,
    &etcd_restored_apart::RULE,
    &etcd_members_differ::RULE,
    &etcd_revision_goes_back::RULE,
    &etcd_wrong_generation::RULE,
    &etcd_forced_new_cluster::RULE,
    &etcd_added_before_removed::RULE,
    &promoted_without_fence::RULE,
    &promoted_without_lag_check::RULE,
    &record_kept_too_long::RULE,
    &recovery_without_reconstitution::RULE,
    &writers_left_running::RULE,
    &target_too_small::RULE,
    &damage_replayed::RULE,
    &paused_job_not_resumed::RULE,
    &fencing_switched_off::RULE,
    &mirror_without_source_guard::RULE,
    &nested_rsync::RULE,
    &attributes_not_copied::RULE,
    &compressed_for_nothing::RULE,
    &partial_transfer_accepted::RULE,
    &mirror_without_versions::RULE,
    &copy_damaged_in_place::RULE,
    &owners_lost::RULE,
    &nested_restore::RULE,
    &archive_not_read_back::RULE,
    &archive_errors_silenced::RULE,
    &archive_chooses_its_place::RULE,
    &times_and_owners_not_copied::RULE,
    &flattening_copy::RULE,
    &links_followed_into_copy::RULE,
    &copy_loses_quality::RULE,
    &live_files_copied::RULE,
    &needed_files_left_out::RULE,
    &messages_in_dump::RULE,
    &dump_without_rows::RULE,
    &velero_without_volumes::RULE,
    &velero_restored_into_writable::RULE,
    &velero_phase_not_looked_at::RULE,
    &velero_keeps_what_is_there::RULE,
    &volumes_deleted_with_claims::RULE,
    &manifest_not_accepted::RULE,
    &pods_as_copies::RULE,
    &get_all_as_backup::RULE,
    &command_not_found::RULE,
    &unknown_flag::RULE,
    &placeholder_left::RULE,
    &invented_copy::RULE,
    &claimed_without_check::RULE,
    &wrong_package_manager::RULE,
    &prose_in_script::RULE,
    &figure_against_arithmetic::RULE,
    &destroys_without_way_back::RULE,
    &incident_text_in_command::RULE,
    &undefined_name::RULE,
    &restore_in_a_loop::RULE,
    &started_before_dependency::RULE,
    &same_step_twice::RULE,
    &snapshot_as_backup::RULE,
    &device_in_place_of_volume::RULE,
    &twin_xfs_mounted::RULE,
    &only_failures_are_told::RULE,
    &process_list_searched::RULE,
    &record_thrown_away::RULE,
    &inconsistent_dump::RULE,
    &table_outside_transactions::RULE,
    &dump_without_routines::RULE,
    &dump_without_position::RULE,
    &dump_without_accounts::RULE,
    &password_on_command_line::RULE,
    &gtid_purged_by_part::RULE,
    &wrong_mysql_dialect::RULE,
    &dump_end_unproven::RULE,
    &dump_into_its_own_database::RULE,
    &import_ignores_errors::RULE,
    &dump_charset_not_pinned::RULE,
    &dump_as_sql::RULE,
    &physical_copy_not_prepared::RULE,
    &promoted_unapplied::RULE,
    &dump_without_roles::RULE,
    &client_older_than_server::RULE,
    &plain_dump_of_large_database::RULE,
    &restore_goes_on_after_errors::RULE,
    &live_database_dropped_for_restore::RULE,
    &archive_command_hides_failure::RULE,
    &restore_command_hides_missing_file::RULE,
    &recovery_without_signal::RULE,
    &recovery_target_misses::RULE,
    &recovery_ends_unchecked::RULE,
    &two_histories_in_one_archive::RULE,
    &base_backup_without_log::RULE,
    &base_backup_not_verified::RULE,
    &live_data_directory_copied::RULE,
    &log_deleted_by_hand::RULE,
    &log_reset_without_copy::RULE,
    &collation_may_differ::RULE,
    &restored_without_statistics::RULE,
    &password_in_script::RULE,
    &dump_leaves_objects_out::RULE,
    &understated_risk::RULE,
    &check_changes_something::RULE,
    &python_ignores_exit_code::RULE,
    &whole_file_in_memory::RULE,
    &rows_as_text_backup::RULE,
    &plain_beside_compressed::RULE,
    &backup_in_endless_loop::RULE,
    &stale_files_kept::RULE,
    &password_in_source::RULE,
    &key_lost_with_data::RULE,
    &check_without_reading::RULE,
    &copies_removed_unsaved::RULE,
    &archive_of_all_hosts_pruned::RULE,
    &lock_broken_blindly::RULE,
    &prune_frees_nothing::RULE,
    &restored_over_root::RULE,
    &nested_repository_restore::RULE,
    &incomplete_backup_accepted::RULE,
    &holes_filled::RULE,
    &repair_without_copy::RULE,
    &endless_increments::RULE,
    &removal_only_listed::RULE,
    &redis_snapshot_replaced_live::RULE,
    &redis_append_log_wins::RULE,
    &redis_emptied_uncopied::RULE,
    &redis_save_not_awaited::RULE,
    &retention_by_age_alone::RULE,
    &retention_of_almost_nothing::RULE,
    &base_expires_before_increments::RULE,
    &lifecycle_replaced::RULE,
    &newest_deleted::RULE,
    &deleted_after_failed_send::RULE,
    &unreadable_script::RULE,
    &errors_ignored::RULE,
    &dump_piped_without_pipefail::RULE,
    &rm_of_possibly_empty_path::RULE,
    &unquoted_variable::RULE,
    &dump_over_only_copy::RULE,
    &fixed_temporary_path::RULE,
    &dump_readable_by_all::RULE,
    &unchecked_cd::RULE,
    &declaration_hides_failure::RULE,
    &errexit_suspended::RULE,
    &failure_hidden::RULE,
    &job_not_waited_for::RULE,
    &success_claimed_unasked::RULE,
    &runs_overlap::RULE,
    &cleanup_not_trapped::RULE,
    &shell_syntax_in_unit::RULE,
    &percent_in_crontab::RULE,
    &latest_by_listing::RULE,
    &wildcard_taken_for_option::RULE,
    &runs_what_it_fetched::RULE,
    &hidden_characters::RULE,
    &heredoc_expands_here::RULE,
    &data_in_variable::RULE,
    &date_asked_twice::RULE,
    &bashism_in_sh::RULE,
    &no_time_limit::RULE,
    &waits_for_a_person::RULE,
    &flag_lost_in_pipe::RULE,
    &loop_input_eaten::RULE,
    &compared_by_redirection::RULE,
    &windows_text::RULE,
    &copied_live_sqlite::RULE,
    &stale_sqlite_log::RULE,
    &restored_sqlite_unchecked::RULE,
    &rows_changed_without_where::RULE,
    &dropped_with_dependents::RULE,
    &reloaded_in_place::RULE,
    &table_rewritten_in_recovery::RULE,
    &safety_left_off::RULE,
    &replica_without_position::RULE,
    &replication_error_skipped::RULE,
    &log_purged_by_statement::RULE,
    &transaction_never_committed::RULE,
    &change_ends_transaction::RULE,
    &target_not_joined::RULE,
    &too_few_copies::RULE,
    &promise_without_backup::RULE,
    &loss_beyond_promise::RULE,
    &restore_beyond_promise::RULE,
    &overdue_backup::RULE,
    &restore_never_tested::RULE,
    &odd_copy_size::RULE,
    &overlapping_backup::RULE,
    &one_person_or_place::RULE,
    &destroys_unasserted_target::RULE,
    &unknown_name::RULE,
    &swapped_source_and_target::RULE,
    &target_in_use::RULE,
    &restore_over_live::RULE,
    &restore_under_running_service::RULE,
    &pattern_deletes_more::RULE,
    &same_device_backup::RULE,
    &backup_inside_source::RULE,
    &unmounted_target::RULE,
    &undeclared_delete::RULE,
    &undeclared_write::RULE,
    &undeclared_connection::RULE,
    &vital_path_destroyed::RULE,
    &zookeeper_half_copied::RULE,
];
