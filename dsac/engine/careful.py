"""Performs operations with care: a last look and a backup before each attempt."""

from collections.abc import Callable, Sequence

import msgspec

from dsac.core.change import Change
from dsac.core.losses import Sight
from dsac.core.operations import (
    CreateSamples,
    DeleteDataset,
    DeleteSamples,
    Operation,
    PutLabel,
    addresses,
)
from dsac.core.plan import Plan
from dsac.core.report import Ending, Outcome
from dsac.core.resources import Address, Kind, RemoteLabel
from dsac.core.values import Tree, covers, normal
from dsac.engine.backup import Backup
from dsac.engine.executor import Endings
from dsac.engine.last_look import LastLook, Seen, Touched, endangers
from dsac.errors import RemoteError
from dsac.remote.bulk import is_divisible
from dsac.remote.transport import Transport
from dsac.remote.writer import Writer


class AlreadyDone(Exception):  # noqa: N818 - nothing went wrong
    """The label is on the platform as it is to be written, and from us."""


class Careful:
    """Wraps a writer so that no attempt costs a label that the plan did not see.

    The platform has no conditional write: only the instant between the look and the
    request is left.
    """

    def __init__(
        self,
        writer: Writer,
        plan: Plan,
        *,
        look: LastLook,
        transport: Transport,
        backup: Backup,
    ) -> None:
        self._writer = writer
        self._look = look
        self._transport = transport
        self._backup = backup
        self._user = plan.user
        self._lifted = plan.allow.category_change is not None
        self._changes = {
            change.address: change for change in plan.to_do if endangers(change)
        }

    def perform(self, operation: Operation) -> Endings:
        """Perform an operation; hold what could cost a label that moved.

        Raises:
            DsacError: it failed as a whole.
        """
        if isinstance(operation, CreateSamples):
            return self._writer.perform(operation)  # what is made anew is gone by now
        changes = [
            self._changes[address]
            for address in addresses(operation)
            if address in self._changes
        ]
        if not changes:
            return self._writer.perform(operation)
        if isinstance(operation, DeleteSamples):
            return self._delete_samples(operation, changes)
        return self._one(operation, changes[0])

    def _one(self, operation: Operation, change: Change) -> Endings:
        try:
            with self._transport.before_writes(self._before(operation, change)):
                return self._writer.perform(operation)
        except AlreadyDone:
            return {}
        except Touched as found:
            return {change.address: Ending(Outcome.HELD, found.why)}

    def _before(self, operation: Operation, change: Change) -> Callable[[], None]:
        if change.kind is Kind.DATASET and not isinstance(operation, DeleteDataset):
            return lambda: None if self._lifted else self._look.look_for_any(change)
        if isinstance(operation, PutLabel):
            return self._before_label(operation, change)
        return self._before_all([change])

    def _before_all(self, changes: Sequence[Change]) -> Callable[[], None]:
        return lambda: self._save(self._look.look(changes), changes)

    def _before_label(self, operation: PutLabel, change: Change) -> Callable[[], None]:
        """Look before each attempt, at labels of samples that this run made, too.

        A bulk creation gives back samples that were there already, with what people
        did to them; and a new one can be labelled before its label is sent.
        """
        change = msgspec.structs.replace(change, uuid=self._writer.uuid_of(operation))

        def before() -> None:
            try:
                self._save(self._look.look([change]), [change])
            except Touched as found:
                if self._is_written(found.seen, operation):
                    raise AlreadyDone from found
                raise

        return before

    def _is_written(self, seen: Sight, operation: PutLabel) -> bool:
        body = self._writer.label_body(operation)
        return any(
            isinstance(label, RemoteLabel)
            and (label.updated_by or label.created_by) == self._user
            and not label.reviewed_by
            and covers(_told(label), normal(body))
            for label in seen.values()
        )

    def _delete_samples(
        self, operation: DeleteSamples, changes: Sequence[Change]
    ) -> Endings:
        """Delete samples in one call; those whose labels moved stay, the others go."""
        endings: dict[Address, Ending] = {}
        going = {change.uuid: change for change in changes}
        while going:
            pairs = tuple(item for item in operation.samples if item[0] in going)
            rest = list(going.values())
            narrowed = msgspec.structs.replace(operation, samples=pairs)
            try:
                with self._transport.before_writes(self._before_all(rest)):
                    return {**self._writer.perform(narrowed), **endings}
            except Touched as found:
                for uuid in found.samples & going.keys() or set(going):
                    address = going.pop(uuid).address
                    endings[address] = Ending(Outcome.HELD, found.why)
            except RemoteError as error:
                if len(rest) == 1 or not is_divisible(error):
                    raise
                return {**self._in_halves(narrowed, rest, error), **endings}
        return endings

    def _in_halves(
        self, operation: DeleteSamples, changes: Sequence[Change], error: RemoteError
    ) -> Endings:
        """Delete samples in two calls where one was too large, each after its look.

        Where not even one sample could be deleted the size is not what ails the
        server: then the others are looked up and not tried.
        """
        half = (len(changes) + 1) // 2
        first = self._half(operation, changes[:half])
        in_vain = all(item.address in first for item in changes[:half])
        if in_vain and error.uncertain:
            uuids = {item.uuid for item in changes[half:]}
            pairs = tuple(item for item in operation.samples if item[0] in uuids)
            rest = msgspec.structs.replace(operation, samples=pairs)
            return {**first, **self._writer.settle(rest, error)}
        return {**first, **self._half(operation, changes[half:])}

    def _half(self, operation: DeleteSamples, changes: Sequence[Change]) -> Endings:
        try:
            return self._delete_samples(operation, changes)
        except RemoteError as error:
            failed = Ending(Outcome.FAILED, str(error))
            return dict.fromkeys((item.address for item in changes), failed)

    def _save(self, seen: Seen, changes: Sequence[Change]) -> None:
        """Write the labels that a person allowed to lose, as they are now."""
        lost = {loss.address for change in changes for loss in change.losses}
        if not lost:
            return
        dataset = changes[0].address.dataset
        for (uuid, labelset), label in seen.sight.items():
            address = Address.label(dataset, seen.names.get(uuid, uuid), labelset)
            if address in lost and isinstance(label, RemoteLabel):
                self._backup.save(address, uuid, label)


def _told(label: RemoteLabel) -> Tree:
    told: Tree = msgspec.to_builtins(label.label)
    if isinstance(told, dict):
        told["label_status"] = label.label.status
    return told
