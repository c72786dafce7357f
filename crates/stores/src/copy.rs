//! A run from a folder to a store and back: what is there already stays, and the record comes last.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use spindle_run::{RunFolder, RunWriter, folder::write_whole, record::RunRecord};

use crate::{
    Bucket, Error,
    bucket::{Contents, Listed},
    objects::{OBJECTS, Object, Objects, RECORD, is_known, is_of_a_run, sha256},
};

/// Who looks on while a run is copied.
pub trait Watch {
    /// How far it is, in objects.
    fn progress(&self, done: usize, total: usize);

    /// Asked between objects.
    fn wants_to_stop(&self) -> bool;
}

/// What a copy came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Copied {
    /// Objects that went over.
    pub copied: usize,
    /// Objects that were there, with the same digest.
    pub kept: usize,
    /// Bytes that went over.
    pub bytes: u64,
}

impl Copied {
    fn add(&mut self, bytes: usize) {
        self.copied += 1;
        self.bytes += bytes as u64;
    }
}

/// Puts a run's folder into a store, under the names that it has there. The same again goes on where it
/// was broken off.
///
/// # Errors
/// A folder that holds no run, or that a process writes to; an address with another run or something
/// else; what the store says; [`Error::Stopped`].
pub fn upload(folder: &Path, bucket: &Bucket, watch: &dyn Watch) -> Result<Copied, Error> {
    // Nobody writes all of it meanwhile.
    let (writer, record) = RunWriter::open_shared(folder)?;
    let listed = there(bucket)?;
    refuse_another(bucket, &listed, &record)?;
    let mut objects = objects_of(bucket)?.unwrap_or_default();
    let names = files(writer.path())?;
    let mut copied = Copied::default();
    for (done, name) in names.iter().enumerate() {
        watch.progress(done, names.len() + 1);
        if watch.wants_to_stop() {
            return Err(Error::Stopped);
        }
        let bytes = read(&writer.path().join(name))?;
        let object = Object {
            size: bytes.len() as u64,
            sha256: sha256(&bytes),
        };
        if is_there(bucket, &listed, &objects, name, &object)? {
            copied.kept += 1;
        } else {
            copied.add(bytes.len());
            bucket.put(name, bytes.into())?;
        }
        objects.objects.insert(name.clone(), object);
    }
    // What says that all of it is there, and what says that it is a run.
    bucket.put(OBJECTS, objects.to_json()?.into())?;
    let json = read(&writer.path().join(RECORD))?;
    match bucket.get(RECORD)? {
        Some(found) if *found == *json => copied.kept += 1,
        _ => {
            copied.add(json.len());
            bucket.put(RECORD, json.into())?;
        }
    }
    watch.progress(names.len() + 1, names.len() + 1);
    Ok(copied)
}

/// Brings a run from a store into a folder. The same again goes on where it was broken off.
///
/// # Errors
/// An address without a run, objects that are lost or damaged, a folder with something else in it;
/// what the store says; [`Error::Stopped`].
pub fn download(bucket: &Bucket, folder: &Path, watch: &dyn Watch) -> Result<Copied, Error> {
    let (json, record) = record_of(bucket)?;
    refuse_another_folder(folder, &record)?;
    let listed = there(bucket)?;
    let objects = objects_of(bucket)?.unwrap_or_default();
    if let Some(lost) = objects.names().find(|name| !listed.contains_key(*name)) {
        return Err(lost_of(bucket, lost));
    }
    // Says until the record is there what this folder becomes.
    put_file(folder, OBJECTS, &objects.to_json()?)?;
    let names: Vec<&str> = listed
        .keys()
        .map(String::as_str)
        .filter(|name| is_of_a_run(name) && *name != RECORD)
        .collect();
    let mut copied = Copied::default();
    fetch(bucket, &objects, &names, folder, watch, &mut copied)?;
    copied.add(json.len());
    put_file(folder, RECORD, &json)?;
    remove_file(&folder.join(OBJECTS))?;
    Ok(copied)
}

