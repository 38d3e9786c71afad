//! Manifests of Kubernetes: what their containers run, and the manifests themselves for the rules on them.

use super::argv::{self, Bit, Word, lowered};
use super::{Part, Reading, Schedule, Unread, add};
use crate::base::yaml::{self, Node, Value};
use crate::base::{Excerpting, Problem, Span};
use crate::check::manifest::Manifest;
use crate::tools;

/// Reads every document of a file.
pub(super) fn read<'a>(file: &Part<'_>, depth: usize, reading: &mut Reading<'a>) {
    for span in documents(&file.text) {
        let text = span.slice(&file.text);
        let says = |line: &str| !line.trim().is_empty() && !line.trim_start().starts_with('#');
        if !text.lines().any(says) {
            continue;
        }
        let (root, problems) = yaml::parse(text);
        let broken = problems.iter().find(|p| p.message.starts_with("not valid YAML"));
        let place = |inner: Span| file.place(inner.shifted(span.start));
        if let Some(problem) = broken {
            let template = text.contains("{{");
            let why = match template {
                true => "a template of a manifest is not read".to_owned(),
                false => problem.message.clone(),
            };
            let unread = Unread { span: place(problem.span), why, aside: template };
            reading.unread.push(unread);
            continue;
        }
        let Some(mut root) = root else {
            continue;
        };
        // Words are taken apart where they stand in this text, rules see them where they stand in the file.
        shift(&mut root, &|inner| inner.shifted(span.start));
        let mut problems: Vec<Problem> =
            problems.into_iter().map(|p| Problem { span: place(p.span), ..p }).collect();
        for root in listed(root) {
            let mut manifest = Manifest {
                kind: text_at(&root, "kind"),
                name: root.get("metadata").map(|node| text_at(node, "name")).unwrap_or_default(),
                root,
                problems: std::mem::take(&mut problems),
            };
            commands(file, &manifest, depth, reading);
            shift(&mut manifest.root, &|inner| file.place(inner));
            reading.manifests.push(manifest);
        }
    }
}

/// Returns the manifests of a list (`kind: List`, `kind: PodList`), or the manifest itself.
fn listed(root: Node) -> Vec<Node> {
    let is_list = text_at(&root, "kind").ends_with("List");
    match root.value {
        Value::Map(mut entries) if is_list => {
            match entries.iter().position(|(key, _)| key.text == "items") {
                Some(at) => match entries.swap_remove(at).1.value {
                    Value::List(items) => items.into_iter().flat_map(listed).collect(),
                    Value::Null | Value::Scalar { .. } | Value::Map(_) => Vec::new(),
                },
                None => vec![Node { span: root.span, value: Value::Map(entries) }],
            }
        }
        value => vec![Node { span: root.span, value }],
    }
}

/// Returns the documents between lines of `---`.
fn documents(text: &str) -> Vec<Span> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == "---" || line.starts_with("--- ") {
            found.push(Span::new(start, at));
            start = at + line.len();
        }
        at += line.len();
    }
    found.push(Span::new(start, text.len()));
    found
}

fn text_at(node: &Node, key: &str) -> String {
    node.get(key).and_then(Node::text).unwrap_or_default().to_owned()
}

fn shift(node: &mut Node, place: &dyn Fn(Span) -> Span) {
    node.span = place(node.span);
    match &mut node.value {
        Value::Null | Value::Scalar { .. } => {}
        Value::List(items) => items.iter_mut().for_each(|item| shift(item, place)),
        Value::Map(entries) => {
            for (key, value) in entries {
                key.span = place(key.span);
                shift(value, place);
            }
        }
    }
}

