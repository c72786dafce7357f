//! A place in an object store: whole objects under names, and nothing that waits in silence.

use std::{
    future::Future,
    pin::pin,
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    Attribute, Attributes, GetOptions, ObjectStore, ObjectStoreExt as _, PutMode,
    PutMultipartOptions, PutOptions, WriteMultipart,
    local::LocalFileSystem,
    path::{Path, PathPart},
};
use tokio::runtime::{Builder, Handle, Runtime};
use url::Url;

use crate::{Error, error::of_store, objects::sha256};

/// Larger objects go in parts of this size, bytes.
const PART: usize = 8 << 20;
/// Requests that are under way at a time.
const AT_ONCE: usize = 8;
/// Time after which people are told that a store has not answered yet.
const PATIENCE: Duration = Duration::from_secs(10);
/// The name of an object's digest among its attributes.
const DIGEST: &str = "sha256";

/// A place in a store, under which all names are.
pub struct Bucket {
    url: String,
    root: Path,
    store: Arc<dyn ObjectStore>,
    /// Whether objects carry attributes; folders do not.
    has_attributes: bool,
    runtime: Arc<Runtime>,
    tell: Arc<dyn Fn(&str) + Send + Sync>,
}

/// An object, as a list of them has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Its name, below the place that was listed in.
    pub name: String,
    /// Its size, bytes.
    pub size: u64,
    /// When it was put there, by the store's clock.
    pub modified: SystemTime,
}

/// An object's contents.
pub(crate) struct Contents {
    pub(crate) bytes: Bytes,
    /// The digest that the object carries, where its store keeps attributes.
    pub(crate) digest: Option<String>,
}

impl Bucket {
    /// The place that an address names: `s3://bucket/path`, with what the variables `AWS_*` say, or
    /// `file:///path`. `tell` is told when the store is slow.
    ///
    /// # Errors
    /// [`Error::Url`]. Whether the store is there is seen when it is asked.
    pub fn open(url: &str, tell: impl Fn(&str) + Send + Sync + 'static) -> Result<Self, Error> {
        let wrong = |why: String| Error::Url {
            url: url.to_owned(),
            why,
        };
        let parsed = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
        let path = Path::from_url_path(parsed.path()).map_err(|error| wrong(error.to_string()))?;
        let (store, has_attributes): (Arc<dyn ObjectStore>, bool) = match parsed.scheme() {
            "file" => (Arc::new(LocalFileSystem::new()), false),
            #[cfg(feature = "s3")]
            "s3" => (Arc::new(s3::open(url).map_err(wrong)?), true),
            scheme => {
                return Err(wrong(format!(
                    "{scheme}:// is no kind of store that this build knows; there are s3://BUCKET/PATH and file:///PATH"
                )));
            }
        };
        Self::of(store, has_attributes, path, url, tell)
    }

    /// A place in any other store.
    ///
    /// # Errors
    /// [`Error::Url`] where the system has no thread left.
    pub fn of(
        store: Arc<dyn ObjectStore>,
        has_attributes: bool,
        root: Path,
        url: &str,
        tell: impl Fn(&str) + Send + Sync + 'static,
    ) -> Result<Self, Error> {
        // One thread beside the caller's, for claims that are renewed while it works.
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build();
        let runtime = runtime.map_err(|error| Error::Url {
            url: url.to_owned(),
            why: error.to_string(),
        })?;
        Ok(Self {
            url: url.trim_end_matches('/').to_owned(),
            root,
            store,
            has_attributes,
            runtime: Arc::new(runtime),
            tell: Arc::new(tell),
        })
    }

