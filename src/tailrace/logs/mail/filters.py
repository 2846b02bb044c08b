"""What templates do to texts beside escaping them: code that keeps its shape, and addresses that stay text."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

# Mail readers make links of whatever looks like an address, even `java.io`; a place to break the line parts its words.
_JOINT = re.compile(r"(?<=\w)(?=\.[^\W\d_])|(?<=:)(?=//)|(?<=\S)(?=@\S)")
_BREAK = Markup("<wbr>")


def unlinked(text: object) -> Markup:
    """Escape `text` for HTML so that few mail readers make links of what stands in it; its looks do not change.

    Some, such as Apple's, look across markup and make links all the same.
    """
    return _BREAK.join(escape(part) for part in _JOINT.split(str(text)))


def code(line: str) -> Markup:
    """A line of code for HTML: `unlinked`, its indent and the width of its gaps kept."""
    return unlinked(hard_indent(line).replace("  ", "\u00a0 "))


def hard_indent(line: str) -> str:
    """Make leading blanks unbreakable, which not every mail reader keeps, and keep the `at` of a frame by its place."""
    bare = line.lstrip(" ")
    indent = len(line) - len(bare)
    return "\u00a0" * indent + (bare.replace(" ", "\u00a0", 1) if indent else bare)
