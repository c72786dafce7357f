//! Numbers as bytes in messages, little-endian.

use serde_bytes::ByteBuf;

use crate::Error;

/// The bytes of some numbers.
pub(super) fn packed<const N: usize>(numbers: impl Iterator<Item = [u8; N]>) -> ByteBuf {
    ByteBuf::from(numbers.flatten().collect::<Vec<u8>>())
}

/// The numbers of some bytes.
///
/// # Errors
/// Bytes that are not of whole numbers; `what` names them.
pub(super) fn unpacked<const N: usize, T>(
    what: &str,
    bytes: &[u8],
    number: impl Fn([u8; N]) -> T,
) -> Result<Vec<T>, Error> {
    let (numbers, rest) = bytes.as_chunks::<N>();
    match rest {
        [] => Ok(numbers.iter().map(|&bytes| number(bytes)).collect()),
        _ => Err(Error::Data(format!(
            "the {} bytes of {what} are not whole numbers of {N}",
            bytes.len()
        ))),
    }
}
