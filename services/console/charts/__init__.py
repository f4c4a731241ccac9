"""Charts that the server draws: data in, shapes out, all of it pure; macros of `charts.html` write them as SVG.

How a page draws one:

    from services.console.charts import Band, Bars, Mark, Steps, bar_chart, step_chart

    seats = step_chart("Seats", [Steps("Seats", [(date(2026, 1, 1), 5), (date(2026, 3, 10), 8)])], until=today,
                       write=number, bands=[Band("Free period", date(2026, 1, 1), date(2026, 1, 31))],
                       marks=[Mark(date(2026, 2, 1), "Invoice 2026-1", "/documents/2026-1")])
    return page(request, "some.html", seats=seats)

    {% from "charts.html" import drawn %}
    {{ drawn(seats, "seats-chart") }}

`drawn(chart, id)` is a figure: its title, a legend of all that it shows, the SVG (`role="img"`, with `chart.told` as
its text), and the same figures as a table to be opened below. The id is one of a kind on its page, and the parts of
the chart are named after it. A mark with an address is a link in the table and in the picture, which is a group of
links then (`role="group"`), since nobody finds a link inside an image.

- `bar_chart(title, places, series, write=…)`: groups of bars, a `Place` a group; `stacked` puts them upon each other,
  where their sum says something. Values may lie below nothing.
- `step_chart(title, series, until=…, write=…)`: each value holds from its day to the next one; None ends a curve until
  the next value. `since` and `until` are the first and last day shown; charts with the same two and the same width lie
  one below the other, day under day: so two units (seats, a price) are two charts.
  `today` is marked, and what is after it drawn as what is not there yet. `strips` are stretches of days below the
  axis, such as terms.
- `write` gives a value its words (`formats.number`, or `formats.money` of one currency), `axis` those on the axis where
  they are to be shorter: there is room for some nine letters.
- `Look` of a series: A and B are filled, DUE is an outline: what is not there yet. Of a curve A and B are colours, B is
  dashed as well, so that colour alone says nothing.
- A band is a stretch of days behind the curves (`Band.look`: FREE, PROTECTED, WINDOW or STILL), a mark one day with a
  number at its head, which the table spells out.

Widths are units of the picture, 11 of them the height of its letters. It is as wide as its place, and scrolls on a
phone. 640 fits a card that is half as wide as a page, 1200 one that is as wide: that one has its axis on both sides.
"""

from __future__ import annotations

from services.console.charts.bars import Bars, Place, bar_chart
from services.console.charts.drawing import BandLook, Chart, Look
from services.console.charts.steps import Band, Mark, Steps, step_chart

__all__ = ["Band", "BandLook", "Bars", "Chart", "Look", "Mark", "Place", "Steps", "bar_chart", "step_chart"]
