//! The layers of a session: one per kept run, each on top of those before it.
#![allow(clippy::disallowed_methods)]

use std::ffi::CString;

use rustix::fs::Stat;
use rustix::mount::{MountFlags, UnmountFlags, mount, unmount};

use super::assembly;
use super::attributes::Attribute;
use super::entry;
use super::ground::{Ground, OWN, Show, make_directory, not_shown};
use super::protocol::{Failure, Mode};
use super::tree::{Place, Top, copy_attributes, remove_tree};

/// The layer below the session's own.
const FIRST: usize = 0;

/// Part of one branch, and the number of its upper directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) branch: usize,
    pub(super) upper: usize,
}

/// The changes of one run: the branches that have any.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub(super) holds: Vec<Held>,
}

impl Layer {
    /// Returns the number of the upper directory of a branch, where it changed.
    pub(super) fn upper_of(&self, branch: usize) -> Option<usize> {
        self.holds.iter().find(|held| held.branch == branch).map(|held| held.upper)
    }
}

/// The upper directory that runs write to, as it was before any did.
#[derive(Debug)]
struct Live {
    upper: usize,
    top: Stat,
    attributes: Vec<Attribute>,
}

/// The kept layers, oldest first, and the upper directories on top of them. A branch that a run
/// leaves alone keeps its mount and its empty upper for the next run.
#[derive(Debug)]
pub(super) struct Layers {
    kept: Vec<Layer>,
    /// By branch; `None` while it is not mounted.
    live: Vec<Option<Live>>,
    /// Branches whose directory went away before they could be mounted.
    lost: Vec<usize>,
    /// Upper directories that nothing needs any more.
    left_over: Vec<usize>,
    next: usize,
    mode: Mode,
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
            let _ = std::fs::remove_dir(place);
        }
    }
}

/// Returns the path of an upper directory.
pub(super) fn upper(number: usize) -> String {
    format!("u/{number}")
}

fn work(number: usize) -> String {
    format!("u/w{number}")
}

/// Returns where a branch is mounted by itself.
pub(super) fn mounted_at(branch: usize) -> String {
    format!("b/{branch}")
}

impl Layers {
    /// Starts with a layer below the session's own, for directories that must be there beforehand.
    pub(super) fn new(ground: &Ground) -> Result<Self, Failure> {
        let live = ground.branches.iter().map(|_| None).collect();
        let kept = vec![Layer::default()];
        let (lost, left_over) = (Vec::new(), Vec::new());
        let mut layers = Self { kept, live, lost, left_over, next: 0, mode: ground.mode };
        if ground.mode != Mode::User {
            let first = layers.first_upper(ground, 0)?;
            make_directory(&format!("{}{OWN}", upper(first)))?;
        }
        Ok(layers)
    }

    /// Returns the first layer's upper directory of a branch, to add to; the branch is taken down
    /// before, since nothing may change below a mounted overlay.
    pub(super) fn first_upper(&mut self, ground: &Ground, branch: usize) -> Result<usize, Failure> {
        self.take_down(ground, branch);
        if let Some(upper) = self.first_upper_of(branch) {
            return Ok(upper);
        }
        let place = upper(self.next);
        make_directory(&place)?;
        copy_attributes(&ground.branches[branch].top, &place)
            .map_err(|error| Failure::of("making a layer", error))?;
        Place::root(place.as_str())
            .map_err(|error| Failure::of("making a layer", error))?
            .put_attributes(&ground.branches[branch].attributes);
        let held = Held { branch, upper: self.next };
        self.next += 1;
        if let Some(first) = self.kept.get_mut(FIRST) {
            first.holds.push(held);
        }
        Ok(held.upper)
    }

    /// Returns the first layer's upper directory of a branch, if it has one.
    pub(super) fn first_upper_of(&self, branch: usize) -> Option<usize> {
        self.kept.get(FIRST)?.upper_of(branch)
    }

    /// Returns how many layers there are.
    pub(super) fn depth(&self) -> usize {
        self.kept.len()
    }

    /// Returns the layers from `depth` on.
    pub(super) fn since(&self, depth: usize) -> &[Layer] {
        self.kept.get(depth..).unwrap_or_default()
    }

    /// Returns the branches that are not mounted.
    pub(super) fn down(&self) -> Vec<usize> {
        let down = |(index, live): (usize, &Option<Live>)| live.is_none().then_some(index);
        self.live
            .iter()
            .enumerate()
            .filter_map(down)
            .filter(|index| !self.is_lost(*index))
            .collect()
    }

    /// Tells whether a branch cannot be had.
    pub(super) fn is_lost(&self, index: usize) -> bool {
        self.lost.contains(&index)
    }

    /// Mounts every branch for the first time. One that cannot be had is not shown: other programs
    /// remove directories while a session starts. Returns what is not shown.
    pub(super) fn raise_all(&mut self, ground: &Ground) -> Result<Vec<String>, Failure> {
        let mut notes = Vec::new();
        for (index, branch) in ground.branches.iter().enumerate() {
            match self.raise(ground, index) {
                Err(failure) if index == 0 || failure.errno == libc::ENOSPC => return Err(failure),
                Err(failure) if branch.show == Show::Nothing => return Err(failure),
                Err(failure) => {
                    notes.push(not_shown(&branch.at, &failure));
                    self.lost.push(index);
                }
                Ok(()) => {}
            }
        }
        Ok(notes)
    }

