"""The database: a connection for each thread, transactions, accounts."""

import os
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from dsac.emulator.accounts import LOCAL, Account
from dsac.emulator.bookmarks import Bookmarks
from dsac.emulator.identifiers import identifier
from dsac.emulator.orders import Orders
from dsac.emulator.schema import STATEMENTS, VERSION

PATIENCE = 60.0
"""Seconds to wait for a writer of this or another process."""

CACHE_KIB = 4 * 1024
"""Pages of the database that one connection keeps in memory."""


def moment() -> str:
    """Give the time in the form in which the platform writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Connection(sqlite3.Connection):
    """A connection that closes itself with its thread; sqlite3 would warn instead."""

    def __del__(self) -> None:
        self.close()


class Store:
    """A data folder; every thread gets a connection of its own.

    In WAL mode with synchronous=NORMAL a write that was acknowledged survives the
    death of the process, though perhaps not that of the machine
    (https://www.sqlite.org/pragma.html#pragma_synchronous).
    """

    def __init__(self, folder: Path) -> None:
        """Open a data folder, and make it where there is none.

        Raises:
            OSError: the folder can't be made.
            ValueError: its database was made by another version of the emulator, or
                can't be used at all.
        """
        self.folder = folder
        self.bookmarks = Bookmarks()
        self.orders = Orders()
        folder.mkdir(parents=True, exist_ok=True)
        self._local = threading.local()
        # SQLite would wait, too, but asleep for up to 100 ms when its turn comes.
        self._writing = threading.Lock()
        try:
            if self._version() != VERSION:
                self._make_tables()
        except sqlite3.DatabaseError as error:
            database = folder / "emulator.sqlite"
            raise ValueError(f"{database} can't be used: {error}") from error
        (row,) = self.rows("SELECT value FROM settings WHERE name = 'secret'")
        self.secret: bytes = row["value"]

    def _version(self) -> int:
        found: int = self.connection().execute("PRAGMA user_version").fetchone()[0]
        return found

    def _make_tables(self) -> None:
        with self.write() as database:
            found = self._version()
            if found == VERSION:  # made by another process since the first look
                return
            if found or self.row("SELECT 1 FROM sqlite_master"):
                raise ValueError(
                    f"{self.folder} has a database of another version of the emulator; "
                    "remove the folder, or name another one"
                )
            for statement in STATEMENTS:
                database.execute(statement)
            database.execute(
                "INSERT INTO settings VALUES ('secret', ?)", (os.urandom(32),)
            )
            database.execute(f"PRAGMA user_version = {VERSION}")

    def connection(self) -> sqlite3.Connection:
        """Give this thread's connection."""
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(
                self.folder / "emulator.sqlite",
                timeout=PATIENCE,
                isolation_level=None,
                check_same_thread=False,
                factory=_Connection,
            )
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = NORMAL")
            found.execute("PRAGMA foreign_keys = ON")
            found.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            found.create_function("identifier", 0, identifier)
            self._local.connection = found
        return found

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that sees one state of the database throughout."""
        database = self.connection()
        database.execute("BEGIN")
        try:
            yield database
        finally:
            database.execute("ROLLBACK")

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Open a transaction that is committed whole, or not at all.

        `row` and `rows` of the same thread see what it wrote.
        """
        database = self.connection()
        with self._writing:
            database.execute("BEGIN IMMEDIATE")
            try:
                yield database
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:  # a full disk ends it by itself
                    database.execute("ROLLBACK")
                raise

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
        """Add accounts and organisations; keep those that are there.

        An account that is there gets the key that is given now.

        Raises:
            ValueError: a name belongs to an organisation, or a key to somebody else.
        """
        with self.write():
            known = self.row("SELECT 1 FROM accounts WHERE key IS NOT NULL")
            for account in accounts or (() if known else (LOCAL,)):
                self._add_account(account)
            for name in organizations:
                self._insert(name, None)

    def _add_account(self, account: Account) -> None:
        holder = self.row("SELECT name FROM accounts WHERE key = ?", account.key)
        if holder and holder["name"] != account.name:
            raise ValueError(f"{account.name} and {holder['name']} have the same key")
        there = self.row("SELECT key FROM accounts WHERE name = ?", account.name)
        if there is None:
            self._insert(account.name, account.key)
        elif there["key"] is None:
            raise ValueError(f"{account.name} is an organisation in {self.folder}")
        else:
            self.connection().execute(
                "UPDATE accounts SET key = ? WHERE name = ?",
                (account.key, account.name),
            )

    def _insert(self, name: str, key: str | None) -> None:
        self.connection().execute(
            "INSERT INTO accounts SELECT ?, ?, count(*), ? FROM accounts "
            "WHERE true ON CONFLICT DO NOTHING",
            (name, key, moment()),
        )
