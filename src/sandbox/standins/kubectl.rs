//! kubectl: objects are what calls made of them; one that no call named is there and healthy.
#![allow(clippy::disallowed_methods)]

use serde_json::{Value, json};

use super::answer::Answer;
use super::book::State;
use super::kube::{Cluster, Kind, Known};
use super::kube_verbs::changed;
use super::pick;
use super::remote::bounded;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const KUBECTL: StandIn =
    StandIn { names: &["kubectl"], real: Real::Sometimes, answer: kubectl };

/// What is looked at without a cluster.
const LOCAL: &[&str] = &["config", "kustomize", "completion", "plugin", "options"];

/// An object that a call names.
#[derive(Debug, Clone)]
pub(super) struct Named {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) namespace: String,
    pub(super) manifest: Option<Value>,
}

impl Named {
    pub(super) fn full(&self) -> String {
        format!("{}/{}", self.kind.full, self.name)
    }

    pub(super) fn missing(&self) -> String {
        format!("Error from server (NotFound): {} \"{}\" not found", self.kind.plural, self.name)
    }
}

/// What a call is about.
pub(super) struct Call<'a> {
    pub(super) line: &'a Line,
    pub(super) namespace: String,
    pub(super) context: String,
    pub(super) cluster: Cluster,
    /// ` (dry run)` where nothing is to change.
    dry: &'static str,
}

fn kubectl(line: &Line, state: &mut State) -> Answer {
    let command = line.command.as_str();
    let first = command.split(' ').next().unwrap_or(command);
    if LOCAL.contains(&first) || command == "version" && line.has("--client") {
        if state.exists("/.blackstart/real/kubectl") {
            return Answer::hands_over();
        }
        return Answer::quiet().would(format!("kubectl {command}"));
    }
    let context = line.value("--context").or(line.value("--kubeconfig")).unwrap_or("").to_owned();
    let dry = match line.has("--dry-run").then(|| line.value("--dry-run").unwrap_or("client")) {
        None | Some("none") => "",
        Some("client") => " (dry run)",
        Some("server") => " (server dry run)",
        Some(other) => {
            return Answer::fails(
                1,
                format!(
                    "error: Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
                ),
            );
        }
    };
    let cluster = Cluster::open(state, &context);
    let namespace = line.value("--namespace").unwrap_or("default").to_owned();
    let mut call = Call { line, namespace, context, cluster, dry };
    let answer = call.answer(state).unwrap_or_else(|refused| Answer::fails(1, refused));
    if dry.is_empty() {
        call.cluster.keep(state, &call.context);
    }
    answer
}

