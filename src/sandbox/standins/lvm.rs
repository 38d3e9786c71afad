//! The LVM commands: volumes that calls made, renamed or removed; all others are taken as there.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::book::State;
use super::devices;
use super::{Real, StandIn, base_name};
use crate::tools::usage::{LVM_COMMANDS, Line};

pub(super) const LVM: StandIn = StandIn { names: LVM_COMMANDS, real: Real::Never, answer: lvm };

/// A volume or a group that calls changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
enum Thing {
    /// Made by a call, with its size as given and its origin.
    Made { size: String, origin: String },
    /// Removed by a call.
    Gone,
}

/// By `VG/LV`, by `VG`, by path of a physical volume.
type Things = BTreeMap<String, Thing>;

/// `/dev/vg0/data`, `vg0/data` and `/dev/mapper/vg0-data` are one volume.
fn volume(name: &str) -> String {
    if let Some(mapped) = name.strip_prefix("/dev/mapper/") {
        // A hyphen in a name is doubled there.
        let marked = mapped.replace("--", "\0");
        return marked.replacen('-', "/", 1).replace('\0', "-");
    }
    name.strip_prefix("/dev/").unwrap_or(name).trim_matches('/').to_owned()
}

fn lvm(line: &Line, state: &mut State) -> Answer {
    if !state.is_root() {
        return Answer::fails(
            5,
            "  WARNING: Running as a non-root user. Functionality may be unavailable.\n  /run/lock/lvm/P_global:aux: open failed: Permission denied",
        );
    }
    let mut things = state.get::<Things>("lvm");
    let answer = match line.tool.as_str() {
        "lvs" | "vgs" | "pvs" | "lvdisplay" | "vgdisplay" | "pvdisplay" | "lvscan" | "vgscan"
        | "pvscan" | "pvck" | "vgck" => report(line, &things),
        "lvcreate" => create(line, state, &mut things),
        "lvremove" | "vgremove" => remove(line, state, &mut things),
        "lvrename" | "vgrename" => rename(line, state, &mut things),
        "vgcreate" | "pvcreate" | "vgextend" => take_devices(line, state, &mut things),
        _ => on_each(line, &things),
    };
    if answer.code == 0 && !line.has("--test") {
        state.set("lvm", &things);
    }
    answer
}

fn gone(things: &Things, name: &str) -> bool {
    let group = name.split('/').next().unwrap_or(name);
    [name, group].iter().any(|name| things.get(*name) == Some(&Thing::Gone))
}

fn not_found(name: &str) -> Answer {
    match name.split_once('/') {
        Some((group, volume)) => {
            Answer::fails(5, format!("  Failed to find logical volume \"{group}/{volume}\""))
        }
        None => Answer::fails(
            5,
            format!("  Volume group \"{name}\" not found\n  Cannot process volume group {name}"),
        ),
    }
}

/// Only what calls made is known; the machine's own volumes cannot be listed from inside.
fn report(line: &Line, things: &Things) -> Answer {
    for name in line.operands.iter().map(|name| volume(name)) {
        if gone(things, &name) {
            return not_found(&name);
        }
    }
    let wanted = |name: &str| {
        line.operands.is_empty()
            || line
                .operands
                .iter()
                .map(|one| volume(one))
                .any(|one| name == one || name.starts_with(&format!("{one}/")))
    };
    let level = |name: &str| match line.tool.as_bytes()[0] {
        b'l' => name.contains('/') && !name.starts_with('/'),
        b'v' => !name.contains('/'),
        _ => name.starts_with('/'),
    };
    let mut rows: Vec<(String, String, String)> = things
        .iter()
        .filter(|(name, _)| level(name) && wanted(name))
        .filter_map(|(name, thing)| match thing {
            Thing::Made { size, origin } => Some((name.clone(), size.clone(), origin.clone())),
            Thing::Gone => None,
        })
        .collect();
    // A name that was asked for and not removed is there on a machine in order.
    for name in line.operands.iter().map(|name| volume(name)) {
        let known =
            rows.iter().any(|(row, _, _)| *row == name || row.starts_with(&format!("{name}/")));
        if !known && level(&name) {
            rows.push((name, String::new(), String::new()));
        }
    }
    let fields = line.value("--options").unwrap_or("").trim_start_matches('+');
    let fields: Vec<&str> = if fields.is_empty() {
        vec!["name", "vg_name", "size"]
    } else {
        fields.split(',').collect()
    };
    let mut text = String::new();
    if !line.has("--noheadings") && !rows.is_empty() {
        text.push_str(&format!("  {}\n", fields.join(" ").to_uppercase()));
    }
    for (name, size, origin) in rows {
        let (group, own) = name.split_once('/').unwrap_or((&name, &name));
        let values: Vec<&str> = fields
            .iter()
            .map(|field| match *field {
                "vg_name" | "vgname" => group,
                "lv_size" | "vg_size" | "pv_size" | "size" => &size,
                "origin" => &origin,
                "lv_full_name" | "full_name" => &name,
                "name" | "lv_name" | "pv_name" => own,
                _ => "",
            })
            .collect();
        text.push_str(&format!("  {}\n", values.join(line.value("--separator").unwrap_or(" "))));
    }
    Answer::prints(text)
}

