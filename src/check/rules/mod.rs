//! Every rule, one file each.

mod command_not_found;
mod copied_live_sqlite;
mod destroys_unasserted_target;
mod dump_as_sql;
mod dump_charset_not_pinned;
mod dump_into_its_own_database;
mod dump_over_only_copy;
mod dump_piped_without_pipefail;
mod dump_without_accounts;
mod dump_without_position;
mod dump_without_routines;
mod flattening_copy;
mod hidden_characters;
mod gtid_purged_by_part;
mod import_ignores_errors;
mod inconsistent_dump;
mod mirror_without_source_guard;
mod nested_restore;
mod nested_rsync;
mod password_on_command_line;
mod physical_copy_not_prepared;
mod placeholder_left;
mod promoted_unapplied;
mod restore_over_live;
mod rm_of_possibly_empty_path;
mod same_device_backup;
mod understated_risk;
mod unknown_name;
mod unreadable_script;
mod wrong_mysql_dialect;

use super::rule::Rule;

pub use understated_risk::claims;
pub use unreadable_script::unreadable;

/// Every rule, in the order of their codes.
pub const RULES: &[&Rule] = &[
    &mirror_without_source_guard::RULE,
    &nested_rsync::RULE,
    &nested_restore::RULE,
    &flattening_copy::RULE,
    &command_not_found::RULE,
    &placeholder_left::RULE,
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
    &understated_risk::RULE,
    &unreadable_script::RULE,
    &dump_piped_without_pipefail::RULE,
    &rm_of_possibly_empty_path::RULE,
    &dump_over_only_copy::RULE,
    &hidden_characters::RULE,
    &copied_live_sqlite::RULE,
    &destroys_unasserted_target::RULE,
    &unknown_name::RULE,
    &restore_over_live::RULE,
    &same_device_backup::RULE,
];

#[cfg(test)]
mod tests {
    use super::super::{Example, Facts, Language, plan, rule, script};
    use super::*;
    use crate::evidence::Finding;

    fn findings(example: &Example, code: &str) -> Vec<Finding> {
        let found = match example {
            Example::Script(text) => script(text, Language::of(text, ""), &Facts::default()),
            Example::On { text, devices } => {
                let devices =
                    devices.iter().map(|(path, device)| ((*path).to_owned(), *device)).collect();
                let facts = Facts { devices, ..Facts::default() };
                script(text, Language::of(text, ""), &facts)
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
        };
        found.findings.into_iter().filter(|f| f.rule == code).collect()
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
