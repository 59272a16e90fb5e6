"""Parts of a vertebra: names, codes and how they group."""

from __future__ import annotations

from enum import StrEnum

from oncospine.base import Side


class Part(StrEnum):
    """A part of a vertebra; left and right are the patient's."""

    BODY = "body"
    PEDICLE_LEFT = "pedicle left"
    PEDICLE_RIGHT = "pedicle right"
    LAMINA_LEFT = "lamina left"
    LAMINA_RIGHT = "lamina right"
    ARTICULAR_LEFT = "articular left"
    ARTICULAR_RIGHT = "articular right"
    TRANSVERSE_LEFT = "transverse left"
    TRANSVERSE_RIGHT = "transverse right"
    SPINOUS = "spinous"

    @property
    def code(self) -> int:
        """Value of this part in oncospine's part arrays; 0 is no bone."""
        return _CODES[self]

    @property
    def side(self) -> Side | None:
        """Side of the part; None for body and spinous process."""
        last = self.value.rsplit(" ", 1)[-1]
        return Side(last) if last in {"left", "right"} else None

    @property
    def mirrored(self) -> Part:
        """The same part on the other side."""
        return self if self.side is None else Part(f"{self.value.rsplit(' ', 1)[0]} {self.side.other}")


PARTS: tuple[Part, ...] = tuple(Part)
"""All parts, body first."""

_CODES = {part: index + 1 for index, part in enumerate(PARTS)}

POSTERIOR_ELEMENTS = frozenset(part for part in PARTS if part is not Part.BODY)
"""Everything but the body."""


def part_of_code(code: int) -> Part:
    """The part whose `code` this is."""
    return PARTS[code - 1]


def sided(part: str, side: Side) -> Part:
    """For example `sided("pedicle", Side.LEFT)`."""
    return Part(f"{part} {side}")
