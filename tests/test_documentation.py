"""The documentation tells the truth: links lead somewhere, and the commands it names exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_local_link_leads_to_a_file(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text("utf-8"))
    missing = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_exists(page):
    from oncospine.cli.app import app

    def names(group):
        return {command.name or command.callback.__name__.strip("_") for command in group.registered_commands}

    groups = {
        group.name or group.typer_instance.info.name: names(group.typer_instance) for group in app.registered_groups
    }
    named = re.findall(r"(?m)^ {2,}(?:\.venv/bin/)?oncospine ([a-z-]+)(?: ([a-z-]+))?", page.read_text("utf-8"))
    assert {command for command, _ in named} <= names(app) | set(groups)
    for command, word in named:
        assert command not in groups or word in groups[command]


def test_the_make_targets_of_the_readme_exist():
    targets = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8")))
    assert {"demo", "test"} <= set(re.findall(r"make ([a-z-]+)", (ROOT / "README.md").read_text("utf-8"))) <= targets


def test_the_version_is_one():
    import tomllib

    from oncospine import __version__

    assert tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"] == __version__
    assert f"version: {__version__}" in (ROOT / "CITATION.cff").read_text("utf-8")
