//! Expands words as far as a reader can: variables that are known, splitting, substitutions.

use std::rc::Rc;

use super::ast::{Expansion, Part, PartKind, Statement, Variable, Word};
use super::command::Use;
use super::environment::{Value, can_be_empty, unknown};
use super::path;
use super::resolve::Resolver;
use super::value::{Argument, Origin, Piece, Unknown};
use crate::base::Span;

/// Commands whose output is never empty when they succeed.
const NEVER_EMPTY: &[&str] = &[
    "pwd",
    "hostname",
    "whoami",
    "id",
    "nproc",
    "uname",
    "readlink",
    "realpath",
    "dirname",
    "basename",
    "wc",
    "stat",
    "uuidgen",
    "openssl",
    "sha256sum",
    "md5sum",
    "seq",
    "tty",
    "logname",
    "systemd-escape",
    "arch",
    "lsb_release",
    "getconf",
];

/// The words a word becomes while it is expanded.
#[derive(Default)]
struct Fields {
    done: Vec<Argument>,
    pieces: Vec<Piece>,
    /// Whether the field being built exists even when it stays empty (`""`).
    present: bool,
}

impl Fields {
    fn push(&mut self, piece: Piece) {
        self.present = true;
        match (self.pieces.last_mut(), piece) {
            (Some(Piece::Text(last)), Piece::Text(more)) => last.push_str(&more),
            (_, piece) => self.pieces.push(piece),
        }
    }

    fn split(&mut self, span: Span) {
        if self.present {
            let pieces = std::mem::take(&mut self.pieces);
            self.done.push(Argument::new(pieces, span));
        }
        self.present = false;
    }
}

impl Resolver {
    /// Returns the words these words become: none, one or many each.
    pub(super) fn words(&mut self, words: &[Word]) -> Vec<Argument> {
        let mut fields = Fields { done: Vec::with_capacity(words.len()), ..Fields::default() };
        for word in words {
            self.add(word, &mut fields);
        }
        fields.done
    }

    /// Adds the words a word becomes.
    fn add(&mut self, word: &Word, fields: &mut Fields) {
        let span = self.place(word.span);
        if let [Part { kind: PartKind::Literal(text), .. }] = word.parts.as_slice() {
            return fields.done.push(Argument::text(text, span));
        }
        let first = fields.done.len();
        let unread_brace = word
            .parts
            .iter()
            .any(|p| matches!(&p.kind, PartKind::Brace(known) if known.is_empty()));
        for part in &word.parts {
            self.part(part, true, span, fields);
        }
        fields.split(span);
        if unread_brace {
            fields.done.truncate(first);
            fields.done.push(Argument::new(vec![unknown("{…}", Origin::Output, false)], span));
        }
    }

    /// Returns the one word a word becomes where the shell does not split (assignments, redirects).
    pub(super) fn word(&mut self, word: &Word) -> Argument {
        let span = self.place(word.span);
        let mut fields = Fields::default();
        for part in &word.parts {
            self.part(part, false, span, &mut fields);
        }
        let mut pieces: Vec<Piece> = Vec::new();
        for argument in fields.done {
            pieces.extend(argument.pieces);
        }
        pieces.extend(fields.pieces);
        Argument::new(pieces, span)
    }

    fn part(&mut self, part: &Part, splits: bool, span: Span, fields: &mut Fields) {
        let loose = splits && !part.quoted;
        match &part.kind {
            PartKind::Literal(text) => {
                fields.present = true;
                if !text.is_empty() {
                    fields.push(Piece::Text(text.clone()));
                }
            }
            PartKind::Glob(raw) => {
                let (home, rest) =
                    if fields.pieces.is_empty() { tilde(raw) } else { (None, &**raw) };
                fields.pieces.extend(home);
                fields.push(Piece::Glob(rest.to_owned()));
            }
            PartKind::Tilde(raw) => {
                let (home, rest) = tilde(raw);
                fields.present = true;
                fields.pieces.extend(home);
                if !rest.is_empty() {
                    fields.push(Piece::Text(rest.to_owned()));
                }
            }
            PartKind::Brace(known) => {
                for text in known {
                    fields.push(Piece::Text(text.clone()));
                    fields.split(span);
                }
            }
            PartKind::Variable(variable) => self.variable(variable, part, loose, span, fields),
            PartKind::Command(body) => {
                let pieces = self.substitution(body);
                self.value(pieces, loose, span, fields);
            }
            PartKind::Process { body, .. } => {
                self.aside(body);
                fields.push(unknown("<(…)", Origin::Output, false));
            }
            PartKind::Arithmetic(text) => {
                let value = self.expanded(text, part.span);
                fields.push(value);
            }
        }
    }

