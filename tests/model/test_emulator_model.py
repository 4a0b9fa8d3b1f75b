"""Random calls over HTTP: the emulator and the model answer and keep the same.

The ordinary run makes 2,000 steps and more, the same ones each time; `make soak` many
times that, and others each time. How many steps a search makes is a matter of luck, so
new searches are made until there are enough.
"""

import os
import random
import tempfile
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from werkzeug.serving import BaseWSGIServer, make_server

from dsac.emulator import Account, create_app
from tests.model.reference import (
    GROUND_TRUTH,
    LABEL,
    MANAGE,
    OWNER,
    USERS,
    VERDICTS,
    Dataset,
    Label,
    Listing,
    Reference,
    Refused,
    Sample,
)

pytestmark = pytest.mark.search

SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
WANTED = 30_000 if SOAK else 2000
SEED = random.randrange(10**9) if SOAK else 20
STEPS = 60
EXAMPLES = 8
"""Runs of the machine in one search."""
SEARCHES = WANTED // STEPS
"""So many must be enough: each could make eight times its share of the steps."""

KINDS = {"user", "users", "organizations", "datasets", "samples", "labels"}
taken: list[str] = []
"""The calls that were made, of all runs of the machine."""
steps: list[int] = []
"""So many calls had been made after each step."""

NAMES = st.sampled_from(["a", "b", "c", "d 1", "é/ü"])
DATASETS = st.sampled_from(["one", "one", "one", "copy", "two"])
OWNERS = st.sampled_from(["jane", "jane", "jane", "bob", "acme"])
WHO = st.sampled_from([*["jane"] * 8, "bob", "bob", "eve", "wrong"])
LABELSETS = st.sampled_from([GROUND_TRUTH, GROUND_TRUTH, "model", "none"])
STATUSES = st.sampled_from(["PRELABELED", "LABELED", "REVIEWED", "REJECTED", "SKIPPED"])
ATTRIBUTES = st.sampled_from(
    [{"image": {"url": "https://x/1.png"}}, {"image": {"url": "https://x/2.png"}}]
)
CONTENT = st.sampled_from([{}, {"annotations": [{"id": 1, "category_id": 1}]}])
METADATA = st.dictionaries(
    st.sampled_from(["x", "y"]), st.sampled_from([1, True, "v", [1], None]), max_size=2
)
PRIORITY = st.sampled_from([0, 1, -1, 2.5])
SCORE = st.sampled_from([None, 0.5, 1])
LISTINGS = st.builds(
    Listing,
    sort=st.sampled_from(
        [
            *("name", "-name", "created_at", "-created_at", "priority", "-priority"),
            *("gt_label__updated_at", "-gt_label__updated_at", "nonsense"),
        ]
    ),
    labelset=st.sampled_from(["", GROUND_TRUTH, "model", "none"]),
    full=st.booleans(),
    contains=st.sampled_from(["", "", "a", "é"]),
    pair=st.sampled_from(["", "", "x:1", "x:true", "y:v", "nocolon"]),
    statuses=st.sampled_from([(), (), ("LABELED",), ("UNLABELED", "REVIEWED")]),
    size=st.sampled_from([1, 2, 1000]),
    page=st.sampled_from([1, 1, 2, 3]),
)


