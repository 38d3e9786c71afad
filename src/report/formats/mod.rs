//! The forms a report is printed in, one file each.

mod json;
mod markdown;

use super::Report;

/// A form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people and for wikis.
    Markdown,
    /// For programs.
    Json,
}

/// Returns the report in a form, ending with a line break.
pub fn render(report: &Report, format: Format) -> String {
    match format {
        Format::Markdown => markdown::render(report),
        Format::Json => json::render(report),
    }
}
