//! Python sources: the commands they start and the SQL they send, each as a text of its own.

use std::cell::Cell;

use super::argv::{self, Word, lowered};
use super::{Part, Reading, add, file_calls};
use crate::base::{Excerpting, Span};
use crate::check::python::value::{Value, Values};
use crate::check::python::{Called, Outline};
use crate::check::{Language, Python};
use crate::sql::Dialect;

/// Steps that the values of one source may cost.
const BUDGET: usize = 200_000;

/// Adds what a source starts and sends.
pub(super) fn read<'a>(source: &Part<'_>, depth: usize, reading: &mut Reading<'a>) {
    let python = Python::new(&source.text);
    let outline = python.outline();
    let budget = Cell::new(BUDGET);
    let values = Values { python: &python, outline, budget: &budget };
    for call in &outline.calls {
        let part = if let Some((line, language)) = started(&values, call) {
            let (text, place) = line.done();
            source.inner(text, &place.quoted(), language)
        } else if let Some(line) = file_calls::done_by(&values, call) {
            let (text, place) = line.done();
            source.inner(text, &place.quoted(), Language::Sh)
        } else if let Some(sql) = sent(&values, call) {
            let mut excerpting = Excerpting::default();
            sql.script(&mut excerpting);
            let (text, place) = excerpting.done();
            let inner = source.inner(text, &place.quoted(), Language::Sql);
            Part { dialect: Some(dialect(outline)), ..inner }
        } else {
            continue;
        };
        add(part, depth + 1, reading);
    }
}

/// Returns the SQL that `cursor.execute("…")` and its kind send, where the source holds it.
fn sent(values: &Values<'_, '_>, call: &Called<'_>) -> Option<Word> {
    let method = call.path.rsplit('.').next()?;
    if !matches!(method, "execute" | "executemany" | "executescript") || !call.path.contains('.') {
        return None;
    }
    let word = values.word(call.argument("query", Some(0))?);
    // A text without a word that the source holds says nothing.
    word.literal_start().is_some_and(|text| !text.trim().is_empty()).then_some(word)
}

fn dialect(outline: &Outline<'_>) -> Dialect {
    let imports = |names: &[&str]| {
        outline.imports.iter().any(|i| names.iter().any(|name| i.path.starts_with(name)))
    };
    if imports(&["pymysql", "MySQLdb", "mysql", "mariadb", "aiomysql"]) {
        Dialect::Mysql
    } else if imports(&["sqlite3", "aiosqlite"]) {
        Dialect::Sqlite
    } else {
        Dialect::Postgres
    }
}

/// Returns what a call starts, as text for a shell. What another call reads from is part of that one's pipeline.
fn started(values: &Values<'_, '_>, call: &Called<'_>) -> Option<(Excerpting, Language)> {
    let read_by_another =
        |other: &Called<'_>| producer(values, other).is_some_and(|producer| producer.at == call.at);
    if call.path == "subprocess.Popen" && values.outline.calls.iter().any(read_by_another) {
        return None;
    }
    let path = call.path.as_str();
    let through_shell = match path {
        "os.system"
        | "os.popen"
        | "subprocess.getoutput"
        | "subprocess.getstatusoutput"
        | "commands.getoutput"
        | "asyncio.create_subprocess_shell" => true,
        "subprocess.run"
        | "subprocess.call"
        | "subprocess.check_call"
        | "subprocess.check_output"
        | "subprocess.Popen" => call
            .argument("shell", None)
            .is_some_and(|(from, _)| values.python.name(from) == Some("True")),
        "asyncio.create_subprocess_exec" => false,
        _ => return None,
    };
    let first = call.argument("args", Some(0)).or_else(|| call.argument("cmd", Some(0)))?;
    let mut text = Excerpting::default();
    if let Some(directory) = call.argument("cwd", None) {
        text.write("cd ", values.python.span_of(directory));
        values.word(directory).quote(&mut text);
        text.write("\n", values.python.span_of(directory));
    }
    if let Some(environment) = call.argument("env", None) {
        for (name, value) in variables(values, environment) {
            argv::assign(&mut text, &name, &value);
        }
    }
    let whole = values.python.span_of((call.at, call.end));
    if call.endless {
        text.write("while true; do\n", Span::new(whole.start, whole.start));
    }
    let before = producer(values, call);
    if let Some(producer) = before {
        text = feed(values, producer, text)?;
    }
    let value = match path {
        // Every argument is a word.
        "asyncio.create_subprocess_exec" => {
            let words = call.given.iter().filter(|given| given.keyword.is_none());
            Value::List(words.map(|given| values.word(given.value)).collect())
        }
        _ => values.value(first),
    };
    let (mut line, language) = match (value, through_shell) {
        (Value::List(words), false) if words.is_empty() => return None,
        // With a shell only the first word is the command; the others are the shell's own.
        (Value::List(words), true) => (script(words.first()?, text), Language::Sh),
        (Value::Word(word) | Value::Split(word), true) => (script(&word, text), Language::Sh),
        (Value::Split(word), false) => (script(&word, text), Language::Sh),
        (Value::List(words), false) => argument_list(&words, text),
        (Value::Word(word), false) => argument_list(std::slice::from_ref(&word), text),
    };
    redirect(values, call, &mut line);
    let end = Span::new(whole.end, whole.end);
    line.write(if call.endless { "\ndone\n" } else { "\n" }, end);
    Some((line, if before.is_some() { Language::Bash } else { language }))
}

