"""The hub's figures: each moves when its thing happens, and agrees with what the clients saw."""

import json
import os
import re
import time
import urllib.error
import urllib.request

import pytest
from bodies import notice
from damage import break_pages, flip_a_bit
from figures import OTHERS, Figures, fetch, read, url_of, wait_for, with_metrics
from harness import BIN, DAY, free_port, may_publish, may_subscribe, run, wait_until
from prometheus_client.parser import text_string_to_metric_families as plain_families
from talk import say, take

from lienthon import code, join, op, part, seal

PAGE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; version=0.0.4; charset=utf-8"
# What Debian's prometheus sends.
PROMETHEUS = ("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
              "text/plain;version=0.0.4;q=0.5,*/*;q=0.1")


@pytest.fixture
def hub(make_commune):
    return with_metrics(make_commune)


@pytest.fixture
def team(hub):
    return hub.issue("doi.an-thuong", publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")],
                     rights=["query"])


@pytest.fixture
def speaker(hub):
    return hub.issue("loa.an-thuong.01", subscribe=[may_subscribe("thu/#")])


LOA = {"principal": "loa.an-thuong.01", "durable": "loa"}


# The page


def test_the_page_is_openmetrics_to_its_end(hub):
    for accept in (PROMETHEUS, "*/*"):
        headers, text = fetch(hub, accept)
        assert headers["Content-Type"] == PAGE
        assert text.endswith("# EOF\n")
        families = Figures(text).families
        for name, family in families.items():
            assert family.documentation.endswith("."), name
            assert family.type in ("counter", "gauge", "histogram", "info"), name
            assert name.startswith(("lienthon_", "process_")), name
            for unit in ("seconds", "bytes"):
                assert (family.unit == unit) == name.endswith("_" + unit), name


def test_whoever_asks_for_the_older_format_alone_gets_it(hub):
    headers, text = fetch(hub, "text/plain;version=0.0.4")
    assert headers["Content-Type"] == PLAIN
    assert "# EOF" not in text and "# UNIT" not in text
    plain = {sample.name for family in plain_families(text) for sample in family.samples}
    assert plain == {name for name, _ in read(hub).samples}


def test_there_is_one_page_and_only_reading(hub):
    page = url_of(hub)
    for url, method, status in ((page.removesuffix("metrics"), "GET", 404), (page, "POST", 405), (page, "HEAD", 200)):
        asked = urllib.request.Request(url, method=method, data=b"x" * 100_000 if method == "POST" else None)
        try:
            with urllib.request.urlopen(asked, timeout=20) as answer:
                found = answer.status
        except urllib.error.HTTPError as error:
            found = error.code
        assert found == status, (url, method)


@pytest.mark.parametrize("host, status", [("localhost:5772", 200), ("127.0.0.1", 200), ("[::1]:1", 200),
                                          ("xau.example:5772", 403), ("127.0.0.1.xau.example", 403), ("x" * 500, 403)])
def test_a_page_in_a_browser_cannot_read_it_by_a_name_that_leads_here(hub, host, status):
    asked = urllib.request.Request(url_of(hub), headers={"Host": host})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            found = answer.status
    except urllib.error.HTTPError as error:
        found = error.code
    assert found == status


def test_program_process_and_clock(hub):
    figures = wait_for(hub, process_resident_memory_bytes=lambda value: value)
    version = run(BIN / "lienthond", "--version").stdout.split()[1]
    assert figures.of("lienthon_build_info", version=version) == 1
    assert abs(figures.of("lienthon_time_seconds") - time.time()) < 30
    assert 0 < figures.of("process_start_time_seconds") <= figures.of("lienthon_time_seconds")
    resident = int((open(f"/proc/{hub.hub.pid}/statm").read()).split()[1]) * os.sysconf("SC_PAGESIZE")
    assert resident / 4 < figures.of("process_resident_memory_bytes") < resident * 4
    opened = len(os.listdir(f"/proc/{hub.hub.pid}/fd"))
    assert abs(figures.of("process_open_fds") - opened) < 10
    assert figures.of("process_cpu_seconds_total") > 0
    assert 0 < figures.of("lienthon_memory_used_bytes") < figures.of("lienthon_memory_bound_bytes")
    assert figures.of("lienthon_descriptors_short") == figures.of("lienthon_offenders") == 0


# What is published


