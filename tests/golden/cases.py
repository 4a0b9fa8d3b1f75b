"""The cases of golden output: plans, drifts and reports, for every format."""

from collections.abc import Callable

from msgspec import structs

from dsac.core.change import Action, Change, Origin
from dsac.core.diff import diff
from dsac.core.drift import Drift, Drifted, Drifting
from dsac.core.guard import guard
from dsac.core.instances import Id
from dsac.core.label_changes import label_difference
from dsac.core.labels import Machines
from dsac.core.losses import Evidence
from dsac.core.ownership import Scope
from dsac.core.pictures import Drawing, IdMap, Pictures, Sides, Thumbnail
from dsac.core.plan import (
    Allowances,
    Block,
    Finding,
    Plan,
    Policy,
    Revision,
    Severity,
)
from dsac.core.report import Outcome, Report, Result
from dsac.core.resources import (
    Address,
    Collaborator,
    DesiredSample,
    Kind,
    Label,
    Labelset,
    Release,
)
from dsac.core.selection import Selection, select
from dsac.core.values import Tree
from tests.factories import (
    JANE,
    PROJECT,
    REMOTE,
    ROSE,
    make_change,
    make_dataset,
    make_desired,
    make_label,
    make_loss,
    make_plan,
    make_remote,
    make_remote_sample,
    make_report,
    make_sample,
    make_upload,
)

SCOPE = Scope(project=PROJECT, machines=Machines(frozenset({"jane"})))


def empty() -> Plan:
    plan = make_plan(unchanged={Kind.DATASET: 1, Kind.SAMPLE: 3, Kind.LABEL: 3})
    return structs.replace(plan, kept=57, unmanaged=4, unknown=2)


def create() -> Plan:
    row = DesiredSample(
        sample=make_sample(url=make_upload(), metadata={"city": "London", "n": 1}),
        labels={"ground-truth": make_label(url=make_upload("violet.png"), score=0.9)},
    )
    desired = structs.replace(
        make_desired(
            row,
            dataset=make_dataset(task_attributes={"categories": [ROSE]}, metadata={}),
            labelsets={"predictions": "manifest"},
        ),
        collaborators=(Collaborator(user="bob", role="reviewer"),),
        releases=(Release(name="v1", description="First."),),
    )
    return make_plan(*diff(desired, None, scope=SCOPE).changes)


def change() -> Plan:
    """Change one resource of each kind that can change, and delete one of each."""
    tulip: Tree = {"id": 2, "name": "tulip"}
    return make_plan(
        Change(
            address=Address.of_dataset(JANE),
            before=make_dataset(
                task_attributes={"categories": [ROSE]},
                settings={"description": "v1", "category": "garden"},
                metadata={"team": "botany", "old": None},
            ),
            after=make_dataset(
                task_attributes={"categories": [ROSE, tulip]},
                settings={"description": "v2", "category": "garden"},
                metadata={"team": "botany"},
            ),
        ),
        Change(
            address=Address(Kind.LABELSET, JANE, "", "predictions"),
            before=Labelset(name="predictions"),
            reason="listed in removed",
        ),
        Change(
            address=Address(Kind.COLLABORATOR, JANE, "", "bob"),
            before=Collaborator(user="bob", role="annotator"),
            after=Collaborator(user="bob", role="reviewer"),
        ),
        make_change(Action.DELETE, name="gone.jpg", reason="not in the manifest"),
        Change(
            address=Address.of_sample(JANE, "violet.jpg"),
            before=make_sample(url="https://a.example/1.jpg", metadata={"n": True}),
            after=make_sample(url=make_upload(), metadata={"n": 1, "site": {"a": []}}),
            uuid="uuid-violet.jpg",
        ),
        Change(
            address=Address.label(JANE, "violet.jpg", "ground-truth"),
            before=make_label(annotations=1, score=None),
            after=make_label(annotations=3, score=0.5),
        ),
        Change(
            address=Address(Kind.RELEASE, JANE, "", "v0"),
            before=Release(name="v0"),
            reason="listed in removed",
        ),
    )


def destroy() -> Plan:
    change = Change(
        address=Address.of_dataset(JANE),
        before=make_dataset(),
        owned=True,
        covers=1204,
        reason="asked for by name",
    )
    return make_plan(change)


