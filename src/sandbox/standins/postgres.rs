//! The clients of PostgreSQL: a server in the sandbox gets the call, one outside is not asked and its dumps are marked files.
//!
//! SQL is not executed. A query prints nothing, unless it is a constant; a step that needs more of
//! an answer fails here, and says so.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::remote::{Server, bounded, is_marked, mark, place, reason, write_file, write_mark};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const POSTGRES: StandIn = StandIn {
    names: &[
        "psql",
        "pg_dump",
        "pg_dumpall",
        "pg_restore",
        "pg_basebackup",
        "pg_isready",
        "createdb",
        "dropdb",
        "createuser",
        "dropuser",
        "vacuumdb",
        "reindexdb",
    ],
    real: Real::Sometimes,
    answer,
};

/// Beginnings of the names of units that are a server of this machine.
const UNITS: &[&str] = &["postgresql", "postgres@"];

/// Whom a call would ask, and for which database.
struct Target {
    server: Server,
    user: String,
    database: String,
}

impl Target {
    fn of(line: &Line) -> Self {
        let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let named = line.value("--dbname").or_else(|| line.value("--database"));
        let operand = match line.tool.as_str() {
            "psql" | "pg_dump" | "vacuumdb" | "reindexdb" | "createdb" | "dropdb" => {
                line.operands.first()
            }
            _ => None,
        };
        let database = named.or(operand.map(String::as_str)).unwrap_or("");
        let connection = Connection::read(database);
        let host = line.value("--host").map(str::to_owned).or(connection.host);
        let host = host.or_else(|| variable("PGHOST").or_else(|| variable("PGHOSTADDR")));
        let port = line
            .value("--port")
            .map(str::to_owned)
            .or(connection.port)
            .or_else(|| variable("PGPORT"));
        let port = port.and_then(|port| port.split(',').next()?.parse().ok()).unwrap_or(5432);
        let server = match host.as_deref().map(|host| host.split(',').next().unwrap_or(host)) {
            Some(directory) if directory.starts_with('/') => {
                Server::Socket(format!("{directory}/.s.PGSQL.{port}"))
            }
            Some(host) if !host.is_empty() => Server::Address(host.to_owned(), port),
            // What the service file says is not read: it may name any server.
            None if connection.service || variable("PGSERVICE").is_some() => {
                Server::Address("the service's server".to_owned(), port)
            }
            Some(_) | None => Server::Socket(format!("/var/run/postgresql/.s.PGSQL.{port}")),
        };
        let user = line.value("--username").map(str::to_owned).or(connection.user);
        Self {
            server,
            user: user.or_else(|| variable("PGUSER")).unwrap_or_default(),
            database: connection.database.or_else(|| variable("PGDATABASE")).unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, form: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(form, "{}", self.server)?;
        if !self.user.is_empty() {
            write!(form, " as {}", self.user)?;
        }
        if self.database.is_empty() { Ok(()) } else { write!(form, ", database {}", self.database) }
    }
}

/// What a connection string or a name of a database says (libpq, "Connection Strings").
#[derive(Default)]
struct Connection {
    host: Option<String>,
    port: Option<String>,
    user: Option<String>,
    database: Option<String>,
    service: bool,
}

impl Connection {
    fn read(text: &str) -> Self {
        let mut read = Self::default();
        let mut set = |name: &str, value: &str| {
            let value = Some(value.trim_matches('\'').to_owned()).filter(|value| !value.is_empty());
            match name {
                "host" | "hostaddr" => read.host = value,
                "port" => read.port = value,
                "user" => read.user = value,
                "dbname" => read.database = value,
                "service" => read.service = true,
                _ => {}
            }
        };
        let uri = text.strip_prefix("postgresql://").or_else(|| text.strip_prefix("postgres://"));
        if let Some(rest) = uri {
            let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
            let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
            let (account, hosts) = authority.rsplit_once('@').unwrap_or(("", authority));
            let first = hosts.split(',').next().unwrap_or(hosts);
            let (host, port) = match first.rsplit_once(':') {
                Some((host, port)) if !port.contains(']') => (host, port),
                Some(_) | None => (first, ""),
            };
            set("host", &host.replace("%2F", "/").replace("%2f", "/"));
            set("port", port);
            set("user", account.split(':').next().unwrap_or(""));
            set("dbname", database);
            for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
                set(name, &value.replace("%2F", "/").replace("%2f", "/"));
            }
        } else if text.contains('=') {
            for (name, value) in text.split_whitespace().filter_map(|pair| pair.split_once('=')) {
                set(name, value);
            }
        } else {
            set("dbname", text);
        }
        read
    }
}