class Emulator(RuleBasedStateMachine):
    """The emulator on a port, beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.session = requests.Session()
        self.session.trust_env = False
        self.model = Reference()
        self.uuids: dict[int, str] = {}
        self.looks = 0
        self.server: BaseWSGIServer | None = None
        self.start()

    def start(self) -> None:
        """Put the emulator on a port, over the data that is there."""
        app = create_app(
            Path(self.folder.name),
            accounts=[Account(name, f"{name}-key") for name in USERS],
            organizations=list(OWNER),
        )
        self.server = make_server("127.0.0.1", 0, app, threaded=True)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()

    def stop(self) -> None:
        """Take the emulator down."""
        assert self.server is not None
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def teardown(self) -> None:
        self.session.close()
        self.stop()
        self.folder.cleanup()

    def send(
        self, who: str, method: str, path: str, body: object = None, **params: object
    ) -> tuple[int, Any]:
        """Send a request as a user."""
        assert self.server is not None
        taken.append(f"{method} {path.split('/')[1]}")
        answer = self.session.request(
            method,
            f"http://127.0.0.1:{self.server.server_port}{path}",
            params={key: str(value) for key, value in params.items() if value},
            json=body,
            headers={"Authorization": f"APIKey {who}-key"},
            timeout=300,
        )
        return answer.status_code, answer.json() if answer.content else None

    def compare(self, found: tuple[int, Any], status: int, expected: Any) -> Any:
        """Insist that an answer is the one that the model gives."""
        assert found[0] == status, (found, expected)
        require_within(expected, found[1])
        return found[1]

    def both(self, found: tuple[int, Any], status: int, expected: Any) -> Any:
        """Compare an answer with what a call of the model gives, or refuses."""
        try:
            value = expected()
        except Refused as refusal:
            refused = refusal
        else:
            return self.compare(found, status, value)
        assert found[0] == refused.status, (found, refused)
        assert refused.words in str(found[1]).lower(), (found, refused)
        return None

    def known(self, who: str) -> None:
        """Refuse who has no key."""
        if who == "wrong":
            raise Refused(401, "invalid api key")

    def find(self, who: str, owner: str, name: str, level: int = 0) -> Dataset:
        """Find a dataset of the model as a user."""
        self.known(who)
        return self.model.find(who, owner, name, level)

    def sample_of(self, who: str, key: int, level: int = 0) -> tuple[Dataset, Sample]:
        """Find a sample of the model as a user."""
        self.known(who)
        for (owner, name), dataset in self.model.datasets.items():
            if key in dataset.samples:
                self.find(who, owner, name, level)
                return dataset, dataset.samples[key]
        raise Refused(404, "not found")

    def pick(self, data: st.DataObject) -> int:
        """Draw a sample that is there or was there."""
        there = [
            key for item in self.model.datasets.values() for key in sorted(item.samples)
        ]
        some = data.draw(st.sampled_from(["there", "there", "there", "any"]))
        keys = there if there and some == "there" else sorted(self.uuids)
        return data.draw(st.sampled_from(keys), label="sample")

    @initialize()
    def begin(self):
        """Begin with a dataset in which there is something to do."""
        self.add_dataset("jane", "acme", "two", public=True, metadata={})
        self.add_dataset("jane", "jane", "one", public=False, metadata={"x": 1})
        self.add_collaborator("jane", "jane", "one", "bob", "labeler")
        self.add_labelset("jane", "jane", "one", "model")
        image = {"image": {"url": "https://x/0.png"}}
        self.add_samples("jane", "jane", "one", [(name, image, 0) for name in "cab"])
        body = {"label_status": "LABELED", "attributes": {}}
        for labelset in (GROUND_TRUTH, "model"):
            found = self.send(
                "jane", "PUT", f"/labels/{self.uuids[0]}/{labelset}/", body
            )
            self.compare(found, 201, body)
            sample = self.model.datasets["jane", "one"].samples[0]
            sample.labels[labelset] = Label(
                "LABELED", {}, None, created_by="jane", turn=self.model.next_turn()
            )

    # Datasets

    @rule(who=WHO, owner=OWNERS, name=DATASETS, public=st.booleans(), metadata=METADATA)
    def add_dataset(self, who, owner, name, public, metadata):
        mine = owner == who
        path = "/user/datasets/" if mine else f"/organizations/{owner}/datasets/"
        if not mine and owner not in OWNER:
            return
        body = {"name": name, "public": public, "metadata": metadata}

        def expected():
            self.known(who)
            made = Dataset(owner, name, public, "", metadata)
            return self.model.add_dataset(who, owner, made)

        self.both(self.send(who, "POST", path, body), 201, expected)

    @rule(who=WHO, owner=OWNERS, name=DATASETS)
    def get_dataset(self, who, owner, name):
        found = self.send(who, "GET", f"/datasets/{owner}/{name}/")
        self.both(found, 200, lambda: self.find(who, owner, name).told(who))

    @rule(
        who=WHO,
        owner=OWNERS,
        name=DATASETS,
        change=st.fixed_dictionaries(
            {},
            optional={
                "public": st.booleans(),
                "description": st.sampled_from(["", "new"]),
                "metadata": METADATA,
            },
        ),
    )
    def update_dataset(self, who, owner, name, change):
        def expected():
            found = self.find(who, owner, name, MANAGE)
            for key, value in change.items():
                setattr(found, key, value)
            return found.told(who)

        found = self.send(who, "PATCH", f"/datasets/{owner}/{name}/", change)
        self.both(found, 200, expected)

    @rule(who=WHO, owner=OWNERS, name=DATASETS, sure=st.integers(0, 9))
    def delete_dataset(self, who, owner, name, sure):
        if sure < 9:  # most of the time there shall be something to work on
            return

        def expected():
            self.find(who, owner, name, MANAGE)
            del self.model.datasets[owner, name]

        self.both(self.send(who, "DELETE", f"/datasets/{owner}/{name}/"), 204, expected)

    @rule(who=WHO, owner=OWNERS)
    def list_datasets(self, who, owner):
        def expected():
            self.known(who)
            return self.model.list_datasets(who, owner)

        self.both(self.send(who, "GET", f"/users/{owner}/datasets/"), 200, expected)

    @rule(who=WHO, owner=OWNERS, name=DATASETS, labels=st.booleans())
    def clone_dataset(self, who, owner, name, labels):
        body = {"name": "copy", "clone_labels": labels}
        found = self.send(who, "POST", f"/datasets/{owner}/{name}/clone/", body)
        keys = range(len(self.uuids), len(self.uuids) + 1000)

        def expected():
            source = self.find(who, owner, name)
            return self.model.clone(who, source, "copy", labels=labels, keys=keys)

        if self.both(found, 201, expected) is None:
            return
        made = self.model.datasets[who, "copy"]
        rows = self.send(who, "GET", f"/datasets/{who}/copy/samples/", per_page=10000)[
            1
        ]
        uuids = {row["name"]: row["uuid"] for row in rows}
        self.uuids |= {key: uuids[item.name] for key, item in made.samples.items()}

    # Collaborators, label sets, releases

    @rule(
        who=WHO,
        owner=OWNERS,
        name=DATASETS,
        other=st.sampled_from(["bob", "eve", "jane", "nobody"]),
        role=st.sampled_from(["labeler", "reviewer", "admin"]),
    )
    def add_collaborator(self, who, owner, name, other, role):
        def expected():
            found = self.find(who, owner, name, MANAGE)
            if other == "nobody":
                raise Refused(400, "does not exist")
            if other == owner:
                raise Refused(400, "cannot be added as collaborator")
            if other in found.collaborators:
                raise Refused(400, "is already a collaborator")
            found.collaborators[other] = role
            return {"user": {"username": other}, "role": role}

        path = f"/datasets/{owner}/{name}/collaborators/"
        body = {"user": other, "role": role}
        self.both(self.send(who, "POST", path, body), 201, expected)

    @rule(
        who=WHO,
        owner=OWNERS,
        name=DATASETS,
        other=st.sampled_from(["bob", "eve"]),
        method=st.sampled_from(["GET", "PATCH", "DELETE"]),
    )
    def use_collaborator(self, who, owner, name, other, method):
        def expected():
            found = self.find(who, owner, name, 0 if method == "GET" else MANAGE)
            if other not in found.collaborators:
                raise Refused(404, "not found")
            if method == "DELETE":
                del found.collaborators[other]
                return None
            if method == "PATCH":
                found.collaborators[other] = "reviewer"
            return {"user": {"username": other}, "role": found.collaborators[other]}

        path = f"/datasets/{owner}/{name}/collaborators/{other}"
        body = {"role": "reviewer"} if method == "PATCH" else None
        status = 204 if method == "DELETE" else 200
        self.both(self.send(who, method, path, body), status, expected)

    @rule(who=WHO, owner=OWNERS, name=DATASETS, labelset=LABELSETS)
    def add_labelset(self, who, owner, name, labelset):
        def expected():
            found = self.find(who, owner, name, MANAGE)
            if labelset in found.labelsets:
                raise Refused(400, "already exists")
            found.labelsets[labelset] = "A set."
            return {"name": labelset, "description": "A set."}

        path = f"/datasets/{owner}/{name}/labelsets/"
        body = {"name": labelset, "description": "A set.", "attributes": "{}"}
        self.both(self.send(who, "POST", path, body), 201, expected)

    @rule(who=WHO, owner=OWNERS, name=DATASETS, labelset=LABELSETS)
    def delete_labelset(self, who, owner, name, labelset):
        def expected():
            found = self.find(who, owner, name, MANAGE)
            if labelset not in found.labelsets:
                raise Refused(404, "not found")
            if labelset == GROUND_TRUTH:
                raise Refused(400)
            del found.labelsets[labelset]
            for sample in found.samples.values():
                sample.labels.pop(labelset, None)

        path = f"/datasets/{owner}/{name}/labelsets/{labelset}/"
        self.both(self.send(who, "DELETE", path), 204, expected)

    @rule(
        who=WHO, owner=OWNERS, name=DATASETS, method=st.sampled_from(["POST", "DELETE"])
    )
    def use_release(self, who, owner, name, method):
        def expected():
            found = self.find(who, owner, name, MANAGE)
            if method == "DELETE":
                if not found.releases:
                    raise Refused(404, "not found")
                return found.releases.clear()
            if found.releases:
                raise Refused(400, "already exists")
            found.releases["v1"] = len(found.samples)
            return {"name": "v1", "samples_count": len(found.samples)}

        path = f"/datasets/{owner}/{name}/releases/"
        if method == "DELETE":
            self.both(self.send(who, method, f"{path}v1/"), 204, expected)
        else:
            self.both(self.send(who, method, path, {"name": "v1"}), 201, expected)

    # Samples

    def made(self, who: str, fields: dict[str, Any]) -> Sample:
        """Make a sample of the model as the API would."""
        return Sample(
            name=fields["name"],
            attributes=fields["attributes"],
            metadata=fields.get("metadata", {}),
            priority=fields.get("priority", 0),
            assigned_labeler=fields.get("assigned_labeler"),
            created_by=who,
            turn=self.model.next_turn(),
        )

    @rule(
        who=WHO,
        owner=OWNERS,
        name=DATASETS,
        sample=NAMES,
        attributes=ATTRIBUTES,
        metadata=METADATA,
        priority=PRIORITY,
    )
    def add_sample(self, who, owner, name, sample, attributes, metadata, priority):
        body = {
            "name": sample,
            "attributes": attributes,
            "metadata": metadata,
            "priority": priority,
        }
        key = len(self.uuids)

        def expected():
            found = self.find(who, owner, name, MANAGE)
            return self.model.add_sample(found, key, self.made(who, body))

        found = self.send(who, "POST", f"/datasets/{owner}/{name}/samples/", body)
        told = self.both(found, 201, expected)
        if told is not None:
            self.uuids[key] = told["uuid"]

    @rule(
        who=WHO,
        owner=OWNERS,
        name=DATASETS,
        rows=st.lists(st.tuples(NAMES, ATTRIBUTES, PRIORITY), max_size=4),
    )
    def add_samples(self, who, owner, name, rows):
        body = [
            {"name": one, "attributes": attributes, "priority": priority}
            for one, attributes, priority in rows
        ]
        start = len(self.uuids)

        def expected():
            found = self.find(who, owner, name, MANAGE)
            told = []
            for at, fields in enumerate(body):
                key = found.by_name(fields["name"])
                if key is None:
                    key = start + at
                    found.samples[key] = self.made(who, fields)
                told.append(found.samples[key].told())
            return told

        found = self.send(who, "POST", f"/datasets/{owner}/{name}/samples_bulk/", body)
        told = self.both(found, 201, expected)
        if told is None:
            return
        made = self.model.datasets[owner, name]
        for at, row in enumerate(told):
            if start + at in made.samples:
                self.uuids[start + at] = row["uuid"]
            else:
                key = made.by_name(row["name"])
                assert key is not None
                assert self.uuids[key] == row["uuid"]
                self.uuids[start + at] = f"unused-{start + at}"

    @rule(who=WHO, owner=OWNERS, name=DATASETS, asked=LISTINGS)
    def list_samples(self, who, owner, name, asked):
        found = self.send(
            who,
            "GET",
            f"/datasets/{owner}/{name}/samples/",
            sort=asked.sort,
            labelset=asked.labelset,
            include_full_label="1" if asked.full else "",
            name__contains=asked.contains,
            filters=asked.pair,
            label_status=",".join(asked.statuses),
            per_page=asked.size,
            page=asked.page,
        )

        def expected():
            return self.model.list_samples(self.find(who, owner, name), asked)

        self.both(found, 200, expected)

    @precondition(lambda self: self.uuids)
    @rule(
        who=WHO, labelset=st.sampled_from(["", GROUND_TRUTH, "model"]), data=st.data()
    )
    def get_sample(self, who, labelset, data):
        key = self.pick(data)

        def expected():
            dataset, sample = self.sample_of(who, key)
            told = sample.told()
            if labelset:
                label = sample.labels.get(labelset)
                told["label"] = label and label.told()
            return {**told, "dataset_full_name": f"{dataset.owner}/{dataset.name}"}

        path = f"/samples/{self.uuids[key]}/"
        self.both(self.send(who, "GET", path, labelset=labelset), 200, expected)

    @precondition(lambda self: self.uuids)
    @rule(
        who=WHO,
        data=st.data(),
        change=st.fixed_dictionaries(
            {},
            optional={
                "name": NAMES,
                "metadata": METADATA,
                "priority": PRIORITY,
                "attributes": ATTRIBUTES,
                "assigned_labeler": st.sampled_from([None, "bob"]),
            },
        ),
    )
    def update_sample(self, who, data, change):
        key = self.pick(data)

        def expected():
            dataset, sample = self.sample_of(who, key, MANAGE)
            other = dataset.by_name(change.get("name", sample.name))
            if other not in {None, key}:
                raise Refused(400, "already exists")
            for field, value in change.items():
                setattr(sample, field, value)
            return sample.told()

        path = f"/samples/{self.uuids[key]}/"
        self.both(self.send(who, "PATCH", path, change), 200, expected)

    @precondition(lambda self: self.uuids)
    @rule(who=WHO, data=st.data())
    def delete_sample(self, who, data):
        key = self.pick(data)

        def expected():
            dataset, _ = self.sample_of(who, key, MANAGE)
            self.forget(dataset, key)

        self.both(
            self.send(who, "DELETE", f"/samples/{self.uuids[key]}/"), 204, expected
        )

    def forget(self, dataset: Dataset, key: int) -> None:
        """Delete a sample of the model, with its issues."""
        del dataset.samples[key]
        dataset.issues = {
            at: item for at, item in dataset.issues.items() if item["sample"] != key
        }

    @precondition(lambda self: self.uuids)
    @rule(who=WHO, owner=OWNERS, name=DATASETS, data=st.data())
    def delete_samples(self, who, owner, name, data):
        keys = [self.pick(data) for _ in range(2)]
        body = {"uuids": [*(self.uuids[key] for key in keys), "unknown"]}

        def expected():
            found = self.find(who, owner, name, MANAGE)
            there = set(keys) & set(found.samples)
            for key in there:
                self.forget(found, key)
            return {"deleted_count": len(there)}

        path = f"/datasets/{owner}/{name}/samples_bulk/"
        self.both(self.send(who, "DELETE", path, body), 200, expected)

    # Labels and issues

    @precondition(lambda self: self.uuids)
    @rule(
        who=WHO,
        data=st.data(),
        labelset=LABELSETS,
        status=STATUSES,
        attributes=CONTENT,
        score=SCORE,
    )
    def put_label(self, who, data, labelset, status, attributes, score):
        key = self.pick(data)
        body = {"label_status": status, "attributes": attributes, "score": score}
        before = len(taken)

        def expected():
            dataset, sample = self.sample_of(who, key, LABEL)
            if labelset not in dataset.labelsets:
                raise Refused(404, "not found")
            old = sample.labels.get(labelset)
            sample.labels[labelset] = Label(
                status,
                attributes,
                score,
                created_by=who if old is None else old.created_by,
                updated_by=None if old is None else who,
                reviewed_by=who if status in VERDICTS else None,
                turn=self.model.next_turn(),
            )
            return sample.labels[labelset].told()

        path = f"/labels/{self.uuids[key]}/{labelset}/"
        found = self.send(who, "PUT", path, body)
        assert len(taken) == before + 1
        self.both(found, 200 if found[0] == 200 else 201, expected)

    @precondition(lambda self: self.uuids)
    @rule(
        who=WHO,
        data=st.data(),
        labelset=LABELSETS,
        change=st.fixed_dictionaries(
            {},
            optional={"label_status": STATUSES, "attributes": CONTENT, "score": SCORE},
        ),
    )
    def update_label(self, who, data, labelset, change):
        key = self.pick(data)

        def expected():
            _, sample = self.sample_of(who, key, LABEL)
            label = sample.labels.get(labelset)
            if label is None:
                raise Refused(404, "not found")
            if "label_status" in change:
                label.status = change["label_status"]
                label.reviewed_by = who if label.status in VERDICTS else None
            label.attributes = change.get("attributes", label.attributes)
            label.score = change.get("score", label.score)
            label.updated_by, label.turn = who, self.model.next_turn()
            return label.told()

        path = f"/labels/{self.uuids[key]}/{labelset}/"
        self.both(self.send(who, "PATCH", path, change), 200, expected)

    @precondition(lambda self: self.uuids)
    @rule(
        who=WHO,
        data=st.data(),
        labelset=LABELSETS,
        method=st.sampled_from(["GET", "GET", "DELETE"]),
    )
    def use_label(self, who, data, labelset, method):
        key = self.pick(data)

        def expected():
            level = 0 if method == "GET" else LABEL
            _, sample = self.sample_of(who, key, level)
            if labelset not in sample.labels:
                raise Refused(404, "not found")
            if method == "GET":
                return {**sample.labels[labelset].told(), "labelset": labelset}
            del sample.labels[labelset]
            return None

        path = f"/labels/{self.uuids[key]}/{labelset}/"
        status = 200 if method == "GET" else 204
        self.both(self.send(who, method, path), status, expected)

    @precondition(lambda self: self.uuids)
    @rule(who=WHO, data=st.data(), text=st.sampled_from(["x", "y"]))
    def add_issue(self, who, data, text):
        key = self.pick(data)

        def expected():
            dataset, sample = self.sample_of(who, key, LABEL)
            dataset.issues[self.model.next_turn()] = {
                "description": text,
                "sample": key,
            }
            return {"description": text, "status": "OPEN", "sample_name": sample.name}

        path = f"/samples/{self.uuids[key]}/issues/"
        self.both(self.send(who, "POST", path, {"description": text}), 201, expected)

    @rule(who=WHO, owner=OWNERS, name=DATASETS)
    def list_issues(self, who, owner, name):
        def expected():
            found = self.find(who, owner, name)
            return [
                {
                    "description": item["description"],
                    "sample_name": found.samples[item["sample"]].name,
                }
                for item in found.issues.values()
            ]

        path = f"/datasets/{owner}/{name}/issues/"
        self.both(self.send(who, "GET", path), 200, expected)

    # The server

    @rule(sure=st.sampled_from([0, 0, 0, 0, 1]))
    def restart(self, sure):
        if sure:
            self.stop()
            self.start()

    @invariant()
    def everything_is_what_the_model_has(self):
        """Look at one dataset of jane's, with its labels, each in its turn."""
        steps.append(len(taken))
        mine = self.model.list_datasets("jane", "jane")
        self.looks += 1  # of this run alone: it can be repeated then
        at = self.looks % (len(mine) + 1)
        if at == len(mine):
            found = self.send("jane", "GET", "/user/datasets/", per_page=1000)
            self.compare(found, 200, mine)
            return
        name = mine[at]["full_name"].partition("/")[2]
        for labelset in (GROUND_TRUTH, "model"):
            self.list_samples(
                "jane",
                "jane",
                name,
                Listing(labelset=labelset, full=self.looks % 3 > 0, size=1000),
            )


