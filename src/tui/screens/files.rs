//! Files: scripts, plans and runbooks with their findings, each beside the lines it is about.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Reaction, Screen, blank};
use crate::evidence::Severity;
use crate::flow::{self, Act, FileSeen, Stage, State};
use crate::tui::dialog::Dialog;
use crate::tui::file_text::{self, Room};
use crate::tui::frame::{WIDE, inside, pane};
use crate::tui::keys::{self, Focus, Offer, offer};
use crate::tui::list::{List, Move, Page};
use crate::tui::step_text::difference;
use crate::tui::text::{Ink, LABEL, count, pad};
use crate::tui::theme::{Theme, Tone};

/// The findings of all files and one of them in full.
#[derive(Debug)]
pub struct Files {
    list: List,
    page: Page,
    focus: Focus,
    /// The mildest findings that are listed.
    least: Severity,
    /// The rule whose page is open.
    rule: Option<&'static str>,
    theme: Option<Theme>,
    /// The rows as they were last made, and of what.
    made: RefCell<Option<Made>>,
}

/// Rows, the version of the files they are made of, and the mildest findings among them.
#[derive(Debug)]
struct Made {
    version: Arc<()>,
    least: Severity,
    rows: Rc<[Row]>,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            list: List::default(),
            page: Page::default(),
            focus: Focus::default(),
            least: Severity::Low,
            rule: None,
            theme: None,
            made: RefCell::default(),
        }
    }
}

/// A row of the list, by places in [`flow::Files::seen`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Row {
    File(usize),
    Open(usize, usize),
    Allowed(usize, usize),
}

impl Files {
    /// Returns the rows that are listed; they are made once for each change of the files, because there may be many.
    fn rows(&self, files: &flow::Files) -> Rc<[Row]> {
        let mut made = self.made.borrow_mut();
        if let Some(made) = made.as_ref()
            && Arc::ptr_eq(&made.version, &files.version)
            && made.least == self.least
        {
            return Rc::clone(&made.rows);
        }
        let rows: Rc<[Row]> = self.made_of(files).into();
        let (version, least) = (Arc::clone(&files.version), self.least);
        *made = Some(Made { version, least, rows: Rc::clone(&rows) });
        rows
    }

    /// Returns files with something to see, each before its findings.
    fn made_of(&self, files: &flow::Files) -> Vec<Row> {
        let mut rows = vec![];
        for (at, seen) in files.seen.iter().enumerate() {
            match seen {
                FileSeen::Unread { .. } => rows.push(Row::File(at)),
                FileSeen::Reviewed(reviewed) => {
                    let open = reviewed.open.iter().enumerate();
                    let open = open.filter(|(_, one)| one.finding.severity >= self.least);
                    let open: Vec<Row> = open.map(|(finding, _)| Row::Open(at, finding)).collect();
                    let allowed = reviewed.allowed.iter().enumerate();
                    let allowed =
                        allowed.filter(|(_, one)| one.found.finding.severity >= self.least);
                    let allowed: Vec<Row> = allowed.map(|(one, _)| Row::Allowed(at, one)).collect();
                    let unknown = !reviewed.unknown.is_empty() && self.least == Severity::Low;
                    if files.seen.len() == 1 || !open.is_empty() || !allowed.is_empty() || unknown {
                        rows.push(Row::File(at));
                    }
                    rows.extend(open);
                    rows.extend(allowed);
                }
            }
        }
        rows
    }

    fn chosen(&self, files: &flow::Files) -> Option<Row> {
        let rows = self.rows(files);
        rows.get(self.list.cursor.min(rows.len().saturating_sub(1))).copied()
    }

    /// Returns the file and the place of the finding that `f` fixes, and what the fix makes of the file.
    fn fix(&self, files: &flow::Files) -> Option<(PathBuf, usize, flow::Rewritten)> {
        let Row::Open(file, at) = self.chosen(files)? else {
            return None;
        };
        let FileSeen::Reviewed(reviewed) = files.seen.get(file)? else {
            return None;
        };
        reviewed.open.get(at)?.edit.as_ref()?;
        Some((reviewed.path.clone(), at, flow::fixed(reviewed, at)?))
    }

