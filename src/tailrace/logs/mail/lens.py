"""How the values of a mail are looked at: in which zone, how closely, with secrets masked or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo

from tailrace.logs.mail import plain
from tailrace.logs.mail.secrets import mask_secrets


@dataclass(frozen=True)
class Detail:
    """How much of each alert is shown; a mail that grows too long is rendered again with less.

    `alerts` stand in full, `listed` are named, and of their applications and rules so many `sums` are told. Of each
    alert `causes` and the `bars` of its chart are shown, of each cause so many lines, of that width, and so many
    `neighbours` on either side of it in its file. Of `labels`, and of other fields that a rule goes by, so many.
    """

    alerts: int
    listed: int
    causes: int
    bars: int
    sample_lines: int
    sample_width: int
    neighbours: int = 0
    sums: int = 0
    labels: int = 20


@dataclass(frozen=True)
class Lens:
    """How values are looked at. `link` is a template for the address of a place in a log, or empty."""

    zone: tzinfo
    detail: Detail
    mask: bool
    seen: dict[str, str] = field(default_factory=dict)
    """Texts that have been masked before, by what they were: to mask is most of the work."""
    link: str = ""

    def line(self, text: str, limit: int) -> str:
        """The text on one line, harmless, masked, and of at most `limit` characters."""
        return plain.one_line(self.masked(text[: limit * 8]), limit)

    def masked(self, text: str) -> str:
        """The text without the colours of a terminal, its secrets masked if they are to be."""
        if not self.mask:
            return plain.without_colours(text)
        if text not in self.seen:
            self.seen[text] = mask_secrets(plain.without_colours(text))
        return self.seen[text]
