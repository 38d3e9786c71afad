//! Text that is nested, or repeated, without end.

/// What opens and what closes.
pub const PAIRS: &[(&str, &str)] = &[
    ("$(", ")"),
    ("${x:-", "}"),
    ("{ ", ";}"),
    ("( ", ")"),
    ("if true; then ", "; fi"),
    ("[[ ( ", " ) ]]"),
    ("(( (", ") ))"),
    ("$((", "))"),
    ("\"$(", ")\""),
    ("\"", "\""),
    ("'", "'"),
    ("`", "`"),
    ("cat <<E\n$(", ")\nE\n"),
    ("cat <<E\n", "\nE\n"),
    ("case x in x) ", ";; esac"),
    ("f() { ", ";}"),
    ("f() ", ""),
    ("! ", ""),
    ("a && ", ""),
    ("x | ", ""),
    ("{a,", "}"),
    ("<(", ")"),
    ("while ", "; do x; done"),
    ("for i in ", "; do x; done"),
    ("@(", ")"),
    ("[", "]"),
    ("*", ""),
    ("eval '", "'"),
    ("eval \"", "\""),
    ("sudo ", ""),
    ("bash -c \"", "\""),
    ("$[", "]"),
    ("a=(", ")"),
    ("\\", ""),
    ("coproc ", ""),
    ("time ", ""),
];

/// Returns three ways to nest: in the argument of a command, around it, and never closed.
pub fn texts(open: &str, close: &str, depth: usize) -> [String; 3] {
    let (open, close) = (open.repeat(depth), close.repeat(depth));
    [format!("rm {open}x{close}"), format!("{open}rm x{close}"), open]
}