def test_published_stored_known_and_refused_agree_with_the_answers(hub, team):
    before = read(hub)
    client = team.client()
    good = [team.part("thu/a", "notice.v1", notice(f"Tin {n}")) for n in range(5)]
    wrong = [team.part("thu/a", "notice.v1", {"text": 5}) for _ in range(3)]
    elsewhere = [team.part("noi-khac", "notice.v1", notice()) for _ in range(2)]
    answers = [answer for made in (good, good[:2], wrong, elsewhere) for answer in client.publish(*made)]
    codes = [found for found, _ in answers]
    assert codes == [0] * 5 + [1] * 2 + [code.BODY_WRONG] * 3 + [code.NOT_ALLOWED] * 2
    figures = wait_for(hub, lienthon_published_total=before.of("lienthon_published_total") + len(answers))
    mine = {"principal": team.name}
    assert figures.of("lienthon_refused_total", code=str(code.BODY_WRONG), **mine) == 3
    assert figures.of("lienthon_refused_total", code=str(code.NOT_ALLOWED), name="not-allowed", **mine) == 2
    assert figures.of("lienthon_refused_total", **mine) == 5
    for name, count in (("known", 2), ("stored", 5)):
        grown = figures.of(f"lienthon_{name}_total") - before.of(f"lienthon_{name}_total")
        assert grown >= count if name == "stored" else grown == count  # the hub tells the time meanwhile
    assert figures.of("lienthon_publish_seconds_count") - before.of("lienthon_publish_seconds_count") == 4
    assert figures.of("lienthon_publish_seconds_sum") > before.of("lienthon_publish_seconds_sum")
    assert figures.of("lienthon_group_messages_sum") == figures.of("lienthon_stored_total")
    assert figures.of("lienthon_sync_seconds_count") >= figures.of("lienthon_group_messages_count") > 0
    assert figures.of("lienthon_group_check_seconds_count") >= figures.of("lienthon_group_messages_count")
    assert figures.of("lienthon_log_size") == figures.of("lienthon_stored_total")


def test_a_request_that_a_desk_refuses_is_counted_with_its_principal(hub, speaker):
    client = speaker.client()
    client.send([op.QUERY, "q", "stats", {}])
    assert client.wait(op.RESULT).head[2] == code.NOT_ALLOWED
    client.send([op.SUBSCRIBE, "s", "s", ["noi-khac/#"], {}])
    assert client.wait(op.SUBSCRIBED).head[2] == code.NOT_ALLOWED
    client.send([99])
    assert client.wait(op.BYE).head[1] == code.MALFORMED
    figures = wait_for(hub, lienthon_refused_total=({"principal": speaker.name}, 3))
    assert figures.of("lienthon_refused_total", principal=speaker.name, name="not-allowed") == 2
    assert figures.of("lienthon_refused_total", principal=speaker.name, name="malformed") == 1


def test_the_principal_is_who_brought_it_and_never_who_it_names(hub, team):
    stranger = hub.issue("ke-la", hand_in=False, publish=[may_publish("thu/#")])
    forged = seal.seal_one(stranger.part("thu/a", "notice.v1", notice()).raw, stranger.identity.keys)
    [(found, _)] = team.client().publish(forged)
    assert found == code.UNKNOWN_PRINCIPAL
    figures = wait_for(hub, lienthon_refused_total=({"principal": team.name}, 1))
    assert stranger.name not in fetch(hub)[1]
    assert figures.of("lienthon_refused_total", principal=team.name, name="unknown-principal") == 1


# What is delivered


def test_deliveries_acknowledgements_and_dead_letters(hub, team, speaker):
    client, sender = speaker.client(), team.client()
    client.subscribe("thu/a", durable="loa")
    say(sender, "thu/a", "một", "hai", "ba")
    one, two, three = take(client, 3)
    client.ack(one)
    client.ack(two, outcome=op.ACK_GAVE_UP, detail="loa hỏng")
    client.ack(three, outcome=op.ACK_AGAIN)
    client.send([op.ACK, "không-có", [[1, 0]]])
    again = client.next()
    assert again.seq == three.seq
    client.ack(again)
    figures = wait_for(hub, lienthon_acknowledged_total=4, lienthon_ignored_total=1,
                       lienthon_subscription_waiting=(LOA, 0))
    assert figures.of("lienthon_delivered_total") == 4
    assert figures.of("lienthon_again_total") == 1
    assert figures.of("lienthon_gave_up_total") == figures.of("lienthon_dead_letters_total") == 1
    assert figures.of("lienthon_subscription_settled_total", **LOA) == 3
    assert figures.of("lienthon_subscription_ended_total", state="gave-up", **LOA) == 1
    assert figures.of("lienthon_subscription_ended_total", **LOA) == 1


