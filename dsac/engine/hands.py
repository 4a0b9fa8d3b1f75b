"""Sends the work on files to an executor: threads, processes, or a cluster."""

from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path

from dsac.core.values import Upload
from dsac.engine.file_work import digest_files, place_file, worker
from dsac.engine.session import LOCAL
from dsac.errors import AssetError, RemoteError, UsageError
from dsac.remote import wire

AT_ONCE = 100
"""So many files are digested by one task."""

DASK = "dask://"
TIMEOUT = 10
"""A scheduler is waited for so many seconds."""

PATIENCE = 120
"""A first worker is waited for so many seconds: a cluster may have to start one."""


class ExecutorHands:
    """Puts files in place by way of an executor, whose workers have the same files."""

    def __init__(self, executor: Executor, root: Path) -> None:
        self._executor = executor
        self._root = root.resolve()

    def __call__(self, upload: Upload, name: str, form: wire.PresignedFields) -> str:
        """Put a file where a form says; give the MD5 of what went up.

        Raises:
            AssetError: the worker has no such file, or another one.
            RemoteError: it did not get there, or no worker could do it.
        """
        path = self._root / upload.path
        try:
            told = self._executor.submit(
                place_file,
                str(path),
                sha256=upload.sha256,
                form=upload.form,
                name=name,
                url=form.url,
                fields=dict(form.fields),
            ).result()
        except Exception as error:  # as many kinds as there are executors
            raise _lost(upload.path, error) from error
        if "md5" in told:
            return told["md5"]
        if told["kind"] == "file":
            raise AssetError(path, told["problem"], hint=told["hint"])
        raise RemoteError(told["problem"], hint=told["hint"])

    def digests(self, names: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Digest files: for each its sha256, or else why it can't be read.

        Raises:
            RemoteError: no worker could do it.
        """
        parts = [names[at : at + AT_ONCE] for at in range(0, len(names), AT_ONCE)]
        futures: list[Future[list[tuple[str, str]]]] = []
        found: dict[str, tuple[str, str]] = {}
        try:
            for part in parts:
                paths = [str(self._root / name) for name in part]
                futures.append(self._executor.submit(digest_files, paths))
            for part, future in zip(parts, futures, strict=True):
                found |= zip(part, future.result(), strict=True)
        except Exception as error:  # the same
            raise _lost(part[0], error) from error
        return found


def _lost(path: str, error: Exception) -> RemoteError:
    return RemoteError(
        f"{path}: the executor could not do its work: {type(error).__name__}: {error}",
        hint="look after the workers, and run again",
    )


def check_reach(remote: str, *, hint: str) -> None:
    """Insist that workers elsewhere can reach the remote.

    Raises:
        UsageError: it is the embedded one.
    """
    if remote == LOCAL:
        raise UsageError(
            "the embedded remote is in this process, out of reach of workers elsewhere",
            hint=hint,
        )


@contextmanager
def open_executor(url: str) -> Iterator[Executor]:
    """Connect to the executor that a URL names: a Dask cluster.

    Raises:
        UsageError: it names none, the package for it is missing, or nobody answers.
        RemoteError: no worker can do the work.
    """
    if not url.startswith(DASK) or not url.removeprefix(DASK).strip("/"):
        raise UsageError(
            f"--executor {url}: there is no such executor",
            hint="name the scheduler of a Dask cluster: --executor dask://HOST:PORT",
        )
    try:
        import distributed
    except ImportError:
        raise UsageError(
            f"--executor {url} needs a package that is not installed",
            hint="pip install 'dsac[distributed]'",
        ) from None
    address = f"tcp://{url.removeprefix(DASK).strip('/')}"
    try:
        client = distributed.Client(address, timeout=TIMEOUT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {address}: {error}",
            hint="is it running, and of the same version of distributed?",
        ) from error
    with client:
        opened: Executor = client.get_executor()
        _try_out(opened, address)
        yield opened


def _try_out(executor: Executor, address: str) -> None:
    """See that a worker can do anything: a cluster without one waits for ever.

    Raises:
        RemoteError: none can.
    """
    try:
        executor.submit(worker).result(PATIENCE)
    except TimeoutError as error:
        raise RemoteError(
            f"no worker of {address} took up any work in {PATIENCE} s",
            hint="are its workers running?",
        ) from error
    except Exception as error:  # as many kinds as there are executors
        raise RemoteError(
            f"the workers of {address} can't work: {type(error).__name__}: {error}",
            hint="do they have dsac, of the same version?",
        ) from error
