//! Stand-ins of remote tools: scripts as root and as an ordinary user, state over steps, no secrets in what is noted, and refusals beside those of the real tools.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

mod sandbox_support;

use std::collections::BTreeMap;
use std::process::{Command, Stdio};

use blackstart::sandbox::Session;
use blackstart::tools::usage::{Value, usage};
use sandbox_support::left_out::{has, left_out};
use sandbox_support::{Who, everybody, open_directory, session, step};

fn with_session(check: impl Fn(Who, &mut Session, &str)) {
    for who in everybody() {
        let directory = open_directory();
        if let Some(mut session) = session(who, directory.path()) {
            let work = open_directory();
            check(who, &mut session, work.path().to_str().unwrap());
        }
    }
}

/// A script in a directory `$W`, its exit code, what it prints, tools that are simulated.
const SCRIPTS: &[(&str, i32, &str, &[&str])] = &[
    (
        "kubectl -n shop scale deploy/web --replicas=0; kubectl -n shop get deploy/web -o jsonpath='{.spec.replicas}'",
        0,
        "deployment.apps/web scaled\n0",
        &["kubectl"],
    ),
    (
        "until [ \"$(kubectl get pod x -o jsonpath='{.status.phase}')\" = Running ]; do :; done; echo up",
        0,
        "up\n",
        &["kubectl"],
    ),
    (
        "printf 'kind: ConfigMap\\napiVersion: v1\\nmetadata: {name: a}\\n' > $W/a.yaml; kubectl apply -f $W/a.yaml",
        0,
        "configmap/a configured\n",
        &["kubectl"],
    ),
    ("kubectl apply -f $W/missing.yaml", 1, "", &["kubectl"]),
    (
        "docker stop db >/dev/null; docker exec db true || docker start db && docker exec db true",
        0,
        "db\n",
        &["docker"],
    ),
    (
        "echo alpha > $W/a; aws s3 cp $W/a s3://b/ --quiet && rm $W/a && aws s3 cp s3://b/a $W/back --quiet && cat $W/back",
        0,
        "alpha\n",
        &["aws"],
    ),
    ("echo beta | gsutil cp - gs://b/x; gsutil cat gs://b/x", 0, "beta\n", &["gsutil"]),
    (
        "pg_dump -h db1 -Fc -f $W/x.dump shop && test -s $W/x.dump && pg_restore --list $W/x.dump | grep -c stand-in",
        0,
        "1\n",
        &["pg_dump", "pg_restore"],
    ),
    (
        "mysqldump -h db1 --single-transaction shop | gzip > $W/x.gz && gzip -dc $W/x.gz | head -c 24",
        0,
        "-- blackstart stand-in: ",
        &["mysqldump"],
    ),
    ("psql -h db1 -Atc 'select 1'; psql -h db1 -Atc 'select now()'", 0, "1\n", &["psql"]),
    ("until pg_isready -qh db1; do :; done; echo ready", 0, "ready\n", &["pg_isready"]),
    (
        "curl -fsS -o $W/body -w '%{http_code}' https://app.example/health && grep -c stand-in $W/body",
        0,
        "2001\n",
        &["curl"],
    ),
    ("wget -q https://app.example/a.tgz -O $W/a.tgz && test -s $W/a.tgz", 0, "", &["wget"]),
    ("dig +short app.example", 0, "", &["dig"]),
    (
        "helm -n shop upgrade --install web repo/web --wait >/dev/null && helm -n shop list -q",
        0,
        "web\n",
        &["helm"],
    ),
    (
        "velero restore create r --from-backup b --wait | tail -1",
        0,
        "Restore completed with status: Completed.\n",
        &["velero"],
    ),
    ("gcloud sql instances describe db1 --format='value(state)'", 0, "RUNNABLE\n", &["gcloud"]),
    ("az vm show -d -g g -n web1 --query powerState -o tsv", 0, "VM running\n", &["az"]),
    ("redis-cli -h r1 ping", 0, "PONG\n", &["redis-cli"]),
    (
        "etcdctl --endpoints=https://e1:2379 snapshot save $W/e.db >/dev/null && etcdctl snapshot status $W/e.db",
        0,
        "",
        &["etcdctl"],
    ),
    ("mongodump --host m1 --out $W/dump && test -s $W/dump/oplog.bson", 0, "", &["mongodump"]),
    (
        "mkdir $W/d && echo x > $W/d/f && rclone copy $W/d far:base && rclone lsf far:base",
        0,
        "f\n",
        &["rclone"],
    ),
    (
        "aws rds wait db-instance-available --db-instance-identifier x && aws sagemaker list-models",
        252,
        "",
        &["aws"],
    ),
    ("kubectl get pods --no-such", 1, "", &["kubectl"]),
    ("docker run --no-such alpine", 125, "", &["docker"]),
    ("curl --no-such https://h", 2, "", &["curl"]),
    ("mysql --no-such -h db1", 2, "", &["mysql"]),
];

