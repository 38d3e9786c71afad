//! Executes the steps of the PostgreSQL runbooks on real servers: backup, damage, recovery, comparison.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod left_out;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Output};

use blackstart::base::Timestamp;
use blackstart::draft::{Draft, DraftError, Library, Request, draft};
use blackstart::plan::{self, Kind, Order, Plan, Step};
use blackstart::{incident, inventory, tools};
use left_out::left_out;

/// Content that a recovery must bring back: a partitioned table, sequences, odd names, a view, large objects, roles.
const SEED: &str = r#"
create role app login password 'only for this test';
create role "odd role" nologin;
grant app to "odd role";
create database shop owner app;
alter database shop set search_path = public, extra;
revoke all on database shop from public;
grant connect on database shop to app;
\connect shop
create schema extra;
create table orders (id bigint generated always as identity primary key, item text not null, made timestamptz not null default clock_timestamp());
insert into orders (item) select md5(i::text) from generate_series(1, 5000) i;
create table extra."odd ""name"" $(id)" (k serial primary key, v text);
insert into extra."odd ""name"" $(id)" (v) select E'line\nCOPY x FROM stdin;\n\\.\n' || i from generate_series(1, 300) i;
create table parts (n int, v text) partition by range (n);
create table parts_low partition of parts for values from (0) to (100);
create table parts_high partition of parts for values from (100) to (1000);
insert into parts select i, 'part ' || i from generate_series(0, 499) i;
create view newest as select max(made) from orders;
create table empty_table (n int);
select lo_from_bytea(0, decode(repeat('ab', 5000), 'hex'));
grant select on orders to "odd role";
"#;

/// One line for all of the content of the database, through its own client.
const CONTENT: &str = r#"
select md5(string_agg(o::text, ',' order by id)) from orders o;
select md5(string_agg(o::text, ',' order by k)) from extra."odd ""name"" $(id)" o;
select md5(string_agg(p::text, ',' order by n)) from parts p;
select md5(string_agg(encode(lo_get(oid), 'hex'), ',' order by oid)) from pg_largeobject_metadata;
select string_agg(grantee || privilege_type, ',' order by grantee, privilege_type) from information_schema.role_table_grants where table_name = 'orders';
select has_database_privilege('app', 'shop', 'connect'), has_database_privilege('odd role', 'shop', 'create'), current_setting('search_path');
select pg_get_userbyid(datdba) from pg_database where datname = 'shop';
"#;

fn bindir() -> Option<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|bin| bin.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop()
}

/// What the next numbers are; after a crash they may have jumped, never gone back.
const NUMBERS: &str = "select bool_and(ok) from (select nextval('orders_id_seq') > max(id) ok from orders union all select nextval(pg_get_serial_sequence('extra.\"odd \"\"name\"\" $(id)\"', 'k')) > max(k) from extra.\"odd \"\"name\"\" $(id)\") x";

/// Tells whether the real server is here; where it is not, says so by name, and fails in CI.
fn has_server() -> bool {
    let has = bindir().is_some();
    if !has {
        left_out("not installed: postgresql");
    }
    has
}

/// The account the servers run as: they refuse to run as root.
fn account() -> (u32, u32, String) {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap();
    let find = |name: &str| {
        let line = passwd.lines().find(|line| line.starts_with(&format!("{name}:")))?;
        let fields: Vec<&str> = line.split(':').collect();
        Some((fields[2].parse().unwrap(), fields[3].parse().unwrap(), name.to_owned()))
    };
    find("postgres").or_else(|| find("nobody")).unwrap()
}

/// A place for one test, with servers in it.
struct Place {
    dir: tempfile::TempDir,
    bin: String,
}

