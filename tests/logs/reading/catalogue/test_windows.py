"""Windows' CBS.log, by Microsoft's pages on servicing logs."""

CBS = """\
2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\cbscore.dll
2016-09-28 04:30:31, Info                  CSI    00000001@2016/9/27:20:30:31.455 WcpInitialize (wcp.dll)
2016-09-28 04:30:31, Info                  CBS    Ending TrustedInstaller initialization.
2016-09-28 04:30:32, Warning               CBS    Unrecognized packageExtended attribute.
2016-09-28 04:30:33, Error                 CBS    Failed to find package (HRESULT = 0x800f0805)
2016-09-28 04:30:34, Info                  DISM   API: PID=1 TID=2 DismApi.dll: - DismInitializeInternal
2016-09-28 04:30:35, Error                 CSI    00000009 (F) Attempting to mark store corrupt
2016-09-28 04:30:36, Info                  CBS    Error is only a word here
2016-09-28 04:30:37, Warning               DPX    x
2016-09-28 04:30:38, Info                         nothing of a component
"""


def test_cbs(check):
    found = check("windows-cbs", CBS)
    assert found.levels == ["INFO", "INFO", "INFO", "WARN", "ERROR", "INFO", "ERROR", "INFO", "WARN", "INFO"]
    assert found.times[0] == "2016-09-28T04:30:30+00:00"
    assert found.column("body")[2:5] == [
        "Ending TrustedInstaller initialization.", "Unrecognized packageExtended attribute.",
        "Failed to find package (HRESULT = 0x800f0805)",
    ]  # fmt: skip
    assert found.column("logger")[:2] == ["CBS", "CSI"]


def test_cbs_after_a_restart_in_another_format(restart):
    restart("windows-cbs", CBS)
