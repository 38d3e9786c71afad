//! Every rule, one file each.

mod allow_in_draft;
mod allow_of_unknown_rule;
mod archive_command_hides_failure;
mod backup_inside_source;
mod base_backup_not_verified;
mod base_backup_without_log;
mod claimed_without_check;
mod client_older_than_server;
mod command_not_found;
mod copied_live_sqlite;
mod damage_replayed;
mod destroys_unasserted_target;
mod destroys_without_way_back;
mod dump_as_sql;
mod dump_charset_not_pinned;
mod dump_into_its_own_database;
mod dump_over_only_copy;
mod dump_piped_without_pipefail;
mod dump_without_accounts;
mod dump_without_position;
mod dump_without_roles;
mod dump_without_routines;
mod etcd_added_before_removed;
mod etcd_copied_as_file;
mod etcd_forced_new_cluster;
mod etcd_members_differ;
mod etcd_restored_apart;
mod etcd_revision_goes_back;
mod etcd_wrong_generation;
mod expired_allow;
mod flattening_copy;
mod get_all_as_backup;
mod gtid_purged_by_part;
mod hidden_characters;
mod import_ignores_errors;
mod inconsistent_dump;
mod invented_copy;
mod left_out;
mod live_data_directory_copied;
mod live_database_dropped_for_restore;
mod local_time_in_recovery;
mod log_deleted_by_hand;
mod log_reset_without_copy;
mod loss_beyond_promise;
mod malformed_allow;
mod mirror_without_source_guard;
mod nested_restore;
mod nested_rsync;
mod no_preflight;
mod no_room_check;
mod odd_copy_size;
mod one_person_or_place;
mod overdue_backup;
mod overlapping_backup;
mod password_in_script;
mod password_on_command_line;
mod pattern_deletes_more;
mod paused_job_not_resumed;
mod physical_copy_not_prepared;
mod placeholder_left;
mod plain_dump_of_large_database;
mod promise_without_backup;
mod promoted_unapplied;
mod promoted_without_fence;
mod promoted_without_lag_check;
mod prose_in_script;
mod recovery_ends_unchecked;
mod recovery_target_misses;
mod recovery_without_reconstitution;
mod recovery_without_signal;
mod restore_beyond_promise;
mod restore_command_hides_missing_file;
mod restore_goes_on_after_errors;
mod restore_in_a_loop;
mod restore_never_tested;
mod restore_over_live;
mod restore_under_running_service;
mod restored_without_statistics;
mod rm_of_possibly_empty_path;
mod same_device_backup;
mod same_step_twice;
mod started_before_dependency;
mod swapped_source_and_target;
mod target_in_use;
mod too_few_copies;
mod two_histories_in_one_archive;
mod undeclared_connection;
mod undeclared_delete;
mod undeclared_write;
mod understated_risk;
mod unknown_flag;
mod unknown_name;
mod unmounted_target;
mod unreadable_script;
mod unused_allow;
mod velero_keeps_what_is_there;
mod velero_phase_not_looked_at;
mod velero_restored_into_writable;
mod velero_without_volumes;
mod volumes_deleted_with_claims;
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
pub use unreadable_script::unreadable;
pub use unused_allow::RULE as UNUSED_ALLOW;

/// Every rule, in the order of their codes.
pub const RULES: &[&Rule] = &[
    &malformed_allow::RULE,
    &expired_allow::RULE,
    &unused_allow::RULE,
    &allow_of_unknown_rule::RULE,
    &allow_in_draft::RULE,
    &local_time_in_recovery::RULE,
    &no_room_check::RULE,
    &no_preflight::RULE,
    &etcd_copied_as_file::RULE,
    &etcd_restored_apart::RULE,
    &etcd_members_differ::RULE,
    &etcd_revision_goes_back::RULE,
    &etcd_wrong_generation::RULE,
    &etcd_forced_new_cluster::RULE,
    &etcd_added_before_removed::RULE,
    &promoted_without_fence::RULE,
    &promoted_without_lag_check::RULE,
    &recovery_without_reconstitution::RULE,
    &writers_left_running::RULE,
    &damage_replayed::RULE,
    &paused_job_not_resumed::RULE,
    &mirror_without_source_guard::RULE,
    &nested_rsync::RULE,
    &nested_restore::RULE,
    &flattening_copy::RULE,
    &velero_without_volumes::RULE,
    &velero_restored_into_writable::RULE,
    &velero_phase_not_looked_at::RULE,
    &velero_keeps_what_is_there::RULE,
    &volumes_deleted_with_claims::RULE,
    &get_all_as_backup::RULE,
    &command_not_found::RULE,
    &unknown_flag::RULE,
    &placeholder_left::RULE,
    &invented_copy::RULE,
    &claimed_without_check::RULE,
    &wrong_package_manager::RULE,
    &prose_in_script::RULE,
    &destroys_without_way_back::RULE,
    &restore_in_a_loop::RULE,
    &started_before_dependency::RULE,
    &same_step_twice::RULE,
    &inconsistent_dump::RULE,
    &dump_without_routines::RULE,
    &dump_without_position::RULE,
    &dump_without_accounts::RULE,
    &password_on_command_line::RULE,
    &gtid_purged_by_part::RULE,
    &wrong_mysql_dialect::RULE,
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
    &restored_without_statistics::RULE,
    &password_in_script::RULE,
    &understated_risk::RULE,
    &unreadable_script::RULE,
    &dump_piped_without_pipefail::RULE,
    &rm_of_possibly_empty_path::RULE,
    &dump_over_only_copy::RULE,
    &hidden_characters::RULE,
    &copied_live_sqlite::RULE,
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
    &zookeeper_half_copied::RULE,
];

