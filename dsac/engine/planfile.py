"""Saved plans as files: written whole, sealed, and read offline."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec

from dsac.core.document import pictures_from, plan_from, saved_plan_document
from dsac.core.pictures import NO_PICTURES, Pictures
from dsac.core.plan import Plan, Policy
from dsac.core.values import canonical
from dsac.engine.planning import Prepared
from dsac.errors import PlanError
from dsac.remote.reader import Scan


class Saved(msgspec.Struct, frozen=True, kw_only=True):
    """A plan as it was saved, with what it was made from (`engine.planning.Prepared`).

    A member that an older dsac did not write is empty. `digest` is that of the file.
    """

    plan: Plan
    pictures: Pictures = NO_PICTURES
    files: dict[str, str] = {}
    scans: dict[str, Scan] = {}
    limits: dict[str, Policy] = {}
    digest: str = ""


class _Sources(msgspec.Struct):
    files: dict[str, str] = {}
    scans: dict[str, Scan] = {}
    limits: dict[str, Policy] = {}


def save(path: Path, prepared: Prepared, pictures: Pictures = NO_PICTURES) -> None:
    """Write a plan to a file, which no key and no signed URL ever enters.

    What is known of its labels goes with it, so that it is shown offline.

    Raises:
        PlanError: the file can't be written; one that was there is as it was.
    """
    try:
        write_whole(path, _sealed(_body(prepared, pictures)))
    except OSError as error:
        raise PlanError(f"can't write the plan to {path}: {error.strerror}") from error


def as_saved(prepared: Prepared) -> Saved:
    """Give a plan as it would be read from the file that it was saved to."""
    return _read(_sealed(_body(prepared, NO_PICTURES)), "the plan")


def _body(prepared: Prepared, pictures: Pictures) -> dict[str, object]:
    return {
        **saved_plan_document(prepared.plan, pictures),
        "files": prepared.files,
        "scans": msgspec.to_builtins(prepared.scans),
        "limits": msgspec.to_builtins(prepared.limits),
    }


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; a pipe or a device takes it as it comes.

    So does what a link leads to: /dev/stdout is one to the file of a shell's `>`.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_bytes(data)
        return
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        with suppress(OSError):
            draft.unlink()
        raise


def _sealed(body: dict[str, object]) -> bytes:
    """Encode a document with the digest of all the rest of it as its last member."""
    seal = hashlib.sha256(canonical(body)).hexdigest()
    text = msgspec.json.encode({**body, "sha256": seal})
    return msgspec.json.format(text, indent=1) + b"\n"


def load(path: Path) -> Saved:
    """Read a saved plan; needs neither a key nor a network.

    Raises:
        PlanError: there is no such file, it is no plan, of a newer format, or any
            byte of it is not as it was written.
    """
    try:
        return _read(path.read_bytes(), str(path))
    except OSError as error:
        raise PlanError(f"can't read {path}: {error.strerror}", hint=AGAIN) from error


AGAIN = "write a new one with dsac plan --out"


def _read(data: bytes, name: str) -> Saved:
    """Read a saved plan from the bytes of the file of that name."""
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PlanError(f"{name} is not a saved plan", hint=AGAIN) from error
    if not isinstance(body, dict) or "format_version" not in body:
        raise PlanError(f"{name} is not a saved plan", hint=AGAIN)
    plan, pictures = plan_from(body), pictures_from(body)
    body.pop("sha256", None)
    if _sealed(body) != data:
        raise PlanError(
            f"{name} was changed after it was written, or is damaged", hint=AGAIN
        )
    try:
        sources = msgspec.convert(body, _Sources)
    except msgspec.ValidationError as error:
        raise PlanError(f"{name} is damaged: {error}", hint=AGAIN) from error
    return Saved(
        plan=plan,
        pictures=pictures,
        files=sources.files,
        scans=sources.scans,
        limits=sources.limits,
        digest=hashlib.sha256(data).hexdigest(),
    )