    /// Adds a value, split where it stands unquoted.
    fn value(&mut self, pieces: Vec<Piece>, loose: bool, span: Span, fields: &mut Fields) {
        if !loose {
            fields.present = true;
            for piece in pieces {
                fields.push(piece);
            }
            return;
        }
        for piece in pieces {
            match piece {
                Piece::Text(text) => {
                    let blank = |c: char| c.is_ascii_whitespace();
                    if text.starts_with(blank) {
                        fields.split(span);
                    }
                    for (index, word) in text.split_ascii_whitespace().enumerate() {
                        if index > 0 {
                            fields.split(span);
                        }
                        let glob = word.contains(['*', '?']);
                        let word = word.to_owned();
                        fields.push(if glob { Piece::Glob(word) } else { Piece::Text(word) });
                    }
                    if text.ends_with(blank) {
                        fields.split(span);
                    }
                }
                Piece::Glob(glob) => fields.push(Piece::Glob(glob)),
                Piece::Unknown(mut one) => {
                    one.quoted = false;
                    fields.push(Piece::Unknown(one));
                }
            }
        }
    }

    fn variable(
        &mut self,
        variable: &Variable,
        part: &Part,
        loose: bool,
        span: Span,
        fields: &mut Fields,
    ) {
        let name = variable.name.as_str();
        let at = self.place(part.span);
        self.out.uses.push(Use { name: name.to_owned(), span: at });
        let all = matches!(variable.index.as_deref(), Some("@" | "*"));
        match &variable.expansion {
            Expansion::Plain if name == "IFS" && loose => {
                fields.split(span);
                return;
            }
            Expansion::Plain if matches!(name, "@" | "*") => {
                match self.env.arguments.clone() {
                    Some(given) if name == "*" && !loose => self.one_word(&given, fields),
                    Some(given) => self.splice(&given, span, fields),
                    None => fields.push(unknown("$@", Origin::Argument, false)),
                }
                return;
            }
            Expansion::Plain if all => {
                if let Some(Value::Array(items)) = self.env.values.get(name).cloned() {
                    self.splice(&items, span, fields);
                    return;
                }
            }
            Expansion::Slice { from, length } if all || matches!(name, "@" | "*") => {
                // The arguments count from 1; before them stands the script itself.
                let (items, first) = match self.env.values.get(name) {
                    Some(Value::Array(items)) if all => (Some(Rc::new(items.clone())), *from),
                    Some(_) | None if all => (None, 0),
                    Some(_) | None => (self.env.arguments.clone(), from.saturating_sub(1)),
                };
                match items.filter(|_| all || *from > 0) {
                    Some(items) => {
                        let items = items.get(first..).unwrap_or_default();
                        let end = length.unwrap_or(items.len()).min(items.len());
                        self.splice(&items[..end], span, fields);
                    }
                    None => fields.push(unknown("$@", Origin::Argument, false)),
                }
                return;
            }
            Expansion::Plain
            | Expansion::Default { .. }
            | Expansion::Alternative(_)
            | Expansion::Required { .. }
            | Expansion::Length
            | Expansion::Slice { .. }
            | Expansion::Other => {}
        }
        let mut pieces = self.expansion(variable, all);
        let length = |piece: &Piece| match piece {
            Piece::Text(text) | Piece::Glob(text) => text.len(),
            Piece::Unknown(_) => 32,
        };
        // A value that is put into itself grows without end.
        if !self.spend(pieces.iter().map(length).sum::<usize>() / 64) || pieces.len() > 1_000 {
            pieces = vec![unknown(&format!("${name}"), Origin::Variable, false)];
        }
        self.value(pieces, loose, span, fields);
    }

