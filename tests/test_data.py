"""The data: what comes with the package is what it says, and damaged files are named, not believed."""

import gzip
import hashlib
import re
from pathlib import Path

import numpy as np
import pytest

from bplib.nn import data

ROOT = Path(__file__).resolve().parent.parent


def test_xor():
    X, T = data.xor()
    assert X.shape == (4, 2)
    assert [(int(a), int(b), int(t)) for (a, b), (t,) in zip(X, T, strict=True)] == [
        (0, 0, 0), (0, 1, 1), (1, 0, 1), (1, 1, 0)]  # fmt: skip


def test_two_moons():
    def make(seed, **how):
        return data.two_moons(101, rng=np.random.default_rng(seed), **how)

    X, T = make(0)
    assert (X.shape, T.shape, T.sum()) == ((101, 2), (101, 1), 50)
    assert (make(0)[0] == X).all()
    assert (make(1)[0] != X).any()
    X, T = make(0, noise=0)
    upper, lower = X[T[:, 0] == 0], X[T[:, 0] == 1]
    np.testing.assert_allclose(np.hypot(*upper.T), 1)
    np.testing.assert_allclose(np.hypot(*(lower - [1, 0.5]).T), 1)
    assert upper[:, 1].min() > -1e-9
    assert lower[:, 1].max() < 0.5 + 1e-9
    with pytest.raises(ValueError, match="n >= 2 points and noise >= 0, got 1 and -3"):
        data.two_moons(1, -3, rng=np.random.default_rng(0))


def test_digits_are_the_real_ones():
    X, t = data.digits()
    assert (X.shape, t.shape, X.dtype, t.dtype) == ((1797, 64), (1797,), np.float64, np.int64)
    assert (X.min(), X.max()) == (0.0, 1.0)
    assert np.bincount(t).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert t[:10].tolist() == list(range(10))
    made = (ROOT / "tools" / "make_digits.py").read_text()
    content = hashlib.sha256((X * 16).astype(np.uint8).tobytes() + t.astype(np.uint8).tobytes()).hexdigest()
    assert re.search(r'CONTENT = "(\w+)"', made)[1] == content


def test_digits_are_small_and_say_whose_they_are():
    folder = data.DIGITS.parent
    assert data.DIGITS.stat().st_size < 120_000
    said = (folder / "README.txt").read_text()
    for words in ("Alpaydin", "Kaynak", "10.24432/C50P49", "CC BY 4.0", "1,797"):
        assert words in said


def test_digits_are_made_again_byte_for_byte(tmp_path):
    with np.load(data.DIGITS) as file:
        np.savez_compressed(tmp_path / "digits.npz", images=file["images"], t=file["t"])
    again = (tmp_path / "digits.npz").read_bytes()
    if again != data.DIGITS.read_bytes():  # another zlib packs the same numbers differently; the numbers must agree
        with np.load(tmp_path / "digits.npz") as ours, np.load(data.DIGITS) as theirs:
            assert all((ours[name] == theirs[name]).all() for name in ("images", "t"))


def test_enlarged_digits():
    small, t = data.digits()
    large, same = data.digits(28)
    assert large.shape == (1797, 784)
    assert (t == same).all()
    assert large.min() >= 0
    assert large.max() <= 1
    np.testing.assert_allclose(large.mean(axis=1), small.mean(axis=1), atol=0.03)  # as much ink
    with pytest.raises(ValueError, match="size 8 or 28, got 16"):
        data.digits(16)


def test_enlarging_is_linear_interpolation():
    A = data.enlarging(8, 28)
    np.testing.assert_allclose(A.sum(axis=1), 1)
    assert (data.enlarging(8, 8) == np.eye(8)).all()
    ramp = A @ np.arange(8.0)
    centres = (np.arange(28) + 0.5) * 8 / 28 - 0.5
    np.testing.assert_allclose(ramp, np.interp(centres, np.arange(8), np.arange(8)), atol=1e-12)


def test_split_is_fixed_and_complete():
    X, t = data.digits()
    (a, ta), (b, tb) = data.split(X, t)
    assert (len(a), len(ta), len(b), len(tb)) == (1438, 1438, 359, 359)
    assert (data.split(X, t)[1][0] == b).all()
    assert (data.split(X, t, rng=np.random.default_rng(1))[1][0] != b).any()
    assert np.array_equal(np.sort(np.vstack([a, b]), axis=0), np.sort(X, axis=0))
    assert set(tb) == set(range(10))
    with pytest.raises(ValueError, match=r"one target for each example, got X \(1797, 64\) and t \(1796,\)"):
        data.split(X, t[1:])
    with pytest.raises(ValueError, match=r"both sides, got test=1.5 of 1797"):
        data.split(X, t, test=1.5)


