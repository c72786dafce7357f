//! Pictures as a network takes them: pixels over 255 in a border of zeros, no further normalisation.

/// Square grey pictures, given by their pixels, as `[count, 1, side, side]` with the picture in the middle.
pub(crate) fn values<'a>(
    pictures: impl ExactSizeIterator<Item = &'a [u8]>,
    picture_side: usize,
    side: usize,
) -> Vec<f32> {
    let border = (side - picture_side) / 2;
    let mut values = vec![0f32; pictures.len() * side * side];
    for (picture, frame) in pictures.zip(values.chunks_exact_mut(side * side)) {
        for (row, pixels) in picture.chunks_exact(picture_side).enumerate() {
            let start = (row + border) * side + border;
            for (value, pixel) in frame[start..start + picture_side].iter_mut().zip(pixels) {
                *value = f32::from(*pixel) / 255.0;
            }
        }
    }
    values
}