    fn rule_of(&self, files: &flow::Files) -> Option<&'static str> {
        let (file, at, open) = match self.chosen(files)? {
            Row::File(_) => return None,
            Row::Open(file, at) => (file, at, true),
            Row::Allowed(file, at) => (file, at, false),
        };
        let FileSeen::Reviewed(reviewed) = files.seen.get(file)? else {
            return None;
        };
        match open {
            true => reviewed.open.get(at).map(|one| one.finding.rule),
            false => reviewed.allowed.get(at).map(|one| one.found.finding.rule),
        }
    }

    /// Goes to the next or the previous finding, past the rows of files.
    fn step(&mut self, files: &flow::Files, forward: bool) {
        let rows = self.rows(files);
        let finding = |at: &usize| !matches!(rows.get(*at), Some(Row::File(_)) | None);
        let now = self.list.cursor;
        let next = match forward {
            true => (now + 1..rows.len()).find(finding),
            false => (0..now.min(rows.len())).rev().find(finding),
        };
        if let Some(next) = next {
            self.list.cursor = next;
            self.page = Page::default();
        }
    }

    fn lines(&self, ink: Ink, files: &flow::Files, room: Room) -> Vec<Line<'static>> {
        if let Some(page) = self.rule.and_then(flow::rule_page) {
            return file_text::rule(ink, &page);
        }
        let Some(row) = self.chosen(files) else {
            let text = match files.complete {
                false => "the files are being read ...".to_owned(),
                true if files.seen.is_empty() => {
                    "nothing here is a file the checker reads".to_owned()
                }
                true => format!("no findings in {}", count(files.seen.len(), "file")),
            };
            return vec![ink.line(Tone::Faint, &text)];
        };
        let (Row::File(file) | Row::Open(file, _) | Row::Allowed(file, _)) = row;
        match (files.seen.get(file), row) {
            (Some(FileSeen::Reviewed(reviewed)), Row::File(_)) => file_text::file(ink, reviewed),
            (Some(FileSeen::Reviewed(reviewed)), Row::Open(_, at)) => {
                let found = reviewed.open.get(at);
                found.map_or(vec![], |found| file_text::finding(ink, reviewed, found, room))
            }
            (Some(FileSeen::Reviewed(reviewed)), Row::Allowed(_, at)) => {
                let allowed = reviewed.allowed.get(at);
                allowed.map_or(vec![], |one| file_text::allowed(ink, reviewed, one, room))
            }
            (Some(FileSeen::Unread { why, .. }), _) => ink.labelled("Not read", Tone::Danger, why),
            (None, _) => vec![],
        }
    }
}

impl Screen for Files {
    fn stage(&self) -> Stage {
        Stage::Files
    }

    fn status(&self, state: &State) -> String {
        let Some(files) = &state.files else {
            return "Files".into();
        };
        let (counts, allowed) = (files.open, files.allowed);
        let words: Vec<String> = Severity::ALL
            .into_iter()
            .rev()
            .filter(|severity| counts[*severity as usize] > 0)
            .map(|severity| format!("{} {}", counts[severity as usize], severity.word()))
            .collect();
        let found = if words.is_empty() { "no findings".to_owned() } else { words.join(", ") };
        let allowed = if allowed > 0 { format!(", {allowed} allowed") } else { String::new() };
        let looked = match files.expected {
            Some(all) if !files.complete => format!("{} of {all} files ...", files.seen.len()),
            None if !files.complete => format!("{} ...", count(files.seen.len(), "file")),
            Some(_) | None => count(files.seen.len(), "file"),
        };
        let least = match self.least {
            Severity::Low => String::new(),
            least => format!("   shown: {} and worse", least.word()),
        };
        format!("Files   {looked}   {found}{allowed}{least}")
    }

    fn context(&self, state: &State) -> String {
        let row = state.files.as_ref().and_then(|files| Some((files, self.chosen(files)?)));
        let Some((files, row)) = row else {
            return "Nothing in these files is run.".into();
        };
        let (Row::File(file) | Row::Open(file, _) | Row::Allowed(file, _)) = row;
        match files.seen.get(file) {
            Some(FileSeen::Reviewed(reviewed)) => {
                format!(
                    "{}: {}, risk {}",
                    reviewed.path.display(),
                    reviewed.language,
                    reviewed.risk
                )
            }
            Some(FileSeen::Unread { path, .. }) => path.display().to_string(),
            None => String::new(),
        }
    }

