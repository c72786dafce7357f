//! Every limit of docs/security.md that a small file can ask for more than.

use std::{fs, io::Write};

use rawzip::{CompressionMethod, ZipArchiveWriter};
use spindle_data::{outputs, weights};
use spindle_untrusted::{
    memory::{Allowed, within},
    seeds, zip,
};

fn refusal_of_npy(version: u8, length: u32, text: &[u8]) -> String {
    let width = if version == 1 { 2 } else { 4 };
    let begin = [b"\x93NUMPY", &[version, 0][..]].concat();
    let npy = [&begin, &length.to_le_bytes()[..width], text].concat();
    outputs::decode(&npy, None).unwrap_err().to_string()
}

fn torch(bytes: &[u8]) -> Result<weights::Weights, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("weights.pt");
    fs::write(&path, bytes).unwrap();
    weights::decode(&path, bytes).map_err(|error| error.to_string())
}

/// An archive of PyTorch's with another pickle.
fn with_pickle(change: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut parts = seeds::torch_parts();
    for (name, part) in &mut parts {
        if name.ends_with("data.pkl") {
            change(part);
        }
    }
    zip::stored(&parts)
}

/// One test, since memory is counted for the whole process.
#[test]
fn what_asks_for_more_than_there_is_is_refused_before_memory_is_taken() {
    within(Allowed::times(0), 0, || {
        let said = refusal_of_npy(2, u32::MAX, b"{");
        assert!(
            said.contains("announces 4294967295 bytes of text"),
            "{said}"
        );
        // Its parser takes twice as long for every bracket, and in the end the whole stack.
        let said = refusal_of_npy(1, 9000, &[b'('; 9000]);
        assert!(said.contains("9000 brackets"), "{said}");
    });
    within(Allowed::times(16), 1 << 20, || {
        tensors_that_repeat_a_number();
        compressed_parts();
    });
    let long = with_pickle(|pickle| pickle.resize(9 << 20, b'N'));
    within(Allowed::times(3), long.len(), || {
        let said = torch(&long).unwrap_err();
        assert!(
            said.contains("9437184 bytes, more than the 8388608"),
            "{said}"
        );
        let plain = [b"\x80\x02", &vec![b'N'; 9 << 20][..]].concat();
        let said = torch(&plain).unwrap_err();
        assert!(said.contains("without tensors in it"), "{said}");
    });
}

/// A tensor of [100000000, 1, 3, 3] whose strides are 0 is in one number.
fn tensors_that_repeat_a_number() {
    let shape = b"(K\x06K\x01K\x03K\x03tq\x08(K\x09K\x09K\x03K\x01t";
    let huge = [
        b"(J",
        &100_000_000_i32.to_le_bytes()[..],
        b"K\x01K\x03K\x03tq\x08(K\x00K\x00K\x00K\x00t",
    ]
    .concat();
    let file = with_pickle(|pickle| {
        let at = pickle.windows(shape.len()).position(|part| part == shape);
        let at = at.unwrap();
        pickle.splice(at..at + shape.len(), huge.iter().copied());
    });
    let said = torch(&file).unwrap_err();
    assert!(
        said.contains("all tensors in it would unpack from"),
        "{said}"
    );
}

/// A part that says of itself that it unpacks to gigabytes.
fn compressed_parts() {
    let mut archive = Vec::new();
    let mut writer = ZipArchiveWriter::new(&mut archive);
    for (name, part) in seeds::torch_parts() {
        let file = writer
            .new_file(&name)
            .compression_method(CompressionMethod::DEFLATE);
        let (mut entry, config) = file.start().unwrap();
        let deflated = flate2::write::DeflateEncoder::new(&mut entry, flate2::Compression::fast());
        let mut contents = config.wrap(deflated);
        contents.write_all(&part).unwrap();
        let (deflated, descriptor) = contents.finish().unwrap();
        deflated.finish().unwrap();
        entry.finish(descriptor).unwrap();
    }
    writer.finish().unwrap();
    assert!(torch(&archive).is_ok(), "compressed by someone, and small");
    // The unpacked size in the last header of the directory.
    let header = archive.windows(4).rposition(|part| part == b"PK\x01\x02");
    let size = header.unwrap() + 24;
    archive[size..size + 4].copy_from_slice(&0xf000_0000_u32.to_le_bytes());
    let said = torch(&archive).unwrap_err();
    assert!(said.contains("its archive would unpack from"), "{said}");
}