    /// Adds items as `"$*"` does: one word, with blanks between them.
    fn one_word(&mut self, items: &[Argument], fields: &mut Fields) {
        fields.present = true;
        if !self.spend(items.len() / 8) || items.len() > 1_000 {
            return fields.push(unknown("$*", Origin::Argument, false));
        }
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                fields.push(Piece::Text(" ".to_owned()));
            }
            for piece in &item.pieces {
                fields.push(piece.clone());
            }
        }
    }

    fn splice(&mut self, items: &[Argument], span: Span, fields: &mut Fields) {
        if !self.spend(items.len() / 8) || items.len() > 10_000 {
            return fields.push(unknown("$@", Origin::Argument, false));
        }
        for (index, item) in items.iter().enumerate() {
            if index > 0 {
                fields.split(span);
            }
            fields.present = true;
            for piece in &item.pieces {
                fields.push(piece.clone());
            }
        }
    }

    fn expansion(&mut self, variable: &Variable, all: bool) -> Vec<Piece> {
        let name = variable.name.as_str();
        let mut base = self.env.lookup(name);
        if all || variable.index.is_some() {
            let origin = match base.as_slice() {
                [Piece::Unknown(u)] => u.origin,
                _ => Origin::Variable,
            };
            base = vec![unknown(&format!("${{{name}[…]}}"), origin, false)];
        }
        match &variable.expansion {
            Expansion::Plain => base,
            Expansion::Length => vec![unknown(&format!("${{#{name}}}"), Origin::Output, false)],
            Expansion::Slice { .. } | Expansion::Other => {
                let empty = can_be_empty(&base);
                let origin = base.iter().find_map(|p| match p {
                    Piece::Unknown(u) => Some(u.origin),
                    Piece::Text(_) | Piece::Glob(_) => None,
                });
                let shown = format!("${{{name}…}}");
                vec![unknown(&shown, origin.unwrap_or(Origin::Variable), empty)]
            }
            Expansion::Alternative(word) => {
                self.word(word);
                vec![unknown(&format!("${{{name}:+…}}"), Origin::Variable, true)]
            }
            Expansion::Required { colon } => {
                if *colon {
                    self.env.make_sure(name);
                }
                for piece in &mut base {
                    if let Piece::Unknown(one) = piece {
                        one.may_be_empty &= !*colon;
                    }
                }
                if base.is_empty() {
                    vec![unknown(&format!("${name}"), Origin::Variable, false)]
                } else {
                    base
                }
            }
            Expansion::Default { word, colon, assign } => {
                let fallback = self.word(word).pieces;
                let outside = matches!(
                    base.as_slice(),
                    [Piece::Unknown(Unknown {
                        origin: Origin::Environment | Origin::Argument,
                        ..
                    })]
                );
                let missing = base.is_empty() && *colon;
                let known_set = self.env.values.contains(name);
                let value = if missing || (outside && !known_set) {
                    // What happens without influence from outside: the default.
                    if can_be_empty(&fallback) {
                        vec![unknown(&format!("${name}"), Origin::Environment, true)]
                    } else {
                        fallback
                    }
                } else if *colon && can_be_empty(&base) && !can_be_empty(&fallback) {
                    vec![unknown(&format!("${name}"), Origin::Variable, false)]
                } else {
                    base
                };
                if *assign {
                    self.env.set(name, Value::Scalar(value.clone()));
                }
                value
            }
        }
    }

    /// Follows `$(…)` and returns what it puts out.
    fn substitution(&mut self, body: &[Statement]) -> Vec<Piece> {
        let first = self.out.list.len();
        let cwd = self.aside(body);
        let Some(last) = self.out.list.get(first..).and_then(<[_]>::last) else {
            return vec![unknown("$(…)", Origin::Output, true)];
        };
        let alone = self.out.list.len() == first + 1
            && last.redirects.is_empty()
            && self.runs_always(last)
            && last.wrappers.is_empty();
        let name = last.name().unwrap_or_default();
        let shown = format!("$({name} …)");
        match name {
            "mktemp" => {
                self.written.temporary += 1;
                return vec![unknown(&shown, Origin::Temporary, false)];
            }
            "date" => return vec![unknown(&shown, Origin::Time, false)],
            "pwd" => {
                if let Some(cwd) = cwd {
                    return vec![Piece::Text(cwd)];
                }
            }
            "echo" | "printf" if alone => {
                if let Some(printed) = printed(last)
                    && let Some(text) = printed.literal()
                {
                    let text = text.trim_end_matches('\n');
                    return if text.is_empty() {
                        Vec::new()
                    } else {
                        vec![Piece::Text(text.to_owned())]
                    };
                }
            }
            "dirname" | "basename" if alone => {
                if let [only] = last.literals().as_slice()
                    && last.arguments().len() == 1
                {
                    let base = path::file_name(only).to_owned();
                    let text = if name == "basename" {
                        Some(base)
                    } else {
                        path::parent(only).map(str::to_owned)
                    };
                    if let Some(text) = text {
                        return vec![Piece::Text(text)];
                    }
                }
            }
            _ => {}
        }
        let empty = !NEVER_EMPTY.contains(&name);
        vec![unknown(&shown, Origin::Output, empty)]
    }

    /// Follows statements in a shell of their own; returns the directory they end in.
    fn aside(&mut self, body: &[Statement]) -> Option<String> {
        let env = self.env.clone();
        let setting = self.setting.clone();
        let incoming = self.incoming.take();
        self.setting.substituted = true;
        self.setting.stage = None;
        let standing = self.standing.take();
        self.sequence(body);
        self.standing = standing;
        let cwd = self.env.cwd.take();
        self.env = env;
        self.setting = setting;
        self.incoming = incoming;
        cwd
    }
}