/// Returns the call whose output a call reads: `stdin=dump.stdout` where `dump = Popen(…, stdout=PIPE)`.
fn producer<'o>(values: &Values<'o, '_>, call: &Called<'_>) -> Option<&'o Called<'o>> {
    let (from, to) = call.argument("stdin", None)?;
    let output = to == from + 3 && values.python.name(from + 2) == Some("stdout");
    let name = values.python.name(from).filter(|_| output)?;
    let made = values.named(name, from)?.0;
    values.outline.calls.iter().find(|one| one.at == made && one.path == "subprocess.Popen")
}

/// Writes the first command of a pipeline; whether its failure counts depends on somebody asking for its result.
fn feed(
    values: &Values<'_, '_>,
    producer: &Called<'_>,
    mut text: Excerpting,
) -> Option<Excerpting> {
    let python = values.python;
    let span = python.span_of((producer.at, producer.end));
    let own = values.outline.assignments.iter().find(|a| a.value.0 == producer.at)?;
    let asks = |at: usize| {
        python.name(at) == Some(own.name)
            && python.is(at + 1, ".")
            && matches!(python.name(at + 2), Some("returncode" | "wait" | "poll"))
    };
    let asked = (producer.end..python.tokens.len()).filter(|at| asks(*at)).any(|at| {
        let dropped = |call: &Called<'_>| call.at == at && call.dropped;
        !values.outline.calls.iter().any(dropped)
    });
    if asked {
        text.write("set -o pipefail\n", Span::new(span.start, span.start));
    }
    let Value::List(words) = values.value(producer.argument("args", Some(0))?) else { return None };
    let (mut text, _) = lowered(&words, text);
    text.write(" | ", Span::new(span.end, span.end));
    Some(text)
}

fn script(word: &Word, mut text: Excerpting) -> Excerpting {
    word.script(&mut text);
    text
}

fn argument_list(words: &[Word], text: Excerpting) -> (Excerpting, Language) {
    lowered(words, text)
}

/// Writes where output goes and input comes from, where a file is opened for it.
fn redirect(values: &Values<'_, '_>, call: &Called<'_>, line: &mut Excerpting) {
    for (keyword, sign) in [("stdout", " > "), ("stdin", " < ")] {
        let Some(range) = call.argument(keyword, None) else {
            continue;
        };
        let opened = match values.assigned(range) {
            Some(value) => value,
            None => range,
        };
        let open = values.outline.calls.iter().find(|one| {
            one.at == opened.0 && matches!(one.path.as_str(), "open" | "io.open" | "builtins.open")
        });
        let Some(open) = open else {
            continue;
        };
        let mode = open.argument("mode", Some(1)).map(|mode| values.word(mode));
        let mode = mode.and_then(|word| word.literal()).unwrap_or_default();
        let sign = if mode.starts_with('a') { " >> " } else { sign };
        let Some(path) = open.argument("file", Some(0)).filter(|_| !mode.contains('x')) else {
            continue;
        };
        let span = values.python.span_of(range);
        line.write(sign, Span::new(span.start, span.start));
        values.word(path).quote(line);
    }
    if let Some(input) = call.argument("input", None)
        && let Some(text) = values.word(input).literal()
    {
        let span = values.python.span_of(input);
        line.write(" <<'input'\n", Span::new(span.start, span.start));
        values.word(input).script(line);
        let end = if text.ends_with('\n') { "input" } else { "\ninput" };
        line.write(end, Span::new(span.end, span.end));
    }
}

