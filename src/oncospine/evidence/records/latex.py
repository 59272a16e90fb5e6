"""LaTeX text of bibliographies as plain Unicode: accents, ligatures, braces."""

from __future__ import annotations

import re
import unicodedata

_COMBINING = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331",
}  # fmt: skip

_LETTERS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "i", "j": "j", "dh": "ð", "th": "þ", "textendash": "–", "textemdash": "—", "ldots": "…",
    "alpha": "α", "beta": "β", "gamma": "γ", "mu": "μ",
}  # fmt: skip

_ACCENT = re.compile(r"""\\(?:(['`^"~=.])\s*|([cvuHkrdb])(?:\s+|(?=\{)))(?:\{\s*\\?([A-Za-z])\s*\}|\\?([A-Za-z]))""")
_NAMED = re.compile(r"\\(" + "|".join(sorted(_LETTERS, key=len, reverse=True)) + r")(?:\{\}|(?![A-Za-z])\s?)")
_STYLE = re.compile(r"\\(?:text(?:it|bf|sc|rm|tt|sf)|emph|mathrm|em|it|bf)\b\s*")


def latex_to_text(text: str) -> str:
    """Plain text of a LaTeX string: ``M{\\"u}ller`` is Müller. Unknown commands keep their argument."""
    if "\\" not in text and "{" not in text and "~" not in text and "$" not in text and "--" not in text:
        return text
    text = _ACCENT.sub(_accented, text)
    text = _NAMED.sub(lambda found: _LETTERS[found[1]], text)
    text = re.sub(r"\\([&%_#$])", r"\1", text)
    text = _STYLE.sub("", text)
    text = text.replace("---", "—").replace("--", "–").replace("~", " ")
    text = re.sub(r"\\[A-Za-z]+\s*", "", text)
    text = re.sub(r"[{}]", "", text.replace("\\{", "").replace("\\}", ""))
    return unicodedata.normalize("NFC", re.sub(r"\s+", " ", text).strip())


def text_to_latex(text: str) -> str:
    """Text safe inside braces: the five special characters escaped, everything else Unicode."""
    return re.sub(r"([&%_#$])", r"\\\1", text).replace("{", "").replace("}", "")


def _accented(found: re.Match[str]) -> str:
    mark, letter = found[1] or found[2], found[3] or found[4]
    return unicodedata.normalize("NFC", letter + _COMBINING[mark])
