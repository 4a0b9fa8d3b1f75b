"""What can still be done in a run: whose files are up, what ended, what is owed."""

from collections.abc import Iterable, Mapping

import msgspec

from dsac.core.operations import (
    CreateSamples,
    DeleteSamples,
    NewSample,
    Operation,
    addresses,
    files,
    files_of,
    needs,
)
from dsac.core.report import Ending, Outcome
from dsac.core.resources import Address
from dsac.core.values import Upload

DONE = Ending(Outcome.DONE)


class Feasible:
    """Keeps how operations ended, and says what that means for those to come.

    `endings` holds how each resource's operation ended, `lost_files` why a file did
    not go up. What is made anew is deleted only when its own files are up; what was
    deleted for it is owed, and made again even after an interruption.
    """

    def __init__(self) -> None:
        self.endings: dict[Address, Ending] = {}
        self.lost_files: dict[Upload, str] = {}
        self._owed: set[Address] = set()

    def possible(self, operation: Operation, *, interrupted: bool) -> Operation:
        """Leave out of a bulk call, and end, the samples that it can't be made for."""
        if isinstance(operation, CreateSamples):
            return self._makeable(operation, interrupted=interrupted)
        if isinstance(operation, DeleteSamples) and operation.anew:
            pairs = [
                (uuid, name)
                for uuid, name in operation.samples
                if self._has_files(
                    Address.of_sample(operation.dataset, name), operation.anew[uuid]
                )
            ]
            return msgspec.structs.replace(operation, samples=tuple(pairs))
        return operation

    def _makeable(
        self, operation: CreateSamples, *, interrupted: bool
    ) -> CreateSamples:
        dataset = operation.dataset
        anew = any(item.replaces for item in operation.samples)
        if not (self.lost_files or self._owed or anew):
            return operation
        new = (item for item in operation.samples if self._has_files_of(dataset, item))
        kept = [item for item in new if self._is_free(dataset, item, interrupted)]
        return CreateSamples(dataset, tuple(kept))

    def _has_files_of(self, dataset: str, new: NewSample) -> bool:
        address = Address.of_sample(dataset, new.sample.name)
        return self._has_files(address, files_of(new.sample))

    def _is_free(self, dataset: str, new: NewSample, interrupted: bool) -> bool:  # noqa: FBT001 - of one caller
        """Tell whether a sample is owed, or new where that may still be begun."""
        address = Address.of_sample(dataset, new.sample.name)
        if address in self._owed:
            return True
        if interrupted and self._owed:
            self.endings.setdefault(address, Ending(Outcome.SKIPPED, "interrupted"))
            return False
        return not new.replaces

    def is_owed(self, operation: Operation) -> bool:
        """Tell whether an operation makes again what this run has deleted."""
        if not (self._owed and isinstance(operation, CreateSamples)):
            return False
        return not self._owed.isdisjoint(addresses(operation))

    def _has_files(self, address: Address, wanted: Iterable[Upload]) -> bool:
        for upload in wanted if self.lost_files else ():
            if upload in self.lost_files:
                self.endings[address] = Ending(Outcome.SKIPPED, self._lost(upload))
                return False
        return True

    def _lost(self, upload: Upload) -> str:
        return f"{upload.path} did not go up: {self.lost_files[upload]}"

    def hindrance(self, operation: Operation) -> Ending | None:
        """Say how an operation ends that can't be begun; None where it can."""
        for address in needs(operation):
            ending = self.endings.get(address, DONE)
            if ending.outcome is Outcome.HELD:
                return Ending(Outcome.HELD, f"{address} is held")
            if ending.outcome is not Outcome.DONE:
                why = f"{address} is not as it must be: {ending.message}"
                return Ending(Outcome.SKIPPED, why)
        for upload in files(operation) if self.lost_files else ():
            if upload in self.lost_files:
                return Ending(Outcome.SKIPPED, self._lost(upload))
        return None

    def note(
        self, operation: Operation, ending: Ending, odd: Mapping[Address, Ending]
    ) -> None:
        """Remember how an operation ended, and how else for some of its resources."""
        found = dict.fromkeys(addresses(operation), ending)
        found |= {address: odd[address] for address in odd if address in found}
        if self._owed and isinstance(operation, CreateSamples):
            made = self._owed.intersection(found)
            found |= {address: _of_owed(found[address]) for address in made}
        self.endings |= found
        if isinstance(operation, DeleteSamples):
            anew = (name for uuid, name in operation.samples if uuid in operation.anew)
            gone = (Address.of_sample(operation.dataset, name) for name in anew)
            self._owed.update(item for item in gone if self.endings[item] == DONE)


def _of_owed(ending: Ending) -> Ending:
    """Say of a sample that was deleted, and not made again, that it is gone."""
    if ending.outcome is Outcome.DONE:
        return ending
    why = f"it was deleted to be made anew, and is not there: {ending.message}"
    return Ending(Outcome.FAILED, why)
