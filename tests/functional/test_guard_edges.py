"""The guards at their edges, through the command line: one more is one too many."""

import pytest

ALLOW = "--allow-delete"
CATEGORIES = "[{id: 1, name: rose}, {id: 2, name: tulip}, {id: 3, name: iris}]"


def names(count: int) -> list[str]:
    return [f"s{number:05}" for number in range(count)]


def manifest(
    samples: list[str], *, more: str = "", categories: str = CATEGORIES
) -> str:
    """Write a dataset of samples by URL."""
    rows = "".join(
        f"  - {{name: {name}, image: 'https://x.test/{name}.jpg'}}\n"
        for name in samples
    )
    head = f"dataset: jane/flowers\ntask_type: bboxes\ncategories: {categories}\n{more}"
    return f"{head}samples:\n{rows}" if samples else f"{head}samples: []\n"


def start(project, count: int, *, more: str = "") -> list[str]:
    """Apply a dataset of so many samples, and give their names."""
    every = names(count)
    project.write(manifest(every, more=more))
    project.apply()
    return every


def check(project, *flags: str) -> str:
    """Plan; where it is blocked, insist that an apply writes nothing either."""
    ran = project.dsac("plan", *flags)
    if ran.code == 0:
        assert "Blocked" not in ran.out
        return ""
    assert ran.code == 1, ran.err
    assert "Blocked: this plan will not be applied." in ran.out, ran.err
    applied = project.dsac("apply", "--auto-approve", "-v", *flags)
    assert applied.code == 1
    assert "(0 writes)" in applied.err
    return str(ran.out)


@pytest.mark.parametrize(
    ("deleted", "owned", "limit"),
    [
        (5, 10, ""),
        (5, 9, "more than 10 %"),
        (6, 59, "more than 10 %"),
        (6, 60, ""),
        (7, 60, "more than 10 %"),
        (10, 100, ""),
        (11, 100, "more than 10 %"),
        (2, 4, ""),
        (3, 4, "more than 10 %"),
        (1, 2, ""),
        (1, 1, "all that dsac manages there"),
        (3, 3, "all that dsac manages there"),
    ],
)
def test_how_many_may_go_without_a_word(deleted, owned, limit, project) -> None:
    every = start(project, owned)
    project.write(manifest(every[deleted:]))
    found = check(project)
    assert bool(found) is bool(limit)
    if limit:
        noun = "sample" if deleted == 1 else "samples"
        counted = f"{deleted} {noun} would be deleted, dsac manages {owned}: {limit}"
        assert counted in found
        assert f"{ALLOW} {deleted} if that is meant" in found
        assert check(project, ALLOW, str(deleted - 1))
        assert check(project, ALLOW, str(deleted + 1))
    project.apply(*([ALLOW, str(deleted)] if limit else []))
    project.assert_settled()


def test_a_thousand_may_go_and_one_more_not(project) -> None:
    (project.root / "dsac.yaml").write_text(
        "project: flowers\npolicy: {max_delete: {percent: 90}}\n"
    )
    every = start(project, 1500)
    project.write(manifest(every[1001:]))
    found = check(project)
    assert "1001 samples would be deleted, dsac manages 1500: more than the" in found
    assert "limit of 1000 samples" in found
    project.write(manifest(every[1000:]))
    assert check(project) == ""
    assert check(project, ALLOW, "999")
    assert check(project, ALLOW, "1001")
    assert project.plan()["summary"]["destroy"] == 1000


@pytest.mark.parametrize(
    ("limits", "deleted", "blocked"),
    [
        ("{percent: 5}", 6, True),
        ("{percent: 5}", 5, False),
        ("{count: 4}", 5, True),
        ("{count: 5}", 5, False),
        ("{percent: 50}", 11, True),
        ("{percent: 0}", 1, False),
        ("{count: 0}", 1, True),
    ],
)
def test_the_stricter_of_dataset_and_project_counts(
    limits, deleted, blocked, project
) -> None:
    every = start(project, 100)
    lifecycle = f"lifecycle: {{max_delete: {limits}}}\n"
    project.write(manifest(every[deleted:], more=lifecycle))
    assert bool(check(project)) is blocked


def test_a_project_can_be_stricter_than_its_datasets(project) -> None:
    every = start(project, 100)
    (project.root / "dsac.yaml").write_text(
        "project: flowers\npolicy: {max_delete: {count: 2}}\n"
    )
    project.write(
        manifest(every[3:], more="lifecycle: {max_delete: {count: 9, percent: 90}}\n")
    )
    assert "more than the limit of 2 samples" in check(project)
    project.write(manifest(every[2:]))
    assert check(project) == ""


def test_an_empty_list_wants_none_and_is_blocked(project) -> None:
    start(project, 4)
    project.write(manifest([]))
    assert "all that dsac manages there" in check(project)
    assert check(project, ALLOW, "3")
    assert check(project, ALLOW, "5")
    project.apply(ALLOW, "4")
    project.assert_settled()