impl Place {
    fn new() -> Self {
        // Memory where there is some: base backups and renames wait for the disk otherwise, whatever else uses it.
        let free =
            Command::new("df").args(["--output=avail", "--block-size=1M", "/dev/shm"]).output();
        let free = free.map(|df| {
            String::from_utf8_lossy(&df.stdout).lines().last().unwrap_or("0").trim().to_owned()
        });
        let in_memory = free.is_ok_and(|free| free.parse::<u64>().is_ok_and(|free| free > 2_000));
        let root = if in_memory { "/dev/shm" } else { "/tmp" };
        let dir = tempfile::Builder::new().prefix("pg").tempdir_in(root).unwrap();
        if is_root() {
            let (user, group, _) = account();
            std::os::unix::fs::chown(dir.path(), Some(user), Some(group)).unwrap();
        }
        Self { dir, bin: bindir().unwrap().to_str().unwrap().to_owned() }
    }

    fn text(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    /// Runs a script as steps are run, as the account that owns the servers.
    fn bash(&self, script: &str) -> Output {
        let (user, group, _) = account();
        let own = [
            "setpriv".to_owned(),
            format!("--reuid={user}"),
            format!("--regid={group}"),
            "--clear-groups".to_owned(),
        ];
        let mut words: Vec<String> = if is_root() { own.to_vec() } else { vec![] };
        words.extend(plan::SHELL.iter().map(|word| (*word).to_owned()));
        Command::new(&words[0])
            .args(&words[1..])
            .arg(script)
            .current_dir("/")
            .env_clear()
            .env("PATH", tools::PATH)
            .output()
            .unwrap()
    }

    #[track_caller]
    fn must(&self, what: &str, script: &str) -> String {
        let output = self.bash(script);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{what}: {}\n{}{}\n{script}",
            output.status,
            shown(&output.stdout),
            shown(&output.stderr)
        );
        shown(&output.stdout)
    }

    /// Makes and starts a server that listens on a socket in the place alone.
    fn server(&self, name: &str, port: u16) {
        let (bin, data, socket) = (&self.bin, self.text(name), self.text("socket"));
        self.must(
            "make a server",
            &format!(
                r#"
                mkdir -p {socket}
                {bin}/initdb -D {data} -A trust -U postgres --no-sync --data-checksums --locale=C.UTF-8 > /dev/null
                printf "%s\n" "listen_addresses = ''" "unix_socket_directories = '{socket}'" "port = {port}" "fsync = off" "shared_buffers = 16MB" >> {data}/postgresql.conf
                {bin}/pg_ctl start -s -w -D {data} -l {data}.log
                "#
            ),
        );
    }

    #[track_caller]
    fn sql(&self, port: u16, database: &str, sql: &str) -> String {
        let (bin, socket) = (&self.bin, self.text("socket"));
        let script = format!(
            "{bin}/psql -X -q -A -t -v ON_ERROR_STOP=1 -h {socket} -p {port} -U postgres -d {database} <<'END_OF_SQL'\n{sql}\nEND_OF_SQL\n"
        );
        self.must(sql, &script).trim().to_owned()
    }

    fn inventory(&self, data: &str, port: u16, more: &str) -> String {
        let (_, _, user) = account();
        format!(
            "schema: blackstart/inventory/v1\nhosts:\n  - {{id: db1, address: {socket}, os: debian-12}}\n  - {{id: db2, address: {socket}}}\nassets:\n  - {{id: shop, kind: postgres, host: db1, version: \"{version}\", paths: [{data}], endpoint: \"postgres://db1:{port}/shop\", run_as: {user}, targets: {{rto: 4h, rpo: 1d}}}}\n{more}",
            socket = self.text("socket"),
            version = self.bin.split('/').nth(4).unwrap(),
            data = self.text(data),
        )
    }

