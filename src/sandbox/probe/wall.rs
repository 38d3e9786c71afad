//! The Landlock rules of a probe: what the kernel itself refuses, whatever the supervisor answers.
#![allow(clippy::disallowed_methods)]

use std::path::{Path, PathBuf};

use landlock::{
    ABI, Access, AccessFs, AccessNet, BitFlags, CompatLevel, Compatible, LandlockStatus,
    PathBeneath, PathFd, Ruleset, RulesetAttr as _, RulesetCreated, RulesetCreatedAttr as _,
    RulesetStatus, Scope,
};

use super::super::protocol::Failure;
use super::super::sys;

/// The oldest Landlock that is used: an older one cannot refuse truncation (Linux 6.2).
pub(super) const LEAST: i32 = 3;

/// Devices that may be opened; reading or writing them changes nothing.
pub(super) const DEVICES: &[(&str, u32, u32)] = &[
    ("/dev/null", 1, 3),
    ("/dev/zero", 1, 5),
    ("/dev/full", 1, 7),
    ("/dev/random", 1, 8),
    ("/dev/urandom", 1, 9),
    ("/dev/tty", 5, 0),
];

/// Tells whether one of [`DEVICES`] may be written to: what goes there is lost, or is seen by the caller.
pub(super) fn writable_device(major: u32, minor: u32) -> bool {
    matches!((major, minor), (1, 3 | 5 | 7) | (5, 0))
}

/// Rules that are ready to hold; made before the run gives up what making them needs.
#[derive(Debug)]
pub(super) struct Wall(RulesetCreated);

impl Wall {
    /// Refuses every write outside `scratch`, reading devices, and where the kernel can: TCP,
    /// sockets by path or abstract name, signals to other processes.
    pub(super) fn around(scratch: &Path) -> Result<Self, Failure> {
        let refused = |error: &dyn std::error::Error| {
            Failure::of("making Landlock rules", std::io::Error::other(error.to_string()))
        };
        let version =
            sys::landlock_version().map_err(|error| Failure::of("using Landlock", error))?;
        if version < LEAST {
            let text = format!("it is version {version}");
            return Err(Failure::of("using Landlock", std::io::Error::other(text)));
        }
        let reads = AccessFs::ReadFile | AccessFs::ReadDir;
        let needed = AccessFs::from_write(ABI::V3) | reads;
        let wished = AccessFs::from_write(ABI::V9);
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(needed)
            .map_err(|error| refused(&error))?
            .set_compatibility(CompatLevel::BestEffort)
            .handle_access(wished)
            .and_then(|rules| rules.handle_access(AccessNet::from_all(ABI::V4)))
            .and_then(|rules| rules.scope(Scope::from_all(ABI::V6)))
            .and_then(Ruleset::create)
            .map_err(|error| refused(&error))?;
        let nodes = AccessFs::MakeChar | AccessFs::MakeBlock | AccessFs::IoctlDev;
        let inside = (wished | reads) & !nodes & !BitFlags::from(AccessFs::ResolveUnix);
        let mut grants =
            vec![(PathBuf::from("/"), AccessFs::ReadDir.into()), (scratch.to_owned(), inside)];
        let top = std::fs::read_dir("/").map_err(|error| Failure::of("reading /", error))?;
        for entry in top.flatten() {
            // Devices are granted one by one: opening a tape or a terminal of somebody has effects.
            if entry.file_name() != "dev" && entry.file_type().is_ok_and(|kind| !kind.is_symlink())
            {
                grants.push((entry.path(), AccessFs::ReadFile.into()));
            }
        }
        for (device, major, minor) in DEVICES {
            let write = if writable_device(*major, *minor) {
                AccessFs::WriteFile | AccessFs::ReadFile
            } else {
                AccessFs::ReadFile.into()
            };
            grants.push((PathBuf::from(device), write));
        }
        grants.push((PathBuf::from("/dev/shm"), AccessFs::ReadFile.into()));
        let mut rules = rules;
        for (path, access) in grants {
            let Ok(place) = PathFd::new(&path) else { continue };
            rules =
                rules.add_rule(PathBeneath::new(place, access)).map_err(|error| refused(&error))?;
        }
        Ok(Self(rules))
    }

    /// Holds from here on, for this process and all it starts; returns the kernel's Landlock version.
    pub(super) fn hold(self) -> Result<i32, Failure> {
        let doing = "restricting by Landlock";
        let status = self
            .0
            .restrict_self()
            .map_err(|error| Failure::of(doing, std::io::Error::other(error.to_string())))?;
        match (status.ruleset, status.landlock) {
            (
                RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced,
                LandlockStatus::Available { effective_abi, .. },
            ) if effective_abi as i32 >= LEAST => Ok(effective_abi as i32),
            (_, _) => Err(Failure::of(doing, std::io::Error::from_raw_os_error(libc::ENOSYS))),
        }
    }
}
