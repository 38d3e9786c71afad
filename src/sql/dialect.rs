//! Which client and server a text of SQL is for.

/// The SQL of one family of servers, and the commands of its client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// PostgreSQL, read by psql.
    Postgres,
    /// MySQL and MariaDB, read by their client.
    Mysql,
    /// SQLite, read by its shell.
    Sqlite,
}

impl Dialect {
    /// Returns the dialect that a client reads, by the client's name.
    pub fn of_client(name: &str) -> Option<Self> {
        match name {
            "psql" | "postgres" | "postgresql" | "pgsql" | "plpgsql" => Some(Self::Postgres),
            "mysql" | "mariadb" => Some(Self::Mysql),
            "sqlite" | "sqlite3" => Some(Self::Sqlite),
            _ => None,
        }
    }

    /// Returns the dialect a text looks like; that of PostgreSQL where nothing says more.
    ///
    /// Only the first 64 KiB are looked at.
    pub fn of_text(text: &str) -> Self {
        let mut end = text.len().min(64 << 10);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let upper = text[..end].to_ascii_uppercase();
        let count = |signs: &[&str]| signs.iter().filter(|sign| upper.contains(**sign)).count();
        let mysql = count(&[
            "ENGINE=",
            "/*!",
            "DELIMITER ",
            "AUTO_INCREMENT",
            "BINARY LOG",
            "SHOW DATABASES",
            "SHOW MASTER",
            "SHOW SLAVE",
            "SHOW REPLICA",
            "SLAVE",
            "RESET MASTER",
            "FLUSH ",
            "MYSQL",
            "MARIADB",
            "IDENTIFIED BY",
            "`",
        ]);
        let sqlite = count(&[
            "PRAGMA ",
            "AUTOINCREMENT",
            "SQLITE",
            "\n.",
            "VACUUM INTO",
            "WITHOUT ROWID",
            "BEGIN IMMEDIATE",
        ]) + usize::from(upper.starts_with('.'));
        let postgres = count(&[
            "PG_",
            "$$",
            "FROM STDIN",
            "\\CONNECT",
            "\\C ",
            "PLPGSQL",
            "SERIAL",
            "ALTER SYSTEM",
            "::",
            "SEARCH_PATH",
            "POSTGRES",
            "\\SET",
        ]);
        if sqlite > mysql && sqlite > postgres {
            Self::Sqlite
        } else if mysql > postgres {
            Self::Mysql
        } else {
            Self::Postgres
        }
    }
}
