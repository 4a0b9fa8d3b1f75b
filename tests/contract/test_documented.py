"""Every public method of the client says which endpoint it calls, and how it fails."""

import inspect
import re
from collections.abc import Callable

import pytest

import dsac
from dsac import errors

ENDPOINT = re.compile(r"\b(GET|POST|PUT|PATCH|DELETE) /\w+")
METHODS = {
    name: method
    for name, method in inspect.getmembers(dsac.SegmentsClient, inspect.isfunction)
    if not name.startswith("_") and name != "close"
}


def section(doc: str, title: str) -> str:
    """Give what stands under a title of a docstring, up to the next empty line."""
    return doc.partition(f"{title}:\n")[2].partition("\n\n")[0]


@pytest.mark.parametrize("name", METHODS)
def test_a_method_says_what_it_calls_and_how_it_fails(name: str):
    doc = inspect.cleandoc(METHODS[name].__doc__ or "")
    assert ENDPOINT.search(doc)
    raised = re.findall(r"^    (\w+): ", section(doc, "Raises"), re.MULTILINE)
    assert raised
    for error in raised:
        assert issubclass(getattr(errors, error), errors.RemoteError)


@pytest.mark.parametrize("name", METHODS)
def test_arguments_are_told_all_or_none(name: str):
    method: Callable[..., object] = METHODS[name]
    told = section(inspect.cleandoc(method.__doc__ or ""), "Args")
    named = re.findall(r"^    (\w+): ", told, re.MULTILINE)
    if named:
        assert named == list(inspect.signature(method).parameters)[1:]