    fn offers(&self, state: &State) -> Vec<Offer> {
        let Some(files) = &state.files else {
            return vec![offer("Esc", "back", "Back")];
        };
        if self.rule.is_some() {
            return vec![offer("Esc", "back to the finding", "Close the page of the rule")];
        }
        let mut offers = vec![];
        if self.fix(files).is_some() {
            offers.push(offer(
                "f",
                "fix",
                "Show the safe fix of this finding as a difference, then write it",
            ));
        }
        offers.push(offer("n", "next", "The next finding"));
        offers.push(offer("p", "previous", "The finding before"));
        if self.rule_of(files).is_some() {
            offers.push(offer("r", "rule", "The page of this rule: why, examples, source"));
        }
        if !files.undo.is_empty() {
            offers.push(offer("u", "undo", "Take the last fix back"));
        }
        offers.push(offer(
            "s",
            "severity",
            "List only findings of this weight and more: all, medium, high, critical",
        ));
        if self.plan(files).is_some() {
            offers.push(offer("o", "open", "Open this plan: dry run, approval, run"));
        }
        offers.extend([
            offer("R", "again", "Look at all files again, new ones too"),
            offer("Tab", "pane", "Move in the other pane: findings or detail"),
            offer("z", "zoom", "Give the detail the whole screen, and back"),
            offer("Esc", "home", "To the first screen"),
        ]);
        offers
    }

    fn draw(&mut self, state: &State, ink: Ink, area: Rect, buf: &mut Buffer) {
        self.theme = Some(ink.0);
        let Some(files) = &state.files else {
            return;
        };
        let rows = self.rows(files);
        self.list.cursor = self.list.cursor.min(rows.len().saturating_sub(1));
        let alone = self.focus.zoomed || self.rule.is_some();
        let (list, detail) = match (alone, area.width < WIDE) {
            (true, _) => (None, area),
            (false, true) => {
                let wanted = u16::try_from(rows.len()).unwrap_or(u16::MAX).saturating_add(2);
                let height = (area.height * 2 / 5).min(wanted).max(3);
                let list = Rect { height, ..area };
                (Some(list), Rect { y: list.bottom(), height: area.height - height, ..area })
            }
            (false, false) => {
                let list = Rect { width: area.width * 9 / 20, ..area };
                (Some(list), Rect { x: list.right(), width: area.width - list.width, ..area })
            }
        };
        if let Some(place) = list {
            let title = if self.focus.reading { " Findings " } else { " > Findings " };
            let inner = pane(ink, place, buf, title, "");
            let columns = usize::from(inner.width).saturating_sub(2);
            let draw = |at: usize| line(ink, files, rows[at], columns);
            self.list.draw(ink.0, inner, buf, rows.len(), draw);
        }
        let inner = inside(detail);
        let lines = self.lines(ink, files, Room::of(inner.width, inner.height));
        let part = self.page.part(inner, &lines, LABEL);
        let mark = if self.focus.reading || alone { "> " } else { "" };
        let title = match self.rule {
            Some(rule) => format!(" Rule {rule} "),
            None => format!(" {mark}{} ", self.title(files)),
        };
        pane(ink, detail, buf, &title, &part.map_or(String::new(), |part| format!(" {part} ")));
        self.page.draw(inner, buf, &lines, LABEL);
    }

    fn press(&mut self, state: &State, key: KeyEvent) -> Reaction {
        let Some(files) = &state.files else {
            return Reaction::Act(Act::Back);
        };
        if self.rule.is_some() && keys::movement(key).is_none() {
            (self.rule, self.page) = (None, Page::default());
            return Reaction::Moved;
        }
        match key.code {
            KeyCode::Char('f') => match (self.fix(files), self.theme) {
                (Some((path, at, fixed)), Some(theme)) => {
                    fix_dialog(Ink(theme), path, at, &fixed).into()
                }
                (Some(_), None) | (None, _) => Reaction::Nothing,
            },
            KeyCode::Char('n') => {
                self.step(files, true);
                Reaction::Moved
            }
            KeyCode::Char('p') => {
                self.step(files, false);
                Reaction::Moved
            }
            KeyCode::Char('r') => {
                self.rule = self.rule_of(files);
                self.page = Page::default();
                Reaction::Moved
            }
            KeyCode::Char('R') => Reaction::Act(Act::ReviewAgain),
            KeyCode::Char('u') if key.modifiers.is_empty() => Reaction::Act(Act::UndoFix),
            KeyCode::Char('s') => {
                self.least = match self.least {
                    Severity::Low => Severity::Medium,
                    Severity::Medium => Severity::High,
                    Severity::High => Severity::Critical,
                    Severity::Critical => Severity::Low,
                };
                (self.list, self.page) = (List::default(), Page::default());
                Reaction::Moved
            }
            KeyCode::Char('o') => self
                .plan(files)
                .map_or(Reaction::Nothing, |path| Reaction::Act(Act::OpenFile(path))),
            code if self.focus.press(code) => Reaction::Moved,
            KeyCode::Esc => Reaction::Act(Act::Back),
            _ => match keys::movement(key) {
                Some(to) => {
                    self.go(files, key, to);
                    Reaction::Moved
                }
                None => Reaction::Nothing,
            },
        }
    }
}

