"""Dead letters: what they are, who sees them, and AGAIN: wire.md section 5."""

import pytest
from bodies import notice
from harness import HOUR, may_publish, may_subscribe, wait_until

from lienthon import Refused, code, op, part, seal


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


@pytest.fixture
def office(hub):
    """May ask, and may give grants to whoever the tests make."""
    return hub.issue(subscribe=[may_subscribe("thu/#")], rights=["query", "grant"],
                     scope={"principals": ["nguoi.*"], "publish": [], "subscribe": [], "rights": [],
                            "max_expires": part.now_ms() + 24 * HOUR})


@pytest.fixture
def speaker(hub):
    return hub.issue(subscribe=[may_subscribe("thu/#")])


def give_up(client, *deliveries, why="no sound card"):
    client.ack(*deliveries, outcome=op.ACK_GAVE_UP, detail=why)


def dead(asker, **args):
    return asker.query("dead", **args)


def let_die(sender, client, topic, *texts, **fields):
    """Says these, which that client then gives up; their parts."""
    made = [sender.say(topic, "notice.v1", notice(text), flags=part.RECEIPT, **fields) for text in texts]
    for _ in texts:
        give_up(client, client.next())
    wait_until(lambda: len(dead(client)) >= len(texts), "dead letters")
    return made


def refused(call, *args):
    with pytest.raises(Refused) as refusal:
        call(*args)
    assert refusal.value.text
    return refusal.value.code


