//! A small web server for a page and its files, meant for this machine alone.
//!
//! It answers for what a [`Site`] finds under a checked address and for nothing else. Requests
//! have their heads parsed by `httparse`; what is asked, by whom and for which part is judged here,
//! and so is how long a connection may take. It knows no runs.

mod address;
mod ask;
mod browser;
mod folder;
mod host;
mod listen;
mod places;
mod range;
mod reply;
mod request;
mod site;

pub use browser::open_browser;
pub use folder::Folder;
pub use listen::{Error, Serving, start};
pub use site::{Body, Found, Site, tag_of};
