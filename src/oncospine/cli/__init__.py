"""Commands: thin, one function call each."""

from oncospine.cli.main import main

__all__ = ["main"]