    /// The place below a name.
    #[must_use]
    pub fn below(&self, name: &str) -> Self {
        Self {
            url: self.url_of(name),
            root: self.path(name),
            store: self.store.clone(),
            has_attributes: self.has_attributes,
            runtime: self.runtime.clone(),
            tell: self.tell.clone(),
        }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The address of an object.
    #[must_use]
    pub fn url_of(&self, name: &str) -> String {
        format!("{}/{name}", self.url)
    }

    /// An object's contents; `None` where there is none.
    ///
    /// # Errors
    /// What the store says. So it is for all that follow.
    pub fn get(&self, name: &str) -> Result<Option<Bytes>, Error> {
        let found = self.wait("read", name, self.fetched(name))?;
        Ok(found.map(|found| found.bytes))
    }

    /// Puts an object there, whole, in the place of an earlier one.
    ///
    /// # Errors
    /// As [`Bucket::get`]; the earlier one is kept then.
    pub fn put(&self, name: &str, bytes: Bytes) -> Result<(), Error> {
        self.wait("write", name, self.sent(name, bytes))
    }

    /// Puts an object there unless there is one: of several who do, one wins. Whether it was this one.
    ///
    /// # Errors
    /// As [`Bucket::put`].
    pub fn put_first(&self, name: &str, bytes: Bytes) -> Result<bool, Error> {
        let options = PutOptions {
            mode: PutMode::Create,
            attributes: self.attributes(&bytes),
            ..PutOptions::default()
        };
        let path = self.path(name);
        let put = async {
            match self.store.put_opts(&path, bytes.into(), options).await {
                Err(
                    object_store::Error::AlreadyExists { .. }
                    | object_store::Error::Precondition { .. },
                ) => Ok(false),
                put => put.map(|_| true),
            }
        };
        self.wait("write", name, put)
    }

    /// All objects whose names begin with a folder's.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    pub fn list(&self, folder: &str) -> Result<Vec<Listed>, Error> {
        let prefix = self.path(folder);
        let found = async { self.store.list(Some(&prefix)).try_collect::<Vec<_>>().await };
        let found = self.wait("list", folder, found)?;
        let named = found.into_iter().filter_map(|at| {
            let parts = at.location.prefix_match(&self.root)?;
            let parts: Vec<String> = parts.map(|part| part.as_ref().to_owned()).collect();
            Some(Listed {
                name: parts.join("/"),
                size: at.size,
                modified: at.last_modified.into(),
            })
        });
        let mut listed: Vec<Listed> = named.collect();
        listed.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(listed)
    }

    /// When an object was put there, by the store's clock; `None` where there is none.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    pub fn modified(&self, name: &str) -> Result<Option<SystemTime>, Error> {
        let path = self.path(name);
        let found = async { found(self.store.head(&path).await) };
        let found = self.wait("look at", name, found)?;
        Ok(found.map(|at| at.last_modified.into()))
    }

    /// The SHA-256 digest of an object: what it carries, or that of its contents; `None` where there is
    /// none.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    pub fn digest(&self, name: &str) -> Result<Option<String>, Error> {
        let path = self.path(name);
        let options = GetOptions {
            head: true,
            ..GetOptions::default()
        };
        let carried = async {
            let found = found(self.store.get_opts(&path, options).await)?;
            let Some(found) = found else {
                return Ok(None);
            };
            if let Some(digest) = carried(&found.attributes) {
                return Ok(Some(digest));
            }
            let found = self.fetched(name).await?;
            Ok(found.map(|found| sha256(&found.bytes)))
        };
        self.wait("look at", name, carried)
    }

    /// Removes an object; that there is none is fine.
    ///
    /// # Errors
    /// As [`Bucket::get`].
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path(name);
        let removed = async { found(self.store.delete(&path).await).map(drop) };
        self.wait("remove", name, removed)
    }

    /// Contents of several objects, of which some are under way at a time; `each` takes them in their
    /// order.
    ///
    /// # Errors
    /// As [`Bucket::get`], and what `each` says.
    pub(crate) fn get_each(
        &self,
        names: &[String],
        mut each: impl FnMut(&str, Option<Contents>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut found = stream::iter(names)
            .map(|name| async move { (name, self.fetched(name).await) })
            .buffered(AT_ONCE)
            .boxed();
        for name in names {
            let next = async {
                match found.next().await {
                    Some((_, found)) => found,
                    None => Ok(None),
                }
            };
            let found = self.wait("read", name, next)?;
            each(name, found)?;
        }
        Ok(())
    }

    /// Where work goes on beside the caller's.
    pub(crate) fn beside(&self) -> &Handle {
        self.runtime.handle()
    }

    /// The store and the path of a name in it, for work beside the caller's.
    pub(crate) fn parts(&self, name: &str) -> (Arc<dyn ObjectStore>, Path) {
        (self.store.clone(), self.path(name))
    }

    fn path(&self, name: &str) -> Path {
        let parts = name.split('/').filter(|part| !part.is_empty());
        // As a list of objects has them, or as people do.
        let encoded = |part| PathPart::parse(part).unwrap_or_else(|_| PathPart::from(part));
        parts.fold(self.root.clone(), |path, part| path.join(encoded(part)))
    }

    fn attributes(&self, bytes: &[u8]) -> Attributes {
        let mut attributes = Attributes::new();
        if self.has_attributes {
            let digest = sha256(bytes);
            attributes.insert(Attribute::Metadata(DIGEST.into()), digest.into());
        }
        attributes
    }

    async fn fetched(&self, name: &str) -> object_store::Result<Option<Contents>> {
        let Some(object) = found(self.store.get(&self.path(name)).await)? else {
            return Ok(None);
        };
        let digest = carried(&object.attributes);
        // It may be gone between its head and its contents.
        let bytes = found(object.bytes().await)?;
        Ok(bytes.map(|bytes| Contents { bytes, digest }))
    }

    /// Large objects are there when the last of their parts is, and not before.
    async fn sent(&self, name: &str, bytes: Bytes) -> object_store::Result<()> {
        let path = self.path(name);
        let attributes = self.attributes(&bytes);
        if bytes.len() <= PART {
            let options = PutOptions {
                attributes,
                ..PutOptions::default()
            };
            return self
                .store
                .put_opts(&path, bytes.into(), options)
                .await
                .map(drop);
        }
        let options = PutMultipartOptions {
            attributes,
            ..PutMultipartOptions::default()
        };
        let upload = self.store.put_multipart_opts(&path, options).await?;
        let mut upload = WriteMultipart::new_with_chunk_size(upload, PART);
        for at in (0..bytes.len()).step_by(PART) {
            upload.wait_for_capacity(AT_ONCE / 2).await?;
            upload.put(bytes.slice(at..bytes.len().min(at + PART)));
        }
        upload.finish().await.map(drop)
    }

    /// Waits for the store, and tells where that takes long.
    fn wait<T>(
        &self,
        action: &'static str,
        name: &str,
        work: impl Future<Output = object_store::Result<T>>,
    ) -> Result<T, Error> {
        let url = self.url_of(name);
        let begin = Instant::now();
        let done = self.runtime.block_on(async {
            let mut work = pin!(work);
            loop {
                match tokio::time::timeout(PATIENCE, &mut work).await {
                    Ok(done) => return done,
                    Err(_) => (self.tell)(&format!(
                        "no answer yet to {action} {url}, for {} s; requests that fail are tried again for some minutes",
                        begin.elapsed().as_secs()
                    )),
                }
            }
        });
        done.map_err(|error| of_store(error, action, &url))
    }
}

