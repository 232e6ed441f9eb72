"""A hub whose disk has changed what was stored: it starts, serves the rest, never hands out what was changed, and says
so to its operator and to the message's sender."""

import re

import pytest
from bodies import notice, state
from damage import break_pages, break_table, change_message, database, flip_a_bit
from harness import may_publish, may_subscribe, wait_until
from talk import take, texts

from lienthon import Refused, code, part, seal

TOPIC = "thu/hong/thong-bao"


def people(commune):
    return (commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"]),
            commune.issue(subscribe=[may_subscribe("thu/#")]))


def unreadable(sealed):
    return b"\0" + sealed[1:]


@pytest.mark.parametrize("change, types, life", [
    pytest.param(None, None, {}, id="a bit"),
    pytest.param(unreadable, ["notice.v1"], {}, id="beyond reading"),
    pytest.param(unreadable, ["notice.v1"], {"deliver_at": 1500}, id="deferred"),
])
def test_a_changed_message_is_told_to_its_sender_and_not_handed_out(commune, change, types, life):
    team, speaker = people(commune)
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", **({"types": types} if types else {}))
    client.close()
    fields = {name: part.now_ms() + ms for name, ms in life.items()}
    changed = team.client().say(TOPIC, "notice.v1", notice("Sẽ hỏng."), flags=part.RECEIPT, **fields)
    whole = team.client().say(TOPIC, "notice.v1", notice("Còn nguyên."), flags=part.RECEIPT)
    commune.stop()
    if change:
        change_message(commune.data, "Sẽ hỏng.".encode(), change)
    else:
        flip_a_bit(commune.data, "Sẽ hỏng.".encode())
    commune.start()
    assert "stored message damaged" in commune.hub.text()
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa")
    assert texts([client.next("loa")]) == ["Còn nguyên."]
    asker = team.client()

    def ended():
        [found] = asker.query("status", id=changed.id)["roster"]
        return found["state"] == "gave-up" and found

    found = wait_until(ended, "its sender hears of it", watch=commune.hub)
    assert "damaged on the hub's disk" in found["detail"] and "send it anew" in found["detail"]
    why = asker.query("why", id=changed.id, principal=speaker.name, target="loa")["text"]
    assert "damaged on the hub's disk" in why
    assert asker.query("stats")["damaged"] == 1
    assert [seal.decode(raw).part.id for raw in asker.query("history", pattern=TOPIC)] == [whole.id]
    [row] = wait_until(lambda: client.query("dead"), "a dead letter")
    [letter] = client.query("dead", seq=row["seq"], principal=speaker.name, durable="loa")
    assert (letter["damaged"], letter["sealed"], letter["type"], letter["id"]) == (True, b"", "", changed.id)
    # Nothing of it comes later, and the rest goes on.
    commune.restart()
    team.client().say(TOPIC, "notice.v1", notice("Sau đó."))
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa")
    assert texts(take(client, 2, "loa")) == ["Còn nguyên.", "Sau đó."]


# Pages


def fill(team, count=400):
    client, said = team.client(), {}
    for begin in range(0, count, 200):
        parts = [part.make(team.name, TOPIC, "notice.v1", notice(f"Tin {n:06}. " + "x" * 300))
                 for n in range(begin, begin + 200)]
        for made, (_, seq) in zip(parts, client.publish(*parts)):
            said[seq] = made.content()["text"]
    return said


def read_all(person):
    client = person.client()
    waiting = client.subscribe(TOPIC, sid="all", from_="all", credit=1000)
    return {got.seq: got.part.content()["text"] for got in take(client, waiting, "all")}


def test_a_bad_page_is_set_aside_and_the_rest_is_served(commune):
    team, speaker = people(commune)
    speaker.client().subscribe(TOPIC, durable="loa", sid="loa")
    said = fill(team)
    commune.stop()
    assert break_pages(commune.data / "hub.db", b"Tin 000200. ") == 1
    commune.start()
    log = commune.hub.text()
    found = re.search(r"store was damaged.* messages=(\d+) lost=(\d+) gaps=1 rows=0 aside=(hub\.db\.damaged-\d+)", log)
    assert found, log
    assert 0 < int(found[2]) < 20 and (commune.data / found[3]).exists()
    left = read_all(speaker)
    assert len(left) == len(said) - int(found[2]) and left.items() <= said.items()
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa", credit=1000)
    assert {got.seq for got in take(client, len(left), "loa")} == set(left), "its place was kept"
    made = team.client().say(TOPIC, "notice.v1", notice("Sau đó."))
    assert texts([client.next("loa")]) == ["Sau đó."]
    commune.restart()
    assert "store was damaged" not in commune.hub.text()
    assert team.client().query("status", id=made.id)["id"] == made.id


