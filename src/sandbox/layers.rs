//! The layers of a session: one per kept run, each on top of those before it.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;

use rustix::fs::Stat;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::entry::Marks;
use super::ground::{Branch, Ground, OWN, make_directory};
use super::protocol::{Failure, Mode};
use super::tree::{Place, copy_attributes, remove_tree};

/// The layer below the session's own.
pub(super) const FIRST: usize = 0;

/// The changes of one run: for which branches there are any.
#[derive(Debug, Clone)]
pub(super) struct Layer {
    pub(super) id: usize,
    /// Indices of the branches that changed.
    pub(super) holds: Vec<usize>,
}

/// The kept layers, oldest first.
#[derive(Debug)]
pub(super) struct Layers {
    kept: Vec<Layer>,
    next: usize,
    views: usize,
}

/// The tree of one branch at one time, mounted for reading until dropped.
#[derive(Debug)]
pub(super) struct View {
    pub(super) root: Place,
    mounted: Option<String>,
}

impl Drop for View {
    fn drop(&mut self) {
        if let Some(place) = &self.mounted {
            let _ = unmount(place.as_str(), UnmountFlags::DETACH);
        }
    }
}

pub(super) fn upper(layer: usize, branch: usize) -> String {
    format!("u/{layer}.{branch}")
}

fn work(layer: usize, branch: usize) -> String {
    format!("u/w{layer}.{branch}")
}

impl Layers {
    /// Starts with a layer below the session's own, for directories that must be there beforehand.
    pub(super) fn new(ground: &Ground) -> Result<Self, Failure> {
        let mut layers = Self { kept: Vec::new(), next: FIRST, views: 0 };
        let mut first = layers.open(ground)?;
        first.holds.clear();
        if ground.mode != Mode::User {
            make_directory(&format!("{}{OWN}", upper(FIRST, 0)))?;
            first.holds.push(0);
        }
        layers.kept.push(first);
        Ok(layers)
    }

    /// Notes that the first layer holds something of a branch.
    pub(super) fn first_holds(&mut self, branch: usize) {
        if let Some(first) = self.kept.first_mut().filter(|first| !first.holds.contains(&branch)) {
            first.holds.push(branch);
        }
    }

    /// Returns how many layers there are.
    pub(super) fn depth(&self) -> usize {
        self.kept.len()
    }

    /// Returns the layers from `depth` on.
    pub(super) fn since(&self, depth: usize) -> &[Layer] {
        self.kept.get(depth..).unwrap_or_default()
    }

    /// Makes the directories of a new layer; it holds every branch until [`Layers::settle`].
    pub(super) fn open(&mut self, ground: &Ground) -> Result<Layer, Failure> {
        let id = self.next;
        self.next += 1;
        for (index, branch) in ground.branches.iter().enumerate() {
            let top = self.top_stat(index, branch);
            let made = upper(id, index);
            make_directory(&made)?;
            make_directory(&work(id, index))?;
            copy_attributes(&top, &made).map_err(|error| Failure::of("making a layer", error))?;
        }
        Ok(Layer { id, holds: (0..ground.branches.len()).collect() })
    }

    /// Returns the attributes of a branch's top directory as the kept layers leave them.
    pub(super) fn top_stat(&self, index: usize, branch: &Branch) -> Stat {
        let newest = self.top_upper(index).and_then(|path| rustix::fs::lstat(path.as_str()).ok());
        newest.unwrap_or(branch.top)
    }

    fn top_upper(&self, branch: usize) -> Option<String> {
        let holder = self.kept.iter().rev().find(|layer| layer.holds.contains(&branch))?;
        Some(upper(holder.id, branch))
    }

