"""The compression chart: its coordinates against the numbers they stand for."""

import re
from dataclasses import replace

import numpy as np
import pytest
from report_samples import measured

from oncospine.base import Level
from oncospine.lesion import normal_sizes
from oncospine.report.bibliography import Bibliography
from oncospine.report.from_findings import profile_view
from oncospine.report.profile_chart import BAND_SD, LEFT, TOP, WIDTH, profile_chart


def chart(**changes: object) -> str:
    _, _, findings = measured()
    profile = replace(findings.profile, **changes)  # type: ignore[arg-type]
    return profile_chart(
        profile,
        findings.worst,
        normal=normal_sizes("canal"),
        normal_cord=normal_sizes("cord"),
        involved=frozenset(findings.involved_levels),
        displayed=str,
    )


def x_axis(svg: str) -> tuple[float, float]:
    """(x of 0, pixels per mm2) of the area panel, from its ticks."""
    values = [float(text) for text in re.findall(r'<text [^>]*y="39"[^>]*>(\d+)(?: mm²)?</text>', svg)]
    lines = [float(x) for x in re.findall(r'<line x1="([\d.]+)"[^>]*stroke="#999999"', svg)]
    count = next(index for index, value in enumerate(values[1:], 1) if value < values[index - 1])
    return lines[0], (lines[count - 1] - lines[0]) / values[count - 1]


def curve_of(svg: str, colour: str) -> np.ndarray:
    found = re.search(rf'<path d="M([^"]+)" fill="none" stroke="{colour}"', svg)
    assert found is not None
    return np.array([[float(v) for v in pair.split()] for pair in found[1].split("L")])


def test_the_canal_line_is_the_measured_area() -> None:
    _, _, findings = measured()
    svg = chart()
    zero, per_mm2 = x_axis(svg)
    curve = curve_of(svg, "#1f6fa3")
    assert (curve[:, 0] - zero) / per_mm2 == pytest.approx(findings.profile.canal_mm2, abs=0.1)
    assert (np.diff(curve[:, 1]) > 0).all()
    assert curve[0, 1] == pytest.approx(TOP)


def test_the_normal_band_is_the_published_mean_and_two_standard_deviations() -> None:
    svg = chart()
    zero, per_mm2 = x_axis(svg)
    edges = [
        (float(x) - zero) / per_mm2
        for x in re.findall(r'<line x1="([\d.]+)" y1="[\d.]+" x2="[\d.]+" y2="[\d.]+" stroke="#444444"[^>]*"5 3"', svg)
    ]
    sizes = normal_sizes("canal")
    expected = [
        sizes[level].area_mm2 + sign * BAND_SD * sizes[level].area_sd_mm2
        for level in (Level.T2, Level.T3, Level.T4, Level.T5)
        for sign in (-1, 1)
    ]
    assert edges[:8] == pytest.approx(expected, abs=0.2)


def test_the_worst_place_is_marked_with_its_level_and_share() -> None:
    _, _, findings = measured()
    worst = findings.worst
    assert worst is not None
    svg = chart()
    assert f"worst: {worst.level}, {100 * worst.canal_occupation.value:.0f} %" in svg  # type: ignore[operator]
    mark = re.search(rf'<line x1="{LEFT:g}" y1="([\d.]+)"[^>]*stroke-dasharray="6 3"', svg)
    curve = curve_of(svg, "#1f6fa3")
    assert mark is not None
    assert float(mark[1]) == pytest.approx(np.interp(worst.arc_mm, findings.profile.arc_mm, curve[:, 1]), abs=0.1)


def test_involved_levels_are_marked_and_the_others_are_not() -> None:
    svg = chart()
    assert "▶ T3" in svg
    assert "▶ T4" in svg
    assert "▶ T2" not in svg
    assert ">T2<" in svg


def test_values_that_are_not_known_leave_no_nan_in_the_drawing() -> None:
    _, _, findings = measured()
    nothing = np.full_like(findings.profile.arc_mm, np.nan)
    assert "nan" not in chart(cord_mm2=nothing, sac_mm2=nothing, canal_occupation=nothing)


def test_a_labelled_cord_is_drawn_where_it_is_known() -> None:
    _, _, findings = measured()
    cord = np.where(findings.profile.arc_mm > 20, 40.0, np.nan)
    svg = chart(cord_mm2=cord)
    zero, per_mm2 = x_axis(svg)
    curve = curve_of(svg, "#00664b")
    assert len(curve) == np.isfinite(cord).sum()
    assert (curve[:, 0] - zero) / per_mm2 == pytest.approx(40.0, abs=0.1)


def test_nothing_is_drawn_outside_the_picture() -> None:
    svg = chart()
    xs = [float(x) for x in re.findall(r'\bx[12]?="([-\d.]+)"', svg)]
    assert min(xs) >= 0
    assert max(xs) <= WIDTH


def test_the_sentences_say_what_was_measured_and_what_was_not() -> None:
    _, spine, findings = measured()
    view = profile_view(spine, findings, Bibliography())
    text = " ".join(view.sentences)
    worst = findings.worst
    assert worst is not None
    assert f"Worst at {worst.level}" in text
    assert f"{worst.free_canal_mm2.value:.1f} mm²" in text
    assert worst.direction in text
    assert [ref.id for ref in view.source.refs] == ["valosek2024"]
    none = profile_view(spine, replace(findings, worst=None), Bibliography())
    assert none.sentences == ("No tumour was measured inside the bony canal.",)


def test_the_cord_has_its_own_normal_band() -> None:
    _, _, findings = measured()
    svg = chart(cord_mm2=np.full_like(findings.profile.arc_mm, 40.0))
    zero, per_mm2 = x_axis(svg)
    edges = re.findall(r'<line x1="([\d.]+)" y1="[\d.]+" x2="[\d.]+" y2="[\d.]+" stroke="#00664b"[^>]*"5 3"', svg)
    sizes = normal_sizes("cord")
    expected = [
        sizes[level].area_mm2 + sign * BAND_SD * sizes[level].area_sd_mm2
        for level in (Level.T2, Level.T3, Level.T4, Level.T5)
        for sign in (-1, 1)
    ]
    assert [(float(x) - zero) / per_mm2 for x in edges] == pytest.approx(expected, abs=0.2)
    assert "#00664b" not in chart()
