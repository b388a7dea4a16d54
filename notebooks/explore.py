"""For analysts: pick a line and a period, see KPIs, themes and forecast, write SQL on the snapshot."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Groundswell: explore")

with app.setup:
    from datetime import timedelta
    from html import escape  # what comes from tickets and sources is text, never markup

    import duckdb
    import marimo as mo
    import plotly.graph_objects as go
    import polars as pl

    from assets.reports import wording
    from assets.reports.metrics import METRICS
    from pipelines.settings import read_settings

    BLUE, ORANGE, GREY = "#3b78b5", "#d9622b", "#8a8a8a"
    BAND = "rgba(59,120,181,0.18)"
    ROWS_SHOWN = 10_000
    STARTER = (
        "select business_line, count(*) as tickets\nfrom stg_tickets\ngroup by all\norder by tickets desc"
    )


@app.function
def table(frame, **options):
    """A frame as a table without the tools of a data frame viewer."""
    plain = {"selection": None, "show_data_types": False, "show_column_summaries": False}
    return mo.ui.table(frame, **{**plain, **options})


@app.function
def chart(unit):
    """An empty chart in the look all charts here share. unit: what the vertical axis counts."""
    axis = {"gridcolor": "rgba(138,138,138,0.25)", "zeroline": False}
    return go.Figure(
        layout={
            "height": 280,
            "margin": {"l": 50, "r": 10, "t": 10, "b": 30},
            "xaxis": axis,
            "yaxis": {**axis, "title": {"text": unit}, "rangemode": "tozero"},
            "legend": {"orientation": "h", "y": 1.15},
            "hovermode": "x unified",
            "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": GREY},
            # See-through, with a grey that reads on light and dark alike.
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": GREY},
        }
    )


@app.function
def add_band(figure, days, low, high, name):
    """Shade what lies between two bounds."""
    figure.add_scatter(x=days, y=high, mode="lines", line_width=0, showlegend=False, hoverinfo="skip")
    figure.add_scatter(
        x=days, y=low, mode="lines", line_width=0, fill="tonexty", fillcolor=BAND, name=name, hoverinfo="skip"
    )


@app.cell
def open_snapshot():
    path = read_settings().published
    mo.stop(
        not path.exists(),
        mo.callout(
            mo.md(
                f"**Nothing is published yet** at `{path}`.\n\nRun `make demo` for simulated tickets or "
                "`groundswell run` for your own, then open this again."
            ),
            kind="warn",
        ),
    )
    # Without external access a query reaches the snapshot and nothing else of this machine.
    limits = {"enable_external_access": False, "python_enable_replacements": False}
    try:
        snapshot = duckdb.connect(path, read_only=True, config=limits)
    except duckdb.Error as error:
        mo.stop(True, mo.callout(f"{path} cannot be opened: {error}", kind="danger"))

    def query(sql, *values, **named_values):
        return snapshot.sql(sql, params=named_values or values).pl()

    return query, snapshot


@app.cell
def title(query):
    sources = query("select source, tickets from stg_sources order by tickets desc")
    account = query("select as_of, as_of_on, time_zone from stg_account").row(0, named=True)
    listed = [f"{escape(name)} ({wording.plural(size, 'ticket')})" for name, size in sources.iter_rows()]
    mo.md(
        f"# Explore\n\nFrom {wording.listing(listed) or 'no source yet'}. Everything as of "
        f"{wording.moment(account['as_of'], account['time_zone'], year=True)} {account['time_zone']}."
    )
    return (account,)


@app.cell
def choose(account, query):
    lines = query(
        "from daily_kpis select distinct business_line order by business_line <> 'all', business_line"
    )
    mo.stop(lines.is_empty(), mo.callout("There are no tickets in the snapshot yet.", kind="warn"))
    begin = query("select min(date) from daily_kpis").item()
    end = account["as_of_on"]
    line = mo.ui.dropdown(
        {wording.readable(name): name for name in lines["business_line"]}, value="all", label="Line"
    )
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
def kpis_of_the_period(chosen_line, first_day, last_day, query):
    # Counts of days add up to a period; medians do not, so times are shown by week below.
    totals = query(
        """
        select
            sum(tickets_created)::bigint as created,
            sum(tickets_solved)::bigint as solved,
            arg_max(backlog, date) as backlog,
            sum(csat_good) / nullif(sum(csat_rated), 0) as csat,
            coalesce(sum(csat_rated), 0)::bigint as rated
        from daily_kpis
        where business_line = ? and date between ? and ?
        """,
        chosen_line,
        first_day,
        last_day,
    ).row(0, named=True)
    rated = f"good of {wording.plural(totals['rated'], 'rating')}"
    mo.vstack(
        [
            mo.md(f"## KPIs, {wording.day(first_day, year=True)} to {wording.day(last_day, year=True)}"),
            mo.hstack(
                [
                    mo.stat(wording.count(totals["created"]), label="Tickets created", bordered=True),
                    mo.stat(wording.count(totals["solved"]), label="Times solved", bordered=True),
                    mo.stat(wording.count(totals["backlog"]), label="Backlog at the end", bordered=True),
                    mo.stat(wording.share(totals["csat"]), label="CSAT", caption=rated, bordered=True),
                ],
                widths="equal",
            ),
        ]
    )
    return (totals,)


@app.cell
def last_whole_week(chosen_line, first_day, last_day, query):
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
    mo.stop(
        signals.is_empty(),
        mo.md("The period holds no whole week, Monday to Sunday, to set beside a usual range."),
    )
    by_metric = {row["metric"]: row for row in signals.iter_rows(named=True)}
    verdicts = pl.DataFrame(
        [
            {
                "KPI": metric.label,
                "in the week": wording.show(metric.unit, row["value"]),
                "usual range": wording.between(metric.unit, row["usual_low"], row["usual_high"]),
                "verdict": wording.VERDICTS[row["verdict"]] if row["value"] is not None else "not known",
            }
            for metric in METRICS
            if (row := by_metric.get(metric.name))
        ]
    )
    mo.vstack(
        [
            mo.md(
                f"### Last whole week of the period: {wording.week(signals['week'][0])}\n\n"
                "The usual range holds nearly all ordinary weeks: the mean of up to 26 weeks before, "
                "plus and minus 2.66 times the mean change from week to week."
            ),
            table(verdicts, pagination=False, show_download=False, show_search=False),
        ]
    )
    return (verdicts,)


@app.cell
def choose_kpi(query):
    known = set(query("select distinct metric from kpi_signals")["metric"])
    drawable = {metric.label: metric for metric in METRICS if metric.name in known}
    mo.stop(not drawable, mo.md("There is no whole week yet, so there are no weekly figures to draw."))
    kpi_choice = mo.ui.dropdown(drawable, value=next(iter(drawable)), label="Week by week:")
    return (kpi_choice,)


@app.cell
def weekly_chart(chosen_line, first_day, kpi_choice, last_day, query):
    kpi = kpi_choice.value
    divisor, unit = {"minutes": (60, "hours"), "share": (0.01, "%")}.get(kpi.unit, (1, "tickets"))
    weekly = query(
        """
        select week, value, usual_low, usual_high, verdict
        from kpi_signals
        where business_line = ? and metric = ? and week between ? and ?
        order by week
        """,
        chosen_line,
        kpi.name,
        first_day,
        last_day - timedelta(days=6),
    ).with_columns(pl.col("value", "usual_low", "usual_high") / divisor)
    weekly_figure = chart(unit)
    add_band(weekly_figure, weekly["week"], weekly["usual_low"], weekly["usual_high"], "usual range")
    weekly_figure.add_scatter(
        x=weekly["week"],
        y=weekly["value"],
        mode="lines+markers",
        line_color=BLUE,
        marker_color=[ORANGE if verdict in ("above", "below") else BLUE for verdict in weekly["verdict"]],
        name=kpi.label,
    )
    mo.vstack(
        [
            kpi_choice,
            mo.md(f"{kpi.meaning} Whole weeks only; orange: outside its usual range."),
            weekly_figure if weekly.height else mo.md("The period holds no whole week."),
        ]
    )
    return


@app.cell
def weekly_table(chosen_line, first_day, last_day, query):
    weekly_kpis = query(
        """
        select
            case when is_whole then week::varchar else week || ' (in part)' end as "week from",
            tickets_created as created,
            tickets_solved as solved,
            backlog,
            round(first_reply_minutes_median / 60, 1) as "first reply, h",
            round(full_resolution_minutes_median / 60, 1) as "resolution, h",
            round(100 * csat) as "CSAT, %",
            concat(round(100 * csat_low)::int, ' to ', round(100 * csat_high)::int) as "CSAT, 95 %",
            round(100 * csat_response_rate) as "rated, %",
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
                "### Every week the period touches\n\nFrom Monday to Sunday, also where the period begins or ends "
                "in between. *In part*: tickets are known for only some of its days. Times are medians."
            ),
            table(weekly_kpis, page_size=8),
        ]
    )
    return (weekly_kpis,)


