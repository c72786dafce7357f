//! What a request asks for, as far as it matters here.

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