    fn draft(
        &self,
        kind: Kind,
        inventory_text: &str,
        damage_at: Option<&str>,
        scenario: &str,
        parameters: &[(&str, &str)],
    ) -> Result<Draft, DraftError> {
        let (read, problems) = inventory::read(inventory_text);
        assert_eq!(problems, [], "{inventory_text}");
        let inventory = read.unwrap();
        let damage = damage_at.map_or_else(String::new, |at| format!("damage_at: {at}\n"));
        let incident = incident::read(&format!(
            "schema: blackstart/incident/v1\nid: inc-1\naffected: [shop]\nscenario: {scenario}\n{damage}"
        ));
        assert_eq!(incident.1, []);
        let socket = self.text("socket");
        let mut all: BTreeMap<String, String> =
            [("socket", socket.as_str()), ("bindir", &self.bin), ("control", "pg_ctl")]
                .into_iter()
                .chain(parameters.iter().copied())
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .collect();
        all.retain(|_, value| value != "-");
        draft(&Request {
            inventory: &inventory,
            incident: incident.0.as_ref().filter(|_| kind == Kind::Recovery),
            asset: Some("shop"),
            scenario: None,
            kind,
            parameters: &all,
            now: Timestamp::now(),
            library: &Library::new([]),
            runbook: None,
        })
    }

    /// Runs the steps of a plan in order, as far as something runs in them, until one fails. Returns what they printed,
    /// and the step that failed with what it said.
    fn run(&self, plan: &Plan) -> (String, Option<(String, String)>) {
        let mut printed = String::new();
        for step in steps(plan) {
            for part in [&step.run, &step.check].into_iter().flatten() {
                let output = self.bash(part);
                printed.push_str(&String::from_utf8_lossy(&output.stdout));
                if !output.status.success() {
                    let said = String::from_utf8_lossy(&output.stderr).into_owned();
                    return (printed, Some((step.id.to_string(), said)));
                }
            }
        }
        (printed, None)
    }

    #[track_caller]
    fn must_run(&self, plan: &Plan) -> String {
        let (printed, failed) = self.run(plan);
        assert_eq!(failed, None, "{printed}");
        printed
    }

    /// Undoes the steps of a plan from one backwards, as a run does that fails there.
    fn undo(&self, plan: &Plan, from: &str) {
        let steps = steps(plan);
        let at = steps.iter().position(|step| step.id.as_str() == from).unwrap();
        for step in steps[..=at].iter().rev() {
            if let Some(rollback) = &step.rollback {
                self.must(&format!("undo {}", step.id), rollback);
            }
        }
    }

    fn digest(&self, directory: &str) -> String {
        self.must(
            "digest",
            &format!(
                "cd {} && find . -printf '%p %y %m %T@ %s\\n' | sort | sha256sum && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum",
                self.text(directory)
            ),
        )
    }
}

