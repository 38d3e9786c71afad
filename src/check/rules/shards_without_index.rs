//! AI003: the shards of a model without what says which there are.

use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::Severity;
use crate::shell::path;

/// A model in pieces is whole only by its index.
pub const RULE: Rule = Rule {
    code: "AI003",
    name: "shards-without-index",
    severity: Severity::Medium,
    summary: "the shards of a model are copied, and neither their index nor the configuration beside them",
    why: "without the index nobody can tell whether a shard is missing, and without config and tokenizer the weights cannot be loaded",
    fix: "copy the whole directory of the model, then compare every name and size in *.index.json with the files",
    source: "Hugging Face, discussion 1 of Naive-N0.5-Flash: 49 shards without model.safetensors.index.json cannot be loaded",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
src=/srv/models/assistant-70b
dst="/backup/models/assistant-70b.$(date -u +%Y%m%dT%H%M%SZ)"
mkdir "$dst"
cp "$src"/model-*-of-*.safetensors "$dst/"
(cd "$dst" && sha256sum -- *.safetensors > SHA256SUMS)
"#,
        ),
        Example::Script(
            "aws s3 cp /srv/models/m7/ s3://vault/m7/ --recursive --exclude '*' --include '*.safetensors'\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
dst="/backup/models/assistant-70b.$(date -u +%Y%m%dT%H%M%SZ)"
cp -a /srv/models/assistant-70b "$dst.tmp"
python3 /usr/local/lib/models/compare_index.py "$dst.tmp/model.safetensors.index.json"
mv "$dst.tmp" "$dst"
"#,
        ),
        Example::Script(
            "cp /srv/m7/*.safetensors /srv/m7/*.json /srv/m7/tokenizer.model /backup/m7.new/\n",
        ),
        Example::Script(
            "rsync -a --include='*.safetensors' --include='*.json' --exclude='*' /srv/m7/ /backup/m7.new/\nsha256sum /srv/m7/*.safetensors\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let is_shard = |word: &str| {
        let name = path::file_name(word).trim_matches(['\'', '"']);
        name.contains('*')
            && (name.ends_with(".safetensors")
                || name.ends_with("model-*.bin")
                || name.ends_with("-of-*.bin"))
    };
    let copiers = ["cp", "rsync", "tar", "aws", "rclone", "scp", "gsutil", "restic"];
    let copied = |_: &Unit<'_>, run: Run<'_>| -> Vec<String> {
        run.command.arguments().iter().map(|a| a.shown().into_owned()).collect()
    };
    let index = context.named(&copiers).any(|(unit, run)| {
        copied(unit, run).iter().any(|word| word.contains(".json") || word.ends_with("/*"))
    });
    for (unit, run) in context.named(&copiers).filter(|_| !index) {
        let words = copied(unit, run);
        let excluded = |at: usize| at > 0 && words[at - 1].starts_with("--exclude");
        let shards = words
            .iter()
            .enumerate()
            .any(|(at, word)| is_shard(word) && !word.starts_with("--exclude") && !excluded(at));
        if shards {
            let message = "shards are copied without their index".to_owned();
            report.add(&RULE, unit, run.command.span, message);
        }
    }
}
