use crate::amounts;

/// A length of time for people: `0.3 s`, `41.3 s`, `2 min 05 s`, `3 h 12 min`.
pub fn seconds(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    match whole {
        _ if seconds < 59.95 => format!("{:.1} s", seconds.max(0.0)),
        0..3600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A point in time, RFC 3339, as people here read it: `2026-01-31 14:05:09` in local time.
pub fn local(timestamp: &str) -> String {
    let parsed = timestamp.parse::<jiff::Timestamp>();
    let zoned = parsed.map(|timestamp| timestamp.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map_or_else(|_| timestamp.to_owned(), |zoned| zoned.strftime("%Y-%m-%d %H:%M:%S").to_string())
}

/// Seconds between two points in time, RFC 3339.
pub fn between(started: &str, finished: &str) -> Option<f64> {
    let (started, finished): (jiff::Timestamp, jiff::Timestamp) =
        (started.parse().ok()?, finished.parse().ok()?);
    Some(finished.duration_since(started).as_secs_f64())
}

/// A point in time as people write it: a date or a time here, RFC 3339, or how long ago (`2d`).
pub fn since(text: &str) -> Result<jiff::Timestamp, String> {
    let expected = "expected a date, a time or how long ago: `2026-01-31`, `2026-01-31 14:05`, `2d`";
    if let Ok(ago) = amounts::duration(text) {
        return jiff::Timestamp::now().checked_sub(ago).map_err(|_| expected.to_owned());
    }
    let civil = || -> Option<jiff::Timestamp> {
        let time: jiff::civil::DateTime = text.trim().parse().ok()?;
        Some(time.to_zoned(jiff::tz::TimeZone::system()).ok()?.timestamp())
    };
    text.trim().parse().ok().or_else(civil).ok_or_else(|| expected.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths() {
        for (length, text) in [
            (0.0, "0.0 s"),
            (41.34, "41.3 s"),
            (59.94, "59.9 s"),
            (59.96, "1 min 00 s"),
            (125.2, "2 min 05 s"),
            (3599.7, "1 h 00 min"),
            (11_530.0, "3 h 12 min"),
            (-1.0, "0.0 s"),
        ] {
            assert_eq!(seconds(length), text);
        }
    }

    #[test]
    fn points_in_time() {
        let given = since("2026-01-31T14:05:09Z").unwrap();
        assert_eq!(given.to_string(), "2026-01-31T14:05:09Z");
        let day = since("2026-01-31").unwrap();
        assert_eq!(since("2026-01-31 12:00").unwrap().duration_since(day).as_hours(), 12);
        assert!(since("1h").unwrap() > since("2h").unwrap());
        assert!(since("yesterday").is_err());
    }

    #[test]
    fn spans() {
        assert_eq!(between("2026-01-01T00:00:00Z", "2026-01-01T00:01:30.5Z"), Some(90.5));
        assert_eq!(between("yesterday", "2026-01-01T00:01:30Z"), None);
    }
}