    /// Mounts a branch, with the kept layers and a new upper directory, at its own place.
    pub(super) fn raise(&mut self, ground: &Ground, index: usize) -> Result<(), Failure> {
        let branch = &ground.branches[index];
        let failed = |error| Failure::of("making a layer", error);
        let number = self.next;
        let (above, work) = (upper(number), work(number));
        let (top, attributes) = match self.newest(index, self.kept.len()) {
            Some(newest) => {
                let place = Place::root(upper(newest).as_str()).map_err(failed)?;
                let top = place.stat().map_err(failed)?.unwrap_or(branch.top);
                (top, payloads(ground.mode, &place).map_err(failed)?)
            }
            None => (branch.top, branch.attributes.clone()),
        };
        self.next += 1;
        self.left_over.push(number);
        make_directory(&above)?;
        make_directory(&work)?;
        let place = Place::root(above.as_str()).map_err(failed)?;
        place.put_attributes(&attributes);
        copy_attributes(&top, &above).map_err(failed)?;
        let chain = self.chain(index, self.kept.len());
        let target = mounted_at(index);
        let writable = Some((above.as_str(), work.as_str()));
        mount_overlay(ground.mode, &chain, writable, &target, branch.flags).map_err(|error| {
            Failure::of(&format!("mounting the overlay of {}", branch.at.display()), error)
        })?;
        self.left_over.pop();
        let top = rustix::fs::lstat(above.as_str()).map_err(|error| failed(error.into()))?;
        let attributes = match attributes.is_empty() {
            true => attributes,
            false => payloads(ground.mode, &place).map_err(failed)?,
        };
        self.live[index] = Some(Live { upper: number, top, attributes });
        Ok(())
    }

    /// Takes a branch out of the tree; its upper directory is left over unless it is kept.
    pub(super) fn take_down(&mut self, ground: &Ground, index: usize) {
        if let Some(live) = self.live[index].take() {
            assembly::detach(&ground.branches[index].at);
            let _ = unmount(mounted_at(index), UnmountFlags::DETACH);
            let kept = self
                .kept
                .iter()
                .any(|layer| layer.holds.contains(&Held { branch: index, upper: live.upper }));
            if kept {
                let _ = remove_tree(&work(live.upper));
            } else {
                self.left_over.push(live.upper);
            }
        }
    }

    /// Removes the directories that nothing needs; what a run left inside is never followed.
    pub(super) fn clean(&mut self) {
        for number in self.left_over.drain(..) {
            let _ = remove_tree(&upper(number));
            let _ = remove_tree(&work(number));
        }
    }

    /// Returns the attributes that the top directory of a branch had before the run.
    pub(super) fn top_before(&self, index: usize) -> Option<(&Stat, &[Attribute])> {
        self.live[index].as_ref().map(|live| (&live.top, live.attributes.as_slice()))
    }

    /// Returns what the run wrote to: the branches that it did not leave as they were.
    pub(super) fn written(&self) -> Layer {
        let live = self.live.iter().enumerate();
        let holds = live.filter_map(|(branch, live)| {
            let live = live.as_ref()?;
            changed(self.mode, live).then_some(Held { branch, upper: live.upper })
        });
        Layer { holds: holds.collect() }
    }

    /// Keeps what a run wrote as the new top.
    pub(super) fn keep(&mut self, layer: Layer) {
        self.kept.push(layer);
    }

    /// Forgets the newest layer; its branches are taken down.
    pub(super) fn discard_top(&mut self, ground: &Ground) {
        let layer = self.kept.pop().unwrap_or_default();
        for held in &layer.holds {
            self.take_down(ground, held.branch);
            self.left_over.push(held.upper);
        }
    }

    /// Returns the upper directory of the newest of the first `depth` layers that has one.
    fn newest(&self, branch: usize, depth: usize) -> Option<usize> {
        let layers = &self.kept[..depth.min(self.kept.len())];
        layers.iter().rev().find_map(|layer| layer.upper_of(branch))
    }

    /// Returns the lower directories of a branch as it is at `depth`, newest first.
    fn chain(&self, branch: usize, depth: usize) -> String {
        let mut chain = String::new();
        for layer in self.kept[..depth.min(self.kept.len())].iter().rev() {
            if let Some(number) = layer.upper_of(branch) {
                chain.push_str(&upper(number));
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
        let place = format!("v/{}", self.next);
        self.next += 1;
        make_directory(&place)?;
        mount_overlay(ground.mode, &chain, None, &place, MountFlags::RDONLY)
            .map_err(|error| Failure::of("mounting a view", error))?;
        Ok(View { root: opened(&place)?, mounted: Some(place) })
    }
}

/// Tells whether an upper directory holds anything, or is not what it was.
fn changed(mode: Mode, live: &Live) -> bool {
    let Ok(top) = Top::look(&upper(live.upper)) else {
        return true;
    };
    let rights = |stat: &Stat| (stat.st_mode, stat.st_uid, stat.st_gid);
    let kept = entry::payloads(mode, top.attributes) == live.attributes;
    rights(&top.stat) != rights(&live.top) || !kept || !top.is_empty
}

/// Returns the attributes of an upper directory that are not the overlay's own.
pub(super) fn payloads(mode: Mode, place: &Place) -> std::io::Result<Vec<Attribute>> {
    Ok(entry::payloads(mode, place.attributes()?))
}

fn mount_overlay(
    mode: Mode,
    chain: &str,
    writable: Option<(&str, &str)>,
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
