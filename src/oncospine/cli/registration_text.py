"""The figures of a registration as text."""

from __future__ import annotations

from oncospine.study_registration import StudyRegistration


def registration_lines(found: StudyRegistration) -> list[str]:
    """The figures of a registration, each vertebra on its own, and what was carried across."""
    lines = [f"{found.moving} brought onto {found.fixed}: {found.registration.described()}"]
    lines += [
        f"  {motion.level:4} alone would move a further {motion.shift_mm:4.1f} mm and {motion.turn_deg:4.1f} deg "
        f"(overlap then {motion.dice:.2f})"
        for motion in found.levels
    ]
    lines += [
        f"carried: {item.mask.path} ({item.mask.what}), {item.before_ml:.2f} ml in {found.moving}, "
        f"{item.after_ml:.2f} ml in {found.fixed}"
        for item in found.carried
    ]
    return lines
