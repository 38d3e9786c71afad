//! Compressors: replace a file by its compressed form, or work as filters.

use super::tool::{Operands, Role, Tool, flag, value};
use crate::base::Risk;

/// `gzip`, `xz`, `zstd`, `bzip2`, `lz4` and their relatives.
pub const TOOL: Tool = Tool {
    name: "gzip",
    names: &[
        "gzip", "gunzip", "xz", "unxz", "zstd", "unzstd", "bzip2", "bunzip2", "lz4", "pigz",
        "pbzip2", "lzop", "pixz", "lbzip2",
    ],
    flags: &[
        flag('c', "stdout"),
        flag('d', "decompress"),
        flag('t', "test"),
        flag('l', "list"),
        flag('k', "keep"),
        flag('f', "force"),
        flag('\0', "rm"),
        value('o', "", Role::Target),
        value('S', "suffix", Role::Text),
        value('T', "threads", Role::Text),
        value('p', "processes", Role::Text),
    ],
    operands: Operands::All(Role::Change),
    safer: &[("--force", "without -f an existing file is kept"), ("--rm", "zstd -t first")],
    risk: |call| {
        let filter = call.operands.is_empty() || call.has(&["stdout", "test", "list"]);
        if filter {
            Risk::Read
        } else if call.has(&["force"]) {
            Risk::Destructive
        } else {
            // Without -f an existing target is kept, and the source goes only when the copy is whole.
            Risk::Write
        }
    },
};
