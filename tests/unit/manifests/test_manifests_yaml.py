"""The YAML reader: YAML 1.2's scalars, positions, and what it refuses."""

import gc
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dsac.errors import Position
from dsac.manifests.document import HEAD, Document
from dsac.manifests.problems import Problems
from dsac.manifests.scalars import Variables
from dsac.manifests.yaml_loader import load


def read(
    text: str | bytes, variables: dict[str, Any] | None = None
) -> tuple[list[Document], list[str]]:
    problems = Problems()
    data = text.encode() if isinstance(text, str) else text
    known = Variables(
        variables or {}, {"HOME": "/home/jane", "SEGMENTS_API_KEY": "canary"}
    )
    found = load(data, "f.yaml", variables=known, problems=problems)
    return found, [str(problem) for problem in problems.found]


def value(text: str, variables: dict[str, Any] | None = None) -> Any:
    (document,), problems = read(f"v: {text}\n", variables)
    assert problems == []
    root: Any = document.root
    return root["v"]


def problem(text: str | bytes) -> str:
    _, problems = read(text)
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", None),
        ("~", None),
        ("null", None),
        ("true", True),
        ("False", False),
        ("no", "no"),
        ("on", "on"),
        ("yes", "yes"),
        ("010", 10),
        ("-7", -7),
        ("0x1F", 31),
        ("0o17", 15),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-23", "2026-11-23"),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1.", 1.0),
        ("'-'", "-"),
        ("1.2.3", "1.2.3"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("|\n  a\n  b", "a\nb\n"),
        ("=", "="),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, expected):
    found = value(text)
    assert (type(found), found) == (type(expected), expected)


@pytest.mark.parametrize("text", [".inf", "-.INF", ".nan", "1e999", "9" * 5000])
def test_numbers_that_json_cannot_carry_are_refused(text):
    assert "f.yaml:1:4" in problem(f"v: {text}\n")


def test_variables_stand_for_values_of_their_own_type():
    known = {"n": 3, "org": "jane", "list": [1]}
    assert value("${n}", known) == 3
    assert value("${list}", known) == [1]
    assert value("${org}/flowers", known) == "jane/flowers"
    assert value("${env.HOME}", known) == "/home/jane"
    assert value("$${org}", known) == "${org}"
    assert value("'costs $5'", known) == "costs $5"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${orgg}", "${orgg} is not defined"),
        ("${env.NOWHERE}", "the environment has no NOWHERE"),
        ("x ${env.SEGMENTS_API_KEY}", "is a secret, which no plan may show"),
        ("x${n}", "${n} is no string and can't stand in one"),
    ],
)
def test_variables_that_stand_for_nothing_are_refused(text, message):
    _, (found,) = read(f"v: {text}\n", {"org": "jane", "n": 3})
    assert message in found


def test_every_value_knows_where_it_was_written():
    (document,), _ = read("# x\na:\n  - b: 1\n    c: [2, 3]\n")
    assert str(document.position()) == "f.yaml:2:1"
    assert str(document.position("a", 0, "c", 1)) == "f.yaml:4:12"
    assert str(document.position("a", 0, "c", key=True)) == "f.yaml:4:5"
    assert str(document.position("a", 0, "nowhere")) == "f.yaml:3:5"


def test_anchors_aliases_and_merges_are_kept():
    text = "base: &b {x: 1, y: 2}\none: {<<: *b, y: 3}\ntwo: {<<: [*b, {z: 4}]}\n"
    (document,), problems = read(text)
    root: Any = document.root
    assert problems == []
    assert root["one"] == {"x": 1, "y": 3}
    assert root["two"] == {"x": 1, "y": 2, "z": 4}
    assert str(document.position("one", "x")) == "f.yaml:1:14"


def test_what_is_merged_keeps_its_place():
    text = "one: &one\n  x: 1\n  y: 2\ntwo: {<<: *one, x: 3}\n"
    (document,), problems = read(text)
    assert problems == []
    assert document.root == {"one": {"x": 1, "y": 2}, "two": {"x": 3, "y": 2}}
    assert str(document.position("two", "x")) == "f.yaml:4:20"
    assert str(document.position("two", "y")) == "f.yaml:3:6"
    assert str(document.position("two", "y", key=True)) == "f.yaml:3:3"


@pytest.mark.parametrize("wide", ["a", "é", "€", "🌷"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\x85"])
def test_places_far_down_are_as_right_as_those_above(wide, ending):
    row, many = f"- {{a: {wide * 4}}}{ending}", 2 * HEAD // 12
    (document,), problems = read(f"\ufeff{row * many}")
    assert problems == []
    found = [document.position(number, "a") for number in range(many)]
    assert found == [Position("f.yaml", line, 7) for line in range(1, many + 1)]


def test_a_merge_sign_in_quotes_is_a_key_like_any_other():
    (document,), problems = read('{"<<": 1, <<: {x: 2}, <<: {y: 3}}\n')
    assert problems == []
    assert document.root == {"<<": 1, "x": 2, "y": 3}
    assert "the key '<<' stands here a second time" in problem('{"<<": 1, "<<": 2}')


def test_the_second_of_two_keys_is_refused_with_the_line_of_the_first():
    found = problem("a: 1\nb:\n  c: 1\n  d: &x {c: 1}\n  c: 2\n")
    assert "f.yaml:5:3: the key 'c' stands here a second time, first on line 3" in found


def test_aliases_count_for_what_they_stand_for():
    bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 7)
    )
    assert "f.yaml:6:" in problem(bomb)
    assert "an alias bomb" in problem(bomb)
    keys = ", ".join(f"k{n}: 1" for n in range(1000))
    many = f"a: &a {{{keys}}}\n" + "".join(f"b{n}: *a\n" for n in range(600))
    assert "f.yaml:501:" in problem(many)


