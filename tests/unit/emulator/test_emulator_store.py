"""The data folder: what is kept, who shares it, what a transaction is."""

import sqlite3
import threading
from pathlib import Path

import pytest

from dsac.emulator import Account, create_app
from dsac.emulator.schema import VERSION
from dsac.emulator.store import Store


def names(store: Store) -> list[str]:
    query = "SELECT name FROM accounts ORDER BY position"
    return [row["name"] for row in store.rows(query)]


def test_without_accounts_there_is_local(tmp_path: Path):
    client = create_app(tmp_path).test_client()
    answer = client.get("/user", headers={"Authorization": "APIKey local"})
    assert answer.json is not None
    assert answer.json["username"] == "local"


def test_a_second_app_on_a_folder_keeps_what_is_there(tmp_path: Path):
    create_app(tmp_path, accounts=[Account("jane", "k")], organizations=["acme"])
    app = create_app(tmp_path, accounts=[Account("bob", "b")])
    assert names(app.config["store"]) == ["jane", "acme", "bob"]
    assert names(create_app(tmp_path).config["store"]) == ["jane", "acme", "bob"]


def test_the_first_account_stays_the_owner_of_organisations(tmp_path: Path):
    create_app(tmp_path, accounts=[Account("jane", "k")])
    app = create_app(tmp_path, accounts=[Account("bob", "b")], organizations=["acme"])
    for key, status in {"k": 201, "b": 403}.items():
        answer = app.test_client().post(
            "/organizations/acme/datasets/",
            json={"name": "x"},
            headers={"Authorization": f"APIKey {key}"},
        )
        assert answer.status_code == status


def test_an_account_gets_the_key_that_is_given_last(tmp_path: Path):
    create_app(tmp_path, accounts=[Account("jane", "old")])
    client = create_app(tmp_path, accounts=[Account("jane", "new")]).test_client()
    for key, status in {"old": 401, "new": 200}.items():
        headers = {"Authorization": f"APIKey {key}"}
        assert client.get("/user", headers=headers).status_code == status


def test_two_accounts_can_not_have_one_key(tmp_path: Path):
    accounts = [Account("jane", "k"), Account("bob", "k")]
    with pytest.raises(ValueError, match="bob and jane have the same key"):
        create_app(tmp_path, accounts=accounts)


def test_an_organisation_can_not_become_an_account(tmp_path: Path):
    create_app(tmp_path, organizations=["acme"])
    with pytest.raises(ValueError, match="acme is an organisation"):
        create_app(tmp_path, accounts=[Account("acme", "k")])


def test_a_database_of_another_version_is_refused(tmp_path: Path):
    store = Store(tmp_path)
    store.connection().execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(ValueError, match="another version"):
        Store(tmp_path)


def test_a_database_of_something_else_is_refused(tmp_path: Path):
    database = sqlite3.connect(tmp_path / "emulator.sqlite")
    database.execute("CREATE TABLE other (x)")
    database.close()
    with pytest.raises(ValueError, match="remove the folder"):
        Store(tmp_path)


def test_many_can_make_one_folder_at_once(tmp_path: Path):
    start = threading.Barrier(8)
    secrets: list[bytes] = []

    def make() -> None:
        start.wait()
        secrets.append(Store(tmp_path).secret)

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(secrets) == 8
    assert len(set(secrets)) == 1


def test_tables_that_another_process_made_meanwhile_are_kept(
    tmp_path: Path, monkeypatch
):
    made = Store(tmp_path)
    looks = iter([0, VERSION])
    monkeypatch.setattr(Store, "_version", lambda _: next(looks))
    assert Store(tmp_path).secret == made.secret


def test_a_failed_transaction_leaves_nothing(tmp_path: Path):
    store = Store(tmp_path)

    def fail() -> None:
        with store.write() as database:
            database.execute("INSERT INTO settings VALUES ('a', 'b')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert store.row("SELECT 1 FROM settings WHERE name = 'a'") is None
    with store.write() as database:
        database.execute("INSERT INTO settings VALUES ('a', 'b')")
    assert store.row("SELECT 1 FROM settings WHERE name = 'a'")


def test_a_commit_that_fails_leaves_nothing(tmp_path: Path):
    store = Store(tmp_path)

    def fail() -> None:
        with store.write() as database:
            database.execute("PRAGMA defer_foreign_keys = ON")
            database.execute("INSERT INTO counts (dataset) VALUES (9)")

    for _ in range(2):
        with pytest.raises(sqlite3.IntegrityError):
            fail()
    assert store.rows("SELECT * FROM counts") == []


def test_writers_of_one_app_wait_in_line(tmp_path: Path, monkeypatch):
    """They don't rely on the patience of SQLite, which polls: here it has none."""
    monkeypatch.setattr("dsac.emulator.store.PATIENCE", 0)
    store = Store(tmp_path)
    start = threading.Barrier(8)

    def write(at: int) -> None:
        start.wait()
        for number in range(20):
            with store.write() as database:
                database.execute(
                    "INSERT INTO settings VALUES (?, 'a')", (f"{at} {number}",)
                )

    threads = [threading.Thread(target=write, args=(at,)) for at in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (row,) = store.rows("SELECT count(*) AS n FROM settings WHERE value = 'a'")
    assert row["n"] == 160


def test_a_read_sees_one_state_throughout(tmp_path: Path):
    reader, writer = Store(tmp_path), Store(tmp_path)
    query = "SELECT count(*) AS n FROM settings"
    with reader.read():
        before = reader.rows(query)[0]["n"]
        with writer.write() as database:
            database.execute("INSERT INTO settings VALUES ('a', 'b')")
        assert reader.rows(query)[0]["n"] == before
    assert reader.rows(query)[0]["n"] == before + 1


def test_writers_of_two_apps_wait_for_each_other(tmp_path: Path):
    apps = [create_app(tmp_path) for _ in range(2)]
    headers = {"Authorization": "APIKey local"}
    apps[0].test_client().post("/user/datasets/", json={"name": "d"}, headers=headers)
    statuses: list[int] = []

    def write(at: int) -> None:
        client = apps[at % 2].test_client()
        for number in range(25):
            body = {"name": f"{at}-{number}", "attributes": {"image": {"url": "u"}}}
            answer = client.post(
                "/datasets/local/d/samples/", json=body, headers=headers
            )
            statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(at,)) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [201] * 100
    answer = apps[1].test_client().get("/datasets/local/d/", headers=headers)
    assert answer.json is not None
    assert answer.json["samples_count"] == 100
