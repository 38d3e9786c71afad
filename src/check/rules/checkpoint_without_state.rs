//! AI002: a checkpoint from which training cannot go on.

use crate::check::Context;
use crate::check::rule::{Example, Report, Rule};
use crate::evidence::Severity;
use crate::shell::Argument;

/// Weights alone are a model; a run has an optimizer, a schedule, a step and random numbers besides.
pub const RULE: Rule = Rule {
    code: "AI002",
    name: "checkpoint-without-state",
    severity: Severity::Medium,
    summary: "a training run saves only its weights, or a copy leaves the optimizer, schedule or random state out",
    why: "after a restore the run starts with a cold optimizer at step 0 of its schedule, sees data twice, and ends elsewhere than it would have",
    fix: "save model, optimizer, scheduler, step or epoch, scaler and random states together; copy the whole checkpoint directory",
    source: "PyTorch tutorial, Saving and loading a general checkpoint: a checkpoint for resuming holds more than the model's state_dict, the optimizer's as well",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import os
import torch

def train(model, optimizer, loader, start, epochs):
    for epoch in range(start, epochs):
        for batch in loader:
            optimizer.zero_grad()
            model(batch).mean().backward()
            optimizer.step()
        torch.save(model.state_dict(), f"/srv/train/epoch_{epoch}.pt.tmp")
        os.replace(f"/srv/train/epoch_{epoch}.pt.tmp", f"/srv/train/epoch_{epoch}.pt")
"#,
        ),
        Example::Script(
            "set -euo pipefail\nnew=\"/backup/run7/$(date +%s)\"\nrsync -a --exclude=optimizer.pt --exclude='rng_state*.pth' /srv/train/run7/checkpoint-41000/ \"$new/\"\nrsync -a --exclude=optimizer.pt --dry-run --itemize-changes --checksum /srv/train/run7/checkpoint-41000/ \"$new/\"\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import torch

def train(model, optimizer, scheduler, loader, epochs):
    for epoch in range(epochs):
        for batch in loader:
            model(batch).mean().backward()
            optimizer.step()
        scheduler.step()
        state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "scheduler": scheduler.state_dict(), "epoch": epoch}
        torch.save(state, f"/srv/train/epoch_{epoch}.pt")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport torch\nmodel = load()\ntorch.save(model.state_dict(), 'weights-only-for-serving.pt')\n",
        ),
        Example::Script(
            "rsync -a --exclude='*.tmp' --exclude=tensorboard/ /srv/train/run7/ \"/backup/run7/$(date +%s)/\"\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    for (unit, run) in context.named(&["rsync", "tar", "restic", "borg", "rclone", "aws"]) {
        let command = run.command;
        let words: Vec<_> = command.arguments().iter().map(Argument::shown).collect();
        let state = |word: &str| {
            let name = word.rsplit('/').next().unwrap_or_default().trim_matches('*');
            [
                "optimizer.",
                "optimizer_",
                "scheduler.",
                "rng_state",
                "trainer_state",
                "scaler.pt",
                "global_step",
            ]
            .iter()
            .any(|part| name.starts_with(part) || name == part.trim_end_matches(['.', '_']))
        };
        let left_out =
            words.iter().enumerate().find(|(at, word)| match word.strip_prefix("--exclude") {
                Some(rest) if rest.starts_with('=') => state(&rest[1..]),
                Some("") => words.get(at + 1).is_some_and(|next| state(next)),
                Some(_) | None => false,
            });
        if left_out.is_some() {
            let message = "the copy leaves out what a resume needs".to_owned();
            report.add(&RULE, unit, command.span, message);
        }
    }
    let Some(python) = &context.python else { return };
    let tokens = &python.tokens;
    let trains =
        python.calls(&["backward"]).next().is_some() && python.calls(&["step"]).next().is_some();
    let keeps = tokens.windows(3).any(|three| {
        let owner = three[0].text.to_ascii_lowercase();
        let of_optimizer = ["opt", "optim", "adam", "sgd"].iter().any(|part| owner.contains(part));
        of_optimizer && three[1].text == "." && three[2].text == "state_dict"
    });
    if !trains || keeps {
        return;
    }
    for (at, open, close) in python.calls(&["save"]) {
        let weights = tokens[open..close]
            .windows(2)
            .any(|pair| pair[0].text == "state_dict" && pair[1].text == "(");
        if weights && tokens[at].indent > 0 {
            let message = "only the weights are saved; the optimizer's state is nowhere".to_owned();
            report.add_python(&RULE, tokens[at].span, message);
        }
    }
}
