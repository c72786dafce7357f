//! Named arrays with a description, as safetensors bytes.
//!
//! Every file carries its description as JSON under the one metadata key `spindle`: one key only,
//! because the library writes several in no fixed order, and the same contents are to give the same
//! bytes. The description holds a SHA-256 digest of the arrays, which is consistent with them at
//! every moment since both are written at once, and a seal of its own text.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::tensor::{Dtype, SafeTensors, View};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{Error, digest::hexadecimal, half, record::SCHEMA, seal};

/// Which way masks count, written into every file with a mask axis.
pub(crate) const MASK_ORDER: &str = "bit i of the position on the mask axis = player i present";

const KEY: &str = "spindle";

/// What a file says of itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Description {
    /// Version of the format.
    pub(crate) schema: u32,
    /// Version of Spindle that wrote it.
    pub(crate) version: String,
    /// What the file holds.
    pub(crate) kind: String,
    /// Training steps done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) step: Option<usize>,
    /// n.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) players: Option<usize>,
    /// Which way masks count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mask_order: Option<String>,
    /// Rounding noise of the outputs (standard deviation, nats).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) noise_floor: Option<f64>,
    /// Digest of all arrays: names, types, shapes and bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) sha256: Option<String>,
    /// Seal of the description; none in files of earlier versions.
    #[serde(skip_serializing)]
    pub(crate) seal: Option<String>,
}

impl Description {
    pub(crate) fn new(kind: &str) -> Self {
        Self {
            schema: SCHEMA,
            version: env!("CARGO_PKG_VERSION").into(),
            kind: kind.into(),
            ..Self::default()
        }
    }

    pub(crate) fn with_masks(self, players: usize) -> Self {
        Self {
            players: Some(players),
            mask_order: Some(MASK_ORDER.into()),
            ..self
        }
    }
}

/// A type of number that arrays are made of.
pub(crate) trait Element: Copy {
    const DTYPE: Dtype;
    const SIZE: usize;
    fn append(self, bytes: &mut Vec<u8>);
    /// From exactly `SIZE` bytes; 0 from any other number of them.
    fn from_bytes(bytes: &[u8]) -> Self;
}

macro_rules! element {
    ($type:ty, $dtype:ident) => {
        impl Element for $type {
            const DTYPE: Dtype = Dtype::$dtype;
            const SIZE: usize = size_of::<$type>();

            fn append(self, bytes: &mut Vec<u8>) {
                bytes.extend_from_slice(&self.to_le_bytes());
            }

            fn from_bytes(bytes: &[u8]) -> Self {
                bytes
                    .try_into()
                    .map_or_else(|_| Default::default(), <$type>::from_le_bytes)
            }
        }
    };
}

element!(f64, F64);
element!(f32, F32);
element!(i64, I64);
element!(i32, I32);
element!(i16, I16);
element!(u8, U8);

#[derive(Clone, Debug)]
struct Stored {
    dtype: Dtype,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl View for &Stored {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}

/// Arrays to be written into one file.
#[derive(Debug, Default)]
pub(crate) struct Writer {
    arrays: BTreeMap<String, Stored>,
}

impl Writer {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds an array, row-major.
    ///
    /// # Errors
    /// [`Error::Array`] when `values` does not fill `shape`.
    pub(crate) fn array<T: Element>(
        mut self,
        name: impl Into<String>,
        shape: &[usize],
        values: impl IntoIterator<Item = T>,
    ) -> Result<Self, Error> {
        let mut bytes = Vec::with_capacity(shape.iter().product::<usize>() * T::SIZE);
        values
            .into_iter()
            .for_each(|value| value.append(&mut bytes));
        let (name, values) = (name.into(), bytes.len() / T::SIZE);
        if values != shape.iter().product::<usize>() {
            let (found, expected) = (format!("{values} values"), format!("{shape:?}"));
            return Err(Error::Array {
                array: name,
                found,
                expected,
            });
        }
        self.arrays.insert(
            name,
            Stored {
                dtype: T::DTYPE,
                shape: shape.to_vec(),
                bytes,
            },
        );
        Ok(self)
    }

    /// The file's bytes, the same for the same arrays and description.
    pub(crate) fn finish(self, description: Description) -> Result<Vec<u8>, Error> {
        let views = self
            .arrays
            .iter()
            .map(|(name, array)| (name.as_str(), &*array.shape, array.dtype, &*array.bytes));
        let description = Description {
            sha256: Some(arrays_digest(views)),
            ..description
        };
        let text = seal::sealed(&serde_json::to_vec(&description)?, "");
        let text = String::from_utf8_lossy(&text).into_owned();
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        Ok(safetensors::serialize(&self.arrays, Some(metadata))?)
    }
}

/// Arrays read from one file.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    tensors: SafeTensors<'a>,
    /// What the file says of itself; empty for files of others.
    pub(crate) description: Description,
}

