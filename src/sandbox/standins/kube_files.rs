//! The manifests that a call of kubectl names, read in the tree.
#![allow(clippy::disallowed_methods)]

use serde_json::Value;

use super::book::State;
use super::kube::Kind;
use super::kubectl::{Call, Named};
use super::remote::{bounded, place, reason};

impl Call<'_> {
    /// Reads the manifests that a call names, in the tree. What an address holds is not known.
    pub(super) fn read_files(&self, state: &mut State) -> Result<Vec<Named>, String> {
        let mut found = Vec::new();
        for file in self.line.values("--filename") {
            if file.starts_with("http://") || file.starts_with("https://") {
                continue;
            }
            let texts = if file == "-" {
                vec![("STDIN".to_owned(), state.input())]
            } else {
                texts(state, file)?
            };
            for (name, text) in texts {
                for document in documents(&name, &text)? {
                    found.extend(self.manifests(&name, document)?);
                }
            }
        }
        if let Some(directory) =
            self.line.value("--kustomize").filter(|directory| !place(state, directory).is_dir())
        {
            return Err(format!(
                "error: must build at directory: not a valid directory: evalsymlink failure on '{directory}' : lstat {directory}: no such file or directory"
            ));
        }
        if found.is_empty()
            && !self.line.has("--kustomize")
            && !self.line.values("--filename").iter().any(|file| file.contains("://"))
        {
            return Err(match self.line.has("--filename") {
                true => "error: no objects passed to apply".to_owned(),
                false => "error: must specify one of -f and -k".to_owned(),
            });
        }
        Ok(found)
    }

    fn manifests(&self, file: &str, document: Value) -> Result<Vec<Named>, String> {
        if document.is_null() {
            return Ok(Vec::new());
        }
        let Some(kind) = document["kind"].as_str().filter(|kind| !kind.is_empty()) else {
            return Err(format!(
                "error: unable to decode \"{file}\": Object 'Kind' is missing in '{}'",
                bounded(&document.to_string())
            ));
        };
        if kind == "List" {
            let items = document["items"].as_array().cloned().unwrap_or_default();
            return items
                .into_iter()
                .map(|item| self.manifests(file, item))
                .collect::<Result<Vec<_>, _>>()
                .map(|found| found.concat());
        }
        if document["apiVersion"].as_str().is_none() {
            return Err(format!(
                "error: unable to decode \"{file}\": Object 'apiVersion' is missing in '{}'",
                bounded(&document.to_string())
            ));
        }
        let group = document["apiVersion"]
            .as_str()
            .and_then(|version| version.split_once('/'))
            .map_or("", |(group, _)| group);
        let kind =
            Kind::of(&if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") });
        let name =
            document["metadata"]["name"].as_str().or(document["metadata"]["generateName"].as_str());
        let Some(name) = name.map(str::to_owned) else {
            return Err(format!(
                "error: error when retrieving current configuration of \"{file}\": resource name may not be empty"
            ));
        };
        let namespace =
            document["metadata"]["namespace"].as_str().unwrap_or(&self.namespace).to_owned();
        Ok(vec![Named { kind, name, namespace, manifest: Some(document) }])
    }
}

/// Reads a file, or the manifests in a directory.
fn texts(state: &State, file: &str) -> Result<Vec<(String, String)>, String> {
    let path = place(state, file);
    let read = |name: String, path: &std::path::Path| {
        std::fs::read_to_string(path)
            .map(|text| (name, text))
            .map_err(|error| format!("error: open {file}: {}", reason(&error)))
    };
    if path.is_dir() {
        let mut found: Vec<std::path::PathBuf> = std::fs::read_dir(&path)
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        found.retain(|path| {
            path.extension()
                .is_some_and(|kind| ["yaml", "yml", "json"].iter().any(|known| kind == *known))
        });
        found.sort();
        return found
            .iter()
            .take(1000)
            .map(|path| read(path.display().to_string(), path))
            .collect();
    }
    if !path.exists() {
        return Err(format!("error: the path \"{file}\" does not exist"));
    }
    Ok(vec![read(file.to_owned(), &path)?])
}

/// Reads the documents of a text, in YAML or JSON.
fn documents(file: &str, text: &str) -> Result<Vec<Value>, String> {
    serde_yaml::from_multiple(text).map_err(|error| {
        let said = error.to_string();
        let said = said.lines().next().unwrap_or("").to_owned();
        format!("error: error parsing {file}: error converting YAML to JSON: yaml: {said}")
    })
}
