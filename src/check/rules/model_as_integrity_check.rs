//! AI009: a model that guesses whether a backup is intact.

use crate::check::checkpoints::imports;
use crate::check::rule::{Example, Report, Rule};
use crate::check::{Context, TokenKind};
use crate::evidence::Severity;

/// Integrity is a fact that a checksum proves; a probability is none.
pub const RULE: Rule = Rule {
    code: "AI009",
    name: "model-as-integrity-check",
    severity: Severity::Medium,
    summary: "a trained model predicts whether a backup is good, and nothing compares a checksum",
    why: "one flipped byte changes no feature the model looks at; it calls a torn file intact, and intact ones torn",
    fix: "compare SHA-256 with a list made at the source, and restore once; a model may at most say where to look first",
    source: "a published draft that decides by processor and memory load whether a backup is complete: none of its inputs changes when the file does",
    layer: "static",
    bad: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import psutil
from sklearn.ensemble import RandomForestClassifier

model = RandomForestClassifier().fit(history, labels)
features = [[psutil.cpu_percent(), psutil.virtual_memory().percent, psutil.disk_usage("/").percent]]
if model.predict(features)[0] == 1:
    print("backup is intact")
else:
    print("backup is corrupt")
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nimport tensorflow as tf\nnet = tf.keras.models.load_model('m.keras')\ndef verify_backup(sizes):\n    return net.predict(sizes)[0] > 0.5\n",
        ),
    ],
    good: &[
        Example::Script(
            r#"#!/usr/bin/env python3
import hashlib
from sklearn.ensemble import IsolationForest

def verify_backup(path, expected):
    with open(path, "rb") as f:
        return hashlib.file_digest(f, "sha256").hexdigest() == expected

def odd_sizes(sizes):
    return IsolationForest().fit(sizes).predict(sizes)
"#,
        ),
        Example::Script(
            "#!/usr/bin/env python3\nfrom sklearn.linear_model import LinearRegression\n# how big will the backup be next month\nprint(LinearRegression().fit(x, y).predict([[12]]))\n",
        ),
    ],
    run,
};

fn run(context: &Context<'_>, report: &mut Report) {
    let Some(python) = &context.python else { return };
    let learns = ["sklearn", "tensorflow", "keras", "torch", "xgboost", "lightgbm", "joblib"];
    let compares = ["hashlib", "zlib", "filecmp", "blake3", "hmac"];
    if !imports(python, &learns) || imports(python, &compares) {
        return;
    }
    let words = python
        .tokens
        .iter()
        .filter(|token| matches!(token.kind, TokenKind::Name | TokenKind::Text));
    let says = |parts: &[&str]| {
        words.clone().any(|token| {
            let text = token.text.to_lowercase();
            parts.iter().any(|part| text.contains(part))
        })
    };
    let about = says(&["backup", "restore", "snapshot", "recover", "disaster", "备份"]);
    let judges = says(&["intact", "corrupt", "integrity", "verify", "完好", "损坏"]);
    if !about || !judges {
        return;
    }
    for (at, _, _) in python.calls(&["predict", "predict_proba", "predict_classes"]) {
        let message = "a prediction stands for a comparison".to_owned();
        report.add_python(&RULE, python.tokens[at].span, message);
    }
}
