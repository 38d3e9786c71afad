//! The clients of MariaDB and MySQL: a server in the sandbox gets the call, one outside is not asked and its dumps are marked files.
#![allow(clippy::disallowed_methods)]

use super::answer::Answer;
use super::book::State;
use super::postgres::constant;
use super::remote::{Server, bounded, mark, place, reason, write_mark};
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const MYSQL: StandIn = StandIn {
    names: &[
        "mysql",
        "mariadb",
        "mysqldump",
        "mariadb-dump",
        "mysqladmin",
        "mariadb-admin",
        "mysqlcheck",
        "mariadb-check",
        "mysqlshow",
        "mariadb-show",
        "mysqlimport",
        "mariadb-import",
    ],
    real: Real::Sometimes,
    answer,
};

/// Beginnings of the names of units that are a server of this machine.
const UNITS: &[&str] = &["mariadb", "mysql"];

/// Where Debian's servers listen, and those of other systems.
const SOCKETS: &[&str] = &[
    "/run/mysqld/mysqld.sock",
    "/var/run/mysqld/mysqld.sock",
    "/var/lib/mysql/mysql.sock",
    "/tmp/mysql.sock",
];

/// Commands of mysqladmin(1).
const ADMIN: &[&str] = &[
    "create",
    "debug",
    "drop",
    "extended-status",
    "flush-all-statistics",
    "flush-all-status",
    "flush-binary-log",
    "flush-client-statistics",
    "flush-engine-log",
    "flush-error-log",
    "flush-general-log",
    "flush-hosts",
    "flush-index-statistics",
    "flush-logs",
    "flush-privileges",
    "flush-relay-log",
    "flush-slow-log",
    "flush-ssl",
    "flush-status",
    "flush-table-statistics",
    "flush-tables",
    "flush-threads",
    "flush-user-resources",
    "flush-user-statistics",
    "kill",
    "old-password",
    "password",
    "ping",
    "processlist",
    "refresh",
    "reload",
    "shutdown",
    "start-all-slaves",
    "start-replica",
    "start-slave",
    "status",
    "stop-all-slaves",
    "stop-replica",
    "stop-slave",
    "variables",
    "version",
];

/// What an option file or the call says of the server.
#[derive(Default)]
struct Options {
    host: Option<String>,
    port: Option<String>,
    socket: Option<String>,
    user: Option<String>,
}

impl Options {
    /// Reads the groups `[client]` and the tool's own of an option file; includes are not followed.
    fn add_file(&mut self, text: &str, tool: &str) {
        let mut counts = false;
        for line in text.lines().map(str::trim) {
            if let Some(group) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                counts = group.starts_with("client") || group == tool;
            } else if let Some((name, value)) = line.split_once('=').filter(|_| counts) {
                let value = Some(value.trim().trim_matches(['"', '\'']).to_owned());
                match name.trim() {
                    "host" => self.host = value,
                    "port" => self.port = value,
                    "socket" => self.socket = value,
                    "user" => self.user = value,
                    _ => {}
                }
            }
        }
    }

    fn of(line: &Line, state: &State) -> Self {
        let mut options = Self::default();
        if !line.has("--no-defaults") {
            let home = std::env::var("HOME").unwrap_or_default();
            let usual = [
                "/etc/my.cnf".to_owned(),
                "/etc/mysql/my.cnf".to_owned(),
                format!("{home}/.my.cnf"),
            ];
            let files = match line.value("--defaults-file") {
                Some(file) => vec![file.to_owned()],
                None => usual
                    .into_iter()
                    .chain(line.value("--defaults-extra-file").map(str::to_owned))
                    .collect(),
            };
            for file in &files {
                options.add_file(&state.read(file), &line.tool);
            }
        }
        let set = |place: &mut Option<String>, flag: &str| {
            if let Some(value) = line.value(flag) {
                *place = Some(value.to_owned());
            }
        };
        set(&mut options.host, "--host");
        set(&mut options.port, "--port");
        set(&mut options.socket, "--socket");
        set(&mut options.user, "--user");
        options
    }

    fn server(&self, line: &Line, state: &State) -> Server {
        let port = self.port.as_deref().and_then(|port| port.parse().ok()).unwrap_or(3306);
        let tcp =
            line.value("--protocol").is_some_and(|protocol| protocol.eq_ignore_ascii_case("tcp"));
        match self.host.as_deref().unwrap_or("localhost") {
            // The name localhost means the socket, unless the call says otherwise.
            "localhost" | "" if !tcp => {
                let usual = SOCKETS.iter().find(|path| state.exists(path)).unwrap_or(&SOCKETS[0]);
                Server::Socket(self.socket.clone().unwrap_or_else(|| (*usual).to_owned()))
            }
            host => Server::Address(host.to_owned(), port),
        }
    }
}

