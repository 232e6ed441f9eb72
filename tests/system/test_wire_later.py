"""Deferred delivery, cancelling and replacing, retained values: what time and later messages do."""

import pytest
from bodies import notice, state
from harness import HOUR, may_publish, may_subscribe

from lienthon import code, op, part, seal


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#", max_priority=3)], subscribe=[may_subscribe("thu/#")],
                     rights=["query"])


@pytest.fixture
def other(hub):
    return hub.issue(publish=[may_publish("thu/#", max_priority=3)])


@pytest.fixture
def speaker(hub):
    return hub.issue(subscribe=[may_subscribe("thu/#")])


def text(delivery):
    return delivery.part.content().get("text")


def say(client, topic, said="Tin.", type="notice.v1", **fields):
    if fields.get("priority") == 3:
        fields.setdefault("expires", part.now_ms() + HOUR)
    return client.say(topic, type, notice(said) if isinstance(said, str) else said, **fields)


def states(client, made):
    found = client.query("status", id=made.id, from_=made.sender)
    return [row["state"] for row in found["roster"]]


# Deferred


def test_a_deferred_message_comes_when_it_is_due(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1)
    due = part.now_ms() + 1500
    say(sender, topic, "sau", deliver_at=due)
    say(sender, topic, "ngay")
    assert text(client.next()) == "ngay"
    assert text(client.next()) == "sau"
    assert sender.ping() >= due


