"""Every deliberate failure of oncospine, in one tree."""


class OncospineError(Exception):
    """Base class: catch this to catch any deliberate failure."""

    exit_code = 2


class InputError(OncospineError, ValueError):
    """A file, a field or an option that cannot be used: names what, where, what was expected, what to do."""


class GeometryError(InputError):
    """Points, affines, grids or meshes that cannot describe a patient."""


class MeasurementError(OncospineError, ValueError):
    """The inputs are valid, but the measurement is undefined on them."""


class SafetyRefusal(OncospineError):
    """The program will not go on because a wrong answer would be dangerous (exit code 3)."""

    exit_code = 3


class MissingExtraError(OncospineError, ImportError):
    """An optional engine is not installed; the message says how to install it."""
