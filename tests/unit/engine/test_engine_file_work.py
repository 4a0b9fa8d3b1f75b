"""What is read of a file that goes up."""

import hashlib
from pathlib import Path

import numpy as np
import pytest

from dsac.assets import bitmaps
from dsac.engine import file_work


def test_a_bitmap_that_goes_up_is_the_one_that_was_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mask.png"
    planned, other = np.array([[1, 2]]), np.array([[3, 3]])
    path.write_bytes(bitmaps.encode(planned))
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    checked = file_work.checked

    def overtaken(path: Path, shown: str, *, sha256: str) -> bytes:
        data = checked(path, shown, sha256=sha256)
        path.write_bytes(bitmaps.encode(other))
        return data

    monkeypatch.setattr(file_work, "checked", overtaken)
    data = file_work.content(path, "mask.png", sha256=sha256, form="bitmap")
    assert bitmaps.decode(data).tolist() == planned.tolist()
