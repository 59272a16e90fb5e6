"""Import and export of records: every format, broken files, nothing lost, nothing expanded."""

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oncospine.base import InputError, SafetyRefusal
from oncospine.evidence.records.bibtex import latex_to_text
from oncospine.evidence.records.formats import FORMATS, exported, imported_records
from oncospine.evidence.records.normal import doi_key, normal, pages_key, surname_key, title_key
from oncospine.evidence.records.record import Record, record_from_plain, record_to_plain

LITERATURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "literature"


def _file(folder, name, content):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
    return path


def _literature(name):
    path = LITERATURE / name
    if not path.is_file():
        pytest.skip(f"shared data absent: {name}")
    return path


RECORDS = (
    Record(
        id="a-00001",
        title="Primary leiomyosarcoma of the spine: <i>a case</i> & review.",
        authors=("Müller, Jörg", "Wang, L P"),
        year=2013,
        journal="Open Journal of Modern Neurosurgery",
        journal_short="Open J Mod Neurosurg",
        volume="3",
        issue="4",
        pages="98-103",
        doi="10.4236/ojmn.2013.34018",
        pmid="12345",
        abstract='A "quoted", comma, 50% & more; 5 < 6',
        keywords=("spine", "sarcoma"),
        urls=("https://example.org/a",),
        label=1,
    ),
    Record(id="a-00002", title="[Leiomyosarkom der Wirbelsäule]", year=1999, label=0),
    Record(id="a-00003", title="A title only"),
)

KEPT = {
    "ris": {"title", "authors", "year", "journal", "journal_short", "volume", "issue", "pages", "doi",
            "pmid", "abstract",
            "keywords", "urls"},
    "nbib": {"title", "year", "journal", "journal_short", "volume", "issue", "pages", "doi", "pmid",
            "abstract", "keywords"},
    "bib": {"title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "abstract",
            "keywords", "urls"},
    "xml": {"title", "authors", "year", "journal", "journal_short", "volume", "issue", "pages", "doi",
            "pmid", "abstract",
            "keywords"},
    "csv": {"title", "authors", "year", "journal", "volume", "issue", "pages", "doi", "pmid", "abstract",
            "keywords", "urls",
            "label"},
    "asreview": {"title", "authors", "year", "doi", "abstract", "keywords", "urls", "label"},
}  # fmt: skip


@pytest.mark.parametrize("kind", FORMATS)
def test_what_is_written_is_read_back(tmp_path, kind):
    path = tmp_path / f"out.{kind}"
    exported(RECORDS, path)
    back = imported_records(path)
    assert back.format == kind
    assert back.problems == ()
    for name in KEPT[kind]:
        assert [getattr(record, name) for record in back.records] == [getattr(record, name) for record in RECORDS], name


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_records_give_the_same_bytes(tmp_path, kind):
    for name in ("one", "two"):
        exported(RECORDS, tmp_path / f"{name}.{kind}")
    assert (tmp_path / f"one.{kind}").read_bytes() == (tmp_path / f"two.{kind}").read_bytes()


@settings(max_examples=60, deadline=None)
@given(
    title=st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1),
    kind=st.sampled_from(FORMATS),
)
def test_any_title_survives(tmp_path_factory, title, kind):
    if kind == "bib":
        title = title.translate(dict.fromkeys(map(ord, "\\{}~$-"), "x"))
    if not title.strip() or (kind in ("nbib", "ris") and title.strip() != title):
        return
    path = tmp_path_factory.mktemp("t") / f"out.{kind}"
    exported([Record(id="a", title=title)], path)
    got = imported_records(path).records[0].title
    import unicodedata

    assert unicodedata.normalize("NFC", got) == unicodedata.normalize("NFC", title)


def test_a_record_survives_as_plain_data():
    for record in RECORDS:
        assert record_from_plain(record_to_plain(record)) == record


@pytest.mark.shared_data
def test_the_three_exports_of_the_literature_are_read_whole():
    counts = {"lms_spine_records.ris": 150, "lms_spine_records.nbib": 58, "lms_spine_included.bib": 56}
    for name, count in counts.items():
        found = imported_records(_literature(name))
        assert len(found.records) == count
        assert found.problems == ()
        assert all(record.title for record in found.records)
    assert sum(not record.pmid for record in imported_records(_literature("lms_spine_records.nbib")).records) == 15


@pytest.mark.shared_data
def test_rispy_reads_the_same_fields():
    import rispy

    path = _literature("lms_spine_records.ris")
    theirs = rispy.loads(path.read_text("utf-8"))
    ours = imported_records(path).records
    for one, other in zip(ours, theirs, strict=True):
        assert one.title == other.get("title", other.get("primary_title"))
        assert list(one.authors) == other.get("authors", other.get("first_authors", []))
        assert one.doi == other.get("doi", one.doi)


