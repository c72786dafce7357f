//! The order of classes that have names only.

/// Names in the order of their classes: as numbers where all of them are, or as text.
#[cfg(feature = "files")]
pub(super) fn in_order(mut names: Vec<String>) -> Vec<String> {
    let number = |name: &String| name.parse().ok().filter(|number: &f64| number.is_finite());
    let numbers: Option<Vec<f64>> = names.iter().map(number).collect();
    match numbers {
        None => names.sort_unstable(),
        Some(_) => names.sort_by(|a, b| {
            let [first, second] = [a, b].map(|name| number(name).unwrap_or(f64::NAN));
            first.total_cmp(&second).then_with(|| a.cmp(b))
        }),
    }
    names
}

/// For every class its number among the same classes in the order of text.
pub(super) fn numbers_in_order_of_text(names: &[String]) -> Vec<u16> {
    let mut sorted: Vec<usize> = (0..names.len()).collect();
    sorted.sort_by_key(|&class| &names[class]);
    let mut numbers = vec![0; names.len()];
    for (number, &class) in (0..).zip(&sorted) {
        numbers[class] = number;
    }
    numbers
}

/// In words, that classes with numbers as names are in the order of these, where that of text is
/// another one: weights of other programs may have been trained with either.
pub(super) fn not_in_order_of_text(names: &[String]) -> Option<String> {
    (!names.is_sorted()).then(|| {
        format!(
            "the folders of classes are numbers, and classes are in their order: {}; torchvision's ImageFolder has them in the order of text, which is another one, and so have weights that were trained with it; names of one length (00, 01, ...) have both orders",
            names.join(", ")
        )
    })
}

/// The same of a run that an earlier version began.
pub(super) fn still_in_order_of_text(names: &[String]) -> String {
    format!(
        "the folders of classes are numbers, and classes are in the order of text, since an earlier version of Spindle began this run with it: {}; a new run has them in the order of numbers",
        names.join(", ")
    )
}

#[cfg(all(test, feature = "files"))]
mod tests {
    use super::*;

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|&name| name.to_owned()).collect()
    }

    #[test]
    fn numbers_are_in_their_order_and_all_else_in_that_of_text() {
        let numbers = names(&["10", "2", "1", "0"]);
        assert_eq!(in_order(numbers), names(&["0", "1", "2", "10"]));
        let signed = names(&["1", "-1", "0.5", "01"]);
        assert_eq!(in_order(signed), names(&["-1", "0.5", "01", "1"]));
        let mixed = names(&["2", "b", "10"]);
        assert_eq!(in_order(mixed), names(&["10", "2", "b"]));
    }

    #[test]
    fn text_has_another_order() {
        let found = numbers_in_order_of_text(&names(&["0", "1", "2", "10"]));
        assert_eq!(found, [0, 1, 3, 2]);
    }
}
