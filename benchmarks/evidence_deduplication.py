"""De-duplication of the labelled records and of N synthetic ones: pairs found, false pairs, time, memory; and a peer.

Run: python benchmarks/evidence_deduplication.py [N [LITERATURE_FOLDER [PEER_PYTHON]]]

PEER_PYTHON is the interpreter of an environment with BibDedupe (pip install bib-dedupe).
"""

from __future__ import annotations

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from dataclasses import replace
from itertools import combinations
from pathlib import Path

from oncospine.evidence.duplicates.groups import deduplicated
from oncospine.evidence.records.formats import imported_records
from oncospine.evidence.records.record import Record

COMMON = ("of", "the", "in", "and", "a", "case", "report", "spine", "tumor", "leiomyosarcoma", "review", "literature")


def synthetic(n: int, seed: int = 1) -> tuple[list[Record], dict[str, str]]:
    """`n` records, 15 % of them damaged copies; and the original of each record."""
    rng = random.Random(seed)

    def word(low: int, high: int) -> str:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyz") for _ in range(rng.randint(low, high)))

    vocabulary = [word(4, 10) for _ in range(6000)]
    surnames = [word(3, 9).title() for _ in range(3000)]
    records = []
    for i in range(int(n * 0.85)):
        words = [rng.choice(vocabulary if rng.random() < 0.55 else COMMON) for _ in range(rng.randint(6, 14))]
        records.append(
            Record(
                id=f"r{i:06d}",
                title=" ".join(words).capitalize(),
                authors=tuple(f"{rng.choice(surnames)}, {rng.choice('ABCDE')}" for _ in range(rng.randint(1, 6))),
                year=rng.randint(1990, 2024),
                journal=f"J {rng.choice(surnames)}",
                volume=str(rng.randint(1, 60)),
                pages=str(rng.randint(1, 2000)),
                doi=f"10.1000/{i}" if rng.random() < 0.7 else "",
            )
        )
    source = {record.id: record.id for record in records}
    originals = list(records)
    for i in range(len(records), n):
        original = rng.choice(originals)
        title, cut = original.title, rng.randrange(len(original.title) - 1)
        damaged = rng.choice(
            [
                title,
                title.upper(),
                title[:cut] + title[cut + 1] + title[cut] + title[cut + 2 :],
                title.replace(" and ", " &amp; "),
                title[: max(30, int(len(title) * 0.7))].rsplit(" ", 1)[0],
            ]
        )
        copy = replace(
            original,
            id=f"r{i:06d}",
            title=damaged,
            doi="" if rng.random() < 0.5 else original.doi and f"https://doi.org/{original.doi}",
            authors=original.authors[: rng.randint(1, 6)],
            year=(original.year or 2000) + rng.choice((0, 0, 0, 1)),
        )
        records.append(copy)
        source[copy.id] = original.id
    return records, source


PEER = """
import json, sys, time
import pandas as pd
from bib_dedupe.bib_dedupe import block, cluster, match, prep
rows = json.load(open(sys.argv[1]))
start = time.process_time()
groups = cluster(match(block(prep(pd.DataFrame(rows), cpu=1), cpu=1), cpu=1))
json.dump({"groups": groups, "cpu": time.process_time() - start}, open(sys.argv[2], "w"))
"""
"""BibDedupe on the same records, in the interpreter that has it, on one core."""


def labelled(folder: Path) -> tuple[list[Record], dict[str, str]]:
    """The 208 records of the literature folder, and the publication of each by its labels."""
    records = [
        record
        for name, file in (("A", "lms_spine_records.ris"), ("B", "lms_spine_records.nbib"))
        for record in imported_records(folder / file, name=name).records
    ]
    with (folder / "labels.csv").open(encoding="utf-8", newline="") as stream:
        groups = [row["dup_group"] or row["record_id"] for row in csv.DictReader(stream)]
    return records, {record.id: group for record, group in zip(records, groups, strict=True)}


def peer_pairs(python: str, records: list[Record]) -> tuple[set[tuple[str, str]], float]:
    """Pairs that BibDedupe finds, and its CPU seconds."""
    rows = [
        {
            "ID": record.id,
            "ENTRYTYPE": "article",
            "title": record.title,
            "author": " and ".join(record.authors),
            "year": str(record.year or ""),
            "journal": record.journal or record.journal_short,
            "volume": record.volume,
            "number": record.issue,
            "pages": record.pages,
            "abstract": record.abstract,
            "doi": record.doi,
        }
        for record in records
    ]
    with tempfile.TemporaryDirectory() as folder:
        given, found = Path(folder) / "records.json", Path(folder) / "found.json"
        given.write_text(json.dumps(rows))
        subprocess.run([python, "-c", PEER, str(given), str(found)], check=True, capture_output=True, cwd=folder)
        answer = json.loads(found.read_text())
    pairs = {pair for group in answer["groups"] for pair in combinations(sorted(group), 2)}
    return pairs, answer["cpu"]


def told(name: str, pairs: Collection[tuple[str, str]], source: dict[str, str], seconds: float) -> None:
    """One line: true pairs found of all, false pairs, time."""
    members: dict[str, list[str]] = {}
    for record, group in source.items():
        members.setdefault(group, []).append(record)
    true = {pair for group in members.values() for pair in combinations(sorted(group), 2)}
    found = len(true & set(pairs))
    print(
        f"{name:<12} pairs found {found}/{len(true)} ({found / len(true):.4f}), false pairs {len(set(pairs) - true)}, "
        f"{seconds:.1f} s CPU"
    )


def compared(title: str, records: list[Record], source: dict[str, str], python: str | None) -> None:
    """The same records through ours and, where there is one, the peer."""
    print(f"{title}: {len(records)} records")
    start = time.process_time()
    found = deduplicated(records)
    told("oncospine", found.same_pairs, source, time.process_time() - start)
    if python is not None:
        pairs, seconds = peer_pairs(python, records)
        told("BibDedupe", pairs, source, seconds)


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    python = sys.argv[3] if len(sys.argv) > 3 else None
    if len(sys.argv) > 2:
        compared("labelled", *labelled(Path(sys.argv[2])), python)
    compared("synthetic, damaged copies", *synthetic(n), python)
    print(f"peak memory of ours {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