#[test]
fn scripts_get_through_and_wrong_calls_fail_as_in_life() {
    with_session(|who, session, work| {
        for (script, code, out, tools) in SCRIPTS {
            let text = format!("W={work}; {script}");
            let mut request = step(&text);
            request.layering = blackstart::sandbox::Layering::Discard;
            let seen = session.run(&request).expect("runs");
            let told = format!("{who:?}: {script}\n{}{}", seen.stdout.text, seen.stderr.text);
            assert_eq!((seen.exit_code, seen.stdout.text.as_str()), (Some(*code), *out), "{told}");
            let mut simulated = seen.simulated.clone();
            simulated.sort();
            assert_eq!(simulated, *tools, "{told}");
            assert!(!seen.simulated_calls.is_empty(), "{told}");
        }
    });
}

#[test]
fn what_a_step_made_is_there_for_the_next_one_and_no_secret_is_noted() {
    with_session(|who, session, work| {
        let mut run = |text: &str| session.run(&step(text)).expect("runs");
        run(&format!(
            "echo alpha > {work}/a; aws s3 cp {work}/a s3://b/deep/a; kubectl delete deploy web; docker stop db"
        ));
        let next = run(&format!(
            "aws s3 cp s3://b/deep/a {work}/b; cat {work}/b; kubectl get deploy web || true; docker inspect -f '{{{{.State.Running}}}}' db"
        ));
        assert!(
            next.stdout.text.contains("alpha\n") && next.stdout.text.ends_with("false\n"),
            "{who:?}: {}",
            next.stdout.text
        );
        assert!(next.stderr.text.contains("NotFound"), "{who:?}: {}", next.stderr.text);
        let secret = "hunter2hunter2";
        let calls = run(&format!(
            "mysql -h db1 -p{secret} -e \"create user x identified by '{secret}'\"; curl -u me:{secret} https://me:{secret}@h/?token={secret}; \
             psql 'host=db1 password={secret}' -c \"alter role x password '{secret}'\"; redis-cli -h r -a {secret} ping; \
             kubectl create secret generic s --from-literal=p={secret}; mongosh mongodb://u:{secret}@m/ --eval 1; \
             aws secretsmanager put-secret-value --secret-id x --secret-string {secret}; az login -u x -p {secret}"
        ));
        assert_eq!(calls.simulated_calls.len(), 8, "{who:?}: {:?}", calls.simulated_calls);
        for call in &calls.simulated_calls {
            assert!(!format!("{call:?}").contains(secret), "{who:?}: {call:?}");
        }
    });
}

#[test]
fn a_server_that_the_step_starts_itself_is_asked_by_the_real_tool() {
    if !has(&["python3", "curl"]) {
        return;
    }
    with_session(|who, session, work| {
        let seen = session.run(&step(&format!(
            "cd {work} && echo inside > a && (/usr/bin/python3 -m http.server --bind 127.0.0.1 8099 >/dev/null 2>&1 & echo $! > pid) && \
             until curl -fs http://127.0.0.1:8099/a; do :; done; kill $(cat pid)"
        ))).expect("runs");
        assert_eq!(
            (seen.exit_code, seen.stdout.text.as_str()),
            (Some(0), "inside\n"),
            "{who:?}: {}",
            seen.stderr.text
        );
        assert_eq!(seen.simulated, Vec::<String>::new(), "{who:?}");
        let seen = session.run(&step("curl --version | head -1")).expect("runs");
        assert!(
            seen.stdout.text.starts_with("curl 7") || seen.stdout.text.starts_with("curl 8"),
            "{who:?}: {}",
            seen.stdout.text
        );
        assert_eq!(seen.simulated, Vec::<String>::new(), "{who:?}");
    });
}

