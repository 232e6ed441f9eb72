"""Figures of a hub in trouble: its disk, its clock, its descriptors; and that they can be had in the middle of it."""

import resource
import socket
from contextlib import ExitStack
from urllib.parse import urlparse

from bodies import notice
from figures import read, wait_for, with_metrics
from harness import DAY, HOUR, free_port, may_publish, wait_until
from test_trouble_clock import Shifted

from lienthon import code, part

MIB = 1 << 20
FILES = 100


def publish(client, **fields):
    [(found, _)] = client.publish(part.make(client.identity.principal, "thu/a", "notice.v1", notice(), **fields))
    return found


def publish_urgently(client):
    return publish(client, priority=3, expires=part.now_ms() + HOUR)


def test_a_disk_that_is_short_and_then_full(small_disk, make_commune):
    disk = small_disk(32)
    hub = with_metrics(make_commune, data=str(disk.path / "hub"), limits={"reserve": 6 * MIB})
    client = hub.issue(publish=[may_publish("thu/#", max_priority=3)]).client()
    figures = wait_for(hub, lienthon_disk_free_bytes=lambda value: value)
    assert figures.of("lienthon_disk_short") == figures.of("lienthon_store_failing") == 0
    assert figures.of("lienthon_disk_reserve_bytes") == 6 * MIB
    assert figures.of("lienthon_disk_size_bytes") < 32 * MIB
    disk.fill(leave=4 * MIB)
    wait_for(hub, lienthon_disk_short=1, lienthon_disk_free_bytes=lambda value: value < 6 * MIB)
    disk.fill()
    wait_until(lambda: publish_urgently(client) == code.STORAGE_FAILED, "nothing can be written", watch=hub.hub)
    wait_for(hub, lienthon_store_failing=1)
    wait_for(hub, lienthon_refused_total=({"name": "storage-failed", "principal": client.identity.principal},
                                          lambda value: value))
    disk.make_room()
    wait_for(hub, lienthon_disk_short=0)
    wait_until(lambda: publish(client) == code.DONE, "it goes on", watch=hub.hub)
    wait_for(hub, lienthon_store_failing=0)


def test_a_clock_that_jumps(make_commune):
    shifted = Shifted(make_commune(metrics=f"127.0.0.1:{free_port()}"))
    hub = shifted.commune
    before = read(hub)
    assert before.of("lienthon_clock_jumps_total") == before.of("lienthon_clock_unsure") == 0
    shifted.jump(10 * DAY)
    figures = wait_for(hub, lienthon_clock_jumps_total=1, lienthon_clock_unsure=1)
    moved = figures.of("lienthon_time_seconds") - before.of("lienthon_time_seconds")
    assert 0 <= moved - 10 * DAY / 1000 < 60


def test_descriptors_that_run_out_leave_one_for_the_scraper(make_commune):
    hub = make_commune(metrics=f"127.0.0.1:{free_port()}")
    hub.start(preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES)))
    figures = wait_for(hub, process_max_fds=FILES)
    assert figures.of("lienthon_descriptors_short") == 0
    there = urlparse(hub.url)
    with ExitStack() as strangers:
        for _ in range(FILES):
            strangers.enter_context(socket.create_connection((there.hostname, there.port)))
        wait_for(hub, lienthon_descriptors_short=1)
    wait_for(hub, lienthon_descriptors_short=0)
