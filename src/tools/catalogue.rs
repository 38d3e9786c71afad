//! Finds by its name what is known of a command.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::usage::{self, Map};
use super::{TOOLS, Tool, names};

/// What is known of a name.
#[derive(Debug, Default)]
struct Entry {
    tool: Option<(&'static Tool, &'static str)>,
    looks: bool,
    creates: bool,
}

static CATALOGUE: LazyLock<Map<&'static str, Entry>> = LazyLock::new(|| {
    let mut map: Map<&'static str, Entry> = Map::default();
    for tool in TOOLS {
        for name in tool.names {
            map.entry(name).or_default().tool = Some((tool, name));
        }
    }
    for name in names::READ_ONLY.split_ascii_whitespace() {
        map.entry(name).or_default().looks = true;
    }
    for name in names::CREATE.split_ascii_whitespace() {
        map.entry(name).or_default().creates = true;
    }
    for name in names::KNOWN.split_ascii_whitespace().chain(usage::names()) {
        map.entry(name).or_default();
    }
    map
});

fn entry(name: &str) -> Option<&'static Entry> {
    CATALOGUE.get(name)
}

/// Returns the description of a tool and its name as it is described.
pub fn tool_and_name(name: &str) -> Option<(&'static Tool, &'static str)> {
    entry(name).and_then(|entry| entry.tool).or_else(|| {
        let family = name.split_once('.').filter(|(family, _)| *family == "mkfs")?;
        entry(family.0)?.tool
    })
}

/// Returns the description of a tool by one of its names.
pub fn tool(name: &str) -> Option<&'static Tool> {
    tool_and_name(name).map(|(tool, _)| tool)
}

/// Tells whether a command of that name only looks, whatever its arguments.
pub fn only_looks(name: &str) -> bool {
    entry(name).is_some_and(|entry| entry.looks)
}

/// Tells whether a command of that name at most creates something.
pub fn only_creates(name: &str) -> bool {
    entry(name).is_some_and(|entry| entry.creates)
}

/// Returns the names of the tools that are described.
pub fn described() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().flat_map(|tool| tool.names).copied()
}

/// Returns the names of the tools that a mistyped name may mean: not those of compilers and of packages' scripts.
pub fn of_the_trade() -> impl Iterator<Item = &'static str> {
    let own = |tool: &&&Tool| {
        !matches!(tool.name, "gcc" | "dpkg-maintscript-helper" | "debconf-show" | "apt" | "hash")
    };
    TOOLS.iter().filter(own).flat_map(|tool| tool.names).copied()
}

/// Returns the names that are known and begin with this byte, in no order.
pub fn known_names_from(first: u8) -> &'static [&'static str] {
    static BY_FIRST: LazyLock<BTreeMap<u8, Vec<&'static str>>> = LazyLock::new(|| {
        let mut by_first: BTreeMap<u8, Vec<&'static str>> = BTreeMap::new();
        for name in known_names() {
            by_first.entry(name.bytes().next().unwrap_or_default()).or_default().push(name);
        }
        by_first
    });
    BY_FIRST.get(&first).map(Vec::as_slice).unwrap_or_default()
}

/// Returns every name that is known, in no order.
pub fn known_names() -> impl Iterator<Item = &'static str> {
    CATALOGUE.keys().copied()
}

/// Tells whether a command of that name is known to exist somewhere: it is described here, or
/// belongs to a base system, to bash itself or to the backup trade.
pub fn exists(name: &str) -> bool {
    entry(name).is_some() || tool(name).is_some()
}
