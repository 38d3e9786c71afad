//! Expands braces in plain text as bash does: `a{b,c}` becomes `ab ac`.

/// How many results are kept; more than that is no list a person wrote.
const LIMIT: usize = 256;

/// Returns the words a text with braces becomes, or nothing where it holds anything else the
/// shell would change (quotes, variables, globs) or too many results.
pub(super) fn expand(text: &str) -> Option<Vec<String>> {
    let plain = |c: char| !matches!(c, '\'' | '"' | '$' | '`' | '\\' | '*' | '?' | '[' | '~');
    if !text.chars().all(plain) {
        return None;
    }
    let mut done = Vec::new();
    let mut open = vec![text.to_owned()];
    while let Some(word) = open.pop() {
        match first_brace(&word) {
            Some((before, alternatives, after)) => {
                for one in alternatives?.iter().rev() {
                    open.push(format!("{before}{one}{after}"));
                }
            }
            None => done.push(word),
        }
        if done.len() + open.len() > LIMIT {
            return None;
        }
    }
    Some(done)
}

/// Finds the first brace that expands: its alternatives unless they are too many, and the text
/// on both sides.
fn first_brace(word: &str) -> Option<(&str, Option<Vec<String>>, &str)> {
    for (start, _) in word.match_indices('{') {
        let mut depth = 0usize;
        let mut commas = vec![start];
        for (at, c) in word[start..].char_indices().map(|(i, c)| (start + i, c)) {
            match c {
                '{' => depth += 1,
                ',' if depth == 1 => commas.push(at),
                '}' => {
                    depth -= 1;
                    if depth > 0 {
                        continue;
                    }
                    let inner = &word[start + 1..at];
                    let found = if commas.len() > 1 {
                        commas.push(at);
                        let between = |w: &[usize]| word[w[0] + 1..w[1]].to_owned();
                        Some(commas.windows(2).map(between).collect())
                    } else {
                        let Some((from, to)) = numbers(inner) else {
                            break;
                        };
                        sequence(inner, from, to)
                    };
                    return Some((&word[..start], found, &word[at + 1..]));
                }
                _ => {}
            }
        }
    }
    None
}

fn numbers(inner: &str) -> Option<(i64, i64)> {
    let (from, to) = inner.split_once("..")?;
    Some((from.parse().ok()?, to.parse().ok()?))
}

fn sequence(inner: &str, from: i64, to: i64) -> Option<Vec<String>> {
    let width = if inner.starts_with('0') { inner.find("..").unwrap_or(0) } else { 0 };
    if from.abs_diff(to) as usize >= LIMIT {
        return None;
    }
    let one = |n: i64| format!("{n:0width$}");
    Some(if from <= to {
        (from..=to).map(one).collect()
    } else {
        (to..=from).rev().map(one).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn braces_become_the_words_bash_makes_of_them() {
        let check = |text: &str, expected: &str| {
            assert_eq!(expand(text).unwrap().join(" "), expected, "{text}");
        };
        check("{rm,-rf,/}", "rm -rf /");
        check("f{,.bak}", "f f.bak");
        check("/srv/{a,b{1,2}}/x", "/srv/a/x /srv/b1/x /srv/b2/x");
        check("v{08..10}", "v08 v09 v10");
        check("{}", "{}");
        check("x{a}{b,c}", "x{a}b x{a}c");
        assert_eq!(expand("{$x,b}"), None);
        assert_eq!(expand("{1..99999}"), None);
    }
}
