"""Statistics of small, scattered literature: survival, competing risks, pooling."""

from oncospine.evidence.statistics.competing_risks import CumulativeIncidence, GrayTest, cumulative_incidence, gray_test
from oncospine.evidence.statistics.cox import CoxFit, ProportionalHazards, cox, proportional_hazards_test
from oncospine.evidence.statistics.fine_gray import cause_specific_cox, fine_gray
from oncospine.evidence.statistics.firth import FirthFit, firth_cox
from oncospine.evidence.statistics.follow_up import NOT_REACHED, Interval, NotReached
from oncospine.evidence.statistics.frailty import FrailtyFit, frailty_cox
from oncospine.evidence.statistics.heterogeneity import TauMethod
from oncospine.evidence.statistics.kaplan_meier import (
    FEWEST_EVENTS,
    KaplanMeier,
    Median,
    kaplan_meier,
    reverse_kaplan_meier,
)
from oncospine.evidence.statistics.log_rank import LogRank, log_rank
from oncospine.evidence.statistics.mixed_model import MixedModel, binomial_normal, poisson_normal
from oncospine.evidence.statistics.pooling import (
    FEWEST_FOR_EGGER,
    FEWEST_STUDIES,
    Egger,
    Pooled,
    between_variance_interval,
    egger_test,
    leave_one_out,
    pool,
)
from oncospine.evidence.statistics.proportions import (
    TwoByTwo,
    double_arcsine_effects,
    from_double_arcsine,
    from_logit,
    from_root_rate,
    harmonic_mean,
    log_rate_effects,
    logit_effects,
    proportion,
    root_rate_effects,
    two_by_two,
)
from oncospine.evidence.statistics.published_curve import RebuiltPatients, rebuilt_patients
from oncospine.evidence.statistics.restricted_mean import (
    RestrictedMeanComparison,
    compared_restricted_means,
    restricted_mean,
)

__all__ = [
    "FEWEST_EVENTS",
    "FEWEST_FOR_EGGER",
    "FEWEST_STUDIES",
    "NOT_REACHED",
    "CoxFit",
    "CumulativeIncidence",
    "Egger",
    "FirthFit",
    "FrailtyFit",
    "GrayTest",
    "Interval",
    "KaplanMeier",
    "LogRank",
    "Median",
    "MixedModel",
    "NotReached",
    "Pooled",
    "ProportionalHazards",
    "RebuiltPatients",
    "RestrictedMeanComparison",
    "TauMethod",
    "TwoByTwo",
    "between_variance_interval",
    "binomial_normal",
    "cause_specific_cox",
    "compared_restricted_means",
    "cox",
    "cumulative_incidence",
    "double_arcsine_effects",
    "egger_test",
    "fine_gray",
    "firth_cox",
    "frailty_cox",
    "from_double_arcsine",
    "from_logit",
    "from_root_rate",
    "gray_test",
    "harmonic_mean",
    "kaplan_meier",
    "leave_one_out",
    "log_rank",
    "log_rate_effects",
    "logit_effects",
    "poisson_normal",
    "pool",
    "proportion",
    "proportional_hazards_test",
    "rebuilt_patients",
    "restricted_mean",
    "reverse_kaplan_meier",
    "root_rate_effects",
    "two_by_two",
]
