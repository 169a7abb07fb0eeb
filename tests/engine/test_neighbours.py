"""Sites near a site: the same as looking at every one, and by territory where a place is missing."""

import math

from hypothesis import given, settings
from hypothesis import strategies as st
from telling import visit

from winze.engine.neighbours import neighbourhood
from winze.engine.records import Point
from winze.engine.register import build

places = st.builds(Point, st.floats(-3, 3), st.floats(27, 33))


def km(one, other):
    a, b, c, d = (math.radians(x) for x in (one.lat, one.lon, other.lat, other.lon))
    h = math.sin((c - a) / 2) ** 2 + math.cos(a) * math.cos(c) * math.sin((d - b) / 2) ** 2
    return 2 * 6371.0088 * math.asin(math.sqrt(h))


@settings(max_examples=60, deadline=None)
@given(st.lists(places, min_size=1, max_size=12), st.floats(1, 400))
def test_the_sites_near_are_those_that_looking_at_each_finds(points, reach):
    sites = build([visit(f"s{n:02}", "2020-01-01", point=p, territory=None) for n, p in enumerate(points)]).sites
    around = neighbourhood(build([v for s in sites.values() for v in s.visits]))
    for site in sites.values():
        wanted = [o.id for o in sites.values() if o.id != site.id and km(site.point, o.point) <= reach]
        assert [n.site.id for n in around.of(site, reach)] == wanted
        assert around.of(site, reach) is around.of(site, reach)


def test_a_site_without_coordinates_is_near_those_of_its_territory():
    told = [visit("a", "2020-01-01", point=None), visit("b", "2020-01-01"), visit("c", "2020-01-01", territory="Aru"),
            visit("d", "2020-01-01", point=Point(3, 33))]  # fmt: skip
    register = build(told)
    around = neighbourhood(register)
    assert [(n.site.id, n.km) for n in around.of(register.sites["site:a"], 20)] == [("site:b", None), ("site:d", None)]
    assert [n.site.id for n in around.of(register.sites["site:b"], 20)] == ["site:a", "site:c"]
