//! mdadm: arrays that calls made, assembled or stopped; others are taken as running.

use super::answer::Answer;
use super::book::State;
use super::devices;
use super::{Real, StandIn};
use crate::tools::usage::Line;

pub(super) const RAID: StandIn = StandIn { names: &["mdadm"], real: Real::Never, answer: mdadm };

const MODES: &[&str] =
    &["--create", "--assemble", "--build", "--grow", "--incremental", "--monitor"];

fn mdadm(line: &Line, state: &mut State) -> Answer {
    if line.words.is_empty() || line.has("--help-options") {
        return Answer::prints(
            "mdadm is used for building, managing, and monitoring\nLinux md devices (aka RAID arrays)",
        );
    }
    let modes: Vec<&str> = MODES.iter().copied().filter(|mode| line.has(mode)).collect();
    if let [first, second, ..] = modes.as_slice() {
        return Answer::fails(
            2,
            format!(
                "mdadm: {first} would set mdadm mode to \"{}\", but it is already set to \"{}\".",
                second.trim_start_matches('-'),
                first.trim_start_matches('-')
            ),
        );
    }
    if line.has("--scan") && (line.has("--detail") || line.has("--examine")) {
        return Answer::quiet();
    }
    if !state.is_root() {
        return Answer::fails(1, "mdadm: must be super-user to perform this action");
    }
    let (array, parts) = match line.operands.split_first() {
        Some((array, parts)) => (array.clone(), parts.to_vec()),
        None if line.has("--scan") || line.has("--monitor") || line.has("--auto-detect") => {
            return Answer::quiet().would(format!("mdadm {}", line.words.join(" ")));
        }
        None => return Answer::fails(2, "mdadm: an md device must be given in this mode"),
    };
    let missing = |part: &String, state: &mut State| {
        part != "missing"
            && !matches!(part.as_str(), "detached" | "failed" | "faulty")
            && !devices::plausible(state, part)
    };
    if line.has("--create") || line.has("--build") {
        if !line.has("--level") {
            return Answer::fails(2, "mdadm: a RAID level is needed to create an array.");
        }
        let Some(count) =
            line.value("--raid-devices").and_then(|count| count.parse::<usize>().ok())
        else {
            return Answer::fails(
                2,
                "mdadm: a number of --raid-devices must be given for this command",
            );
        };
        let spare = line
            .value("--spare-devices")
            .and_then(|count| count.parse::<usize>().ok())
            .unwrap_or(0);
        if parts.len() != count + spare {
            return Answer::fails(
                2,
                "mdadm: You haven't given enough devices (real or missing) to create this array",
            );
        }
        if let Some(part) = parts.iter().find(|part| missing(part, state)) {
            return Answer::fails(
                2,
                format!("mdadm: cannot open {part}: No such file or directory"),
            );
        }
        devices::make(state, &array);
        return Answer { err: format!("mdadm: array {array} started.\n"), ..Answer::quiet() }
            .would(format!("create the array {array} of {}", parts.join(" ")));
    }
    if line.has("--assemble") || line.has("--incremental") {
        if let Some(part) = parts.iter().find(|part| missing(part, state)) {
            return Answer::fails(
                1,
                format!("mdadm: Cannot open {part}: No such file or directory"),
            );
        }
        devices::make(state, &array);
        return Answer {
            err: format!("mdadm: {array} has been started with {} drives.\n", parts.len()),
            ..Answer::quiet()
        }
        .would(format!("assemble the array {array}"));
    }
    let mut answer = Answer::quiet();
    let of_array = line.has("--zero-superblock") || line.has("--examine") || line.has("--stop");
    for device in if of_array { &line.operands[..] } else { &line.operands[..1] } {
        if !devices::plausible(state, device) {
            return Answer::fails(
                1,
                format!("mdadm: error opening {device}: No such file or directory"),
            );
        }
        if line.has("--stop") {
            devices::remove(state, device);
            answer.err.push_str(&format!("mdadm: stopped {device}\n"));
        }
    }
    if line.has("--detail") || line.has("--query") || line.has("--examine") {
        return Answer::prints(format!(
            "{array}:\n             State : clean  # blackstart stand-in"
        ));
    }
    answer.would(format!("mdadm {}", line.words.join(" ")))
}

#[cfg(test)]
mod tests {
    use super::super::tests::ask;
    use super::*;

    #[test]
    fn an_array_is_there_until_it_is_stopped() {
        let tree = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(tree.path().join("proc")).unwrap();
        std::fs::write(
            tree.path().join("proc/partitions"),
            "major minor  #blocks  name\n\n 8 0 10 sda\n 8 1 10 sdb\n",
        )
        .unwrap();
        let mut state = State::new(tree.path());
        for (line, code) in [
            ("mdadm --detail /dev/md0", 1),
            ("mdadm --create /dev/md0 --level=1 --raid-devices=2 /dev/sda /dev/sdb", 0),
            ("mdadm -D /dev/md0", 0),
            ("mdadm /dev/md0 --fail /dev/sda --remove /dev/sda", 0),
            ("mdadm --stop /dev/md0", 0),
            ("mdadm --detail /dev/md0", 1),
            ("mdadm -A /dev/md0 /dev/sda /dev/sdz", 1),
            ("mdadm -A /dev/md0 /dev/sda /dev/sdb", 0),
            ("mdadm --create /dev/md1 --level=1 --raid-devices=2 /dev/sda", 2),
            ("mdadm --create --assemble /dev/md1", 2),
            ("mdadm --frob", 2),
            ("mdadm --detail --scan", 0),
        ] {
            let answer = ask(line, &mut state);
            assert_eq!(answer.code, code, "{line}: {}", answer.err);
        }
    }
}
