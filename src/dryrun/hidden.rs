//! Takes secrets out of what a step was seen to do.

use crate::base::Secret;
use crate::evidence::{Effect, StepDryRun};

/// Returns the result with every occurrence of a secret replaced, in outputs, diffs, arguments and notes.
pub fn hide<'a>(mut result: StepDryRun, secrets: impl Iterator<Item = &'a Secret>) -> StepDryRun {
    for secret in secrets {
        let hide = |text: &mut String| *text = secret.hidden_in(text);
        hide(&mut result.stdout.text);
        hide(&mut result.stderr.text);
        result.notes.iter_mut().for_each(hide);
        for call in &mut result.simulated_calls {
            hide(&mut call.call);
            hide(&mut call.would);
        }
        if let Some(proof) = &mut result.rollback {
            proof.differences.iter_mut().for_each(hide);
        }
        for effect in &mut result.effects {
            match effect {
                Effect::File(file) => file.diff.iter_mut().chain(&mut file.what).for_each(hide),
                Effect::Exec { argv, file, .. } => argv.iter_mut().chain(file).for_each(hide),
                Effect::Lookup { name } => hide(name),
                Effect::Connect { destination, also, .. } => {
                    hide(destination);
                    also.iter_mut().for_each(hide);
                }
                Effect::Denied { what } => hide(what),
            }
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dryrun::blank;
    use crate::evidence::Outcome;

    #[test]
    fn a_secret_in_any_part_of_a_result_is_hidden() {
        let id = crate::base::Id::parse("a").unwrap();
        let mut result = blank(&id, Outcome::Passed, "hunter2 in a note".into());
        result.stdout.text = "said hunter2".into();
        result.simulated_calls = vec![crate::evidence::SimulatedCall {
            tool: "ssh".into(),
            call: "db1 PGPASSWORD=hunter2 psql".into(),
            would: "connect to db1:22 and run: PGPASSWORD=hunter2 psql".into(),
        }];
        result.effects = vec![
            Effect::Exec {
                argv: vec!["login".into(), "--password=hunter2".into()],
                file: Some("hunter2".into()),
                ended: None,
                cpu: None,
            },
            Effect::Lookup { name: "hunter2.example".into() },
            Effect::Connect {
                destination: "hunter2.example:1".into(),
                also: vec!["hunter2:1".into()],
                declared: crate::evidence::Declared::NothingDeclared,
            },
        ];
        let secret = Secret::new("hunter2");
        let hidden = format!("{:?}", hide(result, [&secret].into_iter()));
        assert!(!hidden.contains("hunter2") && hidden.contains("--password=[secret]"), "{hidden}");
    }
}
