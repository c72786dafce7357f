//! Arrays of two files, compared to the bit.

use std::collections::BTreeSet;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};

/// A sentence for each array that is not the same. What a file says of itself (format and writer)
/// is not looked at.
pub(super) fn differences(old: &[u8], new: &[u8]) -> anyhow::Result<Vec<String>> {
    let [old, new] = [
        SafeTensors::deserialize(old)?,
        SafeTensors::deserialize(new)?,
    ];
    let names: BTreeSet<_> = old.names().into_iter().chain(new.names()).collect();
    let differences = names.into_iter().filter_map(|name| {
        let difference = match (old.tensor(name), new.tensor(name)) {
            (Ok(old), Ok(new)) => difference(&old, &new)?,
            (Ok(_), Err(_)) => " is missing in NEW".to_owned(),
            (Err(_), _) => " is in NEW only".to_owned(),
        };
        Some(format!("{name}{difference}"))
    });
    Ok(differences.collect())
}

/// In what two arrays differ: in type or shape, or from which value on.
fn difference(old: &TensorView, new: &TensorView) -> Option<String> {
    let kinds = [old, new].map(|array| format!("{} {:?}", array.dtype(), array.shape()));
    if kinds[0] != kinds[1] {
        return Some(format!(" is {} in OLD, {} in NEW", kinds[0], kinds[1]));
    }
    if old.data() == new.data() {
        return None;
    }
    let size = old.dtype().bitsize().div_ceil(8);
    let values = || old.data().chunks(size).zip(new.data().chunks(size));
    let changed = values().filter(|(old, new)| old != new).count();
    let (index, (first_old, first_new)) =
        values().enumerate().find(|(_, (old, new))| old != new)?;
    let of_type = |bytes| in_words(old.dtype(), bytes);
    Some(format!(
        "[{index}] is {} in OLD, {} in NEW ({changed} of {} values differ)",
        of_type(first_old),
        of_type(first_new),
        values().count()
    ))
}

/// A value as one reads it, with its bits: two numbers may look the same.
fn in_words(dtype: Dtype, bytes: &[u8]) -> String {
    let bits: String = bytes
        .iter()
        .rev()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let number = match (dtype, bytes) {
        (Dtype::F32, &[a, b, c, d]) => format!("{:?} ", f32::from_le_bytes([a, b, c, d])),
        (Dtype::F64, &[a, b, c, d, e, f, g, h]) => {
            format!("{:?} ", f64::from_le_bytes([a, b, c, d, e, f, g, h]))
        }
        _ => String::new(),
    };
    format!("{number}0x{bits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(arrays: &[(&str, &[f32])]) -> anyhow::Result<Vec<u8>> {
        let bytes = arrays.iter().map(|(name, values)| {
            let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
            (*name, values.len(), bytes)
        });
        let bytes: Vec<_> = bytes.collect();
        let views = bytes.iter().map(|(name, length, bytes)| {
            Ok((*name, TensorView::new(Dtype::F32, vec![*length], bytes)?))
        });
        let views: Vec<_> = views.collect::<anyhow::Result<_>>()?;
        Ok(safetensors::serialize(views, None)?)
    }

    #[test]
    fn the_same_arrays_have_no_difference() -> anyhow::Result<()> {
        let arrays = file(&[("bias", &[0.5]), ("weight", &[1.0, f32::NAN])])?;
        assert_eq!(differences(&arrays, &arrays)?, [""; 0]);
        Ok(())
    }

    #[test]
    fn one_changed_bit_is_found_and_told_where() -> anyhow::Result<()> {
        let next = f32::from_bits(1.0_f32.to_bits() + 1);
        let old = file(&[("bias", &[0.5]), ("weight", &[2.0, 1.0, 3.0])])?;
        let new = file(&[("bias", &[0.5]), ("weight", &[2.0, next, 3.0])])?;
        assert_eq!(
            differences(&old, &new)?,
            [
                "weight[1] is 1.0 0x3f800000 in OLD, 1.0000001 0x3f800001 in NEW (1 of 3 values differ)"
            ]
        );
        // Zeros of either sign are equal numbers and not the same bits.
        let [old, new] = [file(&[("x", &[0.0])])?, file(&[("x", &[-0.0])])?];
        assert_eq!(differences(&old, &new)?.len(), 1);
        Ok(())
    }

    #[test]
    fn arrays_that_are_missing_or_of_another_shape_are_found() -> anyhow::Result<()> {
        let old = file(&[("bias", &[0.5]), ("weight", &[1.0])])?;
        let new = file(&[("scale", &[0.5]), ("weight", &[1.0, 2.0])])?;
        assert_eq!(
            differences(&old, &new)?,
            [
                "bias is missing in NEW",
                "scale is in NEW only",
                "weight is F32 [1] in OLD, F32 [2] in NEW"
            ]
        );
        Ok(())
    }
}