def held() -> Plan:
    """Hold a delete that costs one label, an update that costs two."""
    update = make_change(
        name="violet.jpg",
        held="2 labels that people worked on would be lost",
        losses=(make_loss(status="LABELED"), make_loss("violet.jpg", author="")),
    )
    other = structs.replace(
        update.losses[1], address=Address.label(JANE, "violet.jpg", "second")
    )
    plan = make_plan(
        make_change(
            Action.DELETE,
            name="old.jpg",
            reason="not in the manifest",
            held="1 label that a person worked on would be lost",
            losses=(make_loss("old.jpg"),),
        ),
        structs.replace(update, losses=(update.losses[0], other)),
        unchanged={Kind.SAMPLE: 9},
    )
    return structs.replace(
        plan, asks=Allowances(delete=1, label_loss=3, category_change=0)
    )


def guarded() -> Plan:
    """Let the guards judge a manifest that lost a sample on which bob has worked."""
    old = make_remote_sample(
        make_sample("old.jpg"), labels={"ground-truth": make_label("LABELED")}
    )
    remote = make_remote(old, make_remote_sample())
    desired = make_desired(DesiredSample(sample=make_sample(priority=5)))
    judged = guard(
        [
            (
                diff(desired, remote, scope=SCOPE),
                Evidence(desired=desired, remote=remote, labels={old.uuid: old.labels}),
            )
        ],
        machines=SCOPE.machines,
        policy=Policy(),
        allow=Allowances(delete=9),
    )
    plan = make_plan(*judged.changes, blocks=judged.blocks)
    return structs.replace(plan, asks=judged.costs if judged.waits else None)


def allowed() -> Plan:
    delete = make_change(Action.DELETE, name="old.jpg", losses=(make_loss("old.jpg"),))
    plan = make_plan(delete, allow=Allowances(label_loss=1))
    note = "approvals.yaml:1:7: approves this plan: label_loss 1"
    return structs.replace(plan, notes=(note,))


def blocked() -> Plan:
    deletes = (make_change(Action.DELETE, name=f"{number}.jpg") for number in range(6))
    plan = make_plan(
        *deletes,
        blocks=(
            Block(JANE, "6 of 8 samples would be deleted", "--allow-delete 6"),
            Block("", "this can't be lifted"),
        ),
        warnings=(f"{JANE}#v1: a release can't change",),
    )
    return structs.replace(
        plan,
        asks=Allowances(delete=6, label_loss=0, category_change=0, recreate=True),
        findings=(
            Finding(
                code="DS101",
                rule="max-deletes",
                severity=Severity.ERROR,
                address=JANE,
                found="6 samples would be deleted, at most 2 may",
                remedy="delete fewer at a time",
            ),
        ),
    )


def rename_and_adopt() -> Plan:
    renamed = make_change(Action.RENAME, name="new.jpg")
    return make_plan(
        make_change(Action.ADOPT, name="adopted.jpg"),
        renamed,
        structs.replace(
            make_change(name="other.jpg"), adopt=True, previous="an:other.jpg"
        ),
        unchanged={Kind.SAMPLE: 18311},
    )


def replaced() -> Plan:
    """Replace a sample with its label; hold another replacement; leave some out."""
    name = "violet.jpg"
    change = Change(
        address=Address.of_sample(JANE, name),
        before=make_sample(name, url="https://a.example/1.jpg", priority=3),
        after=make_sample(name, url=make_upload()),
        uuid=f"uuid-{name}",
        replaces=f"uuid-{name}",
        owned=True,
        reason="requested by --replace",
    )
    label = Change(
        address=Address.label(JANE, name, "predictions"),
        after=make_label(url=make_upload("violet.png")),
        replaces=f"uuid-{name}",
        reason="its sample is replaced, requested by --replace",
    )
    held = structs.replace(
        change,
        address=Address.of_sample(JANE, "old.jpg"),
        held="1 label that a person worked on would be lost",
        losses=(make_loss("old.jpg"),),
    )
    plan = make_plan(held, change, label, unchanged={Kind.SAMPLE: 9})
    return structs.replace(plan, selection=Selection(replace=(f"{JANE}:*.jpg",)))


def targeted() -> Plan:
    """Select one label of a manifest, so that a parent is created and others wait."""
    rows = [
        DesiredSample(sample=make_sample(name), labels={"predictions": make_label()})
        for name in ("a.jpg", "b.jpg")
    ]
    selection = Selection(target=("*:a.jpg@*",), exclude=(f"{JANE}#*",))
    desired = make_desired(*rows, labelsets={"predictions": "manifest"})
    part = select(
        diff(desired, None, scope=SCOPE),
        selection,
        Evidence(desired=desired, remote=make_remote()),
    )
    return structs.replace(
        make_plan(*part.changes),
        selection=selection,
        left_out=part.left_out,
        unread=1,
    )


