//! SQL as database clients read it: statements with their places, the clients' own commands, the harm of each.

mod calls;
mod client;
mod dialect;
mod harm;
mod scan;
mod split;
mod statement;

pub use dialect::Dialect;
pub use split::{Script, read};
pub use statement::{Kind, Name, Statement};

use crate::base::Risk;

/// Returns the harm of a text: that of its worst statement. What is not understood is `unknown`.
pub fn risk(text: &str, dialect: Dialect) -> Risk {
    read(text, dialect).risk()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::base::Span;

    const POSTGRES: Dialect = Dialect::Postgres;
    const MYSQL: Dialect = Dialect::Mysql;
    const SQLITE: Dialect = Dialect::Sqlite;

    #[test]
    fn a_text_is_as_dangerous_as_its_worst_statement() {
        let check = |dialect, text: &str, expected| {
            assert_eq!(risk(text, dialect), expected, "{text}");
        };
        for dialect in [POSTGRES, MYSQL, SQLITE] {
            check(dialect, "", Risk::Read);
            check(dialect, "select 'drop table x'", Risk::Read);
            check(dialect, "select 1; -- drop\n/* drop */ select 2", Risk::Read);
            check(dialect, "BEGIN; DROP TABLE t; ROLLBACK", Risk::Destructive);
            check(dialect, "with d as (delete from t) select * from d", Risk::Destructive);
            check(dialect, "select * from t for update", Risk::Read);
            check(dialect, "frobnicate the database", Risk::Unknown);
            check(dialect, "select 'x", Risk::Unknown);
            check(dialect, "explain delete from t", Risk::Read);
            check(dialect, "explain analyze delete from t", Risk::Destructive);
        }
        check(MYSQL, "/*!50001 DROP TABLE t */;", Risk::Destructive);
        check(MYSQL, "/*M!100100 DROP TABLE t */;", Risk::Destructive);
        check(POSTGRES, "/*!50001 DROP TABLE t */;", Risk::Read);
        check(POSTGRES, "/* a /* b */ drop table t; */ select 1", Risk::Read);
        check(MYSQL, "/* a /* b */ drop table t; -- */ select 1", Risk::Destructive);
        check(POSTGRES, "select pg_terminate_backend(pid) from x", Risk::Disruptive);
        check(POSTGRES, "select pg_catalog.pg_drop_replication_slot ('a')", Risk::Destructive);
        check(POSTGRES, "select \"pg_promote\"()", Risk::Disruptive);
        check(POSTGRES, "insert into x values (pg_switch_wal())", Risk::Write);
        check(POSTGRES, "select count(*) from pg_file_settings", Risk::Read);
        check(POSTGRES, "select pg_file_unlink('x')", Risk::Destructive);
        check(POSTGRES, "select dblink_exec('x', 'drop table t')", Risk::Unknown);
        check(POSTGRES, "DO $$ begin execute 'drop table t'; end $$", Risk::Unknown);
        check(POSTGRES, "DROP DATABASE x WITH (FORCE)", Risk::Destructive);
        check(POSTGRES, "alter system set x = 1", Risk::Disruptive);
        check(POSTGRES, "alter database shop rename to x", Risk::Disruptive);
        check(POSTGRES, "alter table x drop column y", Risk::Destructive);
        check(POSTGRES, "COPY t FROM PROGRAM 'x'", Risk::Unknown);
        check(POSTGRES, "COPY t TO '/x'", Risk::Destructive);
        check(POSTGRES, "COPY t TO STDOUT", Risk::Read);
        check(POSTGRES, "vacuum full", Risk::Disruptive);
        check(POSTGRES, "select $1 # 2; drop table t", Risk::Destructive);
        check(POSTGRES, "select E'\\'; drop table t; --'", Risk::Read);
        check(POSTGRES, "select '\\'; drop table t; --'", Risk::Destructive);
        check(MYSQL, "select '\\'; drop table t; --'", Risk::Read);
        check(MYSQL, "select 1 # 2; drop table t", Risk::Read);
        check(MYSQL, "select 1 --2; drop table t", Risk::Destructive);
        check(MYSQL, "select \"a;drop table t\"", Risk::Read);
        check(MYSQL, "PURGE BINARY LOGS TO 'x'", Risk::Destructive);
        check(MYSQL, "RESET MASTER", Risk::Destructive);
        check(MYSQL, "reset replica all", Risk::Destructive);
        check(MYSQL, "START SLAVE", Risk::Disruptive);
        check(MYSQL, "start transaction", Risk::Read);
        check(MYSQL, "set @@global.read_only = 1", Risk::Disruptive);
        check(MYSQL, "LOAD DATA INFILE 'x' INTO TABLE t", Risk::Destructive);
        check(MYSQL, "DELIMITER //\nselect 1; drop table t //", Risk::Destructive);
        check(MYSQL, "delimiter $$\nselect 1 $$\ndrop table t $$", Risk::Destructive);
        check(MYSQL, "use shop\ndrop table t", Risk::Destructive);
        check(
            MYSQL,
            "delimiter //\nstart transaction; delete from t; commit //",
            Risk::Destructive,
        );
        check(MYSQL, "delimiter //\nset @a=1; drop table x //", Risk::Destructive);
        check(MYSQL, "delimiter //\nbegin not atomic drop table t; end //", Risk::Destructive);
        check(
            MYSQL,
            "delimiter //\nbegin not atomic if a then drop table t; end if; end //",
            Risk::Unknown,
        );
        check(MYSQL, "delimiter //\nset @a=1; select 1 //", Risk::Read);
        let body = "create procedure p() begin case when 1 then delete from t; end case; if a then delete from t; end if; select case a when 1 then 2 end; delete from t; end";
        check(MYSQL, &format!("delimiter //\n{body} //"), Risk::Write);
        check(MYSQL, &format!("delimiter //\n{body}; drop table x //"), Risk::Destructive);
        check(
            MYSQL,
            &format!("delimiter //\n{body}; drop table x; select case a when 1 then 2 end //"),
            Risk::Destructive,
        );
        check(MYSQL, "analyze delete from t", Risk::Destructive);
        check(MYSQL, "analyze format=json update t set a = 1", Risk::Destructive);
        check(MYSQL, "analyze format = json select 1", Risk::Read);
        check(MYSQL, "analyze table t update histogram on a", Risk::Read);
        check(MYSQL, "analyze local table t", Risk::Read);
        check(MYSQL, "describe t", Risk::Read);
        check(MYSQL, "desc analyze delete from t", Risk::Destructive);
        let locks = "with j as (select id from jobs for update skip locked)";
        check(POSTGRES, &format!("{locks} update jobs set a = 1"), Risk::Destructive);
        check(POSTGRES, &format!("{locks} select * from j for no key update"), Risk::Read);
        check(POSTGRES, "begin \\r\ndrop table t;", Risk::Destructive);
        check(MYSQL, "set x=1 \\c drop table t;", Risk::Destructive);
        check(MYSQL, "begin \\r shop\ndrop table t;", Risk::Destructive);
        check(POSTGRES, "COPY t FROM STDIN; DROP TABLE x;\n1\n\\.\n", Risk::Destructive);
        check(POSTGRES, "COPY t FROM STDIN; DROP\n1\n\\.\nTABLE x;", Risk::Destructive);
        check(POSTGRES, "COPY t FROM STDIN; select 'a\n1\n\\.\n';", Risk::Unknown);
        check(POSTGRES, "COPY t FROM STDIN;\n1\n\\.\n;\nDROP TABLE x;\n", Risk::Destructive);
        check(POSTGRES, "COPY t FROM STDIN;\ndrop table x;\n\\.\nselect 1;\n", Risk::Write);
        check(
            POSTGRES,
            "COPY t (a) FROM STDIN WITH (FORMAT csv);  \n\n drop 1\n\\.\n",
            Risk::Write,
        );
        check(
            POSTGRES,
            "COPY t FROM STDIN; COPY u FROM STDIN;\ndrop 1\n\\.\ndrop 2\n\\.\nselect 1;",
            Risk::Write,
        );
        check(POSTGRES, "COPY t FROM STDIN \\;\nDROP TABLE x;\n", Risk::Destructive);
        check(
            POSTGRES,
            "COPY (select 1 from stdin) TO STDOUT;\nDROP TABLE x;\n",
            Risk::Destructive,
        );
        check(SQLITE, "pragma writable_schema(1)", Risk::Write);
        check(SQLITE, "pragma user_version (5)", Risk::Write);
        check(SQLITE, "pragma table_info(t)", Risk::Read);
        check(SQLITE, "pragma main.integrity_check(10)", Risk::Read);
        check(SQLITE, "pragma integrity_check", Risk::Read);
        check(SQLITE, "pragma journal_mode = wal", Risk::Write);
        check(SQLITE, "vacuum into '/b/x.db'", Risk::Write);
        check(SQLITE, "select writefile('/x', '')", Risk::Destructive);
        check(SQLITE, "select load_extension('/x')", Risk::Unknown);
    }

    #[test]
    fn the_clients_own_commands_have_their_harm() {
        let check = |dialect, text: &str, expected| {
            assert_eq!(risk(text, dialect), expected, "{text}");
        };
        check(POSTGRES, "\\! rm -rf /", Risk::Unknown);
        check(POSTGRES, "select 1 \\! rm -rf /x", Risk::Unknown);
        check(POSTGRES, "select 'rm' \\g |sh", Risk::Unknown);
        check(POSTGRES, "select 'drop table x' \\gexec", Risk::Unknown);
        check(POSTGRES, "select 1 \\gx", Risk::Read);
        check(POSTGRES, "drop table x \\g", Risk::Destructive);
        check(POSTGRES, "\\set x `rm -rf /x`", Risk::Unknown);
        check(POSTGRES, "\\set x 'a\\b'\n\\echo :x", Risk::Read);
        check(POSTGRES, "\\dt+ public.*", Risk::Read);
        check(POSTGRES, "\\x \\dt \\i f", Risk::Unknown);
        check(POSTGRES, "\\w x", Risk::Unknown);
        check(POSTGRES, "\\copy t from 'f'", Risk::Write);
        check(POSTGRES, "\\copy t to 'f'", Risk::Destructive);
        check(POSTGRES, "\\copy (select * from t) to '/b/x.csv'", Risk::Destructive);
        check(POSTGRES, "\\copy (select * from t) to stdout", Risk::Read);
        check(POSTGRES, "\\copy t to '/b/a from b'", Risk::Destructive);
        check(POSTGRES, "\\copy t (a) from stdin (format csv)\ndrop 1\n\\.\nselect 1", Risk::Write);
        check(POSTGRES, "\\copy t from program 'x'", Risk::Unknown);
        check(POSTGRES, "\\o |sh\nselect 1", Risk::Unknown);
        check(POSTGRES, "\\connect shop\nselect 1", Risk::Read);
        check(MYSQL, "select 1\\G", Risk::Read);
        check(MYSQL, "\\! ls", Risk::Unknown);
        check(MYSQL, "system ls", Risk::Unknown);
        check(MYSQL, "source x.sql", Risk::Unknown);
        check(MYSQL, "\\. x.sql", Risk::Unknown);
        check(MYSQL, "pager less", Risk::Unknown);
        check(SQLITE, ".backup '/b/x.db'", Risk::Write);
        check(SQLITE, ".dump", Risk::Read);
        check(SQLITE, ".shel rm -rf /x", Risk::Unknown);
        check(SQLITE, ".shell ls", Risk::Unknown);
        check(SQLITE, ".once |rm -rf /x", Risk::Unknown);
        check(SQLITE, ".output x.sql", Risk::Destructive);
        check(SQLITE, ".restore x.db", Risk::Destructive);
        check(SQLITE, ".read x.sql", Risk::Unknown);
    }

    /// Returns the statements as they stand in the text, with their names.
    fn listed(text: &str, dialect: Dialect) -> Vec<String> {
        let statements = read(text, dialect).statements.into_iter();
        let listed = statements.map(|s| {
            let names: Vec<String> = s.names.iter().map(|name| name.text.clone()).collect();
            let filter = if s.filtered { " filtered" } else { "" };
            let shell = s.shell.map(|s| format!(" !{}", s.slice(text))).unwrap_or_default();
            format!("{} [{}]{filter}{shell}", s.span.slice(text), names.join(","))
        });
        listed.collect()
    }

    #[test]
    fn statements_stand_where_the_client_sees_them() {
        let check = |dialect, text: &str, expected: &[&str]| {
            assert_eq!(listed(text, dialect), expected, "{text}");
        };
        check(
            POSTGRES,
            "DROP TABLE IF EXISTS a, \"B c\".d; TRUNCATE TABLE ONLY x, y;",
            &["DROP TABLE IF EXISTS a, \"B c\".d [a,B c.d]", "TRUNCATE TABLE ONLY x, y [x,y]"],
        );
        check(POSTGRES, "delete from t where true;", &["delete from t where true [t]"]);
        check(POSTGRES, "delete from t where 1=1", &["delete from t where 1=1 [t]"]);
        check(
            POSTGRES,
            "update s.t set a=1 where id = 1",
            &["update s.t set a=1 where id = 1 [s.t] filtered"],
        );
        check(
            POSTGRES,
            "COPY t FROM stdin;\n1\tdrop table x;\n\\.\nselect 1;\n",
            &["COPY t FROM stdin []", "select 1 []"],
        );
        check(
            POSTGRES,
            "create function f() returns int begin atomic select 1; select 2; end; select 3",
            &[
                "create function f() returns int begin atomic select 1; select 2; end [f]",
                "select 3 []",
            ],
        );
        check(
            POSTGRES,
            "create function f() returns int as $b$ begin; end $b$ language sql; select 3",
            &[
                "create function f() returns int as $b$ begin; end $b$ language sql [f]",
                "select 3 []",
            ],
        );
        check(
            POSTGRES,
            "\\c shop admin\n\\! ls -l",
            &["\\c shop admin [shop]", "\\! ls -l [] !ls -l"],
        );
        check(
            POSTGRES,
            "copy t to program 'gzip > x'",
            &["copy t to program 'gzip > x' [] !gzip > x"],
        );
        check(
            POSTGRES,
            "drop table :t; drop table $T",
            &["drop table :t [:t]", "drop table $T [$T]"],
        );
        check(MYSQL, "drop table `a b`;", &["drop table `a b` [a b]"]);
        check(
            MYSQL,
            "DROP DATABASE IF EXISTS `shop`\n;",
            &["DROP DATABASE IF EXISTS `shop` [shop]"],
        );
        check(MYSQL, "use shop\nselect 1", &["use shop [shop]", "select 1 []"]);
        check(
            SQLITE,
            "create trigger t after insert on x begin delete from y; end; drop table z;",
            &[
                "create trigger t after insert on x begin delete from y; end [t]",
                "drop table z [z]",
            ],
        );
        check(
            SQLITE,
            ".tables\n.shell ls\nselect 1;",
            &[".tables []", ".shell ls [] !ls", "select 1 []"],
        );
    }

    #[test]
    fn a_long_text_is_read_to_its_end_and_in_time() {
        let mut wrong = Vec::new();
        let mut check = |text: String, dialect, kept: usize, harm: Risk| {
            let start: String = text.chars().take(20).collect();
            let (done, heard) = std::sync::mpsc::channel();
            std::thread::spawn(move || {
                let script = read(&text, dialect);
                done.send((script.statements.len(), script.risk())).unwrap();
            });
            // Whoever looks back at each sign is still reading then.
            let found = heard.recv_timeout(std::time::Duration::from_secs(60));
            if found != Ok((kept, harm)) {
                wrong.push(format!("{start}: {found:?}"));
            }
        };
        let drop = "; drop table z";
        check("(".repeat(1 << 20), POSTGRES, 1, Risk::Unknown);
        check("()".repeat(1 << 19) + drop, POSTGRES, 2, Risk::Unknown);
        check("$a".repeat(1 << 19) + drop, POSTGRES, 2, Risk::Unknown);
        check("/*".repeat(1 << 19), POSTGRES, 0, Risk::Read);
        check("'".repeat((1 << 20) + 1), MYSQL, 1, Risk::Unknown);
        check("\\x".repeat(1 << 18) + "\n drop table z", POSTGRES, 20_000, Risk::Destructive);
        check("select 1;".repeat(1 << 17) + drop, SQLITE, 20_000, Risk::Destructive);
        check("[".repeat(1 << 20), SQLITE, 1, Risk::Unknown);
        check("create trigger x begin ;".repeat(1 << 15), SQLITE, 1, Risk::Write);
        let insert = "insert into t values (f(1), 'x'),".repeat(1 << 15);
        check(insert + drop, MYSQL, 2, Risk::Destructive);
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(
            words in proptest::collection::vec(
                prop_oneof![
                    "[a-z';\"`$\\\\/*.\\n (-]{0,6}",
                    "\\PC{0,3}",
                    Just("DELIMITER //\n".to_owned()),
                    Just("COPY t FROM stdin;\n".to_owned()),
                    Just("\\copy t from stdin\n".to_owned()),
                    Just("create trigger begin case ".to_owned()),
                    Just("/*!50001 ".to_owned()),
                    Just("$é$".to_owned()),
                ],
                0..20,
            ),
        ) {
            let text = words.concat();
            for dialect in [POSTGRES, MYSQL, SQLITE] {
                let script = read(&text, dialect);
                for statement in &script.statements {
                    let Span { start, end } = statement.span;
                    prop_assert!(text.get(start..end).is_some(), "{statement:?}");
                }
            }
        }
    }
}
