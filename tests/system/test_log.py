"""The hub's log: an event in plain words that never changes, then key=value; documented, searchable, nobody else's."""

import os
import re
import socket
import subprocess
from collections import Counter

import pytest
from bodies import notice
from figures import with_metrics
from harness import BIN, REPO, environment, free_port, may_publish, may_subscribe, wait_until
from talk import say

from lienthon import code, join, op

LINE = re.compile(r"[IWE]: \(lienthond\) \d\d-\d\d-\d\d \d\d:\d\d:\d\d (.*)")
VALUE = r'[^\s"=\\]+|"(?:[^"\\]|\\["\\]|\\x[0-9a-f]{2})*"'
EVENT = re.compile(rf"([a-z][a-z0-9,' ]*?)((?: [a-z_]+=(?:{VALUE}))*)")
MANUAL = (REPO / "broker" / "lienthond.man").read_text(encoding="utf-8")
# \fBevent\fR \fIkey key\fR
EVENTS = {event: set(keys.split())
          for event, keys in re.findall(r"^\\fB(.+)\\fR \\fI(.+)\\fR$", MANUAL.split("\n.SH LOG\n")[1].split("\n.SH ")[0], re.M)}


def lines(hub):
    """[(event, {key: value})] of all that it has said; each line is of the form that the manual promises."""
    found = []
    for text in hub.hub.text().splitlines():
        line = LINE.fullmatch(text)
        assert line, text
        event = EVENT.fullmatch(line[1])
        assert event, line[1]
        pairs = re.findall(rf" ([a-z_]+)=({VALUE})", event[2])
        found.append((event[1], {key: value for key, value in pairs}))
    return found


def wait_for_line(hub, event, **wanted):
    def said():
        return [fields for name, fields in lines(hub) if name == event and wanted.items() <= fields.items()]

    return wait_until(said, f"{event} {wanted}", watch=hub.hub)[0]


@pytest.fixture
def hub(make_commune):
    return with_metrics(make_commune)


def test_what_a_typical_day_says_is_in_the_manual(hub):
    team = hub.issue("doi.an-thuong", publish=[may_publish("thu/#")], rights=["query"], subscribe=[may_subscribe("thu/#")])
    speaker = hub.issue("loa.an-thuong.01", subscribe=[may_subscribe("thu/#")])
    client, sender = speaker.client(), team.client()
    client.subscribe("thu/a", durable="loa")
    [seq] = say(sender, "thu/a", "một")
    client.ack(client.next(), outcome=op.ACK_GAVE_UP, detail="loa hỏng")
    made = team.part("noi-khac", "notice.v1", notice())
    sender.publish(made)
    client.send([op.QUERY, "q", "stats", {}])
    hub.revoke(speaker)
    assert client.wait(op.BYE).head[1] == code.REVOKED
    sender.close()
    assert wait_for_line(hub, "grant taken", principal=team.name)["issuer"] == "root"
    wait_for_line(hub, "session begun", principal=team.name, address="127.0.0.1")
    wait_for_line(hub, "session ended", principal=team.name)
    found = wait_for_line(hub, "message refused", principal=team.name, code="not-allowed", topic="noi-khac")
    assert found["type"] == "notice.v1" and found["reason"].startswith('"')
    assert found["id"].replace("-", "") == made.id.hex()
    wait_for_line(hub, "request refused", principal=speaker.name, op="11", code="not-allowed")
    wait_for_line(hub, "delivery given up", principal=speaker.name, durable="loa", seq=str(seq), state="gave-up",
                  detail='"loa hỏng"')
    wait_for_line(hub, "grant revoked", principal=speaker.name)
    wait_for_line(hub, "grant ended, connection cut", principal=speaker.name)
    hub.restart()
    hub.stop()
    said = lines(hub)
    assert {"hub listens", "metrics served", "store read", "hub stops"} <= {event for event, _ in said}
    for event, fields in said:
        assert event in EVENTS, f"{event} is not in lienthond(8)"
        assert set(fields) <= EVENTS[event], (event, fields)