fn create(line: &Line, state: &mut State, things: &mut Things) -> Answer {
    let snapshot = line.has("--snapshot") || line.value("--type") == Some("snapshot");
    let thin =
        line.has("--thin") || line.has("--virtualsize") || line.value("--type") == Some("thin");
    let first = line.operands.first().map(|name| volume(name));
    let Some(first) = first.or_else(|| {
        line.value("--name")
            .and_then(|name| name.split_once('/'))
            .map(|(group, _)| group.to_owned())
    }) else {
        return Answer::fails(
            3,
            "  Please provide a volume group name\n  Run `lvcreate --help' for more information.",
        );
    };
    if gone(things, &first) {
        return not_found(&first);
    }
    let size = line.value("--size").or(line.value("--extents")).or(line.value("--virtualsize"));
    if size.is_none() && !thin && !snapshot {
        return Answer::fails(
            3,
            "  Please specify either size or extents.\n  Run `lvcreate --help' for more information.",
        );
    }
    if line.has("--size") && line.has("--extents") {
        return Answer::fails(3, "  Please specify either size or extents (not both).");
    }
    if let Some(size) = line.value("--size").filter(|size| !is_size(size)) {
        return Answer::fails(
            3,
            format!(
                "  Invalid argument for --size: {size}\n  Error during parsing of command line."
            ),
        );
    }
    if snapshot && !first.contains('/') && !line.has("--virtualsize") {
        return Answer::fails(
            3,
            "  Command requires an origin: a snapshot is taken of a logical volume.",
        );
    }
    let group = first.split('/').next().unwrap_or(&first).to_owned();
    let own = line.value("--name").map_or_else(
        || "lvol0".to_owned(),
        |name| {
            let full = volume(name);
            base_name(&full).to_owned()
        },
    );
    let name = format!("{group}/{own}");
    if matches!(things.get(&name), Some(Thing::Made { .. })) || snapshot && name == first {
        return Answer::fails(
            5,
            format!("  Logical Volume \"{own}\" already exists in volume group \"{group}\""),
        );
    }
    let origin =
        if snapshot { first.split('/').nth(1).unwrap_or("").to_owned() } else { String::new() };
    let made = Thing::Made { size: size.unwrap_or("").to_owned(), origin };
    things.insert(name.clone(), made);
    devices::make(state, &format!("/dev/{name}"));
    let what = if snapshot {
        format!("take snapshot {name} of {first}")
    } else {
        format!("create volume {name}")
    };
    Answer::prints(format!("  Logical volume \"{own}\" created.")).would(what)
}

/// `10G`, `1.5t`, `500m`, `+10%FREE` (lvm(8), "Size").
fn is_size(text: &str) -> bool {
    let number = text.trim_start_matches(['+', '-']);
    let digits = number.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = &number[digits.len()..];
    digits.parse::<f64>().is_ok()
        && unit.len() <= 3
        && (unit.is_empty() || "bBsSkKmMgGtTpPeE".contains(&unit[..1]))
}

