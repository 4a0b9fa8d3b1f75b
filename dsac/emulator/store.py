"""The database: its schema, a connection for each thread, transactions."""

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dsac.emulator.accounts import LOCAL, Account

SCHEMA = """
CREATE TABLE IF NOT EXISTS accounts (
    name TEXT PRIMARY KEY,
    key TEXT UNIQUE,
    position INTEGER NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS datasets (
    id INTEGER PRIMARY KEY,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at TEXT NOT NULL,
    cloned_from TEXT,
    UNIQUE (owner, name)
);
CREATE TABLE IF NOT EXISTS labelsets (
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (dataset, name)
);
CREATE TABLE IF NOT EXISTS collaborators (
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    user TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (dataset, user)
);
CREATE TABLE IF NOT EXISTS samples (
    id INTEGER PRIMARY KEY,
    uuid TEXT NOT NULL UNIQUE,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name TEXT NOT NULL,
    attributes TEXT NOT NULL,
    metadata TEXT NOT NULL,
    priority REAL NOT NULL,
    assigned_labeler TEXT,
    assigned_reviewer TEXT,
    readme TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    UNIQUE (dataset, name)
);
CREATE TABLE IF NOT EXISTS labels (
    sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
    labelset TEXT NOT NULL,
    status TEXT NOT NULL,
    attributes TEXT NOT NULL,
    score REAL,
    rating REAL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT,
    reviewed_at TEXT,
    reviewed_by TEXT,
    PRIMARY KEY (sample, labelset)
);
CREATE TABLE IF NOT EXISTS releases (
    uuid TEXT PRIMARY KEY,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    asset TEXT NOT NULL,
    samples INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (dataset, name)
);
CREATE TABLE IF NOT EXISTS assets (
    uuid TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    etag TEXT,
    created_at TEXT NOT NULL
);
"""


def moment() -> str:
    """Give the time in the form in which the platform writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Store:
    """A data folder; every thread gets a connection of its own.

    In WAL mode with synchronous=NORMAL a write that was acknowledged survives the
    death of the process, though perhaps not that of the machine.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._local = threading.local()
        with self.write() as database:
            for statement in SCHEMA.split(";"):
                database.execute(statement)

    def connection(self) -> sqlite3.Connection:
        """Give this thread's connection, outside of any transaction."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self.folder / "emulator.sqlite",
                timeout=60,
                isolation_level=None,
                check_same_thread=False,
            )
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = NORMAL")
            found.execute("PRAGMA foreign_keys = ON")
            self._local.connection = found
        return found

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is committed whole, or not at all."""
        database = self.connection()
        database.execute("BEGIN IMMEDIATE")
        try:
            yield database
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")

    def rows(self, query: str, *values: object) -> list[sqlite3.Row]:
        """Give all rows of a query."""
        return self.connection().execute(query, values).fetchall()

    def row(self, query: str, *values: object) -> sqlite3.Row | None:
        """Give the first row of a query."""
        found: sqlite3.Row | None = self.connection().execute(query, values).fetchone()
        return found

    def add_accounts(
        self, accounts: Sequence[Account], organizations: Sequence[str]
    ) -> None:
        """Add accounts and organisations; keep those that are there."""
        wanted: list[tuple[str, str | None]] = [
            (item.name, item.key) for item in accounts
        ]
        if not wanted and not self.rows("SELECT 1 FROM accounts WHERE key IS NOT NULL"):
            wanted = [(LOCAL.name, LOCAL.key)]
        wanted.extend((name, None) for name in organizations)
        with self.write() as database:
            for name, key in wanted:
                database.execute(
                    "INSERT INTO accounts SELECT ?, ?, count(*), ? FROM accounts "
                    "WHERE true ON CONFLICT DO NOTHING",
                    (name, key, moment()),
                )