#[cfg(test)]
mod tests {
    use super::super::{Example, Facts, Language, plan, rule, script};
    use super::*;
    use crate::evidence::{
        Change, Declared, DryRun, Effect, FileEffect, FileKind, Finding, Level, Outcome,
        StepDryRun, Sum,
    };

    fn findings(example: &Example, code: &str) -> Vec<Finding> {
        let found = match example {
            Example::File { name, text } => script(text, Language::of(text, name), &on_the_day()),
            Example::Script(text) => script(text, Language::of(text, ""), &on_the_day()),
            Example::On { text, devices } => {
                let devices =
                    devices.iter().map(|(path, device)| ((*path).to_owned(), *device)).collect();
                let facts = Facts { devices, ..Facts::default() };
                script(text, Language::of(text, ""), &facts)
            }
            Example::Inventory(document) => {
                let (read, problems) = crate::inventory::read(document);
                assert_eq!(problems, [], "{document}");
                let found = super::super::inventory(&read.unwrap(), &on_the_day());
                return found.into_iter().filter(|f| f.rule == code).collect();
            }
            Example::Plan { plan: document, inventory } => {
                let (read, problems) = crate::plan::read(document);
                assert_eq!(problems, [], "{document}");
                let inventory = (!inventory.is_empty()).then(|| {
                    let (read, problems) = crate::inventory::read(inventory);
                    assert_eq!(problems, [], "{inventory}");
                    read.unwrap()
                });
                plan(&read.unwrap(), inventory.as_ref(), &Facts::default())
            }
            Example::Seen { plan: document, lines } => {
                let (read, problems) = crate::plan::read(document);
                assert_eq!(problems, [], "{document}");
                let read = read.unwrap();
                let found = super::super::observed(&read, &seen(&read, lines));
                return found.into_iter().filter(|f| f.rule == code).collect();
            }
        };
        found.findings.into_iter().filter(|f| f.rule == code).collect()
    }

    /// Returns the facts of the day on which examples are judged.
    fn on_the_day() -> Facts {
        let now = Some("2026-11-21T12:00:00Z".parse().unwrap());
        Facts { now, ..Facts::default() }
    }

    /// Returns the dry run that an example tells of.
    fn seen(plan: &crate::plan::Plan, lines: &str) -> DryRun {
        let (mut effects, mut totals): (Vec<Effect>, Vec<(Change, Sum)>) = (vec![], vec![]);
        for line in lines.lines() {
            let rest = line.strip_prefix("undeclared ");
            let declared = if rest.is_some() { Declared::No } else { Declared::Yes };
            let (how, what) = rest.unwrap_or(line).split_once(' ').unwrap();
            if how == "reached" {
                effects.push(Effect::Connect {
                    destination: what.to_owned(),
                    also: vec![],
                    declared,
                });
                continue;
            }
            let change = Change::ALL.into_iter().find(|change| change.word() == how).unwrap();
            effects.push(Effect::File(FileEffect {
                change,
                kind: FileKind::File,
                path: what.into(),
                from: None,
                bytes: None,
                stored: None,
                mode: None,
                times: None,
                below: None,
                what: vec![],
                diff: None,
                declared,
            }));
            match totals.iter_mut().find(|(known, _)| *known == change) {
                Some((_, sum)) => sum.entries += 1,
                None => totals.push((change, Sum { entries: 1, bytes: 0 })),
            }
        }
        let step = StepDryRun {
            id: plan.steps[0].id.clone(),
            outcome: Outcome::Passed,
            exit_code: Some(0),
            signal: None,
            limit: None,
            duration: std::time::Duration::ZERO,
            stdout: Default::default(),
            stderr: Default::default(),
            simulated: vec![],
            simulated_calls: vec![],
            effects_total: effects.len() as u64,
            effects,
            totals,
            summaries: vec![],
            findings: vec![],
            rollback: None,
            notes: vec![],
        };
        let at = "2026-11-21T12:00:00Z".parse().unwrap();
        DryRun { at, level: Level::FullRoot, level_reason: None, steps: vec![step] }
    }

    #[test]
    fn every_rule_finds_its_bad_examples_and_is_silent_on_its_good_ones() {
        let mut wrong = Vec::new();
        for rule in RULES {
            assert!(rule.bad.len() > 1 && rule.good.len() > 1, "{}", rule.code);
            for (at, example) in rule.bad.iter().enumerate() {
                if findings(example, rule.code).is_empty() {
                    wrong.push(format!("{} is silent on bad {at}: {example:?}", rule.code));
                }
            }
            for (at, example) in rule.good.iter().enumerate() {
                for finding in findings(example, rule.code) {
                    wrong.push(format!(
                        "{} on good {at}: {} in {example:?}",
                        rule.code, finding.message
                    ));
                }
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    #[test]
    fn codes_are_unique_and_sorted_and_lead_to_their_rules() {
        assert!(RULES.windows(2).all(|w| w[0].code < w[1].code));
        for one in RULES {
            assert_eq!(rule(one.code).unwrap().name, one.name);
            assert_eq!(rule(one.name).unwrap().code, one.code);
        }
    }

    #[test]
    fn a_safe_fix_removes_its_finding() {
        for rule in RULES {
            for example in rule.bad {
                let Example::Script(text) = example else {
                    continue;
                };
                for finding in findings(example, rule.code) {
                    let Some(edit) = finding.edit else { continue };
                    let mut fixed = (*text).to_owned();
                    fixed.replace_range(edit.span.start..edit.span.end, &edit.replacement);
                    let left = script(&fixed, Language::of(&fixed, ""), &Facts::default());
                    let same = left.findings.iter().filter(|f| f.rule == rule.code).count();
                    assert!(left.parsed && same < findings(example, rule.code).len(), "{fixed}");
                }
            }
        }
    }
}