fn remove(line: &Line, state: &mut State, things: &mut Things) -> Answer {
    if line.operands.is_empty() && !line.has("--select") {
        return Answer::fails(
            3,
            "  Please enter one or more logical volume paths.\n  Run `lvremove --help' for more information.",
        );
    }
    let mut answer = Answer::quiet();
    for name in line.operands.iter().map(|name| volume(name)) {
        if gone(things, &name) {
            answer.and(not_found(&name));
            continue;
        }
        // Without a terminal the question whether to remove an active volume is answered by no.
        if !line.has("--yes") && !line.has("--force") {
            answer.and(Answer::fails(5, format!("  Logical volume {name} not removed.")));
            continue;
        }
        if line.tool == "vgremove" || !name.contains('/') {
            things.retain(|other, _| !other.starts_with(&format!("{name}/")));
        }
        if line.tool == "vgremove" || name.contains('/') {
            things.insert(name.clone(), Thing::Gone);
        }
        devices::remove(state, &format!("/dev/{name}"));
        let what = if line.tool == "vgremove" { "Volume group" } else { "Logical volume" };
        let own = base_name(&name);
        answer.and(
            Answer::prints(format!("  {what} \"{own}\" successfully removed"))
                .would(format!("remove {name}")),
        );
    }
    answer
}

fn rename(line: &Line, state: &mut State, things: &mut Things) -> Answer {
    let (from, to) = match line.operands.as_slice() {
        [group, from, to] => {
            let group = volume(group);
            (format!("{group}/{}", base_name(from)), format!("{group}/{}", base_name(to)))
        }
        [from, to] if line.tool == "lvrename" => {
            let from = volume(from);
            let Some((group, _)) = from.split_once('/') else {
                return Answer::fails(3, "  Path required for Logical Volume \"\"");
            };
            let to = format!("{group}/{}", base_name(to));
            (from, to)
        }
        [from, to] => (volume(from), volume(to)),
        _ => return Answer::fails(3, "  Old and new logical volume names required"),
    };
    if gone(things, &from) {
        return not_found(&from);
    }
    if matches!(things.get(&to), Some(Thing::Made { .. })) {
        return Answer::fails(5, format!("  Logical Volume \"{}\" already exists", base_name(&to)));
    }
    let moved = match things.get(&from) {
        Some(made @ Thing::Made { .. }) => made.clone(),
        Some(Thing::Gone) | None => Thing::Made { size: String::new(), origin: String::new() },
    };
    things.insert(from.clone(), Thing::Gone);
    things.insert(to.clone(), moved);
    devices::remove(state, &format!("/dev/{from}"));
    devices::make(state, &format!("/dev/{to}"));
    Answer::prints(format!("  Renamed \"{}\" to \"{}\"", base_name(&from), base_name(&to)))
        .would(format!("rename {from} to {to}"))
}

fn take_devices(line: &Line, state: &mut State, things: &mut Things) -> Answer {
    let (group, disks) = match line.tool.as_str() {
        "pvcreate" => (None, line.operands.as_slice()),
        _ => (line.operands.first().cloned(), line.operands.get(1..).unwrap_or_default()),
    };
    if let Some(group) = &group {
        let exists = matches!(things.get(group), Some(Thing::Made { .. }));
        if line.tool == "vgcreate" && exists {
            return Answer::fails(5, format!("  A volume group called {group} already exists."));
        }
        if line.tool == "vgextend" && gone(things, group) {
            return not_found(group);
        }
        if disks.is_empty() {
            return Answer::fails(3, "  Please enter physical volume name(s)");
        }
    }
    for disk in disks {
        if !devices::plausible(state, disk) {
            return Answer::fails(5, format!("  No device found for {disk}."));
        }
    }
    let made = Thing::Made { size: String::new(), origin: String::new() };
    for disk in disks {
        things.insert(disk.clone(), made.clone());
    }
    let said = match (&group, line.tool.as_str()) {
        (Some(group), "vgcreate") => {
            things.insert(group.clone(), made);
            format!("  Volume group \"{group}\" successfully created")
        }
        (Some(group), _) => format!("  Volume group \"{group}\" successfully extended"),
        (None, _) => {
            let each = disks
                .iter()
                .map(|disk| format!("  Physical volume \"{disk}\" successfully created."));
            each.collect::<Vec<_>>().join("\n")
        }
    };
    Answer::prints(said).would(format!("{} {}", line.tool, line.operands.join(" ")))
}

