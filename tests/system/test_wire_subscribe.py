"""SUBSCRIBE, DELIVER and CREDIT: what reaches whom, from when on, and in which order."""

import pytest
from bodies import notice, state
from harness import HOUR, may_publish, may_subscribe
from talk import refuse, say, take, texts

import lienthon
from lienthon import Refused, code, op, part


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


@pytest.fixture
def speaker(hub):
    return hub.issue(subscribe=[may_subscribe("thu/#")])


# Patterns


def test_a_message_reaches_who_subscribed_with_its_seq(team, speaker, topic):
    client = speaker.client()
    assert client.subscribe(topic, sid="loa") == 0
    [seq] = say(team.client(), topic, "Xin chào.")
    delivery = client.next()
    assert (delivery.sid, delivery.seq, delivery.attempt) == ("loa", seq, 1)
    assert texts([delivery]) == ["Xin chào."]


def test_the_bytes_delivered_are_the_bytes_that_came(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic)
    sealed = team.seal(team.part(topic, "notice.v1", notice()))
    team.client().publish(sealed)
    assert client.next().raw == sealed


@pytest.mark.parametrize("pattern, reached", [
    ("{}/a", ["a"]), ("{}/+", ["a", "b"]), ("{}/#", ["", "a", "b", "a/c"]), ("{}/+/c", ["a/c"]), ("{}", [""]),
])
def test_a_pattern_takes_what_it_matches(team, speaker, topic, pattern, reached):
    client, sender = speaker.client(), team.client()
    client.subscribe(pattern.format(topic))
    for below in ("", "a", "b", "a/c"):
        say(sender, f"{topic}/{below}".rstrip("/"), below or "-")
    got = take(client, len(reached))
    assert sorted(delivery.part.topic for delivery in got) == sorted(f"{topic}/{r}".rstrip("/") for r in reached)
    client.subscribe(topic + "/cuoi", sid="end")
    say(sender, topic + "/cuoi", "hết")
    rest = client.next("end")
    assert rest.part.topic.endswith("/cuoi")


def test_delivered_once_however_many_patterns_match(team, speaker, topic):
    client = speaker.client()
    client.subscribe([topic, topic + "/#", "thu/#", "thu/+/+"], sid=1)
    say(team.client(), topic, "một", "hai")
    assert texts(take(client, 2)) == ["một", "hai"]


def test_two_subscriptions_get_it_each(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, sid=1)
    client.subscribe(topic, sid=2)
    say(team.client(), topic, "một")
    assert {delivery.sid for delivery in take(client, 2)} == {1, 2}


@pytest.mark.parametrize("pattern", ["khac/#", "#", "+/#", "+/a", "$lt/#", "$lt/receipts/ai", "$lt/time/#"])
def test_a_pattern_outside_the_grant_is_21(speaker, pattern):
    assert refuse(speaker.client(), ["thu/a", pattern]) == code.NOT_ALLOWED


def test_thu_with_all_below_it_covers_thu_itself(speaker):
    speaker.client().subscribe("thu")


def test_everyone_may_read_grants_time_and_its_own_receipts(speaker):
    client = speaker.client()
    client.subscribe(["$lt/grants/#", "$lt/time", lienthon.names.receipts_topic(speaker.name)])
    client.subscribe("$lt/grants/loa/+")
    assert refuse(client, lienthon.names.receipts_topic(speaker.name) + "/#") == code.NOT_ALLOWED


@pytest.mark.parametrize("patterns", [["thu//a"], ["thu/#/a"], ["THU"], [""], [], ["thu/a"] * 65, [5], ["thu/" + "a" * 300]])
def test_malformed_patterns_are_16_or_17(speaker, patterns):
    assert refuse(speaker.client(), patterns) in (code.MALFORMED, code.TOO_LARGE)


def test_64_patterns_are_taken(speaker):
    speaker.client().subscribe([f"thu/{n}" for n in range(64)])


