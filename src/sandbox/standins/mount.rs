//! mount, umount, findmnt, mountpoint, swapon, swapoff: places that calls mounted or unmounted.
#![allow(clippy::disallowed_methods)]

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::book::State;
use super::devices;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const MOUNT: StandIn = StandIn {
    names: &["mount", "umount", "findmnt", "mountpoint", "swapon", "swapoff"],
    real: Real::Sometimes,
    answer: dispatch,
};

/// What calls made of places: mounted from a source with a type and options, or unmounted (`None`).
type Mounts = BTreeMap<String, Option<Mounted>>;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mounted {
    source: String,
    kind: String,
    options: String,
}

fn dispatch(line: &Line, state: &mut State) -> Answer {
    let changes = match line.tool.as_str() {
        "mount" => !line.words.is_empty() && !line.words.iter().all(|word| word.starts_with("-l")),
        "umount" | "swapoff" => true,
        "swapon" => !line.has("--show") && !line.has("--summary") && !line.words.is_empty(),
        _ => false,
    };
    if changes && !state.is_root() {
        let at = line.operands.last().map_or("", String::as_str);
        return match line.tool.as_str() {
            "mount" => Answer::fails(1, format!("mount: {at}: must be superuser to use mount.")),
            "umount" => Answer::fails(32, format!("umount: {at}: must be superuser to unmount.")),
            tool => Answer::fails(255, format!("{tool}: {at}: Operation not permitted")),
        };
    }
    match line.tool.as_str() {
        "mount" => mount(line, state),
        "umount" => umount(line, state),
        "findmnt" => findmnt(line, state),
        "mountpoint" => mountpoint(line, state),
        _ => swap(line, state),
    }
}

fn clean(path: &str) -> String {
    let trimmed = path.trim_end_matches('/');
    if trimmed.is_empty() { "/".to_owned() } else { trimmed.to_owned() }
}

/// Undoes the octal escapes of mount tables for a space.
fn plain(field: &str) -> String {
    field.replace("\\040", " ")
}

/// The host's mounts that are shown inside, as source, place, type and options.
fn real(state: &State) -> Vec<(String, Mounted)> {
    let table = state.read("/proc/mounts");
    let row = |line: &str| {
        let mut fields = line.split(' ');
        let (source, at) = (plain(fields.next()?), plain(fields.next()?));
        let (kind, options) = (fields.next()?.to_owned(), fields.next()?.to_owned());
        Some((at, Mounted { source, kind, options }))
    };
    table.lines().filter_map(row).filter(|(at, _)| !at.starts_with("/.blackstart")).collect()
}

/// Rows of fstab(5): source, place, type, options.
fn fstab(state: &State, file: &str) -> Vec<(String, Mounted)> {
    let row = |line: &str| {
        let mut fields = line.split('#').next()?.split_whitespace();
        let (source, at) = (plain(fields.next()?), clean(&plain(fields.next()?)));
        let kind = fields.next().unwrap_or("auto").to_owned();
        let options = fields.next().unwrap_or("defaults").to_owned();
        Some((at, Mounted { source, kind, options }))
    };
    state.read(file).lines().filter_map(row).collect()
}

fn mounted(state: &State, mounts: &Mounts, at: &str) -> Option<Mounted> {
    match mounts.get(at) {
        Some(known) => known.clone(),
        None => {
            real(state).into_iter().rev().find(|(place, _)| place == at).map(|(_, mounted)| mounted)
        }
    }
}