fn answer(line: &Line, state: &mut State) -> Answer {
    if line.tool == "pg_restore" && line.value("--dbname").is_none() {
        return restore_to_text(line, state);
    }
    let target = Target::of(line);
    if target.server.is_inside(state, UNITS) {
        return Answer::hands_over();
    }
    match line.tool.as_str() {
        "psql" => psql(line, &target, state),
        "pg_dump" | "pg_dumpall" => dump(line, &target, state),
        "pg_restore" => restore(line, &target, state),
        "pg_basebackup" => base_backup(line, &target, state),
        "pg_isready" => {
            let out = if line.has("--quiet") {
                String::new()
            } else {
                format!("{} - accepting connections\n", ready_name(&target.server))
            };
            Answer::prints(out)
                .would(format!("ask {} whether it accepts connections", target.server))
        }
        tool => Answer::quiet().would(format!("{tool} at {target}{}", named(line))),
    }
}

fn named(line: &Line) -> String {
    let names: Vec<&str> = line.operands.iter().map(String::as_str).collect();
    if names.is_empty() { String::new() } else { format!(": {}", names.join(" ")) }
}

fn ready_name(server: &Server) -> String {
    match server {
        Server::Socket(path) => path.replace("/.s.PGSQL.", ":"),
        Server::Address(..) => server.to_string(),
    }
}

fn psql(line: &Line, target: &Target, state: &mut State) -> Answer {
    let mut answer = Answer::quiet();
    let mut asked: Vec<String> = line.values("--command").into_iter().map(str::to_owned).collect();
    if line.has("--list") {
        asked.push("list the databases".to_owned());
    }
    for file in line.values("--file") {
        if file == "-" {
            asked.push(state.input());
        } else if place(state, file).is_file() {
            asked.push(format!("the statements of {file}"));
        } else {
            let said = match std::fs::File::open(place(state, file)) {
                Err(error) => reason(&error),
                Ok(_) => "Is a directory".to_owned(),
            };
            return Answer::fails(1, format!("psql: error: {file}: {said}"));
        }
    }
    if asked.is_empty() {
        asked.push(state.input());
    }
    for file in line
        .value("--output")
        .filter(|file| !file.starts_with('|') && !file.starts_with("/dev/"))
        .into_iter()
        .chain(line.value("--log-file"))
    {
        if let Err(error) = write_mark(state, file, "", &format!("psql did not ask {target}")) {
            return Answer::fails(
                1,
                format!("psql: error: could not open file \"{file}\": {}", reason(&error)),
            );
        }
    }
    for text in asked.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        if let Some(value) = constant(text)
            && !line.has("--output")
        {
            answer.out.push_str(&value);
            answer.out.push('\n');
        }
        answer.would.push(format!("ask {target}: {}", bounded(text)));
    }
    if answer.would.is_empty() {
        answer.would.push(format!("connect to {target}"));
    }
    answer
}

/// Returns what a server answers to `SELECT 1` and its like, whatever it holds.
pub(super) fn constant(sql: &str) -> Option<String> {
    let text = sql.trim().trim_end_matches(';').trim();
    let (verb, value) = text.split_once(char::is_whitespace)?;
    let value = value.trim();
    if !verb.eq_ignore_ascii_case("select") {
        return None;
    }
    let number =
        !value.is_empty() && value.len() < 10 && value.bytes().all(|byte| byte.is_ascii_digit());
    let quoted = value.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match quoted {
        Some(inner) if !inner.contains('\'') => Some(inner.to_owned()),
        Some(_) | None => number.then(|| value.to_owned()),
    }
}

