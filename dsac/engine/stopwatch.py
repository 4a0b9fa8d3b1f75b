"""Measures where the time of a command goes: each phase is charged for its own."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import get_ident

from dsac.core.phases import OTHER, PHASES, Spent


class Stopwatch:
    """Charges the time between two looks at the clocks to the phase that is open.

    The clocks are given. What lies between the first look and the last goes to some
    phase, once: the phases add up to the whole. Only the thread that made the watch
    opens phases; what others do is charged to what that one does meanwhile.
    """

    def __init__(self, wall: Callable[[], float], cpu: Callable[[], float]) -> None:
        self._wall = wall
        self._cpu = cpu
        self._thread = get_ident()
        self._spent: dict[str, Spent] = {}
        self._open = OTHER
        self._last = Spent(wall(), cpu())
        self.start = self._last.cpu
        """Processor time that was spent before: the start of Python, and imports."""

    @contextmanager
    def phase(self, name: str, /) -> Iterator[None]:
        """Charge a phase, until the block ends; then the one around it again."""
        if get_ident() != self._thread:
            yield
            return
        outer = self._charge(name)
        try:
            yield
        finally:
            self._charge(outer)

    def spent(self) -> dict[str, Spent]:
        """Give what each phase took so far, in the order of `PHASES`."""
        self._charge(self._open)
        return {name: self._spent.get(name, Spent()) for name in PHASES}

    def _charge(self, then: str) -> str:
        """Charge what is open up to now, and open another; give what was open."""
        now, last, name = Spent(self._wall(), self._cpu()), self._last, self._open
        before = self._spent.get(name, Spent())
        self._spent[name] = Spent(
            before.wall + now.wall - last.wall, before.cpu + now.cpu - last.cpu
        )
        self._last, self._open = now, then
        return name
