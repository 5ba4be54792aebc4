use crate::{
    FetchError, Monitor,
    partial::{Origin, Partial},
    space::Budget,
    transfer::{Head, Rest, Transfer, Trouble},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use std::time::Duration;
use ureq::{
    Agent,
    http::{HeaderMap, StatusCode},
};

/// Why one request did not bring the rest of the file.
#[derive(Debug)]
pub(crate) enum Setback {
    /// Another try may help, after the wait that the server asked for, if it did.
    Passing { reason: String, wait: Option<Duration> },
    /// This mirror will not do.
    Lasting(String),
    /// No mirror would help.
    Own(FetchError),
}

impl From<FetchError> for Setback {
    fn from(error: FetchError) -> Self {
        Self::Own(error)
    }
}

impl From<Trouble> for Setback {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Passing(reason) => passing(reason),
            Trouble::Lasting(reason) => Self::Lasting(reason),
            Trouble::Interrupted => Self::Own(FetchError::Interrupted),
        }
    }
}

fn passing(reason: impl Into<String>) -> Setback {
    Setback::Passing { reason: reason.into(), wait: None }
}

/// Asks a mirror for what is missing of the file, and appends what comes.
pub(crate) fn attempt(
    agent: &Agent,
    url: &str,
    partial: &mut Partial,
    is_checked: bool,
    monitor: &Monitor,
) -> Result<(), Setback> {
    let rest = rest(partial, url, is_checked);
    if rest.is_none() {
        partial.restart()?;
    }
    let transfer = Transfer::start(agent, url, rest.clone());
    let head = transfer.head(monitor)?;
    let origin = match (head.status, &rest) {
        (200, _) => {
            partial.restart()?;
            origin_of_whole(url, &head.headers)
        }
        (206, Some(rest)) => origin_of_rest(url, &head.headers, rest, partial)?,
        (416, Some(_)) => return past_the_end(&head.headers, partial),
        _ => return Err(refusal(&head)),
    };
    let total = origin.total;
    if let Some(total) = total {
        Budget::at(partial.folder()).compare(total.saturating_sub(partial.length()))?;
    }
    partial.continue_from(origin)?;
    receive(&transfer, partial, total, monitor)
}

fn receive(
    transfer: &Transfer,
    partial: &mut Partial,
    total: Option<u64>,
    monitor: &Monitor,
) -> Result<(), Setback> {
    let tell = |done| (monitor.progress)("downloading", done, total.unwrap_or(0), "bytes");
    tell(partial.length());
    while let Some(bytes) = transfer.bytes(monitor)? {
        partial.append(&bytes)?;
        tell(partial.length());
    }
    match total {
        Some(total) if total != partial.length() => {
            let length = partial.length();
            Err(passing(format!("the connection ended after {length} of {total} bytes")))
        }
        _ => Ok(()),
    }
}

/// What to ask for; `None` for the whole file. Bytes of another mirror, or of a server that does not say
/// whether the file is the same, are continued only where a checksum tells in the end.
fn rest(partial: &Partial, url: &str, is_checked: bool) -> Option<Rest> {
    let origin = partial.origin()?;
    let validator = origin.validator.clone().filter(|_| origin.url == url);
    let is_possible = partial.length() > 0 && (validator.is_some() || is_checked);
    is_possible.then(|| Rest { offset: partial.length(), if_range: validator })
}

fn origin_of_whole(url: &str, headers: &HeaderMap) -> Origin {
    let total = text(headers, "content-length").and_then(|length| length.parse().ok());
    Origin { url: url.to_owned(), validator: validator(headers), total }
}

