//! Servers and servicing programs of MySQL and MariaDB; clients and dump programs are in [`super::database`].

use super::tool::{Operands, Role, Tool, attached, flag, value};
use crate::base::Risk;

/// `mariadbd`, `mysqld`, and the programs that set up, check and upgrade their data.
pub const TOOL: Tool = Tool {
    name: "mariadbd",
    names: &[
        "mariadbd",
        "mysqld",
        "mysqld_safe",
        "mariadbd-safe",
        "mariadb-install-db",
        "mysql_install_db",
        "mariadb-check",
        "mysqlcheck",
        "mariadb-upgrade",
        "mysql_upgrade",
        "mariadb-import",
        "mysqlimport",
        "mariadb-show",
        "mysqlshow",
        "my_print_defaults",
        "galera_new_cluster",
        "galera_recovery",
        "mysqld_bootstrap",
    ],
    flags: &[
        value('h', "datadir", Role::Target),
        value('S', "socket", Role::Text),
        value('u', "user", Role::Text),
        value('P', "port", Role::Text),
        attached('p', "password"),
        value('\0', "basedir", Role::Source),
        value('\0', "defaults-file", Role::Source),
        value('\0', "defaults-extra-file", Role::Source),
        value('\0', "host", Role::Remote),
        value('\0', "log-error", Role::Target),
        value('\0', "init-file", Role::Sql),
        value('B', "databases", Role::Text),
        flag('\0', "bootstrap"),
        flag('\0', "wsrep-new-cluster"),
        flag('\0', "initialize"),
        flag('\0', "initialize-insecure"),
        flag('r', "repair"),
        flag('o', "optimize"),
        flag('a', "analyze"),
        flag('\0', "auto-repair"),
        flag('\0', "fix-db-names"),
        flag('\0', "fix-table-names"),
        flag('d', "delete"),
        flag('r', "replace"),
    ],
    operands: Operands::All(Role::Text),
    safer: &[
        ("--initialize", "only in an empty directory"),
        ("mysqlcheck --repair", "copy the table files first"),
        ("mariadb-check --repair", "copy the table files first"),
        ("mysqlimport --replace", "import into a new table, compare, then RENAME TABLE"),
    ],
    risk: |call| match call.name {
        "my_print_defaults" | "mariadb-show" | "mysqlshow" => Risk::Read,
        "mariadb-check" | "mysqlcheck" => {
            let changes = ["repair", "auto-repair", "fix-db-names", "fix-table-names", "optimize"];
            if call.has(&changes) { Risk::Disruptive } else { Risk::Read }
        }
        "mariadb-upgrade" | "mysql_upgrade" => Risk::Disruptive,
        "mariadb-import" | "mysqlimport" => {
            if call.has(&["delete", "replace"]) {
                Risk::Destructive
            } else {
                Risk::Write
            }
        }
        // They refuse a directory that holds a server already.
        "mariadb-install-db" | "mysql_install_db" => Risk::Write,
        _ if call.has(&["bootstrap", "init-file"]) => Risk::Unknown,
        _ if call.has(&["initialize", "initialize-insecure"]) => Risk::Write,
        _ if call.value(&["datadir"]).is_some_and(|word| word.fresh) => Risk::Write,
        _ => Risk::Disruptive,
    },
};

#[cfg(test)]
mod tests {
    use crate::base::Risk;
    use crate::tools::{Call, Word, tool};

    #[test]
    fn a_server_is_as_harmful_as_what_it_is_started_on() {
        let check = |text: &str, expected: Risk| {
            let mut words = text.split_whitespace().enumerate().map(|(index, text)| Word {
                text: text.to_owned(),
                certain: true,
                fresh: text.contains("new"),
                index,
            });
            let name = words.next().unwrap().text;
            let words: Vec<Word> = words.collect();
            let call = Call::new(tool(&name).unwrap(), &name, &words);
            assert_eq!(call.risk(), expected, "{text}");
        };
        check("mariadbd --datadir=/srv/new --skip-networking", Risk::Write);
        check("mysqld --datadir=/var/lib/mysql", Risk::Disruptive);
        check("mysqld --initialize-insecure --datadir=/x", Risk::Write);
        check("mysqld --version", Risk::Read);
        check("mysqld --init-file=/x", Risk::Unknown);
        check("mariadb-check --all-databases --check", Risk::Read);
        check("mysqlcheck -A -r", Risk::Disruptive);
        check("mariadb-upgrade", Risk::Disruptive);
        check("mariadb-backup --copy-back --target-dir=/b", Risk::Destructive);
        check("mariadb-backup --move-back --target-dir=/b --datadir=/srv/new", Risk::Write);
        check("mariadb-backup --backup --target-dir=/srv/new", Risk::Write);
        check("mysqladmin flush-logs", Risk::Disruptive);
        check("mariadb-binlog --read-from-remote-server --raw x", Risk::Write);
        check("mysqlbinlog --stop-datetime=x f", Risk::Read);
    }
}
