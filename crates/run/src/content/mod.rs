//! What samples look like to people, with the places of their players: pictures, texts, clouds of
//! points.

mod cloud;
mod picture;
mod text;

pub use cloud::{Cloud, CloudStack};
pub use picture::{Picture, PictureStack};
pub use text::Text;

use crate::{Error, each, each::Each, encoding};

/// What people see of a sample.
pub type Content = Each<Picture, Text, Cloud>;

/// What the samples of a run look like, in their order: all of one kind, pictures and clouds of one
/// size.
pub type Contents = Each<PictureStack, Vec<Text>, CloudStack>;

/// Contents of one kind, and the part of an export that holds them.
trait Stack: Sized {
    /// What one sample looks like.
    type Item;
    /// The part's name.
    const PART: &str;

    /// No contents yet; what comes is of the size of the first.
    fn beginning(first: &Self::Item) -> Self;

    /// Adds one.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for one of another size.
    fn push(&mut self, item: &Self::Item) -> Result<(), Error>;

    /// How many there are.
    fn len(&self) -> usize;

    /// What one sample looks like; `None` where there is no such sample.
    fn get(&self, sample: usize) -> Option<Self::Item>;

    /// As the bytes of the part.
    fn encode(&self) -> Result<Vec<u8>, Error>;

    /// From the bytes of the part.
    fn decode(bytes: &[u8]) -> Result<Self, Error>;
}

impl Contents {
    /// Gathers what samples look like; no pictures where there is no sample.
    ///
    /// # Errors
    /// [`Error::Mismatch`] for samples of different kinds or sizes.
    pub fn of(samples: &[Content]) -> Result<Self, Error> {
        let Some(first) = samples.first() else {
            return Ok(Self::Pictures(PictureStack::new(0, 1, Vec::new())?));
        };
        let mut all = match first {
            Content::Pictures(first) => Self::Pictures(Stack::beginning(first)),
            Content::Texts(first) => Self::Texts(Stack::beginning(first)),
            Content::Clouds(first) => Self::Clouds(Stack::beginning(first)),
        };
        for sample in samples {
            let both = all.as_mut().zip("a sample's content", sample.as_ref())?;
            each!(both, (stack, sample) => Stack::push(stack, sample)?);
        }
        Ok(all)
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        each!(self, stack => Stack::len(stack))
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What one sample looks like; `None` where there is no such sample.
    #[must_use]
    pub fn get(&self, sample: usize) -> Option<Content> {
        match self {
            Self::Pictures(stack) => stack.get(sample).map(Content::Pictures),
            Self::Texts(stack) => Stack::get(stack, sample).map(Content::Texts),
            Self::Clouds(stack) => stack.get(sample).map(Content::Clouds),
        }
    }

    /// As a part of an export: its name and bytes.
    pub(crate) fn encode(&self) -> Result<(&'static str, Vec<u8>), Error> {
        each!(self, stack => Ok((part_of(stack), stack.encode()?)))
    }

    /// From the one part of an export that has contents, given its parts by name.
    pub(crate) fn decode<'a>(
        part: impl Fn(&str) -> Option<&'a [u8]>,
        samples: usize,
    ) -> Result<Self, Error> {
        let texts = decoded(&part).map(|texts| texts.map(Self::Texts));
        let clouds = || decoded(&part).map(|clouds| clouds.map(Self::Clouds));
        let pictures = || decoded(&part).map(|pictures| pictures.map(Self::Pictures));
        let Some(contents) = texts.or_else(clouds).or_else(pictures) else {
            let names = [PictureStack::PART, Vec::<Text>::PART, CloudStack::PART];
            let [pictures, texts, clouds] = names;
            let names = format!("{pictures}, {texts} or {clouds}");
            return Err(Error::Archive(format!("there is no {names} in it")));
        };
        let contents = contents?;
        let checked = contents.check(samples);
        checked.map_err(|error| error.in_file(each!(&contents, stack => part_of(stack))))?;
        Ok(contents)
    }

    /// Whether there is one for every sample.
    pub(crate) fn check(&self, samples: usize) -> Result<(), Error> {
        encoding::agree("number of samples with content", self.len(), samples)
    }
}

/// The name of the part that holds a stack.
fn part_of<S: Stack>(_: &S) -> &'static str {
    S::PART
}

/// The stack in its part of an export, where that is there.
fn decoded<'a, S: Stack>(part: impl Fn(&str) -> Option<&'a [u8]>) -> Option<Result<S, Error>> {
    let decoded = S::decode(part(S::PART)?);
    Some(decoded.map_err(|error| error.in_file(S::PART)))
}

fn other_size() -> Error {
    Error::Mismatch {
        what: "a sample's content",
        found: "another size".into(),
        expected: "that of the first sample".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Vec<Content>> {
        let picture = |shade, channels| {
            Content::Pictures(Picture {
                side: 2,
                channels,
                pixels: vec![shade; 4 * channels],
            })
        };
        let text = |text: &str| {
            Content::Texts(Text {
                text: text.into(),
                words: vec![[0, 1]],
            })
        };
        let cloud = |x| {
            Content::Clouds(Cloud {
                points: vec![[x, 0.5, -0.5], [0.0; 3]],
                clusters: vec![3, 29],
            })
        };
        vec![
            vec![picture(1, 1), picture(9, 1)],
            vec![picture(1, 3), picture(2, 3)],
            vec![text("a word"), text("b")],
            vec![cloud(0.25), cloud(-1.0)],
        ]
    }

    #[test]
    fn contents_of_every_kind_come_back_from_their_bytes() -> Result<(), Error> {
        for samples in all() {
            let contents = Contents::of(&samples)?;
            let (name, bytes) = contents.encode()?;
            let found = Contents::decode(|part| (part == name).then_some(&bytes[..]), 2)?;
            assert_eq!(found, contents);
            let each = (0..2).filter_map(|sample| found.get(sample));
            assert_eq!(each.collect::<Vec<_>>(), samples);
            assert_eq!(found.get(2), None);
        }
        Ok(())
    }

    #[test]
    fn kinds_do_not_mix_and_counts_are_checked() -> Result<(), Error> {
        let mixed: Vec<_> = all().into_iter().flatten().collect();
        let mixed = Contents::of(&mixed).map_err(|error| error.to_string());
        assert!(mixed.is_err_and(|error| error.contains("another size")));
        let kinds = [all()[0][0].clone(), all()[2][0].clone()];
        let kinds = Contents::of(&kinds).map_err(|error| error.to_string());
        assert!(kinds.is_err_and(|error| error.contains("of texts, expected one of pictures")));
        let (name, bytes) = Contents::of(&all()[2])?.encode()?;
        let found = Contents::decode(|part| (part == name).then_some(&bytes[..]), 3);
        assert!(found.is_err_and(|error| error.to_string().contains(name)));
        let beyond = br#"[{"text": "short", "words": [[0, 9]]}]"#;
        let found = Contents::decode(|part| (part == Vec::<Text>::PART).then_some(&beyond[..]), 1);
        assert!(found.is_err_and(|error| error.to_string().contains("bytes 0 to 9")));
        Ok(())
    }
}