def grouped() -> Plan:
    """Create a thousand samples, delete thirty that are held, change a few."""
    loss = "1 label that a person worked on would be lost"
    creates = (
        make_change(Action.CREATE, name=f"new-{number:04}.jpg")
        for number in range(1000)
    )
    deletes = (
        make_change(
            Action.DELETE,
            name=f"old-{number:02}.jpg",
            reason="not in the manifest",
            held=loss,
            losses=(make_loss(f"old-{number:02}.jpg"),),
        )
        for number in range(30)
    )
    updates = (make_change(name=f"same-{number}.jpg") for number in range(2))
    label = Change(
        address=Address.label(JANE, "same-1.jpg", "ground-truth"),
        before=make_label(annotations=50),
        after=make_label(annotations=200),
    )
    warnings = tuple(f"warning {number}" for number in range(30))
    return make_plan(*creates, *deletes, *updates, label, warnings=warnings)


def hostile() -> Plan:
    """Name a sample so that it would move a terminal's cursor and turn its text."""
    name = "\x1b[2J\u202egpj.\r\nfine: nothing to do\u2066%"
    sample = make_sample(
        name,
        url=make_upload("a\x9b31m.jpg"),
        metadata={name: name, "long": "x" * 1000, "empty": {}, "null": None},
    )
    return make_plan(
        Change(address=Address.of_sample(JANE, name), after=sample, reason=name),
        blocks=(Block(name, name, name),),
        warnings=(name,),
    )


def since() -> Plan:
    """Split by another revision, named so that it would move a terminal's cursor."""
    since = Revision("main\x1b[2J", "1a2b3c4" * 5)
    changes = (
        make_change(Action.CREATE, name="new.jpg"),
        structs.replace(make_change(name="violet.jpg"), also=("metadata.city",)),
    )
    drifts = (make_change(name="drifted.jpg"), make_change(Action.DELETE, name="x.jpg"))
    plan = make_plan(
        *(structs.replace(item, origin=Origin.DRIFT) for item in drifts),
        *(structs.replace(item, origin=Origin.CHANGE) for item in changes),
        unchanged={Kind.SAMPLE: 9},
    )
    ordered = sorted(plan.changes, key=lambda item: item.address.order)
    return structs.replace(plan, changes=tuple(ordered), base=since)


def markup() -> Plan:
    """Name things so that they would be markup: HTML, tables, fences, mentions."""
    name = (
        "<script>alert(1)</script>|`` ```\\\"' @everyone #1 [x](http://a.example) **b**"
    )
    change = Change(
        address=Address.of_sample(JANE, name),
        before=make_sample(name, metadata={"<b>": "</details>"}),
        reason=f"{name} www.a.example",
        losses=(make_loss(name, author="@bob|"),),
    )
    return structs.replace(
        make_plan(
            change,
            structs.replace(change, held=name, address=Address.of_sample(JANE, "b")),
            blocks=(Block(name, f"because of {name}", name),),
            warnings=(name,),
        ),
        project=name,
    )


def ten_thousand() -> Plan:
    """Create ten thousand samples."""
    return make_plan(
        *(
            Change(
                address=Address.of_sample(JANE, f"kamera-ü/{number:05}.jpg"),
                after=make_sample(
                    f"kamera-ü/{number:05}.jpg",
                    url=make_upload(f"images/{number:05}.jpg"),
                    metadata={"city": "Zürich", "number": number},
                ),
                owned=True,
            )
            for number in range(10_000)
        )
    )


def box(key: int, category: int, x: float, y: float, side: float) -> Tree:
    corners: list[Tree] = [[x, y], [x + side, y + side]]
    return {"id": key, "category_id": category, "type": "bbox", "points": corners}


def labels() -> Plan:
    """Change labels: boxes one by one, a bitmap that is read, one that can't be."""
    before = [box(7, 1, 0, 0, 10), box(8, 1, 50, 50, 10), box(9, 1, 20, 20, 10)]
    after = [box(7, 2, 0, 0, 10), box(9, 1, 20, 20, 11), box(11, 3, 80, 80, 5)]
    bitmap = Change(
        address=Address.label(JANE, "b.jpg", "predictions"),
        before=make_label(annotations=4),
        after=make_label(annotations=5, url=make_upload("b.png", form="bitmap")),
        uuid="uuid-b.jpg",
    )
    return make_plan(
        Change(
            address=Address.label(JANE, "a.jpg", "predictions"),
            before=Label(attributes={"annotations": before}),
            after=Label(attributes={"annotations": after}),
            uuid="uuid-a.jpg",
        ),
        bitmap,
        structs.replace(bitmap, address=Address.label(JANE, "c.jpg", "predictions")),
    )


