//! AI001: the checkpoint a resume reads, overwritten where it stands.

use crate::check::checkpoints::{is_checkpoint, is_one_name, texts};
use crate::check::names::{is_partial_name, looks_backup, looks_scratch};
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, Run, Unit};
use crate::evidence::{Place, Severity};
use crate::shell::Argument;
use crate::shell::ast::RedirectKind;

/// A crash in the middle of the write leaves neither the old state nor the new one.
pub const RULE: Rule = Rule {
    code: "AI001",
    name: "checkpoint-overwritten-in-place",
    severity: Severity::High,
    summary: "a model or checkpoint is written again and again under one name, straight into the file that is read",
    why: "a crash, a full disk or a reader in the middle of the write meets a torn file, and the state before it is gone",
    fix: "write NAME.new beside it, sync, compare, and `mv` (`os.replace`) it over the old one; keep at least one older checkpoint",
    source: "rename(2): the new name replaces the old one atomically; cp(1) truncates its target and fills it",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
run=/srv/train/run7
newest=$(find "$run" -name 'step_*.pt' -printf '%f\n' | sort -V | tail -n 1)
cp "$run/$newest" "$run/latest.pt"
find "$run" -name 'step_*.pt' ! -name "$newest" -delete
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
import torch

def train(model, optimizer, loader, epochs):
    for epoch in range(epochs):
        for batch in loader:
            loss = model(batch).mean()
            loss.backward()
            optimizer.step()
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, "checkpoints/last.ckpt")
"#,
        ),
        Example::Script("zstd -dc /backup/model.safetensors.zst > /srv/serve/model.safetensors\n"),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env bash
set -euo pipefail
run=/srv/train/run7
newest=$(find "$run" -name 'step_*.pt' -printf '%f\n' | sort -V | tail -n 1)
cp "$run/$newest" "$run/latest.pt.new"
cmp "$run/$newest" "$run/latest.pt.new"
sync -f "$run/latest.pt.new"
mv "$run/latest.pt.new" "$run/latest.pt"
"#,
        ),
        Example::Script(
            r#"#!/usr/bin/env python3
import os
import torch

def save(state, step):
    path = "checkpoints/last.ckpt"
    torch.save(state, path + ".tmp")
    os.replace(path + ".tmp", path)
    torch.save(state, f"checkpoints/step_{step}.ckpt")
"#,
        ),
        Example::Script(
            "cp step_41000.pt /backup/train/\ncp /srv/train/best.pt \"/backup/train/best-$(date +%s).pt\"\nrsync -a /srv/train/best.pt vault1:/backup/best.pt\n",
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport torch\nmodel = build()\ntrain(model)\ntorch.save(model.state_dict(), 'final.pt')\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in
        context.writing(&["cp", "install"]).filter(|(unit, _)| unit.part != Place::Rollback)
    {
        if let Some(target) = written(unit, run).into_iter().find(|target| in_place(target)) {
            let message = format!("{target} is overwritten where it stands");
            report.add(&RULE, unit, run.command.span, message);
        }
    }
    let Some(python) = &context.python else { return };
    if python.calls(&["replace", "rename", "move"]).next().is_some() {
        return;
    }
    for (at, open, close) in python.calls(&["save", "dump", "save_file"]) {
        // At the outer level it runs once, at the end.
        if python.tokens[at].indent == 0 {
            continue;
        }
        let target = texts(python, open, close).into_iter().find(|text| in_place(text));
        if let Some(target) = target {
            let message =
                format!("{} is overwritten where it stands", crate::base::escape::one_line(target));
            report.add_python(&RULE, python.tokens[at].span, message);
        }
    }
}

fn in_place(target: &str) -> bool {
    is_checkpoint(target)
        && is_one_name(target)
        && !is_partial_name(target)
        && !looks_backup(target)
        && !looks_scratch(target)
}

/// Returns the files a command fills under their own names.
fn written(unit: &Unit<'_>, run: Run<'_>) -> Vec<String> {
    let command = run.command;
    let into = command.redirects.iter().filter(|redirect| redirect.kind == RedirectKind::Truncate);
    let mut targets: Vec<&Argument> = into.map(|redirect| &redirect.target).collect();
    if command.is(&["cp", "install"]) {
        targets.extend(command.arguments().last());
    }
    let certain = targets.into_iter().filter(|target| !unit.is_fresh(command, target));
    certain.map(|target| command.path(target)).collect()
}
