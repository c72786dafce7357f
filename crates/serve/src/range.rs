//! Which part of a file is asked for (RFC 9110, section 14).

/// What a request's `Range` means for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it: no range, several, or one that is none. A server may answer those so.
    Whole,
    /// The bytes from `first` to `last`, both included.
    Bytes { first: u64, last: u64 },
    /// Bytes that are not there.
    Beyond,
}

/// The part of a file of `length` bytes that a `Range` asks for.
pub(crate) fn part(range: &str, length: u64) -> Part {
    asked(range, length).unwrap_or(Part::Whole)
}

fn asked(range: &str, length: u64) -> Option<Part> {
    let (unit, bounds) = range.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = bounds.trim().split_once('-')?;
    if first.is_empty() {
        return Some(suffix(number(last)?, length));
    }
    let first = number(first)?;
    let last = match last {
        "" => u64::MAX,
        last => number(last)?,
    };
    if last < first {
        return None;
    }
    Some(match length.checked_sub(1) {
        Some(end) if first <= end => Part::Bytes {
            first,
            last: last.min(end),
        },
        _ => Part::Beyond,
    })
}

/// The last bytes of a file.
fn suffix(count: u64, length: u64) -> Part {
    match length.checked_sub(1) {
        Some(last) if count > 0 => Part::Bytes {
            first: length.saturating_sub(count),
            last,
        },
        _ => Part::Beyond,
    }
}

/// A number of digits alone; one too large for any file is as good as the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(first: u64, last: u64) -> Part {
        Part::Bytes { first, last }
    }

    #[test]
    fn single_ranges_are_parts() {
        assert_eq!(part("bytes=0-0", 10), bytes(0, 0));
        assert_eq!(part("bytes=2-5", 10), bytes(2, 5));
        assert_eq!(part("bytes=2-", 10), bytes(2, 9));
        assert_eq!(part("bytes=2-99999999999999999999999", 10), bytes(2, 9));
        assert_eq!(part("bytes=-3", 10), bytes(7, 9));
        assert_eq!(part("bytes=-30", 10), bytes(0, 9));
        assert_eq!(part("Bytes=9-", 10), bytes(9, 9));
    }

    #[test]
    fn what_is_not_there_is_beyond() {
        for (range, length) in [
            ("bytes=10-", 10),
            ("bytes=-0", 10),
            ("bytes=0-", 0),
            ("bytes=-1", 0),
        ] {
            assert_eq!(part(range, length), Part::Beyond, "{range} of {length}");
        }
    }

    #[test]
    fn what_is_no_single_range_is_all() {
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=5-2",
            "bytes=a-b",
            "bytes=+1-2",
            "bytes=0-1,4-5",
            "bytes=1",
            "lines=1-2",
            "bytes=1--2",
        ] {
            assert_eq!(part(range, 10), Part::Whole, "{range}");
        }
    }
}
