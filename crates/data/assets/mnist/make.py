"""Makes the embedded subset of MNIST from the four original files: python3 make.py FOLDER

The first 600 training and 100 test digits of every class, in their original order; gzip without a
time stamp, so that the same files come out every time. Standard library only.
"""
import gzip
import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent


def read(folder, name):
    plain = folder / name
    data = plain.read_bytes() if plain.exists() else gzip.decompress((folder / f"{name}.gz").read_bytes())
    axes = data[3]
    return data[4 + 4 * axes:]


def write(name, shape, data):
    header = bytes([0, 0, 8, len(shape)]) + b"".join(struct.pack(">I", n) for n in shape)
    (HERE / f"{name}.gz").write_bytes(gzip.compress(header + data, 9, mtime=0))


def main(folder):
    for prefix, per_class in (("train", 600), ("t10k", 100)):
        pixels, labels = read(folder, f"{prefix}-images-idx3-ubyte"), read(folder, f"{prefix}-labels-idx1-ubyte")
        left, chosen = [per_class] * 10, []
        for position, label in enumerate(labels):
            if left[label]:
                left[label] -= 1
                chosen.append(position)
        write(f"{prefix}-images-idx3-ubyte", (len(chosen), 28, 28), b"".join(pixels[784 * i:784 * (i + 1)] for i in chosen))
        write(f"{prefix}-labels-idx1-ubyte", (len(chosen),), bytes(labels[i] for i in chosen))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