impl<'a> Reader<'a> {
    /// Reads the header and checks length, version and digest.
    ///
    /// # Errors
    /// [`Error::Safetensors`] for truncated or foreign bytes, [`Error::Newer`], [`Error::Digest`].
    pub(crate) fn new(bytes: &'a [u8]) -> Result<Self, Error> {
        let (_, header) = SafeTensors::read_metadata(bytes)?;
        let tensors = SafeTensors::deserialize(bytes)?;
        let metadata = header.metadata().as_ref();
        let text = metadata.and_then(|metadata| metadata.get(KEY));
        let description: Description = match text {
            Some(text) => serde_json::from_slice(text.as_bytes())?,
            None => Description::default(),
        };
        crate::record::check_schema(description.schema, &description.version)?;
        if let Some(seal) = &description.seal
            && !text.is_some_and(|text| seal::holds(text.as_bytes(), seal))
        {
            return Err(Error::Digest);
        }
        if let Some(expected) = &description.sha256 {
            let mut views = tensors.tensors();
            views.sort_by(|a, b| a.0.cmp(&b.0));
            let views = views
                .iter()
                .map(|(name, view)| (name.as_str(), view.shape(), view.dtype(), view.data()));
            if arrays_digest(views) != *expected {
                return Err(Error::Digest);
            }
        }
        Ok(Self {
            tensors,
            description,
        })
    }

    /// As [`Reader::new`], for a file that must be of one kind.
    pub(crate) fn of_kind(bytes: &'a [u8], kind: &'static str) -> Result<Self, Error> {
        let reader = Self::new(bytes)?;
        if reader.description.kind == kind {
            return Ok(reader);
        }
        let found = match reader.description.kind.as_str() {
            "" => "a safetensors file that Spindle did not write".into(),
            other => format!("a file of {other}"),
        };
        Err(Error::Kind {
            found,
            expected: kind,
        })
    }

    /// Names of all arrays, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self
            .tensors
            .names()
            .into_iter()
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }

    /// Whether there is an array of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.tensors.tensor(name).is_ok()
    }

    /// Shape of an array.
    pub(crate) fn shape(&self, name: &str) -> Result<Vec<usize>, Error> {
        let view = self
            .tensors
            .tensor(name)
            .map_err(|_| Error::NoArray(name.into()))?;
        Ok(view.shape().to_vec())
    }

    /// An array's values, row-major.
    ///
    /// # Errors
    /// [`Error::NoArray`], or [`Error::Array`] when its type is not `T`.
    pub(crate) fn values<T: Element>(&self, name: &str) -> Result<Vec<T>, Error> {
        let view = self
            .tensors
            .tensor(name)
            .map_err(|_| Error::NoArray(name.into()))?;
        if view.dtype() != T::DTYPE {
            return Err(Error::Array {
                array: name.into(),
                found: view.dtype().to_string(),
                expected: T::DTYPE.to_string(),
            });
        }
        Ok(view
            .data()
            .chunks_exact(T::SIZE)
            .map(T::from_bytes)
            .collect())
    }

    /// An array of floats of any width as f32, row-major; f64 is rounded.
    ///
    /// # Errors
    /// [`Error::NoArray`], or [`Error::Array`] for what are no floats.
    pub(crate) fn floats(&self, name: &str) -> Result<Vec<f32>, Error> {
        let view = self
            .tensors
            .tensor(name)
            .map_err(|_| Error::NoArray(name.into()))?;
        let halves = |number: fn(u16) -> f32| {
            let (halves, _) = view.data().as_chunks();
            halves
                .iter()
                .map(|&half| number(u16::from_le_bytes(half)))
                .collect()
        };
        match view.dtype() {
            Dtype::F32 => self.values(name),
            Dtype::F64 => Ok(self
                .values::<f64>(name)?
                .into_iter()
                .map(|value| value as f32)
                .collect()),
            Dtype::F16 => Ok(halves(half::f16)),
            Dtype::BF16 => Ok(halves(half::bf16)),
            other => Err(Error::Array {
                array: name.into(),
                found: other.to_string(),
                expected: "F32, F64, F16 or BF16".into(),
            }),
        }
    }

    /// Whether an array is of integers.
    pub(crate) fn is_of_integers(&self, name: &str) -> bool {
        let integers = [Dtype::I64, Dtype::I32, Dtype::I16, Dtype::I8, Dtype::U8];
        self.tensors
            .tensor(name)
            .is_ok_and(|view| integers.contains(&view.dtype()))
    }

    /// An array's values, row-major, when it has this type and shape.
    ///
    /// # Errors
    /// [`Error::NoArray`], [`Error::Array`].
    pub(crate) fn shaped<T: Element>(&self, name: &str, shape: &[usize]) -> Result<Vec<T>, Error> {
        let found = self.shape(name)?;
        if found != shape {
            let (found, expected) = (format!("{found:?}"), format!("{shape:?}"));
            return Err(Error::Array {
                array: name.into(),
                found,
                expected,
            });
        }
        self.values(name)
    }
}

/// Digest over arrays in the order of their names.
fn arrays_digest<'a>(
    arrays: impl Iterator<Item = (&'a str, &'a [usize], Dtype, &'a [u8])>,
) -> String {
    let digest = arrays.fold(Sha256::new(), |digest, (name, shape, dtype, bytes)| {
        digest
            .chain_update(format!("{name} {dtype} {shape:?}\n"))
            .chain_update(bytes)
    });
    hexadecimal(&digest.finalize())
}
