//! `blackstart models`: the language models that are configured, and whether they answer.

use std::time::Duration;

use crate::base::{Period, escape, readable};
use crate::cli::choice::{ModelArgs, refusal};
use crate::cli::output::Output;
use crate::cli::{CommandError, Exit, Global};
use crate::runtime::{
    Cancel, Failure, KeyError, KeySource, ListedModel, ModelConfig, ModelsError, Probed, Runtime,
    cost,
};

/// List the language models that are configured, and try them
///
/// A model is described in models.yaml of the configuration directory (`blackstart schema models` says how), or named with
/// --model and --base-url. Keys are taken only from where the description says, and never shown. --probe sends one tiny
/// request of fixed text for each form of reply, and remembers the best that works.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  blackstart models
  blackstart models --probe                                   # exit code 11 where one does not answer
  blackstart models --probe --model qwen3:32b --base-url http://localhost:11434/v1")]
pub struct Args {
    #[command(flatten)]
    choice: ModelArgs,
    /// Try them: all, or the one of this name
    #[arg(long, value_name = "ID", num_args = 0..=1, default_missing_value = "")]
    probe: Option<String>,
    /// The longest time a request of the probe may take
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = Period::parse)]
    deadline: Period,
}

/// Runs the command.
pub fn run(args: Args, global: &Global, output: &mut Output) -> Result<Exit, CommandError> {
    let runtime = Runtime::open(global.data_dir.clone())?;
    let mut choice = args.choice.choice();
    if let Some(id) = args.probe.as_ref().filter(|id| !id.is_empty()) {
        choice.model.get_or_insert_with(|| id.clone());
    }
    let mut models = runtime.models(&choice).map_err(|error| refusal(error, output))?;
    if let (Some(_), Some(Err(ModelsError::Model(_)))) =
        (&choice.base_url, models.first().map(|model| &model.endpoint))
        && let Err(error) = models.remove(0).endpoint
    {
        return Err(refusal(error, output));
    }
    if models.is_empty() {
        let none = runtime.model(&choice).err();
        return Err(none.map_or_else(
            || CommandError::new(Exit::Input, "no model is configured"),
            |error| refusal(error, output),
        ));
    }
    let mut exit = Exit::Ok;
    let mut listed = vec![];
    for model in &models {
        output.say(&described(model))?;
        let mut probes = None;
        if args.probe.is_some() {
            let found = probe(&runtime, model, args.deadline.duration(), output)?;
            if !found.iter().any(|rung| rung.failure.is_none()) {
                exit = Exit::Unavailable;
            }
            probes = Some(found);
        }
        listed.push(json(model, probes.as_deref()));
    }
    if output.is_json() {
        output
            .object(&serde_json::json!({"schema": "blackstart/model-list/v1", "models": listed}))?;
    }
    Ok(exit)
}

fn probe(
    runtime: &Runtime,
    model: &ListedModel,
    time: Duration,
    output: &mut Output,
) -> Result<Vec<Probed>, CommandError> {
    let mut written = Ok(());
    output.progress("asking…");
    let found = runtime.probe_model(model, time, &Cancel::default(), &mut |rung| {
        output.progress_done();
        let line = format!("  {:10} {}\n", rung.rung.word(), result(rung, &model.config));
        if written.is_ok() {
            written = output.say(&line);
        }
        output.progress("asking…");
    });
    output.progress_done();
    written?;
    let found = found?;
    if let Some(advice) = advice(model, &found) {
        output.say(&format!("  {:10} {advice}\n", "next"))?;
    }
    Ok(found)
}

fn described(model: &ListedModel) -> String {
    let config = &model.config;
    let mut text = format!(
        "{}: {} at {}\n",
        config.id,
        escape::one_line(&config.model),
        match &model.endpoint {
            Ok(endpoint) => escape::one_line(endpoint.address().as_str()),
            Err(_) => "an endpoint that cannot be asked".into(),
        }
    );
    let mut line = |name: &str, value: &str| text.push_str(&format!("  {name:10} {value}\n"));
    line("key", &key(model));
    if let Ok(endpoint) = &model.endpoint {
        line("encrypted", if endpoint.address().is_https() { "yes" } else { "no (http)" });
    }
    line(
        "form",
        &match &model.learned {
            Some((manners, at)) => format!("{}, learned {}", manners.rung.word(), readable(*at)),
            None => "not learned yet".into(),
        },
    );
    if let Some(tokens) = config.context_tokens {
        line("context", &format!("{tokens} tokens"));
    }
    if let Err(error) = &model.endpoint
        && !matches!(error, ModelsError::Key(_))
    {
        line("problem", &escape::one_line(&error.to_string()));
    }
    for remark in config.remarks() {
        line("note", &remark);
    }
    text
}