fn dump(line: &Line, target: &Target, state: &mut State) -> Answer {
    let tool = line.tool.as_str();
    let form = line.value("--format").unwrap_or("p");
    if !["p", "plain", "c", "custom", "d", "directory", "t", "tar"].contains(&form) {
        return Answer::fails(
            1,
            format!("{tool}: error: invalid output format \"{form}\" specified"),
        );
    }
    let directory = form.starts_with('d');
    if line.has("--jobs") && !directory && line.value("--jobs") != Some("1") {
        return Answer::fails(
            1,
            format!("{tool}: error: parallel backup only supported by the directory format"),
        );
    }
    if line.has("--schema-only") && line.has("--data-only") {
        return Answer::fails(
            1,
            format!(
                "{tool}: error: options -s/--schema-only and -a/--data-only cannot be used together"
            ),
        );
    }
    let what = format!("{tool} of {target} was not run");
    let would = format!("{tool} of {target}");
    let Some(file) = line.value("--file") else {
        if directory {
            return Answer::fails(1, format!("{tool}: error: no output directory specified"));
        }
        return Answer::prints(mark("-- ", &what)).would(would);
    };
    let written = if directory {
        make_empty(state, file)
            .and_then(|()| write_mark(state, &format!("{file}/toc.dat"), "-- ", &what))
    } else {
        write_mark(state, file, "-- ", &what)
    };
    match written {
        Ok(()) => Answer::quiet().would(format!("{would} to {file}")),
        Err(error) if directory => Answer::fails(
            1,
            format!("{tool}: error: could not create directory \"{file}\": {}", reason(&error)),
        ),
        Err(error) => Answer::fails(
            1,
            format!("{tool}: error: could not open output file \"{file}\": {}", reason(&error)),
        ),
    }
}

/// Makes a directory, or takes an empty one.
fn make_empty(state: &State, path: &str) -> std::io::Result<()> {
    let path = place(state, path);
    match std::fs::read_dir(&path) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(std::io::Error::from_raw_os_error(17)),
        },
        Err(_) => std::fs::create_dir(path),
    }
}

/// pg_restore without a database asks no server: an archive is listed, or becomes text.
fn restore_to_text(line: &Line, state: &mut State) -> Answer {
    let archive = line.operand(0);
    if archive.is_empty() || !is_marked(state, archive) {
        return Answer::hands_over();
    }
    if line.has("--list") {
        return Answer::prints(format!(
            ";\n; {} the archive {archive} is a stand-in's: what it would hold is not known\n;\n",
            super::remote::MARK
        ))
        .would(format!("list {archive}"));
    }
    let Some(file) = line.value("--file") else {
        return Answer::fails(
            1,
            "pg_restore: error: one of -d/--dbname and -f/--file must be specified",
        );
    };
    let what = format!("{archive} was not restored");
    if file == "-" {
        return Answer::prints(mark("-- ", &what)).would(format!("restore {archive} as text"));
    }
    match write_mark(state, file, "-- ", &what) {
        Ok(()) => Answer::quiet().would(format!("restore {archive} as text to {file}")),
        Err(error) => Answer::fails(
            1,
            format!("pg_restore: error: could not open output file \"{file}\": {}", reason(&error)),
        ),
    }
}

fn restore(line: &Line, target: &Target, state: &mut State) -> Answer {
    let archive = match line.operand(0) {
        "" => {
            let _ = state.input();
            "standard input"
        }
        file if !place(state, file).exists() => {
            return Answer::fails(
                1,
                format!(
                    "pg_restore: error: could not open input file \"{file}\": No such file or directory"
                ),
            );
        }
        file => file,
    };
    Answer::quiet().would(format!("restore {archive} to {target}"))
}

