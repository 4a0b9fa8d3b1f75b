"""Checks a plan against policy rules, change by change; what is held is not done.

Rules look at changes: what a plan leaves alone is no concern of theirs.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import assert_never
from urllib.parse import urlsplit

import msgspec

from dsac.core.change import Change
from dsac.core.guard import category_names
from dsac.core.losses import UNKNOWN
from dsac.core.plan import Finding
from dsac.core.resources import (
    Address,
    Dataset,
    Kind,
    Label,
    RemoteDataset,
    Sample,
    attributes_of,
)
from dsac.core.reviews import Reviews, check_reviews
from dsac.core.rules import (
    AllowedHosts,
    ForbiddenCategories,
    MaxDeletes,
    ProtectedLabels,
    RequiredMetadata,
    Reviewed,
    Rule,
)
from dsac.core.stale import current
from dsac.core.values import Json, Tree, same


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of the platform: datasets by name, and labels before a release."""

    remotes: Mapping[str, RemoteDataset | None]
    reviews: Mapping[tuple[str, str], Reviews] = {}


def check_rules(
    rules: Sequence[Rule], changes: Iterable[Change], seen: Seen
) -> tuple[Finding, ...]:
    """Give all that rules find in what a plan would do, rule by rule."""
    doing = [change for change in changes if not change.held] if rules else []
    return tuple(
        finding
        for rule in rules
        for finding in _check(
            rule, [item for item in doing if rule.is_about(item.address.dataset)], seen
        )
    )


def _check(rule: Rule, changes: Sequence[Change], seen: Seen) -> Iterator[Finding]:
    match rule.demand:
        case MaxDeletes():
            yield from _deletes(rule, rule.demand, changes)
        case Reviewed():
            yield from check_reviews(rule, rule.demand, changes, seen.reviews)
        case ForbiddenCategories():
            yield from _categories(rule, rule.demand, changes, seen)
        case RequiredMetadata():
            yield from _metadata(rule, rule.demand, changes, seen)
        case AllowedHosts():
            yield from _hosts(rule, rule.demand, changes)
        case ProtectedLabels():
            yield from _labels(rule, rule.demand, changes)
        case _:
            assert_never(rule.demand)


def _deletes(
    rule: Rule, demand: MaxDeletes, changes: Iterable[Change]
) -> Iterator[Finding]:
    """Count what goes, samples that are made anew or go with their dataset too."""
    counts: Counter[Kind] = Counter()
    datasets: dict[Kind, set[str]] = {}
    for change in changes:
        if change.takes_away:
            counts[change.kind] += 1
            counts[Kind.SAMPLE] += change.covers
            for kind in {change.kind, *((Kind.SAMPLE,) if change.covers else ())}:
                datasets.setdefault(kind, set()).add(change.address.dataset)
    for kind, limit in demand.at_most.items():
        if counts[kind] > limit:
            names = datasets[kind]
            where = Address.of_dataset(*names) if len(names) == 1 else ""
            noun = kind if counts[kind] == 1 else f"{kind}s"
            found = f"{counts[kind]} {noun} would be deleted, at most {limit} may"
            yield rule.finding(where, found, "delete fewer at a time")


def _categories(
    rule: Rule, demand: ForbiddenCategories, changes: Iterable[Change], seen: Seen
) -> Iterator[Finding]:
    """Look at the categories that datasets get, and at those that labels use."""
    forbidden = frozenset(map(str, demand.categories))
    known: dict[str, dict[str, str]] = {}
    for change in changes:
        dataset, after = change.address.dataset, change.after
        if dataset not in known:
            remote = seen.remotes.get(dataset)
            known[dataset] = category_names(remote.dataset if remote else None)
        used: Iterable[str] = ()
        if isinstance(after, Dataset):
            before, now = category_names(change.before), category_names(after)
            known[dataset] = now or known[dataset]
            used = (key for key, name in now.items() if before.get(key) != name)
        elif isinstance(after, Label):
            used = _used(attributes_of(after))
        names = known[dataset]
        for key in sorted(set(used)):
            if key in forbidden or names.get(key) in forbidden:
                called = f" {names[key]!r}" if key in names else ""
                found = f"category {key}{called} is forbidden"
                yield rule.finding(change.address, found, "use another category")


