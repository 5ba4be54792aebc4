use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Parameters of a `fetch` stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FetchParams {
    /// The addresses, tried in order: one string, or a list of mirrors.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(with = "OneOrMany")]
    pub url: Vec<String>,
    /// `sha256:…` or `md5:…` of the downloaded file, in hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Whether to unpack `.zip`, `.tar.gz`, `.tgz`, `.tar` and `.gz`.
    #[serde(default = "yes")]
    pub unpack: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

fn one_or_many<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(url) => vec![url],
        OneOrMany::Many(urls) => urls,
    })
}

fn yes() -> bool {
    true
}