fn mount(line: &Line, state: &mut State) -> Answer {
    let mut mounts = state.get::<Mounts>("mounts");
    let table = line.value("--fstab").unwrap_or("/etc/fstab").to_owned();
    let mut words: Vec<String> = line.operands.clone();
    if let Some(target) = line.value("--target") {
        words.push(target.to_owned());
    }
    let source = line
        .value("--source")
        .map(str::to_owned)
        .or(line.value("--label").map(|label| format!("LABEL={label}")))
        .or(line.value("--uuid").map(|uuid| format!("UUID={uuid}")));
    if let Some(source) = source {
        words.insert(0, source);
    }
    if line.has("--all") {
        let mut answer = Answer::quiet();
        for (at, row) in fstab(state, &table) {
            let skip = row.options.split(',').any(|one| one == "noauto")
                || row.kind == "swap"
                || at == "none";
            let kind = line
                .value("--types")
                .is_none_or(|kinds| kinds.split(',').any(|kind| kind == row.kind));
            if !skip && kind && mounted(state, &mounts, &at).is_none() {
                answer.and(Answer::quiet().would(format!("mount {} at {at}", row.source)));
                mounts.insert(at, Some(row));
            }
        }
        state.set("mounts", &mounts);
        return answer;
    }
    let options = line.values("--options").join(",");
    match words.as_slice() {
        [] => list(line, state, &mounts),
        // A change of how something spreads: nothing to keep.
        [at] if line
            .flags
            .iter()
            .any(|flag| flag.names.iter().any(|name| name.starts_with("--make-"))) =>
        {
            Answer::quiet().would(format!("change how mounts spread at {at}"))
        }
        [one] => {
            let one = clean(one);
            if options.split(',').any(|option| option == "remount") {
                return remount(state, &mut mounts, &one, &options);
            }
            let row =
                fstab(state, &table).into_iter().find(|(at, row)| *at == one || row.source == one);
            let Some((at, row)) = row else {
                return Answer::fails(1, format!("mount: {one}: can't find in {table}."));
            };
            place(line, state, mounts, row, &at)
        }
        [source, at] => {
            let at = clean(at);
            if options.split(',').any(|option| option == "remount") {
                return remount(state, &mut mounts, &at, &options);
            }
            let kind = line.value("--types").unwrap_or("auto").to_owned();
            place(line, state, mounts, Mounted { source: source.clone(), kind, options }, &at)
        }
        _ => Answer::fails(1, "mount: bad usage\nTry 'mount --help' for more information."),
    }
}

fn remount(state: &mut State, mounts: &mut Mounts, at: &str, options: &str) -> Answer {
    let Some(mut found) = mounted(state, mounts, at) else {
        return Answer::fails(32, format!("mount: {at}: mount point not mounted or bad option."));
    };
    found.options = options.to_owned();
    mounts.insert(at.to_owned(), Some(found));
    state.set("mounts", mounts);
    Answer::quiet().would(format!("remount {at} with {options}"))
}

/// Types that need no device.
const NODEV: &[&str] =
    &["tmpfs", "proc", "sysfs", "overlay", "devpts", "cgroup", "cgroup2", "ramfs", "bpf", "mqueue"];

fn place(line: &Line, state: &mut State, mut mounts: Mounts, row: Mounted, at: &str) -> Answer {
    let makes = line.has("--mkdir") || row.options.contains("X-mount.mkdir");
    if makes {
        let _ = std::fs::create_dir_all(state.here(at));
    }
    if !state.here(at).exists() {
        return Answer::fails(32, format!("mount: {at}: mount point does not exist."));
    }
    let binds = ["--bind", "--rbind", "--move"].iter().any(|flag| line.has(flag))
        || row.options.split(',').any(|option| matches!(option, "bind" | "rbind"));
    let remote = row.source.contains(":/") || row.source.starts_with("//");
    let named = ["UUID=", "LABEL=", "PARTUUID=", "PARTLABEL=", "ID="]
        .iter()
        .any(|tag| row.source.starts_with(tag));
    let there = if binds {
        state.here(&row.source).exists()
    } else {
        remote
            || named
            || NODEV.contains(&row.kind.as_str())
            || row.kind.starts_with("fuse")
            || devices::plausible(state, &row.source)
            || !row.source.contains('/')
    };
    if !there {
        return Answer::fails(
            32,
            format!("mount: {at}: special device {} does not exist.", row.source),
        );
    }
    if !binds
        && mounted(state, &mounts, at)
            .is_some_and(|known| known.source == row.source && row.source.starts_with("/dev/"))
    {
        return Answer::fails(32, format!("mount: {at}: {} already mounted on {at}.", row.source));
    }
    if line.has("--fake") {
        return Answer::quiet();
    }
    let would = format!("mount {} at {at}", row.source);
    mounts.insert(at.to_owned(), Some(row));
    state.set("mounts", &mounts);
    Answer::quiet().would(would)
}

/// Every mount, with what calls changed.
fn all(state: &State, mounts: &Mounts) -> Vec<(String, Mounted)> {
    let mut rows: Vec<(String, Mounted)> =
        real(state).into_iter().filter(|(at, _)| !mounts.contains_key(at)).collect();
    rows.extend(mounts.iter().filter_map(|(at, known)| Some((at.clone(), known.clone()?))));
    rows
}