def test_broken_ris_is_kept_and_every_break_has_its_line(tmp_path):
    text = (
        "stray line\n"
        "TY  - JOUR\nTI  - First, with a\n   wrapped title\nPY  - 2099/01\n"
        "TY  - JOUR\nTI  - Second\nPY  - in press\nER  - \n"
        "AU  - Nobody\nTI  - Third\nER  - \nER  - \n"
        "TY  - JOUR\nTI  - Fourth\nTI  - and again\n"
    )
    found = imported_records(_file(tmp_path, "broken.ris", text))
    assert [record.title for record in found.records] == ["First, with a wrapped title", "Second", "Third", "Fourth"]
    assert [(problem.line, problem.message.split(";")[0][:40]) for problem in found.problems] == [
        (1, "'stray line' is not a RIS line and no re"),
        (6, "a record starts before the one of line 2"),
        (5, "year 2099 is impossible for a publicatio"),
        (8, "no year of four digits in 'in press'"),
        (10, "tag AU stands outside a record (no 'TY  "),
        (13, "end of record (ER) without a record"),
        (16, "the file ends inside a record (no 'ER  -"),
    ]
    assert ("TI", "and again") in found.records[3].raw
    assert str(found.problems[2]).startswith("broken.ris, line 5: year 2099")


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_line_ends_and_encodings(tmp_path, end, encoding):
    text = "TY  - JOUR\nTI  - Tumör der Wirbelsäule\nER  - \n".replace("\n", end.decode())
    found = imported_records(_file(tmp_path, "x.ris", text.encode(encoding)))
    assert found.records[0].title == "Tumör der Wirbelsäule"
    assert len(found.problems) == (1 if encoding == "cp1252" else 0)
    if encoding == "cp1252":
        assert "byte 0xf6 at column 10 is not UTF-8" in str(found.problems[0])
        assert found.problems[0].line == 2


def test_many_bad_lines_are_counted_not_listed(tmp_path):
    body = b"TY  - JOUR\nTI  - T\n" + b"KW  - caf\xe9\n" * 50 + b"ER  - \n"
    problems = imported_records(_file(tmp_path, "x.ris", body)).problems
    assert len(problems) == 6
    assert problems[-1].message == "45 more lines: not UTF-8, read as Windows-1252"


def test_accents_encoded_twice_are_reported_not_repaired(tmp_path):
    text = "TY  - JOUR\nTI  - ok\nAU  - Villà, S\nAU  - VillÃ\u00a0, S\nAU  - MÃ¼ller\nER  - \n"
    found = imported_records(_file(tmp_path, "x.ris", text))
    assert {problem.line for problem in found.problems} == {4, 5}
    assert "MÃ¼ller" in found.records[0].authors


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.ris", b"", "empty"),
        ("a.foo", b"hello", "neither its content nor its suffix"),
        ("a.csv", b"x,y\n1,2\n", "no title column among x, y"),
        ("a.ris", b"nothing here\n", "holds no record"),
        ("a.xml", b"<PubmedArticleSet><Pub", "line 1: not well-formed"),
        ("a.asreview", b"PK\x03\x04broken", "not a readable ASReview project"),
        (
            "a.csv",
            b'title,year\n"never closed,1\n' + b"x" * 10_000_100,
            r"line 2: field larger.*quotation mark left open",
        ),
    ],
)
def test_files_without_a_record_are_refused_by_name(tmp_path, name, content, message):
    with pytest.raises(InputError, match=message):
        imported_records(_file(tmp_path, name, content))


def test_a_medline_file_without_blank_lines_between_records(tmp_path):
    text = "PMID- 1\nTI  - One\n      more of it.\nPMID- 2\nTI  - Two.\nlost\nPMID- x9\n"
    found = imported_records(_file(tmp_path, "x.nbib", text))
    assert [record.title for record in found.records] == ["One more of it", "Two. lost", ""]
    lines = [problem.line for problem in found.problems]
    assert lines == [4, 6, 7, 7, 7]
    assert "PMID 'x9' is not a number" in str(found.problems[3])


def test_xml_that_declares_entities_is_refused_before_expanding(tmp_path):
    bomb = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]><PubmedArticleSet>&b;</PubmedArticleSet>'
    with pytest.raises(SafetyRefusal, match="line 1: the XML declares the entity 'a'"):
        imported_records(_file(tmp_path, "bomb.xml", bomb))
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><PubmedArticleSet>&a;</PubmedArticleSet>'
    with pytest.raises(SafetyRefusal):
        imported_records(_file(tmp_path, "outside.xml", outside))


def test_xml_cut_off_keeps_what_came_before(tmp_path):
    exported(RECORDS, tmp_path / "whole.xml")
    text = (tmp_path / "whole.xml").read_text("utf-8")
    cut = text[: text.index("A title only")]
    found = imported_records(_file(tmp_path, "cut.xml", cut))
    assert len(found.records) == 2
    assert "2 articles before it were kept" in str(found.problems[0])


