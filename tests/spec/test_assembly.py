"""Line-ups: who could work together so that each receives and gives, which demand stands in the way, and who would go.

The formulation is a mixed-integer programme solved by HiGHS (Huangfu and Hall, 2018); stability is individual stability
(Aziz and Savani, Handbook of Computational Social Choice, chapter 15). A line-up is a set of invitations.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from deliberation.assembler import able, assemble
from deliberation.assembly import (
    AssemblySettings,
    Candidate,
    Demand,
    Pool,
    Quota,
    Unmet,
    describe,
    greedy_line_ups,
    unmet,
)
from deliberation.errors import BadValue, Infeasible, TooFewParticipants
from deliberation.gifts import Gift, gifts_among
from deliberation.stability import Leaver, Why, stability
from deliberation.unusual import unusual_pairs

EXACT = AssemblySettings(gap=0.0)


def people(table: str) -> tuple[Candidate, ...]:
    """Candidates of a table `id organisation constituency region needs offers goals`; an offer is a kind, or a kind and
    to how many partners; lists by commas, - for nothing."""

    def codes(cell: str) -> list[str]:
        return [] if cell == "-" else cell.split(",")

    found = []
    for line in table.strip().splitlines():
        number, organisation, constituency, region, needs, offers, goals = line.split()
        served = {kind: int(n or 1) for kind, _, n in (offer.partition(":") for offer in codes(offers))}
        found.append(
            Candidate(
                int(number),
                None if organisation == "-" else organisation,
                None if constituency == "-" else constituency,
                None if region == "-" else region,
                None,
                frozenset(codes(needs)),
                served,
                frozenset(codes(goals)),
            )
        )
    return tuple(found)


HARBOUR = """
    1  port   business  weog     people   money:2     14
    2  union  workers   african  money    people      8
    3  city   local     african  data     place       11
    4  lab    science   weog     place    data        14
    5  bank   business  weog     people   money       -
    6  clean  ngos      african  -        legitimacy  14