@app.cell
def volume(chosen_line, first_day, last_day, query):
    # A day on which nothing came has no row in daily_volume, and the chart needs its zero.
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
    volume_figure = chart("tickets a day")
    volume_figure.add_scatter(
        x=daily["date"], y=daily["tickets"], mode="lines", line_color=BLUE, name="created"
    )
    mo.vstack(
        [
            mo.md("## Volume\n\nTickets created on each day, as far as the sources are complete."),
            volume_figure if daily.height else mo.md("On no day of the period are the sources complete."),
        ]
    )
    return (daily,)


@app.cell
def themes(begin, chosen_line, first_day, last_day, query):
    # The same number of days just before; left empty where the history does not reach back that far.
    before = first_day - (last_day - first_day) - timedelta(days=1)
    theme_table = query(
        """
        select
            themes.theme_id,
            themes.name as theme,
            count(*) filter (where tickets.created_on >= $first) as tickets,
            case when $known then count(*) filter (where tickets.created_on < $first) end as "period before",
            left(themes.description, 140) as "typical ticket"
        from ticket_themes
        join themes using (theme_id)
        join stg_tickets as tickets using (source, ticket_id)
        where $line in ('all', tickets.business_line) and tickets.created_on between $before and $last
        group by all
        having count(*) filter (where tickets.created_on >= $first) > 0
        order by tickets desc, theme
        """,
        line=chosen_line,
        before=before,
        first=first_day,
        last=last_day,
        known=before >= begin,
    )
    mo.stop(
        theme_table.is_empty(),
        mo.md(
            "## Themes\n\nNo ticket of this line and period has a theme. "
            "Themes are made from ticket text, and of escalated tickets where a source says which those are."
        ),
    )
    theme_choice = table(
        theme_table,
        page_size=10,
        selection="single",
        initial_selection=[0],
        hidden_columns=["theme_id"],
        wrapped_columns=["theme", "typical ticket"],
        column_widths={"theme": 260, "tickets": 80, "period before": 120, "typical ticket": 560},
    )
    mo.vstack(
        [
            mo.md(
                "## Themes\n\nRecurring problems in the text of escalated tickets (of all tickets where a source "
                "does not say which were escalated), by the day the ticket was created. Pick one to read more."
            ),
            theme_choice,
        ]
    )
    return theme_choice, theme_table