/// Splits a leading tilde off.
fn tilde(raw: &str) -> (Option<Piece>, &str) {
    if !raw.starts_with('~') {
        return (None, raw);
    }
    let end = raw.find('/').unwrap_or(raw.len());
    let (user, rest) = raw.split_at(end);
    let shown = if user == "~" { "$HOME" } else { user };
    (Some(unknown(shown, Origin::Environment, false)), rest)
}

/// Returns what `echo`, `printf` or `cat <<EOF` puts out, with unknown pieces where they stand.
pub(super) fn printed(command: &super::command::Command) -> Option<Argument> {
    let name = command.name()?;
    let span = command.span;
    let mut arguments = command.arguments();
    match name {
        "cat" | "tee" if arguments.iter().all(|a| a.prefix().starts_with('-')) || name == "tee" => {
            return command.input.clone();
        }
        "echo" => {
            while let Some(first) = arguments.first()
                && matches!(first.literal(), Some("-e" | "-n" | "-E" | "-ne" | "-en"))
            {
                arguments = &arguments[1..];
            }
            // Whether echo reads escapes depends on the shell.
            let escapes = |word: &Argument| {
                word.pieces.iter().any(|p| matches!(p, Piece::Text(t) if t.contains('\\')))
            };
            if arguments.iter().any(escapes) {
                return None;
            }
        }
        "printf" => {
            let format = arguments.first()?.literal()?;
            if arguments.len() > 1 {
                // Only the formats that hand the arguments through.
                if !matches!(format, "%s" | "%s\\n" | "%s\n") {
                    return None;
                }
                arguments = &arguments[1..];
            } else {
                let text = format.replace("\\n", "\n").replace("%%", "%");
                return (!text.contains('\\')).then(|| Argument::text(&text, span));
            }
        }
        _ => return None,
    }
    let mut pieces = Vec::new();
    for (index, argument) in arguments.iter().enumerate() {
        if index > 0 {
            pieces.push(Piece::Text(if name == "printf" { "\n" } else { " " }.to_owned()));
        }
        pieces.extend(argument.pieces.iter().cloned());
    }
    pieces.push(Piece::Text("\n".to_owned()));
    Some(Argument::new(pieces, span))
}
