//! Header lists with weights, such as `Accept` (RFC 9110, section 12.4).

use http::HeaderMap;
use http::header::{ACCEPT, AsHeaderName};

use chinwag_protocol::{Code, Problem};

/// An element of such a list.
#[derive(Debug, PartialEq, Eq)]
struct Weighted<'a> {
    /// Without parameters.
    value: &'a str,
    /// The weight in thousandths.
    quality: u16,
}

/// The elements of all headers of one name. What is malformed is left out, as if it were not understood.
fn weighted(headers: &HeaderMap, name: impl AsHeaderName) -> Vec<Weighted<'_>> {
    let lists = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
    lists.flat_map(|list| list.split(',')).filter_map(element).collect()
}

fn element(text: &str) -> Option<Weighted<'_>> {
    let mut parts = text.split(';').map(str::trim);
    let value = parts.next().filter(|value| !value.is_empty())?;
    let weight = parts.find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("q").then_some(value.trim())
    });
    let quality = match weight {
        Some(weight) => thousandths(weight)?,
        None => 1_000,
    };
    Some(Weighted { value, quality })
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1_000),
        _ => None,
    }
}

/// How `GET /v1/events` is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Representation {
    /// One JSON document.
    Poll,
    /// Server-Sent Events.
    Sse,
    /// A stream of JSON lines.
    Ndjson,
}

/// What `Accept` asks for: the highest weight, then what is named most exactly, then what is named first.
pub(crate) fn representation(headers: &HeaderMap) -> Result<Representation, Problem> {
    // In the order in which they are taken if the client does not care.
    const OFFERS: [(Representation, &str, &str); 3] = [
        (Representation::Poll, "application", "json"),
        (Representation::Sse, "text", "event-stream"),
        (Representation::Ndjson, "application", "x-ndjson"),
    ];
    let is_empty = |value: &http::HeaderValue| value.as_bytes().trim_ascii().is_empty();
    if headers.get_all(ACCEPT).into_iter().all(is_empty) {
        return Ok(Representation::Poll);
    }
    let ranges = weighted(headers, ACCEPT);
    let mut best = None;
    for (representation, kind, subtype) in OFFERS {
        // Of the ranges that match, the most exact one counts, and of these the first.
        let matching = ranges.iter().enumerate().filter_map(|(at, range)| {
            let (range_kind, range_subtype) = range.value.split_once('/')?;
            let exactness = match (range_kind, range_subtype) {
                ("*", "*") => 0,
                (_, "*") if range_kind.eq_ignore_ascii_case(kind) => 1,
                _ if range_kind.eq_ignore_ascii_case(kind) && range_subtype.eq_ignore_ascii_case(subtype) => {
                    2
                }
                _ => return None,
            };
            Some((exactness, std::cmp::Reverse(at), range.quality))
        });
        if let Some((exactness, at, quality)) = matching.max()
            && quality > 0
        {
            // Among wildcards the place in the header says nothing of what is wanted.
            let rank = (quality, exactness, if exactness == 2 { at } else { std::cmp::Reverse(0) });
            if best.is_none_or(|(highest, _)| rank > highest) {
                best = Some((rank, representation));
            }
        }
    }
    best.map(|(_, representation)| representation).ok_or_else(|| {
        Problem::new(
            Code::NotAcceptable,
            "This is to be had as application/json, text/event-stream or application/x-ndjson.",
        )
    })
}

/// Whether `coding` may be used for the response; only if it is named, because that is what browsers do.
pub(crate) fn accepts_encoding(headers: &HeaderMap, coding: &str) -> bool {
    let codings = weighted(headers, http::header::ACCEPT_ENCODING);
    codings.iter().any(|range| range.quality > 0 && range.value.eq_ignore_ascii_case(coding))
}

#[cfg(test)]
mod tests {
    use Representation::{Ndjson, Poll, Sse};

    use super::*;

    #[test]
    fn negotiates() {
        let table: &[(&[&str], Option<Representation>)] = &[
            (&[], Some(Poll)),
            (&[""], Some(Poll)),
            (&["*/*"], Some(Poll)),
            (&["application/json"], Some(Poll)),
            (&["APPLICATION/JSON"], Some(Poll)),
            (&["application/json; charset=utf-8"], Some(Poll)),
            (&["application/*"], Some(Poll)),
            (&["text/event-stream"], Some(Sse)),
            (&["Text/Event-Stream"], Some(Sse)),
            (&["text/*"], Some(Sse)),
            (&["application/x-ndjson"], Some(Ndjson)),
            (&["text/event-stream, */*"], Some(Sse)),
            (&["*/*, text/event-stream"], Some(Sse)),
            (&["application/json, text/plain, */*"], Some(Poll)),
            (&["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"], Some(Poll)),
            (&["text/event-stream, application/x-ndjson"], Some(Sse)),
            (&["application/x-ndjson, text/event-stream"], Some(Ndjson)),
            (&["application/x-ndjson", "text/event-stream"], Some(Ndjson)),
            (&["text/event-stream;q=0.5, application/x-ndjson;q=0.6"], Some(Ndjson)),
            (&["text/event-stream;q=0.5, application/json;q=0.5"], Some(Sse)),
            (&["text/event-stream ; q=0.5 , application/json ; Q=0.7"], Some(Poll)),
            (&["text/event-stream;q=0, */*"], Some(Poll)),
            (&["application/json;q=0, */*"], Some(Sse)),
            (&["application/json;q=0, text/*;q=0, */*;q=0.1"], Some(Ndjson)),
            (&["*/*;q=0"], None),
            (&["text/html"], None),
            (&["application/problem+json"], None),
            (&["text/event-stream;q=0"], None),
            (&["text/event-stream;q=2"], None),
            (&["text/event-stream;q=0.1234"], None),
            (&["text/event-stream;q=x, application/json"], Some(Poll)),
            (&["nonsense"], None),
            (&[",,"], None),
            (&["text/event-stream;q=1.000"], Some(Sse)),
        ];
        for (values, expected) in table {
            let mut headers = HeaderMap::new();
            for value in *values {
                headers.append(ACCEPT, value.parse().unwrap());
            }
            let found = representation(&headers);
            assert_eq!(found.as_ref().ok(), expected.as_ref(), "{values:?}");
            if let Err(problem) = found {
                assert_eq!(problem.code, Code::NotAcceptable);
            }
        }
    }

    #[test]
    fn encodings() {
        for (value, br) in [
            ("gzip, deflate, br", true),
            ("br;q=0", false),
            ("*", false),
            ("gzip", false),
            ("BR;q=0.1", true),
        ] {
            let headers = HeaderMap::from_iter([(http::header::ACCEPT_ENCODING, value.parse().unwrap())]);
            assert_eq!(accepts_encoding(&headers, "br"), br, "{value}");
        }
    }
}
