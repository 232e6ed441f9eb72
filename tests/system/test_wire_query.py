"""QUERY: every name, what it shows to whom, its arguments, and long answers: wire.md section 5."""

import pytest
from bodies import notice, receipt
from harness import may_publish, may_subscribe, wait_until

from lienthon import Refused, code, names, op, part, seal


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


@pytest.fixture
def speaker(hub):
    return hub.issue(subscribe=[may_subscribe("thu/#")])


def refuse(client, name, args=None):
    with pytest.raises(Refused) as refusal:
        client.query(name, args)
    assert refusal.value.text
    return refusal.value.code


def ids(found):
    return [seal.decode(raw).part.id for raw in found]


def test_without_the_right_query_is_21(hub):
    person = hub.issue(subscribe=[may_subscribe("thu/#")])
    for name, args in (("stats", {}), ("history", {"pattern": "thu/#"}), ("status", {"id": bytes(16)})):
        assert refuse(person.client(), name, args) == code.NOT_ALLOWED


def test_an_unknown_name_is_27(team):
    assert refuse(team.client(), "no-such-name") == code.NOT_FOUND


@pytest.mark.parametrize("name, args", [
    ("status", {}), ("status", {"id": "x"}), ("status", {"id": bytes(15)}), ("status", {"id": bytes(16), "x": 1}),
    ("status", {"id": bytes(16), "from": 5}), ("why", {"id": bytes(16)}), ("why", {"id": bytes(16), "principal": "a"}),
    ("history", {"pattern": 5}), ("history", {"pattern": "a//b"}), ("history", {"pattern": "thu/#", "since": "x"}),
    ("history", {"pattern": "thu/#", "limit": "9"}), ("history", {"pattern": "thu/#", "before": -1}),
    ("history", {"pattern": "thu/#", "types": "notice.v1"}), ("history", {"pattern": "thu/#", "text": 5}),
    ("history", {"pattern": "thu/#", "colour": 1}), ("last", {}), ("last", {"pattern": []}), ("stats", {"a": 1}),
    ("principals", {"a": 1}), ("subscriptions", {"a": 1}),
])
def test_an_argument_that_is_missing_wrong_or_unknown_is_16(team, name, args):
    assert refuse(team.client(), name, args) == code.MALFORMED


def test_args_that_are_no_map_are_16(team):
    client = team.client()
    client.send([op.QUERY, "q", "stats", []])
    answer = client.wait(op.RESULT, op.BYE)
    assert (answer.head[1] if answer.op == op.BYE else answer.head[2]) == code.MALFORMED


def test_status_of_an_unknown_message_is_27(team):
    client = team.client()
    assert refuse(client, "status", {"id": part.new_id(part.now_ms())}) == code.NOT_FOUND
    assert refuse(client, "status", {"id": part.new_id(part.now_ms()), "from": "ai"}) == code.NOT_FOUND


def test_status_shows_the_roster_as_it_goes_on(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa", credit=0, sid=1)
    made = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    found = sender.query("status", id=made.id)
    assert found["id"] == made.id and found["from"] == team.name and found["topic"] == topic
    assert abs(found["stored"] - part.now_ms()) < 60_000 and found["receipts"] == []
    assert [(row["principal"], row["durable"], row["state"]) for row in found["roster"]] == [
        (speaker.name, "loa", "waiting")
    ]
    client.credit(1, 1)
    delivery = client.next()
    wait_until(lambda: sender.query("status", id=made.id)["roster"][0]["state"] == "delivered", "delivered")
    client.ack(delivery)
    wait_until(lambda: sender.query("status", id=made.id)["roster"][0]["state"] == "done", "done")


def test_the_roster_is_fixed_when_the_message_is_stored(hub, team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="a")
    client.subscribe(topic, durable="b")
    made = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    later = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    later.subscribe(topic, durable="c", from_="all")
    later.next()
    found = sender.query("status", id=made.id)
    assert sorted(row["durable"] for row in found["roster"]) == ["a", "b"]


def test_the_roster_survives_a_restart(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")], rights=["query"])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    speaker.client().subscribe(topic, durable="loa", credit=0)
    made = team.client().say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    commune.kill()
    commune.start()
    [row] = team.client().query("status", id=made.id)["roster"]
    assert (row["principal"], row["durable"], row["state"]) == (speaker.name, "loa", "waiting")


def test_a_roster_row_says_expired_cancelled_or_revoked(hub, team, topic):
    sender = team.client()
    gone = hub.issue(subscribe=[may_subscribe("thu/#")])
    gone.client().subscribe(topic, durable="loa", credit=0)
    now = part.now_ms()
    short = sender.say(topic, "notice.v1", notice(), created=now, expires=now + 700, flags=part.RECEIPT)
    cancelled = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=cancelled.id)
    waiting = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)

    def state_of(made):
        return sender.query("status", id=made.id)["roster"][0]["state"]

    assert state_of(cancelled) == "cancelled"
    wait_until(lambda: state_of(short) == "expired", "expired")
    hub.revoke(gone)
    wait_until(lambda: state_of(waiting) == "revoked", "revoked")