/// Adds what the containers of a manifest run: their command, what hooks and probes run.
fn commands(file: &Part<'_>, manifest: &Manifest, depth: usize, reading: &mut Reading<'_>) {
    let when = manifest.at(&["spec", "schedule"]).and_then(Node::text);
    let schedule = when
        .filter(|_| manifest.kind == "CronJob")
        .map(|when| Schedule { when: when.to_owned(), ..Schedule::default() });
    for container in manifest.containers() {
        let mut variables = Vec::new();
        for variable in container.get("env").map_or(&[][..], Node::items) {
            let value = variable.get("value").and_then(|value| word(&file.text, value, &[]));
            variables.push((text_at(variable, "name"), value));
        }
        let own = [container.get("command"), container.get("args")];
        let mut lists = vec![own.into_iter().flatten().flat_map(Node::items).collect::<Vec<_>>()];
        let hook = |name| container.get("lifecycle")?.get(name)?.get("exec");
        let probe = |name| container.get(name)?.get("exec");
        let more = [
            hook("postStart"),
            hook("preStop"),
            probe("startupProbe"),
            probe("livenessProbe"),
            probe("readinessProbe"),
        ];
        for node in more.into_iter().flatten() {
            lists.push(node.get("command").map_or(&[][..], Node::items).iter().collect());
        }
        // Arguments alone are for a program that the image names, or name the program themselves.
        let first = lists[0].first().and_then(|node| node.text()).unwrap_or_default();
        if container.get("command").is_none_or(|node| node.items().is_empty())
            && !tools::exists(first.rsplit('/').next().unwrap_or(first))
        {
            if let Some(args) = container.get("args")
                && !first.is_empty()
                && !first.starts_with('-')
            {
                let why = "what the image runs with these arguments is not known".to_owned();
                reading.unread.push(Unread { span: file.place(args.span), why, aside: true });
            }
            lists.remove(0);
        }
        for list in lists {
            let words: Option<Vec<Word>> =
                list.into_iter().map(|node| word(&file.text, node, &variables)).collect();
            let Some(words) = words.filter(|words| !words.is_empty()) else {
                continue;
            };
            let mut before = Excerpting::default();
            for (name, value) in &variables {
                if let Some(value) = value {
                    argv::assign(&mut before, name, value);
                }
            }
            let end = words.last().map(Word::span).unwrap_or_default().end;
            let (mut line, language) = lowered(&words, before);
            line.write("\n", Span::new(end, end));
            let (text, place) = line.done();
            let part = file.inner(text, &place.quoted(), language);
            add(Part { schedule: schedule.clone(), ..part }, depth + 1, reading);
        }
    }
}

/// Returns a scalar as a word; `$(NAME)` of a variable of the container is its value.
fn word(file: &str, node: &Node, variables: &[(String, Option<Word>)]) -> Option<Word> {
    let text = node.text()?;
    let mut bits = Vec::new();
    let mut at = node.span.start;
    for line in text.split_inclusive('\n') {
        // The line as the file has it, with another indentation; else the whole scalar.
        let bare = line.trim_end_matches('\n');
        let found = file.get(at..node.span.end.max(at)).and_then(|rest| rest.find(bare));
        let (span, same) = match found {
            Some(offset) => (Span::new(at + offset, at + offset + bare.len()), true),
            None => (node.span, false),
        };
        at = if same { span.end } else { at };
        bits.extend(with_variables(bare, span, same, variables));
        if line.ends_with('\n') {
            let end = Span::new(span.end, span.end);
            bits.push(Bit::Text { text: "\n".to_owned(), span: end, same: false });
        }
    }
    if bits.is_empty() {
        bits.push(Bit::Text { text: String::new(), span: node.span, same: false });
    }
    Some(Word { bits })
}

fn with_variables(
    line: &str,
    span: Span,
    same: bool,
    variables: &[(String, Option<Word>)],
) -> Vec<Bit> {
    let part = |from: usize, to: usize| {
        let place = if same { Span::new(span.start + from, span.start + to) } else { span };
        (line[from..to].to_owned(), place)
    };
    let mut bits = Vec::new();
    let mut from = 0;
    for (at, _) in line.match_indices("$(") {
        let Some(end) = line[at..].find(')').map(|end| at + end + 1) else {
            break;
        };
        let name = &line[at + 2..end - 1];
        if at < from || !variables.iter().any(|(known, _)| known == name) {
            continue;
        }
        let (text, place) = part(from, at);
        bits.push(Bit::Text { text, span: place, same });
        let (_, place) = part(at, end);
        bits.push(Bit::Code { shell: format!("${{{name}:?}}"), span: place });
        from = end;
    }
    let (text, place) = part(from, line.len());
    bits.push(Bit::Text { text, span: place, same });
    bits
}

