//! Makers and checkers of file systems: a real image file is theirs, a device is simulated.

use super::answer::Answer;
use super::book::State;
use super::devices;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const FILESYSTEM: StandIn = StandIn {
    names: &[
        "mke2fs",
        "mkfs",
        "mkfs.ext2",
        "mkfs.ext3",
        "mkfs.ext4",
        "mkfs.xfs",
        "mkfs.btrfs",
        "mkfs.vfat",
        "mkfs.fat",
        "mkswap",
        "fsck",
        "e2fsck",
        "fsck.ext2",
        "fsck.ext3",
        "fsck.ext4",
        "fsck.xfs",
        "xfs_repair",
        "xfs_growfs",
        "resize2fs",
        "tune2fs",
        "e2label",
        "wipefs",
    ],
    real: Real::Sometimes,
    answer: filesystem,
};

fn filesystem(line: &Line, state: &mut State) -> Answer {
    let tool = line.tool.as_str();
    // These name a size or a label behind the device.
    let one = matches!(tool, "mke2fs" | "resize2fs" | "mkswap" | "e2label" | "xfs_growfs")
        || tool.starts_with("mkfs") && tool != "mkfs.btrfs";
    let named = if one { line.operands.get(..1) } else { line.operands.get(..) }
        .unwrap_or_default()
        .to_vec();
    if named.is_empty() {
        return match line.flags.is_empty() || tool == "fsck" {
            true => {
                Answer::quiet().would(format!("{tool} {}", line.words.join(" ")).trim().to_owned())
            }
            false => Answer::hands_over(),
        };
    }
    if named.iter().all(|path| devices::is_image(state, path)) {
        return Answer::hands_over();
    }
    let makes = tool.starts_with("mk") || tool == "wipefs";
    let mut answer = Answer::quiet();
    for path in &named {
        let mount = tool == "xfs_growfs" && state.path(path).is_dir();
        let tagged = path.contains('=');
        if !mount && !tagged && !devices::plausible(state, path) {
            let text = match tool {
                "resize2fs" | "tune2fs" | "e2label" | "e2fsck" | "fsck.ext2" | "fsck.ext3"
                | "fsck.ext4" => {
                    format!("{tool}: No such file or directory while trying to open {path}")
                }
                "mke2fs" | "mkfs.ext2" | "mkfs.ext3" | "mkfs.ext4" => {
                    format!("The file {path} does not exist and no size was specified.")
                }
                _ => format!("{tool}: {path}: No such file or directory"),
            };
            return Answer::fails(if tool.contains("fsck") { 8 } else { 1 }, text);
        }
        let busy = makes && mounted(state, path);
        if busy {
            return Answer::fails(
                1,
                format!("{path} is mounted; will not make a filesystem here!"),
            );
        }
        let what = match tool {
            "wipefs" if !line.has("--all") && !line.has("--offset") => "look for signatures on",
            "wipefs" => "erase the signatures on",
            "mkswap" => "make swap on",
            "tune2fs" if line.has("-l") => "look at the file system on",
            "tune2fs" => "change the parameters of",
            "e2label" => "label",
            "resize2fs" | "xfs_growfs" => "resize the file system on",
            "xfs_repair" if line.has("-n") => "check the file system on",
            "xfs_repair" => "repair the file system on",
            _ if tool.contains("fsck") && line.has("-n") => "check the file system on",
            _ if tool.contains("fsck") => "check and repair the file system on",
            _ => "make a file system over",
        };
        answer.and(Answer::quiet().would(format!("{what} {path}")));
    }
    answer
}

/// Tells whether the mount table names a device.
fn mounted(state: &State, device: &str) -> bool {
    state.read("/proc/mounts").lines().any(|line| line.split(' ').next() == Some(device))
}

#[cfg(test)]
mod tests {
    use super::super::answer::Then;
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn a_device_is_simulated_and_an_image_is_the_real_tools() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("proc")).unwrap();
        std::fs::write(tree.path().join("proc/mounts"), "/dev/vda / ext4 rw 0 0\n").unwrap();
        std::fs::write(
            tree.path().join("proc/partitions"),
            "major minor  #blocks  name\n\n 253 0 10 vda\n 253 1 10 vdb\n",
        )
        .unwrap();
        std::fs::write(tree.path().join("disk.img"), "x").unwrap();
        let mut state = State::new(tree.path());
        for (line, code, would) in [
            ("mkfs.ext4 -q /dev/vdb", 0, "make a file system over /dev/vdb"),
            ("mkfs.ext4 /dev/vda", 1, ""),
            ("mkfs.xfs -f /dev/vdz", 1, ""),
            ("mkfs.ext4 -Z /dev/vdb", 1, "refuse the call"),
            ("mkfs.ext4", 1, "refuse the call"),
            ("e2fsck -n /dev/vdb", 0, "check the file system on /dev/vdb"),
            (
                "fsck.ext4 -fy /dev/mapper/vg0-data",
                0,
                "check and repair the file system on /dev/mapper/vg0-data",
            ),
            ("xfs_repair -L /dev/vdb", 0, "repair the file system on /dev/vdb"),
            ("wipefs -a /dev/vdb", 0, "erase the signatures on /dev/vdb"),
            ("wipefs /dev/vdb", 0, "look for signatures on /dev/vdb"),
            ("resize2fs /dev/vdb 10G", 0, "resize the file system on /dev/vdb"),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!(
                (answer.code, answer.would.join(";")),
                (code, would.to_owned()),
                "{line}: {}",
                answer.err
            );
        }
        for line in ["mkfs.ext4 -q /disk.img", "e2fsck -fn /disk.img"] {
            assert_eq!(ask(line, &mut state).then, Then::HandOver, "{line}");
        }
    }
}
