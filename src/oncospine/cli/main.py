"""The entry point: runs a command and turns deliberate failures into one message and an exit code."""

from __future__ import annotations

import os
import sys

from oncospine.base import OncospineError
from oncospine.cli.console import BAD_INPUT, complain, exit_code_of


def run() -> None:
    """Run the command line; exits with 0 (ok), 2 (bad input) or 3 (refused for safety)."""
    from oncospine.cli.app import app

    try:
        app()
    except OncospineError as error:
        complain(f"oncospine: {error}")
        sys.exit(exit_code_of(error))
    except BrokenPipeError:
        # the reader of our output has gone; leave quietly, as other tools do
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(BAD_INPUT)
    except OSError as error:
        complain(f"oncospine: {error.filename or 'file system'}: {error.strerror or error}")
        sys.exit(BAD_INPUT)
    except MemoryError:
        complain("oncospine: not enough memory for this image; crop it to the spine and run again")
        sys.exit(BAD_INPUT)
