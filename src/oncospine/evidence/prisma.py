"""The PRISMA 2020 flow: counts with the field names of the public template, and the sums that must hold."""

from __future__ import annotations

from dataclasses import dataclass, field

from oncospine.base import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class PrismaFlow:
    """Counts of records, reports and studies (three different units). Field names as in the PRISMA 2020 template."""

    database_specific_results: dict[str, int]
    register_specific_results: dict[str, int] = field(default_factory=dict)
    duplicates: int = 0
    excluded_automatic: int = 0
    excluded_other: int = 0
    records_screened: int = 0
    records_excluded: int = 0
    dbr_sought_reports: int = 0
    dbr_notretrieved_reports: int = 0
    dbr_assessed: int = 0
    dbr_excluded: dict[str, int] = field(default_factory=dict)
    new_studies: int = 0
    new_reports: int = 0
    website_results: int = 0
    organisation_results: int = 0
    citations_results: int = 0
    other_sought_reports: int = 0
    other_notretrieved_reports: int = 0
    other_assessed: int = 0
    other_excluded: dict[str, int] = field(default_factory=dict)
    previous_studies: int = 0
    previous_reports: int = 0
    total_studies_ma: int | None = None
    total_reports_ma: int | None = None
    screening_reasons: dict[str, int] = field(default_factory=dict)
    patients: int | None = None

    @property
    def database_results(self) -> int:
        return sum(self.database_specific_results.values())

    @property
    def register_results(self) -> int:
        return sum(self.register_specific_results.values())

    @property
    def total_studies(self) -> int:
        return self.previous_studies + self.new_studies

    @property
    def total_reports(self) -> int:
        return self.previous_reports + self.new_reports

    def __post_init__(self) -> None:
        broken = self._broken()
        if broken:
            raise InputError("the PRISMA counts do not add up, so no figure is drawn: " + "; ".join(broken))

    def _broken(self) -> list[str]:
        """Every sum that does not hold, in words."""
        found = []
        identified = self.database_results + self.register_results
        removed = self.duplicates + self.excluded_automatic + self.excluded_other
        sought = self.records_screened - self.records_excluded
        assessed = self.dbr_sought_reports - self.dbr_notretrieved_reports
        others = self.other_sought_reports - self.other_notretrieved_reports
        sums = (
            ("records screened", self.records_screened, identified - removed, "identified minus removed"),
            ("reports sought", self.dbr_sought_reports, sought, "screened minus excluded"),
            ("reports assessed", self.dbr_assessed, assessed, "sought minus not retrieved"),
            ("other reports assessed", self.other_assessed, others, "sought minus not retrieved"),
            ("reports included", self.new_reports, self._assessed_and_kept(), "assessed minus excluded"),
        )  # fmt: skip
        found += [
            f"{name} is {count}, but {rule} is {expected}" for name, count, expected, rule in sums if count != expected
        ]
        if self.screening_reasons and sum(self.screening_reasons.values()) != self.records_excluded:
            total = sum(self.screening_reasons.values())
            found.append(f"reasons for exclusion sum to {total}, but {self.records_excluded} records were excluded")
        if self.new_studies > self.new_reports:
            found.append(f"{self.new_studies} studies from only {self.new_reports} reports")
        for name, part, whole in (
            ("studies", self.total_studies_ma, self.total_studies),
            ("reports", self.total_reports_ma, self.total_reports),
        ):
            if part is not None and part > whole:
                found.append(f"{part} {name} in the meta-analysis of only {whole}")
        found += [f"{name} is negative" for name, count in self.counts().items() if count < 0]
        return found

    def _assessed_and_kept(self) -> int:
        database = self.dbr_assessed - sum(self.dbr_excluded.values())
        return database + self.other_assessed - sum(self.other_excluded.values())

    def counts(self) -> dict[str, int]:
        """All single counts under the template's names."""
        names = (
            "previous_studies", "previous_reports", "database_results", "register_results", "duplicates",
            "excluded_automatic", "excluded_other", "records_screened", "records_excluded", "dbr_sought_reports",
            "dbr_notretrieved_reports", "dbr_assessed", "new_studies", "new_reports", "website_results",
            "organisation_results", "citations_results", "other_sought_reports", "other_notretrieved_reports",
            "other_assessed", "total_studies", "total_reports",
        )  # fmt: skip
        counts = {name: int(getattr(self, name)) for name in names}
        optional = {"total_studies_ma": self.total_studies_ma, "total_reports_ma": self.total_reports_ma}
        return counts | {name: value for name, value in optional.items() if value is not None}

    def template_rows(self) -> list[tuple[str, str]]:
        """(field, value) as the public template writes them; lists are "reason, n; reason, n"."""
        rows = [(name, str(count)) for name, count in self.counts().items()]
        lists = {
            "database_specific_results": self.database_specific_results,
            "register_specific_results": self.register_specific_results,
            "dbr_excluded": self.dbr_excluded,
            "other_excluded": self.other_excluded,
        }
        return rows + [
            (name, "; ".join(f"{reason}, {n}" for reason, n in parts.items())) for name, parts in lists.items() if parts
        ]
