"""For analysts: pick a line and a period, see KPIs, themes and forecast, write SQL on the snapshot."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Groundswell: explore")


@app.cell
def imports():
    from datetime import timedelta

    import duckdb
    import marimo as mo
    import plotly.graph_objects as go
    import polars as pl

    from assets.reports import wording
    from assets.reports.metrics import METRICS
    from pipelines.settings import read_settings

    return METRICS, duckdb, go, mo, pl, read_settings, timedelta, wording


@app.cell
def open_snapshot(duckdb, mo, read_settings):
    path = read_settings().published
    mo.stop(
        not path.exists(),
        mo.callout(
            mo.md(
                f"**Nothing is published yet** at `{path}`.\n\n"
                "Run `make demo` for simulated tickets or `groundswell run` for your own, then open this again."
            ),
            kind="warn",
        ),
    )
    # A run replaces the file whole, so this stays the snapshot of the moment it was opened.
    # Without external access a query can reach nothing but the snapshot.
    try:
        snapshot = duckdb.connect(
            path,
            read_only=True,
            config={"enable_external_access": False, "python_enable_replacements": False},
        )
    except duckdb.Error as error:
        mo.stop(True, mo.callout(f"{path} cannot be opened: {error}", kind="danger"))

    def query(sql, *parameters):
        return snapshot.sql(sql, params=parameters).pl()

    return query, snapshot


@app.cell
def title(mo, query, wording):
    sources = query("select source, tickets from stg_sources order by tickets desc")
    account = query("select as_of, as_of_on, time_zone from stg_account").row(0, named=True)
    listed = wording.listing(
        [f"{name} ({wording.plural(size, 'ticket')})" for name, size in sources.iter_rows()]
    )
    mo.md(
        f"# Explore\n\nFrom {listed or 'no source yet'}. Everything as of "
        f"{wording.moment(account['as_of'], account['time_zone'], year=True)} {account['time_zone']}."
    )
    return (account,)


@app.cell
def choose(account, mo, query, timedelta, wording):
    lines = query("select distinct business_line as line from daily_kpis order by line <> 'all', line")[
        "line"
    ]
    mo.stop(lines.is_empty(), mo.callout("There are no tickets in the snapshot yet.", kind="warn"))
    begin = query("select min(date) as date from daily_kpis").item()
    end = account["as_of_on"]
    line = mo.ui.dropdown({wording.readable(name): name for name in lines}, value="all", label="Line")
    period = mo.ui.date_range(
        start=begin, stop=end, value=(max(begin, end - timedelta(days=90)), end), label="Period"
    )
    mo.hstack([line, period], justify="start", gap=2)
    return begin, line, period


@app.cell
def chosen(line, period):
    chosen_line = line.value
    first_day, last_day = period.value
    return chosen_line, first_day, last_day


@app.cell
def kpis_of_the_period(chosen_line, first_day, last_day, mo, query, wording):
    # Days add up to a period for counts; a median does not, so times are shown by week below.
    totals = query(
        """
        select
            sum(tickets_created)::bigint as created,
            sum(tickets_solved)::bigint as solved,
            arg_max(backlog, date) as backlog,
            sum(csat_good) / nullif(sum(csat_rated), 0) as csat,
            sum(csat_rated)::bigint as rated
        from daily_kpis
        where business_line = ? and date between ? and ?
        """,
        chosen_line,
        first_day,
        last_day,
    ).row(0, named=True)
    mo.vstack(
        [
            mo.md(f"## KPIs, {wording.day(first_day, year=True)} to {wording.day(last_day, year=True)}"),
            mo.hstack(
                [
                    mo.stat(wording.count(totals["created"]), label="Tickets created", bordered=True),
                    mo.stat(wording.count(totals["solved"]), label="Tickets solved", bordered=True),
                    mo.stat(wording.count(totals["backlog"]), label="Backlog at the end", bordered=True),
                    mo.stat(
                        wording.share(totals["csat"]),
                        label="CSAT",
                        caption=f"good of {wording.plural(totals['rated'] or 0, 'rating')}",
                        bordered=True,
                    ),
                ],
                widths="equal",
            ),
        ]
    )
    return (totals,)


@app.cell
def last_week(METRICS, chosen_line, first_day, last_day, mo, pl, query, timedelta, wording):
    signals = query(
        """
        select metric, value, usual_low, usual_high, verdict, week
        from kpi_signals
        where business_line = ? and week between ? and ?
        qualify week = max(week) over ()
        """,
        chosen_line,
        first_day,
        last_day - timedelta(days=6),
    )
    by_metric = {row["metric"]: row for row in signals.iter_rows(named=True)}
    verdicts = pl.DataFrame(
        [
            {
                "KPI": metric.label,
                "last whole week": wording.show(metric.unit, row["value"]),
                "usual range": wording.between(metric.unit, row["usual_low"], row["usual_high"]),
                "verdict": wording.VERDICTS[row["verdict"]] if row["value"] is not None else "not known",
            }
            for metric in METRICS
            if (row := by_metric.get(metric.name))
        ]
    )
    mo.stop(
        signals.is_empty(),
        mo.md("The period holds no whole week, Monday to Sunday, that could be set beside its usual range."),
    )
    mo.vstack(
        [
            mo.md(
                f"### Last whole week: {wording.week(signals['week'][0])}\n\n"
                "The usual range holds nearly all ordinary weeks: the mean of up to 26 weeks before, "
                "plus and minus 2.66 times the mean change from week to week."
            ),
            mo.ui.table(
                verdicts,
                selection=None,
                pagination=False,
                show_download=False,
                show_search=False,
                show_data_types=False,
                show_column_summaries=False,
            ),
        ]
    )
    return (verdicts,)


@app.cell
def choose_metric(METRICS, mo, query):
    signalled = set(query("select distinct metric from kpi_signals")["metric"])
    metrics = {metric.label: metric for metric in METRICS if metric.name in signalled}
    mo.stop(not metrics, mo.md("There is no whole week yet, so there are no weekly figures to draw."))
    metric_choice = mo.ui.dropdown(metrics, value=next(iter(metrics)), label="Week by week:")
    return (metric_choice,)


@app.cell
def weekly_chart(chosen_line, first_day, go, last_day, metric_choice, mo, query, timedelta, wording):
    shown = metric_choice.value
    divisor, unit = {"minutes": (60, "hours"), "share": (0.01, "%")}.get(shown.unit, (1, "tickets"))
    weekly = query(
        """
        select
            week,
            value / ? as value,
            usual_low / ? as low,
            usual_high / ? as high,
            verdict in ('above', 'below') as is_unusual
        from kpi_signals
        where business_line = ? and metric = ? and week between ? and ?
        order by week
        """,
        *(divisor, divisor, divisor),
        chosen_line,
        shown.name,
        first_day,
        last_day - timedelta(days=6),
    )
    weeks = weekly["week"].to_list()
    weekly_figure = go.Figure(layout=plain_layout(unit))
    weekly_figure.add_scatter(
        x=weeks, y=weekly["high"].to_list(), mode="lines", line_width=0, showlegend=False
    )
    weekly_figure.add_scatter(
        x=weeks,
        y=weekly["low"].to_list(),
        mode="lines",
        line_width=0,
        fill="tonexty",
        fillcolor="rgba(47,93,138,0.15)",
        name="usual range",
    )
    weekly_figure.add_scatter(
        x=weeks,
        y=weekly["value"].to_list(),
        mode="lines+markers",
        line_color="#2f5d8a",
        marker_color=["#c2410c" if unusual else "#2f5d8a" for unusual in weekly["is_unusual"]],
        name=shown.label,
    )
    mo.vstack(
        [
            metric_choice,
            mo.md(f"{shown.meaning} Whole weeks only; a week outside its usual range is orange."),
            weekly_figure if weeks else mo.md("The period holds no whole week."),
        ]
    )
    return


@app.function
def plain_layout(unit):
    """The look all charts here share. unit: what the vertical axis counts."""
    return {
        "height": 280,
        "margin": {"l": 50, "r": 10, "t": 10, "b": 30},
        "yaxis": {"title": {"text": unit}, "rangemode": "tozero"},
        "legend": {"orientation": "h", "y": 1.12},
        "hovermode": "x unified",
        "template": "plotly_white",
    }


@app.cell
def weekly_table(chosen_line, first_day, last_day, mo, query):
    weekly_kpis = query(
        """
        select
            week,
            case when not is_whole then 'part of the week' end as note,
            tickets_created as created,
            tickets_solved as solved,
            backlog,
            round(first_reply_minutes_median / 60, 1) as "first reply, h",
            round(full_resolution_minutes_median / 60, 1) as "resolution, h",
            round(100 * csat, 1) as "CSAT, %",
            case when csat_rated > 0
                then concat(round(100 * csat_low)::int, ' to ', round(100 * csat_high)::int) end as "CSAT, 95 %",
            round(100 * csat_response_rate, 1) as "rated, %",
            round(100 * reopen_rate, 1) as "reopened, %",
            round(100 * escalation_rate, 1) as "escalated, %"
        from weekly_kpis
        where business_line = ? and week between date_trunc('week', ?::date) and ?
        order by week desc
        """,
        chosen_line,
        first_day,
        last_day,
    )
    mo.vstack(
        [
            mo.md(
                "### Every week of the period\n\nWeeks that the period touches, whole. Times are medians; "
                "a week that had not ended, or had begun before the first ticket, says so."
            ),
            mo.ui.table(
                weekly_kpis, page_size=8, selection=None, show_data_types=False, show_column_summaries=False
            ),
        ]
    )
    return (weekly_kpis,)


@app.cell
def volume(chosen_line, first_day, go, last_day, mo, query):
    # The days on which nothing came have no row in daily_volume, and the chart needs their zero.
    daily = query(
        """
        select days.date, coalesce(sum(volume.tickets_created), 0)::bigint as tickets
        from days
        left join daily_volume as volume on volume.date = days.date and ? in ('all', volume.business_line)
        where days.date between ? and ?
            and days.date between (select min(date) from daily_volume) and (select max(date) from daily_volume)
        group by days.date
        order by days.date
        """,
        chosen_line,
        first_day,
        last_day,
    )
    volume_figure = go.Figure(layout=plain_layout("tickets a day"))
    volume_figure.add_scatter(
        x=daily["date"].to_list(), y=daily["tickets"].to_list(), mode="lines", line_color="#2f5d8a"
    )
    mo.vstack(
        [
            mo.md("## Volume\n\nTickets created on each day, as far as the sources are complete."),
            volume_figure
            if daily.height
            else mo.md("The sources are not complete on any day of the period."),
        ]
    )
    return (daily,)


@app.cell
def themes(begin, chosen_line, first_day, last_day, mo, query, timedelta):
    # The same number of days just before; empty where the history does not reach back that far.
    before = first_day - (last_day - first_day) - timedelta(days=1)
    theme_table = query(
        """
        select
            themes.theme_id,
            themes.name as theme,
            count(*) filter (where tickets.created_on >= ?) as tickets,
            case when ? then count(*) filter (where tickets.created_on < ?) end as "period before",
            themes.description as "typical ticket"
        from ticket_themes
        join themes using (theme_id)
        join stg_tickets as tickets using (source, ticket_id)
        where ? in ('all', tickets.business_line) and tickets.created_on between ? and ?
        group by all
        having count(*) filter (where tickets.created_on >= ?) > 0
        order by tickets desc, theme
        """,
        first_day,
        before >= begin,
        first_day,
        chosen_line,
        before,
        last_day,
        first_day,
    )
    theme_choice = mo.ui.table(
        theme_table,
        page_size=10,
        selection="single",
        initial_selection=[0] if theme_table.height else [],
        hidden_columns=["theme_id"],
        wrapped_columns=["theme", "typical ticket"],
        show_data_types=False,
        show_column_summaries=False,
    )
    mo.stop(
        theme_table.is_empty(),
        mo.md(
            "## Themes\n\nNo ticket of this line and period has a theme: themes are made from the text of escalated tickets."
        ),
    )
    mo.vstack(
        [
            mo.md(
                "## Themes\n\nRecurring problems in the text of escalated tickets (of all tickets where a source "
                "does not say what was escalated), by the day the ticket was created. Pick one to read more."
            ),
            theme_choice,
        ]
    )
    return theme_choice, theme_table


@app.cell
def one_theme(mo, query, theme_choice, wording):
    picked = theme_choice.value
    mo.stop(picked is None or not len(picked), mo.md("Pick a theme in the table to read more about it."))
    theme_id = picked["theme_id"][0]
    drivers = query(
        """
        select attribute, value, share_in_theme, share_elsewhere
        from theme_drivers
        where theme_id = ? and q_value < 0.05 and lift > 1
        order by lift_low desc
        limit 5
        """,
        theme_id,
    )
    examples = query("select text from theme_examples where theme_id = ? order by rank limit 3", theme_id)[
        "text"
    ]
    stands_out = [
        f"- {wording.readable(attribute)} **{value}**: {wording.share(inside)} of its tickets, "
        f"{wording.share(outside)} of the others"
        for attribute, value, inside, outside in drivers.iter_rows()
    ]
    mo.vstack(
        [
            mo.md(f"### {picked['theme'][0]}\n\nOver all lines and the whole history."),
            mo.md("\n".join(stands_out) or "No group of tickets stands out in it."),
            *[mo.plain_text(f"“{text[:400]}”").style({"white-space": "normal"}) for text in examples],
        ]
    )
    return


@app.cell
def forecast(account, chosen_line, go, mo, query, timedelta):
    ahead = query(
        """
        select date, expected, base, low_80, high_80
        from forecast_daily
        where level = case when ? = 'all' then 'total' else 'business_line' end
            and coalesce(business_line, 'all') = ?
        order by date
        """,
        chosen_line,
        chosen_line,
    )
    notes = query("select note from forecast_notes")["note"].to_list()
    mo.stop(
        ahead.is_empty(),
        mo.md("## Forecast\n\nThere is no forecast for this line. " + " ".join(notes)),
    )
    recent = query(
        """
        select date, sum(tickets_arrived)::bigint as tickets
        from daily_volume
        where ? in ('all', business_line) and date > ?
        group by date
        order by date
        """,
        chosen_line,
        account["as_of_on"] - timedelta(days=56),
    )
    accuracy = query(
        """
        select horizon, wape, coverage_80
        from forecast_backtest
        where level = case when ? = 'all' then 'total' else 'business_line' end and wape is not null
        order by try_cast(split_part(horizon, '-', 1) as int)
        """,
        chosen_line,
    )
    past = [
        f"{horizon} days ahead it was off by {wape:.0%} of the tickets, and {inside:.0%} of the days fell in the band"
        for horizon, wape, inside in accuracy.head(1).iter_rows()
        if inside is not None
    ]
    days = ahead["date"].to_list()
    forecast_figure = go.Figure(layout=plain_layout("tickets a day"))
    forecast_figure.add_scatter(
        x=recent["date"].to_list(),
        y=recent["tickets"].to_list(),
        mode="lines",
        line_color="#888",
        name="arrived",
    )
    forecast_figure.add_scatter(
        x=days, y=ahead["high_80"].to_list(), mode="lines", line_width=0, showlegend=False
    )
    forecast_figure.add_scatter(
        x=days,
        y=ahead["low_80"].to_list(),
        mode="lines",
        line_width=0,
        fill="tonexty",
        fillcolor="rgba(47,93,138,0.15)",
        name="8 of 10 days",
    )
    forecast_figure.add_scatter(
        x=days,
        y=ahead["base"].to_list(),
        mode="lines",
        line={"color": "#2f5d8a", "width": 1, "dash": "dot"},
        name="without calendar events",
    )
    forecast_figure.add_scatter(
        x=days, y=ahead["expected"].to_list(), mode="lines", line_color="#2f5d8a", name="expected"
    )
    mo.vstack(
        [
            mo.md(
                "## Forecast\n\nWork arriving: an escalated ticket counts at the tier it was created in and again at "
                "the tier it moves to. "
                + (f"In past forecasts, {past[0]}. " if past else "")
                + " ".join(notes)
            ),
            forecast_figure,
        ]
    )
    return (ahead,)


@app.cell
def tables(mo, query):
    table_list = query(
        """
        select table_name as "table", comment as holds, estimated_size as rows
        from duckdb_tables()
        where schema_name = 'main'
        union all
        select view_name, comment, null
        from duckdb_views()
        where schema_name = 'main' and not internal
        order by starts_with("table", 'stg_'), "table"
        """
    )
    table_choice = mo.ui.table(
        table_list,
        page_size=8,
        selection="single",
        initial_selection=[table_list["table"].to_list().index("weekly_kpis")],
        wrapped_columns=["holds"],
        show_data_types=False,
        show_column_summaries=False,
        show_download=False,
    )
    mo.vstack([mo.md("## Your own SQL\n\nThe tables there are; pick one to see its columns."), table_choice])
    return table_choice, table_list


@app.cell
def columns(mo, query, table_choice):
    looked_at = table_choice.value
    mo.stop(looked_at is None or not len(looked_at))
    column_list = query(
        """
        select column_name as "column", data_type as type, comment as means
        from duckdb_columns()
        where schema_name = 'main' and table_name = ?
        order by column_index
        """,
        looked_at["table"][0],
    )
    mo.ui.table(
        column_list,
        page_size=10,
        selection=None,
        wrapped_columns=["means"],
        show_data_types=False,
        show_column_summaries=False,
        show_download=False,
        label=f"Columns of {looked_at['table'][0]}",
    )
    return


@app.cell
def write_sql(mo):
    STARTER = (
        "select business_line, count(*) as tickets\nfrom stg_tickets\ngroup by all\norder by tickets desc"
    )
    sql_form = mo.ui.code_editor(value=STARTER, language="sql", min_height=140).form(
        submit_button_label="Run"
    )
    sql_form
    return STARTER, sql_form


@app.cell
def written_sql(STARTER, sql_form):
    sql_text = sql_form.value or STARTER
    return (sql_text,)


@app.cell
def run_sql(duckdb, mo, snapshot, sql_text):
    ROWS_SHOWN = 10_000
    answer, sql_problem = None, None
    try:
        statements = duckdb.extract_statements(sql_text)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            sql_problem = (
                "Write one query (select, from, describe, summarize): the snapshot can only be read."
            )
        else:
            answer = snapshot.sql(statements[0].query).limit(ROWS_SHOWN).pl()
    except duckdb.Error as error:
        sql_problem = str(error)
    if sql_problem:
        output = mo.callout(mo.plain_text(sql_problem), kind="warn")
    else:
        cut = f"The first {ROWS_SHOWN:,} rows." if answer.height == ROWS_SHOWN else ""
        output = mo.vstack([mo.ui.table(answer, selection=None, page_size=12), mo.md(cut)])
    output
    return answer, sql_problem


if __name__ == "__main__":
    app.run()
