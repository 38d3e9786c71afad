//! redis-cli and the programs of MongoDB.

use std::sync::OnceLock;

use super::listed::Listed;
use super::{Style, wordings};

const TEXT: &str = include_str!("lists/nosql.txt");

/// `redis-cli`.
pub static REDIS_CLI: Listed = Listed {
    names: &["redis-cli"],
    text: TEXT,
    only: Some("redis-cli"),
    style: Style::Posix,
    code: 1,
    manner: wordings::redis,
    read: OnceLock::new(),
};

/// `mongodump`.
pub static MONGODUMP: Listed = Listed {
    names: &["mongodump"],
    text: TEXT,
    only: Some("mongodump"),
    style: Style::Cobra,
    code: 1,
    manner: wordings::mongo,
    read: OnceLock::new(),
};

/// `mongorestore`.
pub static MONGORESTORE: Listed = Listed {
    names: &["mongorestore"],
    text: TEXT,
    only: Some("mongorestore"),
    style: Style::Cobra,
    code: 1,
    manner: wordings::mongo,
    read: OnceLock::new(),
};

/// `mongosh`.
pub static MONGOSH: Listed = Listed {
    names: &["mongosh"],
    text: TEXT,
    only: Some("mongosh"),
    style: Style::Aws,
    code: 1,
    manner: wordings::mongosh,
    read: OnceLock::new(),
};
