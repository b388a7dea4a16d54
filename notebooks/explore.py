"""For analysts: pick a line and a period, see KPIs, themes and forecast, write SQL on the snapshot."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Groundswell: explore")


@app.cell
def imports():
    import os
    from pathlib import Path

    import duckdb
    import marimo as mo
    import plotly.graph_objects as go

    return Path, duckdb, go, mo, os


@app.cell
def open_snapshot(Path, duckdb, mo, os):
    # The snapshot is replaced whole at the end of a run; this one stays as it was opened.
    path = Path(os.environ.get("GROUNDSWELL_HOME", "data")) / "published.duckdb"
    mo.stop(
        not path.exists(),
        mo.md(f"**{path}: nothing is published yet.** Run `make demo` or `groundswell run` first."),
    )
    snapshot = duckdb.connect(str(path), read_only=True)

    def query(sql, parameters=()):
        return snapshot.execute(sql, list(parameters)).pl()

    account = query("select as_of, time_zone from stg_account").row(0, named=True)
    return account, query


@app.cell
def title(account, mo, query):
    sources = query("select source, tickets from stg_sources order by tickets desc")
    listed = ", ".join(f"{source} ({tickets:,} tickets)" for source, tickets in sources.iter_rows())
    mo.md(
        f"# Explore\n\nFrom {listed or 'no source yet'}; as of {account['as_of']:%d %b %Y %H:%M} UTC, "
        f"days in {account['time_zone']}."
    )
    return


@app.cell
def choose(mo, query):
    lines = query("select distinct business_line from daily_volume order by all")["business_line"].to_list()
    span = query("select min(date) as first, max(date) as last from daily_volume").row(0, named=True)
    mo.stop(span["last"] is None, mo.md("There are no tickets in the snapshot yet."))
    line = mo.ui.dropdown(["all", *lines], value="all", label="Line")
    period = mo.ui.date_range(
        start=span["first"], stop=span["last"], value=(span["first"], span["last"]), label="Period"
    )
    mo.hstack([line, period], justify="start")
    return line, period


@app.cell
def kpis(line, mo, period, query):
    kpi_table = query(
        """
        select
            week,
            tickets_created as created,
            tickets_solved as solved,
            backlog,
            round(first_reply_minutes_median) as first_reply_minutes,
            round(full_resolution_minutes_median / 60, 1) as resolution_hours,
            round(100 * csat, 1) as csat_percent,
            round(100 * csat_low, 1) as csat_low,
            round(100 * csat_high, 1) as csat_high,
            round(100 * csat_response_rate, 1) as response_percent
        from weekly_kpis
        where business_line = ? and week between ? and ?
        order by week desc
        """,
        [line.value, *period.value],
    )
    mo.vstack([mo.md("## Weekly KPIs\nMedians; CSAT with its 95 % interval."), mo.ui.table(kpi_table, page_size=8)])
    return


@app.cell
def volume(go, line, mo, period, query):
    daily = query(
        """
        select date, sum(tickets_created)::bigint as tickets
        from daily_volume
        where (? = 'all' or business_line = ?) and date between ? and ?
        group by date order by date
        """,
        [line.value, line.value, *period.value],
    )
    volume_figure = go.Figure(go.Scatter(x=daily["date"].to_list(), y=daily["tickets"].to_list(), mode="lines"))
    volume_figure.update_layout(height=280, margin={"l": 40, "r": 10, "t": 10, "b": 30}, yaxis_title="tickets a day")
    mo.vstack([mo.md("## Volume"), mo.ui.plotly(volume_figure)])
    return


@app.cell
def themes(line, mo, period, query):
    theme_table = query(
        """
        select themes.name as theme, count(*) as tickets, themes.description as example
        from ticket_themes
        join themes using (theme_id)
        join stg_tickets as tickets using (source, ticket_id)
        where (? = 'all' or tickets.business_line = ?) and tickets.created_on between ? and ?
        group by all
        order by tickets desc
        """,
        [line.value, line.value, *period.value],
    )
    mo.vstack([mo.md("## Themes of escalated tickets"), mo.ui.table(theme_table, page_size=10)])
    return (theme_table,)


@app.cell
def forecast(go, line, mo, query):
    level, value = ("total", None) if line.value == "all" else ("business_line", line.value)
    ahead = query(
        """
        select date, expected, low_80, high_80
        from forecast_daily
        where level = ? and business_line is not distinct from ?
        order by date
        """,
        [level, value],
    )
    days = ahead["date"].to_list()
    forecast_figure = go.Figure()
    forecast_figure.add_scatter(x=days, y=ahead["high_80"].to_list(), mode="lines", line_width=0, showlegend=False)
    forecast_figure.add_scatter(
        x=days, y=ahead["low_80"].to_list(), mode="lines", line_width=0, fill="tonexty", name="8 of 10 days"
    )
    forecast_figure.add_scatter(x=days, y=ahead["expected"].to_list(), mode="lines", name="expected")
    forecast_figure.update_layout(height=280, margin={"l": 40, "r": 10, "t": 10, "b": 30}, yaxis_title="tickets a day")
    mo.vstack(
        [
            mo.md("## Forecast\nArrivals at both tiers: an escalated ticket counts once at each."),
            mo.ui.plotly(forecast_figure),
        ]
    )
    return


@app.cell
def write_sql(mo):
    sql = mo.ui.code_editor(
        value="select business_line, count(*) as tickets\nfrom stg_tickets\ngroup by all\norder by tickets desc",
        language="sql",
        label="Your SQL on the snapshot",
    )
    sql
    return (sql,)


@app.cell
def run_sql(duckdb, mo, query, sql):
    try:
        result = mo.ui.table(query(sql.value))
    except duckdb.Error as error:
        result = mo.callout(str(error), kind="warn")
    result
    return


if __name__ == "__main__":
    app.run()
