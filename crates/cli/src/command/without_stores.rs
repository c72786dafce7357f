//! In the place of object stores, in a build without them: what to do.

use std::path::Path;

use anyhow::bail;
use spindle_run::shard::Shard;

use super::address;
use crate::{arguments::Sweep, computation::Computation, terminal::Terminal};

fn refused(url: &str) -> anyhow::Result<()> {
    bail!(
        "{url} is in an object store, and this build of spindle knows none; in Spindle's folder: cargo build --release -p spindle --features object-store, which makes target/release/spindle"
    )
}

pub(crate) fn copy(from: &Path, to: &Path, _: &Terminal) -> anyhow::Result<()> {
    match address(from).or(address(to)) {
        Some(url) => refused(url),
        None => bail!(
            "neither {} nor {} is in an object store (s3://BUCKET/PATH); a folder is copied by cp -r",
            from.display(),
            to.display()
        ),
    }
}

pub(super) fn extract(
    url: &str,
    _: Option<Shard>,
    _: &Computation,
    _: &Terminal,
) -> anyhow::Result<()> {
    refused(url)
}

pub(super) fn decompose(url: &str, _: Option<Shard>, _: &Terminal) -> anyhow::Result<()> {
    refused(url)
}

pub(super) fn merge(url: &str, _: &Terminal) -> anyhow::Result<()> {
    refused(url)
}

pub(super) fn sweep(_: &Sweep, url: &str, _: Shard, _: &Terminal) -> anyhow::Result<()> {
    refused(url)
}

pub(super) fn status(url: &str, _: &Terminal) -> anyhow::Result<()> {
    refused(url)
}
