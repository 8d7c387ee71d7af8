"""Data to learn from: inputs X as floats, one row for each example, and their targets.

Two toys that are made on the spot, small real digits that come with the package, and a reader for MNIST's own files.
"""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import numpy as np

# Trace C, a batch small enough for a pencil: a 2-2-2 network and three examples. The second hidden unit is off for the
# second example, and for no other.
TRACE_C = {
    "X": [[1.0, -1.0], [-1.0, 3.0], [2.0, 0.5]],
    "W1": [[1.5, 1.0], [0.8, -0.4]],
    "b1": [0.1, 0.2],
    "W2": [[0.4, -1.0], [-0.2, 2.0]],
    "b2": [-0.5, 0.5],
    "T": [[0.4, 1.7], [-0.7, -1.4], [1.7, 0.7]],
}
DIGITS = Path(__file__).parent / "datasets" / "digits.npz"


def xor() -> tuple[np.ndarray, np.ndarray]:
    """The four cases of "one or the other, not both": X (4, 2), T (4, 1)."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    return X, (X.sum(axis=1, keepdims=True) == 1).astype(float)


def two_moons(n: int = 200, noise: float = 0.1, *, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two half circles that reach into each other: X (n, 2), T (n, 1) of zeros, then ones.

    noise    the standard deviation by which each point strays
    """
    if n < 2 or not noise >= 0:
        raise ValueError(f"two_moons wants n >= 2 points and noise >= 0, got {n!r} and {noise!r}")
    upper, lower = (np.linspace(0, math.pi, m) for m in (n - n // 2, n // 2))
    X = np.vstack([np.column_stack([np.cos(upper), np.sin(upper)]),
                   np.column_stack([1 - np.cos(lower), 0.5 - np.sin(lower)])])  # fmt: skip
    T = np.repeat([0.0, 1.0], [len(upper), len(lower)]).reshape(-1, 1)
    return X + noise * rng.standard_normal(X.shape), T


def digits(size: int = 8) -> tuple[np.ndarray, np.ndarray]:
    """1,797 handwritten digits: X (1797, size * size), white paper 0.0 to black ink 1.0; t (1797,), which digit.

    size    8, as they are, or 28, enlarged to the size of MNIST's: real digits for a network of MNIST's shape. That
            adds no detail; it is linear interpolation (`enlarging`).
    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits (1998), UCI Machine Learning
    Repository, doi:10.24432/C50P49, CC BY 4.0; the part of it that scikit-learn bundles.
    """
    if size not in (8, 28):
        raise ValueError(f"digits wants size 8 or 28, got {size!r}")
    with np.load(DIGITS) as file:
        images, t = file["images"] / 16, file["t"].astype(int)
    if size != 8:
        A = enlarging(8, size)
        images = A @ images @ A.T  # A from the left stretches the columns, from the right the rows
    return images.reshape(len(images), -1), t


def enlarging(n: int, m: int) -> np.ndarray:
    """The (m, n) matrix that stretches n pixels to m: each new one mixes the two old ones that its centre lies between.

    Its rows sum to 1, so nothing gets darker than the darkest; beyond the outermost centres the edge is repeated.
    """
    centres = np.clip((np.arange(m) + 0.5) * n / m - 0.5, 0, n - 1)  # of the new pixels, counted in old ones
    return np.maximum(0, 1 - np.abs(centres[:, np.newaxis] - np.arange(n)))


def split(X: np.ndarray, t: np.ndarray, *, test: float = 0.2, rng: np.random.Generator | None = None):
    """(X, t) to train on and (X, t) to test on, which has a share `test` of the examples.

    They are shuffled first, so that both parts have some of everything; without `rng` in the same way each time.
    """
    if len(X) != len(t):
        raise ValueError(f"split wants one target for each example, got X {np.shape(X)} and t {np.shape(t)}")
    held = round(test * len(X))
    if not 0 < held < len(X):
        raise ValueError(f"split wants examples on both sides, got test={test!r} of {len(X)}")
    order = (np.random.default_rng(0) if rng is None else rng).permutation(len(X))
    return (X[order[held:]], t[order[held:]]), (X[order[:held]], t[order[:held]])


# MNIST's files: "IDX", a header of big-endian 32-bit numbers, then one byte for each pixel or label.
IMAGES, LABELS = 2051, 2049  # the header's first number, called magic
KINDS = {IMAGES: "images", LABELS: "labels"}


def mnist(folder: str | Path, *, n: int | None = None):
    """(X, t) to train on and (X, t) to test on, from MNIST's four files in `folder`, as they are or as .gz.

    n    how many of each to take, from the front; None takes all, and 60,000 images as float64 need 376 MB
    X is (n, 784), paper 0.0 to ink 1.0; t is (n,).
    Raises FileNotFoundError if a file is missing, ValueError if one is damaged or is not what its name says.
    """
    parts = []
    for part in ("train", "t10k"):
        images, labels = (_idx(_find(Path(folder), f"{part}-{KINDS[m]}", m), m) for m in (IMAGES, LABELS))
        if len(images) != len(labels):
            raise ValueError(f"the {part} files in {folder} do not pair: {len(images)} images, {len(labels)} labels")
        if labels.size and labels.max() > 9:
            raise ValueError(f"the {part} labels in {folder} want to be 0 to 9, got {labels.max()}")
        parts.append((images[:n].reshape(-1, 784) / 255, labels[:n].astype(int)))
    return tuple(parts)


def _find(folder: Path, start: str, magic: int) -> Path:
    name = f"{start}-idx{3 if magic == IMAGES else 1}-ubyte"
    for candidate in (name, name + ".gz", name.replace("-idx", ".idx"), name.replace("-idx", ".idx") + ".gz"):
        if (folder / candidate).is_file():
            return folder / candidate
    raise FileNotFoundError(f"no {name} or {name}.gz in {folder}: put MNIST's four files there (train-images-idx3-ubyte, "
                            "train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte)")  # fmt: skip


def _idx(path: Path, magic: int) -> np.ndarray:
    """The array in an IDX file, (n, 28, 28) or (n,), after making sure that the file is whole."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        try:
            raw = gzip.decompress(raw)
        except (OSError, EOFError, zlib.error) as error:
            raise ValueError(f"{path} is damaged, or no gzip file: {error}") from None
    dimensions = 3 if magic == IMAGES else 1
    start = 4 * (1 + dimensions)
    if len(raw) < start:
        raise ValueError(f"{path} is cut short: it has {len(raw)} bytes, its header alone wants {start}")
    found, *shape = (int(number) for number in np.frombuffer(raw, ">u4", 1 + dimensions))
    if found != magic:
        other = KINDS.get(found, "no MNIST file")
        raise ValueError(f"{path} wants to begin with {magic} ({KINDS[magic]}), but begins with {found} ({other})")
    if magic == IMAGES and shape[1:] != [28, 28]:
        raise ValueError(f"{path} wants images of 28 x 28, got {shape[1]} x {shape[2]}")
    if len(raw) - start != math.prod(shape):
        raise ValueError(f"{path} promises {shape[0]} {KINDS[magic]}, {math.prod(shape)} bytes, "
                         f"but has {len(raw) - start}")  # fmt: skip
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)