def test_receipts_are_shown_as_they_were_sealed(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa")
    made = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    got = client.next()
    said = speaker.part(names.receipts_topic(team.name), "receipt.v1", receipt("done", "loa"),
                        relation=part.ANSWERS, re=got.part.id)
    sealed = speaker.seal(said)
    client.publish(sealed)
    client.ack(got)
    assert sender.query("status", id=made.id)["receipts"] == [sealed]


def test_a_long_status_goes_on_in_further_results(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa", credit=0)
    made = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    to, said = names.receipts_topic(team.name), {"relation": part.ANSWERS, "re": made.id}
    for start in range(0, 4000, 250):
        parts = [speaker.part(to, "receipt.v1", receipt(target=f"loa.{n}", detail="a" * 1000), **said)
                 for n in range(start, start + 250)]
        assert {found for found, _ in client.publish(*parts)} == {code.DONE}
    sender.send([op.QUERY, "long", "status", {"id": made.id}])
    frames = [sender.wait(op.RESULT, ref="long")]
    while frames[-1].head[4]:
        frames.append(sender.wait(op.RESULT, ref="long"))
    assert len(frames) > 1 and {frame.head[3]["id"] for frame in frames} == {made.id}
    found = sender.query("status", id=made.id)
    assert [row["state"] for row in found["roster"]] == ["waiting"]
    assert len(found["receipts"]) == len(set(found["receipts"])) == 4000


def test_an_id_of_two_senders_needs_from(hub, team, topic):
    other = hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
    made = team.client().say(topic, "notice.v1", notice())
    other.client().say(topic, "notice.v1", notice(), id=made.id, created=made.created)
    for sender in (team, other):
        assert sender.client().query("status", id=made.id, from_=sender.name)["from"] == sender.name


def test_what_one_may_not_see_is_27_or_left_out(hub, team, topic):
    made = team.client().say(topic, "notice.v1", notice(), label=part.INTERNAL)
    elsewhere = hub.issue(subscribe=[may_subscribe("khac/#")], rights=["query"]).client()
    public = hub.issue(subscribe=[may_subscribe("thu/#", max_label=0)], rights=["query"]).client()
    for client in (elsewhere, public):
        assert refuse(client, "status", {"id": made.id, "from": team.name}) == code.NOT_FOUND
        assert refuse(client, "why", {"id": made.id, "principal": team.name, "target": "a"}) == code.NOT_FOUND
        assert client.query("history", pattern=topic) == []
    sender_only = hub.issue(publish=[may_publish("thu/#")], rights=["query"])
    own = sender_only.client().say(topic, "notice.v1", notice())
    assert ids(sender_only.client().query("history", pattern=topic)) == [own.id]


def test_why_answers_in_a_sentence(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    client.subscribe(topic, durable="loa", credit=0)
    made = sender.say(topic, "notice.v1", notice(), flags=part.RECEIPT)
    found = sender.query("why", id=made.id, principal=speaker.name, target="loa")
    assert len(found["text"]) > 10
    nobody = sender.query("why", id=made.id, principal="khong.co", target="loa")
    assert nobody["text"] and nobody["text"] != found["text"]


def test_history_is_latest_first(team, topic):
    client = team.client()
    made = [client.say(topic, "notice.v1", notice(f"Tin {n}.")).id for n in range(5)]
    assert ids(client.query("history", pattern=topic)) == made[::-1]
    assert ids(client.query("history", pattern=topic, limit=2)) == made[:2:-1]


def test_history_goes_on_before_a_seq(team, topic):
    client = team.client()
    parts = [team.part(topic, "notice.v1", notice(f"Tin {n}.")) for n in range(10)]
    seqs = [seq for _, seq in client.publish(*parts)]
    found = client.query("history", pattern=topic, before=seqs[4])
    assert ids(found) == [one.id for one in parts[3::-1]]


def test_history_between_times_of_storing(team, topic):
    client = team.client()
    first = client.say(topic, "notice.v1", notice())
    at = client.query("status", id=first.id)["stored"]
    while client.ping() <= at + 1:
        pass
    second = client.say(topic, "notice.v1", notice())
    later = client.query("status", id=second.id)["stored"]
    assert later > at
    assert ids(client.query("history", pattern=topic, since=at)) == [second.id, first.id]
    assert ids(client.query("history", pattern=topic, since=at + 1)) == [second.id]
    assert ids(client.query("history", pattern=topic, until=later)) == [first.id]
    assert ids(client.query("history", pattern=topic, until=later + 1)) == [second.id, first.id]


def test_history_by_type_and_text(team, topic):
    client = team.client()
    rain = client.say(topic, "notice.v1", notice("Chiều nay có mưa to ở ấp An Lạc."))
    client.say(topic, "notice.v1", notice("Họp tổ dân phố."))
    assert ids(client.query("history", pattern=topic, text="mưa to")) == [rain.id]
    assert client.query("history", pattern=topic, types=["alert.v1"]) == []
    assert len(client.query("history", pattern=topic, types=["notice.v1"])) == 2


def test_history_gives_100_unless_more_is_asked_for(team, topic):
    client = team.client()
    client.publish(*[team.part(topic, "notice.v1", notice(f"Tin {n}.")) for n in range(150)])
    assert len(client.query("history", pattern=topic)) == 100
    assert len(client.query("history", pattern=topic, limit=1000)) == 150


def test_a_long_answer_comes_in_several_results_all_but_the_last_with_more(team, topic):
    client = team.client()
    for _ in range(30):
        client.publish(team.part(topic, "notice.v1", notice("a" * 15_000)))
    for _ in range(4):
        client.publish(*[team.part(topic, "notice.v1", notice("b" * 15_000)) for _ in range(100)])
    client.send([op.QUERY, "long", "history", {"pattern": topic, "limit": 1000}])
    found, frames = [], []
    while not frames or frames[-1].head[4]:
        frames.append(client.wait(op.RESULT, ref="long"))
        assert frames[-1].head[2] == code.DONE
        found += frames[-1].head[3]
    assert len(found) == 430 and len(set(found)) == 430
    assert len(frames) > 1 and frames[-1].head[4] is False


def test_last_gives_retained_values(team, topic):
    from bodies import state

    client = team.client()
    made = client.say(topic, *state(1), flags=part.RETAIN)
    client.say(topic, "notice.v1", notice())
    assert ids(client.query("last", pattern=topic)) == [made.id]
    assert ids(client.query("last", pattern=topic + "/#")) == [made.id]


def test_principals_names_who_has_a_grant(hub, team, speaker):
    found = {row["principal"]: row for row in team.client().query("principals")}
    for person in (team, speaker):
        assert found[person.name]["role"] == "test"
        assert found[person.name]["expires"] == person.body["expires"]
    assert "van-phong" in found and "hub" in found
    hub.revoke(speaker)
    again = team.client().query("principals")
    assert speaker.name not in [row["principal"] for row in again]


def test_subscriptions_names_the_durable_ones_and_what_waits(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa", credit=0)
    for _ in range(3):
        team.client().say(topic, "notice.v1", notice())
    rows = [row for row in team.client().query("subscriptions") if row["principal"] == speaker.name]
    assert [(row["durable"], row["waiting"]) for row in rows] == [("loa", 3)]


def test_stats_is_a_map(team):
    found = team.client().query("stats")
    assert isinstance(found, dict) and found


def test_history_goes_back_over_a_restart(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")], rights=["query"])
    made = [team.client().say(topic, "notice.v1", notice(f"Tin {n}.")).id for n in range(3)]
    commune.restart()
    assert ids(team.client().query("history", pattern=topic)) == made[::-1]


def test_principals_and_subscriptions_say_who_is_here_and_when_last(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")], rights=["query"])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    never = commune.issue(subscribe=[may_subscribe("thu/#")])

    def look():
        asker = team.client()
        people = {row["principal"]: row for row in asker.query("principals")}
        [sub] = [row for row in asker.query("subscriptions") if row["principal"] == speaker.name]
        return people, sub

    client = speaker.client()
    client.subscribe(topic, durable="loa")
    people, sub = look()
    assert people[speaker.name]["connected"] and sub["connected"] and abs(sub["seen"] - part.now_ms()) < 60_000
    assert (people[never.name]["connected"], people[never.name]["seen"]) == (False, 0)
    client.bye()
    wait_until(lambda: not look()[1]["connected"], "it is gone")
    left = look()[1]["seen"]
    stays = speaker.client()
    commune.restart()
    people, sub = look()
    assert not people[speaker.name]["connected"] and people[speaker.name]["seen"] >= left
    assert not sub["connected"] and sub["seen"] == left
    stays = speaker.client()
    stays.subscribe(topic, durable="loa")
    commune.restart()
    assert look()[1]["seen"] > left, "who is connected when the hub stops was seen then"


def test_stats_tell_versions_and_limits(team):
    found = team.client().query("stats")
    assert found["version"] and found["store_version"] >= 1
    assert 0 < found["descriptors"] < found["descriptors_most"]
    assert found["deferred"] == 0 and found["disk_size"] > found["disk_free"] > 0
