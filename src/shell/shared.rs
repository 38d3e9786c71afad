//! A map by name that costs next to nothing to copy: copies share what neither of them has changed.

use std::rc::Rc;

/// Groups the entries are spread over: what is written copies the list of the groups and one of them.
const GROUPS: usize = 32;

/// The entries of one group, by name.
type Group<V> = Rc<Vec<Rc<Entry<V>>>>;

#[derive(Debug)]
struct Entry<V> {
    name: Box<str>,
    value: V,
}

/// A map from names to values.
#[derive(Debug)]
pub(super) struct Shared<V> {
    groups: Option<Rc<[Option<Group<V>>; GROUPS]>>,
}

impl<V> Clone for Shared<V> {
    fn clone(&self) -> Self {
        Self { groups: self.groups.clone() }
    }
}

impl<V> Default for Shared<V> {
    fn default() -> Self {
        Self { groups: None }
    }
}

impl<V> Shared<V> {
    pub(super) fn get(&self, name: &str) -> Option<&V> {
        self.entry(name).map(|entry| &entry.value)
    }

    /// Returns a value together with the name as it is kept.
    pub(super) fn named(&self, name: &str) -> Option<(&str, &V)> {
        self.entry(name).map(|entry| (&*entry.name, &entry.value))
    }

    pub(super) fn contains(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    pub(super) fn insert(&mut self, name: &str, value: V) {
        self.put(Rc::new(Entry { name: name.into(), value }));
    }

    pub(super) fn remove(&mut self, name: &str) {
        if self.contains(name) {
            let group = self.group(place(name));
            group.retain(|entry| *entry.name != *name);
        }
    }

    /// Keeps the entries of whose names `kept` says yes.
    pub(super) fn retain(&mut self, kept: impl Fn(&str) -> bool) {
        let before = std::mem::take(self);
        for entry in before.entries().filter(|entry| kept(&entry.name)) {
            self.put(Rc::clone(entry));
        }
    }

    /// Makes one value of those of both maps; `one` is given the other map's where both have it.
    pub(super) fn merge(&mut self, other: &Self, one: impl Fn(&V, Option<&V>) -> V) {
        for at in self.apart(other) {
            let ours: Vec<Rc<Entry<V>>> = self.list(at).to_vec();
            let theirs: Vec<Rc<Entry<V>>> = other.list(at).to_vec();
            // A list is ordered by name.
            let of = |list: &[Rc<Entry<V>>], name: &str| {
                list.binary_search_by(|entry| (*entry.name).cmp(name)).ok()
            };
            for entry in &theirs {
                if of(&ours, &entry.name).is_none() {
                    self.insert(&entry.name, one(&entry.value, None));
                }
            }
            for entry in &ours {
                let theirs = of(&theirs, &entry.name).map(|at| &theirs[at]);
                if !theirs.is_some_and(|their| Rc::ptr_eq(their, entry)) {
                    self.insert(&entry.name, one(&entry.value, theirs.map(|their| &their.value)));
                }
            }
        }
    }

    /// Returns the names, in no order that means something.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.entries().map(|entry| &*entry.name)
    }