/// Brings objects into a folder, but for those that are there already.
pub(crate) fn fetch(
    bucket: &Bucket,
    objects: &Objects,
    names: &[&str],
    folder: &Path,
    watch: &dyn Watch,
    copied: &mut Copied,
) -> Result<(), Error> {
    let mut missing = Vec::new();
    for name in names {
        if watch.wants_to_stop() {
            return Err(Error::Stopped);
        }
        match is_here(bucket, objects, folder, name)? {
            true => copied.kept += 1,
            false => missing.push((*name).to_owned()),
        }
    }
    let mut done = names.len() - missing.len();
    bucket.get_each(&missing, |name, found| {
        watch.progress(done, names.len());
        if watch.wants_to_stop() {
            return Err(Error::Stopped);
        }
        let Contents { bytes, digest } = found.ok_or_else(|| lost_of(bucket, name))?;
        // What the list says, or of what a worker has put there the object itself.
        let expected = objects.digest(name).or(digest.as_deref());
        if expected.is_some_and(|expected| expected != sha256(&bytes)) {
            return Err(Error::Damaged {
                url: bucket.url_of(name),
                run: bucket.url().to_owned(),
            });
        }
        copied.add(bytes.len());
        done += 1;
        put_file(folder, name, &bytes)
    })?;
    watch.progress(names.len(), names.len());
    Ok(())
}

/// Whether a file is the object that is in the store.
fn is_here(bucket: &Bucket, objects: &Objects, folder: &Path, name: &str) -> Result<bool, Error> {
    let path = folder.join(name);
    if !path.is_file() {
        return Ok(false);
    }
    let here = sha256(&read(&path)?);
    match objects.digest(name) {
        Some(digest) => Ok(digest == here),
        None => Ok(bucket.digest(name)?.is_some_and(|digest| digest == here)),
    }
}

/// Whether an object is in the store as it is here.
fn is_there(
    bucket: &Bucket,
    listed: &BTreeMap<String, Listed>,
    objects: &Objects,
    name: &str,
    object: &Object,
) -> Result<bool, Error> {
    if listed.get(name).is_none_or(|at| at.size != object.size) {
        return Ok(false);
    }
    match objects.digest(name) {
        Some(digest) => Ok(digest == object.sha256),
        // Put there by a copy that was broken off, or by a worker.
        None => Ok(bucket
            .digest(name)?
            .is_some_and(|found| found == object.sha256)),
    }
}

/// The record of the run in a store, as text and read.
///
/// # Errors
/// [`Error::NoRun`], or what is wrong with it.
pub(crate) fn record_of(bucket: &Bucket) -> Result<(Vec<u8>, RunRecord), Error> {
    let json = bucket.get(RECORD)?;
    let json = json.ok_or_else(|| Error::NoRun(bucket.url().to_owned()))?;
    let record =
        RunRecord::from_json(&json).map_err(|error| error.in_file(bucket.url_of(RECORD)))?;
    Ok((json.to_vec(), record))
}

/// The list of a run's objects; `None` where no copy was completed.
pub(crate) fn objects_of(bucket: &Bucket) -> Result<Option<Objects>, Error> {
    let json = bucket.get(OBJECTS)?;
    let objects = json.map(|json| {
        Objects::from_json(&json).map_err(|error| error.in_file(bucket.url_of(OBJECTS)))
    });
    Ok(objects.transpose()?)
}

/// All that is there, by its names.
pub(crate) fn there(bucket: &Bucket) -> Result<BTreeMap<String, Listed>, Error> {
    let listed = bucket.list("")?.into_iter();
    Ok(listed.map(|at| (at.name.clone(), at)).collect())
}

pub(crate) fn lost_of(bucket: &Bucket, name: &str) -> Error {
    Error::Lost {
        url: bucket.url_of(name),
        run: bucket.url().to_owned(),
    }
}

