"""ASReview project files, read and written: a zip archive with the records and the decisions in SQLite."""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from oncospine.base import InputError, SafetyRefusal
from oncospine.evidence.records.lines import Problems
from oncospine.evidence.records.record import Record
from oncospine.evidence.records.table import table_text

LARGEST_UNPACKED_BYTES = 4_000_000_000
"""A project that unpacks to more than this is refused: it would fill the disk, not hold records."""

_VERSION = "2.2"
_RECORD_TABLE = """CREATE TABLE record (dataset_row INTEGER NOT NULL, dataset_id VARCHAR NOT NULL, duplicate_of INTEGER,
 title VARCHAR NOT NULL, abstract VARCHAR NOT NULL, authors JSON NOT NULL, keywords JSON NOT NULL, year INTEGER,
 doi VARCHAR, url VARCHAR, included INTEGER, record_id INTEGER NOT NULL, PRIMARY KEY (record_id),
 UNIQUE (dataset_row, dataset_id), FOREIGN KEY(duplicate_of) REFERENCES record (record_id) ON DELETE SET NULL)"""
_RESULT_TABLES = (
    """CREATE TABLE results (record_id INTEGER UNIQUE, label INTEGER, classifier TEXT, querier TEXT, balancer TEXT,
 feature_extractor TEXT, training_set INTEGER, time FLOAT, note TEXT, tags JSON, user_id INTEGER)""",
    """CREATE TABLE last_ranking (record_id INTEGER UNIQUE, ranking INT, classifier TEXT, querier TEXT, balancer TEXT,
 feature_extractor TEXT, training_set INTEGER, time FLOAT)""",
    "CREATE TABLE decision_changes (record_id INTEGER, label INTEGER, time FLOAT, user_id INTEGER)",
)


def asreview_records(path: Path, problems: Problems) -> Iterator[tuple[int, Record]]:
    """Records of a version 2 project, labelled by the decisions of its review (or the known labels of a simulation)."""
    try:
        archive = zipfile.ZipFile(path)
    except zipfile.BadZipFile as error:
        raise InputError(f"{path.name} is not a readable ASReview project (zip): {error}") from error
    with archive, tempfile.TemporaryDirectory() as folder:
        size = sum(item.file_size for item in archive.infolist())
        if size > LARGEST_UNPACKED_BYTES:
            raise SafetyRefusal(f"{path.name} unpacks to {size / 1e9:.0f} GB; an ASReview project is far smaller")
        names = archive.namelist()
        if "data_store.db" not in names:
            raise InputError(
                f"{path.name} has no data_store.db: not a project of ASReview 2; export its data set as CSV"
            )
        store = Path(folder) / "data_store.db"
        store.write_bytes(archive.read("data_store.db"))
        labels: dict[int, int] = {}
        for name in sorted(names):
            if name.startswith("reviews/") and name.endswith("/results.db"):
                results = Path(folder) / "results.db"
                results.write_bytes(archive.read(name))
                labels.update({int(row["record_id"]): row["label"] for row in _rows(results, "results", path)})
        for position, row in enumerate(_rows(store, "record", path), start=1):
            label = labels.get(int(row["record_id"]), row.get("included"))
            yield position, _record(row, label if label in (0, 1) else None, position, problems)


def _rows(database: Path, table: str, path: Path) -> list[dict[str, Any]]:
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY record_id")]
    except sqlite3.Error as error:
        raise InputError(
            f"{path.name}: its table '{table}' cannot be read ({error}); save it again from ASReview"
        ) from error


def _record(row: dict[str, Any], label: int | None, position: int, problems: Problems) -> Record:
    year = row.get("year")
    if year is not None and not 1665 <= int(year) <= 2200:
        problems.add(position, f"record {position}: year {year} is impossible for a publication; it was left empty")
        year = None
    return Record(
        id="",
        title=row.get("title") or "",
        abstract=row.get("abstract") or "",
        authors=_texts(row.get("authors")),
        keywords=_texts(row.get("keywords")),
        year=int(year) if year is not None else None,
        doi=row.get("doi") or "",
        urls=(row["url"],) if row.get("url") else (),
        label=label,
        raw=tuple((str(name), str(value)) for name, value in row.items() if value is not None),
    )


def _texts(value: str | None) -> tuple[str, ...]:
    try:
        found = json.loads(value or "[]")
    except json.JSONDecodeError:
        return (str(value),)
    return tuple(str(item).strip() for item in found) if isinstance(found, list) else (str(found),)


def asreview_bytes(records: Sequence[Record]) -> bytes:
    """Records with their labels as a project that ASReview 2 opens."""
    rows = [
        (i, "records.csv", None, r.title, r.abstract, json.dumps(list(r.authors)), json.dumps(list(r.keywords)), r.year,
         r.doi or None, r.urls[0] if r.urls else None, r.label, i)
        for i, r in enumerate(records)
    ]  # fmt: skip
    decided = [
        (i, r.label, *[None] * 4, None, 0.0, None, None, None) for i, r in enumerate(records) if r.label is not None
    ]
    project = {
        "version": _VERSION,
        "id": "oncospine",
        "mode": "oracle",
        "name": "oncospine",
        "created_at_unix": 0,
        "reviews": [{"id": "oncospine", "status": "review"}],
        "feature_matrices": [],
        "tags": None,
        "datasets": [{"id": "records.csv", "name": "records.csv"}],
    }
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        parts = {
            "project.json": json.dumps(project).encode(),
            "data/records.csv": table_text(records).encode(),
            "data_store.db": _database((_RECORD_TABLE,), "record", rows),
            "reviews/oncospine/results.db": _database(_RESULT_TABLES, "results", decided),
        }
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0)), content)
    return stream.getvalue()


def _database(tables: Sequence[str], target: str, rows: Sequence[tuple[Any, ...]]) -> bytes:
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in tables:
            connection.execute(table)
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            connection.executemany(f"INSERT INTO {target} VALUES ({marks})", rows)
        if target == "record":
            connection.execute("PRAGMA user_version = 2")
        connection.commit()
        return connection.serialize()
