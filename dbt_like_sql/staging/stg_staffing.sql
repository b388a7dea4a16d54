-- How many people a vendor has at a tier for a line of business, and what holds for them: a row holds from valid_from
-- until before valid_to.
-- grain: tier, vendor, business line and period
-- owner: team:capacity-planning
-- materialized: view
-- unique: tier, vendor, business_line, valid_from
-- column tier: the line of support: 1 answers first, 2 takes escalations [not_null, accepted: 1, 2]
-- column vendor: the outsourcer that employs them, or inhouse [not_null, references: stg_groups.vendor]
-- column business_line: the line of business they serve; null: every line without a row of its own
-- column people: people on the payroll [not_null]
-- column hours_week: paid hours of one person in a week [not_null]
-- column shrinkage: share of paid time away from the tickets: breaks, training, leave, 0 to 1 [not_null]
-- column occupancy_cap: share of the remaining time that may be busy, 0 to 1 [not_null]
-- column chat_concurrency: chats one person holds at once [not_null]
-- column handle_minutes: minutes a ticket takes at this tier; null: as measured
-- column hour_cost: what a paid hour costs, in the account's currency; null: unknown
-- column lead_days: days from a decision until the people it brings can work: hiring, ramp-up, training [not_null]
-- column valid_from: since when this row holds (UTC) [not_null]
-- column valid_to: until when it held (UTC); null: it still does
select
    tier,
    vendor,
    business_line,
    people,
    hours_week,
    shrinkage,
    occupancy_cap,
    chat_concurrency,
    handle_minutes,
    hour_cost,
    lead_days,
    valid_from,
    valid_to
from raw.staffing