def test_subscribed_counts_deferred_ones_among_those_that_wait(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    client.close()
    say(sender, topic, "sau", deliver_at=part.now_ms() + HOUR)
    say(sender, topic, "ngay")
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 2
    assert text(back.next()) == "ngay"


def test_deferred_messages_come_in_the_order_of_their_times(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1)
    now = part.now_ms()
    for name, after in (("ba", 1800), ("một", 1000), ("hai", 1400)):
        say(sender, topic, name, deliver_at=now + after)
    assert [text(client.next()) for _ in range(3)] == ["một", "hai", "ba"]


def test_deferred_delivery_survives_a_restart(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    speaker.client().subscribe(topic, durable="loa")
    due = part.now_ms() + 4000
    say(team.client(), topic, "khi hub nghỉ", deliver_at=due - 3500)
    say(team.client(), topic, "sau khi dậy", deliver_at=due)
    commune.kill()
    commune.start()
    client = speaker.client()
    client.subscribe(topic, durable="loa")
    assert [text(client.next()) for _ in range(2)] == ["khi hub nghỉ", "sau khi dậy"]
    assert client.ping() >= due


def test_many_long_messages_that_are_due_at_once_come_all_after_a_restart(commune, topic):
    """They are read from the store in several pages."""
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    speaker.client().subscribe(topic, durable="loa")
    due = part.now_ms() + 8000
    made = [team.part(topic, "notice.v1", notice(f"{n} " + "a" * 9000), deliver_at=due) for n in range(120)]
    assert {found for found, _ in team.client().publish(*map(team.seal, made))} == {code.DONE}
    commune.restart()
    client = speaker.client()
    assert client.subscribe(topic, durable="loa", credit=200) == 120
    got = set()
    while len(got) < 120:
        delivery = client.next()
        got.add(delivery.part.id)
        client.ack(delivery)
    assert got == {message.id for message in made}


def test_early_gets_a_deferred_message_at_once(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid="early", early=True)
    client.subscribe(topic, sid="late")
    say(sender, topic, "sau", deliver_at=part.now_ms() + 1500)
    first = client.next()
    assert first.sid == "early" and sender.ping() < first.part.deliver_at
    client.ack(first)
    assert client.next().sid == "late"


def test_early_gets_the_cancellation_of_what_it_took_early(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", early=True)
    made = say(sender, topic, "sau", deliver_at=part.now_ms() + HOUR)
    client.ack(client.next())
    sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    got = client.next().part
    assert (got.relation, got.re) == (part.CANCELS, made.id)


def test_early_after_being_away_gets_what_is_still_deferred(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", early=True)
    client.close()
    say(sender, topic, "sau", deliver_at=part.now_ms() + HOUR)
    back = speaker.client()
    back.subscribe(topic, durable="loa", early=True)
    assert text(back.next()) == "sau"


# Cancelling and replacing


def test_a_cancellation_takes_the_place_in_a_queue_that_holds_the_original(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", credit=0)
    client.close()
    made = say(sender, topic, "hủy đi", flags=part.RECEIPT)
    cancel = sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    say(sender, topic, "sau")
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 2
    assert [back.next().part.id for _ in range(2)][0] == cancel.id
    assert made.id not in [delivery.part.id for delivery in back.deliveries]
    assert "cancelled" in states(sender, made)


def test_a_replacement_takes_the_place_in_a_queue_that_holds_the_original(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", credit=0)
    client.close()
    made = say(sender, topic, "19 giờ")
    say(sender, topic, "giữa")
    say(sender, topic, "20 giờ", relation=part.REPLACES, re=made.id)
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 2
    assert [text(back.next()) for _ in range(2)] == ["20 giờ", "giữa"]


def test_a_replacement_takes_the_place_of_what_was_on_the_way_to_a_lost_connection(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    made = say(sender, topic, "19 giờ")
    say(sender, topic, "giữa")
    assert [text(client.next()) for _ in range(2)] == ["19 giờ", "giữa"]
    client.close()
    say(sender, topic, "20 giờ", relation=part.REPLACES, re=made.id)
    back = speaker.client()
    assert back.subscribe(topic, durable="loa") == 2
    assert [text(back.next()) for _ in range(2)] == ["20 giờ", "giữa"]


def test_a_replacement_of_higher_priority_takes_a_better_place(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", credit=0)
    client.close()
    say(sender, topic, "trước")
    made = say(sender, topic, "19 giờ")
    say(sender, topic, "20 giờ", relation=part.REPLACES, re=made.id, priority=2)
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert [text(back.next()) for _ in range(2)] == ["20 giờ", "trước"]


def test_a_cancellation_reaches_whoever_has_it_already(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    made = say(sender, topic, "đang phát")
    client.next()
    sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    got = client.next()
    assert got.part.relation == part.CANCELS and got.part.re == made.id
    client.ack(got)
    client.ping()
    client.close()
    back = speaker.client()
    waiting = back.subscribe(topic, durable="loa")
    say(sender, topic, "sau")
    assert text(back.next()) == "sau", "what was cancelled is not redelivered"
    assert waiting == 0


def test_a_cancelled_deferred_message_never_comes(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1)
    made = say(sender, topic, "hủy", deliver_at=part.now_ms() + 1000)
    sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    say(sender, topic, "sau", deliver_at=part.now_ms() + 1500)
    assert client.next().part.relation == part.CANCELS
    assert text(client.next()) == "sau"


def test_a_replacement_has_its_own_time(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1)
    made = say(sender, topic, "17 giờ", deliver_at=part.now_ms() + 1000)
    due = part.now_ms() + 2000
    say(sender, topic, "18 giờ", relation=part.REPLACES, re=made.id, deliver_at=due)
    got = client.next()
    assert text(got) == "18 giờ" and sender.ping() >= due


def test_a_cancellation_may_come_first(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    made = team.part(topic, "notice.v1", notice("bị hủy trước"))
    sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    assert sender.publish(made)[0][0] == code.DONE
    say(sender, topic, "sau")
    assert client.next().part.relation == part.CANCELS
    assert text(client.next()) == "sau"


def test_a_cancellation_that_came_first_is_remembered_over_a_restart(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")])
    speaker = commune.issue(subscribe=[may_subscribe("thu/#")])
    made = team.part(topic, "notice.v1", notice("bị hủy trước"))
    team.client().say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    commune.kill()
    commune.start()
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    assert sender.publish(made)[0][0] == code.DONE
    say(sender, topic, "sau")
    assert text(client.next()) == "sau"


def test_original_and_cancellation_in_one_publish(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, sid=1)
    for first_cancel in (False, True):
        made = team.part(topic, "notice.v1", notice("hủy"))
        cancel = team.part(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
        pair = [cancel, made] if first_cancel else [made, cancel]
        assert [found for found, _ in sender.publish(*pair)] == [0, 0]
    say(sender, topic, "hết")
    got = []
    while not got or text(got[-1]) != "hết":
        got.append(client.next())
    after_cancel = [delivery.part for delivery in got]
    cancelled = {one.re for one in after_cancel if one.relation == part.CANCELS}
    assert len(cancelled) == 2
    assert after_cancel[-2].relation == part.CANCELS, "what was cancelled first was still delivered"


@pytest.mark.parametrize("what", ["lower priority", "another's, same priority", "another type", "another topic", "a drill"])
def test_who_may_not_take_its_place_is_refused_with_21(team, other, topic, what):
    made = say(team.client(), topic, "gốc", priority=1)
    by, fields, where, type = team, {"priority": 1}, topic, "notice.v1"
    if what == "lower priority":
        fields["priority"] = 0
    if what == "another's, same priority":
        by = other
    if what == "another type":
        type = "health.v1"
    if what == "another topic":
        where = topic + "/khac"
    if what == "a drill":
        fields["flags"] = part.DRILL
    cancel = by.part(where, type, {}, relation=part.CANCELS, re=made.id, **fields)
    [(found, text)] = by.client().publish(cancel)
    assert found == code.NOT_ALLOWED and text


@pytest.mark.parametrize("old, new", [(0, 1), (1, 2), (3, 3)])
def test_another_with_a_higher_priority_or_flash_may(team, other, speaker, topic, old, new):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa", credit=0)
    client.close()
    made = say(sender, topic, "gốc", priority=old)
    flash = {"expires": part.now_ms() + HOUR} if new == 3 else {}
    other.client().say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id, priority=new, **flash)
    say(sender, topic, "sau")
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert back.next().part.re == made.id
    assert text(back.next()) == "sau"


def test_a_lesser_cancellation_that_comes_first_has_no_effect(team, other, speaker, topic):
    client = speaker.client()
    client.subscribe(topic, durable="loa")
    made = team.part(topic, "notice.v1", notice("vẫn đến"), priority=1)
    lesser = other.part(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id, priority=0)
    assert other.client().publish(lesser)[0][0] == code.DONE
    assert team.client().publish(made)[0][0] == code.DONE
    got = [client.next() for _ in range(2)]
    assert made.id in [delivery.part.id for delivery in got]


def test_a_cancelled_message_is_not_in_from_all(team, speaker, topic):
    sender, client = team.client(), speaker.client()
    made = say(sender, topic, "hủy")
    say(sender, topic, "giữ")
    cancel = sender.say(topic, "notice.v1", {}, relation=part.CANCELS, re=made.id)
    client.subscribe(topic, from_="all")
    assert text(client.next()) == "giữ"
    assert client.next().part.id == cancel.id


def test_an_answer_takes_no_place(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic, durable="loa")
    client.close()
    made = say(sender, topic, "hỏi")
    say(sender, topic, "đáp", relation=part.ANSWERS, re=made.id)
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert [text(back.next()) for _ in range(2)] == ["hỏi", "đáp"]


# Retained values


def keep(client, topic, n, **fields):
    fields.setdefault("created", part.now_ms() + n)  # two in one millisecond are ordered by their ids
    return client.say(topic, *state(n), flags=part.RETAIN, **fields)


def test_the_last_retained_value_comes_to_who_subscribes_from_retained(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    keep(sender, topic, 1)
    last = keep(sender, topic, 2)
    client.subscribe(topic, from_="retained")
    assert client.next().part.id == last.id
    after = keep(sender, topic, 3)
    assert client.next().part.id == after.id


def test_from_new_gets_no_retained_value(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    keep(sender, topic, 1)
    client.subscribe(topic)
    after = keep(sender, topic, 2)
    assert client.next().part.id == after.id


def test_retained_values_of_several_topics(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    made = {keep(sender, f"{topic}/{n}", n).id for n in range(5)}
    client.subscribe(topic + "/#", from_="retained")
    assert {client.next().part.id for _ in range(5)} == made


def test_the_retained_value_survives_a_restart(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])
    last = keep(team.client(), topic, 1)
    commune.kill()
    commune.start()
    client = team.client()
    assert [seal.decode(raw).part.id for raw in client.query("last", pattern=topic)] == [last.id]
    client.subscribe(topic, from_="retained")
    assert client.next().part.id == last.id


def test_of_two_retained_values_the_one_made_later_holds(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    now = part.now_ms()
    later = keep(sender, topic, 2, created=now)
    keep(sender, topic, 1, created=now - 5000)
    assert [seal.decode(raw).part.id for raw in sender.query("last", pattern=topic)] == [later.id]
    client.subscribe(topic, from_="retained")
    assert client.next().part.id == later.id


def test_a_retained_value_that_is_cancelled_is_gone(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    made = keep(sender, topic, 1)
    type = state(1)[0]
    sender.say(topic, type, {}, relation=part.CANCELS, re=made.id)
    held = [seal.decode(raw).part for raw in sender.query("last", pattern=topic)]
    assert made.id not in [one.id for one in held]
    client.subscribe(topic, from_="retained")
    after = keep(sender, topic, 2)
    got = client.next()
    while got.part.relation == part.CANCELS:
        got = client.next()
    assert got.part.id == after.id


@pytest.mark.parametrize("relation", [2, 3])
def test_the_end_of_an_older_retained_value_leaves_the_newer(team, topic, relation):
    client = team.client()
    old = say(client, topic, state(1)[1], type=state()[0], flags=1)
    # The same millisecond would leave it to the ids which of the two is the newer.
    new = say(client, topic, state(2)[1], type=state()[0], flags=1, created=old.created + 1)
    say(client, topic, state(3)[1], type=state()[0], relation=relation, re=old.id)
    assert [seal.decode(found).part.id for found in client.query("last", pattern=topic)] == [new.id]


def test_what_has_replaced_a_retained_value_can_be_cancelled_in_turn(team, speaker, topic):
    client, listener = team.client(), speaker.client()
    old = say(client, topic, state(1)[1], type=state()[0], flags=1)
    new = say(client, topic, state(2)[1], type=state()[0], relation=2, re=old.id)
    assert len(client.query("last", pattern=topic)) == 1
    say(client, topic, {}, type=state()[0], relation=3, re=new.id)
    assert client.query("last", pattern=topic) == []
    assert listener.subscribe(topic, from_="retained") == 0


def test_a_retained_value_that_is_replaced_is_the_new_one(team, topic):
    sender = team.client()
    made = keep(sender, topic, 1)
    new = keep(sender, topic, 2, relation=part.REPLACES, re=made.id)
    assert [seal.decode(raw).part.id for raw in sender.query("last", pattern=topic)] == [new.id]


def test_a_retained_value_that_has_expired_is_gone(team, topic):
    sender = team.client()
    now = part.now_ms()
    keep(sender, topic, 1, created=now, expires=now + 600)
    while sender.ping() < now + 700:
        sender.pump(0.1)
    assert sender.query("last", pattern=topic) == []


def test_a_drill_takes_the_real_path(team, speaker, topic):
    client, sender = speaker.client(), team.client()
    client.subscribe(topic)
    say(sender, topic, "diễn tập", flags=part.DRILL)
    assert client.next().part.flags == part.DRILL


def test_ops_are_numbered_as_the_page_has_them():
    assert (op.HELLO, op.DELIVER, op.PING, op.JOINED) == (1, 7, 16, 20)
