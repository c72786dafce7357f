//! Who is at what: claims that a store gives to the first, and that end with whoever holds them.
//!
//! A claim is an object that only the first can put. Its holder puts it again while they live, so that
//! the store's own clock says when they were last heard of; the clocks of machines play no part. Who is
//! not heard of for some time is taken to be lost, and the next claim of the same thing, again by the
//! first, takes it over. If both go on after all, both make the same arrays, and the first note stands.

use std::{
    hash::{BuildHasher as _, RandomState},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use object_store::ObjectStoreExt as _;
use tokio::task::JoinHandle;

use crate::{Bucket, Error, objects::SHARDS};

/// Time after which a holder who is not heard of is taken to be lost.
pub const LIFE: Duration = Duration::from_secs(120);
/// Times that a claim is renewed in that time.
const RENEWALS: u32 = 6;

/// The claims of one worker.
pub struct Claims<'a> {
    bucket: &'a Bucket,
    by: String,
    /// Where this worker looks at the store's clock, which no other does.
    clock: String,
    life: Duration,
}

/// What became of a claim.
pub enum Taken<'a> {
    /// It is this worker's.
    Mine(Held<'a>),
    /// It is another's.
    Theirs(Heard),
}

/// Who holds a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Who.
    pub by: String,
    /// How long ago they were last heard of, by the store's clock.
    pub ago: Duration,
    /// Whether they are taken to be lost.
    pub is_lost: bool,
}

/// A claim that this worker holds, renewed while this value lives.
pub struct Held<'a> {
    bucket: &'a Bucket,
    what: String,
    renewing: JoinHandle<()>,
}

impl Heard {
    /// Why nobody waits for them, where they are taken to be lost.
    #[must_use]
    pub fn in_words(&self) -> String {
        let (by, seconds) = (&self.by, self.ago.as_secs());
        match self.is_lost {
            true => format!(
                "{by} is lost: last heard of {seconds} s ago; the next worker takes it over"
            ),
            false => format!("{by} is at it, heard of {seconds} s ago"),
        }
    }
}

impl<'a> Claims<'a> {
    /// Claims of a worker that others know as `by`, whose holders are lost after `life`.
    #[must_use]
    pub fn new(bucket: &'a Bucket, by: String, life: Duration) -> Self {
        let own = RandomState::new().hash_one(&by);
        Self {
            bucket,
            clock: format!("{SHARDS}/clock/{own:016x}"),
            by,
            life,
        }
    }

    /// Claims something, unless another holds it.
    ///
    /// # Errors
    /// What the store says.
    pub fn take(&self, what: &str) -> Result<Taken<'a>, Error> {
        let next = match self.holder(what)? {
            Some((_, heard)) if !heard.is_lost => return Ok(Taken::Theirs(heard)),
            Some((generation, _)) => generation + 1,
            None => 1,
        };
        let name = format!("{}/{next}", folder(what));
        let text = Bytes::from(self.by.clone());
        if self.bucket.put_first(&name, text.clone())? {
            return Ok(Taken::Mine(Held {
                bucket: self.bucket,
                what: what.to_owned(),
                renewing: self.renewed(&name, text),
            }));
        }
        let theirs = self.holder(what)?.map(|(_, heard)| heard);
        Ok(Taken::Theirs(theirs.unwrap_or(Heard {
            by: String::new(),
            ago: Duration::ZERO,
            is_lost: false,
        })))
    }

    /// Who holds a claim, if anybody does.
    ///
    /// # Errors
    /// What the store says.
    pub fn heard(&self, what: &str) -> Result<Option<Heard>, Error> {
        Ok(self.holder(what)?.map(|(_, heard)| heard))
    }

    /// The latest claim, by its number, and whose it is.
    fn holder(&self, what: &str) -> Result<Option<(u64, Heard)>, Error> {
        let listed = self.bucket.list(&folder(what))?.into_iter();
        let numbered = listed.filter_map(|at| {
            let number: u64 = at.name.rsplit('/').next()?.parse().ok()?;
            Some((number, at))
        });
        let Some((number, at)) = numbered.max_by_key(|(number, _)| *number) else {
            return Ok(None);
        };
        // One that was given back meanwhile is nobody's.
        let Some(by) = self.bucket.get(&at.name)? else {
            return Ok(None);
        };
        let now = self.now()?;
        let ago = now.duration_since(at.modified).unwrap_or_default();
        let heard = Heard {
            by: String::from_utf8_lossy(&by).into_owned(),
            ago,
            is_lost: ago > self.life,
        };
        Ok(Some((number, heard)))
    }

    /// What time it is by the store's clock: when it says that an object was put which is put now.
    fn now(&self) -> Result<SystemTime, Error> {
        let name = &*self.clock;
        self.bucket.put(name, Bytes::from_static(b"now"))?;
        let now = self.bucket.modified(name)?;
        self.bucket.remove(name)?;
        now.ok_or_else(|| Error::Store {
            action: "look at",
            url: self.bucket.url_of(name),
            why: "it was put there, and is gone".to_owned(),
        })
    }

    fn renewed(&self, name: &str, text: Bytes) -> JoinHandle<()> {
        let (store, path) = self.bucket.parts(name);
        let pause = self.life / RENEWALS;
        self.bucket.beside().spawn(async move {
            loop {
                tokio::time::sleep(pause).await;
                // One that fails is made up for by the next; at worst the claim is lost.
                let _ = store.put(&path, text.clone().into()).await;
            }
        })
    }
}

impl Held<'_> {
    /// Gives it back.
    ///
    /// # Errors
    /// What the store says; the claim ends by itself then.
    pub fn release(self) -> Result<(), Error> {
        self.renewing.abort();
        let claims = self.bucket.list(&folder(&self.what))?;
        claims
            .iter()
            .try_for_each(|at| self.bucket.remove(&at.name))
    }
}

/// Nobody hears of it any longer.
impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.renewing.abort();
    }
}

/// Where claims of something are.
fn folder(what: &str) -> String {
    format!("{SHARDS}/{what}.lock")
}
