"""Rules of routes that compile what builds URLs from them only if one is built."""

from collections.abc import Callable
from functools import partial

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


class LazyRule(Rule):
    """A rule as any other, for an app that matches URLs and builds none.

    werkzeug writes two functions for each rule as syntax trees and compiles them, which
    is three quarters of what it takes to make the app: every command on the embedded
    remote would wait for it.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Builder:  # noqa: FBT001, FBT002 - the signature of werkzeug
        compiled: list[Builder] = []
        compiling = partial(super()._compile_builder, append_unknown)

        def build(rule: Rule, **values: object) -> tuple[str, str]:
            if not compiled:
                compiled.append(compiling())
            return compiled[0](rule, **values)

        return build