fn base_backup(line: &Line, target: &Target, state: &mut State) -> Answer {
    let would = format!("copy the cluster of {}", target.server);
    let Some(directory) = line.value("--pgdata") else {
        if line.has("--target") {
            return Answer::quiet().would(would);
        }
        return Answer::fails(
            1,
            "pg_basebackup: error: must specify output directory or backup target\npg_basebackup: hint: Try \"pg_basebackup --help\" for more information.",
        );
    };
    let what = format!("pg_basebackup of {} was not run", target.server);
    if directory == "-" {
        return Answer::prints(mark("", &what)).would(would);
    }
    if place(state, directory).read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        return Answer::fails(
            1,
            format!("pg_basebackup: error: directory \"{directory}\" exists but is not empty"),
        );
    }
    let tar = line.value("--format").is_some_and(|form| form.starts_with('t'));
    let mut files = vec![(if tar { "base.tar" } else { "backup_label" }, mark("", &what))];
    if line.has("--write-recovery-conf") && !tar {
        files.push(("standby.signal", String::new()));
    }
    let made = std::fs::create_dir_all(place(state, directory));
    let written = files
        .iter()
        .try_for_each(|(name, text)| write_file(state, &format!("{directory}/{name}"), text));
    match made.and(written) {
        Ok(()) => Answer::quiet().would(format!("{would} to {directory}")),
        Err(error) => Answer::fails(
            1,
            format!(
                "pg_basebackup: error: could not create directory \"{directory}\": {}",
                reason(&error)
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_server_outside_is_not_asked_and_a_dump_of_it_is_marked() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        state.with_input("select now();");
        std::fs::write(directory.path().join("q.sql"), "select 1;").unwrap();
        let table = [
            (
                "psql -h db1 -U app -d shop -Atc select_x",
                0,
                "",
                "ask db1:5432 as app, database shop: select_x",
            ),
            (
                "psql postgresql://app:secret@db1:6432/shop",
                0,
                "",
                "ask db1:6432 as app, database shop: select now();",
            ),
            ("psql -h db1 -f /q.sql", 0, "", "ask db1:5432: the statements of /q.sql"),
            ("psql -h db1 -f /missing.sql", 1, "", ""),
            ("psql -h db1 --foo", 1, "", "refuse the call"),
            ("psql -Z", 1, "", "refuse the call"),
            (
                "pg_isready -h db1",
                0,
                "db1:5432 - accepting connections\n",
                "ask db1:5432 whether it accepts connections",
            ),
            ("pg_isready -q -h db1 -p 6432", 0, "", "ask db1:6432 whether it accepts connections"),
            (
                "pg_dump -h db1 -Fc -f /x.dump shop",
                0,
                "",
                "pg_dump of db1:5432, database shop to /x.dump",
            ),
            ("pg_dump -h db1 -F q shop", 1, "", ""),
            ("pg_dump -h db1 -f /no/x.sql shop", 1, "", ""),
            (
                "pg_dump -h db1 -Fd -j 4 -f /dir shop",
                0,
                "",
                "pg_dump of db1:5432, database shop to /dir",
            ),
            ("pg_dump -h db1 -Fd -f /dir shop", 1, "", ""),
            ("pg_dump -h db1 a b", 1, "", "refuse the call"),
            (
                "pg_restore -h db1 -d shop /x.dump",
                0,
                "",
                "restore /x.dump to db1:5432, database shop",
            ),
            ("pg_restore -h db1 -d shop /missing.dump", 1, "", ""),
            (
                "pg_basebackup -h db1 -D /data -R -X stream",
                0,
                "",
                "copy the cluster of db1:5432 to /data",
            ),
            ("pg_basebackup -h db1 -D /data", 1, "", ""),
            ("pg_basebackup -h db1", 1, "", ""),
            ("dropdb -h db1 --if-exists shop", 0, "", "dropdb at db1:5432, database shop: shop"),
            ("dropdb -h db1", 1, "", "refuse the call"),
        ];
        for (line, code, out, would) in table {
            let answer = ask(line, &mut state);
            let first = answer.would.first().map_or("", String::as_str);
            assert_eq!(
                (answer.code, answer.out.as_str(), first),
                (code, out, would),
                "{line}: {}",
                answer.err
            );
        }
        for name in ["x.dump", "dir/toc.dat", "data/backup_label"] {
            let text = std::fs::read_to_string(directory.path().join(name)).unwrap();
            assert!(text.contains(super::super::remote::MARK), "{name}: {text}");
        }
        assert!(directory.path().join("data/standby.signal").exists());
        assert!(ask("pg_restore --list /x.dump", &mut state).out.contains("not known"));
        assert!(
            ask("pg_dump -h db1 shop", &mut state)
                .out
                .starts_with("-- blackstart stand-in: pg_dump of db1")
        );
    }

    #[test]
    fn a_constant_needs_no_server() {
        for (sql, value) in [
            ("SELECT 1", Some("1")),
            ("select 'a b';", Some("a b")),
            ("select now()", None),
            ("select 1, 2", None),
            ("drop 1", None),
        ] {
            assert_eq!(constant(sql).as_deref(), value, "{sql}");
        }
    }
}
