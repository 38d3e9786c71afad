//! The tree that runs see, held together in the supervisor's mount namespace; each run gets a copy.

use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::FileType;
use rustix::mount::{UnmountFlags, mount_bind, unmount};

use super::ground::{EMPTY_DIRECTORY, EMPTY_FILE, Ground, Piece, Source};
use super::layers::{Layers, mounted_at};
use super::protocol::Failure;
use super::tree::{Place, file_type};

/// Where the tree stands.
pub(super) const TREE: &str = "m";

/// Mounts every branch that is not mounted, with all that stands below it.
pub(super) fn stand(ground: &Ground, layers: &mut Layers) -> Result<(), Failure> {
    // What earlier runs wrote and nobody kept makes room for what follows.
    layers.clean();
    let down = layers.down();
    let raised = down.iter().try_for_each(|index| layers.raise(ground, *index));
    let stood = raised.and_then(|()| show(ground, layers, &down));
    if stood.is_err() {
        // What is mounted and not in the tree would be missing from every run after this.
        down.iter().for_each(|index| layers.take_down(ground, *index));
    }
    stood
}

/// Mounts every branch for the first time; returns what cannot be shown.
pub(super) fn stand_first(ground: &Ground, layers: &mut Layers) -> Result<Vec<String>, Failure> {
    let notes = layers.raise_all(ground)?;
    let shown: Vec<usize> =
        (0..ground.branches.len()).filter(|index| !layers.is_lost(*index)).collect();
    show(ground, layers, &shown)?;
    Ok(notes)
}

/// Puts branches that were mounted into the tree, with all that stands below them.
fn show(ground: &Ground, layers: &Layers, down: &[usize]) -> Result<(), Failure> {
    let mut done: Vec<&Path> = Vec::new();
    for index in down {
        let top = ground.branches[*index].at.as_path();
        // Everything below comes along, also other branches that changed.
        if done.iter().any(|other| top.starts_with(other)) {
            continue;
        }
        done.push(top);
        for piece in ground.pieces.iter().filter(|piece| piece.at.starts_with(top)) {
            if matches!(piece.from, Source::Branch(index) if layers.is_lost(index)) {
                continue;
            }
            attach(piece)?;
        }
    }
    Ok(())
}

/// Takes what is mounted at a place out of the tree, with all that stands below it.
pub(super) fn detach(top: &Path) {
    if top == Path::new("/") {
        let _ = unmount(TREE, UnmountFlags::DETACH);
    } else if let Ok(target) = target(top) {
        let _ = unmount(descriptor_path(&target), UnmountFlags::DETACH);
    }
}

fn attach(piece: &Piece) -> Result<(), Failure> {
    let source = |target: Option<&OwnedFd>| match &piece.from {
        Source::Branch(index) => mounted_at(*index),
        Source::Mount(place) => place.clone(),
        Source::Nothing => {
            let stat = target.and_then(|target| rustix::fs::fstat(target).ok());
            let file = stat.is_some_and(|stat| file_type(&stat) != FileType::Directory);
            if file { EMPTY_FILE } else { EMPTY_DIRECTORY }.to_owned()
        }
    };
    let failed = |error| {
        Failure::of(&format!("showing {}", piece.at.display()), std::io::Error::from(error))
    };
    if piece.at == Path::new("/") {
        return mount_bind(source(None), TREE).map_err(failed);
    }
    match target(&piece.at) {
        Ok(target) => mount_bind(source(Some(&target)), descriptor_path(&target)).map_err(failed),
        // A run before this one moved the place away, or the host has none.
        Err(_) => Ok(()),
    }
}

/// Opens a place in the tree, whatever hostile links a run left on the way.
fn target(path: &Path) -> std::io::Result<OwnedFd> {
    Place::root(TREE)?.descend(path)?.mount_target()
}

pub(super) fn descriptor_path(descriptor: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", descriptor.as_raw_fd())
}
