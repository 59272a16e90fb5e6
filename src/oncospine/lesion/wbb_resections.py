"""What the WBB sectors and layers allow: en bloc operations as predicates, each with its violations and osteotomies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from oncospine.base import Level, Verification
from oncospine.lesion.extent_findings import Wbb
from oncospine.lesion.wbb import wbb_data, wbb_rule

ARCH = frozenset({1, 2, 3, 10, 11, 12})
BODY = frozenset(range(4, 10))
PEDICLES = {4: "left pedicle", 9: "right pedicle"}


class Verdict(StrEnum):
    """Whether the sectors allow an operation."""

    FEASIBLE = "feasible"
    WITH_VIOLATION = "with_violation"
    NOT_FEASIBLE = "not_feasible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resection:
    """One operation against the sectors; `osteotomies` names the free sectors that would be cut."""

    operation: str
    text: str
    verdict: Verdict
    reasons: tuple[str, ...]
    osteotomies: tuple[str, ...]
    citations: tuple[str, ...]
    verification: Verification


def resections(stages: Mapping[Level, Wbb], *, circumferential: bool = False) -> tuple[Resection, ...]:
    """All four operations for a tumour given by its stages; the union over the levels counts."""
    sectors = frozenset(k for stage in stages.values() for k in stage.sectors)
    layers = frozenset(name for stage in stages.values() for name in stage.layers)
    return resections_of(sectors, layers, circumferential=circumferential)


def resections_of(
    sectors: Iterable[int], layers: Iterable[str], *, circumferential: bool = False
) -> tuple[Resection, ...]:
    """The predicates of classifications.md section 3.3 over a set of sectors and a set of layers."""
    taken, depth = frozenset(sectors), frozenset(layers)
    dura = _at_the_dura(depth, circumferential=circumferential)
    return (
        _posterior_arch(taken, depth),
        _partial_body(taken, depth),
        _vertebrectomy(taken, depth, dura),
        _sagittal(taken, depth, dura),
    )


def _at_the_dura(layers: frozenset[str], *, circumferential: bool) -> tuple[str, ...]:
    found = []
    if "E" in layers:
        found.append("layer E: no tumour-free margin without resecting dura")
    if circumferential and "D" in layers:
        found.append("epidural tumour around the sac: no tumour-free margin without resecting dura")
    return tuple(found)


def _result(
    operation: str, *, against: Iterable[str], violations: Iterable[str] = (), osteotomies: Iterable[str] = ()
) -> Resection:
    row = wbb_data()["operations"][operation]
    blocked, broken = tuple(against), tuple(violations)
    verdict = Verdict.NOT_FEASIBLE if blocked else Verdict.WITH_VIOLATION if broken else Verdict.FEASIBLE
    return Resection(
        operation=operation,
        text=str(row["text"]),
        verdict=verdict,
        reasons=blocked or broken,
        osteotomies=() if blocked else tuple(osteotomies),
        citations=tuple(row["citations"]),
        verification=Verification(row["verification"]),
    )


EPIDURAL = "layer D: the margin at the sac is intralesional"


def _named(sectors: Iterable[int]) -> str:
    return ", ".join(str(k) for k in sorted(sectors))


def _posterior_arch(taken: frozenset[int], layers: frozenset[str]) -> Resection:
    outside = taken - ARCH
    against = [f"tumour in sectors {_named(outside)}, outside the arch"] if outside else []
    if not taken:
        against.append("no sector is involved")
    violations = [EPIDURAL] if "D" in layers else []
    cuts = [f"sector {k}: {name}" for k, name in PEDICLES.items()]
    return _result("posterior_arch", against=against, violations=violations, osteotomies=cuts)


def _partial_body(taken: frozenset[int], layers: frozenset[str]) -> Resection:
    outside = taken - {5, 6, 7, 8}
    deep = layers - {"A", "B"}
    against = [f"tumour in sectors {_named(outside)}, outside 5-8"] if outside else []
    against += [f"layer {', '.join(sorted(deep))} involved: only A and B allowed"] if deep else []
    if not taken:
        against.append("no sector is involved")
    free = sorted({4, 5, 6, 7, 8, 9} - taken)
    return _result("partial_body", against=against, osteotomies=[f"sector {k}" for k in free])


def _vertebrectomy(taken: frozenset[int], layers: frozenset[str], dura: tuple[str, ...]) -> Resection:
    against = list(dura)
    if {4, 9} <= taken:
        against.append("both pedicles (sectors 4 and 9) involved")
    if not taken & BODY:
        against.append("the body is not involved")
    free_arch = _longest_free(taken)
    if free_arch < wbb_rule("free_arch_sectors"):
        against.append(f"only {free_arch} neighbouring sectors of the arch are free to release the sac")
    violations = [EPIDURAL] if "D" in layers else []
    if taken & ARCH:
        violations.append(f"tumour in sectors {_named(taken & ARCH)} of the arch, outside 4-8 or 5-9")
    cuts = [f"sector {k}: {name}" for k, name in PEDICLES.items() if k not in taken]
    cuts += [f"sector {k}: arch" for k in (10, 11, 12, 1, 2, 3) if k not in taken]
    return _result("vertebrectomy", against=against, violations=violations, osteotomies=cuts)


def _longest_free(taken: frozenset[int]) -> int:
    """Most neighbouring sectors of the arch (10, 11, 12, 1, 2, 3) without tumour."""
    longest = run = 0
    for k in (10, 11, 12, 1, 2, 3):
        run = 0 if k in taken else run + 1
        longest = max(longest, run)
    return longest


def _sagittal(taken: frozenset[int], layers: frozenset[str], dura: tuple[str, ...]) -> Resection:
    against, violations = list(dura), [EPIDURAL] if "D" in layers else []
    narrow = (frozenset({3, 4, 5}), frozenset({8, 9, 10}))
    wide = (frozenset(range(2, 7)), frozenset(range(7, 12)))
    cuts: list[str] = []
    if not taken:
        against.append("no sector is involved")
    elif any(taken <= zone for zone in narrow):
        left = taken <= narrow[0]
        cuts = ["sector 2: left lamina", "sector 6: body"] if left else ["sector 11: right lamina", "sector 7: body"]
    elif any(taken <= zone for zone in wide):
        violations.append("outside 3-5 or 8-10; some texts allow 2-5 or 7-11 (not verified against the primary paper)")
    else:
        against.append("the tumour is not eccentric: outside sectors 3-5 or 8-10")
    return _result("sagittal", against=against, violations=violations, osteotomies=cuts)
