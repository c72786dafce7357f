//! What a request asks for, as far as it matters here.

use tiny_http::{Method, Request};

/// How it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// `GET`.
    Whole,
    /// `HEAD`: all but the bytes.
    Head,
    /// Anything else.
    Other,
}

/// A request's parts.
#[derive(Debug)]
pub(crate) struct Ask<'a> {
    pub(crate) how: How,
    pub(crate) target: &'a str,
    /// The host that it names, if it names one and not several.
    pub(crate) host: Option<&'a str>,
    pub(crate) range: Option<&'a str>,
    pub(crate) if_range: Option<&'a str>,
    pub(crate) if_none_match: Option<&'a str>,
}

impl<'a> Ask<'a> {
    pub(crate) fn of(request: &'a Request) -> Self {
        Self {
            how: match request.method() {
                Method::Get => How::Whole,
                Method::Head => How::Head,
                _ => How::Other,
            },
            target: request.url(),
            host: only(request, "Host"),
            range: only(request, "Range"),
            if_range: only(request, "If-Range"),
            if_none_match: only(request, "If-None-Match"),
        }
    }
}

/// The value of a header that is there once.
fn only<'a>(request: &'a Request, name: &'static str) -> Option<&'a str> {
    let mut values = request
        .headers()
        .iter()
        .filter(|header| header.field.equiv(name));
    let value = values.next()?.value.as_str();
    values.next().is_none().then(|| value.trim())
}