impl Drop for Place {
    /// No server outlives its test.
    fn drop(&mut self) {
        let Ok(entries) = std::fs::read_dir("/proc") else { return };
        let own = self.dir.path().to_str().unwrap().to_owned();
        for entry in entries.flatten() {
            let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            let text = String::from_utf8_lossy(&arguments).into_owned();
            if text.contains("postgres") && text.contains(&own) {
                let _ = Command::new("kill").arg("-QUIT").arg(entry.file_name()).status();
            }
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    std::fs::metadata("/proc/self").unwrap().uid() == 0
}

fn steps(plan: &Plan) -> Vec<&Step> {
    let Order::Steps(order) = plan::order(plan) else { panic!("a circle") };
    order.into_iter().map(|at| &plan.steps[at]).filter(|step| step.runs()).collect()
}

/// Returns the line for the inventory that a backup printed.
#[track_caller]
fn last_success(printed: &str) -> &str {
    let mut lines = printed.lines().rev();
    lines
        .find_map(|line| line.strip_prefix("last_success: "))
        .unwrap_or_else(|| panic!("no line in {printed:?}"))
}

/// Returns where the copy lies that a backup printed.
fn path_of(line: &str) -> String {
    line.split("path: \"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn at(plan: &Plan, id: &str) -> usize {
    let found = plan.steps.iter().position(|step| step.id.as_str() == id);
    found.unwrap_or_else(|| panic!("{} has no step {id}", plan.id))
}

fn backup(id: &str, tool: &str, of: &str, line: &str) -> String {
    format!("  - {{id: {id}, asset: shop, tool: {tool}, type: {of}, last_success: {line}}}\n")
}

#[test]
fn a_dump_comes_back_beside_the_damaged_database_and_an_empty_or_torn_one_is_refused() {
    if !has_server() {
        return;
    }
    let place = Place::new();
    place.server("data", 5501);
    place.sql(5501, "postgres", SEED);
    let own = place.inventory("data", 5501, "");
    let copies = place.text("copies");
    let made = place.draft(Kind::Backup, &own, None, "", &[("destination", &copies)]);
    // Nothing says how copies of it are made, so the base backup is the first choice.
    assert_eq!(made.unwrap().runbook, "postgres-backup-base");
    let wanted =
        place.inventory("data", 5501, "backups: [{id: nightly, asset: shop, tool: pg_dump}]\n");
    let parameters = [("destination", copies.as_str()), ("keep", "1")];
    let made = place.draft(Kind::Backup, &wanted, None, "", &parameters).unwrap();
    assert_eq!(made.runbook, "postgres-backup-dump");
    place.must_run(&made.plan);
    place.must(
        "the next second",
        "now=$(date +%s); while [ \"$(date +%s)\" = \"$now\" ]; do :; done",
    );
    let line = last_success(&place.must_run(&made.plan)).to_owned();
    assert_eq!(place.must("one is kept", &format!("ls {copies} | wc -l")).trim(), "1");
    let before = place.sql(5501, "shop", CONTENT);

    place.sql(5501, "shop", "drop table orders cascade; insert into parts values (999, 'later')");
    place.sql(
        5501,
        "postgres",
        "alter role app password 'changed since'; revoke app from \"odd role\"",
    );
    place.sql(5501, "shop", "drop owned by \"odd role\"");
    place.sql(5501, "postgres", "drop role \"odd role\"");
    let password =
        place.sql(5501, "postgres", "select rolpassword from pg_authid where rolname = 'app'");
    let damage = Timestamp::now().to_string();
    let damaged = format!("backups:\n{}", backup("nightly", "pg_dump", "full", &line));
    let text = place.inventory("data", 5501, &damaged);
    let drafted = |parameters: &[(&str, &str)]| {
        let made = place
            .draft(Kind::Recovery, &text, Some(&damage), "operator_error", parameters)
            .unwrap();
        assert_eq!(
            (made.runbook.as_str(), &made.questions[..]),
            ("postgres-restore-dump", &[] as &[String])
        );
        made.plan
    };
    let whole = format!("{}/shop.dump", path_of(&line));
    for (name, make, refused_by) in [
        ("empty.dump", "> \"$to\"", "preflight"),
        ("text.dump", "echo hello > \"$to\"", "preflight"),
        ("torn.dump", "head -c -2000 \"$from\" > \"$to\"", "read-dump"),
        ("other.dump", "cp \"$from\" \"$to\"", "preflight"),
    ] {
        let bad = place.text(name);
        place.must(name, &format!("from={whole}; to={bad}; {make}"));
        let database = if name == "other.dump" { "postgres_other" } else { "shop" };
        let plan = drafted(&[("dump", &bad), ("database", database)]);
        let (printed, failed) = place.run(&plan);
        assert_eq!(
            failed.as_ref().map(|(step, _)| step.as_str()),
            Some(refused_by),
            "{name}: {printed} {failed:?}"
        );
        if refused_by == "read-dump" {
            place.undo(&plan, refused_by);
        }
    }
    let plan = drafted(&[("witness_table", "orders"), ("witness_column", "made")]);
    let printed = place.must_run(&plan);
    assert!(printed.contains("tables and 2 sequences are as in the dump"), "{printed}");
    assert_eq!(place.sql(5501, "shop", CONTENT), before);
    assert_eq!(place.sql(5501, "shop", NUMBERS), "t");
    let now =
        place.sql(5501, "postgres", "select rolpassword from pg_authid where rolname = 'app'");
    assert_eq!(now, password, "a role that is there keeps its password");
    let kept = place.sql(
        5501,
        "postgres",
        "select datname, datallowconn from pg_database where datname like 'shop_before%'",
    );
    assert!(kept.ends_with("|f"), "{kept}");
    assert!(
        place
            .sql(5501, "shop", "select count(*) > 0 from pg_stats where tablename = 'orders'")
            .ends_with('t')
    );
    // All of it can be taken back: the damaged database has its name again, and takes connections.
    place.undo(&plan, "cutover");
    assert_eq!(place.sql(5501, "shop", "select count(*) from parts where n = 999"), "1");
    assert_eq!(
        place.sql(5501, "postgres", "select count(*) from pg_database where datname like 'shop_%'"),
        "0"
    );
}

#[test]
fn a_recovery_to_a_point_in_time_lands_just_before_the_drop() {
    if !has_server() {
        return;
    }
    let place = Place::new();
    place.server("data", 5502);
    place.sql(5502, "postgres", SEED);
    let archive = place.text("wal it's 100%");
    let yaml = serde_json::to_string(&archive).unwrap();
    let wal = format!(
        "backups: [{{id: wal, asset: shop, tool: archive_command, type: continuous, path: {yaml}}}]\n"
    );
    let made = place
        .draft(
            Kind::Backup,
            &place.inventory("data", 5502, &wal),
            None,
            "",
            &[("destination", &archive)],
        )
        .unwrap();
    assert_eq!(made.runbook, "postgres-backup-wal-archive");
    place.must_run(&made.plan);
    let bases = place.text("bases");
    let base = "backups: [{id: base, asset: shop, tool: pg_basebackup}]\n";
    let made = place
        .draft(
            Kind::Backup,
            &place.inventory("data", 5502, base),
            None,
            "",
            &[("destination", &bases)],
        )
        .unwrap();
    assert_eq!(made.runbook, "postgres-backup-base");
    let line = last_success(&place.must_run(&made.plan)).to_owned();

    // Committed after the base backup, and never archived by the server itself: the segment is not full.
    place.sql(
        5502,
        "shop",
        "insert into orders (item) select 'late ' || i from generate_series(1, 100) i",
    );
    let before = place.sql(5502, "shop", CONTENT);
    place.must("the next second", "sleep 1.1");
    let target = place.sql(
        5502,
        "shop",
        "select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'",
    );
    let damage = place.sql(5502, "shop", "drop table orders cascade; select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.US') || '+00'");
    place.sql(5502, "shop", "insert into parts values (999, 'later')");
    let now = Timestamp::now();
    let copies = format!(
        "backups:\n{}{}",
        backup("base", "pg_basebackup", "full", &line),
        backup("wal", "archive_command", "continuous", &format!("{{at: {now}, path: {yaml}}}"))
    );
    let text = place.inventory("data", 5502, &copies);
    let new_base = place.text("new-base");
    let given = [
        ("target", target.as_str()),
        ("damage", &damage),
        ("new_base", &new_base),
        ("witness_table", "orders"),
        ("witness_column", "made"),
    ];
    let drafted = |parameters: &[(&str, &str)]| {
        let made = place
            .draft(Kind::Recovery, &text, Some(&now.to_string()), "operator_error", parameters)
            .unwrap();
        assert_eq!(
            (made.runbook.as_str(), &made.questions[..]),
            ("postgres-point-in-time", &[] as &[String])
        );
        made.plan
    };
    // A target behind the damage, and one before the base backup, are refused before anything changes.
    for wrong in ["2099-01-01 00:00:00+00", "2020-01-01 00:00:00+00", "2026-11-21 14:00:00"] {
        let mut given = given.to_vec();
        given[0].1 = wrong;
        let failed = place.run(&drafted(&given)).1.map(|(step, _)| step);
        assert_eq!(failed.as_deref(), Some("preflight"), "{wrong}");
    }
    let untouched = place.digest("bases");
    let plan = drafted(&given);
    place.must_run(&plan);
    assert_eq!(place.sql(5502, "shop", CONTENT), before);
    assert_eq!(place.sql(5502, "shop", NUMBERS), "t");
    assert_eq!(place.sql(5502, "shop", "select count(*) from parts where n = 999"), "0");
    assert_eq!(place.sql(5502, "postgres", "select timeline_id from pg_control_checkpoint()"), "2");
    assert_eq!(place.sql(5502, "postgres", "show restore_command"), "");
    assert_eq!(place.digest("bases"), untouched, "the base backup is as it was");
    let kept = place.must("kept", &format!("ls -d {}.before-*/PG_VERSION", place.text("data")));
    assert_eq!(kept.lines().count(), 1);
    // The new history goes to a place of its own.
    place.must(
        "archived",
        &format!("ls {}*.after-*/00000002*", blackstart::template::quote(&archive).unwrap()),
    );
    let old = place.must("old", &format!("ls {}", blackstart::template::quote(&archive).unwrap()));
    assert!(old.lines().all(|name| !name.starts_with("00000002")), "{old}");
}

#[test]
fn a_storage_copy_is_recovered_from_and_stays_as_it_was() {
    if !has_server() {
        return;
    }
    let place = Place::new();
    place.server("data", 5503);
    place.sql(5503, "postgres", SEED);
    place.sql(5503, "postgres", "checkpoint");
    place.sql(5503, "shop", "insert into orders (item) values ('only in the log')");
    let before = place.sql(5503, "shop", CONTENT);
    let (data, copy, bin) = (place.text("data"), place.text("snapshot"), &place.bin);
    // What a snapshot of the storage holds is what a power failure leaves.
    place.must("snapshot", &format!("{bin}/pg_ctl stop -s -m immediate -D {data}; cp -a {data} {copy}; touch {copy}/postmaster.pid; {bin}/pg_ctl start -s -w -D {data} -l {data}.log"));
    let made_at = Timestamp::now();
    place.sql(5503, "shop", "insert into orders (item) values ('behind the copy')");
    place.must("damage", &format!("rm -rf {data}/base/[2-9]*"));
    let untouched = place.digest("snapshot");
    let dump = place.text("dump");
    let copies = format!(
        "backups:\n{}{}",
        backup("nightly", "pg_dump", "full", &format!("{{at: {made_at}, path: {dump}, size: 0B}}")),
        backup(
            "lvm-staging",
            "lvm-snapshot-copy",
            "snapshot",
            &format!("{{at: {made_at}, path: {copy}, size: 40MB}}")
        )
    );
    let text = place.inventory("data", 5503, &copies);
    let new_base = place.text("new-base");
    let given = [("new_base", new_base.as_str())];
    let made = place
        .draft(Kind::Recovery, &text, Some(&Timestamp::now().to_string()), "operator_error", &given)
        .unwrap();
    assert_eq!(
        (made.runbook.as_str(), &made.questions[..]),
        ("postgres-restore-storage-copy", &[] as &[String])
    );
    let plan = &made.plan;
    assert_eq!(plan.steps[at(plan, "refuse-nightly")].title, "Leave nightly alone: it is empty");
    assert!(
        at(plan, "stop-writers") < at(plan, "copy")
            && at(plan, "repair-nightly") > at(plan, "accept")
    );
    let risky: Vec<&str> = plan.steps[..at(plan, "set-aside")]
        .iter()
        .filter(|step| step.claimed_risk() >= blackstart::base::Risk::Destructive)
        .map(|step| step.id.as_str())
        .collect();
    assert_eq!(risky, [] as [&str; 0], "nothing destructive before the copy is proven");
    place.must_run(plan);
    assert_eq!(place.sql(5503, "shop", CONTENT), before);
    assert_eq!(place.sql(5503, "shop", NUMBERS), "t");
    assert_eq!(place.digest("snapshot"), untouched, "the copy is as it was");
    place.must("what was left is kept", &format!("ls -d {data}.before-*/base"));
}

#[test]
fn a_standby_is_promoted_only_when_the_old_primary_is_fenced() {
    if !has_server() {
        return;
    }
    let place = Place::new();
    place.server("data", 5504);
    place.sql(5504, "postgres", SEED);
    let (standby, socket, bin) = (place.text("standby"), place.text("socket"), place.bin.clone());
    place.must("a standby", &format!("{bin}/pg_basebackup -h {socket} -p 5504 -U postgres -D {standby} -R -X stream -c fast; echo 'port = 5505' >> {standby}/postgresql.conf; {bin}/pg_ctl start -s -w -D {standby} -l {standby}.log"));
    place.sql(5504, "shop", "insert into orders (item) values ('streamed')");
    let before = place.sql(5504, "shop", CONTENT);
    let more = format!(
        "  - {{id: shop-standby, kind: postgres, host: db2, version: \"{}\", paths: [{standby}], endpoint: \"db2:5505\", role: standby, depends_on: [shop], replication: {{mode: async, peer: shop}}}}\nbackups:\n{}",
        bin.split('/').nth(4).unwrap(),
        backup("stream", "streaming", "replica", &format!("{{at: {}}}", Timestamp::now()))
    );
    let text = place.inventory("data", 5504, &more);
    let damage = place.sql(
        5504,
        "postgres",
        "select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS') || '+00'",
    );
    let given = [("damage", damage.as_str())];
    let made = place
        .draft(Kind::Recovery, &text, Some(&Timestamp::now().to_string()), "host_loss", &given)
        .unwrap();
    assert_eq!(
        (made.runbook.as_str(), &made.questions[..]),
        ("postgres-promote-replica", &[] as &[String])
    );
    let plan = &made.plan;
    let order = [
        "confirm-replica",
        "stop-writers",
        "fence",
        "fenced",
        "measure-loss",
        "accept-loss",
        "promote",
        "verify",
        "repoint",
    ];
    assert!(order.windows(2).all(|pair| at(plan, pair[0]) < at(plan, pair[1])));
    // Without the fence nothing is promoted: the old primary still answers.
    let mut unfenced = plan.clone();
    unfenced.steps[at(plan, "fence")].run = None;
    unfenced.steps[at(plan, "fence")].check = None;
    let (_, failed) = place.run(&unfenced);
    let failed = failed.unwrap();
    assert!(failed.0 == "fenced" && failed.1.contains("still answers"), "{failed:?}");
    assert_eq!(place.sql(5505, "postgres", "select pg_is_in_recovery()"), "t");
    // A standby that is too far behind is not promoted.
    let far = place
        .draft(
            Kind::Recovery,
            &text,
            Some(&Timestamp::now().to_string()),
            "host_loss",
            &[("damage", "2099-01-01 00:00:00+00")],
        )
        .unwrap();
    let mut behind = far.plan.clone();
    behind.steps.retain(|step| ["fenced", "fence"].iter().all(|id| step.id.as_str() != *id));
    for step in &mut behind.steps {
        step.needs.retain(|id| !["fenced", "fence"].contains(&id.as_str()));
    }
    assert_eq!(place.run(&behind).1.unwrap().0, "measure-loss");
    place.must_run(plan);
    assert_eq!(place.sql(5505, "shop", CONTENT), before);
    assert_eq!(place.sql(5505, "shop", NUMBERS), "t");
    assert_eq!(
        place.sql(
            5505,
            "postgres",
            "select pg_is_in_recovery(), timeline_id from pg_control_checkpoint()"
        ),
        "f|2"
    );
    // Whoever starts the old primary nevertheless gets a server that takes no writes.
    let old = place.text("data");
    place.must("start it", &format!("{bin}/pg_ctl start -s -w -D {old} -l {old}.log"));
    assert_eq!(place.sql(5504, "postgres", "select pg_is_in_recovery()"), "t");
}