fn refuse_another(
    bucket: &Bucket,
    listed: &BTreeMap<String, Listed>,
    record: &RunRecord,
) -> Result<(), Error> {
    if listed.contains_key(RECORD) {
        let (_, there) = record_of(bucket)?;
        return same_run(bucket.url(), &there, record);
    }
    match listed.keys().find(|name| !is_known(name)) {
        Some(found) => Err(Error::Foreign {
            url: bucket.url().to_owned(),
            found: found.clone(),
        }),
        None => Ok(()),
    }
}

fn refuse_another_folder(folder: &Path, record: &RunRecord) -> Result<(), Error> {
    match RunFolder::open(folder) {
        Ok((here, _)) if here.is_locked() => {
            Err(spindle_run::Error::Locked(here.path().to_owned()).into())
        }
        Ok((_, found)) => same_run(&folder.display().to_string(), &found, record),
        Err(spindle_run::Error::NoRun(_)) => refuse_foreign_folder(folder),
        Err(error) => Err(error.into()),
    }
}

fn refuse_foreign_folder(folder: &Path) -> Result<(), Error> {
    let mut entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries.map_err(|source| io_error("list", folder, source))?,
    };
    if folder.join(OBJECTS).is_file() {
        return Ok(());
    }
    match entries.find_map(Result::ok) {
        Some(found) => Err(Error::ForeignFolder {
            folder: folder.display().to_string(),
            found: found.file_name().to_string_lossy().into_owned(),
        }),
        None => Ok(()),
    }
}

/// Refuses to replace a run of another experiment, or one that is further on.
fn same_run(place: &str, replaced: &RunRecord, by: &RunRecord) -> Result<(), Error> {
    let differences = replaced.experiment.decisive_differences(&by.experiment);
    if !differences.is_empty() {
        return Err(Error::OtherRun {
            place: place.to_owned(),
            differences,
        });
    }
    match is_further(replaced, by) {
        true => Err(Error::Further {
            place: place.to_owned(),
        }),
        false => Ok(()),
    }
}

/// Whether a record has something that another one of its run has not.
pub(crate) fn is_further(record: &RunRecord, other: &RunRecord) -> bool {
    let [this, other] = [record, other].map(how_far);
    this.iter().zip(other).any(|(this, other)| *this > other)
}

/// How many checkpoints were trained and decomposed, and how much was found of the run.
fn how_far(record: &RunRecord) -> [usize; 3] {
    let checkpoints = record.checkpoints.iter();
    let decomposed = checkpoints.filter(|at| at.summary.is_some()).count();
    let analysed = usize::from(!record.analyses.is_empty());
    [record.checkpoints.len(), decomposed, analysed]
}

/// Names of all files that a run has, but for the record: no locks, nothing that is half written or put
/// aside, and nothing that people keep beside them.
fn files(folder: &Path) -> Result<Vec<String>, Error> {
    let mut names = Vec::new();
    let mut left = vec![PathBuf::new()];
    while let Some(relative) = left.pop() {
        let path = folder.join(&relative);
        let failed = |source| io_error("list", &path, source);
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let relative = relative.join(&name);
            if entry.path().is_dir() {
                left.push(relative);
                continue;
            }
            let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
            let full = parts.join("/");
            let is_whole = !name.starts_with('.') && !name.ends_with(".damaged");
            if is_whole && full != RECORD && is_of_a_run(&full) {
                names.push(full);
            }
        }
    }
    names.sort();
    Ok(names)
}

pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| io_error("read", path, source))
}

/// Writes a file of a folder, whole.
pub(crate) fn put_file(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    Ok(write_whole(&folder.join(name), bytes)?)
}

pub(crate) fn remove_file(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(io_error("remove", path, error))
        }
        _ => Ok(()),
    }
}

fn io_error(action: &'static str, path: &Path, source: io::Error) -> Error {
    Error::Run(spindle_run::Error::Io {
        action,
        path: path.to_owned(),
        source,
    })
}
