//! Every name a step may use: those of the inventory, of the incident's structured fields, and of the starting plan.

use std::collections::BTreeSet;

use crate::draft::Request;
use crate::plan::Plan;
use crate::shell::{self, path};

/// Names that exist.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Names and addresses of hosts, in lower case.
    hosts: BTreeSet<String>,
    /// Directories and files of the inventory, and everything below them.
    roots: Vec<String>,
    /// Addresses of repositories and endpoints.
    urls: Vec<String>,
    /// Every literal word of the starting plan, every id, service and copy.
    words: BTreeSet<String>,
    /// Where copies are kept: read in a recovery, never written.
    copies: Vec<String>,
    /// Where the data of assets are.
    data: Vec<String>,
}

impl Names {
    /// Collects the names.
    pub fn collect(request: &Request<'_>, start: &Plan) -> Self {
        let mut names = Self::default();
        names.of_inventory(request);
        for step in &start.steps {
            for text in [&step.run, &step.check, &step.rollback].into_iter().flatten() {
                names.of_commands(text);
            }
            let effects = step.effects.iter();
            for place in effects.flat_map(|effects| effects.writes.iter().chain(&effects.deletes)) {
                names.root(place.trim_end_matches("/**"));
            }
        }
        for value in request.parameters.values() {
            names.word(value);
            names.root(value);
        }
        names
    }

    fn of_inventory(&mut self, request: &Request<'_>) {
        let inventory = request.inventory;
        for host in &inventory.hosts {
            self.host(host.id.as_str());
            let identity = host.identity.as_ref().and_then(|identity| identity.hostname.as_deref());
            for name in host.address.as_deref().into_iter().chain(identity) {
                self.host(name);
            }
            for disk in &host.disks {
                self.word(&disk.device);
                self.root(&disk.device);
                // A mount point exists; that says nothing about what lies below it.
                disk.mount.iter().for_each(|mount| self.word(mount));
            }
        }
        for asset in &inventory.assets {
            self.word(asset.id.as_str());
            asset.paths.iter().for_each(|place| self.root(place));
            self.data.extend(asset.paths.iter().map(|place| path::absolute(place, None)));
            asset.services.iter().for_each(|service| self.word(service));
            asset.run_as.iter().for_each(|account| self.word(account));
            asset.endpoint.iter().for_each(|endpoint| self.url(endpoint));
        }
        for backup in &inventory.backups {
            self.word(backup.id.as_str());
            let repo = backup.repo.as_ref().and_then(|repo| inventory.repo(repo.as_str()));
            let below = repo.and_then(|repo| repo.path.as_deref());
            let made = backup.copies.iter().chain(&backup.last_success).chain(&backup.last_attempt);
            let paths = made.clone().filter_map(|copy| copy.path.as_ref()).chain(&backup.path);
            for place in paths {
                let place = path::absolute(place, below);
                self.copies.push(place.clone());
                self.root(&place);
            }
            made.filter_map(|copy| copy.id.as_ref()).for_each(|id| self.word(id));
        }
        for repo in &inventory.repos {
            self.word(repo.id.as_str());
            if let Some(place) = &repo.path {
                self.root(place);
                self.copies.push(path::absolute(place, None));
            }
            repo.url.iter().for_each(|url| self.url(url));
        }
        for id in inventory.secrets.iter().map(|secret| &secret.id) {
            self.word(id.as_str());
        }
    }

    fn of_commands(&mut self, text: &str) {
        let commands =
            shell::on_deep_stack(|| shell::commands(&shell::parse(text), shell::Options::STRICT));
        for command in commands.iter().flat_map(|commands| &commands.list) {
            for argument in command.arguments() {
                let Some(literal) = argument.literal() else {
                    continue;
                };
                self.word(literal);
                if literal.contains("://") {
                    self.url(literal);
                }
            }
            if let Some(host) = &command.setting.remote {
                self.host(host);
            }
        }
        for (_, place) in super::written::paths(text) {
            // What a system has everywhere is judged by its own list.
            if !super::written::is_of_system(&place) {
                self.root(&place);
            }
        }
    }

