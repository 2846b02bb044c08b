"""Secrets in log text, masked: passwords, tokens, keys, card numbers.

What is recognised: values that stand behind a telling name (`password=`, `"apiKey": "..."`, `Authorization:`),
passwords in URLs, private keys, the tokens of well-known services by their shape, and card numbers by issuer, length
and check digit. A secret without name or shape is not recognised. When in doubt a value is masked.

Every pattern runs in time proportional to the text: repetitions are possessive or bounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

MASK = "[masked]"
LIMIT = 32_768
"""The greatest length, in characters, of a text that is searched; what lies beyond is cut off."""

_PRIVATE_KEY = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:(?!-----END )[\s\S])*+(?:-----END [A-Z0-9 ]{0,60}-----)?"
)
_HEADER = re.compile(
    r"""(?ix)
    (?<![a-z])
    (?P<head> (?: (?:proxy-)? authorization | (?:set-)? cookie )
      \\{0,8}["']? [ \t]*+ [:=] [ \t]*+ (?: \\{0,8}["'] )? )
    (?: [^"'\\\n] | ["'] (?! [\s,})\]] | $ ) )++
    """
)
_URL_PASSWORD = re.compile(r"(?P<head>://[^\s/:@\"'<>]{0,256}+:)[^\s/\"'<>]{1,1024}(?=@)")
_SCHEME = re.compile(r"(?i)\b(?P<head>(?:bearer|basic|apikey)[ \t]++)(?=[\w.~+/-]{0,64}[\d=+/])[\w.~+/-]{8,}+=*+")
_SQL = re.compile(r"(?i)\b(?P<head>identified[ \t]+by[ \t]+(?:password[ \t]+)?)('[^'\n]*+'?|\"[^\"\n]*+\"?|[^\s'\"]++)")
_OPTION = re.compile(
    r"""(?ix)
    (?<![\w-]) (?P<head> --? [\w-]{0,40} (?: password | passwd | passphrase | secret | token | api-?key ) [ \t]++ )
    (?! - ) (?: "[^"\n]*+"? | '[^'\n]*+'? | [^\s"']++ )
    """
)
_NAMED = re.compile(
    r"""(?ix)
    (?P<head>
      (?P<name> pass(?:word|wd|phrase|code) | pwd | secret | credential | token | session[_-]?id | sessid
        | (?: api | access | private | account | encryption | signing ) [_.-]? key
        | (?<! [a-z] ) (?: sig | signature | otp | cvv | cvc | pin ) (?= \\{0,8}["']? = ) )
      (?P<ending> [\w.-]{0,40}+ )
      \\{0,8}["']? [\])]? (?: [ \t]*+ (?: => | := | ==? | : ) [ \t]*+ | > ) (?: [bru] (?= ["'] ) )?
    )
    (?P<value>
        (?P<slash> \\{1,8} ) " (?: (?! (?<! \\ ) (?P=slash) " ) [^\n] )*+ (?: (?P=slash) " )?
      | " (?: [^"\\\n] | \\[^\n] )*+ "?
      | ' (?: [^'\\\n] | \\[^\n] )*+ '?
      | (?: (?! [&;,] [ ]? [\w.-]{1,40} [=:] ) [^\s"'<>] )++
    )
    """
)
_SHAPES = re.compile(
    r"""(?x)
      (?<! [A-Za-z0-9] ) (?: AKIA | ASIA ) [A-Z0-9]{16} (?! [A-Za-z0-9] )
    | \b (?: gh[pousr] | github_pat | npm | hf | glpat | dop_v1 | shpat | whsec | pypi ) [_-] [A-Za-z0-9_-]{16,}+
    | \b [srp]k_ (?: live | test ) _ [A-Za-z0-9]{10,}+
    | \b sk- [A-Za-z0-9_-]{20,}+
    | \b xox[abeoprs]- [A-Za-z0-9-]{10,}+
    | \b AIza [A-Za-z0-9_-]{30,}+
    | \b ya29\. [A-Za-z0-9._-]{20,}+
    | \b SG\. [A-Za-z0-9_-]{16,}+ \. [A-Za-z0-9_-]{16,}+
    | \b eyJ [A-Za-z0-9_-]{8,}+ \. [A-Za-z0-9_-]{4,}+ (?: \. [A-Za-z0-9_-]*+ )?
    | (?<= hooks\.slack\.com/services/ ) [A-Za-z0-9/]++
    | (?<= /bot ) \d{8,10} : [A-Za-z0-9_-]{35}
    """
)
_DIGITS = re.compile(
    r"""(?x)
    (?<! \w ) (?<! \d\. ) (?:
        \d{13,19}
      | (?<! - ) \d{4} (?P<four> [ -] ) \d{4} (?P=four) \d{4} (?P=four) \d{4}
      | (?<! - ) \d{4} (?P<six> [ -] ) \d{6} (?P=six) \d{5}
    ) (?! \w | \.\d )
    """
)
_CARD = re.compile(r"4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6\d{15,18}")

# What a name ends in when its value tells about a secret and is none.
_HARMLESS_ENDING = re.compile(
    r"(?i)(?:name|type|count|length|size|limit|policy|path|file|url|uri|expir\w{0,10}|ttl|age|manager|provider)$"
)
_HARMLESS_VALUES = frozenset({"", "null", "none", "nil", "true", "false", "undefined", "missing", "required"})
_OPENING = re.compile(r"\\{0,8}[\"']")
_TAIL = re.compile(r"[)\]},;.]{1,8}$")
_SHORT_TOKEN = 6


def mask_secrets(text: str) -> str:
    """Give `text` with everything that looks like a secret replaced by `[masked]`; a card number keeps its last four.

    A text longer than `LIMIT` is cut there, at a blank if there is one near, since half a secret is not recognised.
    """
    text = _bounded(text)
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text


def _bounded(text: str) -> str:
    if len(text) <= LIMIT:
        return text
    kept = text[: LIMIT - 1]
    blank = max(kept.rfind(" "), kept.rfind("\n"))
    return kept[: blank + 1 if blank > LIMIT // 2 else len(kept)] + "…"


def _named(match: re.Match[str]) -> str:
    value = match["value"]
    opening = _first(_OPENING.match(value))
    closing = opening if len(value) > len(opening) and value.endswith(opening) else ""
    if not opening:
        closing = _first(_TAIL.search(value))
    inner = value[len(opening) : len(value) - len(closing)]
    if _is_harmless(match["name"].lower(), match["ending"].lower(), inner):
        return match.group()
    return f"{match['head']}{opening}{MASK}{closing}"


def _first(match: re.Match[str] | None) -> str:
    return match.group() if match else ""


def _is_harmless(name: str, ending: str, value: str) -> bool:
    if _HARMLESS_ENDING.search(ending) or value.lower() in _HARMLESS_VALUES:
        return True
    if name == "token" and (ending.startswith("s") or len(value) < _SHORT_TOKEN):
        return True
    return value.startswith(MASK[:-1]) or not value.strip("*•xX.")


def _card(match: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", match.group())
    return f"[card …{digits[-4:]}]" if _CARD.fullmatch(digits) and _luhn(digits) else match.group()


def _luhn(digits: str) -> bool:
    odd, even = digits[-1::-2], digits[-2::-2]
    return (sum(map(int, odd)) + sum(sum(divmod(2 * int(digit), 10)) for digit in even)) % 10 == 0


# The order matters: what is widest goes first, so that a later pattern never leaves half of an earlier one's secret.
_AFTER_HEAD = rf"\g<head>{MASK}"
_STEPS: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    (_PRIVATE_KEY, MASK),
    (_HEADER, _AFTER_HEAD),
    (_URL_PASSWORD, _AFTER_HEAD),
    (_SCHEME, _AFTER_HEAD),
    (_SQL, _AFTER_HEAD),
    (_NAMED, _named),
    (_OPTION, _AFTER_HEAD),
    (_SHAPES, MASK),
    (_DIGITS, _card),
)