/// Checks that it is the rest that was asked for, of the file that was asked for.
fn origin_of_rest(
    url: &str,
    headers: &HeaderMap,
    rest: &Rest,
    partial: &mut Partial,
) -> Result<Origin, Setback> {
    let (start, total) = content_range(headers);
    let known = partial.origin();
    let is_other_length = known.and_then(|known| known.total).zip(total).is_some_and(|(old, new)| old != new);
    let validator = validator(headers);
    let is_other_file = rest.if_range.is_some() && validator.is_some() && rest.if_range != validator;
    if start != Some(rest.offset) || is_other_length || is_other_file {
        partial.restart()?;
        return Err(passing("the file has changed there; begins again"));
    }
    Ok(Origin { url: url.to_owned(), validator: validator.or_else(|| rest.if_range.clone()), total })
}

/// The server says that there is nothing behind the bytes that are there already.
fn past_the_end(headers: &HeaderMap, partial: &mut Partial) -> Result<(), Setback> {
    if content_range(headers).1 == Some(partial.length()) {
        return Ok(());
    }
    partial.restart()?;
    Err(passing("the file is shorter there than what has been downloaded; begins again"))
}

fn refusal(head: &Head) -> Setback {
    let status =
        StatusCode::from_u16(head.status).map_or(head.status.to_string(), |status| status.to_string());
    let reason = format!("status {status}");
    match head.status {
        408 | 425 | 429 | 500..=599 => Setback::Passing { reason, wait: retry_after(&head.headers) },
        _ => Setback::Lasting(reason),
    }
}

/// The wait that a server asks for: seconds, or a time.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = text(headers, "retry-after")?;
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = DateTimeParser::new().parse_timestamp(value).ok()?;
    Some(until.duration_since(Timestamp::now()).try_into().unwrap_or(Duration::ZERO))
}

/// Where the part begins, and how long the whole is: `bytes 100-199/200`.
fn content_range(headers: &HeaderMap) -> (Option<u64>, Option<u64>) {
    let value = text(headers, "content-range").and_then(|value| value.strip_prefix("bytes "));
    let Some((range, total)) = value.and_then(|value| value.split_once('/')) else { return (None, None) };
    let start = range.split_once('-').and_then(|(start, _)| start.trim().parse().ok());
    (start, total.trim().parse().ok())
}

/// What `If-Range` takes: a strong `ETag`, or the time of the last modification.
fn validator(headers: &HeaderMap) -> Option<String> {
    let tag = text(headers, "etag").filter(|tag| tag.starts_with('"'));
    tag.or_else(|| text(headers, "last-modified")).map(str::to_owned)
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn ranges_are_read() {
        let range = |value| content_range(&headers(&[("content-range", value)]));
        assert_eq!(range("bytes 100-199/200"), (Some(100), Some(200)));
        assert_eq!(range("bytes 100-199/*"), (Some(100), None));
        assert_eq!(range("bytes */200"), (None, Some(200)));
        assert_eq!(range("pages 1-2/3"), (None, None));
        assert_eq!(content_range(&headers(&[])), (None, None));
    }

    #[test]
    fn a_weak_tag_does_not_tell_that_bytes_are_the_same() {
        assert_eq!(validator(&headers(&[("etag", "W/\"a\"")])), None);
        assert_eq!(validator(&headers(&[("etag", "\"a\""), ("last-modified", "x")])), Some("\"a\"".into()));
        assert_eq!(validator(&headers(&[("etag", "W/\"a\""), ("last-modified", "x")])), Some("x".into()));
    }

    #[test]
    fn a_server_may_ask_for_seconds_or_name_a_time() {
        let wait = |value: &str| retry_after(&headers(&[("retry-after", value)]));
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::ZERO));
        assert!(wait("Fri, 01 Jan 2100 00:00:00 GMT").unwrap() > Duration::from_secs(1_000_000));
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn what_is_tried_again_and_what_is_not() {
        let is_passing =
            |status| matches!(refusal(&Head { status, headers: HeaderMap::new() }), Setback::Passing { .. });
        assert!([408, 429, 500, 503].into_iter().all(is_passing));
        assert!(![204, 304, 401, 403, 404, 410, 416].into_iter().any(is_passing));
    }
}
