//! Amounts as people write them on a command line.

use std::time::Duration;

/// A length of time: `45s`, `30m`, `12h`, `30d`, `2w`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let units = [("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0), ("w", 604_800.0)];
    let seconds = amount(text, &units).ok_or("expected a number with s, m, h, d or w: `30d`")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "too long".to_owned())
}

/// Bytes: `512M`, `20G`, `1.5T`, where the units are powers of 1024, or a plain number of them.
pub fn bytes(text: &str) -> Result<u64, String> {
    let units = [
        ("K", 1024_f64),
        ("M", 1024_f64.powi(2)),
        ("G", 1024_f64.powi(3)),
        ("T", 1024_f64.powi(4)),
        ("", 1.0),
    ];
    let short = text.trim().trim_end_matches("iB").trim_end_matches('B');
    amount(short, &units)
        .map(|bytes| bytes as u64)
        .ok_or("expected a number of bytes, or one with K, M, G or T: `20G`".to_owned())
}

fn amount(text: &str, units: &[(&str, f64)]) -> Option<f64> {
    let (unit, factor) = units.iter().find(|(unit, _)| text.trim().ends_with(unit))?;
    let number: f64 = text.trim().strip_suffix(unit)?.trim().parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number * factor)
}

/// Bytes for people: `0 B`, `12.3 MiB`.
pub fn show_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut amount = bytes as f64;
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{amount:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read() {
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        assert_eq!(duration("1.5 h"), Ok(Duration::from_secs(5_400)));
        assert_eq!(bytes("20G"), Ok(20 << 30));
        assert_eq!(bytes("1.5 MiB"), Ok(3 << 19));
        for wrong in ["", "d", "30", "-1d", "infd", "1y"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            (bytes("0"), bytes("0G"), bytes("4096"), bytes("512 B")),
            (Ok(0), Ok(0), Ok(4096), Ok(512))
        );
        for wrong in ["", "G", "-1", "-1G", "1X", "B"] {
            assert!(bytes(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn bytes_are_shown() {
        assert_eq!(show_bytes(1023), "1023 B");
        assert_eq!(show_bytes(12_897_485), "12.3 MiB");
    }
}
