-- Themes that lack a whole week.
select themes.theme_id, weeks.week
from themes
join weeks on weeks.is_whole
left join theme_trends as trends on trends.theme_id = themes.theme_id and trends.week = weeks.week
where trends.week is null