    /// Keeps what a run changed as the new top, without the branches that it left alone.
    pub(super) fn settle(&mut self, ground: &Ground, mut layer: Layer) {
        let before: Vec<_> = ground
            .branches
            .iter()
            .enumerate()
            .map(|(index, branch)| self.top_stat(index, branch))
            .collect();
        layer.holds.retain(|index| {
            let path = upper(layer.id, *index);
            let empty = std::fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_none());
            let same = rustix::fs::lstat(path.as_str()).is_ok_and(|now| {
                let then = &before[*index];
                (now.st_mode, now.st_uid, now.st_gid) == (then.st_mode, then.st_uid, then.st_gid)
            });
            let idle = empty && same && has_no_attributes(ground.mode, &path);
            if idle {
                remove(layer.id, *index);
            }
            !idle
        });
        self.kept.push(layer);
    }

    /// Removes a layer that is not kept.
    pub(super) fn drop_layer(&self, layer: &Layer) {
        for index in &layer.holds {
            remove(layer.id, *index);
        }
    }

    /// Removes the newest layer.
    pub(super) fn discard_top(&mut self) {
        if let Some(layer) = self.kept.pop() {
            self.drop_layer(&layer);
        }
    }

    /// Returns the lower directories of a branch as it is at `depth`, newest first.
    pub(super) fn chain(&self, branch: usize, depth: usize) -> String {
        let mut chain = String::new();
        for layer in self.kept[..depth.min(self.kept.len())].iter().rev() {
            if layer.holds.contains(&branch) {
                chain.push_str(&upper(layer.id, branch));
                chain.push(':');
            }
        }
        chain + &format!("l/{branch}")
    }

    /// Opens a branch as it is at `depth`.
    pub(super) fn view(
        &mut self,
        ground: &Ground,
        branch: usize,
        depth: usize,
    ) -> Result<View, Failure> {
        let chain = self.chain(branch, depth);
        let opened =
            |path: &str| Place::root(path).map_err(|error| Failure::of("opening a view", error));
        if !chain.contains(':') {
            return Ok(View { root: opened(&chain)?, mounted: None });
        }
        let place = format!("v/{}", self.views);
        self.views += 1;
        make_directory(&place)?;
        mount_overlay(ground.mode, &chain, None, &place, MountFlags::RDONLY)
            .map_err(|error| Failure::of("mounting a view", error))?;
        Ok(View { root: opened(&place)?, mounted: Some(place) })
    }

    /// Mounts a branch with `layer` on top.
    pub(super) fn mount(
        &self,
        ground: &Ground,
        (index, branch): (usize, &Branch),
        layer: &Layer,
        target: &str,
    ) -> std::io::Result<()> {
        let chain = self.chain(index, self.kept.len());
        let own = (upper(layer.id, index), work(layer.id, index));
        mount_overlay(ground.mode, &chain, Some(own), target, branch.flags)
    }
}

fn has_no_attributes(mode: Mode, path: &str) -> bool {
    let attributes = Place::root(path).and_then(|top| top.attributes());
    attributes.is_ok_and(|attributes| Marks::of(mode, attributes).seen.is_empty())
}

fn mount_overlay(
    mode: Mode,
    chain: &str,
    writable: Option<(String, String)>,
    target: &str,
    flags: MountFlags,
) -> std::io::Result<()> {
    let mut options = format!("lowerdir={chain}");
    if let Some((upper, work)) = writable {
        options.push_str(&format!(",upperdir={upper},workdir={work},volatile"));
    }
    options.push_str(match mode {
        Mode::RootShifted | Mode::RootIdentity => ",metacopy=on,redirect_dir=on,index=off,xino=off",
        Mode::User => ",userxattr,index=off,xino=off",
    });
    let options = CString::new(options)?;
    let flags = flags | MountFlags::NODEV | MountFlags::NOSUID;
    Ok(mount("overlay", target, "overlay", flags, Some(options.as_c_str()))?)
}

/// Removes a layer's directories; what a run left inside is never followed.
fn remove(layer: usize, branch: usize) {
    let _ = remove_tree(&upper(layer, branch));
    let _ = remove_tree(&work(layer, branch));
}