def require_within(expected: Any, found: Any, where: str = "") -> None:
    """Insist that all that the model tells is in an answer, lists in their order."""
    if (
        isinstance(expected, dict)
        and isinstance(found, dict)
        and where[-8:] != "metadata"
    ):
        for key, value in expected.items():
            assert key in found, f"{where}.{key} is missing from {found}"
            require_within(value, found[key], f"{where}.{key}")
    elif isinstance(expected, list) and isinstance(found, list):
        assert len(expected) == len(found), f"{where}: {expected} {found}"
        for at, (one, other) in enumerate(zip(expected, found, strict=True)):
            require_within(one, other, f"{where}[{at}]")
    else:
        assert expected == found, f"{where}: {expected!r}, and not {found!r}"


def is_enough() -> bool:
    """Tell whether there were enough steps, of all kinds."""
    kinds = Counter(item.split()[1] for item in taken)
    enough_labels = kinds["labels"] >= WANTED // 20
    return len(steps) >= WANTED and set(kinds) == KINDS and enough_labels


def test_the_emulator_answers_as_the_model_does():
    taken.clear()
    steps.clear()
    for search in range(SEARCHES):
        run_state_machine_as_test(
            seed(f"{SEED} {search}")(Emulator),
            settings=settings(
                max_examples=EXAMPLES,
                stateful_step_count=STEPS,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        if is_enough():
            break
    assert is_enough(), (len(steps), Counter(taken))