    /// Returns the groups in which two maps may differ.
    fn apart(&self, other: &Self) -> Vec<usize> {
        let same = |at: &usize| match (self.of(*at), other.of(*at)) {
            (Some(ours), Some(theirs)) => Rc::ptr_eq(ours, theirs),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        match (&self.groups, &other.groups) {
            (Some(ours), Some(theirs)) if Rc::ptr_eq(ours, theirs) => Vec::new(),
            _ => (0..GROUPS).filter(|at| !same(at)).collect(),
        }
    }

    fn entries(&self) -> impl Iterator<Item = &Rc<Entry<V>>> {
        (0..GROUPS).flat_map(|at| self.list(at))
    }

    fn of(&self, at: usize) -> Option<&Group<V>> {
        self.groups.as_ref().and_then(|groups| groups[at].as_ref())
    }

    fn list(&self, at: usize) -> &[Rc<Entry<V>>] {
        self.of(at).map(|group| group.as_slice()).unwrap_or_default()
    }

    fn entry(&self, name: &str) -> Option<&Rc<Entry<V>>> {
        let list = self.list(place(name));
        list.binary_search_by(|entry| (*entry.name).cmp(name)).ok().map(|at| &list[at])
    }

    fn group(&mut self, at: usize) -> &mut Vec<Rc<Entry<V>>> {
        let groups = self.groups.get_or_insert_with(|| Rc::new([const { None }; GROUPS]));
        Rc::make_mut(Rc::make_mut(groups)[at].get_or_insert_default())
    }

    fn put(&mut self, entry: Rc<Entry<V>>) {
        let group = self.group(place(&entry.name));
        match group.binary_search_by(|one| one.name.cmp(&entry.name)) {
            Ok(at) => group[at] = entry,
            Err(at) => group.insert(at, entry),
        }
    }
}

impl<V: PartialEq> Shared<V> {
    /// Returns the names whose values differ, or that only one of the maps has.
    pub(super) fn differing(&self, other: &Self) -> Vec<String> {
        let mut names = Vec::new();
        for at in self.apart(other) {
            let (mut ours, mut theirs) = (self.list(at), other.list(at));
            loop {
                let next = match (ours.first(), theirs.first()) {
                    (None, None) => break,
                    (Some(our), Some(their)) => our.name.cmp(&their.name),
                    (Some(_), None) => std::cmp::Ordering::Less,
                    (None, Some(_)) => std::cmp::Ordering::Greater,
                };
                let (our, their) = (ours.first(), theirs.first());
                if next.is_le() {
                    ours = &ours[1..];
                }
                if next.is_ge() {
                    theirs = &theirs[1..];
                }
                let same = next.is_eq()
                    && our.zip(their).is_some_and(|(our, their)| {
                        Rc::ptr_eq(our, their) || our.value == their.value
                    });
                let one = if next.is_le() { our } else { their };
                names.extend(one.filter(|_| !same).map(|entry| String::from(&*entry.name)));
            }
        }
        names
    }
}

/// Returns the group of a name.
fn place(name: &str) -> usize {
    let sum = name
        .bytes()
        .fold(0x811c_9dc5_u32, |sum, byte| (sum ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (sum ^ sum >> 15) as usize % GROUPS
}

#[cfg(test)]
mod tests {
    use super::Shared;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    proptest! {
        #[test]
        fn copies_hold_what_was_written_to_each(writes in prop::collection::vec((0..3u8, 0..60u8, 0..3u8), 0..200)) {
            let mut maps = vec![(Shared::default(), BTreeMap::new())];
            for (what, name, value) in writes {
                let name = format!("v{name}");
                let last = maps.len() - 1;
                match what {
                    0 => { maps.push(maps[last].clone()); }
                    1 => { maps[last].0.insert(&name, value); maps[last].1.insert(name, value); }
                    _ => { maps[last / 2].0.remove(&name); maps[last / 2].1.remove(&name); }
                }
            }
            for (ours, expected) in &maps {
                let mut names: Vec<&str> = ours.names().collect();
                names.sort_unstable();
                prop_assert_eq!(names, expected.keys().collect::<Vec<_>>());
                prop_assert!(expected.iter().all(|(name, value)| ours.get(name) == Some(value)));
            }
            let (first, last) = (&maps[0], &maps[maps.len() - 1]);
            let mut differing = first.0.differing(&last.0);
            differing.sort();
            let names: std::collections::BTreeSet<&String> = first.1.keys().chain(last.1.keys()).collect();
            let expected: Vec<&String> =
                names.into_iter().filter(|name| first.1.get(*name) != last.1.get(*name)).collect();
            prop_assert_eq!(differing.iter().collect::<Vec<_>>(), expected);
            let mut both = first.0.clone();
            both.merge(&last.0, |one, other| one + 10 * other.map_or(9, |other| *other));
            for (name, value) in &first.1 {
                let expected = match last.1.get(name) {
                    // What neither of them has written since stays as it is.
                    Some(other) if other == value && both.get(name) == Some(value) => *value,
                    Some(other) => value + 10 * other,
                    None => value + 90,
                };
                prop_assert_eq!(both.get(name), Some(&expected));
            }
            let added = last.1.iter().filter(|(name, _)| !first.1.contains_key(*name));
            prop_assert!(added.into_iter().all(|(name, value)| both.get(name) == Some(&(value + 90))));
        }
    }
}
