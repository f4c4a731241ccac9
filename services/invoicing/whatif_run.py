"""A what-if over a database: which subscriptions can differ, and what becomes of them, portion by portion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from services.invoicing.base import Base, snapshot
from services.invoicing.reach import add_ons_said, family_links, links_said, named, portions, telling, with_families
from shared.billing.effect import Effect, effect
from shared.billing.facts import Fact, SettingChanged
from shared.billing.rejected import RejectedFact, rejected_settings
from shared.billing.run_loop import Issued
from shared.errors import UserError

# Two simulations of a portion are in memory at once, some 20 MB; a payer's subscriptions are never torn apart.
_SUBSCRIPTIONS_A_PORTION = 1_000
SETTINGS_SOURCE = "urn:seatledger:setting"


@dataclass(frozen=True, slots=True)
class Question:
    """What to try: facts, settings of the organisation from the first open day on, and the days to run.

    `runs` are the days to run; None: every open day up to `until`. `wants_documents`: keep the documents that differ.
    """

    facts: Sequence[Fact]
    until: date
    settings: Mapping[str, str] = field(default_factory=dict)
    runs: Sequence[date] | None = None
    wants_documents: bool = True


@dataclass(slots=True)
class Answer:
    """What would be different. `closed` is the last closed day.

    `simulated` of `subscriptions` can differ, `added` are in what is tried alone; `left_out` can differ but stand
    still, with the reason.
    """

    closed: date | None
    subscriptions: int
    simulated: int
    added: int
    effect: Effect
    left_out: dict[str, str]


# Is told how many subscriptions are to be simulated; gives a function that is told how many more are done.
Steps = Callable[[int], Callable[[int], None]]


async def what_if(dsn: str, question: Question, steps: Steps) -> Answer:
    """What would be different from the first open day on. UserError says why that cannot be said."""
    async with snapshot(dsn) as base:
        _check_days(base.closed, question)
        given = [*question.facts, *_said_by_settings(question.settings, Issued(closed=base.closed).first_open)]
        found = Effect(rejected=await _twice(base, given))
        twice = {(fact.source, fact.id) for fact in found.rejected}
        found.rejected += rejected_settings(given, question.until)
        given = [fact for fact in given if (fact.source, fact.id) not in twice]
        hypothetical = telling(given, await base.master_facts(given))
        own, masters = named(hypothetical)
        add_ons = [*await base.add_ons(), *add_ons_said(hypothetical)]
        reached = with_families(own | await base.dependents(masters), add_ons)
        left_out = await base.parked(reached)
        reached -= left_out.keys()
        links = [*await base.links(reached), *links_said(hypothetical), *family_links(add_ons)]
        step = steps(len(reached))
        for names in portions(reached, links, _SUBSCRIPTIONS_A_PORTION):
            found.add(await _of_portion(base, names, hypothetical, question))
            step(len(names))
        simulated = len(await base.known(reached))
        return Answer(base.closed, base.count, simulated, len(reached) - simulated, found, left_out)


async def _of_portion(base: Base, names: Sequence[str], hypothetical: Iterable[Fact], question: Question) -> Effect:
    here = frozenset(names)
    hypothetical = [fact for fact in hypothetical if fact.scope != "subscription" or fact.scope_id in here]
    came_out = effect(await base.portion(names, hypothetical), hypothetical, question.until, question.runs)
    if not question.wants_documents:
        came_out.without, came_out.then = [], []
    return came_out


def _said_by_settings(settings: Mapping[str, str], since: date) -> list[Fact]:
    """A setting that is tried counts as changed on the first open day: what is closed was billed without it."""
    return [
        Fact(SETTINGS_SOURCE, key, "SettingChanged", since, "organisation", "",
             SettingChanged("organisation", None, key, value, since))
        for key, value in settings.items()
    ]  # fmt: skip


def _check_days(closed: date | None, question: Question) -> None:
    if closed is None:
        return
    for day in (question.until, *(question.runs or ())):
        if day <= closed:
            raise UserError(f"{day} is closed: the last invoice run is of {closed}; ask about a later day")


async def _twice(base: Base, given: Sequence[Fact]) -> list[RejectedFact]:
    """Facts of events that the database has already: an event counts once, whatever is tried with it."""
    known = await base.taken_in({(fact.source, fact.id) for fact in given})
    types = {(fact.source, fact.id): fact.type for fact in given}
    reason = "this event is in the database already, and an event counts once"
    return [RejectedFact(source, event_id, types[source, event_id], reason) for source, event_id in sorted(known)]