def test_an_archive_that_unpacks_to_far_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("oncospine.evidence.records.asreview_file.LARGEST_UNPACKED_BYTES", 1000)
    path = tmp_path / "x.asreview"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data_store.db", b"0" * 100_000)
    with pytest.raises(SafetyRefusal, match="unpacks to"):
        imported_records(path)


def test_bibtex_macros_doubled_fields_and_an_entry_that_never_ends(tmp_path):
    text = (
        '@string{jns = "J Neurosurg"}\n@comment{ignored}\n'
        '@article{a1, title = "One {LMS}" # " more", journal = jns # { Spine}, year = 2001, year = 2002}\n'
        "@article{a2, title = {never closed, year = 2000\n"
        "@article{a3, title = {M{\\\"u}ller {\\o}re and \\'etude}, author={A, B and C, D and others}}\n"
    )
    found = imported_records(_file(tmp_path, "x.bib", text))
    assert [record.title for record in found.records] == ["One LMS more", "", "Müller øre and étude"]
    assert (found.records[0].journal, found.records[0].year) == ("J Neurosurg Spine", 2001)
    assert found.records[2].authors == ("A, B", "C, D")
    messages = [str(problem) for problem in found.problems]
    assert any("line 3: field 'year' stands twice" in text for text in messages)
    assert any("line 4: field 'title' of entry 'a2' is not closed" in text for text in messages)


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{\"U}n{\"\i}ted", "Ünïted"), (r"Szutowicz-Zieli{\'n}ska", "Szutowicz-Zielińska"),
        (r"Fran{\c{c}}ois", "François"),
        (r"\v{S}koda \& Co", "Škoda & Co"), (r"{\L}{\'o}d\'{z}", "Łódź"), (r"Stra{\ss}e", "Straße"), ("a--b", "a–b"),
        (r"\emph{in vivo}", "in vivo"), ("plain", "plain"), (r"50\% of 5~mm", "50% of 5 mm"),
    ],
)  # fmt: skip
def test_latex_becomes_unicode(latex, text):
    assert latex_to_text(latex) == text


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("https://doi.org/10.1016/S0303-8467%2803%2900002-7", "10.1016/s0303-8467(03)00002-7"),
        ("doi:10.1/x", ""), ("DOI: 10.1186/S13244-022-01336-Y.", "10.1186/s13244-022-01336-y"), ("", ""),
        ("http://dx.doi.org/10.1002/(SICI)1097", "10.1002/(sici)1097"),
    ],
)  # fmt: skip
def test_doi_key(raw, key):
    assert doi_key(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("987-9", "987-989"), ("3237-44", "3237-3244"), ("S12-5", "s12-s15"), ("170--174", "170-174"),
        ("e41875", "e41875"),
        ("1199-203", "1199-1203"), ("98", "98"), ("", ""), ("E5-E9", "e5-e9"),
    ],
)  # fmt: skip
def test_pages_key(raw, key):
    assert pages_key(raw) == key


@pytest.mark.parametrize(
    ("raw", "key"),
    [
        ("Maimone, S", "maimone"), ("Maimone S", "maimone"), ("Van Houtte, P", "van houtte"),
        ("Stefano Maimone", "maimone"),
        ("Szutowicz-Zielińska E", "szutowicz zielinska"), ("O'Brien J.K.", "o brien"), ("Müller", "muller"),
    ],
)  # fmt: skip
def test_surname_key(raw, key):
    assert surname_key(raw) == key


def test_title_keys_forget_what_indexers_change():
    one = "An analysis of <i>imaging</i> manifestations &amp; TUMOUR  findings: Ödem"
    assert title_key(one) == title_key("An Analysis of Imaging Manifestations & tumor findings - Odem")
    assert title_key("p < 0.05 in spine > 3 levels") == "p 0 05 in spine 3 levels"


def test_missing_fields_have_empty_normal_forms():
    form = normal(Record(id="x", title="T", authors=("Anonymous",)))
    assert (form.doi, form.surnames, form.year, form.pages, form.journal) == ("", (), None, "", "")


def test_a_quotation_mark_left_open_is_named_as_the_likely_cause(tmp_path):
    path = tmp_path / "open.csv"
    path.write_text('title,year\n"open quote,2001\nx,2002\n')
    (problem,) = imported_records(path).problems
    assert str(problem).startswith("open.csv, line 2: 1 cell where the header has 2")
    assert "quotation mark left open" in problem.message


def test_a_refused_xml_names_its_file(tmp_path):
    path = tmp_path / "entity.xml"
    path.write_text('<!DOCTYPE x [<!ENTITY a "b">]><PubmedArticleSet></PubmedArticleSet>')
    with pytest.raises(SafetyRefusal, match=r"entity\.xml, line 1: the XML declares the entity 'a'"):
        imported_records(path)