def test_what_waits_expires_and_is_cancelled(hub, team, speaker):
    client, sender = speaker.client(), team.client()
    client.subscribe("thu/a", durable="loa")
    wait_for(hub, lienthon_subscription_connected=(LOA, 1))
    client.close()
    wait_for(hub, lienthon_subscription_connected=(LOA, 0))
    soon = part.now_ms() + 1500
    old = team.part("thu/a", "notice.v1", notice("cũ"))
    later = team.part("thu/a", "notice.v1", notice("mai"), deliver_at=part.now_ms() + DAY)
    sender.publish(old, later)
    say(sender, "thu/a", "sắp hết hạn", expires=soon)
    figures = wait_for(hub, lienthon_subscription_waiting=(LOA, 3))
    assert figures.of("lienthon_subscription_deferred", **LOA) == figures.of("lienthon_deferred") == 1
    sender.publish(team.part("thu/a", "notice.v1", {}, relation=part.CANCELS, re=old.id))
    wait_until(lambda: part.now_ms() > soon, "it has expired")
    back = speaker.client()
    assert back.subscribe("thu/a", durable="loa") == 2  # the cancellation and the deferred one
    figures = wait_for(hub, lienthon_subscription_ended_total=(LOA, 2))
    assert figures.of("lienthon_subscription_ended_total", state="expired", **LOA) == 1
    assert figures.of("lienthon_subscription_ended_total", state="cancelled", **LOA) == 1


def test_a_subscription_that_is_forgotten_has_no_row(hub, speaker):
    client = speaker.client()
    client.subscribe("thu/a", sid="s", durable="loa")
    wait_for(hub, lienthon_durable_subscriptions=1, lienthon_subscriptions=1)
    client.unsubscribe("s", forget=True)
    assert "loa.an-thuong.01" not in {row["principal"] for row in wait_for(
        hub, lienthon_durable_subscriptions=0, lienthon_subscriptions=0).labels("lienthon_subscription_waiting")}


def test_of_many_subscriptions_some_share_a_row(hub, team, speaker):
    client = speaker.client()
    for n in range(205):
        client.subscribe("thu/a", durable=f"loa-{n}")
    say(team.client(), "thu/a", "một", "hai")
    figures = wait_for(hub, lienthon_subscription_waiting=2 * 205)
    rows = figures.labels("lienthon_subscription_waiting")
    assert len(rows) == 201
    assert figures.of("lienthon_subscription_waiting", principal=OTHERS, durable=OTHERS) == 2 * 5


# Who is there


def test_connections_sessions_and_cuts(hub, team):
    before = wait_for(hub, lienthon_sessions=({"door": "hub"}, lambda value: value <= 1))
    clients = [team.client() for _ in range(3)]
    figures = wait_for(hub, lienthon_sessions=({"door": "hub"}, before.of("lienthon_sessions", door="hub") + 3))
    assert figures.of("lienthon_connections", door="hub") >= 3
    hub.revoke(team)
    for client in clients:
        assert client.wait(op.BYE).head[1] == code.REVOKED
    wait_for(hub, lienthon_cut_total=3, lienthon_sessions=({"door": "hub"}, before.of("lienthon_sessions", door="hub")))


def test_who_joins(hub):
    found = hub.lienthon("invite", "loa.an-thuong.77", "--role", "speaker", "--hamlet", "an-thuong", "--json")
    join(json.loads(found.stdout)["code"])
    wait_for(hub, lienthon_joined_total=1)