/// What a wrong call gives: exit code and the first line of standard error.
fn real(tool: &str, words: &[String]) -> Option<(i32, String)> {
    let output = Command::new(tool)
        .args(words)
        .env_clear()
        .env("PATH", blackstart::tools::PATH)
        .env("HOME", "/nonexistent")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("").to_owned();
    // Debian's PostgreSQL is called by a wrapper, by its whole path.
    let line = line
        .strip_prefix("/usr/lib/postgresql/")
        .map_or(line.clone(), |rest| rest.splitn(3, '/').nth(2).unwrap_or(rest).to_owned());
    Some((output.status.code()?, line))
}

/// Calls that a tool refuses before it does anything: an unknown flag, a flag without its value.
fn wrong_calls(tool: &str) -> Vec<Vec<String>> {
    let usage = usage(tool).unwrap();
    let helps = matches!(tool, "kubectl" | "docker" | "rclone");
    let mut calls = Vec::new();
    for (path, _) in usage.commands {
        let words: Vec<String> = path
            .split(' ')
            .filter(|word| !word.is_empty())
            .map(|word| word.split('|').next().unwrap().to_owned())
            .collect();
        let with = |last: &str| {
            let help = helps.then(|| "--help".to_owned());
            words.iter().cloned().chain(help).chain([last.to_owned()]).collect::<Vec<_>>()
        };
        calls.push(with("--no-such-flag-anywhere"));
        let takes: Vec<&str> = usage
            .spec(path)
            .flags
            .iter()
            .filter(|flag| flag.value == Value::Needed)
            .flat_map(|flag| flag.names.clone())
            .filter(|name| name.len() > 2)
            .collect();
        let step = if helps { takes.len().max(1) } else { 1 };
        calls.extend(takes.iter().step_by(step).map(|flag| with(flag)));
    }
    calls
}

#[test]
fn wrong_calls_are_refused_as_the_real_tools_refuse_them() {
    let tools = [
        "kubectl",
        "docker",
        "rclone",
        "curl",
        "wget",
        "psql",
        "pg_dump",
        "pg_dumpall",
        "pg_restore",
        "pg_basebackup",
        "pg_isready",
        "createdb",
        "dropdb",
        "vacuumdb",
        "mysql",
        "mysqldump",
        "mysqladmin",
    ];
    let mut counts: BTreeMap<&str, (usize, usize, usize)> = BTreeMap::new();
    let mut unlike = Vec::new();
    for tool in tools {
        for words in wrong_calls(tool) {
            let Some((code, line)) = real(tool, &words) else {
                left_out(format_args!("not installed: {tool}"));
                break;
            };
            let ours = usage(tool).unwrap().parse(tool, &words);
            // Flags of later versions are described too; the installed one refuses those in other words.
            let later = line.contains("unrecognized option")
                || line.contains("unknown option")
                || line.contains("is unknown")
                || line.contains("unknown variable");
            if later && !words.last().is_some_and(|word| word.contains("no-such")) {
                continue;
            }
            let count = counts.entry(tool).or_default();
            count.0 += 1;
            let (our_code, our_line) = match &ours {
                Ok(_) => (0, String::new()),
                Err(refusal) => (
                    i32::from(refusal.code),
                    refusal
                        .message
                        .lines()
                        .find(|line| !line.trim().is_empty())
                        .unwrap_or("")
                        .to_owned(),
                ),
            };
            count.1 += usize::from(code == our_code);
            count.2 += usize::from(line.trim() == our_line.trim());
            if code != our_code || line.trim() != our_line.trim() {
                unlike.push(format!(
                    "{tool} {}: {code} {line:?}, ours {our_code} {our_line:?}",
                    words.join(" ")
                ));
            }
        }
    }
    let mut all = (0, 0, 0);
    for (tool, (calls, codes, lines)) in &counts {
        eprintln!(
            "{tool:<14} {calls:>5} wrong calls, {codes:>5} same exit code, {lines:>5} same first line"
        );
        all = (all.0 + calls, all.1 + codes, all.2 + lines);
    }
    eprintln!(
        "all            {:>5} wrong calls, {:>5} same exit code, {:>5} same first line",
        all.0, all.1, all.2
    );
    for one in unlike.iter().take(40) {
        eprintln!("  {one}");
    }
    assert!(all.1 * 100 >= all.0 * 98, "{} of {} exit codes are the same", all.1, all.0);
    assert!(all.2 * 100 >= all.0 * 90, "{} of {} first lines are the same", all.2, all.0);
}