fn answer(line: &Line, state: &mut State) -> Answer {
    let tool = line.tool.as_str();
    for flag in ["--defaults-file", "--defaults-extra-file"] {
        if let Some(file) = line.value(flag).filter(|file| !place(state, file).exists()) {
            return Answer::fails(
                1,
                format!(
                    "Could not open required defaults file: {file}\nFatal error in defaults handling. Program aborted"
                ),
            );
        }
    }
    if tool.ends_with("dump") && !dumps_something(line) {
        return Answer::fails(
            1,
            format!(
                "Usage: {tool} [OPTIONS] database [tables]\nOR     {tool} [OPTIONS] --databases DB1 [DB2 DB3...]\nOR     {tool} [OPTIONS] --all-databases\nFor more options, use {tool} --help"
            ),
        );
    }
    let options = Options::of(line, state);
    let server = options.server(line, state);
    if server.is_inside(state, UNITS) {
        return Answer::hands_over();
    }
    let target = match &options.user {
        Some(user) => format!("{server} as {user}"),
        None => server.to_string(),
    };
    match tool {
        "mysql" | "mariadb" => client(line, &target, state),
        "mysqldump" | "mariadb-dump" => dump(line, &target, state),
        "mysqladmin" | "mariadb-admin" => admin(line, &target),
        _ => Answer::quiet().would(format!("{tool} at {target}: {}", line.operands.join(" "))),
    }
}

fn client(line: &Line, target: &str, state: &mut State) -> Answer {
    let database = line.value("--database").unwrap_or(line.operand(0));
    let place = if database.is_empty() {
        target.to_owned()
    } else {
        format!("{target}, database {database}")
    };
    let mut asked: Vec<String> = line.values("--execute").into_iter().map(str::to_owned).collect();
    if asked.is_empty() {
        asked.push(state.input());
    }
    let mut answer = Answer::quiet();
    for text in asked.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        if let Some(value) = constant(text) {
            if !line.has("--skip-column-names") && !line.has("--skip") {
                answer.out.push_str(&format!("{value}\n"));
            }
            answer.out.push_str(&format!("{value}\n"));
        }
        answer.would.push(format!("ask {place}: {}", bounded(text)));
    }
    if answer.would.is_empty() {
        answer.would.push(format!("connect to {place}"));
    }
    answer
}

fn dumps_something(line: &Line) -> bool {
    !line.operands.is_empty() || line.has("--all-databases") || line.has("--system")
}

fn dump(line: &Line, target: &str, state: &mut State) -> Answer {
    let tool = line.tool.as_str();
    let of = if line.has("--all-databases") {
        "all databases".to_owned()
    } else {
        line.operands.join(" ")
    };
    let what = format!("{tool} of {of} at {target} was not run");
    let would = format!("{tool} of {of} at {target}");
    if let Some(directory) = line.value("--tab") {
        let file = format!("{}/{}.sql", directory.trim_end_matches('/'), line.operand(0));
        return match write_mark(state, &file, "-- ", &what) {
            Ok(()) => Answer::quiet().would(format!("{would} to {directory}")),
            Err(error) => Answer::fails(
                1,
                format!("{tool}: Can't create/write to file '{file}' ({})", reason(&error)),
            ),
        };
    }
    match line.value("--result-file") {
        None => Answer::prints(mark("-- ", &what)).would(would),
        Some(file) => match write_mark(state, file, "-- ", &what) {
            Ok(()) => Answer::quiet().would(format!("{would} to {file}")),
            Err(error) => Answer::fails(
                1,
                format!("{tool}: Can't create/write to file '{file}' ({})", reason(&error)),
            ),
        },
    }
}

