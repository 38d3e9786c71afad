//! Every blackstart command of the README is run, in the order in which a reader would type them.
#![allow(clippy::disallowed_methods, clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

/// The fenced shell blocks of the README as one script.
fn shell_blocks(readme: &str) -> String {
    let mut script = String::new();
    let mut inside = false;
    for line in readme.lines() {
        match line.trim() {
            "```sh" => inside = true,
            "```" => inside = false,
            _ if inside => script.push_str(&format!("{line}\n")),
            _ => {}
        }
    }
    script
}

#[test]
fn every_command_of_the_readme_works_as_written() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let mut script = shell_blocks(&readme);
    // The run itself is interactive: here the questions of the manual steps are answered through a terminal of script(1).
    let afterwards =
        script.find("blackstart report latest").expect("the README ends with a report");
    let run = "rm -r ~/documents/letters
script --quiet --return --command 'blackstart run recovery/*.yaml --confirm-target documents' typescript <<'ANSWERS'
yes
done
done
yes
ANSWERS
blackstart attach latest --watch
cmp ~/documents/letters/first.txt ~/kept.txt
";
    script.insert_str(afterwards, run);
    let first = script.find("blackstart draft").expect("the README drafts");
    script.insert_str(first, "mkdir -p ~/documents/letters && echo 'Dear reader' | tee ~/documents/letters/first.txt > ~/kept.txt\n");

    let home = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_blackstart"));
    let path = format!(
        "{}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        program.parent().unwrap().display()
    );
    let output = Command::new("bash")
        .args(["-euxo", "pipefail", "-c", &script])
        .current_dir(home.path())
        .env_clear()
        .env("HOME", home.path())
        .env("PATH", path)
        .env("TERM", "dumb")
        .output()
        .unwrap();
    let said = format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success(), "{said}");
    assert!(said.contains("intact:"), "{said}");
    let report = std::fs::read_to_string(home.path().join("blackstart/report.md")).unwrap();
    assert!(report.contains("**succeeded**"), "{report}");
}

#[test]
fn the_readme_names_no_command_that_does_not_exist() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let words = readme
        .match_indices("blackstart ")
        .filter(|(at, _)| readme[..*at].ends_with(['`', ' ', '\n', '#']));
    let mut named: Vec<&str> = words
        .filter_map(|(at, found)| {
            readme[at + found.len()..].split(|c: char| !c.is_ascii_lowercase() && c != '-').next()
        })
        .filter(|word| !word.is_empty() && !word.starts_with('-'))
        .collect();
    named.sort_unstable();
    named.dedup();
    let help = Command::new(env!("CARGO_BIN_EXE_blackstart")).arg("--help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let prose = ["alone", "takes", "is"];
    for word in named.into_iter().filter(|word| !prose.contains(word)) {
        assert!(
            help.lines().any(|line| line.trim_start().starts_with(word)),
            "README names `blackstart {word}`"
        );
    }
}
