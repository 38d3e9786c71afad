//! Runs the MariaDB runbooks on real throw-away servers: back up, damage, recover, compare.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod left_out;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use blackstart::base::Timestamp;
use blackstart::draft::{Draft, Library, Request, artifacts, draft};
use blackstart::plan::{self, Kind, Order, Plan, Step};
use blackstart::{incident, inventory, tools};
use left_out::has;

/// A directory with servers, owned by an account that is not root: a server refuses to run as root.
struct Lab {
    dir: tempfile::TempDir,
    servers: Vec<(String, Child)>,
}

/// Reading the runbooks takes longer than filling them.
static LIBRARY: std::sync::LazyLock<Library> = std::sync::LazyLock::new(|| Library::new([]));

const NOW: &str = "2099-01-01T00:00:00Z";

fn installed() -> bool {
    has(&["mariadbd", "mariadb", "mariadb-dump", "mariadb-backup", "setpriv"])
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

impl Lab {
    fn new() -> Self {
        let dir = tempfile::tempdir_in("/tmp").unwrap();
        if is_root() {
            std::os::unix::fs::chown(dir.path(), Some(65_534), Some(65_534)).unwrap();
        }
        Self { dir, servers: vec![] }
    }

    fn path(&self, name: &str) -> String {
        self.dir.path().join(name).to_str().unwrap().to_owned()
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut words: Vec<&str> = match is_root() {
            true => vec!["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program],
            false => vec![program],
        };
        words.extend(arguments);
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).current_dir(self.dir.path()).env_clear();
        command.env("PATH", tools::PATH).stdin(Stdio::null());
        command
    }

    fn bash(&self, script: &str) -> Output {
        let mut words = plan::SHELL[1..].to_vec();
        words.push(script);
        self.command(plan::SHELL[0], &words).output().unwrap()
    }

    #[track_caller]
    fn must(&self, what: &str, script: &str) -> String {
        let output = self.bash(script);
        let shown = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{script}\n{what}: {}\n{}{}",
            output.status,
            shown(&output.stdout),
            shown(&output.stderr)
        );
        shown(&output.stdout)
    }

    /// Makes the data directory of a server in which the account of the test may do everything.
    fn install(&self, name: &str) {
        self.must(
            "install",
            &format!("mkdir -p {0}.tmp && mariadb-install-db --no-defaults --datadir={0} --tmpdir={0}.tmp --skip-test-db --auth-root-authentication-method=socket --auth-root-socket-user=\"$(id -un)\" 2>&1", self.path(name)),
        );
    }

    /// Starts a server and waits until it answers at the socket `NAME.s`.
    #[track_caller]
    fn start(&mut self, name: &str, more: &[&str]) {
        let mut arguments: Vec<String> = vec![
            "--no-defaults".into(),
            format!("--datadir={}", self.path(name)),
            format!("--socket={}", self.socket(name)),
            format!("--tmpdir={}.tmp", self.path(name)),
            format!("--pid-file={}.pid", self.path(name)),
            format!("--log-error={}.err", self.path(name)),
            format!("--log-bin={}/binlog", self.path(name)),
            "--innodb-buffer-pool-size=32M".into(),
            "--innodb-flush-log-at-trx-commit=0".into(),
        ];
        arguments.extend(more.iter().map(|word| (*word).to_owned()));
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let mut command = self.command("mariadbd", &arguments);
        let mut server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        let answers = |lab: &Self| {
            lab.bash(&format!("mariadb-admin --no-defaults --socket={} ping", lab.socket(name)))
                .status
                .success()
        };
        while !answers(self) {
            let ended = server.try_wait().unwrap();
            let log = std::fs::read_to_string(self.path(name) + ".err").unwrap_or_default();
            assert!(ended.is_none() && since.elapsed() < Duration::from_secs(60), "{log}");
        }
        self.servers.push((name.to_owned(), server));
    }

    fn socket(&self, name: &str) -> String {
        self.path(name) + ".s"
    }

    /// Ends a server by a signal and waits for its end.
    fn stop(&mut self, name: &str, signal: &str) {
        let at = self.servers.iter().position(|(known, _)| known == name).unwrap();
        let (_, mut server) = self.servers.remove(at);
        // The wrapper that changes the account becomes the server, so its id is the server's.
        let pid = server.id().to_string();
        assert!(Command::new("kill").args([signal, &pid]).status().unwrap().success());
        server.wait().unwrap();
    }

    #[track_caller]
    fn sql(&self, name: &str, statements: &str) -> String {
        let socket = self.socket(name);
        let words =
            ["--no-defaults", "--socket", &socket, "-BN", "--binary-mode", "-e", statements];
        let output = self.command("mariadb", &words).output().unwrap();
        assert!(
            output.status.success(),
            "{statements}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Everything a user can put into a server.
    fn seed(&self, name: &str) {
        self.sql(
            name,
            "CREATE DATABASE shop CHARACTER SET utf8mb4; USE shop;
            CREATE TABLE orders (id int AUTO_INCREMENT PRIMARY KEY, v varchar(64), KEY (v)) ENGINE=InnoDB;
            INSERT INTO orders (v) SELECT md5(seq) FROM seq_1_to_5000;
            CREATE TABLE texts (id int PRIMARY KEY, t text, b longblob) ENGINE=InnoDB;
            INSERT INTO texts VALUES (1, 'ünïcödé 😀 \\'quoted\\' \\n line', x'00ff1a270a5c22'), (2, NULL, repeat(x'00e9ff', 50000));
            CREATE TABLE order_rows (id int PRIMARY KEY, o int, FOREIGN KEY (o) REFERENCES orders (id)) ENGINE=InnoDB;
            INSERT INTO order_rows SELECT seq, seq FROM seq_1_to_100;
            CREATE TABLE log (at int AUTO_INCREMENT PRIMARY KEY, what varchar(20));
            CREATE VIEW recent AS SELECT * FROM orders WHERE id > 4000;
            CREATE PROCEDURE count_orders() SELECT count(*) FROM orders;
            CREATE FUNCTION twice(n int) RETURNS int DETERMINISTIC RETURN n * 2;
            CREATE TRIGGER noted AFTER INSERT ON order_rows FOR EACH ROW INSERT INTO log (what) VALUES ('line');
            CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY DO DELETE FROM log;
            CREATE USER clerk@localhost IDENTIFIED BY 'only for this test'; GRANT SELECT, INSERT ON shop.* TO clerk@localhost;
            CREATE ROLE reader; GRANT SELECT ON shop.* TO reader; GRANT reader TO clerk@localhost",
        );
    }

    /// Every row as a digest, every object by its definition, every right.
    fn state(&self, name: &str) -> String {
        self.sql(
            name,
            "USE shop; CHECKSUM TABLE orders, texts, order_rows, log EXTENDED; SELECT count(*), md5(group_concat(id, v ORDER BY id)) FROM orders WHERE id > 4900;
            SELECT id, t, md5(b), length(b) FROM texts; SELECT table_name, view_definition FROM information_schema.views WHERE table_schema = 'shop';
            SELECT routine_name, routine_definition FROM information_schema.routines WHERE routine_schema = 'shop' ORDER BY 1;
            SELECT trigger_name, action_statement FROM information_schema.triggers WHERE trigger_schema = 'shop';
            SELECT event_name, event_definition, status FROM information_schema.events WHERE event_schema = 'shop';
            SELECT user, host FROM mysql.user ORDER BY 1, 2; SHOW GRANTS FOR clerk@localhost; SHOW GRANTS FOR reader; CALL count_orders(); SELECT twice(21)",
        )
    }

    #[track_caller]
    fn draft(
        &self,
        kind: Kind,
        assets: &str,
        incident: Option<&str>,
        parameters: &[(&str, &str)],
        runbook: Option<&str>,
    ) -> Draft {
        let text = format!("schema: blackstart/inventory/v1\n{assets}");
        let (inventory, problems) = inventory::read(&text);
        assert_eq!(problems, [], "{text}");
        let incident = incident.map(|fields| {
            let (incident, problems) = incident::read(&format!(
                "schema: blackstart/incident/v1\nid: inc\naffected: [db]\n{fields}"
            ));
            assert_eq!(problems, []);
            incident.unwrap()
        });
        let parameters: BTreeMap<String, String> = parameters
            .iter()
            .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
            .chain([("credentials".to_owned(), self.path("no.cnf"))])
            .collect();
        draft(&Request {
            inventory: &inventory.unwrap(),
            incident: incident.as_ref(),
            asset: Some("db"),
            scenario: None,
            kind,
            parameters: &parameters,
            now: NOW.parse::<Timestamp>().unwrap(),
            library: &LIBRARY,
            runbook,
        })
        .unwrap()
    }

    /// Runs one step with its check.
    #[track_caller]
    fn step(&self, plan: &Plan, id: &str) -> String {
        let step = plan.step(id).unwrap_or_else(|| panic!("no step {id}"));
        let parts = [&step.run, &step.check];
        parts.into_iter().flatten().map(|part| self.must(&format!("step {id}"), part)).collect()
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        for (_, server) in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn steps(plan: &Plan) -> Vec<&Step> {
    let Order::Steps(order) = plan::order(plan) else { panic!("a circle") };
    order.into_iter().map(|at| &plan.steps[at]).collect()
}

/// Returns the line for the inventory that a backup printed.
fn last_success(printed: &str) -> &str {
    let line = printed.lines().rev().find_map(|line| line.strip_prefix("last_success: "));
    line.unwrap_or_else(|| panic!("no line in {printed:?}"))
}

impl Lab {
    /// Performs a whole plan in order, unmodified; `by_hand` does what a person would do in manual steps.
    #[track_caller]
    fn perform(&mut self, plan: &Plan, by_hand: &mut dyn FnMut(&mut Self, &str)) -> String {
        let mut printed = String::new();
        for step in steps(plan) {
            match step.runs() {
                true => printed.push_str(&self.step(plan, step.id.as_str())),
                false => by_hand(self, step.id.as_str()),
            }
        }
        printed
    }

    /// Runs the script that a backup plan installs, as a timer would.
    #[track_caller]
    fn backup(&self, draft: &Draft) -> String {
        let script = artifacts(&draft.plan).into_iter().find(|file| file.executable).unwrap();
        self.must("the installed script", &script.contents)
    }

    /// The inventory of one server `d` with copies of these fields.
    fn inventory(&self, backups: &str) -> String {
        format!(
            "assets: [{{id: db, kind: mariadb, paths: ['{}'], endpoint: '{}', targets: {{rpo: 1h, rto: 1h}}}}]\nrepos: [{{id: disk, path: '{}'}}]\nbackups: [{backups}]\n",
            self.path("d"),
            self.socket("d"),
            self.path("copies")
        )
    }

    /// The seconds of events decide a replay by time.
    fn next_second(&self) -> String {
        self.must(
            "the next second",
            "now=$(date +%s); while [ \"$(date +%s)\" = \"$now\" ]; do :; done; date --utc +%Y-%m-%dT%H:%M:%SZ",
        )
        .trim()
        .to_owned()
    }

    fn stop_and_start(lab: &mut Self, step: &str) {
        match step {
            "stop-by-hand" => lab.stop("d", "-TERM"),
            "start-by-hand" => lab.start("d", &["--skip-networking"]),
            _ => {}
        }
    }
}

const DUMP: &str = "id: dump, asset: db, tool: mariadb-dump, type: full, repo: disk, path: dumps";
const LOGS: &str = "id: logs, asset: db, tool: mariadb-binlog, type: continuous, base: dump, repo: disk, path: logs";
const PHYSICAL: &str =
    "id: physical, asset: db, tool: mariadb-backup, type: full, repo: disk, path: copies";

#[test]
fn a_dump_and_its_binary_logs_bring_back_everything_up_to_the_instant_before_a_drop() {
    if !installed() {
        return;
    }
    let mut lab = Lab::new();
    lab.install("d");
    lab.start("d", &["--skip-networking"]);
    lab.seed("d");
    let inventory = lab.inventory(&format!("{{{DUMP}}}, {{{LOGS}}}"));
    let dump = lab.draft(Kind::Backup, &inventory, None, &[], None);
    assert_eq!(dump.runbook, "mysql-backup-dump", "{:?}", dump.questions);
    let dumped = last_success(&lab.backup(&dump)).to_owned();

    // More of everything, over several logs, then the mistake, in one second with the last good change.
    lab.sql("d", "USE shop; INSERT INTO orders (v) VALUES ('after 1'); FLUSH BINARY LOGS; CREATE TABLE later (id int PRIMARY KEY, b blob); INSERT INTO later VALUES (1, x'00ff0a0d1a'); CREATE USER late@localhost; UPDATE texts SET t = '日本 ✓' WHERE id = 2; INSERT INTO order_rows VALUES (101, 101)");
    let logs = lab.draft(Kind::Backup, &inventory, None, &[], Some("mysql-backup-binlog"));
    lab.backup(&logs);
    lab.next_second();
    lab.sql("d", "USE shop; INSERT INTO orders (v) VALUES ('the last good one')");
    let before = lab.state("d");
    let damage_at = lab.next_second();
    lab.sql("d", "USE shop; DROP TABLE order_rows; DROP TABLE orders; DELETE FROM texts");
    let copied = lab.backup(&logs);
    // A second run has nothing to copy but the log that the first one closed.
    lab.backup(&logs);

    let known = lab.inventory(&format!(
        "{{{DUMP}, last_success: {dumped}}}, {{{LOGS}, last_success: {}}}",
        last_success(&copied)
    ));
    let incident = format!("title: somebody dropped the orders\ndamage_at: {damage_at}\n");
    let recovery = lab.draft(Kind::Recovery, &known, Some(&incident), &[], None);
    assert_eq!(recovery.runbook, "mysql-restore-dump", "{:?}", recovery.questions);
    let shown = lab.step(&recovery.plan, "preflight");
    assert!(shown.contains("binary logs to replay"), "{shown}");
    // It does not go on while the server runs.
    let stopped = recovery.plan.step("confirm-stopped").unwrap().check.as_deref().unwrap();
    assert!(!lab.bash(stopped).status.success(), "the server still ran");
    let printed = lab.perform(&recovery.plan, &mut Lab::stop_and_start);
    assert!(printed.contains("DROP TABLE"), "the damage is shown: {printed}");
    assert_eq!(lab.state("d"), before);
    assert_eq!(lab.sql("d", "SELECT hex(b) FROM shop.later"), "00FF0A0D1A");
    assert_eq!(lab.sql("d", "SELECT count(*) FROM mysql.user WHERE user = 'late'"), "1");
    // What was damaged is kept, and the way back works.
    assert!(Path::new(&lab.path("d.before-20990101T000000Z/ibdata1")).exists());
    lab.stop("d", "-TERM");
    for id in ["put-in-place", "set-aside"] {
        lab.must("rollback", recovery.plan.step(id).unwrap().rollback.as_deref().unwrap());
    }
    lab.start("d", &["--skip-networking"]);
    assert_eq!(
        lab.sql("d", "SHOW TABLES FROM shop LIKE 'orders'"),
        "",
        "rolled back to the damage"
    );
    lab.stop("d", "-TERM");
    lab.must("rollback", recovery.plan.step("restore").unwrap().rollback.as_deref().unwrap());
    lab.must("rollback", recovery.plan.step("save-logs").unwrap().rollback.as_deref().unwrap());

    // The same to the position of the DROP, which lies in the log behind one good change of the same second.
    let position = shown_position(&printed);
    let again = lab.draft(
        Kind::Recovery,
        &known,
        Some("title: dropped\ndamage_at: 2037-01-01T00:00:00Z\n"),
        &[("stop_position", &position)],
        None,
    );
    lab.perform(&again.plan, &mut |lab, step| {
        if step == "start-by-hand" {
            lab.start("d", &["--skip-networking"]);
        }
    });
    assert_eq!(lab.state("d"), before);
}

/// Returns the log and position of the first DROP that the plan showed.
fn shown_position(printed: &str) -> String {
    let line = printed.lines().find(|line| line.contains("DROP TABLE")).unwrap();
    line.split_whitespace().find(|word| word.starts_with("binlog.")).unwrap().to_owned()
}

#[test]
fn a_copy_that_is_not_whole_or_a_log_that_is_missing_is_refused_before_anything_changes() {
    if !installed() {
        return;
    }
    let mut lab = Lab::new();
    lab.install("d");
    lab.start("d", &["--skip-networking"]);
    lab.seed("d");
    let inventory = lab.inventory(&format!("{{{DUMP}}}, {{{LOGS}}}"));
    let dump = lab.draft(Kind::Backup, &inventory, None, &[("keep", "1")], None);
    let first = last_success(&lab.backup(&dump)).to_owned();
    lab.next_second();
    lab.sql("d", "FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    let logs = lab.draft(Kind::Backup, &inventory, None, &[], Some("mysql-backup-binlog"));
    let copied = lab.backup(&logs);

    let known = |dumped: &str| {
        lab.inventory(&format!(
            "{{{DUMP}, last_success: {dumped}}}, {{{LOGS}, last_success: {}}}",
            last_success(&copied)
        ))
    };
    let recovery = |lab: &Lab, inventory: &str, parameters: &[(&str, &str)]| {
        let made = lab.draft(Kind::Recovery, inventory, Some("title: lost\n"), parameters, None);
        assert_eq!(made.runbook, "mysql-restore-dump", "{:?}", made.questions);
        let output = lab.bash(made.plan.step("preflight").unwrap().check.as_deref().unwrap());
        let said = [&output.stdout, &output.stderr];
        let said = said.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).concat();
        (output.status.success(), said)
    };
    let (fine, said) = recovery(&lab, &known(&first), &[]);
    assert!(
        fine && said.contains("3 binary logs to replay, from binlog.000001 to binlog.000003"),
        "{said}"
    );
    let path = first.split("path: \"").nth(1).unwrap().split('"').next().unwrap();
    lab.must(
        "cut the dump",
        &format!("gzip -dc {path} | head -n -2 > {path}.cut.sql; gzip -dc {path} | grep -v 'LOG_POS' > {path}.nolog.sql; gzip -dc {path} | sed '/^-- Current Database: `mysql`/,/^-- Current Database: `shop`/d' > {path}.noaccounts.sql"),
    );
    for (file, words) in [
        ("cut.sql", "cut off"),
        ("nolog.sql", "nothing can be replayed"),
        ("noaccounts.sql", "nobody could log in"),
    ] {
        let (fine, said) = recovery(
            &lab,
            &known(
                &"{at: 2026-01-01T00:00:00Z}".replace('}', &format!(", path: '{path}.{file}'}}")),
            ),
            &[],
        );
        assert!(!fine && said.contains(words), "{file}: {said}");
    }
    lab.must(
        "lose a log",
        &format!("mv {0}/copies/logs/binlog.000002 {0}/gone", lab.dir.path().display()),
    );
    let (fine, said) = recovery(&lab, &known(&first), &[]);
    assert!(!fine && said.contains("one is missing before binlog.000003"), "{said}");
    let (fine, said) = recovery(&lab, &known(&first), &[("stop", "21/11/2026")]);
    assert!(!fine && said.contains("must be a time like"), "{said}");

    // Tables that no transaction holds stop a dump, and so does a change of structure while it runs is reported.
    lab.sql("d", "CREATE TABLE shop.old (id int) ENGINE=MyISAM");
    let preflight = dump.plan.step("preflight").unwrap().check.clone().unwrap();
    let output = lab.bash(&preflight);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("shop.old (MyISAM)"));
    let all = lab.draft(Kind::Backup, &inventory, None, &[("locking", "all"), ("keep", "1")], None);
    lab.next_second();
    lab.backup(&all);
    lab.next_second();
    let kept = lab.must(
        "count",
        &format!("ls {}/copies/dumps | grep -c 'Z-full.sql.gz$'", lab.dir.path().display()),
    );
    assert_eq!(kept.trim(), "1", "the older one is thinned out");

    // A dump that suddenly holds half is kept beside the older one, which stays.
    lab.sql("d", "USE shop; CREATE TABLE noise SELECT seq, random_bytes(1000) FROM seq_1_to_3000");
    lab.backup(&all);
    lab.next_second();
    lab.sql("d", "DROP DATABASE shop");
    let script = artifacts(&dump.plan).into_iter().find(|file| file.executable).unwrap();
    let output = lab.bash(&script.contents);
    assert!(!output.status.success());
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("look why"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let kept = lab.must(
        "count",
        &format!("ls {}/copies/dumps | grep -c 'Z-full.sql.gz$'", lab.dir.path().display()),
    );
    assert_eq!(kept.trim(), "2", "nothing is removed behind a run that failed");
    // The server was set up anew: its logs do not continue the copies.
    lab.sql("d", "RESET MASTER");
    let script = artifacts(&logs.plan).into_iter().find(|file| file.executable).unwrap();
    lab.must("forget the middle", &format!("rm {0}/copies/logs/*; touch {0}/copies/logs/other.000001 {0}/copies/logs/other.000001.sha256", lab.dir.path().display()));
    let output = lab.bash(&script.contents);
    assert!(String::from_utf8_lossy(&output.stderr).contains("was set up anew"));
}

#[test]
fn a_physical_copy_and_its_binary_logs_bring_back_a_data_directory_that_is_gone() {
    if !installed() {
        return;
    }
    let mut lab = Lab::new();
    lab.install("d");
    lab.start("d", &["--skip-networking"]);
    lab.seed("d");
    let logs_of = LOGS.replace("base: dump", "base: physical");
    let inventory = lab.inventory(&format!("{{{PHYSICAL}}}, {{{logs_of}}}"));
    let backup = lab.draft(Kind::Backup, &inventory, None, &[("keep", "1")], None);
    assert_eq!(backup.runbook, "mysql-backup-physical", "{:?}", backup.questions);
    lab.backup(&backup);
    lab.next_second();
    let made = last_success(&lab.backup(&backup)).to_owned();
    let kept = lab.must("count", &format!("ls {}/copies/copies | wc -l", lab.dir.path().display()));
    assert_eq!(kept.trim(), "1");
    lab.sql("d", "USE shop; INSERT INTO orders (v) VALUES ('after'); CREATE TABLE later (id int PRIMARY KEY); INSERT INTO later VALUES (7)");
    let before = lab.state("d");
    lab.next_second();
    let logs = lab.draft(Kind::Backup, &inventory, None, &[], Some("mysql-backup-binlog"));
    let copied = lab.backup(&logs);

    // The disk is emptied under the server.
    lab.stop("d", "-KILL");
    lab.must("lose the data", &format!("rm -rf {}", lab.path("d")));
    let known = lab.inventory(&format!(
        "{{{PHYSICAL}, last_success: {made}}}, {{{logs_of}, last_success: {}}}",
        last_success(&copied)
    ));
    let incident = "title: disk died\nscenario: disk_loss\ndamage_at: 2037-12-31T00:00:00Z\n";
    let recovery = lab.draft(Kind::Recovery, &known, Some(incident), &[], None);
    assert_eq!(recovery.runbook, "mysql-restore-physical", "{:?}", recovery.questions);
    let copy = made.split("path: \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let sums = lab.must("sums", &format!("cd {copy} && find . -type f | sort | xargs sha256sum"));
    lab.perform(&recovery.plan, &mut |lab, step| {
        if step == "start-by-hand" {
            lab.start("d", &["--skip-networking"]);
        }
    });
    assert_eq!(lab.state("d"), before);
    assert_eq!(lab.sql("d", "SELECT id FROM shop.later"), "7");
    assert_eq!(
        lab.must("sums", &format!("cd {copy} && find . -type f | sort | xargs sha256sum")),
        sums,
        "the copy stays as it was"
    );

    // One byte of the copy is wrong.
    lab.stop("d", "-TERM");
    lab.must("spoil", &format!("mv {0}.restoring-20990101T000000Z {0}.done; printf x | dd of={copy}/ibdata1 bs=1 seek=100000 conv=notrunc 2> /dev/null", lab.path("d")));
    let output = lab.bash(recovery.plan.step("preflight").unwrap().check.as_deref().unwrap());
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("ibdata1: FAILED"));
}

#[test]
fn a_replica_is_promoted_only_behind_a_fence_and_with_every_transaction_it_received() {
    if !installed() {
        return;
    }
    let mut lab = Lab::new();
    lab.install("d");
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port().to_string()
    };
    let at_port = format!("--port={port}");
    lab.start("d", &["--server-id=1", "--bind-address=127.0.0.1", &at_port]);
    lab.seed("d");
    lab.sql("d", "CREATE USER repl@'127.0.0.1' IDENTIFIED BY 'only for this test'; GRANT REPLICATION SLAVE ON *.* TO repl@'127.0.0.1'");
    // The replica is seeded from a physical copy of the running primary.
    let copier = format!("mariadb-backup --no-defaults --socket={}", lab.socket("d"));
    lab.must("seed", &format!("{copier} --backup --datadir={0} --target-dir={1} 2> /dev/null; mariadb-backup --no-defaults --prepare --target-dir={1} 2> /dev/null; mv {1} {2}", lab.path("d"), lab.path("seed"), lab.path("r")));
    let at = lab.must("coordinates", &format!("cat {}/*_binlog_info", lab.path("r")));
    let mut words = at.split_whitespace();
    let (file, position) = (words.next().unwrap(), words.next().unwrap());
    let more = [
        "--server-id=2",
        "--skip-networking",
        "--read-only=1",
        "--event-scheduler=OFF",
        "--relay-log=relay",
    ];
    lab.must("a place for temporary tables", &format!("mkdir {}.tmp", lab.path("r")));
    lab.start("r", &more);
    lab.sql("r", &format!("CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='repl', MASTER_PASSWORD='only for this test', MASTER_LOG_FILE='{file}', MASTER_LOG_POS={position}, MASTER_CONNECT_RETRY=60; START REPLICA"));
    let inventory = format!(
        "hosts: [{{id: h1}}, {{id: h2}}]\nassets:\n  - {{id: db, kind: mariadb, host: h1, paths: ['{}'], endpoint: '{}', replication: {{mode: async, peer: twin}}}}\n  - {{id: twin, kind: mariadb, host: h2, endpoint: '{}', role: replica}}\nbackups: [{{id: live, asset: db, tool: replication, type: replica, last_success: {{at: 2037-01-01T00:00:00Z}}}}]\n",
        lab.path("d"),
        lab.socket("d"),
        lab.socket("r")
    );
    let incident = "title: primary died\nscenario: host_lost\ndamage_at: 2037-12-31T00:00:00Z\n";
    let recovery = lab.draft(Kind::Recovery, &inventory, Some(incident), &[], None);
    assert_eq!(recovery.runbook, "mysql-promote-replica", "{:?}", recovery.questions);
    let plan = &recovery.plan;
    assert!(
        steps(plan).iter().all(|step| !step.runs() || step.host.as_ref().unwrap().as_str() == "h2")
    );

    // What the replica has received and not yet applied when the primary dies is what a hasty promotion loses.
    wait(&lab, "the replica follows", |lab| {
        lab.sql("r", "SHOW REPLICA STATUS").contains("binlog")
            && lab.sql("r", "SELECT count(*) FROM mysql.user WHERE user = 'repl'") == "1"
    });
    lab.sql("r", "STOP REPLICA SQL_THREAD");
    lab.sql("d", "USE shop; INSERT INTO orders (v) SELECT md5(seq) FROM seq_1_to_20000; INSERT INTO texts VALUES (3, 'last words ✓', x'00')");
    let before = lab.state("d");
    let end = lab.sql("d", "SHOW MASTER STATUS");
    let end: Vec<&str> = end.split_whitespace().take(2).collect();
    wait(&lab, "everything is received", |lab| {
        let status = lab.must(
            "status",
            &format!(
                "mariadb --no-defaults --socket={} -e 'SHOW REPLICA STATUS\\G'",
                lab.socket("r")
            ),
        );
        status.contains(&format!("Read_Master_Log_Pos: {}\n", end[1]))
            && status.contains(&format!(" Master_Log_File: {}\n", end[0]))
    });
    let preflight = plan.step("preflight").unwrap().check.clone().unwrap();
    let output = lab.bash(&preflight);
    assert!(
        String::from_utf8_lossy(&output.stderr).contains("does not apply"),
        "a stopped replica is seen"
    );
    lab.sql("r", "START REPLICA SQL_THREAD");

    let fenced = plan.step("confirm-fenced").unwrap().check.clone().unwrap();
    assert!(!lab.bash(&fenced).status.success(), "the primary lives");
    let mut order = vec![];
    lab.perform(plan, &mut |lab, step| {
        order.push(step.to_owned());
        if step == "fence" {
            lab.stop("d", "-KILL");
            wait(lab, "the replica has noticed", |lab| {
                !lab.sql("r", "SHOW REPLICA STATUS").contains("Waiting for master to send event")
            });
        }
    });
    assert!(
        order.iter().position(|id| id == "fence") < order.iter().position(|id| id == "accept-loss")
    );
    assert_eq!(
        lab.state("r").replace("SLAVESIDE_DISABLED", "ENABLED"),
        before,
        "no transaction is lost"
    );
    assert_eq!(lab.sql("r", "SHOW REPLICA STATUS"), "");
    lab.sql("r", "INSERT INTO shop.texts VALUES (4, 'the new primary takes writes', NULL)");
    // A restart does not make it a replica again.
    lab.stop("r", "-TERM");
    lab.start("r", &["--server-id=2", "--skip-networking"]);
    assert_eq!(lab.sql("r", "SHOW REPLICA STATUS"), "");
}

#[test]
fn no_value_of_an_inventory_becomes_a_command() {
    if !installed() {
        return;
    }
    let lab = Lab::new();
    let mut rendered = 0;
    for value in [
        "x'; touch CANARY; '",
        "x\"; touch CANARY; \"",
        "$(touch CANARY)",
        "x\ntouch CANARY\n",
        "-rf",
        "a b",
        "'",
        "🐘",
    ] {
        let path = serde_json::to_string(&format!("/nowhere/{value}")).unwrap();
        let inventory = format!(
            "hosts: [{{id: h}}]\nassets:\n  - {{id: db, kind: mariadb, host: h, paths: [{path}], endpoint: {path}, replication: {{peer: twin}}}}\n  - {{id: twin, kind: mariadb, host: h, endpoint: {path}}}\nrepos: [{{id: disk, path: {path}}}]\nbackups: [{{id: full, asset: db, tool: TOOL, type: TYPE, repo: disk, path: x, last_success: {{at: 2026-01-01T00:00:00Z}}}}]\n"
        );
        for (runbook, tool, copy, kind) in [
            ("mysql-backup-dump", "mariadb-dump", "full", Kind::Backup),
            ("mysql-backup-binlog", "mariadb-binlog", "continuous", Kind::Backup),
            ("mysql-backup-physical", "mariadb-backup", "full", Kind::Backup),
            ("mysql-restore-dump", "mariadb-dump", "full", Kind::Recovery),
            ("mysql-restore-physical", "mariadb-backup", "full", Kind::Recovery),
            ("mysql-promote-replica", "replication", "replica", Kind::Recovery),
        ] {
            let inventory = inventory.replace("TOOL", tool).replace("TYPE", copy);
            let incident = (kind == Kind::Recovery)
                .then_some("scenario: host_lost\ndamage_at: 2026-02-01T00:00:00Z\n");
            let text = format!("/nowhere/{value}");
            let recovery = [
                ("binlogs", text.as_str()),
                ("accounts", text.as_str()),
                ("stop", value),
                ("stop_position", value),
                ("owner", value),
            ];
            let parameters = if runbook.starts_with("mysql-restore") { &recovery[..] } else { &[] };
            let Ok(made) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                lab.draft(kind, &inventory, incident, parameters, Some(runbook))
            })) else {
                // A value that reads as an option is refused.
                assert_eq!(value, "-rf", "{runbook}");
                continue;
            };
            assert_eq!(made.runbook, runbook);
            rendered += 1;
            for step in steps(&made.plan).into_iter().filter(|step| step.runs()) {
                // Looking and undoing may be run for real: there is nothing to find.
                for part in [&step.check, &step.rollback].into_iter().flatten() {
                    lab.bash(part);
                }
            }
        }
    }
    assert!(rendered >= 7 * 6, "{rendered}");
    let left = lab.must(
        "look",
        "find . -mindepth 1 -name '*CANARY*'; find /nowhere -maxdepth 1 2> /dev/null || true",
    );
    assert_eq!(left, "");
}

/// Waits until something is so; fails after half a minute.
#[track_caller]
fn wait(lab: &Lab, what: &str, so: impl Fn(&Lab) -> bool) {
    let since = Instant::now();
    while !so(lab) {
        assert!(since.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
    }
}