fn list(line: &Line, state: &State, mounts: &Mounts) -> Answer {
    let kinds = line.value("--types");
    let mut text = String::new();
    for (at, row) in all(state, mounts) {
        if kinds.is_none_or(|kinds| kinds.split(',').any(|kind| kind == row.kind)) {
            let options = if row.options.is_empty() { "rw" } else { &row.options };
            text.push_str(&format!("{} on {at} type {} ({options})\n", row.source, row.kind));
        }
    }
    Answer::prints(text)
}

fn umount(line: &Line, state: &mut State) -> Answer {
    let mut mounts = state.get::<Mounts>("mounts");
    if line.has("--all") {
        return Answer::quiet().would("unmount everything that can be unmounted");
    }
    if line.operands.is_empty() {
        return Answer::fails(1, "umount: bad usage\nTry 'umount --help' for more information.");
    }
    let mut answer = Answer::quiet();
    for word in &line.operands {
        let rows = all(state, &mounts);
        let found: Vec<&String> = rows
            .iter()
            .filter(|(at, row)| *at == clean(word) || row.source == *word)
            .map(|(at, _)| at)
            .collect();
        let Some(at) = found.last().map(|at| (*at).clone()) else {
            let known = state.here(word).exists() || word.starts_with("/dev/");
            let why = if known { "not mounted" } else { "no mount point specified" };
            let said = Answer::fails(32, format!("umount: {word}: {why}."));
            answer.and(if line.has("--quiet") && known {
                Answer { err: String::new(), ..said }
            } else {
                said
            });
            continue;
        };
        let below = format!("{}/", at.trim_end_matches('/'));
        let inner: Vec<String> = rows
            .iter()
            .filter(|(other, _)| other.starts_with(&below) && *other != at)
            .map(|(other, _)| other.clone())
            .collect();
        if !inner.is_empty() && !line.has("--recursive") && !line.has("--lazy") {
            answer.and(Answer::fails(32, format!("umount: {at}: target is busy.")));
            continue;
        }
        for other in inner {
            mounts.insert(other, None);
        }
        mounts.insert(at.clone(), None);
        answer.and(Answer::quiet().would(format!("unmount {at}")));
    }
    state.set("mounts", &mounts);
    answer
}

fn mountpoint(line: &Line, state: &mut State) -> Answer {
    let mounts = state.get::<Mounts>("mounts");
    let at = clean(line.operand(0));
    let Some(known) = mounts.get(&at).filter(|_| !line.has("--devno") && !line.has("--fs-devno"))
    else {
        return Answer::hands_over();
    };
    let is = known.is_some();
    let text = format!("{at} is {}a mountpoint", if is { "" } else { "not " });
    let said = if line.has("--quiet") { String::new() } else { text };
    Answer { code: if is { 0 } else { 32 }, ..Answer::prints(said) }
}

fn findmnt(line: &Line, state: &mut State) -> Answer {
    let mounts = state.get::<Mounts>("mounts");
    let own = ["--fstab", "--verify", "--tab-file", "--poll"].iter().any(|flag| line.has(flag));
    if mounts.is_empty() || own {
        return Answer::hands_over();
    }
    let mut wanted: Vec<String> = line.operands.iter().map(|word| clean(word)).collect();
    wanted.extend(line.values("--mountpoint").into_iter().map(clean));
    let source = line.value("--source");
    let rows = all(state, &mounts);
    let target = line.value("--target").map(clean);
    // The deepest mount that holds the path.
    let holder = target.and_then(|path| {
        let holds = |at: &str| at == "/" || path == at || path.starts_with(&format!("{at}/"));
        rows.iter().map(|(at, _)| at.clone()).filter(|at| holds(at)).max_by_key(String::len)
    });
    let fits = |at: &String, row: &Mounted| {
        wanted.iter().all(|word| word == at || *word == row.source)
            && source.is_none_or(|source| source == row.source)
            && holder.as_ref().is_none_or(|holder| holder == at)
            && line
                .value("--types")
                .is_none_or(|kinds| kinds.split(',').any(|kind| kind == row.kind))
    };
    let fields: Vec<&str> =
        line.value("--output").unwrap_or("TARGET,SOURCE,FSTYPE,OPTIONS").split(',').collect();
    let mut text = String::new();
    for (at, row) in rows.iter().filter(|(at, row)| fits(at, row)) {
        let values = fields.iter().map(|field| match field.to_ascii_uppercase().as_str() {
            "TARGET" => at.as_str(),
            "SOURCE" => &row.source,
            "FSTYPE" => &row.kind,
            "OPTIONS" | "VFS-OPTIONS" | "FS-OPTIONS" => &row.options,
            _ => "",
        });
        text.push_str(&values.collect::<Vec<_>>().join(" "));
        text.push('\n');
    }
    if text.is_empty() {
        return Answer { code: 1, ..Answer::quiet() };
    }
    if !line.has("--noheadings") {
        text.insert_str(0, &format!("{}\n", fields.join(" ")));
    }
    Answer::prints(text)
}

