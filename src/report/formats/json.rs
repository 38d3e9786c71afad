//! The report as one JSON object, `schema: blackstart/report/v1`.

use crate::report::Report;

/// Returns the report as indented JSON.
pub fn render(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report has only text keys") + "\n"
}