def pictures(plan: Plan) -> Pictures:
    """Look at the labels of a plan, the pixels of the second one given."""
    pixels = {(0, 0): 9000, (1, 1): 100, (2, 2): 90, (0, 2): 30, (3, 3): 80, (4, 0): 9}
    names: dict[Id, str] = {1: "cat", 2: "dog", 3: "<b>bird</b>"}
    problem = "the platform's bitmap can't be read"
    found = [item for item in plan.changes if item.kind is Kind.LABEL]
    return Pictures(
        differences={
            item.address: label_difference(
                item,
                names,
                pixels={"": {**pixels, (0, 5): 7}}
                if "b.jpg" in str(item.address)
                else {},
                problem=problem if "c.jpg" in str(item.address) else "",
            )
            for item in found
        }
    )


def drawn(found: Pictures) -> Pictures:
    """Add pictures of the samples: one that is the same, two, and one that is lost."""
    photo = Thumbnail(data=b"jpeg", media_type="image/jpeg", width=100, height=90)
    other = structs.replace(photo, data=b"other")
    lost = Thumbnail(problem="<b>it</b> can't be read")
    name = "predictions"
    here = IdMap(width=2, height=1, full=(20, 10), ids=(0, 4), runs=bytes([0, 1, 1, 1]))
    there = structs.replace(here, ids=(4, 5))
    mask = structs.replace(here, ids=(0, 1))
    return structs.replace(
        found,
        thumbnails={
            Address.of_sample(JANE, "a.jpg"): {"": Sides(after=photo)},
            Address.of_sample(JANE, "b.jpg"): {"": Sides(before=photo, after=other)},
            Address.of_sample(JANE, "c.jpg"): {"": Sides(after=lost)},
        },
        drawings={
            Address.label(JANE, "b.jpg", name): {
                "": Drawing(before=here, after=there, changed=mask)
            },
            Address.label(JANE, "c.jpg", name): {
                "": Drawing(after=there, problem="it can't be read")
            },
        },
        names={JANE: {1: "cat", 2: "dog"}},
        undepicted=3,
        left_out=1,
    )


PLANS: dict[str, Callable[[], Plan]] = {
    "empty": empty,
    "create": create,
    "change": change,
    "destroy": destroy,
    "held": held,
    "guarded": guarded,
    "allowed": allowed,
    "blocked": blocked,
    "rename-and-adopt": rename_and_adopt,
    "replaced": replaced,
    "targeted": targeted,
    "grouped": grouped,
    "hostile": hostile,
    "since": since,
    "markup": markup,
    "ten-thousand": ten_thousand,
    "labels": labels,
}


def make_drift(*objects: Drifted) -> Drift:
    return Drift(
        project=PROJECT, remote=REMOTE, user="jane", objects=objects, unchanged=9
    )


def no_drift() -> Drift:
    return structs.replace(make_drift(), kept=57, unmanaged=4, unknown=2)


def drift() -> Drift:
    """Let somebody change, delete, add and rename, on the platform itself."""
    violet = make_sample(url=make_upload(), priority=1)
    drift = make_drift(
        Drifted(
            address=Address.of_dataset(JANE),
            before=make_dataset(settings={"description": "v1"}),
            after=make_dataset(settings={"description": "v2"}),
            how=(Drifting.CHANGED,),
        ),
        Drifted(
            address=Address.of_sample(JANE, "gone.jpg"),
            before=make_sample("gone.jpg"),
            how=(Drifting.MISSING,),
        ),
        Drifted(
            address=Address.of_sample(JANE, "new.jpg"),
            before=make_sample("new.jpg", priority=1),
            after=make_sample("old:name.jpg", priority=2),
            how=(Drifting.RENAMED, Drifting.CHANGED),
            created_by="bob",
        ),
        Drifted(
            address=Address.of_sample(JANE, "stray.jpg"),
            after=make_sample("stray.jpg", metadata={"city": "London"}),
            how=(Drifting.APPEARED,),
            reason="not in the manifest",
            created_by="bob\x1b[2J",
            created_at="2026-01-02T03:04:05Z",
        ),
        Drifted(
            address=Address.of_sample(JANE, "violet.jpg"),
            before=violet,
            after=make_sample(url="https://a.example/1.jpg", priority=9),
            how=(Drifting.CHANGED,),
        ),
        Drifted(
            address=Address.label(JANE, "violet.jpg", "ground-truth"),
            before=make_label(annotations=2),
            after=make_label(annotations=1),
            how=(Drifting.CHANGED,),
            created_by="jane",
            updated_by="ci-bot",
            updated_at="2026-01-02T03:04:05Z",
        ),
        Drifted(
            address=Address.label(JANE, "violet.jpg", "predictions"),
            after=make_label(),
            how=(Drifting.APPEARED,),
            updated_by="ci-bot",
        ),
    )
    return structs.replace(drift, kept=2, warnings=(f"{JANE}#v1: can't change",))


