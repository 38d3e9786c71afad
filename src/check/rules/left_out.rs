//! What was planned as a rule of its own and is none: each code with the reason.

/// Codes that no rule has, each with where its knowledge went or why nothing can see it.
pub const LEFT_OUT: &[(&str, &str)] = &[
    (
        "CK005",
        "that a sum is right does not say that the copy can be restored: restore-never-tested (ST006) asks the inventory for the last test, archive-not-read-back (FS011) asks scripts for one",
    ),
    (
        "CL004",
        "the hours before an archive tier answers are `first_byte_delay` of a repository in the inventory; they are in the estimate that restore-beyond-promise (ST004) compares with the promise",
    ),
    (
        "FO006",
        "whether certificates, licences, firewalls and rights of another site are ready stands in no script and no inventory; the runbooks for the loss of a site ask for it as steps by hand",
    ),
    (
        "FS002",
        "a mirror in the wrong direction is swapped-source-and-target (TG003), which knows from the inventory what is data and what is copy, for rsync and for every other way to copy",
    ),
    (
        "FS012",
        "an archive that is written into the tree it archives is backup-inside-source (TG009), which looks at tar, rsync and cp alike",
    ),
    (
        "LV004",
        "a device that is wiped without a look is destroys-unasserted-target (TG001), one that is mounted is target-in-use (TG004), one that may be empty or another in a variable is rm-of-possibly-empty-path (SH003)",
    ),
    (
        "RB004",
        "whether clients can delete what they wrote is said by `append_only`, `immutable` and `versioned` of a repository; too-few-copies (ST001) asks that one copy cannot be changed, bucket-forgets (CL002) asks it of every bucket",
    ),
    (
        "RB015",
        "which log a kept base needs is known to pgBackRest, Barman or WAL-G alone at the moment they expire; neither their configuration nor the wanted window stands in a script or in the inventory",
    ),
];

#[cfg(test)]
mod tests {
    use super::super::RULES;
    use super::*;

    /// The families, and the last number that was planned in each.
    const PLANNED: &[(&str, u32)] = &[
        ("SH", 27),
        ("TG", 10),
        ("FS", 20),
        ("MY", 15),
        ("PG", 20),
        ("SL", 3),
        ("RD", 4),
        ("ET", 6),
        ("ZK", 1),
        ("K8S", 7),
        ("LV", 4),
        ("RB", 15),
        ("CL", 9),
        ("EN", 8),
        ("CK", 5),
        ("RT", 4),
        ("ST", 9),
        ("MO", 3),
        ("FO", 9),
        ("CT", 4),
        ("LL", 14),
        ("AI", 9),
        ("PY", 7),
    ];

    fn planned() -> Vec<String> {
        let codes = PLANNED.iter().flat_map(|(family, last)| {
            let digits = if *family == "K8S" { 2 } else { 3 };
            (1..=*last).map(move |number| format!("{family}{number:0digits$}"))
        });
        codes.collect()
    }

    fn is_rule(code: &str) -> bool {
        RULES.iter().any(|rule| rule.code == code)
    }

    #[test]
    fn what_is_left_out_was_planned_and_is_no_rule_and_has_a_reason() {
        let planned = planned();
        for (code, reason) in LEFT_OUT {
            assert!(planned.iter().any(|one| one == code), "{code} was never planned");
            assert!(!is_rule(code), "{code} is a rule and left out");
            assert!(reason.split(' ').count() > 4, "{code}: say why: {reason}");
        }
        assert!(LEFT_OUT.windows(2).all(|pair| pair[0].0 < pair[1].0), "sort them");
    }

    #[test]
    fn every_planned_code_is_a_rule_or_left_out() {
        let left = |code: &String| LEFT_OUT.iter().any(|(known, _)| known == code);
        let missing: Vec<String> =
            planned().into_iter().filter(|code| !is_rule(code) && !left(code)).collect();
        assert!(missing.is_empty(), "{} missing: {}", missing.len(), missing.join(" "));
    }
}
