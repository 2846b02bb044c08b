"""The basis of a rule: which records or volumes it looks at, and how they are put into groups.

Rules of one basis share the work and the windows, however many they are.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from functools import cached_property

from tailrace.logs.rules.kinds import Listed, Silence
from tailrace.logs.rules.rule import Rule


@dataclass(frozen=True)
class Basis:
    """What is looked at: volumes or records, admitted by `where` and from a least level on, grouped by fields.

    With `patterns` only records count whose `field` matches one of them, or with `allowed` matches none.
    """

    volumes: bool
    where: str
    by: tuple[str, ...]
    least: str
    field: str = ""
    patterns: tuple[str, ...] = ()
    allowed: bool = False

    @property
    def keys(self) -> list[str]:
        """The names that the columns of the groups have."""
        return [f"k{i}" for i in range(len(self.by))]

    @property
    def goes_by_app_alone(self) -> bool:
        """Whether the causes of a crossing are those of the application, which others know."""
        return self.volumes and self.by == ("app",)

    @cached_property
    def admission(self) -> str:
        """What says which rows are admitted, in few characters: alike for bases that group them in other ways."""
        return replace(self, by=()).identity()

    def identity(self, *more: object) -> str:
        """The basis, and what else windows are made by, in few characters."""
        content = json.dumps([asdict(self), *more], default=str)
        return hashlib.sha256(content.encode()).hexdigest()[:16]


def basis_of(rule: Rule) -> Basis:
    """What a rule looks at."""
    volumes = rule.counts_volumes
    basis = Basis(volumes, rule.where, rule.by, "" if volumes else rule.least)
    match rule.kind:
        case Listed() as listed:
            return replace(basis, field=listed.field, patterns=listed.patterns, allowed=listed.allowed)
        case Silence(apps=apps) if apps:
            names = ", ".join("'" + each.replace("'", "''") + "'" for each in apps)
            named = f"app IN ({names})"
            return replace(basis, where=f"({rule.where}) AND {named}" if rule.where else named)
    return basis
