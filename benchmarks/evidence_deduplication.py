"""De-duplication of 10,000 (or N) synthetic records: time, memory, recall, false pairs.

Run: python benchmarks/evidence_deduplication.py [N]
"""

from __future__ import annotations

import random
import resource
import sys
import time
from dataclasses import replace

from oncospine.evidence.duplicates import deduplicated
from oncospine.evidence.records import Record

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


def main() -> None:
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    records, source = synthetic(n)
    start = time.perf_counter()
    found = deduplicated(records)
    seconds = time.perf_counter() - start
    same = set(found.same_pairs)
    copies = [(original, copy) for copy, original in source.items() if copy != original]
    recalled = sum(tuple(sorted(pair)) in same for pair in copies)
    false = sum(source[one] != source[other] for one, other in same)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{n} records: {seconds:.1f} s, {found.compared} pairs compared, peak {memory:.2f} GB")
    print(f"copies found {recalled}/{len(copies)} ({recalled / len(copies):.4f}), false pairs {false}")


if __name__ == "__main__":
    main()
