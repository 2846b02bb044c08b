"""Verification: a draft becomes a plan, or all of its problems are told at once.

Every stage adds what it finds to one list and goes on with what holds, so that one fault does not hide another; what
follows from a fault already told is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tailrace.blueprint.assembling import assemble
from tailrace.blueprint.binding import Binder
from tailrace.blueprint.cycles import check_cycles
from tailrace.blueprint.draft import Draft, read_draft
from tailrace.blueprint.loading import Compile, Loaded, Loader, RecordLoader, load_streamlets
from tailrace.blueprint.naming import DEAD, check_names, check_physical_names
from tailrace.blueprint.plan import EMPTY, Plan
from tailrace.blueprint.problems import Place, Problem, sort_problems
from tailrace.blueprint.settings import Sources, check_streamlet_names, settle
from tailrace.blueprint.topics import check_topics
from tailrace.blueprint.volumes import check_volumes
from tailrace.blueprint.wiring import check_wiring, wire


@dataclass(frozen=True)
class Verified:
    """The blueprint holds; warnings are worth a look."""

    plan: Plan
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Refused:
    """The blueprint does not hold: at least one of the problems is an error. They are sorted by place."""

    problems: tuple[Problem, ...]


def verify_text(
    text: str,
    file: str,
    *,
    load: Loader,
    forms: Mapping[str, Compile] = EMPTY,
    load_record: RecordLoader | None = None,
    sources: Sources | None = None,
) -> Verified | Refused:
    """Read a blueprint's text and verify it; `file` names it in places. The rest is as in `verify`."""
    draft = read_draft(text, file, forms=forms)
    return verify(draft, load=load, forms=forms, load_record=load_record, sources=sources)


def verify(
    draft: Draft,
    *,
    load: Loader,
    forms: Mapping[str, Compile] = EMPTY,
    load_record: RecordLoader | None = None,
    sources: Sources | None = None,
) -> Verified | Refused:
    """Verify a draft.

    `load` finds a streamlet's class by dotted name, `load_record` a record type; `forms` compile what stands under
    keys other than `class`, the same keys that the draft was read with; `sources` give settings from elsewhere.
    """
    sources = sources or Sources()
    problems = [*draft.problems, *sources.problems]
    check_names(draft, problems)
    check_streamlet_names((*(each.name for each in draft.streamlets), *draft.unread), sources, problems)
    loaded = load_streamlets(draft, load, forms, load_record, problems)
    topics = Binder(draft, loaded, problems).bind()
    check_physical_names(draft, _dead_letters(draft, loaded), problems)
    check_topics(topics, problems)
    check_cycles(loaded, topics, problems)
    settled = settle(loaded, sources, problems)
    volumes = {name: check_volumes(each, problems) for name, each in loaded.items()}
    wiring = wire(topics, settled)
    check_wiring(loaded, settled, wiring, problems)
    found = sort_problems(problems, draft.file)
    if any(problem.severity == "error" for problem in found):
        return Refused(found)
    return Verified(assemble(draft, loaded, topics, settled, volumes, wiring), found)


def _dead_letters(draft: Draft, loaded: Mapping[str, Loaded]) -> list[tuple[str, Place]]:
    """The dead-letter topics that will be added, with the places of their streamlets."""
    named = {topic.name for topic in draft.topics}
    return [
        (f"{name}{DEAD}", each.draft.place)
        for name, each in loaded.items()
        if each.streamlet_class.spec.inlets and f"{name}{DEAD}" not in named
    ]
