"""Ruby, by its Logger's documentation; .NET's console, by Microsoft's; CEF and LEEF, by ArcSight's and IBM's."""

RUBY = """\
I, [1999-03-03T02:34:24.895701 #19074]  INFO -- Main: info.
D, [2022-05-07T17:23:30.000001 #1234] DEBUG -- : no program
W, [2022-05-07T17:23:31.000001 #1234]  WARN -- : Cookie was too large
E, [2022-05-07T17:23:32.000001 #1234] ERROR -- app: ActionController::RoutingError
    from app.rb:3:in `f'
F, [2022-05-07T17:23:33.000001 #1234] FATAL -- : x
A, [2022-05-07T17:23:34.000001 #1234]   ANY -- : x
I, [2022-05-07T17:23:35 #1234]  INFO -- : without a fraction
I, [2022-05-07T17:23:36.000001 #1234]  INFO -- : ERROR is only a word here
E, [2022-05-07T17:23:37.000001 #1234] ERROR -- a b: x: y
I, [2022-05-07T17:23:38.000001 #1234]  INFO -- : x
"""
DOTNET = """\
info: Microsoft.Hosting.Lifetime[14]
      Now listening on: http://localhost:5000
warn: Microsoft.AspNetCore.HttpsPolicy.HttpsRedirectionMiddleware[3]
      Failed to determine the https port for redirect.
fail: Microsoft.AspNetCore.Server.Kestrel[13]
      Connection id "0HM", Request id "0HM:1": An unhandled exception was thrown by the application.
      System.InvalidOperationException: x
         at Program.<Main>$(String[] args) in C:\\a\\Program.cs:line 5
crit: App.Worker[0]
      cannot go on
dbug: App.Worker[-1]
      x
trce: App.Worker[0] on a single line
info: App.Worker[0]
      ERROR is only a word here
info: App.Worker[0]
      x
fail: App.Generic`1+Inner[0]
      x
"""
CEF = r"""
CEF:0|Security|threatmanager|1.0|100|worm successfully stopped|10|src=10.0.0.1 dst=2.1.2.2 spt=1232
Sep 19 08:26:10 host CEF:0|Security|threatmanager|1.0|100|worm successfully stopped|8|src=10.0.0.1
<134>Sep 19 08:26:11 host CEF:0|Security|threatmanager|1.0|100|detected a \| in message|5|src=10.0.0.1
2026-01-05T10:00:00.000Z host CEF:0|V|P|1|2|low|3|x=1
CEF:0|V|P|1|2|word|High|x=1
CEF:0|V|P|1|2|word|Very-High|x=1
CEF:0|V|P|1|2|word|Low|x=1
CEF:0|V|P|1|2|word|Unknown|x=1
CEF:1|V|P|1|2|of version 1|0|
CEF:0|V|P|1|2|medium|Medium|x=1
""".lstrip()
LEEF = """\
LEEF:1.0|Microsoft|MSExchange|4.0 SP1|15345|src=10.50.1.1\tdst=2.10.20.20\tsev=5\tmsg=x
Jan 18 11:07:53 192.168.1.1 LEEF:1.0|QRadar|QRM|1.0|NEW_PORT_DISCOVERD|src=172.5.6.67\tdst=172.50.123.1\tsev=8
Jan 18 11:07:54 host LEEF:2.0|Lancope|StealthWatch|1.0|41|^|src=10.0.1.8^dst=10.0.0.5^sev=10^srcPort=81
LEEF:2.0|V|P|1.0|1|x7C|sev=1
LEEF:1.0|V|P|1.0|1|sev=3
LEEF:1.0|V|P|1.0|1|x=no severity
LEEF:1.0|V|P|1.0|1|sev=7
LEEF:1.0|V|P|1.0|1|sev=9
LEEF:1.0|V|P|1.0|1|sev=4
LEEF:1.0|V|P|1.0|1|sev=6
"""


def test_ruby(check):
    found = check("ruby", RUBY)
    assert found.levels == ["INFO", "DEBUG", "WARN", "ERROR", "FATAL", "", "INFO", "INFO", "ERROR", "INFO"]
    assert found.times[0] == "1999-03-03T02:34:24.895701+00:00"
    assert found.column("logger")[:2] == ["Main", None]
    assert found.column("body")[3].endswith("in `f'")
    assert found.column("body")[8] == "x: y"


def test_dotnets_console_of_several_lines(check):
    found = check("dotnet-console", DOTNET)
    assert found.levels == ["INFO", "WARN", "ERROR", "FATAL", "DEBUG", "TRACE", "INFO", "INFO", "ERROR"]
    assert found.column("body")[:2] == [
        "Now listening on: http://localhost:5000", "Failed to determine the https port for redirect.",
    ]  # fmt: skip
    assert found.column("body")[2].startswith('Connection id "0HM"')
    assert found.column("body")[2].count("\n") == 2
    assert found.column("body")[5] == "on a single line"


def test_cef_by_its_severity(check):
    found = check("cef", CEF)
    assert found.levels == ["FATAL", "ERROR", "WARN", "INFO", "ERROR", "FATAL", "INFO", "INFO", "INFO", "WARN"]
    assert found.times[1:4] == ["2025-09-19T08:26:10+00:00", "2025-09-19T08:26:11+00:00", "2026-01-05T10:00:00+00:00"]
    assert found.column("body")[:3] == ["worm successfully stopped"] * 2 + [r"detected a \| in message"]


def test_leef_by_its_severity(check):
    found = check("leef", LEEF)
    assert found.levels == ["WARN", "ERROR", "FATAL", "INFO", "INFO", "", "ERROR", "FATAL", "WARN", "WARN"]
    assert found.times[1] == "2025-01-18T11:07:53+00:00"


def test_the_platforms_after_a_restart_in_another_format(restart):
    restart("ruby", RUBY)
    restart("dotnet-console", DOTNET)
    restart("cef", CEF)
    restart("leef", LEEF)
