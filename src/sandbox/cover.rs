//! Puts the stand-ins where the host has the tools, in the layer below a session's own, and keeps the real ones within reach.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Gid, Stat, Uid};
use rustix::mount::mount_bind;

use super::ground::{Ground, OWN, make_directory};
use super::layers::{Layers, upper};
use super::protocol::{Failure, Mode};
use super::reach::{self, Reach};
use super::skeleton::mode_for_caller;
use super::standins;
use super::tree::{Place, copy_attributes};
use crate::tools::PATH;

/// A link to this is a stand-in.
const PROGRAM: &str = "/.blackstart/run";

/// Covers each of the host's tools that has a stand-in by a link to it.
pub(super) fn cover(
    ground: &mut Ground,
    layers: &mut Layers,
    reach: &mut Reach,
) -> Result<(), Failure> {
    let own = format!("l/{}", ground.own);
    make_directory(&format!("{own}/real"))?;
    if !ground.has_standins {
        return Ok(());
    }
    let hidden = reach::hidden(ground);
    let directories: BTreeSet<PathBuf> = PATH
        .split(':')
        .filter_map(|directory| reach::real(Path::new(directory), &hidden))
        .collect();
    let mut covered = BTreeSet::new();
    for directory in &directories {
        let present: Vec<PathBuf> = standins::names()
            .map(|name| directory.join(name))
            .filter(|path| std::fs::symlink_metadata(path).is_ok())
            .collect();
        // A file system that refuses it is covered by `PATH` alone.
        if !present.is_empty() && cover_in(ground, layers, reach, directory, &present).is_ok() {
            covered.extend(present);
        }
    }
    for name in standins::real_names() {
        let found = PATH.split(':').find_map(|directory| {
            reach::real(&Path::new(directory).join(name), &reach::hidden(ground))
        });
        let Some(real) = found else { continue };
        if !covered.contains(&real) {
            let link = format!("{own}/real/{name}");
            std::os::unix::fs::symlink(real, link)
                .map_err(|error| Failure::of("naming a tool", error))?;
        } else {
            keep(ground, &own, name, &real)?;
        }
    }
    Ok(())
}

/// Returns the branch that holds a path, and the path below its top.
fn place_of(ground: &Ground, path: &Path) -> Option<(usize, PathBuf)> {
    let branches = ground.branches.iter().enumerate();
    let (index, branch) = branches
        .filter(|(_, branch)| path.starts_with(&branch.at))
        .max_by_key(|(_, branch)| branch.at.as_os_str().len())?;
    Some((index, path.strip_prefix(&branch.at).ok()?.to_owned()))
}

fn cover_in(
    ground: &Ground,
    layers: &mut Layers,
    reach: &mut Reach,
    directory: &Path,
    tools: &[PathBuf],
) -> std::io::Result<()> {
    let (index, below) =
        place_of(ground, directory).ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?;
    let first = layers
        .first_upper(ground, index)
        .map_err(|failure| std::io::Error::from_raw_os_error(failure.errno))?;
    let mut lower = Place::root(format!("l/{index}").as_str())?;
    let (mut inside, mut outside) =
        (PathBuf::from(upper(first)), ground.branches[index].at.clone());
    let mut made: Vec<(PathBuf, Stat)> = Vec::new();
    for part in &below {
        (inside, outside) = (inside.join(part), outside.join(part));
        lower = lower.child(part.as_bytes())?;
        let mut stat = lower.stat()?.ok_or(std::io::Error::from(std::io::ErrorKind::NotFound))?;
        // It may be there for another directory.
        if std::fs::create_dir(&inside).is_err() && !inside.is_dir() {
            return Err(std::io::ErrorKind::AlreadyExists.into());
        }
        if ground.mode == Mode::User && stat.st_uid != 0 {
            let metadata = std::fs::symlink_metadata(&outside)?;
            stat.st_mode = (stat.st_mode & !0o7777) | mode_for_caller(&outside, &metadata, 0);
            reach.seems(&outside);
        }
        if ground.mode == Mode::User {
            (stat.st_uid, stat.st_gid) = (0, 0);
        }
        made.push((inside.clone(), stat));
    }
    let owner = ground.root_inside();
    for tool in tools {
        let Some(name) = tool.file_name() else { continue };
        let link = inside.join(name);
        std::os::unix::fs::symlink(PROGRAM, &link)?;
        let (user, group) = (Uid::from_raw(owner), Gid::from_raw(owner));
        rustix::fs::chownat(
            CWD,
            &link,
            Some(user),
            Some(group),
            rustix::fs::AtFlags::SYMLINK_NOFOLLOW,
        )?;
    }
    for (inside, stat) in made.iter().rev() {
        copy_attributes(stat, inside)?;
    }
    Ok(())
}

/// Shows a covered tool, read-only, below the sandbox's own directory.
fn keep(ground: &mut Ground, own: &str, name: &str, real: &Path) -> Result<(), Failure> {
    let Some((index, below)) = place_of(ground, real) else {
        return Ok(());
    };
    let failed = |error| Failure::of("keeping a tool", error);
    std::fs::File::create(format!("{own}/real/{name}")).map_err(failed)?;
    ground.show(&Path::new(OWN).join("real").join(name), |place| {
        std::fs::File::create(place).map_err(failed)?;
        mount_bind(Path::new(&format!("l/{index}")).join(below), place)
            .map_err(|error| failed(error.into()))
    })
}