impl Call<'_> {
    fn answer(&mut self, state: &mut State) -> Result<Answer, String> {
        let command = self.line.command.clone();
        let first = command.split(' ').next().unwrap_or(&command).to_owned();
        let at =
            if self.context.is_empty() { String::new() } else { format!(" in {}", self.context) };
        let mut answer = match command.as_str() {
            "get" => self.get(state)?,
            "delete" => self.delete(state)?,
            "apply" | "replace" => self.from_files(&command, state)?,
            "create" if self.line.has("--filename") => self.from_files("create", state)?,
            "create" => return Err("error: must specify one of -f and -k".to_owned()),
            "scale" => self.scale(state)?,
            "wait" => self.wait(state)?,
            "cp" => self.copy(state)?,
            "auth can-i" => Answer::prints("yes"),
            "diff" => {
                self.read_files(state)?;
                Answer::quiet()
            }
            "patch" if !self.line.has("--patch") && !self.line.has("--patch-file") => {
                return Err("error: must specify --patch or --patch-file containing the contents of the patch".to_owned());
            }
            _ if first == "create" => self.create(&command)?,
            _ => match changed(&command) {
                Some(word) => self.change(&command, word, state)?,
                None => self.only_asks(&command)?,
            },
        };
        if !self.dry.is_empty() {
            answer.would.push("nothing: it is kubectl's own dry run".to_owned());
        } else if answer.would.is_empty() {
            answer.would.push(format!("{command} {}{at}", bounded(&self.line.operands.join(" "))));
        }
        Ok(answer)
    }

    /// The objects that operands name: `deploy/x`, `deploy x y`, `pods,svc` (names are empty then).
    pub(super) fn named(&self, operands: &[String]) -> Result<Vec<Named>, String> {
        let object = |kind: &str, name: &str| Named {
            kind: Kind::of(kind),
            name: name.to_owned(),
            namespace: self.namespace.clone(),
            manifest: None,
        };
        let Some((first, names)) = operands.split_first() else {
            return Ok(Vec::new());
        };
        if first.contains('/') {
            return operands.iter().map(|word| match word.split_once('/') {
                Some((kind, name)) if !kind.is_empty() && !name.is_empty() => Ok(object(kind, name)),
                Some(_) | None => Err("error: there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'".to_owned()),
            }).collect();
        }
        let kinds = first.split(',').filter(|kind| !kind.is_empty());
        if names.is_empty() {
            return Ok(kinds.map(|kind| object(kind, "")).collect());
        }
        Ok(kinds
            .flat_map(|kind| names.iter().map(move |name| (kind, name)))
            .map(|(kind, name)| object(kind, name))
            .collect())
    }

    /// The objects of a call: from operands or from files, an error where neither names any.
    pub(super) fn objects(&self, state: &mut State) -> Result<Vec<Named>, String> {
        if self.line.has("--filename") || self.line.has("--kustomize") {
            return self.read_files(state);
        }
        let named = self.named(&self.line.operands)?;
        if named.is_empty() {
            return Err("error: You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'".to_owned());
        }
        Ok(named)
    }

    /// Fails where an object was deleted.
    pub(super) fn must_be_there(&self, named: &Named) -> Result<(), String> {
        match self.cluster.known(&named.namespace, &named.kind, &named.name) {
            Known::Gone if !named.name.is_empty() => Err(named.missing()),
            Known::Gone | Known::There | Known::Unnamed => Ok(()),
        }
    }

    fn get(&self, state: &mut State) -> Result<Answer, String> {
        if self.line.has("--raw") {
            return Ok(Answer::quiet());
        }
        if self.line.operands.is_empty()
            && !self.line.has("--filename")
            && !self.line.has("--kustomize")
        {
            return Err("You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples".to_owned());
        }
        let mut answer = Answer::quiet();
        let mut shown = Vec::new();
        let asked = self.objects(state)?;
        let single = asked.len() == 1 && !asked[0].name.is_empty();
        for named in asked {
            let names = match named.name.as_str() {
                "" => self.cluster.names(&named.namespace, &named.kind),
                name => vec![name.to_owned()],
            };
            if named.name.is_empty() {
                answer.would.push(format!(
                    "list {}: only those that calls named are known",
                    named.kind.plural
                ));
            }
            for name in names {
                let one = Named { name, ..named.clone() };
                match self.must_be_there(&one) {
                    Ok(()) => shown.push(one),
                    Err(_) if self.line.has("--ignore-not-found") => {}
                    Err(missing) => answer.and(Answer::fails(1, missing)),
                }
            }
        }
        answer.out = self.shown(&shown, single)?;
        Ok(answer)
    }

    fn shown(&self, objects: &[Named], single: bool) -> Result<String, String> {
        let values: Vec<Value> = objects
            .iter()
            .map(|one| self.cluster.show(&one.namespace, &one.kind, &one.name))
            .collect();
        let whole = match values.as_slice() {
            [one] if single => one.clone(),
            [] if single => return Ok(String::new()),
            all => json!({"apiVersion": "v1", "kind": "List", "items": all}),
        };
        let output = self.line.value("--output").unwrap_or("");
        let (form, text) =
            output.split_once('=').unwrap_or((output, self.line.value("--template").unwrap_or("")));
        let lines =
            |lines: Vec<String>| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
        Ok(match form {
            "name" => lines(objects.iter().map(Named::full).collect()),
            "json" => format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default()),
            "yaml" => serde_yaml::to_string(&whole).unwrap_or_default(),
            "jsonpath" => pick::template(&whole, text).unwrap_or_default(),
            "custom-columns" => {
                let columns: Vec<(&str, &str)> =
                    text.split(',').filter_map(|column| column.split_once(':')).collect();
                let row = |value: &Value| {
                    let cell = |path: &str| {
                        pick::pick(value, path)
                            .and_then(|found| found.first().map(|one| pick::plain(one)))
                            .unwrap_or_else(|| "<none>".to_owned())
                    };
                    columns.iter().map(|(_, path)| cell(path)).collect::<Vec<_>>().join("   ")
                };
                let head = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join("   ");
                let head = if self.line.has("--no-headers") { vec![] } else { vec![head] };
                lines(head.into_iter().chain(values.iter().map(row)).collect())
            }
            "" | "wide" => {
                let head = if self.line.has("--no-headers") || objects.is_empty() {
                    vec![]
                } else {
                    vec!["NAME".to_owned()]
                };
                lines(head.into_iter().chain(objects.iter().map(|one| one.name.clone())).collect())
            }
            "go-template"
            | "template"
            | "go-template-file"
            | "templatefile"
            | "jsonpath-file"
            | "jsonpath-as-json"
            | "custom-columns-file" => String::new(),
            other => {
                return Err(format!(
                    "error: unable to match a printer suitable for the output format \"{other}\", allowed formats are: custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,name,template,templatefile,wide,yaml"
                ));
            }
        })
    }

    fn delete(&mut self, state: &mut State) -> Result<Answer, String> {
        let mut answer = Answer::quiet();
        for named in self.objects(state)? {
            if named.name.is_empty() {
                let selected = ["--all", "--selector", "--field-selector"]
                    .iter()
                    .any(|flag| self.line.has(flag));
                if !selected {
                    return Err(
                        "error: resource(s) were provided, but no name was specified".to_owned()
                    );
                }
                let what = if self.line.has("--all") { "all" } else { "the selected" };
                for name in self.cluster.names(&named.namespace, &named.kind) {
                    answer.out.push_str(&self.deleted(&Named { name, ..named.clone() }));
                }
                if self.line.has("--all") {
                    self.cluster.delete(&named.namespace, &named.kind, "*");
                }
                answer
                    .would
                    .push(format!("delete {what} {} of {}", named.kind.plural, named.namespace));
                continue;
            }
            match self.must_be_there(&named) {
                Ok(()) => {
                    self.cluster.delete(&named.namespace, &named.kind, &named.name);
                    answer.out.push_str(&self.deleted(&named));
                    answer.would.push(format!("delete {} of {}", named.full(), named.namespace));
                }
                Err(_) if self.line.has("--ignore-not-found") => {}
                Err(missing) => answer.and(Answer::fails(1, missing)),
            }
        }
        Ok(answer)
    }

    fn deleted(&self, named: &Named) -> String {
        if self.line.value("--output") == Some("name") {
            return format!("{}\n", named.full());
        }
        format!("{} \"{}\" deleted{}\n", named.kind.full, named.name, self.dry)
    }

    fn from_files(&mut self, verb: &str, state: &mut State) -> Result<Answer, String> {
        let mut answer = Answer::quiet();
        for named in self.read_files(state)? {
            let known = self.cluster.known(&named.namespace, &named.kind, &named.name);
            let word = match (verb, known) {
                ("create", Known::There) => {
                    answer.and(Answer::fails(1, format!("Error from server (AlreadyExists): error when creating: {} \"{}\" already exists", named.kind.plural, named.name)));
                    continue;
                }
                ("replace", Known::Gone) if !self.line.has("--force") => {
                    answer.and(Answer::fails(1, named.missing()));
                    continue;
                }
                ("create", _) | ("apply", Known::Gone) => "created",
                ("replace", _) => "replaced",
                _ => "configured",
            };
            self.cluster.put(&named.namespace, &named.kind, &named.name, named.manifest.clone());
            answer.out.push_str(&self.result(&named, word)?);
            answer.would.push(format!("{verb} {} in {}", named.full(), named.namespace));
        }
        Ok(answer)
    }

    /// `deployment.apps/x scaled`, or what `--output` asks for.
    pub(super) fn result(&self, named: &Named, word: &str) -> Result<String, String> {
        match self.line.value("--output") {
            None => Ok(format!("{} {word}{}\n", named.full(), self.dry)),
            Some(_) => self.shown(std::slice::from_ref(named), true),
        }
    }

    /// `create namespace x` and its like.
    fn create(&mut self, command: &str) -> Result<Answer, String> {
        let words: Vec<&str> = command.split(' ').collect();
        let kind = match words.get(1).copied().unwrap_or("") {
            "token" => return Ok(Answer::quiet()),
            "quota" => Kind::of("resourcequota"),
            kind => Kind::of(kind),
        };
        let [name] = self.line.operands.as_slice() else {
            return Err(format!(
                "error: exactly one NAME is required, got {}\nSee 'kubectl {command} -h' for help and examples",
                self.line.operands.len()
            ));
        };
        let named =
            Named { kind, name: name.clone(), namespace: self.namespace.clone(), manifest: None };
        if self.cluster.known(&named.namespace, &named.kind, name) == Known::There {
            return Err(format!(
                "error: failed to create {}: {} \"{name}\" already exists",
                named.kind.singular, named.kind.plural
            ));
        }
        let replicas = self.line.value("--replicas").and_then(|count| count.parse::<u64>().ok());
        let manifest = replicas.map(|count| json!({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {"replicas": count}}));
        self.cluster.put(&named.namespace, &named.kind, name, manifest);
        Ok(Answer::prints(self.result(&named, "created")?).would(format!(
            "create {} in {}",
            named.full(),
            named.namespace
        )))
    }

    fn scale(&mut self, state: &mut State) -> Result<Answer, String> {
        let Some(count) = self.line.value("--replicas") else {
            return Err("error: required flag(s) \"replicas\" not set".to_owned());
        };
        let Ok(count) = count.parse::<u64>() else {
            return Err(format!(
                "error: invalid argument \"{count}\" for \"--replicas\" flag: strconv.ParseInt: parsing \"{count}\": invalid syntax"
            ));
        };
        let mut answer = Answer::quiet();
        for named in self.objects(state)? {
            if named.name.is_empty() {
                answer.would.push(format!("scale the selected {} to {count}", named.kind.plural));
                continue;
            }
            self.must_be_there(&named)?;
            self.cluster.scale(&named.namespace, &named.kind, &named.name, count);
            answer.out.push_str(&self.result(&named, "scaled")?);
            answer.would.push(format!("scale {} of {} to {count}", named.full(), named.namespace));
        }
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn objects_are_what_calls_made_of_them() {
        let directory = tempfile::tempdir().unwrap();
        let write =
            |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
        write(
            "app.yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\nspec: {replicas: 3}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n",
        );
        write("bad.yaml", "a: [1\n");
        write("none.yaml", "a: 1\n");
        let mut state = State::new(directory.path());
        let ready = "{.status.readyReplicas}";
        let table = [
            ("kubectl -n shop get deploy web -o name", 0, "deployment.apps/web\n"),
            (&*format!("kubectl -n shop get deploy/web -o jsonpath={ready}"), 0, "1"),
            ("kubectl -n shop scale deploy/web --replicas=0", 0, "deployment.apps/web scaled\n"),
            (&*format!("kubectl -n shop get deploy/web -o jsonpath={ready}"), 0, ""),
            ("kubectl -n shop get deploy/web -o jsonpath={.spec.replicas}", 0, "0"),
            (
                "kubectl -n shop scale --replicas=2 deployment web --dry-run=client",
                0,
                "deployment.apps/web scaled (dry run)\n",
            ),
            ("kubectl -n shop get deploy/web -o jsonpath={.spec.replicas}", 0, "0"),
            (
                "kubectl apply -f /app.yaml",
                0,
                "deployment.apps/web configured\nservice/web configured\n",
            ),
            (&*format!("kubectl -n shop get deploy/web -o jsonpath={ready}"), 0, "3"),
            (
                "kubectl -n shop rollout status deploy/web --timeout=5m",
                0,
                "deployment \"web\" successfully rolled out\n",
            ),
            ("kubectl -n shop delete deploy web", 0, "deployment.apps \"web\" deleted\n"),
            ("kubectl -n shop get deploy web", 1, ""),
            ("kubectl -n shop get deploy web --ignore-not-found", 0, ""),
            ("kubectl -n shop delete deploy web", 1, ""),
            (
                "kubectl -n shop wait deploy/web --for=delete --timeout=60s",
                0,
                "deployment.apps/web condition met\n",
            ),
            ("kubectl -n shop wait pod/x --for=condition=Ready", 0, "pod/x condition met\n"),
            ("kubectl -n shop wait pod/x --for=nothing", 1, ""),
            ("kubectl create -f /app.yaml", 1, "deployment.apps/web created\n"),
            ("kubectl delete namespace shop", 0, "namespace \"shop\" deleted\n"),
            ("kubectl -n shop get svc/web", 1, ""),
            ("kubectl --context other -n shop get svc/web -o name", 0, "service/web\n"),
            ("kubectl create namespace shop", 0, "namespace/shop created\n"),
            ("kubectl create ns shop", 1, ""),
            ("kubectl apply -f /missing.yaml", 1, ""),
            ("kubectl apply -f /bad.yaml", 1, ""),
            ("kubectl apply -f /none.yaml", 1, ""),
            ("kubectl apply", 1, ""),
            ("kubectl -n shop exec web-1 -- pg_dump -U x", 0, ""),
            ("kubectl -n shop exec web-1", 1, ""),
            ("kubectl -n shop logs", 1, ""),
            ("kubectl cordon n1", 0, "node/n1 cordoned\n"),
            ("kubectl label ns shop a=b", 0, "namespace/shop labeled\n"),
            ("kubectl label ns shop", 1, ""),
            ("kubectl auth can-i delete pods", 0, "yes\n"),
            ("kubectl gett pods", 1, ""),
            ("kubectl get pods --foo", 1, ""),
            ("kubectl get pods -Q", 1, ""),
            ("kubectl get po x -o foo", 1, ""),
            ("kubectl get", 1, ""),
            ("kubectl scale deploy/x", 1, ""),
            ("kubectl rollout foo", 1, ""),
        ];
        for (line, code, out) in table {
            let answer = ask(line, &mut state);
            assert_eq!((answer.code, answer.out.as_str()), (code, out), "{line}: {}", answer.err);
            assert!(code == 0 || !answer.err.is_empty(), "{line}");
        }
        let err = |line: &str, state: &mut State| ask(line, state).err;
        assert_eq!(
            err("kubectl -n shop delete pod x --foo", &mut state),
            "Error: unknown flag: --foo\n"
        );
        assert!(
            err("kubectl apply -f /none.yaml", &mut state).contains("Object 'Kind' is missing")
        );
    }
}
