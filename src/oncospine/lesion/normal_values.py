"""Normal size of cord and canal per vertebral level: the table of `oncospine.anatomy`, under its old name here."""

from oncospine.anatomy import NormalSize, normal_sizes

__all__ = ["NormalSize", "normal_sizes"]
