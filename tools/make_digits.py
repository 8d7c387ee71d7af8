"""Make bplib/nn/datasets/digits.npz from the digits that scikit-learn bundles.

Nobody needs to run this: the file is committed. It shows where the file comes from, and makes it again, byte for byte:

    pip install scikit-learn
    python tools/make_digits.py
"""

import hashlib
from pathlib import Path

import numpy as np

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "nn" / "datasets" / "digits.npz"
# Of what is in the file, not of the file: zlib's versions pack the same bytes differently.
CONTENT = "87ff0c9e40dc7e2c0e34e7257799c2e3f3aec1a016363bb11cad869ec428a826"


def main() -> None:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images, t = bunch.images.astype(np.uint8), bunch.target.astype(np.uint8)
    assert (images == bunch.images).all(), "ink is counted in whole numbers from 0 to 16"
    assert images.shape == (1797, 8, 8)
    content = hashlib.sha256(images.tobytes() + t.tobytes()).hexdigest()
    assert content == CONTENT, f"these are not the digits that the course uses: {content}"
    np.savez_compressed(OUTPUT, images=images, t=t)  # NumPy dates every part 1980, so no clock gets in
    print(f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