@pytest.mark.parametrize("options", [
    {"durabel": "x"}, {"durable": 5}, {"durable": ""}, {"durable": "Loa"}, {"durable": "a" * 65}, {"from": "old"},
    {"from": -1}, {"from": 1.5}, {"credit": "5"}, {"credit": -1}, {"types": "notice.v1"}, {"types": [5]},
    {"min_priority": 4}, {"early": 1}, {"from": None},
])
def test_an_option_that_is_unknown_or_wrong_is_16(speaker, options):
    assert refuse(speaker.client(), "thu/a", options=options) == code.MALFORMED


def test_a_label_above_the_grants_is_not_delivered(hub, team, topic):
    public = hub.issue(subscribe=[may_subscribe("thu/#", max_label=0)]).client()
    public.subscribe(topic)
    client = team.client()
    say(client, topic, "nội bộ", label=part.INTERNAL)
    say(client, topic, "công khai")
    assert texts([public.next()]) == ["công khai"]


def test_types_narrows(team, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, sid="alerts", types=["alert.v1"])
    client.subscribe(topic, sid="notices", types=["notice.v1", "alert.v1"])
    say(team.client(), topic, "một")
    assert client.next().sid == "notices"
    say(team.client(), topic, "hai")
    assert client.next().sid == "notices"


def test_min_priority_narrows(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, min_priority=2)
    say(sender, topic, "thường")
    say(sender, topic, "khẩn", priority=1)
    say(sender, topic, "thượng khẩn", priority=2)
    assert texts([client.next()]) == ["thượng khẩn"]


def test_a_sid_used_again_replaces_what_it_named(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic + "/a", sid=1)
    client.subscribe(topic + "/b", sid=1)
    say(sender, topic + "/a", "a")
    say(sender, topic + "/b", "b")
    assert texts([client.next()]) == ["b"]


def test_unsubscribing_ends_it_and_an_unknown_sid_is_28(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1)
    client.unsubscribe(1)
    say(sender, topic, "không ai nghe")
    client.subscribe(topic, sid=2)
    say(sender, topic, "có người nghe")
    assert texts([client.next()]) == ["có người nghe"]
    with pytest.raises(Refused) as refusal:
        client.unsubscribe(1)
    assert refusal.value.code == code.NO_SUBSCRIPTION and refusal.value.text


# What was before


