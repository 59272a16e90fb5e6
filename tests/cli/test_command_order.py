"""Help lists the commands in the order in which a case meets them."""

import re

from typer.main import get_command
from typer.testing import CliRunner

from oncospine.cli.app import app
from oncospine.cli.command_order import IN_ORDER_OF_USE


def test_every_command_has_its_place_and_every_place_its_command() -> None:
    assert sorted(get_command(app).commands) == sorted(IN_ORDER_OF_USE)  # type: ignore[attr-defined]


def test_help_lists_them_in_that_order() -> None:
    told = CliRunner().invoke(app, ["--help"]).output.split("Commands:")[1]
    listed = re.findall(r"^  ([a-z][a-z-]*)  ", told, flags=re.MULTILINE)
    assert tuple(listed) == IN_ORDER_OF_USE
