"""Slow, stuck and hostile scrapers: the hub serves its people meanwhile, and the next scraper gets its page."""

import contextlib
import os
import select
import socket
import time

import pytest
from bodies import notice
from figures import fetch, read, with_metrics
from harness import free_port, may_publish, wait_until

from lienthon import code

REQUEST = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"


@pytest.fixture
def hub(make_commune):
    return with_metrics(make_commune)


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#")])


@pytest.fixture
def scrapers(hub):
    """Opens raw connections to the page."""
    host, port = hub.config["hub"]["metrics"].split(":")
    with contextlib.ExitStack() as opened:
        yield lambda: opened.enter_context(socket.create_connection((host, int(port)), timeout=20))


def is_served(team, rounds=20):
    """Messages are answered as ever."""
    client = team.client()
    for n in range(rounds):
        [(found, _)] = client.publish(team.part("thu/a", "notice.v1", notice(f"Tin {n}")))
        assert found == code.DONE
    client.close()


def wait_closed(connections, seconds=25):
    """Until the hub has closed them all."""
    left, until = set(connections), time.monotonic() + seconds
    while left and time.monotonic() < until:
        for one in select.select(left, [], [], until - time.monotonic())[0]:
            with contextlib.suppress(ConnectionError):
                if one.recv(65536):
                    continue
            left.discard(one)
    assert not left, f"{len(left)} are open after {seconds} s"


def processor_ticks(hub):
    fields = open(f"/proc/{hub.hub.pid}/stat").read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


@pytest.mark.slow
def test_half_a_request_costs_a_connection_for_some_seconds(hub, team, scrapers):
    stuck = [scrapers() for _ in range(20)]
    for one in stuck:
        one.sendall(REQUEST[:20])
    is_served(team)
    before = processor_ticks(hub)
    wait_closed(stuck)
    assert processor_ticks(hub) - before < 5 * os.sysconf("SC_CLK_TCK")  # of tens of seconds
    assert read(hub).of("lienthon_published_total") >= 20


@pytest.mark.slow
def test_a_byte_now_and_then_ends_all_the_same(hub, team, scrapers):
    one = scrapers()
    until = time.monotonic() + 30
    for byte in iter(lambda: b"x", None):
        try:
            one.sendall(byte)
        except OSError:
            break
        assert time.monotonic() < until, "the connection is still open"
        if select.select([one], [], [], 1)[0] and not one.recv(100):
            break
    is_served(team)


def test_a_header_of_a_megabyte_is_not_taken(hub, team, scrapers):
    one = scrapers()
    with contextlib.suppress(ConnectionError):
        one.sendall(REQUEST[:-2] + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n")
    with contextlib.suppress(ConnectionError):
        assert not one.recv(65536).startswith(b"HTTP/1.1 200")
    is_served(team)
    assert fetch(hub)[1].endswith("# EOF\n")


def test_a_thousand_connections(hub, team, scrapers):
    many = [scrapers() for _ in range(1000)]
    for one in many:
        one.sendall(REQUEST)
    is_served(team)
    assert len(os.listdir(f"/proc/{hub.hub.pid}/fd")) < 200
    wait_closed(many)  # each is answered in its turn
    assert fetch(hub)[1].endswith("# EOF\n")


def test_one_that_does_not_read_holds_nobody_up(hub, team, scrapers):
    mute = [scrapers() for _ in range(10)]
    for one in mute:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        one.sendall(REQUEST * 20)
    is_served(team)
    assert fetch(hub)[1].endswith("# EOF\n")


RUBBISH = [
    os.urandom(4096), b"\0" * 4096, b"GET " + b"/" * 3000 + b" HTTP/1.1\r\n\r\n", b"GET /metrics HTTP/9.9\r\n\r\n",
    b"\r\n" * 2000, b"POST /metrics HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /metrics HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzzzz\r\n",
]


def test_rubbish(hub, team, scrapers):
    all_of_it = []
    for rubbish in RUBBISH:
        one = scrapers()
        with contextlib.suppress(OSError):
            one.sendall(rubbish)
            one.shutdown(socket.SHUT_WR)
        all_of_it.append(one)
    wait_closed(all_of_it)
    is_served(team)
    assert fetch(hub)[1].endswith("# EOF\n")


def test_a_port_that_is_taken_stops_no_hub_and_is_tried_again(make_commune):
    port = free_port()
    with socket.create_server(("127.0.0.1", port)):
        commune = make_commune(metrics=f"127.0.0.1:{port}").start()
        assert f"metrics not served address=127.0.0.1:{port} reason=\"cannot listen on" in commune.hub.text()
        is_served(commune.issue(publish=[may_publish("thu/#")]), 3)
    wait_until(lambda: "metrics served" in commune.hub.text(), "the port is taken again", watch=commune.hub)
    assert read(commune).of("lienthon_build_info") == 1
