"""Rules that are compiled lazily build the URLs that others build, when asked to."""

from pathlib import Path

import pytest
from werkzeug.routing import Map, Rule

from dsac.emulator import create_app
from dsac.emulator.routing import LazyRule


@pytest.mark.parametrize("unknown", [True, False])
def test_a_lazy_rule_builds_what_any_rule_does(unknown) -> None:
    built = []
    for kind in (Rule, LazyRule):
        urls = Map([kind("/samples/<key>/labels", endpoint="labels")]).bind("x.test")
        values = {"key": "a b", "page": "2"}
        built += [
            urls.build("labels", values, append_unknown=unknown) for _ in range(2)
        ]
    assert built == ["/samples/a%20b/labels" + "?page=2" * unknown] * 4


def test_an_app_compiles_nothing_that_builds_urls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would take three quarters of the start of every command."""
    asked: list[Rule] = []
    monkeypatch.setattr(Rule, "_compile_builder", lambda rule, _: asked.append(rule))
    app = create_app(tmp_path)
    assert app.test_client().get("/api_status").status_code == 200
    assert asked == []
