use super::{Fault, Parameters};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, Serializer};

/// Parameters of a `fetch` stage.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "FetchFields")]
pub struct FetchParams {
    /// The addresses, tried in order: `http://`, `https://` or `file:///`.
    pub url: Vec<String>,
    /// `sha256:…` or `md5:…` of the downloaded file, in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// What the file is unpacked as; `None` to keep it as it is. Part of the key, which the addresses may not
    /// be, so it is settled here and not by the name of the file that a mirror happens to have.
    #[serde(serialize_with = "format_or_false")]
    pub unpack: Option<ArchiveFormat>,
}

/// The formats that are unpacked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ArchiveFormat {
    /// A zip archive.
    Zip,
    /// A tar archive, compressed with gzip.
    #[serde(rename = "tar.gz")]
    TarGz,
    /// A tar archive.
    Tar,
    /// A single file, compressed with gzip.
    Gz,
}

impl ArchiveFormat {
    /// What the name of the file at an address says, its query aside.
    fn of_url(url: &str) -> Option<Self> {
        const SUFFIXES: [(&str, ArchiveFormat); 5] = [
            (".zip", ArchiveFormat::Zip),
            (".tar.gz", ArchiveFormat::TarGz),
            (".tgz", ArchiveFormat::TarGz),
            (".tar", ArchiveFormat::Tar),
            (".gz", ArchiveFormat::Gz),
        ];
        let name = url.split(['?', '#']).next().unwrap_or(url).to_ascii_lowercase();
        SUFFIXES.into_iter().find(|(suffix, _)| name.ends_with(suffix)).map(|(_, format)| format)
    }
}

fn format_or_false<S: Serializer>(format: &Option<ArchiveFormat>, serializer: S) -> Result<S::Ok, S::Error> {
    match format {
        Some(format) => format.serialize(serializer),
        None => serializer.serialize_bool(false),
    }
}

/// The fields as a pipeline file has them.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FetchFields {
    /// The addresses, tried in order: one string, or a list of mirrors. `http://`, `https://` or `file:///`.
    url: OneOrMany,
    /// `sha256:…` or `md5:…` of the downloaded file, in hexadecimal.
    #[serde(default)]
    checksum: Option<String>,
    /// Whether to unpack `.zip`, `.tar.gz`, `.tgz`, `.tar` and `.gz`, told by the name in the address; or the
    /// format, where the name does not tell it.
    #[serde(default)]
    unpack: Unpack,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
enum Unpack {
    ByName(bool),
    As(ArchiveFormat),
}

impl Default for Unpack {
    fn default() -> Self {
        Self::ByName(true)
    }
}

impl From<FetchFields> for FetchParams {
    fn from(fields: FetchFields) -> Self {
        let url = match fields.url {
            OneOrMany::One(url) => vec![url],
            OneOrMany::Many(urls) => urls,
        };
        let unpack = match fields.unpack {
            Unpack::ByName(false) => None,
            Unpack::ByName(true) => url.iter().find_map(|url| ArchiveFormat::of_url(url)),
            Unpack::As(format) => Some(format),
        };
        Self { url, checksum: fields.checksum.map(|checksum| checksum.to_ascii_lowercase()), unpack }
    }
}

impl Parameters for FetchParams {
    fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.url.is_empty() {
            faults.push(Fault::new(&["url"], "`url` must not be empty"));
        }
        for url in self.url.iter().filter(|url| !is_address(url)) {
            let message = format!("`url`: `{url}` is no address");
            let way = "write `https://HOST/FILE`, `http://HOST/FILE`, or `file:///PATH` for a file on disk";
            faults.push(Fault::new(&["url"], message).with_hint(way));
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

fn is_address(url: &str) -> bool {
    let rest = ["https://", "http://", "file:///"].iter().find_map(|scheme| url.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty()) && !url.contains(|c: char| c.is_whitespace() || c.is_control())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn settled(fields: Value) -> FetchParams {
        serde_json::from_value(fields).unwrap()
    }

    #[test]
    fn the_name_in_the_address_tells_the_format() {
        for (url, expected) in [
            ("https://h/a.zip", json!("zip")),
            ("https://h/A.ZIP?download=1#x", json!("zip")),
            ("https://h/a.tar.gz", json!("tar.gz")),
            ("https://h/a.tgz", json!("tar.gz")),
            ("https://h/a.tar", json!("tar")),
            ("https://h/labels-idx1-ubyte.gz", json!("gz")),
            ("https://h/a.safetensors", json!(false)),
            ("https://h/get?name=a.zip", json!(false)),
        ] {
            assert_eq!(
                serde_json::to_value(settled(json!({ "url": url }))).unwrap()["unpack"],
                expected,
                "{url}"
            );
        }
    }

    #[test]
    fn what_is_settled_is_read_back_the_same() {
        for unpack in [json!(true), json!(false), json!("tar.gz"), json!("gz")] {
            let params = settled(json!({ "url": ["https://h/x", "https://h/x.zip"], "unpack": unpack }));
            assert_eq!(settled(serde_json::to_value(&params).unwrap()), params);
        }
    }

    #[test]
    fn only_addresses_are_taken() {
        for good in ["https://h/x", "http://h:8080/x?y=z", "file:///x"] {
            assert!(settled(json!({ "url": good })).faults().is_empty(), "{good}");
        }
        for bad in ["", "h/x", "ftp://h/x", "file://h/x", "https://", "https://h/a b"] {
            assert_eq!(settled(json!({ "url": bad })).faults().len(), 1, "{bad}");
        }
        assert_eq!(settled(json!({ "url": [] })).faults().len(), 1);
    }
}
