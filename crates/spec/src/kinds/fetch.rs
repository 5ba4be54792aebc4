use super::{Fault, Parameters};
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

impl Parameters for FetchParams {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.url.is_empty() || self.url.iter().any(String::is_empty) {
            faults.push(Fault::new(&["url"], "`url` must not be empty"));
        }
        if let Some(checksum) = self.checksum.as_deref().filter(|checksum| !is_checksum(checksum)) {
            let message = format!("`checksum`: `{checksum}` is no checksum");
            let way = "write `sha256:` with 64 hexadecimal digits, or `md5:` with 32";
            faults.push(Fault::new(&["checksum"], message).with_hint(way));
        }
        faults
    }

    fn hints(&self) -> &'static [&'static str] {
        // With a checksum it does not matter from where the file comes.
        if self.checksum.is_some() { &["url"] } else { &[] }
    }
}

fn is_checksum(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("md5", _)) => 32,
        _ => return false,
    };
    text.split_once(':').is_some_and(|(_, digits)| {
        digits.len() == length && digits.chars().all(|digit| digit.is_ascii_hexdigit())
    })
}