fn admin(line: &Line, target: &str) -> Answer {
    let tool = line.tool.as_str();
    let mut answer = Answer::quiet();
    let mut words = line.operands.iter();
    if line.operands.is_empty() {
        return Answer::fails(1, format!("Usage: {tool} [OPTIONS] command command...."));
    }
    while let Some(word) = words.next() {
        // A beginning of a command is enough for mysqladmin.
        let meant: Vec<&&str> =
            ADMIN.iter().filter(|known| known.starts_with(word.as_str())).collect();
        let exact = ADMIN.iter().find(|known| *known == word);
        let Some(command) = exact.or(if meant.len() == 1 { meant.first().copied() } else { None })
        else {
            answer.and(Answer::fails(1, format!("{tool}: Unknown command: '{word}'")));
            return answer;
        };
        let takes = matches!(*command, "create" | "drop" | "kill" | "password" | "old-password");
        let value = if takes { words.next() } else { None };
        if takes && value.is_none() && *command != "password" {
            answer.and(Answer::fails(1, format!("{tool}: Too few arguments to {command}")));
            return answer;
        }
        let shown = value
            .filter(|_| !command.contains("password"))
            .map_or(String::new(), |value| format!(" {value}"));
        if *command == "ping" {
            answer.out.push_str("mysqld is alive\n");
        }
        answer.would.push(format!("{command}{shown} at {target}"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_server_outside_is_not_asked_and_a_dump_of_it_is_marked() {
        let directory = tempfile::tempdir().unwrap();
        let mut state = State::new(directory.path());
        state.with_input("delete from x;");
        std::fs::write(
            directory.path().join("my.cnf"),
            "[client]\nhost = db7\nport=3307\nuser=\"root\"\n[mysqld]\nport=1\n",
        )
        .unwrap();
        let table = [
            (
                "mysql --defaults-file=/my.cnf -e drop_x shop",
                0,
                "",
                "ask db7:3307 as root, database shop: drop_x",
            ),
            ("mysql --defaults-file=/missing.cnf", 1, "", ""),
            (
                "mysql -h db1 -uapp -psecret shop",
                0,
                "",
                "ask db1:3306 as app, database shop: delete from x;",
            ),
            ("mysql -h db1 --skip-column_names -N", 0, "", "ask db1:3306: delete from x;"),
            ("mysql -h db1 --foo", 2, "", "refuse the call"),
            ("mysql -Z", 2, "", "refuse the call"),
            (
                "mysqldump -h db1 --single-transaction --skip-lock-tables shop",
                0,
                "MARK",
                "mysqldump of shop at db1:3306",
            ),
            (
                "mysqldump -h db1 --result-file=/x.sql --all-databases",
                0,
                "",
                "mysqldump of all databases at db1:3306 to /x.sql",
            ),
            ("mysqldump -h db1 --result-file=/no/x.sql shop", 1, "", ""),
            ("mysqldump -h db1", 1, "", ""),
            ("mariadb-dump -h db1 --single-transacton shop", 2, "", "refuse the call"),
            ("mysqladmin -h db1 ping", 0, "mysqld is alive\n", "ping at db1:3306"),
            ("mysqladmin -h db1 drop -f shop", 0, "", "drop shop at db1:3306"),
            ("mysqladmin -h db1 pong", 1, "", ""),
            ("mysqladmin -h db1", 1, "", ""),
        ];
        for (line, code, out, would) in table {
            let answer = ask(line, &mut state);
            let first = answer.would.first().map_or("", String::as_str);
            assert_eq!((answer.code, first), (code, would), "{line}: {}", answer.err);
            match out {
                "MARK" => assert!(answer.out.starts_with("-- blackstart stand-in:"), "{line}"),
                out => assert_eq!(answer.out, out, "{line}"),
            }
        }
        assert!(
            std::fs::read_to_string(directory.path().join("x.sql"))
                .unwrap()
                .starts_with("-- blackstart stand-in:")
        );
    }
}
