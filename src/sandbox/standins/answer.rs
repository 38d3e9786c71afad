//! What a stand-in prints, returns, and says it would have done.

/// An answer to one call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) code: u8,
    pub(super) out: String,
    pub(super) err: String,
    /// What would have happened: `stop unit postgresql.service`.
    pub(super) would: Vec<String>,
    pub(super) then: Then,
}

/// What comes after the printing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Then {
    /// The call ends with the code.
    #[default]
    Exit,
    /// The host's own tool takes the same call; nothing is simulated.
    HandOver,
    /// Another command takes this one's place.
    Run(Box<Run>),
}

/// A command that takes the place of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Run {
    /// Program and arguments; the program is looked up in `PATH`.
    pub(super) words: Vec<String>,
    /// Its whole environment, `None` for the caller's.
    pub(super) environment: Option<Vec<(String, String)>>,
    /// Its working directory, `None` for the caller's.
    pub(super) directory: Option<String>,
    /// User, group and further groups, `None` for the caller's.
    pub(super) account: Option<(u32, u32, Vec<u32>)>,
}

impl Answer {
    /// Ends well and prints nothing.
    pub(super) fn quiet() -> Self {
        Self::default()
    }

    /// Ends well and prints a text; a line break is added where the last one lacks.
    pub(super) fn prints(text: impl Into<String>) -> Self {
        Self { out: whole_lines(text.into()), ..Self::default() }
    }

    /// Ends with a code and says why.
    pub(super) fn fails(code: u8, text: impl Into<String>) -> Self {
        Self { code, err: whole_lines(text.into()), ..Self::default() }
    }

    /// Hands the call over to the host's own tool.
    pub(super) fn hands_over() -> Self {
        Self { then: Then::HandOver, ..Self::default() }
    }

    /// Adds what would have happened.
    pub(super) fn would(mut self, what: impl Into<String>) -> Self {
        self.would.push(what.into());
        self
    }

    /// Adds another answer behind this one; the higher code counts.
    pub(super) fn and(&mut self, other: Self) {
        self.code = self.code.max(other.code);
        self.out.push_str(&other.out);
        self.err.push_str(&other.err);
        self.would.extend(other.would);
    }
}

fn whole_lines(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
