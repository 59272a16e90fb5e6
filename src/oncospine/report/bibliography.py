"""Numbers the sources of one page in the order in which they are met."""

from __future__ import annotations

from collections.abc import Iterable

from oncospine.base import Verification, citation
from oncospine.report.view import CitationView
from oncospine.report.view_parts import Ref, Source


class Bibliography:
    """Give it citation ids, get numbers; the list at the end holds each source once."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def refs(self, ids: Iterable[str]) -> tuple[Ref, ...]:
        """Numbers of these sources; an unknown id is an error, because a page must not cite what does not exist."""
        found = []
        for key in dict.fromkeys(ids):
            citation(key)
            found.append(Ref(number=self._numbers.setdefault(key, len(self._numbers) + 1), id=key))
        return tuple(found)

    def source(self, ids: Iterable[str] = (), *, verification: Verification | None = None, rule: str = "") -> Source:
        """What stands behind a sentence, with the words the report prints for its tag."""
        return Source(
            refs=self.refs(ids),
            verification=verification.words if verification is not None else "",
            rule=rule,
            is_verified=verification is None or verification.is_verified or verification is Verification.PROJECT,
        )

    def listed(self) -> tuple[CitationView, ...]:
        """All sources met so far, by number."""
        return tuple(
            CitationView(
                number=number,
                id=key,
                text=citation(key).text,
                doi=citation(key).doi or "",
                verification=citation(key).verification.words,
            )
            for key, number in self._numbers.items()
        )
