//! The rules of the checker as pages: for a terminal, and as the reference in Markdown.

use crate::base::nearest;
use crate::check::{self, Example, Language, Rule};
use crate::evidence::Severity;

/// Returns the name of an example's language for a fenced block.
fn example_language(example: &Example) -> &'static str {
    match example {
        Example::Script(text) | Example::On { text, .. } => {
            match text.lines().next().is_some_and(|line| line.contains("python")) {
                true => "python",
                false => "sh",
            }
        }
        Example::File { name, text } => match Language::of(text, name) {
            Language::Bash | Language::Sh => "sh",
            Language::Python => "python",
            Language::Sql => "sql",
            Language::Markdown => "markdown",
            Language::Systemd => "ini",
            Language::Kubernetes => "yaml",
            Language::Crontab | Language::Other => "text",
        },
        Example::Inventory(_) | Example::Plan { .. } | Example::Seen { .. } => "yaml",
    }
}

/// Returns the letters a code begins with: its family.
pub fn family(code: &str) -> &str {
    let digits = code.trim_start_matches(|c: char| !c.is_ascii_digit());
    // `K8S01` has a digit in its family.
    let end = code.len() - digits.len();
    match code.starts_with("K8S") {
        true => "K8S",
        false => &code[..end],
    }
}

/// Returns what a family of rules is about.
pub fn about(family: &str) -> &'static str {
    match family {
        "AI" => "Models, data sets and indexes",
        "AL" => "Findings accepted in the text",
        "CK" => "Checksums",
        "CL" => "Clouds and object stores",
        "CT" => "Before it starts: clocks, room, tools",
        "EN" => "Encryption and keys",
        "ET" => "etcd",
        "FO" => "Failover and recovery in order",
        "FS" => "Files, directories, rsync and tar",
        "K8S" => "Kubernetes",
        "LL" => "What drafts get wrong",
        "LV" => "LVM",
        "MO" => "Monitoring and records",
        "MY" => "MySQL and MariaDB",
        "PG" => "PostgreSQL",
        "PL" => "Plans and what they claim",
        "PY" => "Python",
        "RB" => "Backup repositories: restic, borg and others",
        "RD" => "Redis",
        "RT" => "Retention",
        "SH" => "Shell",
        "SL" => "SQLite",
        "SQ" => "SQL",
        "ST" => "The state of the copies",
        "TG" => "The right target",
        "ZK" => "ZooKeeper",
        _ => "More",
    }
}

/// Returns an example of a comment that accepts a finding of the rule.
fn suppression(rule: &Rule) -> String {
    format!("# blackstart: allow {} until 2027-03-01 because the reason stands here", rule.code)
}

/// Tells whether a comment can accept a finding of the rule in its text.
fn can_be_accepted(rule: &Rule) -> bool {
    family(rule.code) != "AL" && rule.layer != "dry-run" && rule.layer != "inventory"
}

/// Returns a rule whole, for a terminal of so many columns.
pub fn page(rule: &Rule, columns: usize) -> String {
    let mut page = format!(
        "{} {}\n{} severity, found by looking at: {}\n\n{}\n",
        rule.code,
        rule.name,
        rule.severity.word(),
        rule.layer,
        filled("", rule.summary, columns)
    );
    for (word, text) in [("Why", rule.why), ("Instead", rule.fix), ("Source", rule.source)] {
        page.push_str(&format!("\n{}\n", filled(&format!("{word}: "), text, columns)));
    }
    for (title, examples) in [("Bad", rule.bad), ("Good", rule.good)] {
        for example in examples {
            let text = example.text();
            let lines: Vec<String> =
                text.trim().lines().map(|line| format!("    {line}")).collect();
            page.push_str(&format!("\n{title}:\n{}\n", lines.join("\n")));
        }
    }
    if can_be_accepted(rule) {
        page.push_str(&format!(
            "\nWhere it is meant, on the line above the command:\n    {}\n",
            suppression(rule)
        ));
    }
    page
}