def test_a_bad_page_of_an_index_found_while_it_runs_is_told_and_mended_by_a_restart(commune):
    team, speaker = people(commune)
    said = fill(team)
    commune.stop()
    id = only_in_index(commune.data / "hub.db")
    commune.start()
    with pytest.raises(Refused) as refusal:
        team.client().query("status", id=id)
    assert refusal.value.code == code.STORAGE_FAILED and "restart the hub" in refusal.value.text
    commune.restart()
    assert re.search(r"store was damaged.* lost=0 ", commune.hub.text())
    assert team.client().query("status", id=id)["id"] == id
    assert read_all(speaker) == said


def only_in_index(path):
    """Breaks the page of the index in which one of the first messages' ids stands; that id."""
    with database(path.parent) as store:
        rows = store.execute("SELECT id, sealed FROM message").fetchall()
    id = next(id for id, sealed in rows if b"Tin 000100. " in sealed)
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 4096):
        page = data[at:at + 4096]
        if id in page and b"Tin 0" not in page:
            data[at:at + 64] = b"\xff" * 64
    path.write_bytes(data)
    return id


def test_an_unfinished_commit_is_cut_and_told(commune):
    team, speaker = people(commune)
    client = team.client()
    confirmed = {}
    for n in range(20):
        made = part.make(team.name, TOPIC, "notice.v1", notice(f"Tin {n}."))
        [(_, confirmed[made.id])] = client.publish(made)
    commune.kill()
    log = commune.data / "hub.db-wal"
    # What a power cut in the middle of a write leaves: of a commit that nobody was told of.
    data = log.read_bytes()
    size = 24 + int.from_bytes(data[8:12], "big")
    last = data[-size:]
    log.write_bytes(data + last[:8] + data[16:24] + last[16:])
    commune.start()
    assert re.search(r"unfinished commit at the end of the store's log was cut bytes=\d+", commune.hub.text())
    client = speaker.client()
    waiting = client.subscribe(TOPIC, sid="all", from_="all", credit=1000)
    assert {got.part.id: got.seq for got in take(client, waiting, "all")} == confirmed


def test_a_damaged_subscription_is_left_aside_and_the_others_are_served(commune):
    team, speaker = people(commune)
    for durable in ("loa", "zalo"):
        speaker.client().subscribe(TOPIC, durable=durable, sid=durable)
    commune.close_clients()
    team.client().say(TOPIC, "notice.v1", notice("Ai còn thì nhận."))
    commune.stop()
    with database(commune.data) as store:
        keys = [key for (key,) in store.execute("SELECT key FROM record WHERE bucket = 'subscription'")]
        [key] = [key for key in keys if key.endswith(b"\0zalo")]
        store.execute("UPDATE record SET value = x'c1' WHERE bucket = 'subscription' AND key = ?", (key,))
    commune.start()
    assert "stored subscriptions are damaged and left aside" in commune.hub.text()
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa")
    assert texts([client.next("loa")]) == ["Ai còn thì nhận."]
    assert client.subscribe(TOPIC, durable="zalo", sid="zalo") == 0
    team.client().say(TOPIC, "notice.v1", notice("Mới."))
    assert texts([client.next("zalo")]) == ["Mới."]
    commune.restart()
    assert "stored subscriptions are damaged" not in commune.hub.text()


def test_retained_values_whose_table_is_lost_are_found_again_in_the_messages(commune):
    """Grants and revocations are such values: without them nobody who comes later hears of either, and the sweep takes them."""
    everything = ["thu/#", "$lt/grants/#"]
    team = commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe(name) for name in everything],
                         rights=["query"])
    gone = commune.issue(subscribe=[may_subscribe("thu/#")])
    commune.revoke(gone)
    client, now = team.client(), part.now_ms()
    type = state()[0]
    client.say("thu/a", *state(1), flags=part.RETAIN, created=now - 2000)
    client.say("thu/a", *state(2), flags=part.RETAIN, created=now)
    client.say("thu/a", *state(3), flags=part.RETAIN, created=now - 1000)
    cancelled = client.say("thu/b", *state(1), flags=part.RETAIN)
    client.say("thu/b", type, {}, relation=part.CANCELS, re=cancelled.id)
    replaced = client.say("thu/c", *state(1), flags=part.RETAIN)
    client.say("thu/c", *state(2), relation=part.REPLACES, re=replaced.id)
    client.say("thu/d", *state(1))

    def held():
        return {name: [seal.decode(raw).part.id for raw in team.client().query("last", pattern=name)]
                for name in everything}

    before = held()
    assert len(before["thu/#"]) == 2 and len(before["$lt/grants/#"]) >= 2
    commune.stop()
    break_table(commune.data / "hub.db", "last")
    commune.start()
    wait_until(lambda: "restart the hub" in commune.hub.text(), "the hub finds it when it tells the time")
    commune.restart()
    assert re.search(r"store was damaged.* lost=0 gaps=1 .*of=last\b", commune.hub.text()), commune.hub.text()
    assert held() == before
    commune.restart()
    assert held() == before
