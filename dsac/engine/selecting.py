"""What a person asked a plan to be about, held against each dataset that is read."""

from collections.abc import Iterator, Mapping

from dsac.core.differences import Differences
from dsac.core.globs import ENCODED, globs
from dsac.core.ownership import Scope
from dsac.core.replacing import ONLY_SAMPLES, check_replace, replaced, why_not
from dsac.core.resources import Desired, RemoteDataset
from dsac.core.selection import Selection, unmatched


class Selector:
    """Holds globs against datasets one by one; remembers which matched nothing yet."""

    def __init__(self, selection: Selection) -> None:
        check_replace(selection.replace)
        self.selection = selection
        self._targets = list(globs(selection.target))
        self._excludes = list(globs(selection.exclude))
        self._replaces = list(globs(selection.replace))
        self._reasons: dict[str, str] = {}
        self.unread: tuple[str, ...] = ()

    def datasets(
        self, wanted: Mapping[str, Desired | None]
    ) -> dict[str, Desired | None]:
        """Leave out the datasets of which nothing could be wanted.

        What means something in one of them alone may be there or not: nobody looks.
        """
        read = {name: wanted[name] for name in wanted if self.selection.reads(name)}
        self.unread = tuple(name for name in wanted if name not in read)
        for name in self.unread:
            self._match(Differences(dataset=name), wanted[name], None)
            self._targets = [item for item in self._targets if not item.lies_in(name)]
            self._excludes = [item for item in self._excludes if not item.lies_in(name)]
        return read

    def match(
        self,
        part: Differences,
        desired: Desired | None,
        remote: RemoteDataset | None,
        scope: Scope,
    ) -> None:
        """Note what the globs match in one dataset."""
        self._match(part, desired, remote)
        for glob in tuple(self._replaces):
            if replaced(glob, part.changes):
                self._replaces.remove(glob)
            elif desired is not None:
                for why in why_not(glob, desired, remote, scope):
                    self._reasons[glob.text] = why

    def _match(
        self, part: Differences, desired: Desired | None, remote: RemoteDataset | None
    ) -> None:
        self._targets = unmatched(self._targets, part, desired, remote)
        self._excludes = unmatched(self._excludes, part, desired, remote)

    def errors(self) -> Iterator[str]:
        """Say which globs matched nothing: they are likely to be mistyped."""
        for flag, rest in (("--target", self._targets), ("--exclude", self._excludes)):
            for glob in rest:
                yield (
                    f"{flag} {glob.text!r} matches nothing that is declared or exists "
                    f"in the datasets of this plan ({ENCODED})"
                )
        for glob in self._replaces:
            nothing = f"it matches no sample; {ONLY_SAMPLES}"
            why = self._reasons.get(glob.text, nothing)
            yield f"--replace {glob.text!r} can't be done: {why}"
