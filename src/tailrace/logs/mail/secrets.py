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
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_LINE = re.compile(r"[ \t]*[A-Za-z0-9+/]{1,76}={0,2}[ \t\r]*")
_DIGEST = re.compile(
    r"(?i)\b(?P<head>digest[ \t]+)(?=username=)(?:[a-z]{1,20}=(?:\"[^\"\n]*+\"|[^\s,\"]++)(?:,[ \t]*+)?)++"
)
_HEADER = re.compile(
    r"""(?ix)
    (?<![a-z])
    (?P<head> (?: (?:proxy-)? authorization | (?:set-)? cookie )
      \\{0,8}["']? [ \t]*+ [:=] [ \t]*+ (?: \\{0,8}["'] )? )
    (?! (?: denied | failed | failure | granted | required | missing | invalid | disabled | enabled | ok | success )
        (?! [\w=] ) )
    (?: [^"'\\\n] | ["'] (?! [\s,})\]] | $ ) )++
    """
)
_URL_PASSWORD = re.compile(r"(?P<head>://[^\s/:@\"'<>]{0,256}+:)[^\s/\"'<>]{1,1024}(?=@)")
_SCHEME = re.compile(r"(?i)\b(?P<head>(?:bearer|basic|apikey)[ \t]++)(?=[\w.~+/-]{0,64}[\d=+/])[\w.~+/-]{8,}+=*+")
_PROSE = re.compile(
    r"""(?ix)
    \b (?P<head> pass(?: word | wd | phrase | code ) [ \t]+ (?: is | was ) [ \t]+ ) (?= [^\s]{0,64} \d ) [^\s]{4,200}+
    """
)
_QUOTED = re.compile(
    r"(?i)\b(?P<head>pass(?:word|wd|phrase)[ \t]+)('[^'\n]{3,200}'|\"[^\"\n]{3,200}\"|`[^`\n]{3,200}`)"
)
_CODE = re.compile(
    r"(?i)\b(?P<head>(?:verification|security|one[- ]time|confirmation|login|2fa|mfa|otp)[ _-](?:code|pin|password)"
    r"[ \t]*(?:is|:|=)?[ \t]*)\d{4,8}\b"
)
_ACCOUNT = re.compile(
    r"""(?x)
      (?P<head> (?<! [\w-] ) (?: -u | --user | --proxy-user ) (?: [ \t]+ | = ) ["']? [^\s:"']{1,100} : )
      (?! \d{1,6} (?! \S ) ) [^\s"'/] [^\s"']{0,200}
    | (?P<mysql> \b (?: mysql\w{0,10} | mariadb\w{0,10} | sshpass ) [ \t] [^\n|]{0,200}? (?<= [ \t] ) -p [ ]? )
      (?! [ -] ) \S{1,200}
    """
)
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
        | (?: api | access | private | account | encryption | signing | subscription | consumer | auth | master | shared
            | storage | license | app ) [_.-]? key
        | (?<! [a-z] ) (?: sig | signature | connect\.sid | auth | pass ) (?= \\{0,8}["']? = )
        | (?<! [a-z] ) pass (?= \\{0,8}["'] [ \t]*+ : )
        | (?<! [a-z] ) (?: pw | otp | cvv | cvc | pin ) (?= \\{0,8}["']? [ \t]*+ [:=] ) )
      (?P<ending> [\w.-]{0,40}+ )
      \\{0,8}["']? [\])]? (?: [ \t]*+ (?: => | := | ==? | : | %3[ad] ) [ \t]*+ | > ) (?: [bru] (?= ["'] ) )?
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
    | \b xapp- [A-Za-z0-9-]{16,}+
    | \b GOCSPX- [A-Za-z0-9_-]{20,}+
    | \b key- [0-9a-z]{32} (?! [0-9a-z] )
    | \b (?: SK | dapi ) [0-9a-f]{32} (?! [0-9a-f] )
    | (?<= AC[0-9a-f]{32} : ) [0-9a-f]{32} (?! [0-9a-f] )
    | \b (?: hvs | hvb ) \. [A-Za-z0-9_-]{24,}+
    | \b (?: dckr_pat | dp\.st | sntrys | lin_api | rubygems | figd | tskey | sq0[a-z]{3} | NRAK | PMAK | glrt | gldt )
        [_.-] [A-Za-z0-9_.-]{16,}+
    | \b ATATT3 [A-Za-z0-9_=-]{20,}+
    | (?<! [\w~.-] ) [\w~.-]{3} \d Q~ [\w~.-]{30,40}+
    | \b AGE-SECRET-KEY-1 [A-Z0-9]{20,}+
    | \b AIza [A-Za-z0-9_-]{30,}+
    | \b ya29\. [A-Za-z0-9._-]{20,}+
    | \b SG\. [A-Za-z0-9_-]{16,}+ \. [A-Za-z0-9_-]{16,}+
    | \b eyJ [A-Za-z0-9_-]{8,}+ \. [A-Za-z0-9_-]{4,}+ (?: \. [A-Za-z0-9_-]*+ )?
    | (?<= hooks\.slack\.com/services/ ) [A-Za-z0-9/]++
    | (?<= discord\.com/api/webhooks/ ) [\w/-]++
    | (?<= office\.com/webhook ) [bB\d]?+ / [\w@/-]++
    | (?<= [?&] code= ) (?= [\w./~%-]{0,64}? \d ) [\w./~%-]{10,}+
    | (?<= /bot ) \d{8,10} : [A-Za-z0-9_-]{35}
    """
)
_DIGITS = re.compile(
    r"""(?x)
    (?<! \w ) (?<! \d\. ) (?<! _- ) (?:
        \d{14,16}
      | (?<! - ) \d{4} (?P<four> [ -] ) \d{4} (?P=four) \d{4} (?P=four) \d{4}
      | (?<! - ) \d{4} (?P<six> [ -] ) \d{6} (?P=six) \d{5}
    ) (?! \w | \.\d )
    """
)
# Of 14 to 16 digits alone: longer numbers of a card are rare, and longer numbers that are none are not.
_CARD = re.compile(
    r"4\d{15}|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35[2-8]\d{13}|6(?:011|2\d\d|4[4-9]\d|5\d\d)\d{12}"
    r"|(?:50(?:18|20|38)|6304|6759|676[1-3])\d{12}"
)

# What a name ends in when its value tells about a secret and is none.
_HARMLESS_ENDING = re.compile(
    r"(?i)(?:name|type|count|length|size|limit|policy|path|file|url|uri|expir\w{0,10}|ttl|age|manager|provider)$"
)
_HARMLESS_VALUES = frozenset({"", "null", "none", "nil", "true", "false", "undefined", "missing", "required"})
_OPENING = re.compile(r"\\{0,8}[\"']")
_TAIL = re.compile(r"[)\]},;.]{1,8}$")
_SHORT_TOKEN = 6
_IN_PATH = re.compile(r"[/\\][\w.-]*$")
# Names that are often others' too: what their value has to look like to be a secret.
_NO_FIGURE = re.compile(r"(?!(?:ok|yes|no|fail(?:ed)?)$)(?![\d/.,%-]*$).+")
# Numbers of sessions and names of objects, as programs print them.
_OBJECT = re.compile(r"0x[0-9a-f]{1,16}[,.;)]?|(?:[a-z]\w*\.)+[A-Z][\w$]*@[0-9a-f]{1,8}|[A-Z]\w*\{[0-9a-f]{4,8}")
_LONG = re.compile(r"(?=.*\d).{8,}")
_FIGURES = re.compile(r"\d{3,10}")
_LOOSE = {
    **dict.fromkeys(("pass", "pw"), _NO_FIGURE),
    "auth": _LONG,
    **dict.fromkeys(("otp", "cvv", "cvc", "pin"), _FIGURES),
}


def mask_secrets(text: str) -> str:
    """Give `text` with everything that looks like a secret replaced by `[masked]`; a card number keeps its last four.

    A text longer than `LIMIT` is cut there, at a blank if there is one near, since half a secret is not recognised.
    """
    text = _without_key_lines(_bounded(text))
    for pattern, replacement in _STEPS:
        text = pattern.sub(replacement, text)
    return text


def _bounded(text: str) -> str:
    if len(text) <= LIMIT:
        return text
    kept = text[: LIMIT - 1]
    blank = max(kept.rfind(" "), kept.rfind("\n"))
    return kept[: blank + 1 if blank > LIMIT // 2 else len(kept)] + "…"


def _without_key_lines(text: str) -> str:
    """Mask the lines of a private key whose beginning is not here, which lie before its end."""
    ends = list(_KEY_END.finditer(text))
    for end in reversed(ends):
        lines = text[: end.start()].split("\n")
        kept = len(lines) - 1
        while kept > 0 and _KEY_LINE.fullmatch(lines[kept - 1]):
            kept -= 1
        if kept < len(lines) - 1 and "PRIVATE KEY" not in (lines[kept - 1] if kept else ""):
            text = "\n".join([*lines[:kept], MASK]) + text[end.end() :]
    return text


def _named(match: re.Match[str]) -> str:
    value = match["value"]
    opening = _first(_OPENING.match(value))
    closing = opening if len(value) > len(opening) and value.endswith(opening) else ""
    if not opening:
        closing = _first(_TAIL.search(value))
    inner = value[len(opening) : len(value) - len(closing)]
    if _is_harmless(match["name"].lower(), match["ending"].lower(), inner) or _is_path(match, inner):
        return match.group()
    return f"{match['head']}{opening}{MASK}{closing}"


def _account(match: re.Match[str]) -> str:
    return f"{match['head'] or match['mysql']}{MASK}"


def _first(match: re.Match[str] | None) -> str:
    return match.group() if match else ""


def _is_path(match: re.Match[str], value: str) -> bool:
    """Whether the name is that of a file, of which something is told: `/run/secrets/token: permission denied`."""
    before = match.string[max(match.start() - 80, 0) : match.start()]
    return value.isalpha() and match["head"].endswith(": ") and _IN_PATH.search(before) is not None


def _is_harmless(name: str, ending: str, value: str) -> bool:
    if _HARMLESS_ENDING.search(ending) or value.lower() in _HARMLESS_VALUES:
        return True
    if name in _LOOSE and not _LOOSE[name].fullmatch(value):
        return True
    if name == "token" and (ending.startswith("s") or len(value) < _SHORT_TOKEN):
        return True
    if _OBJECT.fullmatch(value):
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
    (_DIGEST, _AFTER_HEAD),
    (_HEADER, _AFTER_HEAD),
    (_URL_PASSWORD, _AFTER_HEAD),
    (_SCHEME, _AFTER_HEAD),
    (_SQL, _AFTER_HEAD),
    (_ACCOUNT, _account),
    (_QUOTED, _AFTER_HEAD),
    (_PROSE, _AFTER_HEAD),
    (_CODE, _AFTER_HEAD),
    (_NAMED, _named),
    (_OPTION, _AFTER_HEAD),
    (_SHAPES, MASK),
    (_DIGITS, _card),
)
