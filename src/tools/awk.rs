//! Whether a program of awk only reads and prints, told from its text.

/// Tells whether a program of awk starts no command and writes no file, whatever its input: it holds no `system`, no pipe,
/// no output redirect, no extension. Where the text could be read in two ways the answer is no (awk(1), gawk manual).
pub fn only_prints(program: &str) -> bool {
    // These may stand behind anything, also where an implementation reads the text another way.
    if ["system", "@", "ENVIRON[\"AWK"].iter().any(|word| program.contains(word)) {
        return false;
    }
    let mut walk = Walk { rest: program, before: '\n', depth: 0, printing: None };
    walk.goes_through()
}

/// Where the walk through a program stands.
struct Walk<'p> {
    rest: &'p str,
    /// The last character that was no blank; a line feed at the start.
    before: char,
    /// Parentheses that stand open.
    depth: usize,
    /// The parentheses that stood open at a `print` whose arguments go on.
    printing: Option<usize>,
}

impl Walk<'_> {
    fn goes_through(&mut self) -> bool {
        while let Some(c) = self.rest.chars().next() {
            let skipped = match c {
                '"' => self.skip_text(),
                '/' if self.pattern_may_start() => self.skip_pattern(),
                '#' => {
                    let end = self.rest.find('\n').unwrap_or(self.rest.len());
                    self.rest = &self.rest[end..];
                    continue;
                }
                '\\' if self.rest.starts_with("\\\n") => {
                    self.rest = &self.rest[2..];
                    continue;
                }
                '|' if self.rest.starts_with("||") => self.step("||"),
                '|' => false,
                '>' if self.printing == Some(self.depth) => false,
                _ if c.is_ascii_alphabetic() || c == '_' => self.word(),
                _ => self.sign(c),
            };
            if !skipped {
                return false;
            }
        }
        true
    }

    fn step(&mut self, text: &str) -> bool {
        self.rest = &self.rest[text.len()..];
        self.before = text.chars().next_back().unwrap_or('\n');
        true
    }

    fn word(&mut self) -> bool {
        let end = self.rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        if matches!(word, "print" | "printf") {
            self.printing = Some(self.depth);
        }
        self.rest = rest;
        self.before = 'a';
        true
    }

    fn sign(&mut self, c: char) -> bool {
        match c {
            '(' => self.depth += 1,
            ')' => self.depth = self.depth.saturating_sub(1),
            ';' | '}' => self.printing = None,
            // A statement goes on behind these.
            '\n' if !matches!(self.before, ',' | '&' | '|' | '{') => self.printing = None,
            _ => {}
        }
        self.rest = &self.rest[c.len_utf8()..];
        if c == '\n' || !c.is_whitespace() {
            self.before = c;
        }
        true
    }

    /// Tells whether a slash here can only begin a pattern.
    fn pattern_may_start(&self) -> bool {
        matches!(self.before, '\n' | '{' | '}' | '(' | ',' | ';' | '!' | '~' | '&' | '|')
    }

    fn skip_text(&mut self) -> bool {
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                '"' => {
                    self.rest = &self.rest[at + 1..];
                    self.before = '"';
                    return true;
                }
                '\n' => return false,
                _ => {}
            }
        }
        false
    }

    fn skip_pattern(&mut self) -> bool {
        let mut chars = self.rest.char_indices().skip(1);
        let mut list = false;
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                '[' => list = true,
                ']' => list = false,
                // Implementations differ in whether this ends the pattern.
                '/' if list => return false,
                '/' => {
                    self.rest = &self.rest[at + 1..];
                    self.before = '/';
                    return true;
                }
                '\n' => return false,
                _ => {}
            }
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::only_prints;

    #[test]
    fn a_program_that_starts_or_writes_something_is_never_taken_for_a_reading_one() {
        for program in [
            "BEGIN{system(x)}",
            "{print | \"sh\"}",
            "{print > \"/etc/passwd\"}",
            "{print $1 >> f}",
            "{print (a)(b) > f}",
            "{printf \"%s\", $1 > f}",
            "BEGIN{\"date\" | getline d}",
            "BEGIN{print |& \"sh\"}",
            "@load \"filefuncs\"; {print}",
            "BEGIN{f=\"sys\" \"tem\"; @f(x)}",
            "{x = a / b; print | \"sh\"; y = c / d}",
            "{x = a \\\n / 2; print | \"sh\"; y = c / d}",
            "/[/\"]/ {print | \"sh\"}",
            "{print a,\nb > f}",
            "{print \"a",
        ] {
            assert!(!only_prints(program), "{program}");
        }
    }

    #[test]
    fn comparisons_alternatives_and_texts_are_no_pipes() {
        for program in [
            "{print $1}",
            "$3 > 5 {print $1}",
            "{if ($1 > 5 || $2 > 3) print \"a|b > c\"}",
            "/a|b/ {n++} END {print n}",
            "$1 ~ /^(x|y)$/ {print; next}",
            "{print ($1 > 5) ? \"more\" : \"less\"}",
            "NR > 1 # skip the head | of it\n{ printf(\"|%s\", $2) }",
            "{ getline line < \"/etc/hosts\"; print line }",
        ] {
            assert!(only_prints(program), "{program}");
        }
    }
}