/// Returns the variables of `env={…}` and `env=dict(os.environ, NAME=…)`.
fn variables(values: &Values<'_, '_>, range: (usize, usize)) -> Vec<(String, Word)> {
    let range = values.assigned(range).unwrap_or(range);
    let call = values.outline.calls.iter().find(|call| call.at == range.0 && call.path == "dict");
    match call {
        Some(call) => {
            let named = call
                .given
                .iter()
                .filter_map(|given| Some((given.keyword?.to_owned(), values.word(given.value))));
            named.collect()
        }
        None => values.mapping(range),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::Language;
    use crate::check::reading::read;

    #[test]
    fn what_a_source_starts_and_sends_is_read_as_a_shell_and_a_client_would() {
        let check = |text: &str, expected: &[&str]| {
            let reading = read(text, Language::Python);
            let found: Vec<&str> = reading.parts.iter().map(|part| part.text.trim_end()).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("import os\nos.system('ls -l | wc')\n", &["ls -l | wc"]);
        check("import subprocess as sp\nsp.run(['ls', '-l x'])\n", &["ls \"-l x\""]);
        check("from subprocess import run\nrun(['ls', d])\n", &["ls \"${d:?}\""]);
        check("from os import system as s\ns(f'rm -rf {d}/x')\n", &["rm -rf ${d:?}/x"]);
        check(
            "import subprocess\nD = '/b'\nsubprocess.run(['ls', D + '/x', f'{D}/y'])\n",
            &["ls /b/x /b/y"],
        );
        check(
            "import os, subprocess\nc = ['a', '-b']\nif x:\n    c.append('c')\nc += ['d']\nsubprocess.call(c)\n",
            &["a -b c d"],
        );
        check("import subprocess\nsubprocess.run('a ' + 'b', shell=True, check=True)\n", &["a b"]);
        check("import subprocess\nsubprocess.run(['sh', '-c', 'a | b'])\n", &["a | b"]);
        check("import subprocess, shlex\nsubprocess.run(shlex.split('a b'))\n", &["a b"]);
        check(
            "import subprocess\nwith open('/b/x', 'wb') as f:\n    subprocess.run(['pg_dump', 'd'], stdout=f)\n",
            &["pg_dump d > /b/x"],
        );
        check(
            "import subprocess\nsubprocess.run(['psql'], input='drop table x')\n",
            &["psql <<'input'\ndrop table x\ninput"],
        );
        check(
            "import subprocess\nsubprocess.run(['a'], cwd='/s', env={'P': 'x'})\n",
            &["cd /s\nP=x\na"],
        );
        check(
            "import os, time\nwhile True:\n    os.system('a')\n    time.sleep(1)\n",
            &["while true; do\na\ndone"],
        );
        check(
            "import os\nos.system('a %s' % b)\nos.system('a {}'.format(b))\n",
            &["a ${s:?}", "a ${value:?}"],
        );
        check("import os\na = a + a + a\nb = a + b\nos.system(b)\n", &["${a:?}${a:?}${a:?}${b:?}"]);
        check("import os\nos.system(os.path.join('/a', 'b'))\n", &["/a/b"]);
        check("import os\nos.system(f'cp a a.{datetime.now():%F}')\n", &["cp a a.$(date +%s)"]);
        check("cursor.execute('drop table x')\nc.execute(sql)\nexecute('x')\n", &["drop table x"]);
        check(
            "import subprocess\nd = subprocess.Popen(['pg_dump', 'x'], stdout=subprocess.PIPE)\nsubprocess.run(['age'], stdin=d.stdout, check=True)\nif d.wait() != 0:\n    raise SystemExit(1)\n",
            &["set -o pipefail\npg_dump x | age"],
        );
        check(
            "from subprocess import Popen, PIPE\nd = Popen(['a'], stdout=PIPE)\ng = Popen(['b'], stdin=d.stdout)\ng.communicate()\nd.wait()\n",
            &["a | b"],
        );
        check(
            "import shutil\nshutil.copytree('/a', '/b', symlinks=True)\n",
            &["set -e\ncp -rP --preserve=mode,timestamps /a /b"],
        );
        check(
            "import os, shutil\ndef back(source, target='/b'):\n    for folder, _, names in os.walk(source):\n        for name in names:\n            path = os.path.join(folder, name)\n            shutil.copy2(path, os.path.join(target, name))\nback('/a')\n",
            &["set -e\ncp -rL --preserve=mode,timestamps /a /b"],
        );
        check(
            "import tarfile\nwith tarfile.open('/b.tgz', 'w:gz') as t:\n    t.add('/a')\n    t.add('/c', arcname='c')\ntarfile.open('/b.tgz').extractall('/d')\ns.add('/x')\n",
            &[
                "set -e\ntar -cf /b.tgz /a",
                "set -e\ntar -cf /b.tgz --transform=s,^,, /c",
                "set -e\ntar -xf /b.tgz -C /d",
            ],
        );
        check(
            "import os\nos.umask(0o077)\nos.makedirs('/a', 0o700, exist_ok=True)\nos.replace('/a', '/b')\n",
            &["set -e\numask 077", "set -e\nmkdir -p -m 700 /a", "set -e\nmv /a /b"],
        );
        check(
            "import shutil\nwhile True:\n    back()\ndef back():\n    one()\ndef one():\n    shutil.rmtree('/a')\n",
            &["set -e\nwhile true; do\nrm -r /a\ndone"],
        );
        check("app.run(['ls'])\nrun('x')\n# os.system('x')\n'os.system(1)'\n", &[]);
    }

    #[test]
    fn a_word_stands_where_the_source_holds_it() {
        let text =
            "import subprocess\nsubprocess.run([\n    'mysqldump', '-pSECRET',\n    f'shop'])\n";
        let reading = read(text, Language::Python);
        let part = &reading.parts[0];
        for word in ["mysqldump", "-pSECRET", "shop"] {
            let at = part.text.find(word).unwrap();
            let span = part.place(crate::base::Span::new(at, at + word.len()));
            assert_eq!(span.slice(text), word);
        }
    }
}
