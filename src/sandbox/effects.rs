//! Turns what the supervisor tells of a run into effects as evidence has them.

use std::time::Duration;

use super::protocol::{Changed, Connected, End, Is, Kept, Kind, Ran, Raw, Share, Time};
use super::session::Observed;
use crate::base::Timestamp;
use crate::evidence::{
    Captured, Change, Declared, Effect, Ended, FileEffect, FileKind, Sum, Summary,
};

/// Returns what one run did, as the library tells it.
pub(super) fn observed(ran: Ran) -> Observed {
    let captured = |kept: Kept| Captured { text: kept.text, dropped: kept.dropped };
    let mut total: u64 = ran.totals.iter().map(|(_, sum)| sum.entries).sum();
    let mut effects: Vec<Effect> = ran.changes.into_iter().map(file_effect).collect();
    let changes = effects.len();
    effects.extend(ran.executed.into_iter().map(|one| Effect::Exec {
        argv: one.argv,
        file: one.file,
        ended: one.ended.map(ended),
        cpu: one.cpu_ms.map(Duration::from_millis),
    }));
    let asked = ran.asked.into_iter().filter(|name| !is_reached(name, &ran.connected));
    effects.extend(asked.map(|name| Effect::Lookup { name }));
    effects.extend(ran.connected.into_iter().map(|one| Effect::Connect {
        destination: one.destination,
        also: one.also,
        declared: Declared::NothingDeclared,
    }));
    effects.extend(ran.denied.into_iter().map(|what| Effect::Denied { what }));
    total += (effects.len() - changes) as u64 + ran.unlisted;
    Observed {
        exit_code: ran.exit_code,
        signal: ran.signal,
        limit: ran.limit,
        duration: Duration::from_micros(ran.duration_us),
        stdout: captured(ran.stdout),
        stderr: captured(ran.stderr),
        effects,
        effects_total: total,
        deleted_total: ran
            .totals
            .iter()
            .find(|(kind, _)| *kind == Kind::Deleted)
            .map_or(0, |(_, sum)| sum.entries),
        totals: ran.totals.into_iter().map(|(kind, sum)| (change(kind), sum.into())).collect(),
        summaries: ran.shares.into_iter().map(summary).collect(),
        simulated: ran.simulated,
        simulated_calls: ran.simulated_calls,
        refused_on_host: ran.refused_on_host,
        not_possible: ran.not_possible,
        notes: ran.notes,
    }
}

/// A name that was connected to was asked for on the way.
fn is_reached(name: &str, connected: &[Connected]) -> bool {
    let host = |spelled: &str| spelled.rsplit_once(':').is_some_and(|(host, _)| host == name);
    connected.iter().any(|one| host(&one.destination) || one.also.iter().any(|also| host(also)))
}

fn ended(end: End) -> Ended {
    match end {
        End::NotStarted { errno: libc::ENOENT } => Ended::NotStarted("no such file".to_owned()),
        End::NotStarted { errno: libc::EACCES } => Ended::NotStarted("not executable".to_owned()),
        End::NotStarted { errno: 0 } => Ended::NotStarted("the kernel refused it".to_owned()),
        End::NotStarted { errno } => {
            Ended::NotStarted(rustix::io::Errno::from_raw_os_error(errno).to_string())
        }
        End::Code { code } => Ended::Code(code),
        End::Signal { signal } => Ended::Signal(signal),
    }
}

fn change(kind: Kind) -> Change {
    match kind {
        Kind::Created => Change::Created,
        Kind::Modified => Change::Modified,
        Kind::Deleted => Change::Deleted,
        Kind::Renamed => Change::Renamed,
        Kind::TypeChanged => Change::TypeChanged,
        Kind::Metadata => Change::Metadata,
    }
}

fn summary(share: Share) -> Summary {
    Summary {
        directory: share.directory.into_path(),
        change: change(share.kind),
        deep: share.deep,
        sum: share.sum.into(),
        declared: Declared::NothingDeclared,
    }
}

impl From<super::tally::Sum> for Sum {
    fn from(sum: super::tally::Sum) -> Self {
        Self { entries: sum.entries, bytes: sum.bytes }
    }
}

fn file_effect(changed: Changed) -> Effect {
    let end = |seconds: i64| if seconds < 0 { Timestamp::MIN } else { Timestamp::MAX };
    let time = |(seconds, nanoseconds): Time| {
        Timestamp::new(seconds, i32::try_from(nanoseconds).unwrap_or(0)).unwrap_or(end(seconds))
    };
    Effect::File(FileEffect {
        change: change(changed.kind),
        kind: match changed.is {
            Is::File => FileKind::File,
            Is::Directory => FileKind::Directory,
            Is::Link => FileKind::Link,
            Is::Fifo => FileKind::Fifo,
            Is::Socket => FileKind::Socket,
            Is::Device => FileKind::Device,
        },
        path: changed.path.into_path(),
        from: changed.from.map(Raw::into_path),
        bytes: changed.bytes,
        stored: changed.stored,
        mode: changed.mode,
        times: changed.times.map(|(then, now)| (time(then), time(now))),
        below: changed.below.map(Sum::from),
        what: changed.what,
        diff: changed.diff,
        declared: Declared::NothingDeclared,
    })
}
