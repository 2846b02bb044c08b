"""Masks: what varies within messages, as patterns, in the order in which they are applied.

They know what addresses, dates, sizes or pairs of key and value look like, but no program's own words. A change to any
of them is a new version of every fingerprint (`fingerprint.VERSION`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

_BEGINS: Final = r"(^|[ \t\n\[(=,:/@])"
_ENDS: Final = r"($|[^\w.$-]|\.(?:$|\s))"
_ZONES: Final = (
    "com|net|org|edu|gov|mil|info|biz|arpa|ARPA|local|lan|io|dev|cloud|internal|test|example|invalid|(?:(?:ac|co|com|edu|gov|net|org)\\.)?"
    "(?:ar|at|au|be|br|ca|ch|cl|cn|cz|de|dk|es|eu|fi|fr|gr|hk|hu|ie|il|in|it|jp|kr|mx|nl|no|nz|pl|pt|ro|ru|se|sg|tr|"
    "tw|ua|uk|us|za)"
)
_DAYS: Final = "Mon|Tue|Wed|Thu|Fri|Sat|Sun"
_MONTHS: Final = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
_METHODS: Final = "GET|HEAD|POST|PUT|DELETE|PATCH|OPTIONS|CONNECT|TRACE"
_OCTET: Final = "(?:0[a-fA-F]?|[a-fA-F]0|[a-fA-F]{2})"  # two hexadecimal digits, of which runs of digits read as 0
_GROUP: Final = "[a-fA-F0]{1,4}"
_MICRO: Final = "(?:\u00b5|\u03bc)"  # the sign for it, and the Greek letter
_UNITS: Final = "m?s|bytes?|(?:milli|micro|nano)?seconds?|m?secs?|minutes?|mins?|hours?|hrs?|days?|weeks?"
_NO_VALUE: Final = r"\s,;(){}\[\]\"'&\x01"
_VALUE: Final = rf"(?:(?-u:[\w.$/:<>-]*)\{{[^{{}}\n]*\}}|[^=>~{_NO_VALUE}][^{_NO_VALUE}]*)"
# What a value under these keys says is the message, so it stays: a mark keeps it from the mask that follows.
_TELLING_KEYS: Final = "err|error|cause|reason|exception|msg|message|status|state|result|code|type|level|event"

# What is named by the word that follows, if that looks like a name: with a digit, a sign or a capital within it.
_NOUNS: Final = (
    "service|host|hostname|server|domain|zone|user|client|node|device|interface|file|class|thread|session|topic|queue|"
    "table|index|job|task|pod|container|volume|bucket|channel|endpoint|filter|map|module|plugin|unit|key|property|option"
)
_NAME: Final = r"(?:[A-Za-z0_<][\w<>]*[.:$/@-])*(?:[A-Za-z]*0|\w+_|[a-z]\w*[A-Z])\w*(?:[.$/@-][\w<>]+)*"
_RECORDS: Final = "A|AAAA|ANY|CAA|CNAME|DNAME|DNSKEY|DS|HTTPS|MX|NAPTR|NS|NSEC0?|PTR|RRSIG|SOA|SRV|SVCB|TXT"
_FILES: Final = (
    "bak|bin|cfg|class|cnf|conf|crt|csv|dat|db|dll|env|exe|gz|html?|ini|jar|java|jpe?g|js|json|jsp|key|list|lock|log|"
    "mount|parquet|pdf|pem|php|pid|png|properties|py|rb|scope|service|sh|slice|sock|socket|sql|sqlite|svg|tar|target|"
    "timer|tmp|toml|ts|txt|war|xml|ya?ml|zip|zone"
)
_SQL: Final = (
    "ALTER|ANALYZE|BEGIN|CALL|COMMIT|COPY|CREATE|DECLARE|DELETE|DROP|EXECUTE|EXPLAIN|FETCH|GRANT|INSERT|LOCK|MERGE|"
    "REFRESH|REINDEX|REPLACE|REVOKE|ROLLBACK|SELECT|SET|SHOW|START|TRUNCATE|UPDATE|USE|VACUUM|WITH"
)

# Patterns, what they leave, and the characters without which there is nothing to match: all those of one of the
# alternatives that bars part. By now runs of digits read as 0, and mixed words as #.
MASKS: Final[tuple[tuple[str, str, str], ...]] = (
    (rf"(?-u:\b)((?i-u:statement|query|sql|execute))(?: [^\s:]+)?: *(?i-u:{_SQL})(?-u:\b)[^\n]*", "${1}: <sql>", ":"),
    (r"\)(?:<[^<>\s]+>)+", ")<id>", ")<"),  # a session, behind its user
    # Before addresses of mail, since it may hold a user's name and a password, and those of networks in brackets.
    (r"[A-Za-z][A-Za-z0-9+.:-]*://(?:\[[^ \t\n\]]*\])?[^ \t\n\"'<>)\]]+", "<url>", ":/"),
    (r"(?-u)[\w.+#-]+@[\w#-]+(?:\.[\w#-]+)+", "<email>", "@."),
    (r"(?-u)\b(?:[0a-fA-F#]+\.)*(?i-u:in-addr|ip0)\.(?i-u:arpa)\b", "<host>", "."),  # an address looked up backwards
    (  # a network card's address, and identifiers of five parts
        rf"(?-u)\b{_OCTET}(?:[:-]{_OCTET}){{5}}\b|[0-9a-fA-F#]+-[0-9a-fA-F#]+-[0-9a-fA-F#]+-[0-9a-fA-F#]+-[0-9a-fA-F#]+",
        "<id>",
        "-|:",
    ),
    (
        rf"(?-u)\b{_GROUP}(?::{_GROUP}){{7}}\b"
        rf"|\b(?:{_GROUP}:)*[a-fA-F]{{0,3}}0[a-fA-F0]{{0,3}}::(?:{_GROUP}(?::{_GROUP})*)?",
        "<ip>",
        ":",
    ),
    (_BEGINS + r"(?-u)::(?:[fF]{4}:0\.0\.0\.0|0)\b", "${1}<ip>", ":"),  # the host itself; one of version 4
    (r"(?-u)\[<ip>(?:%[A-Za-z0#.-]+)?\]:0\b|<ip>%[A-Za-z0#.-]+", "<ip>", "<"),
    # A pod, behind the hash of its template.
    (r"(?-u)\b([a-z][a-z0#-]*?)-(?:[a-f0]{3,10}|#)-(?:[bcdfghjklmnp-tvwxz0]{2,5}|#)\b", "${1}-<id>", "-"),
    (r"\[(?:\*|::)\](?::0)?", "<ip>", "["),  # any address
    (r"(^|[ (=,])::($|[ ),;])", "${1}<ip>${2}", ":"),
    # A package with its architecture and versions, and versions as distributions write them.
    (
        r"(?-u)\b[a-z0#][\w.+#-]*:(?:amd0|arm0|armhf|i0|ppc0el|s0x|riscv0|all|any)\b(?: (?:[0#][\w.+~:#-]*|<none>))*",
        "<id>",
        ":",
    ),
    (r"(?-u)\b0[\w.:#-]*[+~][\w.+~:#-]*|\b0(?:[:-]0)*(?:\.0)+[a-z]{1,4}0(?:[.-]0)*\b", "0", "0+|0~|0."),
    # A host's name that holds its address, as dial-up networks give them.
    (
        r"(?-u)\b[A-Za-z][A-Za-z0#-]*[.-]0(?:[.-]0){3}(?:[.-][A-Za-z0#-]+)*\b|\b0(?:[.-]0){3}(?:[.-][A-Za-z][A-Za-z0#-]*)+",
        "<host>",
        "0.|0-",
    ),
    (r"(?-u)/?(?:[A-Za-z][\w-]*(?:\.[\w-]+)*/)?\b0\.0\.0\.0\b(?::0)?", "<ip>", "0."),
    (r"<ip>(?:, ?<ip>)+", "<ip>", "<,"),
    (r"(?-u)(?:[A-Za-z]:|\\|~|\.\.?)?(?:[/\\][\w.@%+=#$~-]+){2,}[/\\]?", "<path>", "/|\\"),
    (_BEGINS + r"(?-u)[A-Za-z0#-]*[0#][A-Za-z0#-]*(?:\.[A-Za-z][A-Za-z0#-]*){2,}(?::0)?", "${1}<host>", ".0|.#"),
    (_BEGINS + rf"(?-u:(?:[A-Za-z0#-]+\.)+(?:{_ZONES})(?::0)?)" + _ENDS, "${1}<host>${2}", "."),
    # What is asked of name servers: a name, the root's among them, with a kind of record and a class of networks.
    (
        rf"(?-u)(?:<host>\.?|[\w*#-]+\.[\w.*#-]*|(^|[ (\[,'\"])\.)"
        rf"(?:/(?:{_RECORDS})(?:/(?:IN|CH|HS))?| (?:{_RECORDS}) (?:IN|CH|HS))\b"
        r"|(?:<host>|[\w.*#-]+)/(?:IN|CH|HS)\b",
        "${1}<host>",
        "/|.",
    ),
    (r"(?-u)[\w.#-]+ \[<ip>\]", "<host> [<ip>]", "<["),
    (r"(?-u)<ip> \((?:<host>|[\w.-]+)?\)", "<ip> (<host>)", "<("),
    # What a function, or a part of a program, was given.
    (r"(?-u:\b([a-z_][a-z0_:-]*))\((?:[^()\s]{2,}|\.)\)", "${1}(<v>)", "("),
    # A setting's key or a file, and an option of a command.
    (
        r"([ \t\n\[(=,:/@])(?-u:[a-z][a-z0_#-]*(?:\.[a-z][a-z0_#-]*){2,})"
        + _ENDS
        + rf"|(?-u:\b[\w@#-]+(?:\.[\w@#-]+)*\.(?:{_FILES})\b)"
        + r"(?:$|([^\w.(]|\.(?:$|\s)))",
        "${1}<name>${2}${3}",
        ".",
    ),
    (r"(^|[ \[\"'(])-{1,2}[A-Za-z](?-u:[\w.:+-]*)(?:=[^\s,\"')\]]*)?", "${1}<option>", "-"),
    (
        rf"(?-u:\b({_NOUNS})(s?:? ))(?:(?-u:{_NAME})|\[[^\[\]\n]*\](?:\\\[[^\[\]\n]*\])?)",
        "${1}${2}<name>",
        "",
    ),
    # Words joined by hyphens, colons or underscores, with numbers among them, which together name one thing.
    (
        r"(?-u)\b[A-Za-z]{1,3}0(?:[:-][A-Za-z]{0,3}0?){2,}\b|\b[A-Za-z]+(?:_-?[A-Za-z]*0[A-Za-z0]*)+\b",
        "<id>",
        "0:|0-|_0",
    ),
    (
        r"(?-u)\b0[xX][0-9a-fA-F#]+\b|\b[a-fA-F]{8}\b"
        rf"|\b(?:(?:{_DAYS}),? +)?(?:{_MONTHS}) +0\b|\b(?:{_DAYS}),? +0\b"
        r"|\b(?:[a-fA-F]{1,8}0|0[a-fA-F])(?:0|[a-fA-F]{1,8})*\b",
        "0",
        "",
    ),
    ("#", "0", "#"),  # one identifier may read as a number, the next as a mixed word: both are numbers then
    (
        rf"(?-u)[-+]?0(?:(?:[.,:/TZ-]*|[dhm])0)*(?:%|(?: ?[kKMGTP]?i?B| ?{_MICRO}s|[num]?s|min|[hdmkKMGT])\b)?",
        "<n>",
        "0",
    ),
    (rf"(?-u)<?<n> ?(?:{_UNITS})\b", "<n>", "<"),
    (r"(?-u)<(?:n|id)>(?:[\s,;:_-]*<(?:n|id)>)+", "<n>", "<"),
    (rf'"({_METHODS}) [^"\n]*"', "${1} <text>", '"'),
    (r'""([^"\s][^"\n]*)""', '"${1}"', '"'),  # quotes doubled within a quoted field
    (r'"(?:[^"\\\n]|\\[^\n])*"|"[^"\n]*"', '"<text>"', '"'),
    (r'"<text>"(?:, ?"<text>")+', '"<text>"', '",<'),
    (r"(^|[ \t\n=(\[:,])'[^'\n]*'(?:(?:@|, ?| )'[^'\n]*')*($|[ \t\n=)\].:;,])", "${1}'<text>'${2}", "'"),
    (r"\[[^\[\],\n]+(?:, ?[^\[\],\n]+)+\]", "[<list>]", "[,"),
    # Counts in a row: often only those are written that are not zero.
    (r"(\S ) *(?-u)[A-Za-z_][\w.-]*=<n>(?:/<n>)?(?:,? +[A-Za-z_][\w.-]*=<n>(?:/<n>)?)+", "${1}<counts>", "=<"),
    (rf"(?-u)\b({_TELLING_KEYS})=", "${1}=\x01", "="),
    (r"=\[[^\[\]\n]*\]", "=<v>", "=["),
    (r"(?-u:\b([A-Za-z_][\w.-]*))=" + _VALUE, "${1}=<v>", "="),
    ("\x01", "", "\x01"),
    (r"(?-u)\b(for|by|of|as|[Ii]nvalid|[Ii]llegal|[Uu]nknown) user [\w.$<>-]+", "${1} user <name>", ""),
    (r"(?-u)\b([Uu]ser) [\w.$@-]+:", "${1} <name>:", ":"),
    (r"(?-u)\bfor [\w.$<>-]+ from (<ip>|<host>)", "for <name> from ${1}", "<"),
)
_SIGNS: Final = sorted({sign for _, _, needs in MASKS for sign in needs} - {"|"})


def masked(shapes: Sequence[str]) -> pl.Series:
    """Return texts with what varies in them masked.

    Masks are left out that nothing in any of the texts can match: to make a pattern ready takes as long as a thousand
    texts, and mostly few come at once.
    """
    column, whole = pl.col("text"), "".join(shapes)
    signs = {sign for sign in _SIGNS if sign in whole}
    for pattern, name, needs in MASKS:
        if any(signs.issuperset(each) for each in needs.split("|")):
            column = column.str.replace_all(pattern, name)
            signs.update(name)
    return pl.DataFrame({"text": shapes}, schema={"text": pl.String}).select(column).to_series()