/// Returns a text behind its head, broken at `columns`.
fn filled(head: &str, text: &str, columns: usize) -> String {
    let mut lines = vec![head.trim_end().to_owned()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty()
            && last.chars().count() + 1 + word.chars().count() > columns.clamp(40, 100)
        {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines.join("\n")
}

/// Returns every rule as one Markdown document, family by family.
pub fn reference() -> String {
    let mut text = String::from(
        "# Rules\n\nThis page is made by `blackstart rule --format markdown` from the rules themselves; their examples are their tests, and `blackstart rule CODE` prints all of them.\nSeverities: **critical** and **high** lose data, break the recovery or leak a secret; **medium** works, but badly; **low** is worth knowing.\n\nA finding that is meant is accepted where it stands, with a reason and a last day:\n\n```sh\n# blackstart: allow SH003 until 2027-03-01 because the path is asserted above\n```\n\n| code | name | severity | what it finds |\n| --- | --- | --- | --- |\n",
    );
    for rule in check::rules() {
        text.push_str(&format!(
            "| [{}](#{}) | {} | {} | {} |\n",
            rule.code,
            rule.code.to_ascii_lowercase(),
            rule.name,
            rule.severity.word(),
            cell(rule.summary)
        ));
    }
    let mut last = "";
    for rule in check::rules() {
        let own = family(rule.code);
        if own != last {
            text.push_str(&format!("\n## {own}: {}\n", about(own)));
            last = own;
        }
        text.push_str(&entry(rule));
    }
    text.push_str("\n## Planned, and no rules\n\nWhat was planned as a rule of its own, and why it is none.\n\n");
    for (code, reason) in check::LEFT_OUT {
        text.push_str(&format!("* **{code}**: {}.\n", inline(reason)));
    }
    text
}

/// Returns a rule as a part of the reference.
pub fn entry(rule: &Rule) -> String {
    let mut text = format!(
        "\n### {}\n\n**{}** ({}, {}): {}.\n\n* Why: {}.\n* Instead: {}.\n* Source: {}.\n",
        rule.code,
        rule.name,
        rule.severity.word(),
        rule.layer,
        inline(rule.summary),
        inline(rule.why),
        inline(rule.fix),
        inline(rule.source)
    );
    for (title, examples) in [("Bad", rule.bad), ("Good", rule.good)] {
        for example in examples.iter().take(1) {
            let body = example.text();
            let fence = if body.contains("```") { "````" } else { "```" };
            let language = example_language(example);
            text.push_str(&format!("\n{title}:\n\n{fence}{language}\n{}\n{fence}\n", body.trim()));
        }
    }
    text
}

fn inline(text: &str) -> String {
    escaped(text.trim_end_matches('.'))
}

fn cell(text: &str) -> String {
    escaped(text).replace('|', "\\|")
}

/// Keeps `<host>` from being taken for HTML, outside of code.
fn escaped(text: &str) -> String {
    let mut shown = String::new();
    for (at, part) in text.split('`').enumerate() {
        if at > 0 {
            shown.push('`');
        }
        match at % 2 {
            0 => shown.push_str(&part.replace('<', "&lt;").replace('*', "\\*")),
            _ => shown.push_str(part),
        }
    }
    shown
}

/// Returns a rule as JSON.
pub fn row(rule: &Rule) -> serde_json::Value {
    let examples = |examples: &[Example]| examples.iter().map(Example::text).collect::<Vec<_>>();
    serde_json::json!({
        "schema": "blackstart/rule/v1", "code": rule.code, "name": rule.name, "severity": rule.severity.word(),
        "layer": rule.layer, "family": family(rule.code), "summary": rule.summary, "why": rule.why, "fix": rule.fix,
        "source": rule.source, "bad": examples(rule.bad), "good": examples(rule.good),
        "suppression": can_be_accepted(rule).then(|| suppression(rule)),
    })
}

/// Returns the list of all rules, family by family.
pub fn list(paint: impl Fn(Severity, &str) -> String) -> String {
    let mut text = String::new();
    let mut last = "";
    for rule in check::rules() {
        let own = family(rule.code);
        if own != last {
            text.push_str(&format!(
                "{}{own}  {}\n",
                if last.is_empty() { "" } else { "\n" },
                about(own)
            ));
            last = own;
        }
        let severity = paint(rule.severity, &format!("{:8}", rule.severity.word()));
        text.push_str(&format!("  {:6} {severity} {:36} {}\n", rule.code, rule.name, rule.summary));
    }
    text
}

/// Returns the rule of a code or a name, or the nearest one there is.
pub fn find(code: &str) -> Result<&'static Rule, Option<&'static str>> {
    let known = || check::rules().iter().flat_map(|rule| [rule.code, rule.name]);
    check::rule(code).ok_or_else(|| nearest(code, known()))
}

#[cfg(test)]
#[allow(clippy::disallowed_methods)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_in_the_repository_is_what_the_rules_say() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == reference(),
            "docs/rules.md is stale: blackstart rule --format markdown > docs/rules.md"
        );
    }

    #[test]
    fn every_family_says_what_it_is_about() {
        for rule in check::rules() {
            assert_ne!(about(family(rule.code)), "More", "{}", rule.code);
        }
        assert_eq!(family("K8S01"), "K8S");
        assert_eq!(family("SH003"), "SH");
    }

    #[test]
    fn a_page_has_all_there_is_to_say() {
        let page = page(check::rule("SH003").unwrap(), 80);
        for part in
            ["SH003", "Why: ", "Instead: ", "Source: ", "Bad:", "Good:", "blackstart: allow SH003"]
        {
            assert!(page.contains(part), "{part} is missing in\n{page}");
        }
        let prose = page.split("\nBad:").next().unwrap();
        assert!(prose.lines().all(|line| line.chars().count() <= 80), "{prose}");
    }
}
