//! Groups of digits joined by blanks or hyphens, as people write telephone and card numbers.

use std::borrow::Cow;
use std::ops::{Range, RangeInclusive};

use super::text::Text;

/// Digits that belong together, with what joins them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digits<'a> {
    /// From the first digit to the last.
    pub range: Range<usize>,
    /// The digits alone.
    pub digits: Cow<'a, str>,
    /// Whether a `+` stands before them.
    pub plus: bool,
}

/// Reads the digits that begin at an offset: groups joined by one blank, hyphen or dot, as many as `count` allows. Nothing
/// where they are fewer.
pub fn digits(text: Text<'_>, start: usize, count: RangeInclusive<usize>) -> Option<Digits<'_>> {
    let before = text.before(start);
    let escape = start >= 3 && text.byte(start - 3) == b'%'
        || start >= 2 && text.byte(start - 2) == b'\\' && matches!(before, b'n' | b't' | b'r');
    if (before.is_ascii_alphanumeric() || before == b'_') && !escape {
        return None;
    }
    let limit = *count.end();
    let mut seen = 0;
    let mut end = start;
    let mut at = start;
    loop {
        let run = text.forward_within(at, limit + 1, |b| b.is_ascii_digit());
        if run == at || seen + run - at > limit {
            break;
        }
        seen += run - at;
        end = run;
        if !matches!(text.byte(run), b' ' | b'-' | b'.' | b')')
            || !(text.byte(run + 1).is_ascii_digit() || text.byte(run) == b')')
        {
            break;
        }
        at = run
            + 1
            + usize::from(text.byte(run) == b')' && matches!(text.byte(run + 1), b' ' | b'-'));
    }
    let written = &text.all[start..end];
    count.contains(&seen).then(|| Digits {
        range: start..end,
        digits: match written.len() == seen {
            true => Cow::Borrowed(written),
            false => written.chars().filter(char::is_ascii_digit).collect(),
        },
        plus: before == b'+',
    })
}

/// Words before a number that make it something else than a number of a person.
const COUNTED: &[&str] = &[
    "id",
    "order",
    "orderno",
    "order_id",
    "order_no",
    "serial",
    "sn",
    "no",
    "number",
    "seq",
    "sequence",
    "txid",
    "xid",
    "transaction",
    "trx",
    "lsn",
    "scn",
    "offset",
    "position",
    "pos",
    "size",
    "bytes",
    "length",
    "len",
    "used",
    "total",
    "free",
    "limit",
    "max",
    "min",
    "count",
    "rows",
    "ts",
    "timestamp",
    "time",
    "epoch",
    "pid",
    "inode",
    "block",
    "oid",
    "ticket",
    "case",
    "version",
    "build",
    "revision",
    "commit",
    "snapshot",
    "trace",
    "uid",
    "request",
    "invoice",
    "tracking",
    "memory",
    "ram",
    "disk",
    "sector",
    "sectors",
    "page",
    "log_pos",
    "end_log_pos",
    "read_master_log_pos",
    "checkpoint",
    "hash",
    "crc",
    "checksum",
    "job",
    "task",
    "volume",
    "partition",
    "shard",
    "instance",
    "available",
    "capacity",
];

/// Tells whether what stands beside a number says that it counts or names a thing.
pub fn counted(text: Text<'_>, range: &Range<usize>) -> bool {
    let word = text.word_before(range.start);
    let behind = text.behind(range.start, 40);
    let trimmed = behind.trim_end_matches([' ', ':', '=', '#', '"', '\'', '(', '[']);
    let chinese = [
        "订单",
        "订单号",
        "单号",
        "编号",
        "流水号",
        "流水",
        "序号",
        "序列号",
        "工单",
        "批次",
        "大小",
        "字节",
        "位点",
        "偏移",
        "事务",
        "时间戳",
        "快递",
        "运单",
        "票号",
        "号码段",
        "日志位置",
    ];
    let ahead = text.ahead(range.end, 12).trim_start().to_ascii_lowercase();
    let unit = [
        "bytes", "byte", "b ", "kb", "kib", "mb", "mib", "gb", "gib", "rows", "ms", "us", "ns",
        "sectors", "blocks", "字节", "行", "/", "条", "%", "个",
    ]
    .iter()
    .any(|unit| ahead.starts_with(unit))
        || ahead == "b";
    let named = COUNTED.contains(&word.as_str())
        || word.rsplit('_').next().is_some_and(|last| COUNTED.contains(&last))
        || word.ends_with("_id")
        || word.ends_with("_bytes")
        || word.ends_with("id")
            && word.len() > 3
            && trimmed.len() < behind.len()
            && behind.trim_end_matches([' ', '"']).ends_with(['=', ':']);
    unit || chinese.iter().any(|word| trimmed.ends_with(word)) || named
}
