//! Functions of servers that do more than compute.

use crate::base::Risk;

/// A function and the harm of calling it.
const CALLS: &[(&str, Risk)] = &[
    ("lo_export", Risk::Destructive),
    ("lo_put", Risk::Destructive),
    ("lo_truncate", Risk::Destructive),
    ("lo_unlink", Risk::Destructive),
    ("pg_drop_replication_slot", Risk::Destructive),
    ("pg_file_rename", Risk::Destructive),
    ("pg_file_unlink", Risk::Destructive),
    ("pg_file_write", Risk::Destructive),
    ("pg_logical_slot_get_binary_changes", Risk::Destructive),
    ("pg_logical_slot_get_changes", Risk::Destructive),
    ("pg_replication_origin_drop", Risk::Destructive),
    ("pg_replication_slot_advance", Risk::Destructive),
    ("pg_stat_reset", Risk::Destructive),
    ("pg_stat_reset_shared", Risk::Destructive),
    ("writefile", Risk::Destructive),
    ("pg_advisory_lock", Risk::Disruptive),
    ("pg_cancel_backend", Risk::Disruptive),
    ("pg_promote", Risk::Disruptive),
    ("pg_reload_conf", Risk::Disruptive),
    ("pg_rotate_logfile", Risk::Disruptive),
    ("pg_terminate_backend", Risk::Disruptive),
    ("pg_wal_replay_pause", Risk::Disruptive),
    ("pg_wal_replay_resume", Risk::Disruptive),
    ("pg_xlog_replay_pause", Risk::Disruptive),
    ("pg_xlog_replay_resume", Risk::Disruptive),
    ("asynchronous_connection_failover_add_source", Risk::Disruptive),
    ("asynchronous_connection_failover_delete_source", Risk::Disruptive),
    ("group_replication_set_as_primary", Risk::Disruptive),
    ("group_replication_switch_to_single_primary_mode", Risk::Disruptive),
    ("group_replication_switch_to_multi_primary_mode", Risk::Disruptive),
    ("lo_creat", Risk::Write),
    ("lo_create", Risk::Write),
    ("lo_from_bytea", Risk::Write),
    ("lo_import", Risk::Write),
    ("nextval", Risk::Write),
    ("pg_backup_start", Risk::Write),
    ("pg_backup_stop", Risk::Write),
    ("pg_copy_logical_replication_slot", Risk::Write),
    ("pg_copy_physical_replication_slot", Risk::Write),
    ("pg_create_logical_replication_slot", Risk::Write),
    ("pg_create_physical_replication_slot", Risk::Write),
    ("pg_create_restore_point", Risk::Write),
    ("pg_logical_emit_message", Risk::Write),
    ("pg_start_backup", Risk::Write),
    ("pg_stop_backup", Risk::Write),
    ("pg_switch_wal", Risk::Write),
    ("pg_switch_xlog", Risk::Write),
    ("setval", Risk::Write),
    ("wait_for_executed_gtid_set", Risk::Read),
    ("database_to_xml", Risk::Unknown),
    ("edit", Risk::Unknown),
    ("load_extension", Risk::Unknown),
    ("query_to_xml", Risk::Unknown),
    ("query_to_xml_and_xmlschema", Risk::Unknown),
    ("query_to_xmlschema", Risk::Unknown),
    ("sys_eval", Risk::Unknown),
    ("sys_exec", Risk::Unknown),
];

/// Returns the function's name and harm where it does more than compute. `dblink` and its kind run text elsewhere.
pub(super) fn known(name: &str) -> Option<(&'static str, Risk)> {
    if name.len() < 4 {
        return None;
    }
    let starts = |word: &str| name.get(..word.len()).is_some_and(|n| n.eq_ignore_ascii_case(word));
    if starts("dblink") {
        return Some(("dblink", Risk::Unknown));
    }
    CALLS.iter().find(|(call, _)| name.eq_ignore_ascii_case(call)).copied()
}
