//! SVG to PNG, with the embedded fonts only: the same picture on every machine.

use std::sync::Arc;

use resvg::{
    tiny_skia::{Pixmap, Transform},
    usvg::{Options, Tree, fontdb::Database},
};

use crate::{Error, draw::font};

/// Most pixels a side.
pub(crate) const MAX_SIDE: u32 = 16_384;

/// A figure's SVG as PNG, `scale` pixels per point: 300 dots per inch are 300/72.
///
/// # Errors
/// [`Error::Svg`] for what is no SVG, [`Error::Size`] for a scale that leaves no pixels or too
/// many.
pub fn png(svg: &str, scale: f32) -> Result<Vec<u8>, Error> {
    let mut fonts = Database::new();
    for face in font::TRUETYPE {
        fonts.load_font_data(face.to_vec());
    }
    fonts.set_sans_serif_family(font::EMBEDDED_FAMILY);
    let options = Options {
        fontdb: Arc::new(fonts),
        font_family: font::EMBEDDED_FAMILY.into(),
        dpi: 72.0,
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options)?;
    let [width, height] =
        [tree.size().width(), tree.size().height()].map(|side| (side * scale).ceil());
    let allowed = 1.0..=MAX_SIDE as f32;
    let fits = allowed.contains(&width) && allowed.contains(&height);
    let pixmap = fits
        .then(|| Pixmap::new(width as u32, height as u32))
        .flatten();
    let mut pixmap = pixmap.ok_or(Error::Size { width, height })?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    pixmap
        .encode_png()
        .map_err(|error| Error::Png(error.to_string()))
}