def test_from_new_begins_now(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    say(sender, topic, "trước")
    assert client.subscribe(topic, from_="new") == 0
    say(sender, topic, "sau")
    assert texts([client.next()]) == ["sau"]


def test_from_all_begins_at_the_beginning(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    say(sender, topic, *"abcdefghij")
    client.subscribe(topic, from_="all")
    say(sender, topic, "k")
    assert texts(take(client, 11)) == list("abcdefghijk")


def test_from_a_time_begins_with_what_was_stored_then(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    say(sender, topic, "cũ")
    at = sender.ping() + 1
    while sender.ping() <= at:
        pass
    say(sender, topic, "mới")
    client.subscribe(topic, from_=at)
    assert texts([client.next()]) == ["mới"]


@pytest.mark.parametrize("credit", [100, 500])
@pytest.mark.parametrize("priorities", [(0,), (0, 0, 1, 2)], ids=["one priority", "mixed priorities"])
def test_a_long_past_comes_whole(team, speaker, topic, priorities, credit):
    sender, client, sent = team.client(), speaker.client(), []
    for start in range(0, 3000, 250):
        parts = [team.part(topic, "notice.v1", notice(str(n)), priority=priorities[n % len(priorities)])
                 for n in range(start, start + 250)]
        sent += [seq for _, seq in sender.publish(*parts)]
    client.subscribe(topic, from_="all", credit=credit, sid=1)
    got = []
    while len(got) < 3000:
        delivery = client.next()
        got.append(delivery.seq)
        client.ack(delivery)
    assert sorted(got) == sent
    if len(priorities) == 1:
        assert got == sent


@pytest.mark.parametrize("past", ["all", 0, "retained"])
def test_what_is_on_its_way_to_the_store_meanwhile_is_not_missed(team, speaker, topic, past):
    """Neither read from the past nor new: it must come all the same. A race, so many times."""
    sender, listener = team.client(), speaker.client()
    for turn in range(20):
        at = f"{topic}/{turn}"
        topics = [f"{at}/{n}" for n in range(40)] if past == "retained" else [at] * 40
        type, body = state()
        made = [team.part(one, type, body, flags=1) for one in topics]
        refs = [sender.send_publish([team.seal(message)]) for message in made[:20]]
        listener.subscribe(at + "/#", sid=turn, from_=past, credit=100)
        refs += [sender.send_publish([team.seal(message)]) for message in made[20:]]
        for ref in refs:
            sender.published(ref)
        got = set()
        while len(got) < 40:
            delivery = listener.next(sid=turn)
            got.add(delivery.part.id)
        assert got == {message.id for message in made}
        listener.unsubscribe(turn)


# Order and credit


def test_higher_priority_first_then_seq(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", sid=1)
    client.close()
    for text, priority in (("t1", 0), ("k1", 1), ("t2", 0), ("h1", 3), ("tk", 2), ("k2", 1), ("h2", 3)):
        say(sender, topic, text, priority=priority, expires=part.now_ms() + HOUR)
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert texts(take(back, 7)) == ["h1", "h2", "tk", "k1", "k2", "t1", "t2"]


def test_credit_bounds_what_is_unacknowledged_and_an_ack_frees(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1, credit=3)
    client.subscribe(topic + "/moc", sid="moc")
    say(sender, topic, *"abcdef")
    got = take(client, 3, 1)
    say(sender, topic + "/moc", "mốc")
    client.next("moc")
    assert not client.deliveries
    client.ack(got[0])
    assert texts([client.next(1)]) == ["d"]
    client.ack(got[1], outcome=op.ACK_WORKING)
    say(sender, topic + "/moc", "mốc")
    client.next("moc")
    assert not client.deliveries
    client.credit(1, 1)
    assert texts([client.next(1)]) == ["e"]


def test_credit_zero_holds_all_until_credit_comes(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1, credit=0)
    say(sender, topic, *"ab")
    client.subscribe(topic + "/moc", sid="moc")
    say(sender, topic + "/moc", "mốc")
    assert client.next().sid == "moc"
    client.credit(1, 5)
    assert texts(take(client, 2, 1)) == ["a", "b"]


def test_emergency_goes_up_to_16_beyond_credit_and_beyond_0_too(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1, credit=0)
    client.subscribe(topic + "/moc", sid="moc")
    say(sender, topic, "thường")
    say(sender, topic, *[f"h{n}" for n in range(20)], priority=3, expires=part.now_ms() + HOUR)
    got = take(client, 16, 1)
    assert texts(got) == [f"h{n}" for n in range(16)]
    say(sender, topic + "/moc", "mốc")
    client.next("moc")
    assert not client.deliveries
    client.ack(*got[:2])
    assert texts(take(client, 2, 1)) == ["h16", "h17"]


def test_a_full_client_still_hears_an_emergency(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1, credit=4)
    say(sender, topic, *[str(n) for n in range(10)])
    take(client, 4)
    say(sender, topic, "hỏa tốc", priority=3, expires=part.now_ms() + HOUR)
    assert texts([client.next()]) == ["hỏa tốc"]


def test_a_slow_subscriber_delays_nobody(team, hub, topic):
    slow = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    quick = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    slow.subscribe(topic, durable="cham", credit=1)
    quick.subscribe(topic, credit=1000)
    sender = team.client()
    say(sender, topic, *[str(n) for n in range(200)])
    assert texts(take(quick, 200)) == [str(n) for n in range(200)]