# MNIST's files, small ones.


def header(*numbers):
    return b"".join(int(n).to_bytes(4, "big") for n in numbers)


def images_file(n=3, magic=2051, side=28, cut=0):
    pixels = np.random.default_rng(n).integers(0, 256, n * side * side, dtype=np.uint8).tobytes()
    return (header(magic, n, side, side) + pixels)[: None if cut == 0 else -cut]


def labels_file(n=3, magic=2049, first=7):
    return header(magic, n) + bytes([first, *range(n - 1)])


GOOD = {
    "train-images-idx3-ubyte": images_file(3), "train-labels-idx1-ubyte": labels_file(3),
    "t10k-images-idx3-ubyte": images_file(2), "t10k-labels-idx1-ubyte": labels_file(2),
}  # fmt: skip


def lay_out(folder, files):
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("dress", ["plain", "packed", "mixed", "dotted"])
def test_mnist_reads_its_files(tmp_path, dress):
    files = dict(GOOD)
    if dress in ("packed", "mixed"):
        files = {n + ".gz": gzip.compress(c) for n, c in files.items() if dress == "packed" or "images" in n} | (
            {n: c for n, c in files.items() if "labels" in n} if dress == "mixed" else {})  # fmt: skip
    if dress == "dotted":
        files = {name.replace("-idx", ".idx"): content for name, content in files.items()}
    (X, t), (X_test, t_test) = data.mnist(lay_out(tmp_path, files))
    assert (X.shape, t.tolist()) == ((3, 784), [7, 0, 1])
    assert (X_test.shape, t_test.tolist()) == ((2, 784), [7, 0])
    assert X.dtype == np.float64
    np.testing.assert_array_equal(X.ravel() * 255, np.frombuffer(GOOD["train-images-idx3-ubyte"], np.uint8, offset=16))
    assert len(data.mnist(str(tmp_path), n=1)[0][0]) == 1


PACKED = gzip.compress(images_file(3))
DAMAGED = {
    "missing": ({"t10k-labels-idx1-ubyte": None}, FileNotFoundError, "no t10k-labels-idx1-ubyte .*put MNIST's four files there"),
    "cut short": ({"train-images-idx3-ubyte": images_file(3, cut=10)}, ValueError, "promises 3 images, 2352 bytes, but has 2342"),
    "too long": ({"train-labels-idx1-ubyte": labels_file(3) + b"x"}, ValueError, "promises 3 labels, 3 bytes, but has 4"),
    "no header": ({"train-labels-idx1-ubyte": b"\0\0"}, ValueError, "cut short: it has 2 bytes"),
    "empty": ({"t10k-images-idx3-ubyte": b""}, ValueError, "cut short: it has 0 bytes, its header alone wants 16"),
    "labels for images": (
        {"train-images-idx3-ubyte": labels_file(30)}, ValueError, r"with 2051 \(images\), but begins with 2049 \(labels\)"),
    "a web page": ({"train-images-idx3-ubyte": b"<!doctype html><title>404</title>"}, ValueError, "no MNIST file"),
    "other images": ({"train-images-idx3-ubyte": images_file(3, side=32)}, ValueError, "28 x 28, got 32 x 32"),
    "a boast": ({"train-images-idx3-ubyte": header(2051, 2**32 - 1, 28, 28)}, ValueError, "promises 4294967295 images"),
    "not paired": ({"train-labels-idx1-ubyte": labels_file(2)}, ValueError, "train files .* 3 images, 2 labels"),
    "label 12": ({"t10k-labels-idx1-ubyte": labels_file(2, first=12)}, ValueError, "0 to 9, got 12"),
    "packed and cut": ({"train-images-idx3-ubyte": None, "train-images-idx3-ubyte.gz": PACKED[:-30]}, ValueError, "damaged"),
    "packed and bent": (
        {"train-images-idx3-ubyte": None, "train-images-idx3-ubyte.gz": PACKED[:60] + b"????" + PACKED[64:]}, ValueError, "damaged"),
    "only called .gz": ({"train-images-idx3-ubyte": None, "train-images-idx3-ubyte.gz": b"hello"}, ValueError, "no gzip file"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGED)
def test_mnist_says_what_is_wrong_with_a_file(tmp_path, damage):
    change, error, words = DAMAGED[damage]
    files = {name: content for name, content in {**GOOD, **change}.items() if content is not None}
    with pytest.raises(error, match=words):
        data.mnist(lay_out(tmp_path, files))


def test_mnist_without_a_folder(tmp_path):
    with pytest.raises(FileNotFoundError, match="put MNIST's four files there"):
        data.mnist(tmp_path / "nowhere")
