"""Outputs of networks on all masks, from the runs that come with the page, as little-endian f32 [games, 2^n].

python games.py RUN.spindle OUT CHECKPOINTS GAMES    e.g. 0,2,13,19 10: ten games of each of four checkpoints

With the standard library alone. What an export rounds (1/131,068 of each game's range) stays as it is: these are the games that are tested.
"""
import json
import struct
import sys
import zipfile


def tensors(data):
    """Name to (type, shape, bytes) of a safetensors file."""
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    header.pop("__metadata__", None)
    body = data[8 + length :]
    return {name: (t["dtype"], t["shape"], body[slice(*t["data_offsets"])]) for name, t in header.items()}


def games(path, checkpoints, count):
    with zipfile.ZipFile(path) as file:
        arrays = tensors(file.read("values.safetensors"))
    _, (_, samples, masks), code = arrays["code"]
    codes = struct.unpack(f"<{len(code) // 2}h", code)
    centers, scales = (struct.unpack(f"<{len(arrays[a][2]) // 8}d", arrays[a][2]) for a in ("center", "scale"))
    for checkpoint in checkpoints:
        for sample in range(count):
            at = checkpoint * samples + sample
            yield [centers[at] + scales[at] * c for c in codes[at * masks : (at + 1) * masks]]


if __name__ == "__main__":
    run, out, checkpoints, count = sys.argv[1:]
    chosen = games(run, [int(c) for c in checkpoints.split(",")], int(count))
    with open(out, "wb") as file:
        for game in chosen:
            file.write(struct.pack(f"<{len(game)}f", *game))
