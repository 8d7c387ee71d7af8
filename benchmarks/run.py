"""Measure, and print a table. A benchmark, never a test: times depend on the machine, the ratio much less."""

import gc
import platform
import statistics
import time

import bplib as bp


def floats(depth: int) -> float:
    """The same chain of neurons in plain floats, forward and backward by hand: the floor."""
    from math import exp

    x, w, b, inputs, slopes = 0.5, 0.9, 0.1, [], []
    for _ in range(depth):
        inputs.append(x)
        x = 1 / (1 + exp(-(w * x + b)))
        slopes.append(x * (1 - x))
    delta, dw = 1.0, 0.0
    for a, slope in zip(reversed(inputs), reversed(slopes), strict=True):
        dz = delta * slope
        dw += dz * a
        delta = dz * w
    return dw


def engine(depth: int) -> float:
    """The chain in Values."""
    x, w, b = bp.values(x=0.5, w=0.9, b=0.1)
    for _ in range(depth):
        x = (w * x + b).sigmoid()
    x.backward()
    return w.grad


def main(depth: int = 5_000, rounds: int = 9) -> None:
    assert abs(floats(depth) - engine(depth)) < 1e-12, "the gradients must agree before anything is timed"
    times: dict[str, list[float]] = {"plain floats": [], "Value": []}
    gc.disable()
    for i in range(rounds):
        contenders = [("plain floats", floats), ("Value", engine)]
        for name, run in contenders if i % 2 else contenders[::-1]:  # the order turns round every other time
            start = time.process_time()
            run(depth)
            times[name].append((time.process_time() - start) / (3 * depth) * 1e6)
    ratio = statistics.median(v / f for v, f in zip(times["Value"], times["plain floats"], strict=True))
    print(f"{platform.machine()}, Python {platform.python_version()}, {rounds} rounds, garbage collector off\n")
    print("| gradient of a chain of neurons | us a node: median | min | max |\n|---|---|---|---|")
    for name, t in times.items():
        print(f"| {name} | {statistics.median(t):.2f} | {min(t):.2f} | {max(t):.2f} |")
    print(f"\nValue over plain floats: {ratio:.1f}")


if __name__ == "__main__":
    main()
