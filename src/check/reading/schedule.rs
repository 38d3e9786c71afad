//! When a text runs, and in which surroundings, as a crontab, a timer or a CronJob says.

use crate::base::Span;

/// When a text runs by itself.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schedule {
    /// As written: `30 2 * * *`, `@daily`, `OnCalendar=daily`, `7 days`.
    pub when: String,
    /// The user it runs as, where the line says so.
    pub user: Option<String>,
    /// The value of `PATH`, where the file sets it; else cron looks in `/usr/bin:/bin` only.
    pub path: Option<String>,
    /// Where in the file a `%` without a backslash ends the command, so that the rest is its standard input.
    pub percent: Option<Span>,
}