/// Says where the key comes from and whether it is there; never what it is.
fn key(model: &ListedModel) -> String {
    let from = match &model.config.key {
        None | Some(KeySource { env: None, file: None }) => return "none is sent".into(),
        Some(KeySource { env: Some(name), .. }) => {
            format!("from the environment variable {}", escape::one_line(name))
        }
        Some(KeySource { file: Some(file), .. }) => {
            format!("from the file {}", escape::one_line(file))
        }
    };
    match &model.endpoint {
        Err(ModelsError::Key(KeyError::NotSet { .. })) => format!("{from}: NOT SET"),
        Err(ModelsError::Key(KeyError::File { source, .. })) => {
            format!("{from}: CANNOT BE READ ({source})")
        }
        Ok(_) | Err(_) => format!("{from}: present"),
    }
}

fn result(rung: &Probed, config: &ModelConfig) -> String {
    let status = rung.status.map(|status| format!(", status {status}")).unwrap_or_default();
    let failure = match &rung.failure {
        None => {
            let streams = if rung.is_stream { "streams" } else { "does not stream" };
            let first = rung
                .first_byte
                .map(|time| format!("first byte {}, ", milliseconds(time)))
                .unwrap_or_default();
            let usage = rung.usage.map(|usage| {
                let price = config
                    .price
                    .as_ref()
                    .map(|price| format!(", {}", cost(usage, price)))
                    .unwrap_or_default();
                format!(", {} + {} tokens{price}", usage.prompt, usage.reply)
            });
            let total = milliseconds(rung.total);
            return format!(
                "works: {streams}{status}, {first}total {total}{}",
                usage.unwrap_or_else(|| ", tokens not counted".into())
            );
        }
        Some(failure) => words(failure),
    };
    format!(
        "does not work: {}{status}, after {}",
        escape::one_line(&failure),
        milliseconds(rung.total)
    )
}

fn words(failure: &Failure) -> String {
    match failure {
        Failure::Lower(rung) => format!("refused; it answers as {}", rung.word()),
        Failure::Unfit(why) => why.clone(),
        Failure::Error(error) => error.to_string(),
    }
}

fn milliseconds(time: Duration) -> String {
    format!("{} ms", time.as_millis())
}

/// What to do where nothing works.
fn advice(model: &ListedModel, found: &[Probed]) -> Option<String> {
    if found.iter().any(|rung| rung.failure.is_none()) {
        return None;
    }
    if let Err(error) = &model.endpoint {
        return match error {
            ModelsError::Key(KeyError::NotSet { name }) => {
                Some(format!("set {}, without writing it into a file", escape::one_line(name)))
            }
            error => Some(escape::one_line(&error.to_string())),
        };
    }
    match found.last().and_then(|rung| rung.failure.as_ref()) {
        Some(Failure::Error(error)) => error.advice().map(str::to_owned),
        Some(Failure::Lower(_) | Failure::Unfit(_)) | None => {
            Some("choose another model: this one answers, but in no form that can be used".into())
        }
    }
}

fn json(model: &ListedModel, probes: Option<&[Probed]>) -> serde_json::Value {
    let config = &model.config;
    let is_usable = model.endpoint.is_ok();
    let source = config.key.as_ref().map(|key| match (&key.env, &key.file) {
        (Some(env), _) => serde_json::json!({"env": env}),
        (None, file) => serde_json::json!({"file": file}),
    });
    let missing = matches!(&model.endpoint, Err(ModelsError::Key(_)));
    let mut shown = serde_json::json!({
        "id": config.id, "model": config.model,
        "base_url": model.endpoint.as_ref().ok().map(|endpoint| endpoint.address().as_str()),
        "encrypted": model.endpoint.as_ref().ok().map(|endpoint| endpoint.address().is_https()),
        "key": source.map(|source| serde_json::json!({"from": source, "present": !missing})),
        "usable": is_usable, "problem": model.endpoint.as_ref().err().map(ToString::to_string),
        "learned": model.learned.map(|(manners, at)| serde_json::json!({"rung": manners.rung.word(), "at": at.to_string()})),
        "context_tokens": config.context_tokens, "notes": config.remarks(),
    });
    if let Some(probes) = probes {
        shown["advice"] = advice(model, probes).into();
        shown["probe"] = probes
            .iter()
            .map(|rung| {
                let usage = rung.usage.map(|usage| {
                    let cost = config.price.as_ref().map(|price| cost(usage, price));
                    serde_json::json!({"prompt_tokens": usage.prompt, "reply_tokens": usage.reply, "cached_tokens": usage.cached,
                        "cost": cost.map(|cost| serde_json::json!({"amount": cost.amount, "currency": cost.currency}))})
                });
                serde_json::json!({
                    "rung": rung.rung.word(), "works": rung.failure.is_none(), "failure": rung.failure.as_ref().map(words),
                    "status": rung.status, "streams": rung.is_stream, "requests": rung.requests,
                    "first_byte_ms": rung.first_byte.map(|time| time.as_millis() as u64), "total_ms": rung.total.as_millis() as u64,
                    "usage": usage,
                })
            })
            .collect::<Vec<_>>()
            .into();
    }
    shown
}
