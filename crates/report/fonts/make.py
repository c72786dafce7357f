"""Makes the fonts of this folder from Adobe's Source Sans 3 (release 3.052, static TrueType files).

    python make.py FOLDER_WITH_SOURCESANS3_TTF

Needs fonttools and brotli. The subset holds Latin-1, Greek letters and the mathematical signs that figures use.
Its licence reserves the name "Source" for unmodified files, so that the subset goes by the name "Spindle Sans".
"""

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

FAMILY = "Spindle Sans"
FACES = {"Regular": ("Regular", "Regular"), "Semibold": ("Semibold", "SemiBold"), "It": ("Italic", "Italic")}
RANGES = [(0x20, 0x7E), (0xA0, 0xFF), (0x391, 0x3A9), (0x3B1, 0x3C9), (0x2070, 0x2094)]
SIGNS = "–—‘’“”…•′″←↑→↓∂∅∆∈∏∑−∕√∞≈≠≤≥⩽⩾·×†‡"

source, target = Path(sys.argv[1]), Path(__file__).parent
unicodes = {c for low, high in RANGES for c in range(low, high + 1)} | {ord(sign) for sign in SIGNS}

for style, (file, name) in FACES.items():
    font = TTFont(source / f"SourceSans3-{style}.ttf", recalcTimestamp=False)
    options = Options()
    options.layout_features = ["kern", "mark", "tnum", "lnum"]
    options.hinting = False
    options.name_IDs = [0, 1, 2, 4, 6, 13, 14, 16, 17]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=unicodes)
    subsetter.subset(font)
    weight = "Semibold" if style == "Semibold" else "Regular"
    names = {1: f"{FAMILY} Semibold" if weight == "Semibold" else FAMILY, 2: "Italic" if style == "It" else "Regular"}
    names |= {4: f"{FAMILY} {name}", 6: f"SpindleSans-{name}", 16: FAMILY, 17: name}
    for record in list(font["name"].names):
        if record.nameID in names:
            record.string = names[record.nameID]
    for name_id in (16, 17):
        font["name"].setName(names[name_id], name_id, 3, 1, 0x409)
    font.save(target / f"SpindleSans-{file}.ttf")
    font.flavor = "woff2"
    font.save(target / f"SpindleSans-{file}.woff2")
