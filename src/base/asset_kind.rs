//! Kinds of assets that an inventory may hold.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an asset is.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum AssetKind {
    Files,
    Postgres,
    Mysql,
    Mariadb,
    Sqlite,
    Redis,
    Etcd,
    Zookeeper,
    Mongodb,
    Oracle,
    Kubernetes,
    DockerVolume,
    S3,
    Gcs,
    Lvm,
    BlockStorage,
    Vm,
    Git,
    Dns,
    Web,
    Hdfs,
    AiModel,
    Dataset,
    VectorIndex,
    Secrets,
    Host,
    App,
    Other,
}

impl AssetKind {
    /// Returns the word used in documents.
    pub fn word(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Postgres => "postgres",
            Self::Mysql => "mysql",
            Self::Mariadb => "mariadb",
            Self::Sqlite => "sqlite",
            Self::Redis => "redis",
            Self::Etcd => "etcd",
            Self::Zookeeper => "zookeeper",
            Self::Mongodb => "mongodb",
            Self::Oracle => "oracle",
            Self::Kubernetes => "kubernetes",
            Self::DockerVolume => "docker_volume",
            Self::S3 => "s3",
            Self::Gcs => "gcs",
            Self::Lvm => "lvm",
            Self::BlockStorage => "block_storage",
            Self::Vm => "vm",
            Self::Git => "git",
            Self::Dns => "dns",
            Self::Web => "web",
            Self::Hdfs => "hdfs",
            Self::AiModel => "ai_model",
            Self::Dataset => "dataset",
            Self::VectorIndex => "vector_index",
            Self::Secrets => "secrets",
            Self::Host => "host",
            Self::App => "app",
            Self::Other => "other",
        }
    }
}
