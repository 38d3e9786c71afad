//! The kinds of things that are replaced.

/// What a pseudonym stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// The name or address of a host of the inventory, or a host in a URL.
    Host,
    /// An IP address that is not public knowledge.
    Address,
    /// The name of a person.
    Person,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
    /// The number of an identity document.
    Identity,
    /// The number of a bank card.
    Card,
    /// A cloud account, project or bucket name.
    Account,
    /// A password, key, token or anything else that opens a door.
    Secret,
    /// Text of the input that looks like one of our own pseudonyms.
    Literal,
}

/// Whether the text behind a pseudonym may be put back into a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// It may.
    Yes,
    /// Never: a reply that names it is rejected.
    Never,
}

impl Kind {
    /// Every kind, the weakest first: where two overlap, the later one gives the name.
    pub const ALL: [Self; 10] = [
        Self::Host,
        Self::Account,
        Self::Address,
        Self::Person,
        Self::Email,
        Self::Phone,
        Self::Identity,
        Self::Card,
        Self::Literal,
        Self::Secret,
    ];

    /// Returns the kind in lower case, like `host`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Address => "ip",
            Self::Person => "person",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Identity => "identity",
            Self::Card => "card",
            Self::Account => "account",
            Self::Secret => "secret",
            Self::Literal => "text",
        }
    }

    /// Returns the word inside the pseudonym, like `HOST` of `<HOST_1>`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Host => "HOST",
            Self::Address => "IP",
            Self::Person => "PERSON",
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::Identity => "IDENTITY",
            Self::Card => "CARD",
            Self::Account => "ACCOUNT",
            Self::Secret => "SECRET",
            Self::Literal => "TEXT",
        }
    }

    /// Returns whether the original may be put back.
    pub fn returns(self) -> Returns {
        match self {
            Self::Host | Self::Address | Self::Person | Self::Email | Self::Account => Returns::Yes,
            Self::Phone | Self::Literal => Returns::Yes,
            Self::Identity | Self::Card | Self::Secret => Returns::Never,
        }
    }
}
