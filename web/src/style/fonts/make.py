"""Makes the page's typefaces: subsets of Adobe's Source Sans 3 and Source Serif 4 (npm: source-sans, source-serif)."""
import sys
from io import BytesIO
from pathlib import Path
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LETTERS = "".join(map(chr, range(0x20, 0x7F))) + "“”‘’–—…·×−→≤≥∅σ²ⁿ⁰¹³⁴⁵⁶⁷⁸⁹⁻§éü›‹\u2009\u00a0"

def make(source, out, name, **limits):
    font = TTFont(source)
    known = {axis.axisTag for axis in font["fvar"].axes}
    font = instancer.instantiateVariableFont(font, {tag: at for tag, at in limits.items() if tag in known})
    whole = BytesIO()
    font.save(whole)
    font = TTFont(whole)
    options = subset.Options(layout_features=["kern", "liga", "tnum", "lnum", "mark", "ccmp"], flavor="woff2", name_IDs=[1, 2], hinting=False)
    cutter = subset.Subsetter(options)
    cutter.populate(text=LETTERS)
    cutter.subset(font)
    # The names of the originals are reserved.
    for record in font["name"].names:
        if record.nameID == 1:
            record.string = name
    font.flavor = "woff2"
    font.save(out)
    print(out, Path(out).stat().st_size)

sans, serif, out = map(Path, sys.argv[1:])
make(sans, out / "sans.woff2", "Spindle Sans", wght=(400, 700))
make(serif / "SourceSerif4Variable-Roman.ttf", out / "serif.woff2", "Spindle Serif", wght=(400, 600), opsz=16)
make(serif / "SourceSerif4Variable-Italic.ttf", out / "serif-italic.woff2", "Spindle Serif", wght=400, opsz=16)
