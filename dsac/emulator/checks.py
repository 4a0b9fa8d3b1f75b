"""Small checks of parts of a JSON body, which say what is wrong and where."""

from collections.abc import Callable

from dsac.emulator.body import Object

Check = Callable[[Object, str], None]


class WrongError(Exception):
    """Says which part of a body is of a wrong shape."""


def require(fits: bool, where: str, expected: str) -> None:  # noqa: FBT001
    """Insist on something.

    Raises:
        WrongError: it is not so.
    """
    if not fits:
        raise WrongError(f"{where}: {expected} is expected.")


def is_integer(value: object) -> bool:
    """Tell whether a value is an integer."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> bool:
    """Tell whether a value is a number."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_text(value: object) -> bool:
    """Tell whether a value is text."""
    return isinstance(value, str)


def is_switch(value: object) -> bool:
    """Tell whether a value is true or false."""
    return isinstance(value, bool)


def object_at(value: object, where: str) -> Object:
    """Insist on an object, and give it."""
    require(isinstance(value, dict), where, "an object")
    return value  # type: ignore[return-value]  # looked at one line above


def objects_at(value: object, where: str) -> list[tuple[Object, str]]:
    """Insist on a list of objects, and give them, each with its place."""
    if not isinstance(value, list):
        raise WrongError(f"{where}: a list is expected.")
    return [
        (object_at(item, f"{where}[{at}]"), f"{where}[{at}]")
        for at, item in enumerate(value)
    ]


def optional_objects(value: Object, key: str, where: str) -> list[tuple[Object, str]]:
    """Give the list of objects at a key, with their places; null and nothing are none.

    `where` is put before the key as it is.
    """
    found = value.get(key)
    return [] if found is None else objects_at(found, f"{where}{key}")


def optional_part(
    value: Object,
    where: str,
    fits: Callable[[object], bool],
    expected: str,
    *keys: str,
) -> None:
    """Insist that what stands at some keys fits; null and nothing do."""
    for key in keys:
        found = value.get(key)
        require(found is None or fits(found), f"{where}.{key}", expected)


def is_list_of(
    fits: Callable[[object], bool], *lengths: int
) -> Callable[[object], bool]:
    """Make the check for a list of such items; lengths are those that it may have."""

    def check(value: object) -> bool:
        if not isinstance(value, list) or not all(map(fits, value)):
            return False
        return not lengths or len(value) in lengths

    return check
