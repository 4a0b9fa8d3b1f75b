"""A project in a folder, loaded without the command line."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from dsac.assets.bitmaps import encode
from dsac.core.resources import Desired
from dsac.errors import ManifestError
from dsac.manifests.load import Manifests, load
from dsac.manifests.project import load_project

HEAD = """\
dataset: jane/flowers
task_type: segmentation-bitmap
categories: [{id: 1, name: rose}, {id: 2, name: violet}]
"""


@dataclass(frozen=True)
class Folder:
    """A project's folder."""

    root: Path

    def write(self, name: str, text: str) -> None:
        """Write a text file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def image(self, name: str) -> None:
        """Write an image of 8 x 6 pixels."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 6), "red").save(path)

    def mask(self, name: str, *ids: int) -> None:
        """Write a mask of 8 x 6 pixels that holds some ids."""
        pixels = np.zeros((6, 8), np.uint32)
        pixels[0, : len(ids)] = ids
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encode(pixels))

    def load(self, text: str = "", **more: Any) -> Manifests:
        """Load the project, with a manifest of HEAD and some lines."""
        if text:
            self.write("manifests/a.yaml", text)
        project = load_project(self.root, environ={}, **more)
        return load(project)

    def dataset(self, lines: str = "") -> Desired:
        """Load the one dataset of HEAD and some lines."""
        (found,) = self.load(HEAD + lines).datasets
        return found

    def problems(self, text: str, **more: Any) -> list[str]:
        """Load what is wrong, and give its problems."""
        with pytest.raises(ManifestError) as caught:
            self.load(text, **more)
        return [str(problem) for problem in caught.value.problems]

    def problem(self, lines: str) -> str:
        """Load HEAD and lines in which one thing is wrong."""
        (found,) = self.problems(HEAD + lines)
        return found


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Make a project with an image and a mask."""
    found = Folder(tmp_path / "p")
    found.write("dsac.yaml", "project: p\n")
    found.image("images/a.png")
    found.mask("masks/a.png", 1, 2)
    return found