/// What changes a volume or a group without making or ending it.
fn on_each(line: &Line, things: &Things) -> Answer {
    let sized = matches!(line.tool.as_str(), "lvextend" | "lvreduce" | "lvresize");
    if sized
        && !["--size", "--extents", "--poolmetadatasize", "--usepolicies"]
            .iter()
            .any(|flag| line.has(flag))
    {
        return Answer::fails(
            3,
            format!(
                "  Please specify either size or extents.\n  Run `{} --help' for more information.",
                line.tool
            ),
        );
    }
    if let Some(size) = line.value("--size").filter(|size| !is_size(size)) {
        return Answer::fails(
            3,
            format!(
                "  Invalid argument for --size: {size}\n  Error during parsing of command line."
            ),
        );
    }
    let devices_only = line.tool.starts_with("pv");
    for name in &line.operands {
        let name = volume(name);
        if !devices_only && gone(things, &name) {
            return not_found(&name);
        }
    }
    let said = match line.tool.as_str() {
        "lvextend" | "lvreduce" | "lvresize" => {
            format!("  Logical volume {} successfully resized.", volume(line.operand(0)))
        }
        "lvconvert" if line.has("--merge") || line.has("--mergesnapshot") => {
            format!("  Merging of volume {} started.", volume(line.operand(0)))
        }
        _ => String::new(),
    };
    Answer::prints(said).would(format!("{} {}", line.tool, line.words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{answers, ask};
    use super::*;

    #[test]
    fn volumes_are_what_calls_made_of_them() {
        let mut state = State::new("/nonexistent");
        for (line, code, said) in [
            ("lvcreate -s -n snap -L 5G /dev/vg0/data", 0, "Logical volume \"snap\" created."),
            ("lvcreate -s -n snap -L 5G vg0/data", 5, "already exists"),
            ("lvs --noheadings -o lv_name,origin vg0/snap", 0, "  snap data\n"),
            ("lvcreate -n new vg0", 3, "size or extents"),
            ("lvcreate -n new -L lots vg0", 3, "Invalid argument for --size: lots"),
            ("lvcreate -n new -l 100%FREE vg0", 0, "created"),
            ("lvcreate -L1G -n x --size-of 3 vg0", 3, "unrecognized option '--size-of'"),
            ("lvcreate -s -n s2 -L 1G vg0", 3, "origin"),
            ("lvconvert --merge vg0/snap", 0, "Merging"),
            ("lvextend -r -L +10G /dev/mapper/vg0-data", 0, "vg0/data successfully resized"),
            ("lvextend vg0/data", 3, "size or extents"),
            ("lvremove vg0/snap", 5, "not removed"),
            ("lvremove -y vg0/snap", 0, "\"snap\" successfully removed"),
            ("lvremove -y /dev/vg0/snap", 5, "Failed to find logical volume \"vg0/snap\""),
            ("lvs vg0/snap", 5, "Failed to find"),
            ("lvrename vg0 data old", 0, "Renamed \"data\" to \"old\""),
            ("lvextend -L+1G vg0/data", 5, "Failed to find"),
            ("vgremove -f vg0", 0, "Volume group \"vg0\" successfully removed"),
            ("vgs vg0", 5, "not found"),
            ("lvcreate -n a -L 1G vg0", 5, "not found"),
            ("vgcreate vg1", 3, "physical volume"),
            ("vgcreate vg1 /dev/mapper/disk", 0, "successfully created"),
            ("vgchange -ay vg1", 0, ""),
            ("lvremove --frobnicate", 3, "Error during parsing"),
        ] {
            answers(line, &mut state, code, said);
        }
    }

    #[test]
    fn a_test_run_changes_nothing() {
        let mut state = State::new("/nonexistent");
        assert_eq!(ask("lvremove -t -y vg0/data", &mut state).code, 0);
        assert_eq!(ask("lvs vg0/data", &mut state).code, 0);
    }
}
