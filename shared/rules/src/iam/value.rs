//! Checks the values of condition operators.

use std::net::IpAddr;

use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::arn;

/// The kinds of values that operators compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Compares {
    Texts,
    Numbers,
    Dates,
    Truth,
    Addresses,
    Arns,
    Bytes,
    Presence,
}

/// Checks a value. Only an ARN may have a variable in it.
pub(super) fn check(text: &str, compares: Compares) -> Result<(), String> {
    let shown = || text.escape_debug();
    match compares {
        Compares::Texts => Ok(()),
        Compares::Arns if is_arn(text) => Ok(()),
        Compares::Arns => {
            Err(format!("`{}` is no ARN with all of its parts, and not `*`", shown()))
        }
        Compares::Bytes if BASE64_STANDARD.decode(text).is_ok() => Ok(()),
        Compares::Bytes => Err(format!("`{}` is not base64", shown())),
        Compares::Numbers if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(()),
        Compares::Numbers => Err(format!("`{}` is no number", shown())),
        Compares::Truth | Compares::Presence
            if text.eq_ignore_ascii_case("true") || text.eq_ignore_ascii_case("false") =>
        {
            Ok(())
        }
        Compares::Truth | Compares::Presence => {
            Err(format!("`{}` is neither `true` nor `false`", shown()))
        }
        Compares::Addresses if is_network(text) => Ok(()),
        Compares::Addresses => Err(format!(
            "`{}` is no address or range of addresses, such as `203.0.113.0/24`",
            shown()
        )),
        Compares::Dates if is_date(text) => Ok(()),
        Compares::Dates => Err(format!(
            "`{}` is no date, such as `2026-05-04T10:00:00Z`, and no count of seconds",
            shown()
        )),
    }
}

fn is_arn(text: &str) -> bool {
    let whole = || arn::without_colons_in_variables(text).split(':').count() >= 6;
    text == "*" || (text.starts_with("arn:") && whole())
}

/// Whether a text is an address, or a range in CIDR notation (RFC 4632).
fn is_network(text: &str) -> bool {
    let (address, bits) = match text.split_once('/') {
        Some((address, bits)) => (address, Some(bits)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else { return false };
    let most = if address.is_ipv4() { 32 } else { 128 };
    let digits = |bits: &str| !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
    bits.is_none_or(|bits| digits(bits) && bits.parse::<u8>().is_ok_and(|bits| bits <= most))
}

/// Whether IAM reads a text as a date: a profile of ISO 8601 whose end may be missing, or seconds
/// since 1970.
/// <https://www.w3.org/TR/NOTE-datetime>
fn is_date(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    if !text.contains('t') && !text.trim_start_matches('-').contains('-') && !text.starts_with('-')
    {
        return text.parse::<u64>().is_ok_and(|seconds| i64::try_from(seconds).is_ok());
    }
    let (date, time) = text.split_once('t').unwrap_or((&text, ""));
    is_day(date) && is_time(time)
}

fn is_day(text: &str) -> bool {
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let parts: Vec<&str> = rest.split('-').collect();
    let within = |index: usize, range: std::ops::RangeInclusive<i64>| {
        parts.get(index).is_none_or(|part| number(part).is_some_and(|n| range.contains(&n)))
    };
    let year = parts.first().and_then(|year| number(year)).map(|year| sign * year);
    parts.len() <= 3
        && year.is_some_and(|year| (-292_275_054..=292_278_993).contains(&year))
        && within(1, 1..=12)
        && within(2, 1..=31)
}

fn is_time(text: &str) -> bool {
    if text.is_empty() {
        return true;
    }
    let (time, zone) = match text.find(['z', '+']) {
        Some(at) => text.split_at(at),
        None => (text, ""),
    };
    // In a time, only a negative offset has a hyphen.
    let (time, zone) = match time.find('-') {
        Some(at) => time.split_at(at),
        None => (time, zone),
    };
    let (whole, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let parts: Vec<&str> = whole.split(':').collect();
    let within = |index: usize, most: i64| {
        parts.get(index).is_none_or(|part| number(part).is_some_and(|n| n <= most))
    };
    let fraction = fraction.len() <= 9 && number(fraction).is_some();
    parts.len() <= 3 && within(0, 23) && within(1, 59) && within(2, 59) && fraction && is_zone(zone)
}

fn is_zone(text: &str) -> bool {
    let Some(offset) = text.strip_prefix(['+', '-']) else { return matches!(text, "" | "z") };
    let (hours, minutes) = offset.split_once(':').unwrap_or((offset, "00"));
    let two = |text: &str, most: i64| text.len() == 2 && number(text).is_some_and(|n| n <= most);
    two(hours, 23) && two(minutes, 59)
}

fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}
