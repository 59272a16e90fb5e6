"""The page as a whole: complete, self-contained, escaped, in the allowed words, the same on every run."""

import html
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from report_samples import CASE_YAML, case, changed, inputs, measured_on_mr, results

from oncospine.anatomy import Confidence, Doubt, LevelNaming, Severity
from oncospine.base import Level
from oncospine.report import render_report, report_view
from oncospine.report.palette import CORD
from oncospine.report.view import Grade
from oncospine.strategy import FOOTER, LevelInputs, assess, faults

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'&"


class Page(HTMLParser):
    """Tags, attributes and visible text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self._hidden = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self._hidden += tag in {"style", "title"}

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in {"style", "title"}

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.texts))

    def values(self, attribute: str) -> list[str]:
        return [value for _, name, value in self.attributes if name == attribute]


@pytest.fixture(scope="module")
def page() -> str:
    return render_report(report_view(results()))


@pytest.fixture(scope="module")
def parsed(page: str) -> Page:
    return Page(page)


def test_the_page_needs_nothing_from_outside(page: str, parsed: Page) -> None:
    assert not set(parsed.tags) & {"script", "link", "iframe", "object", "embed", "form", "base"}
    assert all(value.startswith("data:image/svg+xml") for value in parsed.values("src"))
    assert all(value.startswith("#") for value in parsed.values("href"))
    assert not [name for _, name, _ in parsed.attributes if name.startswith("on")]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]
    assert "@import" not in style[1]
    without_namespace = page.replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"https?:", without_namespace)
    assert "default-src 'none'" in html.unescape(page)


def test_every_link_inside_the_page_has_its_target(parsed: Page) -> None:
    targets = set(parsed.values("id"))
    links = {value.removeprefix("#") for value in parsed.values("href")}
    assert links
    assert links <= targets
    assert len(parsed.values("id")) == len(targets)


def test_the_same_inputs_give_the_same_bytes(page: str) -> None:
    assert render_report(report_view(results())) == page


def test_the_first_screen_has_its_parts_in_their_order(parsed: Page) -> None:
    text = parsed.text
    parts = ["REF-0001", "51–52 years, female", "leiomyosarcoma", "weakness of both legs", "EMERGENCY FLAG",
             "Levels and parts", "Scores", "Compression along the canal", "Options to discuss", "Pictures",
             "Measurements", "Where it comes from", "Sources", FOOTER]  # fmt: skip
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert text.rstrip().endswith("Planning aid, not for navigation.")


def test_emergency_flags_come_before_every_doubt_and_note() -> None:
    view = report_view(changed(scan=None))
    grades = [notice.grade for notice in view.notices]
    assert grades.count(Grade.EMERGENCY) == len(results().strategy.flags) > 0  # type: ignore[union-attr]
    assert grades == sorted(grades, key=list(Grade).index)
    texts = [notice.text for notice in view.notices if notice.grade is Grade.EMERGENCY]
    assert texts == [flag.text for flag in results().strategy.flags]  # type: ignore[union-attr]


def test_a_doubt_about_levels_stands_above_the_level_map_and_marks_every_name() -> None:
    spine = results().spine
    assert spine is not None
    doubt = Doubt(severity=Severity.WARNING, topic="levels", text="rib 3 meets the vertebra called T4")
    naming = LevelNaming(confidence=Confidence.LOW, reasons=("no rib is labelled",))
    doubted = replace(spine, naming=naming, doubts=(*spine.doubts, doubt))
    text = Page(render_report(report_view(changed(spine=doubted, scan=None)))).text
    start = text.index("Levels and parts")
    assert "DOUBT Level names: low confidence: no rib is labelled." in text[:start]
    assert "DOUBT Levels: rib 3 meets the vertebra called T4." in text[:start]
    assert "▶ T3?" in text
    assert not re.search(r"▶ T3 ", text[start:])


def test_every_doubt_and_note_is_on_the_page(parsed: Page) -> None:
    for notice in report_view(changed(scan=None)).notices:
        assert re.sub(r"\s+", " ", notice.text) in parsed.text


def test_hostile_text_stays_text() -> None:
    escaped = HOSTILE.replace('"', '\\"')
    text = CASE_YAML.replace("what: weakness of both legs", f'what: "{escaped}"')
    text = text.replace("histology: leiomyosarcoma,", f'histology: "{escaped}",') + f'notes: "{escaped}"\n'
    hostile = case(text)
    page = render_report(
        report_view(changed(case=hostile, scan=None, notes=(HOSTILE,), hashes={HOSTILE: HOSTILE}, made_on=HOSTILE))
    )
    found = Page(page)
    assert not set(found.tags) & {"script"}
    assert not [value for value in found.values("src") if value == "x"]
    assert not [name for _, name, _ in found.attributes if name.startswith("on")]
    assert "<script>" not in page
    assert found.text.count("<script>alert(1)</script>") >= 6


def sentences_of_the_page() -> str:
    """Visible text without the names of two inputs and without the notes that score tables print word for word."""
    view = report_view(changed(scan=None))
    scores = tuple(replace(score, notes=()) for score in view.scores)
    text = Page(render_report(replace(view, scores=scores))).text
    return re.sub(r"\b(MRI|steroid) contraindicated\b", "", text)


def test_nothing_on_the_page_orders_refuses_or_overclaims() -> None:
    assert faults(sentences_of_the_page()) == ()


@pytest.mark.parametrize("word", ["must", "should", "perform", "forbidden"])
def test_the_wording_test_can_fail(word: str) -> None:
    view = report_view(changed(scan=None))
    wrong = replace(view.options[0], title=f"the team {word} operate")
    assert f"banned word '{word}'" in faults(Page(render_report(replace(view, options=(wrong,)))).text)


def test_every_sentence_of_the_rules_is_printed_with_source_and_tag(parsed: Page) -> None:
    strategy = results().strategy
    assert strategy is not None
    for item in (*strategy.flags, *strategy.recommendations):
        assert re.sub(r"\s+", " ", item.text) in parsed.text
        assert item.rule_id in parsed.text
    for option in strategy.options:
        assert option.title in parsed.text
    text = parsed.text[parsed.text.index("Sources") :]
    assert "verified in two or more sources" in parsed.text
    assert "doi 10.1097/BRS.0b013e3181e16ae2" in text


def test_scores_have_their_range_and_what_is_missing(parsed: Page) -> None:
    sins = results().strategy.sins.patient  # type: ignore[union-attr]
    assert sins is not None
    assert sins.range is not None
    low, high = sins.range
    assert low < high
    assert f"{low}–{high} of 0–18" in parsed.text
    assert "alignment" in parsed.text
    assert "2 or 3" in parsed.text


def test_a_measured_grade_is_not_called_entered() -> None:
    view = report_view(changed(scan=None))
    measured = next(score for score in view.scores if "Epidural" in score.name)
    assert measured.value == "2 or 3"
    assert measured.missing == ("grade read on axial T2 MR",)
    assert any("CT estimate" in note for note in measured.notes)
    assert all(not part.how.startswith("entered") for part in measured.components)


def test_a_page_can_be_made_of_the_case_alone() -> None:
    text = Page(render_report(report_view(changed(
        study=None, scan=None, spine=None, findings=None, inputs=None, strategy=None, notes=(), hashes=None,
    )))).text  # fmt: skip
    assert "No image was measured" in text
    assert "Levels and parts" not in text
    assert FOOTER in text
    assert "PLANNING AID, NOT FOR NAVIGATION" in text


def test_without_a_tumour_mask_the_page_says_so_and_still_has_pictures() -> None:
    view = report_view(changed(findings=None))
    text = Page(render_report(view)).text
    assert "No tumour mask: involvement and compression are not measured." in text
    assert view.profile is None
    assert [picture.kind for picture in view.pictures].count("3d") == 4
    assert any(picture.title.startswith("Axial") for picture in view.pictures)


def test_pictures_cover_three_planes_and_four_views() -> None:
    titles = [picture.title for picture in report_view(results()).pictures]
    assert titles[:3] == ["Sagittal", "Coronal", "Axial T3, worst place"]
    assert "Axial T4" in titles
    assert titles[-4:] == [
        "3-D from behind", "3-D from the front", "3-D from the patient's left", "3-D from the patient's right",
    ]  # fmt: skip


def test_every_picture_has_words_instead_of_it_and_the_reminder_under_it(page: str, parsed: Page) -> None:
    images = parsed.tags.count("img")
    assert images == len([value for value in parsed.values("alt") if len(value) > 20])
    assert parsed.text.count("Planning aid, not for navigation.") >= images


def test_hashes_and_versions_are_printed(parsed: Page) -> None:
    assert "sha256:00ff" in parsed.text
    assert results().scan.content_hash in parsed.text  # type: ignore[union-attr]
    assert "oncospine" in parsed.text


def test_a_missing_value_is_a_dash_and_never_a_zero() -> None:
    spine = results().spine
    assert spine is not None
    cut = replace(spine.vertebrae[Level.T5], heights=None, pedicles={})
    view = report_view(changed(spine=replace(spine, vertebrae={**spine.vertebrae, Level.T5: cut}), scan=None))
    rows = {row[0]: row for row in view.measurements[0].rows}
    assert rows["T5"][1:4] == ("—", "—", "—")
    assert "—" not in rows["T4"][1]


def test_unverified_facts_are_marked() -> None:
    view = report_view(results())

    def marks(*, verified: bool) -> int:
        source = replace(view.recommendations[0].source, is_verified=verified, verification="words of the tag")
        page = render_report(replace(view, recommendations=(replace(view.recommendations[0], source=source),)))
        return page.count('class="words unverified"')

    assert marks(verified=False) == marks(verified=True) + 1


def test_contradictions_between_inputs_are_doubts() -> None:
    given = replace(inputs(), frankel="E")
    view = report_view(changed(strategy=assess(given), inputs=given, scan=None))
    assert any("Frankel E, yet weakness" in notice.text for notice in view.notices if notice.grade is Grade.WARNING)


def test_levels_of_the_inputs_are_printed_with_where_they_came_from() -> None:
    given = replace(inputs(), levels=(LevelInputs(level=Level.T3, escc=("1c",)),))
    view = report_view(changed(strategy=assess(given), inputs=given, scan=None))
    grade = next(score for score in view.scores if "Epidural" in score.name)
    assert (grade.value, grade.band, grade.subject) == ("1c", "grey", "T3")


def test_an_mr_beside_the_ct_keeps_its_own_name_pictures_doubts_and_cord() -> None:
    second = measured_on_mr()
    view = report_view(changed(scan=None, second=second))
    name = "MR T2 of 2013-02-09 (mr-preop)"
    assert view.second_study is not None
    assert view.second_study.study == name
    assert {picture.study for picture in view.second_study.pictures} == {name}
    assert {picture.study for picture in view.pictures} == {"CT of 2013-02-08 (ct-preop, supine)"}
    assert (CORD.name, CORD.colour, CORD.dash) in view.legend
    assert len({dash for _, _, dash in view.legend}) == len(view.legend)
    doubts = [notice for notice in view.notices if notice.text.startswith(f"{name}: Level names")]
    assert len(doubts) == 1
    page = Page(render_report(view))
    assert f"{name}: Worst at T3" in page.text
    assert page.text.index(f"{name}: Worst at T3") < page.text.index("Options to discuss")
    assert "The cord is not labelled" not in page.text[page.text.index(f"{name}: Worst") :][:300]
    assert faults(re.sub(r"\b(MRI|steroid) contraindicated\b|does not", "", page.text)) == ()
