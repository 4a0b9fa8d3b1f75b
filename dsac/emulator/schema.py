"""The tables of the emulator's database, and the triggers that keep its counts."""

VERSION = 3
"""Stands in the file's `user_version`; another one is refused."""

# Columns that may be large stand last: SQLite reads a row from the front.
TABLES = """
CREATE TABLE settings (
    name TEXT PRIMARY KEY,
    value BLOB NOT NULL
);
CREATE TABLE accounts (
    name TEXT PRIMARY KEY,
    key TEXT UNIQUE,
    position INTEGER NOT NULL,
    created_at TEXT NOT NULL
);
CREATE TABLE datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    fields TEXT NOT NULL,
    metadata TEXT NOT NULL,
    created_at TEXT NOT NULL,
    cloned_from TEXT,
    UNIQUE (owner, name)
);
CREATE TABLE counts (
    dataset INTEGER PRIMARY KEY REFERENCES datasets ON DELETE CASCADE,
    samples INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 0,
    changes INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE label_counts (
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    status TEXT NOT NULL,
    labels INTEGER NOT NULL,
    PRIMARY KEY (dataset, status)
) WITHOUT ROWID;
CREATE TABLE labelsets (
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    created_at TEXT NOT NULL,
    PRIMARY KEY (dataset, name)
);
CREATE TABLE collaborators (
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    user TEXT NOT NULL,
    role TEXT NOT NULL,
    PRIMARY KEY (dataset, user)
);
CREATE TABLE samples (
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
    created_by TEXT NOT NULL
);
CREATE UNIQUE INDEX samples_by_name ON samples (dataset, name);
CREATE TABLE labels (
    sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
    dataset INTEGER NOT NULL,
    labelset TEXT NOT NULL,
    status TEXT NOT NULL,
    score REAL,
    rating REAL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT,
    reviewed_at TEXT,
    reviewed_by TEXT,
    attributes TEXT NOT NULL,
    PRIMARY KEY (sample, labelset)
);
CREATE TABLE issues (
    uuid TEXT PRIMARY KEY,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
    description TEXT NOT NULL,
    status TEXT NOT NULL,
    anchor TEXT NOT NULL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    updated_by TEXT NOT NULL
);
CREATE INDEX issues_by_dataset ON issues (dataset);
CREATE INDEX issues_by_sample ON issues (sample);
CREATE TABLE workunits (
    uuid TEXT PRIMARY KEY,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    sample INTEGER NOT NULL REFERENCES samples ON DELETE CASCADE,
    work_type TEXT NOT NULL,
    next_label_status TEXT NOT NULL,
    label_rating REAL,
    created_at TEXT NOT NULL,
    created_by TEXT NOT NULL
);
CREATE INDEX workunits_by_dataset ON workunits (dataset, created_at);
CREATE INDEX workunits_by_sample ON workunits (sample);
CREATE TABLE releases (
    uuid TEXT PRIMARY KEY,
    dataset INTEGER NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    asset TEXT NOT NULL,
    samples INTEGER NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (dataset, name)
);
CREATE TABLE assets (
    uuid TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    filename TEXT NOT NULL,
    content_type TEXT NOT NULL,
    etag TEXT,
    created_at TEXT NOT NULL
);
"""

TRIGGERS = (
    """
CREATE TRIGGER dataset_added AFTER INSERT ON datasets BEGIN
    INSERT INTO counts (dataset) VALUES (new.id);
    INSERT INTO labelsets VALUES (new.id, 'ground-truth', '', new.created_at);
END
""",
    """
CREATE TRIGGER sample_added AFTER INSERT ON samples BEGIN
    UPDATE counts SET samples = samples + 1, version = version + 1
    WHERE dataset = new.dataset;
END
""",
    """
CREATE TRIGGER sample_gone AFTER DELETE ON samples BEGIN
    UPDATE counts SET samples = samples - 1, version = version + 1
    WHERE dataset = old.dataset;
END
""",
    """
CREATE TRIGGER sample_renamed AFTER UPDATE OF name ON samples BEGIN
    UPDATE counts SET version = version + 1 WHERE dataset = new.dataset;
END
""",
    """
CREATE TRIGGER sample_changed AFTER UPDATE OF priority, metadata ON samples BEGIN
    UPDATE counts SET changes = changes + 1 WHERE dataset = new.dataset;
END
""",
    """
CREATE TRIGGER label_new AFTER INSERT ON labels BEGIN
    UPDATE counts SET changes = changes + 1 WHERE dataset = new.dataset;
END
""",
    """
CREATE TRIGGER label_other AFTER UPDATE ON labels BEGIN
    UPDATE counts SET changes = changes + 1 WHERE dataset = new.dataset;
END
""",
    """
CREATE TRIGGER label_none AFTER DELETE ON labels BEGIN
    UPDATE counts SET changes = changes + 1 WHERE dataset = old.dataset;
END
""",
    """
CREATE TRIGGER label_added AFTER INSERT ON labels
WHEN new.labelset = 'ground-truth' BEGIN
    INSERT INTO label_counts VALUES (new.dataset, new.status, 1)
    ON CONFLICT DO UPDATE SET labels = labels + 1;
END
""",
    """
CREATE TRIGGER label_gone AFTER DELETE ON labels
WHEN old.labelset = 'ground-truth' BEGIN
    UPDATE label_counts SET labels = labels - 1
    WHERE dataset = old.dataset AND status = old.status;
END
""",
    """
CREATE TRIGGER label_changed AFTER UPDATE OF status ON labels
WHEN new.labelset = 'ground-truth' AND new.status <> old.status BEGIN
    UPDATE label_counts SET labels = labels - 1
    WHERE dataset = old.dataset AND status = old.status;
    INSERT INTO label_counts VALUES (new.dataset, new.status, 1)
    ON CONFLICT DO UPDATE SET labels = labels + 1;
END
""",
)

STATEMENTS = (*filter(str.strip, TABLES.split(";")), *TRIGGERS)
"""Every statement of the schema, in an order in which they can run."""
