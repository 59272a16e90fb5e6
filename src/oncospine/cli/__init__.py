"""Commands: thin, one function call each."""

import os


def main() -> None:
    """The command line: runs one command, ends with its exit code."""
    # many small matrices: threads of BLAS only wait for each other; numpy reads this when it is first imported
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    from oncospine.cli.main import run

    run()


__all__ = ["main"]
