//! AI004: a checkpoint that may run code when it is loaded.

use crate::check::checkpoints::texts;
use crate::check::names::looks_backup;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, TokenKind};
use crate::evidence::Severity;

/// A pickle is a program; what comes back from a copy may have been somebody else's.
pub const RULE: Rule = Rule {
    code: "AI004",
    name: "checkpoint-runs-code",
    severity: Severity::Medium,
    summary: "a checkpoint is unpickled with everything it may contain (`weights_only=False`, `pickle.load` of a model)",
    why: "loading runs whatever the file says, with the rights of the one who restores; a copy from before the cleaning of a break-in brings the intruder back",
    fix: "keep models as safetensors; `torch.load(…, weights_only=True)`; compare the file's SHA-256 with the one noted when it was made, before it is loaded",
    source: "PyTorch 2.6: weights_only became True, because loading with False \"can result in arbitrary code execution\"; CWE-502",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
# restore the last good model from the vault
import shutil
import torch

shutil.copyfile("/mnt/vault/backup/model.pt", "/srv/serve/model.pt.new")
state = torch.load("/srv/serve/model.pt.new", map_location="cpu", weights_only=False)
print(len(state["model"]))
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport pickle\nwith open('/restore/classifier_model.pkl', 'rb') as f:\n    model = pickle.load(f)\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import torch
from safetensors.torch import load_file

state = torch.load("/srv/serve/model.pt.new", map_location="cpu", weights_only=True)
weights = load_file("/srv/serve/model.safetensors")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport pickle\nimport json\nwith open('/var/cache/app/state.bin', 'rb') as f:\n    cache = pickle.load(f)\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let tokens = &python.tokens;
    let owner =
        |at: usize, name: &str| at > 1 && tokens[at - 1].text == "." && tokens[at - 2].text == name;
    let restored = |text: &&str| {
        looks_backup(text)
            || text.contains("restore")
            || text.contains("/mnt/")
            || text.contains("/media/")
    };
    let all =
        || tokens.iter().filter(|token| token.kind == TokenKind::Text).map(|token| token.text);
    for (at, open, close) in python.calls(&["load"]) {
        let free = tokens[open..close].windows(3).any(|three| {
            three[0].text == "weights_only" && three[1].text == "=" && three[2].text == "False"
        });
        let whole = owner(at, "torch") && free;
        let model = |text: &str| crate::check::checkpoints::is_checkpoint(text);
        let pickle =
            (owner(at, "pickle") || owner(at, "joblib") || owner(at, "dill")) && all().any(model);
        if whole || pickle {
            let near = texts(python, open, close);
            let from_copy = near.iter().any(restored) || all().any(|text| restored(&text));
            let message = "whatever the file says is run while it is loaded".to_owned();
            let finding = report.add_python(&RULE, tokens[at].span, message);
            if from_copy {
                finding.severity = Severity::High;
            }
        }
    }
}
