"""Functions for the SQL files of tables: a Warehouse knows them, a reader of the snapshot does not, so no view uses them."""

from __future__ import annotations

# Lower and upper end of the 95 % interval of a share of n things (Wilson 1927), z = 1.959964; null for a share of none.
MACROS = """
create or replace temp macro wilson(share, n, side) as
    case when share is not null and n > 0 then least(1.0, greatest(
        0.0,
        (share + 1.9207295 / n + side * sqrt(3.841459 / n * (share * (1 - share) + 0.96036475 / n)))
            / (1 + 3.841459 / n)
    )) end;
create or replace temp macro wilson_low(share, n) as wilson(share, n, -1);
create or replace temp macro wilson_high(share, n) as wilson(share, n, 1);
"""
