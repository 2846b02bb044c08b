"""OpenStack, by the defaults of oslo.log: `logging_context_format_string` and `logging_exception_prefix`."""

import pytest

BARE = """\
2017-05-16 00:00:00.008 25746 INFO nova.osapi_compute.wsgi.server [req-38101a0b-2096 113d3a99 54fadb41 - - -] 10.11.10.1
2017-05-16 00:00:04.500 2931 INFO nova.compute.manager [-] [instance: b9000564] VM Started (Lifecycle Event)
2017-05-16 00:00:20.345 2931 WARNING nova.virt.libvirt.imagecache [-] Unknown base file: /var/lib/nova/a489c868
2017-05-16 00:00:21.000 2931 ERROR nova.compute.manager [req-1 a b - - -] Instance failed to spawn
2017-05-16 00:00:21.000 2931 ERROR nova.compute.manager Traceback (most recent call last):
2017-05-16 00:00:21.000 2931 ERROR nova.compute.manager   File "/usr/lib/manager.py", line 2078, in _build
2017-05-16 00:00:21.000 2931 ERROR nova.compute.manager NoValidHost: No valid host was found.
2017-05-16 00:00:21.000 2931 ERROR nova.compute.manager 
2017-05-16 00:00:22.000 2931 CRITICAL nova [-] Unhandled error
2017-05-16 00:00:23.000 2931 DEBUG oslo_service.periodic_task [-] Running periodic task run
2017-05-16 00:00:24.000 2931 TRACE nova.x [-] x
2017-05-16 00:00:25.000 2931 AUDIT nova.compute.resource_tracker [-] Auditing locally available resources
2017-05-16 00:00:26.000 2931 INFO nova.api [req-2 a b - - -] [instance: 1] ERROR is only a word here
2017-05-16 00:00:27.000 2931 WARNING nova.x [-] x
"""  # noqa: W291
NAMED = "".join(f"nova-compute.log.1.2017-05-16_13:55:31 {line}\n" for line in BARE.splitlines())


@pytest.mark.parametrize(("name", "sample"), [("openstack", BARE), ("openstack-named", NAMED)])
def test_openstack_with_and_without_the_name_of_a_file(check, name, sample):
    found = check(name, sample)
    assert found.levels == ["INFO", "INFO", "WARN", "ERROR", "FATAL", "DEBUG", "TRACE", "INFO", "INFO", "WARN"]
    assert found.times[0] == "2017-05-16T00:00:00.008000+00:00"
    assert found.column("body")[1] == "[instance: b9000564] VM Started (Lifecycle Event)"
    assert found.column("logger")[2] == "nova.virt.libvirt.imagecache"
    assert found.column("thread")[2] == "2931"
    assert {"key": "request", "value": "req-38101a0b-2096 113d3a99 54fadb41 - - -"} in found.column("attributes")[0]


def test_a_traceback_goes_on_with_its_record(read):
    body = read(BARE).column("body")[1]
    assert body.startswith("Instance failed to spawn\n")
    assert body.count("\n") == 4
    assert "NoValidHost: No valid host was found." in body


def test_openstack_after_a_restart_in_another_format(restart):
    restart("openstack", BARE)
    restart("openstack-named", NAMED)