def _used(value: Tree) -> Iterator[str]:
    """Yield the ids of categories that stand anywhere in a label, as text."""
    if isinstance(value, dict):
        key = value.get("category_id")
        if isinstance(key, int):
            yield str(key)
        for item in value.values():
            yield from _used(item)
    elif isinstance(value, list):
        for item in value:
            yield from _used(item)


def _metadata(
    rule: Rule, demand: RequiredMetadata, changes: Iterable[Change], seen: Seen
) -> Iterator[Finding]:
    """Look at the metadata that an object will have; what is not stated stays."""
    for change in changes:
        if change.is_delete or change.kind not in demand.kinds:
            continue
        there = _metadata_of(change, seen.remotes.get(change.address.dataset))
        for key in dict.fromkeys((*demand.keys, *demand.values)):
            value, allowed = there.get(key), demand.values.get(key)
            if value is None and key in demand.keys:
                choices = f", one of {_listed(allowed)}" if allowed else ""
                remedy = f"state metadata: {{{key}: ...}}{choices}"
                yield rule.finding(change.address, f"metadata has no {key!r}", remedy)
            elif value is not None and allowed and not _among(value, allowed):
                found = f"metadata {key!r} is {_text(value)}"
                remedy = f"{key} is one of {_listed(allowed)}"
                yield rule.finding(change.address, found, remedy)


def _metadata_of(change: Change, remote: RemoteDataset | None) -> Mapping[str, Json]:
    for resource in (change.after, current(change, remote)):
        if isinstance(resource, Sample | Dataset) and not isinstance(
            resource.metadata, msgspec.UnsetType
        ):
            return resource.metadata or {}
    return {}


def _among(value: Json, allowed: Iterable[Json]) -> bool:
    return any(same(value, item) for item in allowed)


def _text(value: Json) -> str:
    return msgspec.json.encode(value).decode()


def _listed(values: Iterable[Json]) -> str:
    return ", ".join(map(_text, values))


def _hosts(
    rule: Rule, demand: AllowedHosts, changes: Iterable[Change]
) -> Iterator[Finding]:
    """Look at the URLs that were not there before."""
    for change in changes:
        if not isinstance(change.after, Sample | Label):
            continue
        before = change.before
        there = (
            set(_urls(attributes_of(before)))
            if isinstance(before, Sample | Label)
            else set()
        )
        for url in dict.fromkeys(_urls(attributes_of(change.after))):
            host = host_of(url)
            if url not in there and not _is_allowed(host, demand.hosts):
                found = f"a URL leads to {host or 'no host'}"
                remedy = f"use a host of {', '.join(demand.hosts) or 'dsac'}, or a file"
                yield rule.finding(change.address, found, remedy)


def _urls(value: Tree) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "url" and isinstance(item, str):
                yield item
            else:
                yield from _urls(item)
    elif isinstance(value, list):
        for item in value:
            yield from _urls(item)


_HOST = re.compile(r"[\w.:-]+")


def host_of(url: str) -> str:
    r"""Give the host of a URL in lower case, empty where nobody can tell.

    Programs take a backslash for a slash or not, and some decode what is
    percent-encoded, so that it hides where a URL leads.

    >>> host_of("https://user@Images.example.org:8080/a.jpg")
    'images.example.org'
    """
    if "\\" in url:
        return ""
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:
        return ""
    return host if _HOST.fullmatch(host) else ""


def _is_allowed(host: str, allowed: Iterable[str]) -> bool:
    return bool(host) and any(fnmatchcase(host, item.lower()) for item in allowed)


def _labels(
    rule: Rule, demand: ProtectedLabels, changes: Iterable[Change]
) -> Iterator[Finding]:
    """Look at the labels of people that are allowed to be lost.

    Of one that can't be read nobody knows that it is not protected.
    """
    lost = {loss.address: loss for change in changes for loss in change.losses}
    for loss in lost.values():
        if loss.status == UNKNOWN or (
            (not demand.by or loss.author in demand.by)
            and (not demand.statuses or loss.status in demand.statuses)
        ):
            by = f" by {loss.author}" if loss.author else ""
            found = f"{loss.status}{by}, and would be lost"
            yield rule.finding(loss.address, found, "keep it: leave out what costs it")
