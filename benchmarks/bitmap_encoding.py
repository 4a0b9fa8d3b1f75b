"""Bitmap encoding against numpy + Pillow's default PNG: CPU time and size."""

import argparse
import io
import sys
import time
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dsac.assets.bitmaps import bitmap2file, decode

FASTER = 5.0
"""Blobs are to be encoded so many times faster, at every size."""

LARGER = 1.05
"""No mask may become so many times larger."""

Mask = NDArray[np.uint32]


def pillow(mask: Mask) -> bytes:
    """Encode as the platform's own SDK does."""
    pixels = mask.copy().view(np.uint8).reshape(*mask.shape, 4)
    pixels[..., 3] = 255
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def ours(mask: Mask) -> bytes:
    """Encode as dsac does."""
    return bitmap2file(mask).read()


def blobs(side: int, count: int = 80) -> Mask:
    """Draw overlapping ellipses with wavy outlines, an id each."""
    random = np.random.default_rng(7)
    mask = np.zeros((side, side), np.uint32)
    for number in range(1, count + 1):
        cy, cx = random.uniform(0, side, 2)
        radius = random.uniform(0.03, 0.12) * side
        reach = int(1.2 * radius)
        top, left = max(0, int(cy) - reach), max(0, int(cx) - reach)
        part = mask[top : int(cy) + reach, left : int(cx) + reach]
        y, x = np.mgrid[: part.shape[0], : part.shape[1]].astype(np.float32)
        y, x = y + (top - cy), x + (left - cx)
        edge = radius * (1 + 0.15 * np.sin(np.arctan2(y, x) * 5 + number))
        part[np.hypot(y, x) < edge] = number * 257
    return mask


def masks(sides: tuple[int, ...]) -> Iterator[tuple[str, Mask]]:
    """Yield the classes of masks, by name."""
    random = np.random.default_rng(1)
    for side in sides:
        y, x = np.mgrid[:side, :side]
        yield f"blobs {side}", blobs(side)
        yield f"blobs, few {side}", blobs(side, 3)
        yield f"blobs, many {side}", blobs(side, 300)
        yield f"stripes down {side}", (x // 16 % 7).astype(np.uint32)
        yield f"stripes across {side}", (y // 16 % 7).astype(np.uint32)
        yield f"diagonals falling {side}", ((x + y) // 24 % 9).astype(np.uint32)
        yield f"diagonals rising {side}", ((x - y) // 24 % 9).astype(np.uint32)
        yield f"diagonals steep {side}", ((2 * x + y) // 24 % 9).astype(np.uint32)
        yield f"diagonals flat {side}", ((3 * x + 7 * y) // 99 % 9).astype(np.uint32)
        yield f"constant {side}", np.full((side, side), 9, np.uint32)
        noise = random.integers(0, 2**24, (side, side), dtype=np.uint32)
        yield f"noise {side}", noise
        yield f"noise of few {side}", noise % 5
        yield f"one row {side}", noise[:1] % 5
        yield f"one column {side}", noise[:, :1] % 5
        yield f"checkers {side}", ((x // 8 + y // 8) % 2).astype(np.uint32)
        yield (
            f"checkers, each its id {side}",
            (x // 17 + y // 17 * 300).astype(np.uint32),
        )
        yield f"gradient across {side}", x.astype(np.uint32)
        yield f"gradient down {side}", y.astype(np.uint32)
        yield (
            f"thin lines {side}",
            np.where((x + 2 * y) % 97 == 0, 5, 0).astype(np.uint32),
        )
        rings = np.hypot(x - side / 2, y - side / 2) // 6 % 11
        yield f"rings {side}", rings.astype(np.uint32)
        few = noise.copy()
        few[noise % 9973 > 0] = 0
        yield f"few pixels {side}", few
        tiny = noise[::16, ::16].repeat(16, axis=0).repeat(16, axis=1)
        tiny[tiny % 9 > 0] = 0
        yield f"tiny objects {side}", tiny


def best(encode: Callable[[Mask], bytes], mask: Mask, times: int) -> tuple[float, int]:
    """Give the best CPU time in seconds, and the size in bytes."""
    durations = []
    for _ in range(times):
        start = time.process_time()
        data = encode(mask)
        durations.append(time.process_time() - start)
    return min(durations), len(data)


def main() -> int:
    """Print a table; fail if a bar of speed or size is missed, or a pixel differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="only 1024 and 2048 px")
    quick = parser.parse_args().quick
    sides = (1024, 2048) if quick else (1024, 2048, 4096)
    missed = False
    print(f"{'mask':26} {'times faster':>12} {'size ratio':>12}")
    for name, mask in masks(sides):
        if not np.array_equal(decode(ours(mask)), mask):
            print(f"{name}: the round trip is not exact")
            missed = True
        reference = best(pillow, mask, 1 if quick else 3)
        own = best(ours, mask, 2 if quick else 5)
        faster, size = reference[0] / own[0], own[1] / reference[1]
        print(f"{name:26} {faster:12.1f} {size:12.3f}")
        if size > LARGER or (name.startswith("blobs") and faster < FASTER):
            missed = True
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
