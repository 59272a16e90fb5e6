"""Colours and line styles of structures: told apart without colour vision (Okabe and Ito's set) and in grey print."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """One structure on every picture: name in the legend, colour, and a dash pattern that tells it apart in grey."""

    name: str
    colour: str
    dash: str = ""
    width: float = 2.0

    @property
    def rgb(self) -> tuple[float, float, float]:
        """0..1 each."""
        red, green, blue = (int(self.colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        return red, green, blue


TUMOUR = Style(name="tumour", colour="#e8601c", width=2.4)
CANAL = Style(name="bony canal", colour="#56b4e9", dash="7 3.5")
SAC = Style(name="dural sac", colour="#f0e442", dash="2 3")
CORD = Style(name="spinal cord", colour="#00c292", dash="10 3 2 3")
WBB_BORDER = Style(name="border of a WBB sector", colour="#ffffff", dash="5 3", width=1.0)
SCREW = Style(name="screw", colour="#4c8dff", width=2.6)
CAGE = Style(name="cage", colour="#6b3fa0")
BONE = Style(name="bone", colour="#d9cdb4")