def test_a_manifest_without_samples_manages_none(project) -> None:
    start(project, 4)
    project.write("dataset: jane/flowers\n")
    assert check(project) == ""
    assert project.actions() == {}


def test_a_source_that_matched_nothing_is_an_error_and_deletes_nothing(
    project,
) -> None:
    head = "dataset: jane/flowers\nsamples:\n  - {glob: '../images/*.png'}\n"
    project.write(head)
    project.apply()
    for image in (project.root / "images").iterdir():
        image.unlink()
    for command in (("plan",), ("apply", "--auto-approve")):
        ran = project.dsac(*command, ALLOW, "3")
        assert ran.code == 1
        assert ran.out == ""
        assert "matches no file" in ran.err
    project.write(head.replace("png'}", "png', allow_empty: true}"))
    assert "all that dsac manages there" in check(project)


def test_a_flag_that_nothing_asked_for_blocks(project) -> None:
    start(project, 3)
    for flag in (ALLOW, "--allow-label-loss", "--allow-category-change"):
        assert check(project, flag, "0") == ""
        found = check(project, flag, "1")
        assert f"{flag} 1 is not the count of this plan: 0 " in found
        assert "drop the flag" in found


def test_categories_take_an_exact_word(project) -> None:
    every = start(project, 2)
    flag = "--allow-category-change"
    fewer = manifest(every, categories="[{id: 1, name: rosa}, {id: 3, name: iris}]")
    project.write(fewer)
    assert check(project) == ""
    project.edit_label(every[0], {"label_status": "PRELABELED"})
    assert "1 'rose' becomes 'rosa'; 2 'tulip' removed" in check(project)
    for count in ("0", "1", "3"):
        assert check(project, flag, count)
    project.apply(flag, "2")
    project.assert_settled()


def test_labels_take_an_exact_word_and_hold_without_one(project) -> None:
    every = start(project, 20)
    for name in every[:2]:
        project.edit_label(name, {"label_status": "REVIEWED"})
    project.write(manifest(every[3:]))
    flag = "--allow-label-loss"
    assert check(project) == ""
    assert project.plan()["summary"]["held"] == 2
    for count in ("0", "1", "3"):
        found = check(project, flag, count)
        assert f"{flag} {count} is not the count of this plan: 2 labels" in found
    assert check(project, flag, "2", ALLOW, "2")
    assert check(project, flag, "2", ALLOW, "4")
    ran = project.dsac("plan", "--fail-on-held")
    assert ran.code == 1
    project.apply(flag, "2", ALLOW, "3")
    project.assert_settled()


@pytest.mark.parametrize(
    ("glob", "count", "limit"),
    [
        ("*:s0000[0-4]", 5, ""),
        ("*:s0000[0-5]", 6, ""),
        ("*:s0000[0-6]", 7, "more than 10 %"),
        ("jane/flowers:*", 30, "more than 10 %"),
    ],
)
def test_a_target_is_measured_against_the_whole_dataset(
    glob, count, limit, project
) -> None:
    every = start(project, 60)
    project.write(manifest(every[30:]))
    found = check(project, "--target", glob)
    assert bool(found) is bool(limit)
    if limit:
        assert f"{count} samples would be deleted, dsac manages 60: {limit}" in found
    for off in (-1, 1):
        assert check(project, "--target", glob, ALLOW, str(count + off))
    project.apply("--target", glob, ALLOW, str(count))
    assert project.plan()["summary"]["destroy"] == 30 - count


def test_all_of_a_small_dataset_never_pass_with_a_target_either(project) -> None:
    start(project, 2)
    project.write(manifest([]))
    assert check(project, "--target", "*:s00000") == ""
    assert "all that dsac manages there" in check(project, "--target", "*:s0000?")
    assert check(project, "--exclude", "*:s00001") == ""


def test_held_changes_that_a_target_leaves_out_need_no_word(project) -> None:
    every = start(project, 20)
    project.edit_label(every[0], {"label_status": "REVIEWED"})
    project.write(manifest(every[2:]))
    target = ("--target", f"*:{every[1]}")
    assert project.plan(*target)["summary"]["held"] == 0
    assert check(project, *target, "--allow-label-loss", "1")
    project.apply(*target)
    assert project.plan()["summary"]["held"] == 1


def test_one_sum_covers_all_datasets_of_a_plan(project) -> None:
    other = "---\ndataset: jane/trees\nsamples:\n"
    rows = [f"  - {{name: {name}, image: 'https://x.test/1'}}\n" for name in names(3)]
    every = names(60)
    project.write(manifest(every) + other + "".join(rows))
    project.apply()
    project.write(manifest(every[7:]) + other + rows[0])
    found = check(project)
    assert f"{ALLOW} 9 if that is meant" in found
    assert check(project, ALLOW, "7")
    assert check(project, ALLOW, "2")
    project.apply(ALLOW, "9")
    project.assert_settled()