"""


def test_everybody_receives_something_and_gives_something() -> None:
    found = assemble(Pool(people(HARBOUR)), seed=1, settings=EXACT).line_up
    assert found.participants == (1, 2, 3, 4)
    assert found.gifts == (
        Gift(receiver=1, kind="people", giver=2),
        Gift(receiver=2, kind="money", giver=1),
        Gift(receiver=3, kind="data", giver=4),
        Gift(receiver=4, kind="place", giver=3),
    )
    assert found.without_win == ()


def test_whoever_only_gives_is_in_no_line_up() -> None:
    assert [one.participant for one in able(people(HARBOUR))] == [1, 2, 3, 4, 5]


def test_the_value_adds_up_needs_goals_and_constituencies_less_the_cost_of_size() -> None:
    found = describe([1, 2, 3, 4], Pool(people(HARBOUR)))
    assert found.goals == ("14",)  # carried by 1 and 4; 8 and 11 by one each
    assert found.constituencies == ("business", "local", "science", "workers")
    assert found.value == pytest.approx(4 + 2 * 1 + 4 - 4 / 4)


def test_goals_that_further_each_other_count_if_both_are_carried_by_two() -> None:
    candidates = people(HARBOUR.replace("money       -", "money       8"))
    pool = Pool(candidates, interlinkages={("14", "8"): 3.0, ("11", "14"): 2.0})
    assert describe([1, 2, 3, 4], pool).interlinkages == ()
    with_bank = describe([1, 2, 3, 4, 5], pool)
    assert with_bank.interlinkages == (("14", "8"),)
    assert with_bank.value - describe([1, 2, 3, 4, 5], Pool(candidates)).value == pytest.approx(3.0)


def test_nobody_gives_to_more_partners_than_they_can_serve() -> None:
    table = "1 a x - people money:1 -\n2 b y - money people:2 -\n3 c z - money people -"
    gifts = gifts_among(people(table))
    assert [gift.receiver for gift in gifts if gift.kind == "money"] == [2]
    generous = gifts_among(people(table.replace("money:1", "money:2")))
    assert [gift.receiver for gift in generous if gift.kind == "money"] == [2, 3]


def test_nobody_meets_their_own_need() -> None:
    assert gifts_among(people("1 a x - data data -\n2 b y - money place -")) == ()


def test_a_gift_moves_to_another_giver_so_that_each_gives() -> None:
    # 1 could serve both; then 4 would give nothing.
    gifts = gifts_among(
        people("1 a x - place money:2 -\n2 b y - money place -\n3 c z - money data -\n4 d w - data money -")
    )
    assert {gift.giver for gift in gifts} == {1, 2, 3, 4}


def test_red_lines_keep_two_apart() -> None:
    found = assemble(Pool(people(HARBOUR), conflicts=frozenset({(1, 2)})), seed=1, settings=EXACT).line_up
    assert found.participants == (2, 3, 4, 5)


def test_no_constituency_and_no_organisation_has_more_than_forty_per_cent() -> None:
    pool = Pool(people(HARBOUR))
    assert unmet(describe([1, 2, 5], pool), pool)[-1] == Unmet(Demand.PART, "constituency", "business")
    found = assemble(pool, seed=1, settings=replace(EXACT, most=4)).line_up
    assert len(found.participants) == 4
    assert not {1, 5} <= set(found.participants)


def test_a_quota_is_a_share_of_the_members() -> None:
    pool = Pool(people(HARBOUR), quotas=(Quota("region", "african", at_least=0.5),))
    found = assemble(pool, seed=1, settings=EXACT).line_up
    assert set(found.participants) in ({1, 2, 3, 4}, {2, 3, 4, 5})
    all_five = describe([1, 2, 3, 4, 5], pool)
    assert Unmet(Demand.QUOTA, "region", "african") in unmet(all_five, pool)


@pytest.mark.parametrize(
    ("more", "changes", "expected"),
    [
        ({"conflicts": frozenset({(1, 2), (2, 5), (3, 4)})}, {}, (Demand.RED_LINES, "")),
        ({"quotas": (Quota("region", "african", at_least=0.8),)}, {}, (Demand.QUOTA, "african")),
        ({}, {"fewest_constituencies": 5}, (Demand.CONSTITUENCIES, "")),
        ({}, {"fewest": 6}, (Demand.WIN_WIN, "")),
    ],
)
def test_where_nothing_meets_all_demands_the_one_in_the_way_is_named(
    more: dict[str, object], changes: dict[str, int], expected: tuple[Demand, str]
) -> None:
    pool = Pool(people(HARBOUR), **more)  # type: ignore[arg-type]
    with pytest.raises(Infeasible) as refused:
        assemble(pool, seed=1, settings=replace(EXACT, **changes))
    assert (refused.value.parameters["demand"], refused.value.parameters.get("category", "")) == expected


def test_a_part_in_the_way_names_its_category() -> None:
    table = "1 a x - m n -\n2 b x - n m -\n3 c x - m n -\n4 d y - n m -"
    with pytest.raises(Infeasible) as refused:
        assemble(Pool(people(table)), seed=1, settings=EXACT)
    assert refused.value.parameters == {"demand": Demand.PART, "attribute": "constituency", "category": "x"}


def test_demands_that_clash_together_are_told_so() -> None:
    quotas = (Quota("region", "african", at_least=0.7), Quota("region", "weog", at_least=0.7))
    with pytest.raises(Infeasible) as refused:
        assemble(Pool(people(HARBOUR), quotas=(*quotas, Quota("region", "grulac", at_least=0.1))), seed=1)
    assert refused.value.parameters["demand"] is Demand.TOGETHER


def test_the_greedy_line_ups_meet_every_demand_and_are_no_better() -> None:
    pool = Pool(people(HARBOUR))
    quick = greedy_line_ups(pool)
    assert quick
    assert all(unmet(one, pool) == () for one in quick)
    assert quick[0].value <= assemble(pool, seed=1, settings=EXACT).line_up.value + 1e-9


def test_equal_line_ups_are_drawn_by_lot_and_not_by_who_came_first() -> None:
    twins = "\n".join(f"{n} o{n} c{n} - m{n % 2} m{1 - n % 2} -" for n in range(1, 13))
    settings = AssemblySettings(most=4, gap=0.0)
    drawn = {assemble(Pool(people(twins)), seed=seed, settings=settings).line_up.participants for seed in range(8)}
    assert len(drawn) > 1


def test_the_gap_says_how_much_better_another_could_be_at_most() -> None:
    found = assemble(Pool(people(HARBOUR)), seed=1, settings=EXACT)
    assert (found.gap, found.is_proven) == (0.0, True)


def test_unusual_pairs_differ_and_share_goals() -> None:
    a, b, c, d = people("1 a x - m n 3,6\n2 b y - m n 3,6\n3 c y - m n 3\n4 d z - m n 17")
    found = unusual_pairs([a, b, c, d])
    assert found == {(1, 2): 1.0, (1, 3): 0.5}  # 2 and 3 are of one constituency, 4 shares no goal
    near = unusual_pairs([a, b, c, d], [(1, 2)])
    assert near[1, 2] == pytest.approx((1 + 1 / 4) / 2)
    placed = [replace(one, position=(float(at), 0.0)) for at, one in enumerate((a, b, c, d))]
    assert unusual_pairs(placed)[1, 2] == pytest.approx((1 + 1 / 3) / 2)


def test_a_member_who_receives_nothing_would_rather_leave() -> None:
    pool = Pool(people(HARBOUR))
    found = stability(describe([1, 2, 3, 4, 6], pool), pool)
    assert found.leavers == (Leaver(6, Why.NOTHING_RECEIVED),)
    assert not found.is_stable


def test_a_member_would_rather_be_where_more_of_their_needs_are_met_if_they_are_welcome_there() -> None:
    table = """
        1 a u - money,data people -
        2 b v - people money -
        3 c w - people place -
        4 d x - place,people money:2 -
        5 e y - money data:2 -
        6 f z - people,data place -
    """
    pool = Pool(people(table))
    here, there = describe([1, 2], pool), describe([4, 5, 6], pool)
    settings = AssemblySettings()
    assert stability(here, pool, settings=settings).leavers == ()
    assert stability(here, pool, beside=[there]).leavers == (Leaver(1, Why.BETTER_ELSEWHERE, 0),)


def test_an_outsider_would_join_who_wins_and_takes_nothing_from_anybody() -> None:
    table = HARBOUR.replace("money    people      8", "money,data people    8")
    farm = "    7  farm   farmers  weog     money   data   14"
    pool = Pool(people(table + farm))
    line_up = describe([1, 2, 3, 4], pool)
    assert len(line_up.gifts) == 4  # the lab has data for one of the two who need them
    assert stability(line_up, pool).joiners == (7,)  # the port has money for a second partner
    refused = replace(pool, conflicts=frozenset({(1, 2), (3, 7)}))
    assert stability(line_up, refused).joiners == ()  # one red line that is crossed already opens no other
    scarce = Pool(people((table + farm).replace("money:2", "money")))
    assert stability(describe([1, 2, 3, 4], scarce), scarce).is_stable


def test_wrong_input_is_refused() -> None:
    one, two, three = people("1 a x - m n -\n2 b y - n o -\n3 c z - o m -")
    for wrong in (
        {"candidates": (one, one)},
        {"candidates": (one, two), "conflicts": frozenset({(2, 1)})},
        {"candidates": (one,), "conflicts": frozenset({(1, 9)})},
        {"candidates": (one,), "quotas": (Quota("height", "tall"),)},
        {"candidates": (one,), "quotas": (Quota("region", "weog", 0.6, 0.4),)},
        {"candidates": (one,), "interlinkages": {("3", "3"): 1.0}},
        {"candidates": (replace(one, offers={"n": 0}),)},
    ):
        with pytest.raises(BadValue):
            Pool(**wrong)  # type: ignore[arg-type]
    with pytest.raises(BadValue):
        describe([1, 4], Pool((one, two)))
    with pytest.raises(BadValue):
        describe([1, 1], Pool((one, two)))
    with pytest.raises(BadValue):
        AssemblySettings(fewest=2)
    with pytest.raises(TooFewParticipants):
        assemble(Pool((one, two)), seed=1)
    assert greedy_line_ups(Pool((one, two, three)))