def grouped_drift() -> Drift:
    """Change two dozen fields of one sample; lose and gain samples in masses."""
    metadata: dict[str, Tree] = {f"key{number:02}": number for number in range(24)}
    missing = (
        Drifted(
            address=Address.of_sample(JANE, f"gone-{number:02}.jpg"),
            before=make_sample(f"gone-{number:02}.jpg"),
            how=(Drifting.MISSING,),
        )
        for number in range(21)
    )
    strays = (
        Drifted(
            address=Address.of_sample(JANE, f"stray-{number:02}.jpg"),
            after=make_sample(f"stray-{number:02}.jpg"),
            how=(Drifting.APPEARED,),
            reason="not in the manifest",
        )
        for number in range(21)
    )
    renamed = (
        Drifted(
            address=Address.of_sample(JANE, f"to-{number:02}.jpg"),
            before=make_sample(f"to-{number:02}.jpg"),
            after=make_sample(f"from-{number:02}.jpg"),
            how=(Drifting.RENAMED,),
            reason="moved" if number else "same content",
        )
        for number in range(21)
    )
    changed = Drifted(
        address=Address.of_sample(JANE, "violet.jpg"),
        before=make_sample(metadata={}),
        after=make_sample(metadata=metadata),
        how=(Drifting.CHANGED,),
    )
    return make_drift(*missing, *strays, *renamed, changed)


DRIFTS: dict[str, Callable[[], Drift]] = {
    "no-drift": no_drift,
    "drift": drift,
    "drift-grouped": grouped_drift,
}


def done() -> Report:
    actions = (Action.CREATE, Action.CREATE, Action.UPDATE, Action.DELETE)
    changes = [
        make_change(action, name=f"{number}.jpg")
        for number, action in enumerate((*actions, Action.RENAME, Action.ADOPT))
    ]
    held = make_change(Action.DELETE, name="held.jpg", held="a label would be lost")
    return make_report(
        *(Result(change, Outcome.DONE) for change in changes),
        Result(held, Outcome.HELD, held.held),
    )


def failed() -> Report:
    outcomes = [
        (Outcome.DONE, ""),
        (Outcome.FAILED, "400: \x1b[31m is no name"),
        (Outcome.SKIPPED, "its dataset failed"),
        (Outcome.UNKNOWN, ""),
    ]
    results = (
        Result(make_change(Action.CREATE, name=f"{number}.jpg"), outcome, message)
        for number, (outcome, message) in enumerate(outcomes)
    )
    report = make_report(*results)
    return structs.replace(report, warnings=("the listing was not complete",))


def many_failed() -> Report:
    changes = [make_change(name=f"{number:02}.jpg") for number in range(30)]
    return make_report(
        *(Result(change, Outcome.FAILED, "500: sorry") for change in changes)
    )


def interrupted() -> Report:
    return make_report(interrupted=True)


def stopped() -> Report:
    change = make_change(Action.CREATE)
    why = "can't write the journal .dsac/runs/1.jsonl: No space left on device"
    return make_report(
        Result(change, Outcome.SKIPPED, why), stopped=why, run="20261125T221005.123456Z"
    )


def rehearsed() -> Report:
    return make_report(Result(make_change(Action.CREATE), Outcome.DONE), rehearsed=True)


def rehearsed_badly() -> Report:
    change = make_change(Action.CREATE)
    return make_report(
        Result(change, Outcome.FAILED, "PUT: 400 bad points"), rehearsed=True
    )


def nothing() -> Report:
    held = make_change(Action.DELETE, held="a label would be lost")
    return make_report(Result(held, Outcome.HELD, held.held))


ENDINGS: dict[str, Callable[[], Report]] = {
    "report-done": done,
    "report-failed": failed,
    "report-many-failed": many_failed,
    "report-interrupted": interrupted,
    "report-stopped": stopped,
    "report-rehearsed": rehearsed,
    "report-rehearsed-badly": rehearsed_badly,
    "report-nothing": nothing,
}