def test_the_next_grant_that_ends(hub):
    figures = read(hub)
    grants = figures.of("lienthon_grants")
    assert figures.of("lienthon_grants_ending") == 0
    soon = hub.issue("loa.an-lac.01", expires=part.now_ms() + 3 * DAY)
    hub.issue("loa.an-lac.02", expires=part.now_ms() + 20 * DAY)
    hub.issue("loa.an-lac.03", expires=part.now_ms() + 40 * DAY)
    hub.lienthon("invite", "loa.an-thuong.77", "--role", "speaker", "--hamlet", "an-thuong")
    figures = wait_for(hub, lienthon_grants=grants + 3)
    assert figures.of("lienthon_grants_ending") == 2
    assert figures.labels("lienthon_grant_expires_timestamp_seconds") == [{"principal": soon.name}]
    assert figures.of("lienthon_grant_expires_timestamp_seconds") == pytest.approx(soon.body["expires"] / 1000)
    assert figures.of("lienthon_hub_grant_expires_timestamp_seconds") > time.time() + 100 * 86400


# The store


def test_disk_messages_and_blobs(hub, team):
    team.client().put(os.urandom(100_000))
    figures = wait_for(hub, lienthon_blobs=1)
    assert figures.of("lienthon_blob_bytes") == 100_000
    assert 0 < figures.of("lienthon_disk_free_bytes") < figures.of("lienthon_disk_size_bytes")
    assert figures.of("lienthon_store_bytes") > 100_000
    assert 0 < figures.of("lienthon_store_messages") <= figures.of("lienthon_log_size")
    assert abs(figures.of("lienthon_store_oldest_timestamp_seconds") - time.time()) < 300
    assert abs(figures.of("lienthon_store_looked_timestamp_seconds") - time.time()) < 60


def test_a_damaged_row_is_counted(hub, team, speaker):
    speaker.client().subscribe("thu/a", durable="loa")
    team.client().say("thu/a", "notice.v1", notice("Mời bà con."))
    hub.stop()
    flip_a_bit(hub.data, "Mời bà con.".encode())
    hub.start()
    client = speaker.client()
    client.subscribe("thu/a", durable="loa")
    wait_for(hub, lienthon_store_damaged=lambda value: value and value > 0)


def test_what_a_broken_page_has_taken_is_told(hub, team):
    say(team.client(), "thu/a", *[f"Tin {n:06}. " + "x" * 300 for n in range(200)])
    hub.stop()
    assert break_pages(hub.data / "hub.db", b"Tin 000100. ") == 1
    hub.start()
    lost = int(re.search(r"store was damaged.* lost=(\d+) ", hub.hub.text())[1])
    assert lost > 0
    assert read(hub).of("lienthon_store_lost_messages") == lost
    assert read(hub).of("lienthon_store_lost_commits") == 0


def test_the_query_stats_tells_the_same(hub, team, speaker):
    client, sender = speaker.client(), team.client()
    client.subscribe("thu/a", durable="loa")
    say(sender, "thu/a", "một", "hai")
    client.ack(*take(client, 2))
    client.ping()
    stats = sender.query("stats")
    figures = wait_for(hub, lienthon_acknowledged_total=stats["acknowledged"])
    for name in ("published", "delivered", "acknowledged", "again", "gave_up", "refused", "cut", "joined"):
        assert figures.of(f"lienthon_{name}_total") == stats[name], name
    assert figures.of("lienthon_disk_free_bytes") == pytest.approx(stats["disk_free"], rel=0.5)


# The switch


def test_without_hub_metrics_there_are_none(make_commune):
    commune = make_commune()
    assert "metrics" not in commune.config["hub"]
    commune.start()
    assert " metrics " not in commune.hub.text()


@pytest.mark.parametrize("address", ["0.0.0.0:5772", "192.168.1.5:5772", "*:5772", ":5772", "[::]:5772", "127.0.0.1",
                                     "127.0.0.1:0", "127.0.0.1:99999", "tcp://127.0.0.1:5772", "localhost:x"])
def test_an_address_that_others_could_reach_is_refused(make_commune, address):
    commune = make_commune(metrics=address)
    found = run(BIN / "lienthond", "-C", commune.dir, "--check", status=1)
    assert "hub.metrics" in found.stderr and "127.0.0.1:PORT" in found.stderr


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]"])
def test_it_listens_on_loopback_alone(make_commune, host):
    port = free_port()
    commune = make_commune(metrics=f"{host}:{port}").start()
    assert read(commune).of("lienthon_build_info") == 1
    listening = [line.split()[1].split(":")[0] for table in ("tcp", "tcp6")
                 for line in open(f"/proc/net/{table}").readlines()[1:]
                 if line.split()[1].endswith(f":{port:04X}") and line.split()[3] == "0A"]
    assert listening in (["0100007F"], ["00000000000000000000000001000000"])
