//! An array out of a file, whatever its format.

/// An array, row-major.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Array {
    /// Lengths of the axes.
    pub(super) shape: Vec<usize>,
    /// Its values, as many as the shape says.
    pub(super) values: Values,
}

/// Values of an array.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Values {
    /// u8.
    Bytes(Vec<u8>),
    /// All other integers.
    Integers(Vec<i64>),
    /// f32, or f64 rounded to it.
    Floats(Vec<f32>),
}

impl Values {
    /// Integers of any type; `None` where one is beyond i64.
    pub(super) fn integers<T: TryInto<i64>>(values: Vec<T>) -> Option<Self> {
        let values = values.into_iter().map(|value| value.try_into().ok());
        Some(Self::Integers(values.collect::<Option<_>>()?))
    }
}

/// Number of values of a shape, if it can be counted.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    let product = |product: usize, &length: &usize| product.checked_mul(length);
    shape.iter().try_fold(1, product)
}