def test_a_dead_letter_is_listed_with_its_message_and_reason(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa")
    [made] = let_die(sender, client, topic, "Họp lúc 19 giờ.")
    [row] = dead(sender, principal=speaker.name)
    assert (row["principal"], row["durable"], row["state"], row["detail"], row["attempts"]) == (
        speaker.name, "loa", "gave-up", "no sound card", 1)
    assert (row["id"], row["from"], row["topic"], row["type"]) == (made.id, team.name, topic, "notice.v1")
    assert abs(row["at"] - part.now_ms()) < 60_000 and row["damaged"] is False and "sealed" not in row
    [whole] = dead(sender, principal=speaker.name, durable="loa", seq=row["seq"])
    assert seal.decode(whole["sealed"]).part.id == made.id and whole["again"] == []


def test_who_sees_which(hub, team, speaker, topic):
    client, stranger = speaker.client(), hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    elsewhere = hub.issue(subscribe=[may_subscribe("khac/#")], rights=["query"]).client()
    client.subscribe(topic, durable="loa")
    let_die(team.client(), client, topic, "Một.")
    assert len(dead(client)) == 1, "one's own, without the right query"
    assert dead(stranger) == [] and dead(stranger, principal=speaker.name) == []
    assert dead(elsewhere) == [], "a topic that it may not receive"
    assert refused(stranger.query, "stats") == code.NOT_ALLOWED


def test_the_list_goes_on_after_a_seq(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa")
    client.subscribe(topic, durable="loa-2")
    sender = team.client()
    for n in range(5):
        sender.say(topic, "notice.v1", notice(f"Tin {n}."))
    for _ in range(10):
        give_up(client, client.next())
    wait_until(lambda: len(dead(client)) == 10, "ten dead letters")
    found, after = [], 0
    while page := dead(client, after=after, limit=3):
        assert len(page) == 4, "the letters of one message stay together"
        found += page
        after = page[-1]["seq"]
        if len(found) == 8:
            break
    found += dead(client, after=after)
    assert [(row["seq"], row["durable"]) for row in found] == [(row["seq"], row["durable"]) for row in dead(client)]
    assert len(found) == 10 and [row["seq"] for row in found] == sorted(row["seq"] for row in found)
    assert len(dead(client, durable="loa-2")) == 5


def test_again_delivers_it_once_more_and_status_says_so(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa")
    [made] = let_die(sender, client, topic, "Họp lúc 19 giờ.")
    [row] = dead(client)

    def state():
        return sender.query("status", id=made.id)["roster"][0]

    assert state()["state"] == "gave-up"
    [(found, text)] = client.again(speaker.name, "loa", row["seq"])
    assert (found, text) == (code.DONE, "")
    delivery = client.next()
    assert delivery.part.id == made.id and delivery.attempt == 2
    assert dead(client) == []
    assert (state()["state"], state()["again"]) == ("delivered", 1) and speaker.name in state()["detail"]
    client.ack(delivery)
    wait_until(lambda: state()["state"] == "done", "done")


def test_again_by_who_may_give_it_its_grant(office, team, speaker, topic):
    client, asker = speaker.client(), office.client()
    client.subscribe(topic, durable="loa")
    let_die(team.client(), client, topic, "Một.")
    [row] = dead(asker, principal=speaker.name)
    assert refused(team.client().again, speaker.name, "loa", row["seq"]) == code.NOT_ALLOWED
    assert asker.again(speaker.name, "loa", row["seq"])[0][0] == code.DONE
    give_up(client, client.next(), why="still none")
    wait_until(lambda: dead(client), "dead again")
    [whole] = dead(asker, principal=speaker.name, durable="loa", seq=row["seq"])
    [before] = whole["again"]
    assert (before["by"], before["detail"], before["attempts"]) == (office.name, "no sound card", 1)
    assert (whole["detail"], whole["attempts"]) == ("still none", 2)


def test_said_twice_it_comes_once(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa", credit=1)
    [made] = let_die(team.client(), client, topic, "Một.")
    [row] = dead(client)
    assert client.again(speaker.name, "loa", row["seq"])[0][0] == code.DONE
    assert client.again(speaker.name, "loa", row["seq"])[0][0] == code.DONE_BEFORE
    delivery = client.next()
    client.ack(delivery)
    assert client.again(speaker.name, "loa", row["seq"])[0][0] == code.DONE_BEFORE
    made = team.client().say(topic, "notice.v1", notice("Hai."))
    assert client.next().part.id == made.id


def test_no_more_wait_than_the_queue_has_room_for(make_commune, topic):
    """However small the operator has made the window."""
    small = make_commune(limits={"window": 16}).start()
    team = small.issue(publish=[may_publish("thu/#")], rights=["query"])
    speaker = small.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid=1)
    let_die(team.client(), client, topic, *[f"Tin {n}." for n in range(20)])
    seqs = [row["seq"] for row in dead(client)]
    client.unsubscribe(1)
    found = client.again(speaker.name, "loa", *seqs)
    assert [one for one, _ in found] == [code.DONE] * 16 + [code.BUSY] * 4
    assert found[-1][1]


def test_what_it_is_refused_for(hub, team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa")
    now = part.now_ms()
    [short] = let_die(sender, client, topic, "Ngắn.", created=now, expires=now + 1500)
    [gone, good] = let_die(sender, client, topic, "Hủy.", "Còn.")
    sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=gone.id)
    client.ack(client.next())
    seqs = {row["id"]: row["seq"] for row in dead(client)}
    wait_until(lambda: client.ping() > short.expires, "expired")
    found = client.again(speaker.name, "loa", seqs[short.id], seqs[gone.id], seqs[good.id], 1)
    assert [one for one, _ in found] == [code.EXPIRED, code.NOT_ALLOWED, code.DONE, code.NOT_FOUND]
    assert all(text for one, text in found if one >= 16)
    assert client.next().part.id == good.id
    assert refused(client.again, speaker.name, "khong-co", seqs[good.id]) == code.NO_SUBSCRIPTION
    assert refused(client.again, speaker.name, "loa") == code.MALFORMED


def test_a_receiver_whose_grant_is_gone_or_narrower_gets_nothing(hub, office, team, speaker, topic):
    client, asker = speaker.client(), office.client()
    client.subscribe(topic, durable="loa")
    let_die(team.client(), client, topic, "Một.")
    [row] = dead(asker, principal=speaker.name)
    narrower = hub.issue(identity=speaker.identity, subscribe=[may_subscribe("khac/#")])
    [(found, text)] = asker.again(speaker.name, "loa", row["seq"])
    assert found == code.NOT_ALLOWED and topic in text
    hub.revoke(narrower)
    [(found, text)] = asker.again(speaker.name, "loa", row["seq"])
    assert found == code.REVOKED and speaker.name in text


def test_a_sender_who_may_no_more_say_it_is_not_heard_again(hub, speaker, topic):
    sender, client = hub.issue(publish=[may_publish("thu/#")]), speaker.client()
    client.subscribe(topic, durable="loa")
    let_die(sender.client(), client, topic, "Một.")
    [row] = dead(client)
    hub.revoke(sender)
    [(found, text)] = client.again(speaker.name, "loa", row["seq"])
    assert found == code.REVOKED and text


def test_again_survives_kill_9_and_keeps_its_attempt(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")], rights=["query"])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, durable="loa", sid=1)
    made = let_die(team.client(), client, topic, *[f"Tin {n}." for n in range(20)])
    seqs = [row["seq"] for row in dead(client)]
    client.unsubscribe(1)
    assert {found for found, _ in client.again(speaker.name, "loa", *seqs)} == {code.DONE}
    commune.kill()
    commune.start()
    client = speaker.client()
    assert client.subscribe(topic, durable="loa") == 20
    got = [client.next() for _ in range(20)]
    assert [one.part.id for one in got] == [one.id for one in made] and {one.attempt for one in got} == {2}
    assert dead(client) == []
    client.ack(*got)
    asker = team.client()
    wait_until(lambda: asker.query("status", id=made[0].id)["roster"][0]["state"] == "done", "done")


def test_again_is_for_256_at_most(team):
    client = team.client()
    client.send([op.AGAIN, "a", team.name, "loa", list(range(1, 258))])
    answer = client.wait(op.RESULT, ref="a")
    assert answer.head[2] == code.TOO_LARGE
    client.send([op.AGAIN, "b", team.name, "loa", [1, "x"]])
    assert client.wait(op.RESULT, ref="b").head[2] == code.MALFORMED
