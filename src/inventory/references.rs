//! References inside an inventory: each must name something that stands in it.

use super::v1::Inventory;
use crate::base::yaml::Node;
use crate::base::{Id, Problem, Problems};
use std::collections::{HashMap, HashSet};

/// Returns a problem for every reference to nothing, every circle of dependencies, and every field
/// whose value makes no sense beside another.
pub fn check(inventory: &Inventory, root: &Node) -> Vec<Problem> {
    let mut checker = Checker { root, problems: Problems::default() };
    checker.all(inventory);
    checker.problems.into_sorted()
}

struct Checker<'a> {
    root: &'a Node,
    problems: Problems,
}

struct Names<'a> {
    what: &'static str,
    known: HashSet<&'a str>,
}

impl<'a> Names<'a> {
    fn of(what: &'static str, ids: impl Iterator<Item = &'a Id>) -> Self {
        Self { what, known: ids.map(Id::as_str).collect() }
    }
}

impl Checker<'_> {
    fn all(&mut self, inventory: &Inventory) {
        let sites = Names::of("site", inventory.sites.iter().map(|site| &site.id));
        let hosts = Names::of("host", inventory.hosts.iter().map(|host| &host.id));
        let assets = Names::of("asset", inventory.assets.iter().map(|asset| &asset.id));
        let backups = Names::of("backup", inventory.backups.iter().map(|backup| &backup.id));
        let repos = Names::of("repo", inventory.repos.iter().map(|repo| &repo.id));
        let secrets = Names::of("secret", inventory.secrets.iter().map(|secret| &secret.id));
        let contacts = Names::of("contact", inventory.contacts.iter().map(|contact| &contact.id));

        for (at, site) in inventory.sites.iter().enumerate() {
            self.reference(&sites, &site.parent, &["sites", &at.to_string(), "parent"]);
        }
        for (at, host) in inventory.hosts.iter().enumerate() {
            self.reference(&sites, &host.site, &["hosts", &at.to_string(), "site"]);
        }
        for (at, asset) in inventory.assets.iter().enumerate() {
            let at = at.to_string();
            self.reference(&hosts, &asset.host, &["assets", &at, "host"]);
            self.reference(&sites, &asset.site, &["assets", &at, "site"]);
            if !inventory.contacts.is_empty() {
                self.reference(&contacts, &asset.owner, &["assets", &at, "owner"]);
            }
            for (index, needed) in asset.depends_on.iter().enumerate() {
                self.name(&assets, needed, &["assets", &at, "depends_on", &index.to_string()]);
            }
            let peer = asset.replication.as_ref().and_then(|replication| replication.peer.clone());
            self.reference(&assets, &peer, &["assets", &at, "replication", "peer"]);
            if asset.compress_ratio.is_some_and(|ratio| ratio < 1.0) {
                let span = self.root.span_at(&["assets", &at, "compress_ratio"]);
                self.problems.add(|| {
                    Problem::new(
                        span,
                        "\"compress_ratio\" is original over compressed size, so at least 1",
                    )
                });
            }
        }
        for (at, backup) in inventory.backups.iter().enumerate() {
            let at = at.to_string();
            self.reference(&assets, &backup.asset, &["backups", &at, "asset"]);
            self.reference(&repos, &backup.repo, &["backups", &at, "repo"]);
            self.reference(&backups, &backup.base, &["backups", &at, "base"]);
            let key = backup.encryption.as_ref().and_then(|encryption| encryption.key.clone());
            self.reference(&secrets, &key, &["backups", &at, "encryption", "key"]);
        }
        for (at, repo) in inventory.repos.iter().enumerate() {
            let at = at.to_string();
            self.reference(&sites, &repo.site, &["repos", &at, "site"]);
            self.reference(&hosts, &repo.host, &["repos", &at, "host"]);
        }
        for (at, link) in inventory.links.iter().enumerate() {
            let at = at.to_string();
            self.name(&sites, &link.from, &["links", &at, "from"]);
            self.name(&sites, &link.to, &["links", &at, "to"]);
        }
        for (at, secret) in inventory.secrets.iter().enumerate() {
            let at = at.to_string();
            for (index, kept) in secret.kept.iter().enumerate() {
                let index = index.to_string();
                self.reference(&sites, &kept.site, &["secrets", &at, "where", &index, "site"]);
                self.reference(&hosts, &kept.host, &["secrets", &at, "where", &index, "host"]);
                self.reference(&assets, &kept.asset, &["secrets", &at, "where", &index, "asset"]);
            }
            if let Some(from) = &secret.read_from {
                let ways = [&from.env, &from.file, &from.prompt]
                    .into_iter()
                    .filter(|way| way.is_some())
                    .count();
                if ways != 1 {
                    let span = self.root.span_at(&["secrets", &at, "read_from"]);
                    self.problems.add(|| {
                        Problem::new(span, "\"read_from\" has exactly one of env, file, prompt")
                    });
                }
            }
        }
        self.circles(
            "assets",
            "depends_on",
            inventory.assets.iter().map(|a| (&a.id, a.depends_on.as_slice())),
        );
        self.circles(
            "backups",
            "base",
            inventory.backups.iter().map(|b| (&b.id, b.base.as_slice())),
        );
    }

    fn reference(&mut self, names: &Names<'_>, id: &Option<Id>, path: &[&str]) {
        if let Some(id) = id {
            self.name(names, id, path);
        }
    }

    fn name(&mut self, names: &Names<'_>, id: &Id, path: &[&str]) {
        if names.known.contains(id.as_str()) {
            return;
        }
        self.problems.add(|| {
            let known = names.known.iter().copied();
            Problem::no_such(self.root.span_at(path), names.what, id.as_str(), known)
        });
    }

    /// Reports one member of every circle in `list` along `field`.
    fn circles<'a>(
        &mut self,
        list: &str,
        field: &str,
        edges: impl Iterator<Item = (&'a Id, &'a [Id])>,
    ) {
        let edges: Vec<(&str, Vec<&str>)> =
            edges.map(|(id, to)| (id.as_str(), to.iter().map(Id::as_str).collect())).collect();
        let index: HashMap<&str, usize> =
            edges.iter().enumerate().map(|(at, (id, _))| (*id, at)).collect();
        let mut state = vec![0u8; edges.len()];
        for start in 0..edges.len() {
            if state[start] != 0 {
                continue;
            }
            // An explicit stack: ten thousand assets in a row must not overflow the real one.
            let mut stack = vec![(start, 0usize)];
            state[start] = 1;
            while let Some((at, next)) = stack.last_mut() {
                match edges[*at].1.get(*next) {
                    None => {
                        state[*at] = 2;
                        stack.pop();
                    }
                    Some(to) => {
                        let from = *at;
                        *next += 1;
                        match index.get(to).map(|to| (*to, state[*to])) {
                            Some((to, 0)) => {
                                state[to] = 1;
                                stack.push((to, 0));
                            }
                            Some((to, 1)) => {
                                let names: Vec<&str> = stack
                                    .iter()
                                    .skip_while(|(at, _)| *at != to)
                                    .map(|(at, _)| edges[*at].0)
                                    .collect();
                                let span = self.root.span_at(&[list, &from.to_string(), field]);
                                let message = format!(
                                    "{field:?} goes round in a circle: {} -> {}",
                                    names.join(" -> "),
                                    edges[to].0
                                );
                                self.problems.add(|| Problem::new(span, message));
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #[track_caller]
    fn check(body: &str, expected: &[&str]) {
        let text = format!("schema: blackstart/inventory/v1\n{body}");
        let problems = crate::inventory::read(&text).1;
        let shown: Vec<String> = problems
            .into_iter()
            .map(|p| {
                format!(
                    "{} | {}{}",
                    p.span.slice(&text),
                    p.message,
                    p.help.map(|h| format!(" ({h})")).unwrap_or_default()
                )
            })
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn a_reference_to_nothing_is_shown_with_the_nearest_name() {
        check(
            "hosts: [{id: db1}]\nassets: [{id: a, kind: files, host: bd1}]",
            &["bd1 | there is no host \"bd1\" (did you mean \"db1\"?)"],
        );
    }

    #[test]
    fn circles_and_contradictions_are_found() {
        check(
            "assets: [{id: a, kind: files, depends_on: [b]}, {id: b, kind: files, depends_on: [a]}]",
            &["[a] | \"depends_on\" goes round in a circle: a -> b -> a"],
        );
        check(
            "secrets: [{id: k, read_from: {env: A, file: /b}}]",
            &["{env: A, file: /b} | \"read_from\" has exactly one of env, file, prompt"],
        );
    }
}