impl Files {
    fn go(&mut self, files: &flow::Files, key: KeyEvent, to: Move) {
        let paging = matches!(key.code, KeyCode::PageUp | KeyCode::PageDown);
        if self.focus.reading || self.focus.zoomed || self.rule.is_some() || paging {
            self.page.go(to);
        } else {
            self.list.go(to, self.rows(files).len());
            self.page = Page::default();
        }
    }

    fn title(&self, files: &flow::Files) -> String {
        match self.chosen(files) {
            None => "Detail".to_owned(),
            Some(Row::File(file) | Row::Open(file, _) | Row::Allowed(file, _)) => files
                .seen
                .get(file)
                .map_or_else(String::new, |seen| seen.path().display().to_string()),
        }
    }

    /// Returns the chosen file, where it is a plan.
    fn plan(&self, files: &flow::Files) -> Option<PathBuf> {
        let (Row::File(file) | Row::Open(file, _) | Row::Allowed(file, _)) = self.chosen(files)?;
        match files.seen.get(file)? {
            FileSeen::Reviewed(reviewed) if reviewed.language == "plan" => {
                Some(reviewed.path.clone())
            }
            FileSeen::Reviewed(_) | FileSeen::Unread { .. } => None,
        }
    }
}

/// Returns a row of the list: a file with its counts, or a finding with its weight, its rule and its line.
fn line(ink: Ink, files: &flow::Files, row: Row, columns: usize) -> Line<'static> {
    let (Row::File(file) | Row::Open(file, _) | Row::Allowed(file, _)) = row;
    let reviewed = match files.seen.get(file) {
        Some(FileSeen::Reviewed(reviewed)) => reviewed,
        Some(FileSeen::Unread { path, .. }) => {
            let name = path.display().to_string();
            let room = columns.saturating_sub(9);
            return ink.pieces([
                (Tone::Strong, &pad(&file_text::end(&name, room), room)),
                (Tone::Danger, " not read"),
            ]);
        }
        None => return blank(),
    };
    let (found, word, tone) = match row {
        Row::File(_) if !reviewed.unknown.is_empty() => {
            let name = reviewed.path.display().to_string();
            let room = columns.saturating_sub(13);
            return ink.pieces([
                (Tone::Strong, &pad(&file_text::end(&name, room), room)),
                (Tone::Warn, " risk unknown"),
            ]);
        }
        Row::File(_) => {
            let name = reviewed.path.display().to_string();
            return ink.line(Tone::Strong, &file_text::end(&name, columns));
        }
        Row::Open(_, at) => match reviewed.open.get(at) {
            Some(found) => {
                let severity = found.finding.severity;
                (found, severity.word().to_owned(), file_text::tone(severity))
            }
            None => return blank(),
        },
        Row::Allowed(_, at) => match reviewed.allowed.get(at) {
            Some(one) => (&one.found, "allowed".to_owned(), Tone::Faint),
            None => return blank(),
        },
    };
    let at = crate::base::Position::of(&reviewed.text, found.span.start);
    let fix = if found.edit.is_some() && matches!(row, Row::Open(..)) { "f" } else { " " };
    let head = format!("{:>5} ", at.line);
    ink.pieces([
        (Tone::Faint, &head),
        (tone, &pad(&word, 9)),
        (Tone::Good, fix),
        (Tone::Plain, &format!(" {:6} ", found.finding.rule)),
        (Tone::Plain, &pad(&found.finding.message, columns.saturating_sub(24))),
    ])
}

/// The fix of a finding, shown as what it changes in the file.
fn fix_dialog(ink: Ink, path: PathBuf, at: usize, fixed: &flow::Rewritten) -> Dialog {
    let mut body = vec![ink.line(Tone::Strong, &path.display().to_string()), blank()];
    body.extend(difference(ink, &fixed.before, &fixed.after));
    Dialog::yes("Write this fix? u takes it back", body, 'y', "write", Act::FixFile(path, at))
}
