//! A backup plan as files: the script, its systemd service and timer, and a line for cron.

use crate::base::escape;
use crate::plan::{Install, Plan, Step};

/// A file made from a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Its name.
    pub name: String,
    /// Its content.
    pub contents: String,
    /// Whether it is to be run.
    pub executable: bool,
}

/// Returns the files of a plan whose steps say where they are installed; nothing where none does.
pub fn artifacts(plan: &Plan) -> Vec<Artifact> {
    let Some(install) = plan.steps.iter().find_map(|step| step.install.as_ref()) else {
        return vec![];
    };
    let name = install.path.rsplit('/').next().unwrap_or_default().to_owned();
    let file = |name: String, contents: String| Artifact { name, contents, executable: false };
    let mut artifacts = vec![
        Artifact { executable: true, ..file(name.clone(), script(plan)) },
        file(format!("{name}.service"), service(plan, install)),
        file(format!("{name}.timer"), timer(plan, install)),
    ];
    if let Some(line) = cron(install) {
        artifacts.push(file(format!("{name}.cron"), line));
    }
    artifacts
}

/// Returns every step that runs, in order, each with its check, in shells of their own: what one sets does not reach
/// the next, as when blackstart runs them.
fn script(plan: &Plan) -> String {
    let mut script = format!(
        "#!/usr/bin/env bash\n# {}\n# Made from the plan {}; change the plan, not this file.\nset -euo pipefail\n",
        comment(&plan.title),
        plan.id
    );
    script.push_str("step='the first step'\non_exit() {\n  local code=$?\n  [ \"$code\" -eq 0 ] || printf '%s: failed in %s, code %s\\n' \"${0##*/}\" \"$step\" \"$code\" >&2\n}\ntrap on_exit EXIT\n");
    for secret in plan.steps.iter().flat_map(|step| &step.secrets) {
        let line = format!(": \"${{{}:?the environment must hold it}}\"\n", secret.env);
        if !script.contains(&line) {
            script.push_str(&line);
        }
    }
    for step in plan.steps.iter().filter(|step| step.runs()) {
        script.push_str(&format!("\n# {}\nstep={}\n", comment(&step.title), step.id));
        for part in [&step.run, &step.check].into_iter().flatten() {
            let end = if part.ends_with('\n') { "" } else { "\n" };
            script.push_str(&format!("(\n{part}{end})\n"));
        }
    }
    script
}

fn comment(text: &str) -> String {
    escape::one_line(text)
}

fn service(plan: &Plan, install: &Install) -> String {
    let mut unit = format!(
        "[Unit]\nDescription={}\n\n[Service]\nType=oneshot\nExecStart={}\n",
        unit_text(&plan.title),
        unit_word(&install.path)
    );
    if let Some(account) = plan.steps.iter().find_map(|step| step.run_as.as_ref()) {
        unit.push_str(&format!("User={}\n", unit_text(account)));
    }
    if plan.steps.iter().any(|step: &Step| !step.secrets.is_empty()) {
        unit.push_str(&format!("EnvironmentFile={}.env\n", unit_text(&install.path)));
    }
    unit.push_str("Nice=10\nIOSchedulingClass=idle\n");
    unit
}

fn timer(plan: &Plan, install: &Install) -> String {
    let zone = install.timezone.as_deref().map(|zone| format!(" {zone}")).unwrap_or_default();
    format!(
        "[Unit]\nDescription=When: {}\n\n[Timer]\nOnCalendar={}{}\nPersistent=true\nRandomizedDelaySec=5min\n\n[Install]\nWantedBy=timers.target\n",
        unit_text(&plan.title),
        unit_text(&install.schedule),
        unit_text(&zone)
    )
}

/// Returns text for the value of a unit's setting: on one line, `%` doubled (systemd.unit(5), SPECIFIERS).
fn unit_text(text: &str) -> String {
    escape::one_line(text).replace('%', "%%")
}

/// Returns a word for `ExecStart=` (systemd.service(5), COMMAND LINES).
fn unit_word(text: &str) -> String {
    let escaped = unit_text(text).replace('$', "$$").replace('\\', "\\\\").replace('"', "\\\"");
    match escaped.contains(char::is_whitespace) || escaped.contains(['\'', '"', ';']) {
        true => format!("\"{escaped}\""),
        false => escaped,
    }
}

/// Returns a line for `/etc/cron.d`, where the schedule is one that cron can say.
fn cron(install: &Install) -> Option<String> {
    const DAYS: &[&str] = &["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    let (day, rest) = match install.schedule.split_once(' ') {
        Some((day, rest)) if DAYS.contains(&day) => {
            (DAYS.iter().position(|known| *known == day)?.to_string(), rest)
        }
        _ => ("*".to_owned(), install.schedule.as_str()),
    };
    let time = rest.strip_prefix("*-*-* ")?;
    let (hour, rest) = time.split_once(':')?;
    let minute = rest.split(':').next()?;
    let plain = |text: &str| -> Option<String> {
        match text.split_once('/') {
            None if text == "*" => Some("*".into()),
            None => text.parse::<u8>().ok().map(|number| number.to_string()),
            // Only a start at zero means the same to cron: `03/6` begins at three, `*/6` at midnight.
            Some((start, step)) if start == "*" || start.parse() == Ok(0_u8) => {
                step.parse::<u8>().ok().map(|step| format!("*/{step}"))
            }
            Some(_) => None,
        }
    };
    // cron cuts a command at `%`, and has no quoting of its own.
    let path = &install.path;
    let safe = |c: char| c.is_ascii_alphanumeric() || "/._-".contains(c);
    let path = path.chars().all(safe).then_some(path)?;
    Some(format!(
        "# {} is taken as the local time of the machine.\n{} {} * * {day} root {path}\n",
        comment(&install.schedule),
        plain(minute)?,
        plain(hour)?
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn install(schedule: &str) -> Install {
        Install {
            path: "/usr/local/sbin/backup-data".into(),
            schedule: schedule.into(),
            timezone: None,
        }
    }

    #[test]
    fn schedules_that_cron_knows_become_its_lines() {
        let check = |schedule: &str, expected: Option<&str>| {
            let line = cron(&install(schedule));
            assert_eq!(line.as_deref().and_then(|text| text.lines().nth(1)), expected);
        };
        check("*-*-* 02:00:00", Some("0 2 * * * root /usr/local/sbin/backup-data"));
        check("*-*-* *:00:00", Some("0 * * * * root /usr/local/sbin/backup-data"));
        check("*-*-* 00/6:00:00", Some("0 */6 * * * root /usr/local/sbin/backup-data"));
        check("*-*-* 03/6:00:00", None);
        check("Sun *-*-* 02:30:00", Some("30 2 * * 0 root /usr/local/sbin/backup-data"));
        check("2026-01-01 02:00:00", None);
    }

    #[test]
    fn a_unit_keeps_its_lines_whatever_a_title_holds() {
        assert_eq!(unit_text("a\nExecStart=/bin/x 100%"), "a\\nExecStart=/bin/x 100%%");
        assert_eq!(unit_word("/opt/my dir/$x"), "\"/opt/my dir/$$x\"");
    }
}
