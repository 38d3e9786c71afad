//! CL008: a copy is put where everybody can read it.

use crate::check::Context;
use crate::check::names::{is_archive, looks_backup};
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::{Argument, Command};

/// A dump holds every customer, and the internet is searched for dumps.
pub const RULE: Rule = Rule {
    code: "CL008",
    name: "public-copy",
    severity: Severity::High,
    summary: "a backup or a bucket is made public, linked without login, or sent to a public drop",
    why: "whoever finds the address has all of the data; nobody can take it back",
    fix: "keep the public access block on; give a person a short-lived role, or encrypt the file before it leaves",
    source: "Amazon S3, \"Blocking public access to your Amazon S3 storage\"; aws s3 presign: anyone with the URL can read",
    layer: "static",
    bad: &[
        Example::Script("aws s3 cp /backup/shop.sql.gz s3://shop-share/ --acl public-read\n"),
        Example::Script(
            "#!/usr/bin/env bash\nset -euo pipefail\npg_dump -Fc -f /backup/shop.dump.new shop\npg_restore -l /backup/shop.dump.new > /dev/null\ngsutil cp /backup/shop.dump.new gs://shop-dr/shop.dump\ngsutil acl ch -u AllUsers:R gs://shop-dr/shop.dump\n",
        ),
        Example::Script(
            "aws s3api put-public-access-block --bucket dr --public-access-block-configuration BlockPublicAcls=false,IgnorePublicAcls=false,BlockPublicPolicy=false,RestrictPublicBuckets=false\n",
        ),
        Example::Script("mc anonymous set download store/backups\n"),
        Example::Script("curl --upload-file /backup/shop.sql.gz https://transfer.sh/shop.sql.gz\n"),
        Example::Script("aws s3 presign s3://backups/shop.sql.gz --expires-in 604800\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/bin/bash
set -euo pipefail
# the copy goes into a closed bucket; only the page of the shop is public
pg_dump -Fc -f /backup/shop.dump.new shop
pg_restore -l /backup/shop.dump.new > /dev/null
gsutil cp /backup/shop.dump.new gs://shop-dr/shop.dump
gsutil pap get gs://shop-dr
aws s3 sync --acl public-read ./public s3://www.example.org
"#,
        ),
        Example::Script("aws s3 cp /backup/shop.sql.gz s3://shop-dr/ --sse aws:kms\n"),
        Example::Script(
            "aws s3api put-public-access-block --bucket dr --public-access-block-configuration BlockPublicAcls=true,IgnorePublicAcls=true,BlockPublicPolicy=true,RestrictPublicBuckets=true\n",
        ),
        Example::Script(
            "set -euo pipefail\naws s3 sync --acl public-read ./public s3://www.example.org\ngsutil -m rsync -r ./dist gs://www-example\n",
        ),
        Example::Script(
            "curl -fsS --upload-file /backup/shop.sql.gz https://store.corp.internal/shop.sql.gz\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.runs() {
        let command = run.command;
        let signs = |a: &Argument| matches!(&*a.shown(), "presign" | "signurl");
        if !command.is(OPENERS) && !command.arguments().iter().any(signs) {
            continue;
        }
        let words: Vec<String> =
            command.arguments().iter().map(|a| a.shown().into_owned()).collect();
        let of_copies = words.iter().any(|w| about_copies(w));
        if let Some(how) = opens(command, &words).filter(|_| of_copies) {
            report.add(
                &RULE,
                unit,
                command.span,
                format!("a copy becomes readable for everybody: {how}"),
            );
        } else if words.iter().any(|w| w == "presign" || w == "signurl") && of_copies {
            let message = "whoever has the link can read the copy until it ends".to_owned();
            report.add(&RULE, unit, command.span, message).severity = Severity::Medium;
        }
    }
}

/// Tells whether a word names an archive, a dump or a place of copies.
fn about_copies(word: &str) -> bool {
    let dr = word.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == "dr");
    dr || looks_backup(word) || is_archive(word)
}

/// Programs that can open a copy to everybody.
const OPENERS: &[&str] = &["aws", "gsutil", "gcloud", "mc", "mcli", "s3cmd", "az", "curl", "wget"];

/// Returns how a command lets everybody read.
fn opens(command: &Command, words: &[String]) -> Option<&'static str> {
    let has =
        |word: &str| words.iter().any(|w| w == word || w.strip_prefix("--acl=") == Some(word));
    let lower: Vec<String> = words.iter().map(|w| w.to_ascii_lowercase()).collect();
    match command.name()? {
        "aws" if has("public-read") || has("public-read-write") => Some("a public ACL"),
        "aws" if has("put-public-access-block") && lower.iter().any(|w| w.contains("=false")) => {
            Some("the block on public access is lifted")
        }
        "aws" if has("delete-public-access-block") => Some("the block on public access is lifted"),
        "gsutil" | "gcloud"
            if lower.iter().any(|w| {
                w.contains("allusers") || w.contains("publicread") || w == "public-read"
            }) =>
        {
            Some("allUsers may read")
        }
        "mc" | "mcli" if has("anonymous") && (has("download") || has("public")) => {
            Some("anonymous access")
        }
        "s3cmd" if has("--acl-public") || has("-P") => Some("a public ACL"),
        "az" if lower.iter().any(|w| w.starts_with("--public-access")) && !has("off") => {
            Some("anonymous access")
        }
        "curl" | "wget" if lower.iter().any(|w| DROPS.iter().any(|drop| w.contains(drop))) => {
            let sends = words.iter().any(|w| {
                w == "-T"
                    || w == "--upload-file"
                    || w == "-F"
                    || w.starts_with("--post-file")
                    || w == "--data-binary"
            });
            sends.then_some("a public drop of files")
        }
        _ => None,
    }
}

const DROPS: &[&str] =
    &["transfer.sh", "file.io", "0x0.st", "oshi.at", "bashupload.com", "tmpfiles.org", "paste.rs"];
