//! Arrays of one's own as files.

use std::{io::Write, path::Path};

use ::safetensors::{Dtype, tensor::TensorView};
use npyz::WriterBuilder;
use rawzip::{CompressionMethod, ZipArchiveWriter};

use super::write;

/// Values of an array.
#[derive(Clone, Debug)]
pub enum Numbers {
    U8(Vec<u8>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Numbers {
    fn bytes(&self) -> (Dtype, Vec<u8>) {
        match self {
            Self::U8(values) => (Dtype::U8, values.clone()),
            Self::I64(values) => (
                Dtype::I64,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
            Self::F32(values) => (
                Dtype::F32,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
            Self::F64(values) => (
                Dtype::F64,
                values.iter().flat_map(|v| v.to_le_bytes()).collect(),
            ),
        }
    }

    fn npy(&self, shape: &[usize]) -> Vec<u8> {
        match self {
            Self::U8(values) => npy(values, shape),
            Self::I64(values) => npy(values, shape),
            Self::F32(values) => npy(values, shape),
            Self::F64(values) => npy(values, shape),
        }
    }
}

fn npy<T: npyz::AutoSerialize>(values: &[T], shape: &[usize]) -> Vec<u8> {
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let mut bytes = Vec::new();
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
    writer.extend(values).unwrap();
    writer.finish().unwrap();
    bytes
}

/// Arrays with their names and shapes, as NumPy's `savez_compressed` (or `savez`) packs them.
pub fn npz(arrays: &[(&str, &[usize], Numbers)], compressed: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut archive = ZipArchiveWriter::new(&mut bytes);
    for (name, shape, numbers) in arrays {
        let method = match compressed {
            true => CompressionMethod::DEFLATE,
            false => CompressionMethod::STORE,
        };
        let name = format!("{name}.npy");
        let file = archive.new_file(&name).compression_method(method);
        let (mut entry, config) = file.start().unwrap();
        let contents = numbers.npy(shape);
        let descriptor = if compressed {
            let deflated =
                flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
            let mut writer = config.wrap(deflated);
            writer.write_all(&contents).unwrap();
            let (deflated, descriptor) = writer.finish().unwrap();
            deflated.finish().unwrap();
            descriptor
        } else {
            let mut writer = config.wrap(&mut entry);
            writer.write_all(&contents).unwrap();
            writer.finish().unwrap().1
        };
        entry.finish(descriptor).unwrap();
    }
    archive.finish().unwrap();
    bytes
}

/// Arrays with their names and shapes as a safetensors file.
pub fn safetensors(arrays: &[(&str, &[usize], Numbers)]) -> Vec<u8> {
    let parts: Vec<_> = arrays
        .iter()
        .map(|(name, shape, numbers)| (*name, shape.to_vec(), numbers.bytes()))
        .collect();
    let views = parts.iter().map(|(name, shape, (dtype, bytes))| {
        (
            *name,
            TensorView::new(*dtype, shape.clone(), bytes).unwrap(),
        )
    });
    ::safetensors::serialize(views, None).unwrap()
}

/// Training and test arrays `x` (shape and values) and `y` (classes), as `safetensors` or `npz`.
pub fn own_arrays(
    folder: &Path,
    extension: &str,
    train: (Vec<usize>, Numbers, Vec<i64>),
    test: (Vec<usize>, Numbers, Vec<i64>),
) {
    for (split, (shape, values, labels)) in [("train", train), ("test", test)] {
        let count = [labels.len()];
        let arrays = [
            ("x", &shape[..], values),
            ("y", &count[..], Numbers::I64(labels)),
        ];
        let bytes = match extension {
            "npz" => npz(&arrays, true),
            _ => safetensors(&arrays),
        };
        write(folder, &format!("{split}.{extension}"), bytes);
    }
}
