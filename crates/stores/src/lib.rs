//! Runs in object stores: S3 and what speaks like it (feature `s3`), or a folder as `file://`.
//!
//! A run has the same names there as in its folder. Work is done in folders and whole objects are
//! published: an object is there with all of its bytes, or not at all. What says that something is done
//! is put last, and by the first only ([`Bucket::put_first`]); so two workers may come to the same
//! checkpoint, and one of them wins.
//!
//! ```text
//! objects.json                    what a copy has put there, with digests; before the record
//! run.json                        the record, last of all
//! shards/extract/<step>.json      a worker's note, by the first
//! shards/extract/<step>.lock/<k>  who is at it, renewed as long as they live; the k-th who took it
//! shards/extract/<step>.error     why it failed the last time
//! shards/clock/<worker>           put to see what time it is in the store
//! ```
//!
//! A sweep has its runs below one address ([`RemoteRuns`]), `sweep.json` beside them, and claims and
//! errors of whole runs in `shards/`.

mod bucket;
mod claim;
mod copy;
mod error;
mod objects;
mod remote;
mod runs;

pub use bucket::{Bucket, Listed};
pub use claim::{Claims, Heard, Held, LIFE, Taken};
pub use copy::{Copied, Watch, download, upload};
pub use error::Error;
pub use objects::Objects;
pub use remote::{RemoteRun, Turn};
pub use runs::{RemoteRuns, RunState, RunTurn};