def test_the_manual_lists_every_event_and_no_other():
    """An operator's search, and a program's, rests on these words."""
    said = set()
    for file in (REPO / "broker").rglob("*.c"):
        text = file.read_text(encoding="utf-8")
        if file.name != "log.c":
            assert not re.search(r"\bzsys_(info|notice|warning|error|debug)\(", text), f"{file.name}: by log.h"
        for call in re.findall(r"log_(?:info|warning|error|line)\((.*?);\n", text, re.S):
            head = call.split("LOG_FIELDS" if call.startswith("LOG_IS_") else "LOG_", 1)[0]
            said |= set(re.findall('"([^"]+)"', head))
    assert said == set(EVENTS)


def test_nobody_writes_a_line_of_his_own(hub):
    team = hub.issue("doi.an-thuong", publish=[may_publish("thu/#")])
    speaker = hub.issue("loa.an-thuong.01", subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe("thu/a", durable="loa")
    say(team.client(), "thu/a", "một")
    words = 'hết" state=done\nE: (lienthond) 26-01-01 00:00:00 hub stops principal=hub\r\x1b[31m \\ \x7f\u0085 ấp'
    client.ack(client.next(), outcome=op.ACK_GAVE_UP, detail=words)
    found = wait_for_line(hub, "delivery given up", principal=speaker.name)
    assert found["state"] == "gave-up"
    assert found["detail"].encode("unicode-escape").isascii() and "\\x0a" in found["detail"]
    assert "ấp" in found["detail"]
    assert "hub stops" not in {event for event, _ in lines(hub)}


def test_a_body_does_not_get_into_the_log(hub):
    team = hub.issue("doi.an-thuong", publish=[may_publish("thu/#")])
    client = team.client()
    [(found, reason)] = client.publish(team.part("thu/a", "notice.v1", notice(urgency="số điện thoại 0912345678")))
    assert found == code.BODY_WRONG
    [(found, _)] = client.publish(team.part("thu/bi-mat", "notice.v1", notice(), label=2))
    assert found == code.SECRET
    told = wait_for_line(hub, "message refused", code="body-wrong")
    assert reason.startswith(told["reason"].strip('"'))
    told = wait_for_line(hub, "message refused", code="secret")
    assert told["topic"] == told["type"] == told["id"] == '""'
    assert "0912345678" not in hub.hub.text() and "bi-mat" not in hub.hub.text()


def test_a_flood_of_refusals_is_told_at_a_walk(hub):
    loud = hub.issue("doi.an-thuong", publish=[may_publish("thu/#")])
    other = hub.issue("doi.an-lac", publish=[may_publish("thu/#")])
    client = loud.client()
    for _ in range(10):
        client.publish(*[loud.part("noi-khac", "notice.v1", notice()) for _ in range(100)])
    other.client().publish(other.part("noi-khac", "notice.v1", notice()))
    wait_for_line(hub, "message refused", principal=other.name)
    said = Counter(fields["principal"] for event, fields in lines(hub) if event == "message refused")
    assert 20 <= said[loud.name] <= 25
    assert said[other.name] == 1


def test_in_the_journal_the_letter_is_a_priority(make_commune, tmp_path):
    """systemd names the stream that it reads by device and inode."""
    port = free_port()
    commune = make_commune(metrics=f"127.0.0.1:{port}")
    stream = tmp_path / "journal"
    with open(stream, "wb") as journal, socket.create_server(("127.0.0.1", port)):
        about = os.fstat(journal.fileno())
        hub = subprocess.Popen([BIN / "lienthond", "-C", commune.dir], stderr=journal,
                               env=environment(JOURNAL_STREAM=f"{about.st_dev}:{about.st_ino}"))
        try:
            wait_until(lambda: "hub listens" in stream.read_text(encoding="utf-8"), "it listens")
        finally:
            hub.terminate()
            assert hub.wait(20) == 0
    said = stream.read_text(encoding="utf-8").splitlines()
    assert any(line.startswith("<6>hub listens principal=hub ") for line in said), said
    assert any(line.startswith("<3>metrics not served address=") for line in said), said
    assert all(re.match("<[346]>[a-z]", line) for line in said), said


def test_who_joins_is_told(hub):
    import json
    found = hub.lienthon("invite", "loa.an-thuong.77", "--role", "speaker", "--hamlet", "an-thuong", "--json")
    joined = join(json.loads(found.stdout)["code"])
    assert wait_for_line(hub, "device joined", address="127.0.0.1")["invitation"].startswith("invite.")
    wait_for_line(hub, "grant taken", principal=joined.identity.principal)