BREAKS = ["\n", "\r\n", "\r", "\x85", "\u2028"]


@given(
    st.text("ab\u00e9\U0001f33a -", max_size=8),
    st.lists(st.sampled_from(BREAKS), min_size=4, max_size=9),
    st.sampled_from(["", "\ufeff"]),
)
def test_places_are_those_that_libyaml_counts(comment, breaks, start):
    lines = [
        "# " + comment,
        "k: 'a b'",
        "l:",
        " - \U0001f33a",
        ' - {m: "\u00e9", n: 1}',
    ]
    ends = [*breaks, "\n", "\n"]
    text = start + "".join(line + end for line, end in zip(lines, ends, strict=False))
    (document,), _ = read(text)
    events = yaml.parse(text.encode(), Loader=yaml.CSafeLoader)
    marks = [
        event.start_mark for event in events if isinstance(event, yaml.ScalarEvent)
    ]
    expected = {(mark.line + 1, mark.column + 1) for mark in marks if mark}
    paths = [("k",), ("l",), ("l", 0), ("l", 1, "m"), ("l", 1, "n")]
    places = [document.position(*path) for path in paths]
    places += [document.position(*path, key=True) for path in paths]
    assert expected <= {(where.line, where.column) for where in places}


def test_several_documents_are_read_and_empty_ones_left_out():
    documents, _ = read("a: 1\n---\n---\nb: 2\n")
    assert [document.root for document in documents] == [{"a": 1}, {"b": 2}]
    assert read("") == ([], [])
    assert read("\ufeffa: 1\r\n")[0][0].root == {"a": 1}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        (b"a: \xff\n", ["f.yaml:1:1", "not UTF-8"]),
        ("a: {b: ${c}}\n", ["f.yaml:1:", 'write "${name}" in quotes']),
        ("a:\n\t- b\n", ["f.yaml:2:", "never with tabs"]),
        ("a: b: c\n", ["f.yaml:1:5", "broken YAML"]),
        ("a: *nowhere\n", ["f.yaml:1:4", "*nowhere stands for nothing"]),
        ("a: &a [*a]\n", ["f.yaml:1:8", "*a stands for nothing that is whole"]),
        ("3: x\n", ["f.yaml:1:1", 'write "3" in quotes']),
        ("~: x\n", ["f.yaml:1:1", "the key ~ is no string"]),
        (".inf: x\n", ["f.yaml:1:1", "is no string"]),
        ("? [a]\n: x\n", ["f.yaml:1:3", "a key must be a string"]),
        ("a: {<<: 3}\n", ["f.yaml:1:5", "<< merges mappings only"]),
        ("!!str a: x\n", ["f.yaml:1:1", "the tag"]),
        ("a: !!str 3\n", ["f.yaml:1:4", "the tag tag:yaml.org,2002:str"]),
        ("a: !secret 'x ${y'\n", ["f.yaml:1:4", "the tag !secret"]),
        ("a: [x, !!int '3']\n", ["f.yaml:1:8", "the tag"]),
        ("a: [!!set {b: 1}]\n", ["f.yaml:1:5", "the tag"]),
        ("a: !!seq [b]\n", ["f.yaml:1:4", "the tag"]),
        ("[" * 150 + "]" * 150, ["nested deeper than 100 levels"]),
        ("a: \x07\n", ["broken YAML"]),
    ],
)
def test_what_is_no_good_yaml_is_refused_with_its_place(text, parts):
    found = problem(text)
    for part in parts:
        assert part in found


def test_the_garbage_collector_is_left_as_it_was():
    gc.disable()
    try:
        read("a: 1\n")
        assert not gc.isenabled()
    finally:
        gc.enable()
    read("a: 1\n")
    assert gc.isenabled()


@pytest.mark.parametrize(("many", "times"), [(100_000, 0), (-1, 1)])
def test_only_much_is_made_old_before_its_time(many, times, monkeypatch):
    frozen: list[int] = []
    monkeypatch.setattr("dsac.core.collector.MANY", many)
    monkeypatch.setattr("gc.freeze", lambda: frozen.append(1))
    gc.collect()
    read("a: 1\n")
    assert len(frozen) == times


def test_what_others_froze_stays_frozen(monkeypatch):
    monkeypatch.setattr("dsac.core.collector.MANY", -1)
    gc.freeze()
    try:
        read("a: 1\n")
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()


def test_more_scalars_than_are_remembered_are_read_all_the_same(monkeypatch):
    monkeypatch.setattr("dsac.manifests.yaml_loader.MOST_KEPT", 2)
    assert value("[1, 2, 3, 4, 3, 1]") == [1, 2, 3, 4, 3, 1]


def test_an_alias_in_several_documents_starts_anew():
    documents, problems = read("a: &a 1\n---\nb: *a\n")
    assert len(documents) == 0 or problems
    assert "*a stands for nothing" in problems[0]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False, width=32)
    | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.text(st.characters(categories=["L"]), min_size=1, max_size=8),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(JSON)
def test_it_reads_what_others_write(found):
    class Dumper(yaml.SafeDumper):
        """Writes strings in quotes, and nothing else."""

        def ignore_aliases(self, data: Any) -> bool:
            del data
            return True

    Dumper.add_representer(
        str,
        lambda dumper, text: dumper.represent_scalar(
            "tag:yaml.org,2002:str", text.replace("$", ""), style='"'
        ),
    )
    text = yaml.dump({"v": found}, Dumper=Dumper, allow_unicode=True)
    (document,), problems = read(text)
    assert problems == []
    assert document.root == yaml.safe_load(text)
