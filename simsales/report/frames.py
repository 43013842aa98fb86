"""KPIs as pandas data frames, replication by replication."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from simsales.analysis.labels import ordered
from simsales.errors import InputError
from simsales.kpis import parts
from simsales.kpis.series import Floats

if TYPE_CHECKING:
    import pandas


def kpi_frame(values: Mapping[str, Mapping[str, Floats]], replications: Sequence[int]) -> pandas.DataFrame:
    """One row for each alternative, KPI and replication.

    Args:
        values: By alternative and name of the KPI, nan where undefined; shape (replications,), or
            (replications, months): then there is one row for each month, too.
        replications: Their numbers.

    Returns:
        Columns alternative, tier (empty in total), kpi, replication, month (of monthly values), value.

    Raises:
        InputError: if pandas is not installed.
    """
    try:
        import pandas
    except ImportError as error:
        raise InputError("data frames need pandas: pip install 'simsales[pandas]'") from error
    frames = []
    for alternative, kpis in values.items():
        for name in sorted(ordered(kpis), key=lambda name: parts(name).tier):
            x = kpis[name]
            cells: dict[str, object] = {
                "alternative": alternative,
                "tier": parts(name).tier,
                "kpi": parts(name).plain,
                "replication": np.repeat(replications, x.size // max(1, len(x))),
            }
            if x.ndim == 2:
                cells["month"] = np.tile(np.arange(1, x.shape[1] + 1), len(x))
            frames.append(pandas.DataFrame({**cells, "value": x.ravel()}))
    return pandas.concat(frames, ignore_index=True)