/// The digest among attributes.
fn carried(attributes: &Attributes) -> Option<String> {
    let digest = attributes.get(&Attribute::Metadata(DIGEST.into()))?;
    Some(digest.to_string())
}

/// What is there; that there is a bucket without it is no error.
fn found<T>(result: object_store::Result<T>) -> object_store::Result<Option<T>> {
    match result {
        Err(error @ object_store::Error::NotFound { .. })
            if !format!("{error}").contains("NoSuchBucket") =>
        {
            Ok(None)
        }
        result => result.map(Some),
    }
}

#[cfg(feature = "s3")]
mod s3 {
    use std::{env, time::Duration};

    use object_store::{
        ClientConfigKey, RetryConfig,
        aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    };

    /// Times that a request is tried, unless `AWS_MAX_ATTEMPTS` says otherwise.
    const ATTEMPTS: usize = 8;
    /// Time from its first try after which a request is not tried again.
    const TRIED_FOR: Duration = Duration::from_secs(180);
    /// Defaults of the variables `AWS_READ_TIMEOUT`, `AWS_TIMEOUT`: time without a byte, and of a request.
    const TIMEOUTS: [(ClientConfigKey, &str, &str); 2] = [
        (
            ClientConfigKey::ReadTimeout,
            "AWS_READ_TIMEOUT",
            "60 seconds",
        ),
        (ClientConfigKey::Timeout, "AWS_TIMEOUT", "300 seconds"),
    ];

    pub(super) fn open(url: &str) -> Result<AmazonS3, String> {
        // Another part of the program may have chosen one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let attempts = match env::var("AWS_MAX_ATTEMPTS") {
            Ok(text) => text
                .parse()
                .map_err(|_| format!("AWS_MAX_ATTEMPTS is `{text}`, which is no number"))?,
            Err(_) => ATTEMPTS,
        };
        let mut builder = AmazonS3Builder::from_env()
            .with_url(url)
            .with_retry(RetryConfig {
                max_retries: attempts.max(1) - 1,
                retry_timeout: TRIED_FOR,
                ..RetryConfig::default()
            });
        for (key, variable, default) in TIMEOUTS {
            if env::var_os(variable).is_none() {
                builder = builder.with_config(AmazonS3ConfigKey::Client(key), default);
            }
        }
        builder.build().map_err(|error| error.to_string())
    }
}