    fn host(&mut self, name: &str) {
        let name = name.to_ascii_lowercase();
        let bare = name.split([':', '/']).next().unwrap_or_default().to_owned();
        self.words.insert(name.clone());
        self.hosts.extend([name, bare].into_iter().filter(|name| !name.is_empty()));
    }

    fn word(&mut self, word: &str) {
        if !word.is_empty() && word.len() <= 4096 {
            self.words.insert(word.to_owned());
        }
    }

    fn root(&mut self, place: &str) {
        let place = path::absolute(place, None);
        let deep = place.starts_with('/') && place.len() > 1 && !place.contains(['$', '*']);
        if deep && !self.roots.contains(&place) {
            self.roots.push(place);
        }
    }

    fn url(&mut self, url: &str) {
        self.word(url);
        self.urls.push(url.to_owned());
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
        // `sftp:nas:/restic` names its host behind a scheme without slashes.
        let rest = rest.strip_prefix("sftp:").or(rest.strip_prefix("rest:")).unwrap_or(rest);
        self.host(rest);
    }

    /// Adds a place a step makes, with all that is below.
    pub fn add_place(&mut self, place: &str) {
        self.root(place);
    }

    /// Tells whether there is such a host.
    pub fn has_host(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let name = name.trim_start_matches('[').trim_end_matches(']');
        let here = ["local", "localhost", "127.0.0.1", "::1", "0.0.0.0", "::"];
        here.contains(&name) || self.hosts.contains(name)
    }

    /// Tells whether there is such a word.
    pub fn has_word(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Tells whether an address begins like one of the inventory.
    pub fn has_url(&self, url: &str) -> bool {
        let within = |known: &String| {
            let known = known.trim_end_matches('/');
            url == known || url.strip_prefix(known).is_some_and(|rest| rest.starts_with('/'))
        };
        self.urls.iter().any(within)
    }

    /// Tells whether a path is one of the inventory or the starting plan, lies below one, is a directory above one, or is
    /// one with a suffix: what a recovery puts beside the data.
    pub fn has_path(&self, place: &str) -> bool {
        self.words.contains(place)
            || self.roots.iter().any(|root| {
                let beside = |rest: &str| {
                    let name = rest.strip_prefix(['.', '-', '_']);
                    name.is_some_and(|name| !name.is_empty() && !name.starts_with('.'))
                };
                path::within(place, root)
                    || place.strip_prefix(root.as_str()).is_some_and(beside)
                    || place.matches('/').count() > 1 && path::within(root, place)
            })
    }

    /// Tells whether a new directory may be made there: beside something that exists, not at the top.
    pub fn may_hold(&self, place: &str) -> bool {
        let Some(parent) = path::parent(place) else {
            return false;
        };
        self.roots.iter().any(|root| {
            path::parent(root) == Some(parent)
                || path::within(root, parent) && parent.matches('/').count() > 1
        })
    }

    /// Tells whether copies are kept there, or what is there holds the place of copies.
    pub fn holds_copies(&self, place: &str) -> bool {
        self.copies.iter().any(|copy| path::within(place, copy) || path::within(copy, place))
    }

    /// Tells whether data of an asset are there, or below.
    pub fn holds_data(&self, place: &str) -> bool {
        self.data.iter().any(|data| path::within(place, data) || path::within(data, place))
    }

    /// Returns a name with only ASCII look-alikes that is known, for a name that is not.
    pub fn twin(&self, place: &str) -> Option<&str> {
        if place.is_ascii() {
            return None;
        }
        let ascii: String = place.chars().map(looks_like).collect();
        self.roots.iter().map(String::as_str).find(|root| path::within(&ascii, root))
    }
}

/// Returns the Latin letter that a Cyrillic or Greek one looks like (Unicode TR 39, the pairs that paths are made of).
fn looks_like(c: char) -> char {
    match c {
        'а' | 'α' => 'a',
        'е' => 'e',
        'о' | 'ο' => 'o',
        'р' | 'ρ' => 'p',
        'с' => 'c',
        'у' => 'y',
        'х' => 'x',
        'ѕ' => 's',
        'і' => 'i',
        'ј' => 'j',
        'ԁ' => 'd',
        'ѵ' | 'ν' => 'v',
        other => other,
    }
}