@app.cell
def one_theme(query, theme_choice):
    picked = theme_choice.value
    mo.stop(not len(picked), mo.md("Pick a theme in the table to read more about it."))
    drivers = query(
        """
        select attribute, value, share_in_theme, share_elsewhere
        from theme_drivers
        where theme_id = ? and q_value < 0.05 and lift_low > 1
        order by lift_low desc
        limit 5
        """,
        picked["theme_id"][0],
    )
    examples = query(
        "select text from theme_examples where theme_id = ? order by rank limit 3", picked["theme_id"][0]
    )["text"]
    stands_out = [
        f"- {escape(wording.readable(attribute))} **{escape(wording.readable(value))}**: "
        f"{wording.share(inside)} of its tickets, {wording.share(outside)} of those of other themes"
        for attribute, value, inside, outside in drivers.iter_rows()
    ]
    mo.vstack(
        [
            mo.md(
                f"### {escape(picked['theme'][0])}\n\nOver all lines and the whole history, it stands out by:"
            ),
            mo.md("\n".join(stands_out) or "nothing that is surely more than chance."),
            mo.md("Tickets at its centre, personal data taken out:"),
            *[mo.callout(text if len(text) <= 400 else text[:400] + " …") for text in examples],
        ]
    )
    return


@app.cell
def forecast(account, chosen_line, query):
    level = "total" if chosen_line == "all" else "business_line"
    ahead = query(
        """
        select date, expected, base, low_80, high_80
        from forecast_daily
        where level = ? and coalesce(business_line, 'all') = ?
        order by date
        """,
        level,
        chosen_line,
    )
    notes = " ".join(query("select note from forecast_notes")["note"])
    mo.stop(ahead.is_empty(), mo.md(f"## Forecast\n\nThere is no forecast for this line. {notes}"))
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
    judged = query(
        "from forecast_backtest where level = ? and horizon = '1-7' and wape is not null and coverage_80 is not null",
        level,
    )
    accuracy = [
        f"In past forecasts the first week was off by {wording.share(row['wape'])} of the tickets, and "
        f"{wording.share(row['coverage_80'])} of its days fell into the shaded range."
        for row in judged.iter_rows(named=True)
    ]
    figure = chart("tickets a day")
    figure.add_scatter(x=recent["date"], y=recent["tickets"], mode="lines", line_color=GREY, name="arrived")
    add_band(figure, ahead["date"], ahead["low_80"], ahead["high_80"], "8 of 10 days")
    figure.add_scatter(x=ahead["date"], y=ahead["expected"], mode="lines", line_color=BLUE, name="expected")
    figure.add_scatter(
        x=ahead["date"],
        y=ahead["base"],
        mode="lines",
        line={"color": BLUE, "width": 1, "dash": "dot"},
        name="without calendar events",
    )
    mo.vstack(
        [
            mo.md(
                "## Forecast\n\nWork arriving: an escalated ticket counts at the tier it came to and again at the one "
                f"it moved to. {' '.join([*accuracy, notes])}"
            ),
            figure,
        ]
    )
    return (ahead,)


