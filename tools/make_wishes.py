"""Make bplib/explore/wishes/wishes.json: a small network that has learned to read digits, and pictures it has never seen.

Nobody needs to run this: the file is committed. It shows where the file comes from, and makes it again:

    python tools/make_wishes.py

The sums behind a matrix product differ between processors in their last digits, so another one may train slightly
other weights; on one machine the file comes out the same, byte for byte.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np

import bplib as bp

OUTPUT = Path(__file__).resolve().parent.parent / "bplib" / "explore" / "wishes" / "wishes.json"
PICTURES = 120
LEVELS = "0123456789abcdefg"  # ink from 0 to 16, one character for each pixel


def train(X: np.ndarray, t: np.ndarray, seed: int = 0) -> bp.Sequential:
    """784-16-16-10, sigmoids everywhere, squared error against one-hot targets."""
    rng = np.random.default_rng(seed)

    def layer(n_in: int, n_out: int, scale: float) -> tuple:
        return bp.Linear(n_in, n_out, rng=rng, init="xavier", scale=scale), bp.Sigmoid()

    # Weak first weights, since 784 pixels add up; strong later ones, or all outputs stay alike for long.
    net = bp.Sequential(*layer(784, 16, 0.3), *layer(16, 16, 4), *layer(16, 10, 4))
    # Stopped while there is still something to wish for: forty epochs would gain another two percent.
    bp.fit(net, bp.MSE(), X, np.eye(10)[t], optimizer=bp.Adam(0.003), epochs=25, batch_size=32, rng=rng)
    return net


def packed(layer: bp.Linear) -> dict:
    """W with b as its last row, as whole numbers of 16 bits, low byte first, times one scale."""
    rows = np.vstack([layer.W, layer.b])
    scale = float(np.abs(rows).max() / 32767)
    whole = np.round(rows / scale).astype("<i2")
    layer.W[...], layer.b[...] = whole[:-1] * scale, whole[-1] * scale  # judged as it is stored
    return {"shape": list(layer.W.shape), "scale": scale, "rows": base64.b64encode(whole.tobytes()).decode()}


def main() -> None:
    X, t = bp.digits(28)
    small, _ = bp.digits(8)
    numbers = np.arange(len(t)).reshape(-1, 1)  # which examples the split holds back
    (learn, _), (held, _) = bp.split(numbers, t)
    learn, held = learn.ravel(), held.ravel()
    net = train(X[learn], t[learn])
    layers = [packed(layer) for layer in net.layers[::2]]
    right = int((net.forward(X[held], train=False).argmax(axis=1) == t[held]).sum())
    shown = held[:PICTURES]
    ink = np.round(small[shown] * 16).astype(int)
    made = {
        "layers": layers,
        "images": ["".join(LEVELS[level] for level in image) for image in ink],
        "labels": t[shown].tolist(),
        "right": right,
        "held": len(held),
    }
    OUTPUT.write_text(json.dumps(made, separators=(",", ":")) + "\n", "utf-8")
    print(
        f"{OUTPUT.name}: {OUTPUT.stat().st_size} bytes; {right} of {len(held)} held-out digits right ({right / len(held):.1%})"
    )


if __name__ == "__main__":
    main()
