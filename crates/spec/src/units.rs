use std::time::Duration;

/// Reads `90s`, `2h`, `1h30m`, `1.5h`: numbers, each with a unit of `ms`, `s`, `m`, `h`, `d` or `w`.
/// `None` for anything else, zero included.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (number, unit, after) = number_and_unit(rest)?;
        seconds += number
            * match unit {
                "ms" => 1e-3,
                "s" | "sec" => 1.0,
                "m" | "min" => 60.0,
                "h" => 3600.0,
                "d" => 24.0 * 3600.0,
                "w" => 7.0 * 24.0 * 3600.0,
                _ => return None,
            };
        rest = after;
    }
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| !duration.is_zero())
}

/// Reads `16GiB`, `512MB`, `16G`: powers of 1000 with `B` alone, else of 1024. `None` for anything else.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (number, unit, rest) = number_and_unit(text.trim())?;
    let unit = unit.to_ascii_uppercase();
    let (prefix, base) = match unit.as_str() {
        "" | "B" => return (rest.is_empty() && number.fract() == 0.0).then_some(number as u64),
        unit if unit.ends_with("IB") => (unit.strip_suffix("IB")?, 1024_f64),
        unit if unit.ends_with('B') => (unit.strip_suffix('B')?, 1000_f64),
        unit => (unit, 1024_f64),
    };
    let power = ["K", "M", "G", "T", "P"].iter().position(|&known| known == prefix)?;
    let bytes = number * base.powi(i32::try_from(power).ok()? + 1);
    (rest.is_empty() && bytes < u64::MAX as f64).then_some(bytes as u64)
}

/// Splits a number and the letters behind it off the front.
fn number_and_unit(text: &str) -> Option<(f64, &str, &str)> {
    let unit_start =
        text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(unit_start);
    let rest = rest.trim_start();
    let unit_end = rest.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(unit_end);
    Some((number.parse().ok()?, unit, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in
            [("90s", 90.0), ("2h", 7200.0), ("1h30m", 5400.0), ("1.5 h", 5400.0), ("250ms", 0.25)]
        {
            assert_eq!(duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "2", "h", "2x", "-2h", "0s", "1h30", "2h!", "1e9999h", "9999999999999999999999w"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn amounts_of_memory() {
        for (text, amount) in
            [("16GiB", 16 << 30), ("512MB", 512_000_000), ("1.5G", 3 << 29), ("100", 100), ("7 kB", 7000)]
        {
            assert_eq!(bytes(text), Some(amount), "{text}");
        }
        for text in ["", "GiB", "16XB", "-1G", "16GiB!", "1.5", "99999999PiB"] {
            assert_eq!(bytes(text), None, "{text}");
        }
    }
}