@app.cell
def tables(query):
    table_list = query(
        """
        select table_name as "table", comment as holds
        from duckdb_tables()
        where schema_name = 'main'
        union all
        select view_name, comment
        from duckdb_views()
        where schema_name = 'main' and not internal
        order by starts_with("table", 'stg_'), "table"
        """
    )
    table_choice = table(
        table_list,
        page_size=8,
        selection="single",
        initial_selection=[table_list["table"].to_list().index("weekly_kpis")],
        wrapped_columns=["holds"],
        column_widths={"table": 240, "holds": 760},
        show_download=False,
    )
    mo.vstack([mo.md("## Your own SQL\n\nThe tables there are; pick one to see its columns."), table_choice])
    return table_choice, table_list


@app.cell
def columns(query, table_choice):
    mo.stop(not len(table_choice.value))
    column_list = query(
        """
        select column_name as "column", data_type as type, comment as means
        from duckdb_columns()
        where schema_name = 'main' and table_name = ?
        order by column_index
        """,
        table_choice.value["table"][0],
    )
    mo.vstack(
        [
            mo.md(f"Columns of `{table_choice.value['table'][0]}`:"),
            table(
                column_list,
                page_size=8,
                wrapped_columns=["means"],
                column_widths={"column": 240, "type": 140, "means": 620},
                show_download=False,
            ),
        ]
    )
    return


@app.cell
def write_sql():
    sql_form = mo.ui.code_editor(value=STARTER, language="sql", min_height=140).form(
        submit_button_label="Run"
    )
    mo.output.replace(sql_form)
    return (sql_form,)


@app.cell
def written_sql(sql_form):
    sql_text = sql_form.value or STARTER
    return (sql_text,)


@app.cell
def run_sql(snapshot, sql_text):
    answer, sql_problem = None, None
    try:
        statements = duckdb.extract_statements(sql_text)
        if len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT:
            answer = snapshot.sql(statements[0].query).limit(ROWS_SHOWN).pl()
        else:
            sql_problem = (
                "Write one query (select, from, describe, summarize): the snapshot can only be read."
            )
    except duckdb.Error as error:
        sql_problem = str(error)
    if sql_problem:
        # Line breaks and blanks stay: the error points with a caret at the place.
        shown = mo.callout(mo.plain_text(sql_problem), kind="warn")
    else:
        cut = mo.md(f"Only the first {ROWS_SHOWN:,} rows are shown.")
        shown = mo.vstack([table(answer, page_size=12), *([cut] if answer.height == ROWS_SHOWN else [])])
    mo.output.replace(shown)
    return answer, sql_problem


if __name__ == "__main__":
    app.run()