#[cfg(test)]
mod tests {
    use crate::check::Language;
    use crate::check::reading::read;

    #[test]
    fn what_containers_run_is_read_with_its_schedule() {
        let text = "apiVersion: v1
kind: ConfigMap
metadata: {name: x}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: dump}
spec:
  schedule: '0 2 * * *'
  jobTemplate:
    spec:
      template:
        spec:
          containers:
            - name: a
              image: postgres:16
              env: [{name: DB, value: shop}]
              command: [pg_dump, -f, /b/x, $(DB)]
            - name: b
              image: x
              command: ['/bin/sh', '-ec']
              args:
                - |
                  pg_dump shop | gzip > /b/x
                  ls
";
        let reading = read(text, Language::Kubernetes);
        let found: Vec<&str> = reading.parts.iter().map(|part| part.text.as_ref()).collect();
        assert_eq!(
            found,
            [
                "DB=shop\npg_dump -f /b/x \"${DB:?}\"\n",
                "set -e\npg_dump shop | gzip > /b/x\nls\n\n"
            ]
        );
        assert_eq!(reading.parts[0].schedule.as_ref().unwrap().when, "0 2 * * *");
        let at = found[1].find("gzip").unwrap();
        let span = reading.parts[1].place(crate::base::Span::new(at, at + 4));
        assert_eq!(span.slice(text), "gzip");
        let kinds: Vec<&str> = reading.manifests.iter().map(|m| m.kind.as_str()).collect();
        assert_eq!(kinds, ["ConfigMap", "CronJob"]);
    }

    #[test]
    fn whatever_a_container_runs_is_read_or_named() {
        let check = |text: &str, expected: &[&str], unread: usize| {
            let reading = read(text, Language::Kubernetes);
            let found: Vec<&str> = reading.parts.iter().map(|part| part.text.trim()).collect();
            assert_eq!((&found[..], reading.unread.len()), (expected, unread), "{text}");
        };
        let pod = |container: &str| {
            format!(
                "kind: Pod\nmetadata: {{name: x}}\nspec:\n  containers: [{{name: a, {container}}}]\n"
            )
        };
        let probe = "startupProbe: {exec: {command: [rm, -rf, /data]}}";
        check(&pod(probe), &["rm -rf /data"], 0);
        check(&pod("image: alpine, args: [rm, -rf, /data]"), &["rm -rf /data"], 0);
        check(&pod("image: alpine, args: [/bin/rm, -rf, /data]"), &["/bin/rm -rf /data"], 0);
        check(&pod("image: x, args: [wipe-it, /data]"), &[], 1);
        check(&pod("image: x, args: [--port=1]"), &[], 0);
        check(&pod("image: x"), &[], 0);
        let list = "apiVersion: v1
kind: List
items:
  - kind: Pod
    metadata: {name: x}
    spec: {containers: [{name: a, command: [rm, -rf, /data]}]}
  - {kind: Secret, metadata: {name: y}}
";
        check(list, &["rm -rf /data"], 0);
        let kinds: Vec<String> =
            read(list, Language::Kubernetes).manifests.iter().map(|m| m.kind.clone()).collect();
        assert_eq!(kinds, ["Pod", "Secret"]);
    }

    #[test]
    fn what_the_server_would_refuse_is_named_where_it_stands() {
        let text = "apiVersion: v1
apiVersion: v1
kind: Pod
metadata: {name: x}
spec:
  replicas: 2
  volumeMounts: []
  containers:
    - {name: a, image: b, comand: [x]}
  volumes:
    - name: data
      hostPath: /srv
";
        let reading = read(text, Language::Kubernetes);
        let manifest = &reading.manifests[0];
        assert_eq!(manifest.problems[0].span.slice(text), "apiVersion");
        let wrong = manifest.wrong_fields();
        let seen: Vec<(&str, &str)> =
            wrong.iter().map(|p| (p.span.slice(text), p.message.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("replicas", "the spec of a Pod has no field \"replicas\""),
                ("volumeMounts", "the spec of a Pod has no field \"volumeMounts\""),
                ("/srv", "hostPath of a volume must be a mapping"),
                ("comand", "a container has no field \"comand\""),
            ]
        );
        assert_eq!(manifest.volumes()[0].source, "hostPath");
    }
}