fn swap(line: &Line, state: &mut State) -> Answer {
    let on = line.tool == "swapon";
    if on && (line.has("--show") || line.has("--summary") || line.words.is_empty()) {
        return Answer::hands_over();
    }
    if line.has("--all") {
        return Answer::quiet().would(format!("{} all swap", line.tool));
    }
    if line.operands.is_empty() && !line.has("-L") && !line.has("-U") {
        return Answer::fails(
            16,
            format!("{0}: bad usage\nTry '{0} --help' for more information.", line.tool),
        );
    }
    for device in &line.operands {
        let named = device.contains('=');
        if !named && !devices::plausible(state, device) {
            return Answer::fails(
                if on { 255 } else { 4 },
                format!("{}: cannot open {device}: No such file or directory", line.tool),
            );
        }
    }
    Answer::quiet().would(format!("{} {}", line.tool, line.operands.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::answer::Then;
    use super::super::tests::{answers, ask};
    use super::*;

    #[test]
    fn a_place_is_mounted_until_it_is_unmounted() {
        let tree = tempfile::tempdir().unwrap();
        for directory in ["proc", "etc", "mnt/a", "srv", "mnt/old"] {
            std::fs::create_dir_all(tree.path().join(directory)).unwrap();
        }
        std::fs::write(
            tree.path().join("proc/mounts"),
            "/dev/vda / ext4 rw 0 0\n/dev/vdb /mnt/old ext4 rw 0 0\n",
        )
        .unwrap();
        std::fs::write(
            tree.path().join("proc/partitions"),
            "major minor  #blocks  name\n\n 253 0 10 vda\n 253 1 10 vdb\n 253 2 10 vdc\n",
        )
        .unwrap();
        std::fs::write(
            tree.path().join("etc/fstab"),
            "/dev/vdc /srv xfs noatime 0 2\nnas:/x /nas nfs noauto 0 0\n",
        )
        .unwrap();
        let mut state = State::new(tree.path());
        for (line, code, said) in [
            ("mount /dev/vdc /mnt/a", 0, ""),
            ("mount /dev/vdc /mnt/a", 32, "already mounted"),
            ("findmnt -n -o SOURCE /mnt/a", 0, "/dev/vdc\n"),
            ("findmnt -no FSTYPE -T /mnt/a/x/y", 0, "auto\n"),
            ("findmnt /mnt/none", 1, ""),
            ("mountpoint -q /mnt/a", 0, ""),
            ("umount /mnt/a", 0, ""),
            ("mountpoint /mnt/a", 32, "is not a mountpoint"),
            ("umount /mnt/a", 32, "not mounted"),
            ("umount /nowhere", 32, "no mount point specified"),
            ("umount /mnt/old", 0, ""),
            ("mount", 0, "/dev/vda on / type ext4 (rw)\n"),
            ("mount /dev/vdz /mnt/a", 32, "special device /dev/vdz does not exist"),
            ("mount /dev/vdb /mnt/missing", 32, "mount point does not exist"),
            ("mount -m /dev/vdb /mnt/missing", 0, ""),
            ("mount /srv", 0, ""),
            ("mount /nope", 1, "can't find in /etc/fstab"),
            ("mount -o remount,ro /srv", 0, ""),
            ("findmnt -no OPTIONS /srv", 0, "remount,ro"),
            ("mount -o remount,ro /mnt/a", 32, "not mounted"),
            ("mount -t tmpfs none /mnt/a", 0, ""),
            ("mount --bind /srv /mnt/a", 0, ""),
            ("mount --frob /srv", 1, "unrecognized option '--frob'"),
            ("umount -l /dev/vdc", 0, ""),
            ("umount", 1, "bad usage"),
            ("swapoff -a", 0, ""),
            ("swapon /dev/vdz", 255, "No such file"),
        ] {
            answers(line, &mut state, code, said);
        }
    }

    #[test]
    fn what_calls_did_not_touch_is_asked_of_the_real_tool() {
        let mut state = State::new("/nonexistent");
        for line in ["findmnt /srv", "mountpoint /srv", "swapon --show"] {
            assert_eq!(ask(line, &mut state).then, Then::HandOver, "{line}");
        }
    }
}
