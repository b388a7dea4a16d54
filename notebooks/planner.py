"""For capacity planners: move a campaign, a wave or the working conditions, and see volume, people and backlog."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="full", app_title="Groundswell: planner")

with app.setup:
    from datetime import datetime, time, timedelta

    import marimo as mo
    import plotly.graph_objects as go
    import polars as pl

    from assets.reports import wording
    from assets.what_if import planner_of, title_of, what_if_frames
    from assets.what_if_wording import sentences
    from dbt_like_sql.warehouse import Warehouse
    from models.forecast.calendar_features import recurring_name
    from models.planning.scenario import CONTACT_RATE, WAVE_LINE, Campaign, Levers, Wave, what_if
    from pipelines.settings import read_settings

    BLUE, ORANGE, GREY = "#3b78b5", "#d9622b", "#8a8a8a"
    BAND = "rgba(217,98,43,0.18)"
    EVERY = "all"


@app.function
def chart(unit):
    """An empty chart in the look all charts here share. unit: what the vertical axis counts."""
    axis = {"gridcolor": "rgba(138,138,138,0.25)", "zeroline": False}
    return go.Figure(
        layout={
            "height": 280,
            "margin": {"l": 55, "r": 10, "t": 40, "b": 30},
            "xaxis": axis,
            "yaxis": {**axis, "title": {"text": unit}, "rangemode": "tozero"},
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "traceorder": "normal"},
            "hovermode": "x unified",
            # See-through, with a grey that reads on light and dark alike.
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "font": {"color": GREY},
        }
    )


@app.function
def add_pair(figure, frame, when, column, asked, shape="linear"):
    """The plan as it stands, and the scenario over it where something is asked."""
    lines = [("as it stands", f"{column}_baseline", {"color": GREY, "width": 2, "dash": "dot"})]
    if asked:
        lines.append(("scenario", column, {"color": ORANGE, "width": 2.5}))
    for name, values, line in lines:
        figure.add_scatter(
            x=frame[when],
            y=frame[values],
            mode="lines",
            line={**line, "shape": shape},
            name=name,
            hovertemplate="%{y:,.1f}",
        )


@app.function
def add_range(figure, days, low, high, name, shape="linear"):
    """Shade what lies between two bounds."""
    edge = {"mode": "lines", "line": {"width": 0, "shape": shape}, "hoverinfo": "skip"}
    figure.add_scatter(x=days, y=high, showlegend=False, **edge)
    figure.add_scatter(x=days, y=low, fill="tonexty", fillcolor=BAND, name=name, **edge)


@app.function
def shown_rows(frame, line, tier):
    """The rows of a line and a tier, or of all."""
    kept = frame if line == EVERY else frame.filter(pl.col("business_line") == line)
    return kept if tier == EVERY else kept.filter(pl.col("tier") == tier)


@app.function
def summed(frame, when):
    """All queues of a day or week as one row; the share in time is that of all their tickets."""
    volume = "expected" if when == "date" else "tickets"
    counts = [
        name for name in frame.columns
        if frame.schema[name] == pl.Float64 and not name.startswith("within_sla")
    ]  # fmt: skip
    return (
        frame.group_by(when)
        .agg(
            *(
                pl.when(pl.col(name).is_not_null().any()).then(pl.col(name).sum()).alias(name)
                for name in counts
            ),
            *(
                (
                    (pl.col(f"within_sla{suffix}") * pl.col(f"{volume}{suffix}")).sum()
                    / pl.col(f"{volume}{suffix}").filter(pl.col(f"within_sla{suffix}").is_not_null()).sum()
                )
                .fill_nan(None)
                .alias(f"within_sla{suffix}")
                for suffix in ("", "_baseline")
            ),
        )
        .sort(when)
    )


@app.cell
def open_plan():
    settings = read_settings()
    mo.stop(
        not settings.published.exists(),
        mo.callout(
            mo.md(
                f"**Nothing is published yet** at `{settings.published}`.\n\nRun `make demo` for simulated tickets "
                "or `groundswell run` for your own, then open this again."
            ),
            kind="warn",
        ),
    )
    try:
        with Warehouse(settings.published, read_only=True) as snapshot:
            plan = planner_of(snapshot, settings.agent_hour_cost)
            campaigns = snapshot.query(
                "select name from stg_calendar where kind = 'campaign' order by starts_at"
            )
    except ValueError as error:
        mo.stop(True, mo.callout(mo.md(str(error)), kind="warn"))
    return campaigns, plan


@app.cell
def campaign_controls(campaigns, plan):
    first_day, last_day = plan.fitted.dates[0], plan.fitted.dates[-1]
    lines = sorted(plan.fitted.segments["business_line"].unique())
    soon = min(first_day + timedelta(days=7), last_day)
    names = list(dict.fromkeys(recurring_name(name) for name in campaigns["name"])) or ["Campaign"]
    campaign_name = mo.ui.dropdown(names, value=names[0], label="Like", full_width=True)
    campaign_size = mo.ui.slider(
        0,
        3,
        step=0.1,
        value=0,
        label="Size (0: none, 1: usual)",
        show_value=True,
        full_width=True,
        debounce=True,
    )
    campaign_start = mo.ui.date(start=first_day, stop=last_day, value=soon, label="Starts", full_width=True)
    campaign_days = mo.ui.slider(
        1, 21, value=4, label="Days", show_value=True, full_width=True, debounce=True
    )
    campaign_line = mo.ui.dropdown(
        {"all lines": None} | {wording.readable(name): name for name in lines},
        value=wording.readable("ecommerce") if "ecommerce" in lines else "all lines",
        label="Line",
        full_width=True,
    )
    return (
        campaign_days,
        campaign_line,
        campaign_name,
        campaign_size,
        campaign_start,
        first_day,
        last_day,
        lines,
        soon,
    )


@app.cell
def wave_controls(first_day, last_day, lines, soon):
    wave_accounts = mo.ui.slider(
        0, 20_000, step=250, value=0, label="Accounts hit", show_value=True, full_width=True, debounce=True
    )
    wave_day = mo.ui.date(start=first_day, stop=last_day, value=soon, label="Begins", full_width=True)
    wave_half_life = mo.ui.slider(
        0.5,
        14,
        step=0.5,
        value=3,
        label="Falls by half in, days",
        show_value=True,
        full_width=True,
        debounce=True,
    )
    wave_rate = mo.ui.slider(
        0.05, 1, step=0.05, value=CONTACT_RATE, label="Tickets an account", show_value=True, full_width=True,
        debounce=True,
    )  # fmt: skip
    wave_line = mo.ui.dropdown(
        {wording.readable(name): name for name in lines},
        value=wording.readable(WAVE_LINE if WAVE_LINE in lines else lines[0]),
        label="Line",
        full_width=True,
    )
    return wave_accounts, wave_day, wave_half_life, wave_line, wave_rate


@app.cell
def work_controls(plan):
    by_tier = dict(plan.inputs.daily.group_by("tier").agg(pl.col("expected").sum()).iter_rows())
    second = by_tier.get("2", 0.0)
    rate_now = round(100 * second / max(sum(by_tier.values()) - second, 1e-9), 1)
    shrinkage_now = round(
        100 * sum(team.terms.shrinkage for team in plan.inputs.teams) / len(plan.inputs.teams)
    )
    share_now = round(100 * plan.inputs.promised.message_share)
    handle_time = mo.ui.slider(
        50,
        200,
        step=5,
        value=100,
        label="Handle time, % of now",
        show_value=True,
        full_width=True,
        debounce=True,
    )
    shrinkage = mo.ui.slider(
        0, max(80, shrinkage_now), step=1, value=shrinkage_now, show_value=True, full_width=True, debounce=True,
        label=f"Shrinkage, % (now {shrinkage_now} on average)",
    )  # fmt: skip
    promise = mo.ui.slider(
        50, 99, step=1, value=share_now, label=f"To be answered in time, % (now {share_now})", show_value=True,
        full_width=True, debounce=True,
    )  # fmt: skip
    escalation = mo.ui.slider(
        0, max(50.0, rate_now), step=0.1, value=rate_now, label=f"Escalated to tier 2, % (now {rate_now:g})",
        show_value=True, full_width=True, debounce=True, disabled=second == 0,
    )  # fmt: skip
    return escalation, handle_time, promise, rate_now, share_now, shrinkage, shrinkage_now


@app.cell
def controls(
    campaign_days, campaign_line, campaign_name, campaign_size, campaign_start, escalation, handle_time, lines, promise,
    shrinkage, wave_accounts, wave_day, wave_half_life, wave_line, wave_rate,
):  # fmt: skip
    line_choice = mo.ui.dropdown(
        {"all lines": EVERY} | {wording.readable(name): name for name in lines}, value="all lines", label="Line",
        full_width=True,
    )  # fmt: skip
    tier_choice = mo.ui.dropdown(
        {"both tiers": EVERY, "tier 1": "1", "tier 2": "2"}, value="both tiers", label="Tier", full_width=True
    )
    mo.sidebar(
        [
            mo.md("## Planner"),
            mo.md("### What is shown"),
            line_choice,
            tier_choice,
            mo.md("### A campaign"),
            campaign_size,
            campaign_name,
            campaign_start,
            campaign_days,
            campaign_line,
            mo.md("### A wave of account takeovers"),
            wave_accounts,
            wave_day,
            wave_half_life,
            wave_rate,
            wave_line,
            mo.md("### How the work is done"),
            handle_time,
            shrinkage,
            promise,
            escalation,
        ],
        width="21rem",
    )
    return line_choice, tier_choice


@app.cell
def asked(
    campaign_days, campaign_line, campaign_name, campaign_size, campaign_start, escalation, handle_time, promise,
    rate_now, share_now, shrinkage, shrinkage_now, wave_accounts, wave_day, wave_half_life, wave_line, wave_rate,
):  # fmt: skip
    events = []
    if campaign_size.value > 0:
        events.append(
            Campaign(
                campaign_name.value,
                campaign_start.value,
                campaign_days.value,
                campaign_size.value,
                campaign_line.value,
            )
        )
    if wave_accounts.value > 0:
        events.append(
            Wave(
                wave_accounts.value,
                datetime.combine(wave_day.value, time(9)),
                wave_half_life.value,
                wave_rate.value,
                wave_line.value,
            )
        )
    # A slider that was not moved leaves every team as it is.
    levers = Levers(
        handle_time=handle_time.value / 100,
        escalations=1.0 if escalation.value == rate_now else escalation.value / rate_now,
        shrinkage=None if shrinkage.value == shrinkage_now else shrinkage.value / 100,
        message_share=None if promise.value == share_now else promise.value / 100,
    )
    return events, levers


@app.cell
def answer(events, levers, plan):
    try:
        scenario = what_if(plan, events, levers)
    except ValueError as error:
        mo.stop(True, mo.callout(mo.md(str(error)), kind="warn"))
    is_asked = bool(events) or levers != Levers()
    title = "; ".join(title_of(event) for event in events)
    if not events:
        title = "The plan under other working conditions" if is_asked else "The plan as it stands"
    frames = what_if_frames(plan, scenario, title)
    weeks, days = frames["what_if_weeks"], frames["what_if_days"]
    return days, is_asked, scenario, title, weeks


@app.cell
def chosen(days, line_choice, tier_choice, weeks):
    by_day = summed(shown_rows(days, line_choice.value, tier_choice.value), "date")
    by_week = summed(shown_rows(weeks, line_choice.value, tier_choice.value), "week")
    is_staffed = by_day["backlog"].null_count() == 0
    return by_day, by_week, is_staffed


@app.cell
def headline(by_day, by_week, days, events, is_asked, is_staffed, scenario, title, weeks):
    def stat(label, frame, column, total, show):
        before, after = (total(frame, f"{column}{suffix}") for suffix in ("_baseline", ""))
        caption = f"{show(before)} as it stands" if is_asked else None
        return mo.stat(show(after), label=label, caption=caption, bordered=True)

    stats = [
        stat(
            "Tickets, all days ahead",
            by_day,
            "expected",
            lambda frame, name: frame[name].sum(),
            wording.count,
        )
    ]
    if by_week.height:
        peak = by_week.sort("people", descending=True).head(1)
        stats.append(
            stat(
                f"People, week from {wording.day(peak['week'].item())}",
                peak,
                "people",
                lambda frame, name: frame[name].item(),
                wording.number,
            )
        )
    if is_staffed:
        stats += [
            stat(
                "Most waiting on a day",
                by_day,
                "backlog",
                lambda frame, name: frame[name].max(),
                wording.count,
            ),
            stat(
                "Answered in time, all days",
                by_day,
                "within_sla",
                lambda frame, name: (frame[name] * frame["expected"]).sum() / frame["expected"].sum(),
                wording.share,
            ),
        ]
    if events:
        told = "\n".join(f"- {line}" for line in sentences(scenario, weeks, days))
    elif is_asked:
        told = "The same tickets, worked on under other conditions."
    else:
        told = "Nothing is asked yet: set a campaign's size or the accounts of a wave on the left, or move a slider."
    mo.vstack([mo.md(f"## {title}"), mo.hstack(stats, widths="equal", gap=1), mo.md(told)])  # fmt: skip
    return


@app.cell
def charts(by_day, by_week, events, is_asked, is_staffed):
    volume, people, waiting, in_time = (
        chart(unit) for unit in ("tickets a day", "people in the week", "messages waiting", "% in time")
    )
    # A step needs an end: the last week's.
    steps = pl.concat([by_week, by_week.tail(1).with_columns(pl.col("week") + timedelta(weeks=1))])
    if events:
        base = by_day["expected_baseline"]
        low, high = base + by_day["added_low"], base + by_day["added_high"]
        add_range(volume, by_day["date"], low, high, "8 cases of 10")
        add_range(
            people, by_week["week"], by_week["people_low"], by_week["people_high"], "8 cases of 10", "hv"
        )
    add_pair(volume, by_day, "date", "expected", is_asked)
    add_pair(people, steps, "week", "people", is_asked, "hv")
    if steps["people_staffed"].null_count() == 0:
        people.add_scatter(
            x=steps["week"], y=steps["people_staffed"], mode="lines", name="employed",
            line={"color": BLUE, "width": 2, "shape": "hv"}, hovertemplate="%{y:,.1f}",
        )  # fmt: skip
    add_pair(waiting, by_day, "date", "backlog", is_asked)
    percent = by_day.with_columns(pl.col("within_sla", "within_sla_baseline") * 100)
    add_pair(in_time, percent, "date", "within_sla", is_asked)
    in_time.update_yaxes(range=[0, 102])

    def titled(heading, figure):
        return mo.vstack([mo.md(f"### {heading}"), mo.ui.plotly(figure, config={"displayModeBar": False})])

    def row(*shown):
        return mo.hstack(shown, widths="equal", gap=2)

    unknown = mo.callout(
        mo.md("Nobody says how many people there are (`tables/staffing.csv`), so no backlog is foretold.")
    )
    mo.vstack(
        [
            row(titled("Volume", volume), titled("People needed", people)),
            row(
                titled("Waiting, with the people employed", waiting),
                titled("Answered in time, with the people employed", in_time),
            )
            if is_staffed
            else unknown,
        ]
    )
    return


@app.cell
def export(days, is_asked, line_choice, tier_choice, weeks):
    def change(row, column, show):
        before, after = show(row[f"{column}_baseline"]), show(row[column])
        return f"{before} → {after}" if is_asked else before

    one_week = [
        {
            "week from": wording.day(row["week"]),
            "line": wording.readable(row["business_line"]),
            "tier": row["tier"],
            "tickets": change(row, "tickets", wording.count),
            "people": change(row, "people", wording.number),
            "employed": wording.number(row["people_staffed"]),
            "waiting": change(row, "backlog", wording.count),
            "in time": change(row, "within_sla", wording.share),
        }
        for row in shown_rows(weeks, line_choice.value, tier_choice.value).iter_rows(named=True)
    ]
    mo.vstack(
        [
            mo.md("### Week by week\n\nWhole weeks from Monday on; waiting at the end of the week."),
            mo.ui.table(
                one_week,
                selection=None,
                show_data_types=False,
                show_column_summaries=False,
                show_download=False,
                show_search=False,
                page_size=8,
                text_justify_columns=dict.fromkeys(
                    ("tickets", "people", "employed", "waiting", "in time"), "right"
                ),
            ),
            mo.hstack(
                [
                    mo.download(
                        weeks.write_csv().encode(), filename="what_if_weeks.csv", label="Weeks as CSV"
                    ),
                    mo.download(days.write_csv().encode(), filename="what_if_days.csv", label="Days as CSV"),
                ],
                justify="start",
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
