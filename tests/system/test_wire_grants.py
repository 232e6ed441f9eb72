"""Grants at the hub: who is let in, who is cut off, receipts, second hands, sealed time: wire.md section 4."""

import pytest
from bodies import approval, notice, receipt
from harness import DAY, HOUR, may_publish, may_subscribe, wait_until

import lienthon
from lienthon import Book, Identity, Judge, Refused, code, grant, names, op, part, seal, tree


@pytest.fixture
def team(hub):
    return hub.issue(publish=[may_publish("thu/#")], subscribe=[may_subscribe("thu/#")], rights=["query"])


def scope(principals, publish=(), subscribe=(), rights=(), max_expires=None):
    return {"principals": principals, "publish": list(publish), "subscribe": list(subscribe), "rights": list(rights),
            "max_expires": max_expires or part.now_ms() + 10 * DAY}


def code_of(client, sealed):
    [(found, value)] = client.publish(sealed)
    if found >= 16:
        assert value
    return found


def bye(client, timeout=None):
    with pytest.raises(lienthon.Closed) as closed:
        client.wait(op.PONG, timeout=timeout)
    return closed.value


# Revocation


def test_a_revoked_principal_gets_bye_20_is_cut_and_not_let_in_again(hub, team):
    client = team.client(events=True)
    revocation = hub.revoke(team)
    said = bye(client)
    assert said.code == code.REVOKED and said.text
    assert said.proof == revocation, "it need not take the hub's word"
    client.disconnected()
    again = lienthon.Client(hub.url, hub.hub_curve, team.identity, hello=False, events=True, watch=hub.hub.pidfd)
    with again:
        assert again.handshake() is False


def test_a_revocation_reaches_whoever_reads_grants(hub, team):
    reader = hub.issue().client()
    reader.subscribe("$lt/grants/#")
    sealed = hub.revoke(team)
    got = reader.next()
    while got.raw != sealed:
        got = reader.next()
    book = Book(hub.root)
    book.learn(team.grant)
    assert book.find(team.name)
    book.learn(got.raw)
    assert book.find(team.name) is None


def test_what_a_revoked_sender_had_waiting_is_not_delivered(hub, team, topic):
    other = hub.issue(publish=[may_publish("thu/#")])
    speaker = hub.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, durable="loa")
    client.close()
    team.client().say(topic, "notice.v1", notice("từ người bị thu hồi"))
    hub.revoke(team)
    other.client().say(topic, "notice.v1", notice("từ người khác"))
    back = speaker.client()
    back.subscribe(topic, durable="loa")
    assert back.next().part.sender == other.name


def test_a_deferred_message_of_a_revoked_sender_never_comes(hub, team, topic):
    other = hub.issue(publish=[may_publish("thu/#")])
    client = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    client.subscribe(topic)
    now = part.now_ms()
    team.client().say(topic, "notice.v1", notice(), deliver_at=now + 1200)
    hub.revoke(team)
    other.client().say(topic, "notice.v1", notice(), deliver_at=now + 1400)
    assert client.next().part.sender == other.name


def test_a_new_grant_ends_a_subscription_that_it_does_not_cover(hub, team, topic):
    speaker = hub.issue(subscribe=[may_subscribe("thu/#")])
    client = speaker.client()
    client.subscribe(topic, sid=1)
    client.subscribe(names.receipts_topic(speaker.name), sid=2)
    hub.hand_in(hub.seal_grant(dict(speaker.body, subscribe=[], serial=hub.next_serial())))
    team.client().say(topic, "notice.v1", notice())
    team.client().say(names.receipts_topic(speaker.name), "receipt.v1", receipt(), relation=part.ANSWERS,
                      re=part.new_id(part.now_ms()))
    try:
        assert client.next().sid == 2
    except lienthon.Closed as closed:
        assert closed.code in (code.REVOKED, code.NOT_ALLOWED)


def test_a_revoked_principal_that_is_granted_again_is_let_in(hub, team, topic):
    hub.revoke(team)
    hub.hand_in(hub.seal_grant(dict(team.body, serial=hub.next_serial())))
    team.client().say(topic, "notice.v1", notice())


def test_a_grant_that_ends_by_its_time_ends_the_connection(hub):
    short = hub.issue(expires=part.now_ms() + 1500)
    client = short.client()
    assert bye(client, timeout=15).code == code.REVOKED


def test_a_grant_not_yet_valid_lets_nobody_in(hub):
    early = hub.issue(not_before=part.now_ms() + HOUR)
    client = lienthon.Client(hub.url, hub.hub_curve, early.identity, hello=False, events=True, watch=hub.hub.pidfd)
    with client:
        assert client.handshake() is False


def test_a_new_key_takes_the_place_of_the_old(hub, team, topic):
    old = team.client()
    new = Identity.generate(team.name)
    hub.issue(identity=new, publish=[may_publish("thu/#")])
    assert bye(old).code == code.REVOKED
    client = hub.client(new)
    client.say(topic, "notice.v1", notice())
    stale = seal.seal_one(part.make(team.name, topic, "notice.v1", notice()).raw, team.identity.keys)
    assert code_of(client, stale) == code.BAD_SEAL


# Issuing


def test_who_may_grant_does_so_inside_its_scope(hub, topic):
    office = hub.issue(rights=["grant"], scope=scope(["to.**"], [may_publish("thu/#", max_priority=1)]))
    made = hub.issue("to.moi-1", issuer=office, hand_in=False, publish=[may_publish(topic, max_priority=1)],
                     expires=part.now_ms() + 5 * DAY)
    assert code_of(office.client(), made.grant) == code.DONE
    made.client().say(topic, "notice.v1", notice())
    for wrong in (
        {"principal": "khac.moi-1"},
        {"publish": [may_publish("thu/#", max_priority=2)]},
        {"publish": [may_publish("#")]},
        {"subscribe": [may_subscribe("thu/#")]},
        {"rights": ["query"]},
        {"expires": part.now_ms() + 20 * DAY},
    ):
        fields = {"principal": "to.moi-2", "expires": part.now_ms() + 5 * DAY, **wrong}
        bad = hub.issue(fields.pop("principal"), issuer=office, hand_in=False, **fields)
        assert code_of(office.client(), bad.grant) == code.NOT_ALLOWED, wrong


def test_what_an_issuer_gave_falls_with_it_and_its_session_too(hub):
    office = hub.issue(rights=["grant"], scope=scope(["to.**"]))
    below = hub.issue("to.roi", issuer=office, hand_in=False, expires=part.now_ms() + 5 * DAY)
    office.client().publish(below.grant)
    client = below.client()
    hub.revoke(office)
    assert bye(client).code == code.REVOKED
    hub.hand_in(hub.seal_grant(dict(office.body, serial=hub.next_serial())))
    below.client().ping()


@pytest.mark.parametrize("what, wanted", [
    ("a lower serial", 20), ("the same serial", 20), ("another's curve", 21), ("a wrong topic", 22), ("no role", 22),
    ("by a stranger", 19), ("not retained", 22), ("too new", 24), ("a bad seal", 18),
])
def test_a_grant_that_will_not_do_is_refused(hub, team, what, wanted):
    body = dict(team.body, serial=hub.next_serial())
    keys, issuer, created, flags, topic = hub.root_keys, "root", None, part.RETAIN, names.grant_topic(team.name)
    if what == "a lower serial":
        body["serial"] = team.body["serial"] - 1
    if what == "the same serial":
        body["serial"], body["role"] = team.body["serial"], "other"
    if what == "another's curve":
        body["curve"] = hub.issue().body["curve"]
    if what == "a wrong topic":
        topic += "/x"
    if what == "no role":
        del body["role"]
    if what == "by a stranger":
        issuer, keys = "nguoi.la", Identity.generate("x").keys
    if what == "not retained":
        flags = 0
    if what == "too new":
        created = part.now_ms() + 600_000
    if what == "a bad seal":
        keys = Identity.generate("x").keys
    made = part.make(issuer, topic, "grant.v1", body, created=created, flags=flags)
    assert code_of(hub.office, seal.seal_one(made.raw, keys)) == wanted
    team.client().ping()


def test_a_grant_is_never_too_old(hub):
    old = hub.issue(hand_in=False, created=part.now_ms() - 100 * DAY, not_before=part.now_ms() - 100 * DAY)
    assert code_of(hub.office, old.grant) == code.DONE
    old.client().ping()


def test_a_grant_and_what_leans_on_it_in_one_publish(hub, topic):
    new = hub.issue(hand_in=False, publish=[may_publish("thu/#")])
    said = [new.seal(new.part(topic, "notice.v1", notice())) for _ in range(3)]
    answers = hub.office.publish(new.grant, *said)
    assert [found for found, _ in answers] == [0, 0, 0, 0]
    newer = hub.issue(hand_in=False, publish=[may_publish("thu/#")])
    first = newer.seal(newer.part(topic, "notice.v1", notice()))
    assert [found for found, _ in hub.office.publish(first, newer.grant)] == [code.UNKNOWN_PRINCIPAL, code.DONE]


def test_a_run_of_grants_in_one_publish_is_judged_in_its_order(hub):
    office = hub.issue(hand_in=False, rights=["grant"], scope=scope(["day.**"]))
    chain = [office.grant]
    for number in range(20):
        chain.append(hub.issue(f"day.so-{number}", issuer=office, hand_in=False,
                               expires=part.now_ms() + DAY).grant)
    assert [found for found, _ in hub.office.publish(*chain)] == [code.DONE] * 21


def test_grants_in_force_are_there_after_a_restart(commune, topic):
    person = commune.issue(publish=[may_publish("thu/#")])
    gone = commune.issue()
    commune.revoke(gone)
    commune.kill()
    commune.start()
    person.client().say(topic, "notice.v1", notice())
    client = lienthon.Client(commune.url, commune.hub_curve, gone.identity, hello=False, events=True, watch=commune.hub.pidfd)
    with client:
        assert client.handshake() is False


def test_a_reader_of_all_grants_can_judge_who_is_in_force(hub, team, topic):
    reader = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    reader.subscribe("$lt/grants/#", sid="grants", from_="retained")
    reader.subscribe(topic, sid="tin")
    team.client().say(topic, "notice.v1", notice())
    judge = Judge(Book(hub.root))
    delivery = reader.next("tin")
    until = 0
    while judge.book.find(team.name) is None and until < 1000:
        judge.judge(reader.next("grants").raw, part.now_ms())
        until += 1
    assert judge.judge(delivery.raw, part.now_ms()) == code.DONE
    assert judge.judge(delivery.raw, part.now_ms()) == code.DONE_BEFORE


# Receipts


def test_anyone_publishes_receipts_without_an_entry(hub, team):
    nobody = hub.issue()
    reader = team.client()
    reader.subscribe(names.receipts_topic(team.name))
    to = names.receipts_topic(team.name)
    made = nobody.client().say(to, "receipt.v1", receipt("received", "loa.01"), relation=part.ANSWERS,
                               re=part.new_id(part.now_ms()), priority=1, label=1)
    got = reader.next().part
    assert got.id == made.id and got.content()["outcome"] == "received"


@pytest.mark.parametrize("fields, wanted", [
    ({"priority": 2}, 21), ({"flags": part.RECEIPT}, 21), ({"relation": 0, "re": None}, 21), ({"flags": part.DRILL}, 0),
    ({"flags": part.RETAIN}, (21, 22)), ({"type": "notice.v1", "body": notice()}, 21),
    ({"body": receipt("played")}, 22), ({"body": {"outcome": "done"}}, 22),
])
def test_a_receipt_is_as_the_page_says_or_refused(hub, fields, wanted):
    nobody = hub.issue()
    fields = {"relation": part.ANSWERS, "re": part.new_id(part.now_ms()), **fields}
    made = nobody.part(names.receipts_topic("ai.do"), fields.pop("type", "receipt.v1"), fields.pop("body", receipt()),
                       **fields)
    assert nobody.client().publish(made)[0][0] in (wanted if isinstance(wanted, tuple) else (wanted,))


@pytest.mark.parametrize("outcome", ["received", "handed-over", "done", "confirmed", "skipped", "failed", "unknown"])
def test_every_outcome_of_a_receipt_is_taken(hub, outcome):
    nobody = hub.issue()
    made = nobody.part(names.receipts_topic("ai.do"), "receipt.v1", receipt(outcome), relation=part.ANSWERS,
                       re=part.new_id(part.now_ms()))
    assert nobody.client().publish(made)[0][0] == code.DONE


# Two hands


def test_an_order_for_two_hands_is_stored_and_delivered_and_obeyed_with_the_second(hub, topic):
    first, second, alone = (
        hub.issue(publish=[may_publish("thu/#", types=["alert.v1", "notice.v1"], hands=2)]) for _ in range(3)
    )
    siren = hub.issue(subscribe=[may_subscribe("thu/#")]).client()
    siren.subscribe(topic)
    judge = Judge(Book(hub.root))
    for person in (first, second, alone):
        judge.book.learn(person.grant)
    order = first.client().say(topic, "notice.v1", notice("Xả lũ."), priority=2)
    raw = siren.next().raw
    assert judge.judge(raw, part.now_ms()) == code.ONE_HAND
    same = {"relation": part.ANSWERS, "re": order.id, "priority": 2}
    own = first.part(topic, "approval.v1", approval(order), **same)
    assert first.client().publish(own)[0][0] == code.NOT_ALLOWED
    second.client().say(topic, "approval.v1", approval(order), **same)
    assert judge.judge(siren.next().raw, part.now_ms()) == code.DONE
    assert judge.judge(raw, part.now_ms()) == code.DONE


def test_an_approval_by_one_who_may_not_send_it_is_21_and_one_that_lies_22(hub, topic):
    first = hub.issue(publish=[may_publish("thu/#", hands=2)])
    order = first.client().say(topic, "notice.v1", notice())
    nobody = hub.issue()
    wrong = nobody.part(topic, "approval.v1", approval(order), relation=part.ANSWERS, re=order.id)
    assert nobody.client().publish(wrong)[0][0] == code.NOT_ALLOWED
    second = hub.issue(publish=[may_publish("thu/#", hands=2)])
    lies = second.part(topic, "approval.v1", approval(order), relation=part.ANSWERS, re=part.new_id(part.now_ms()))
    assert second.client().publish(lies)[0][0] == code.BODY_WRONG


# Time


def test_the_hub_tells_sealed_time_at_welcome_and_as_a_retained_value(hub):
    nobody = hub.issue()
    client = nobody.client()
    client.subscribe(["$lt/time"], sid="time", from_="retained")
    client.subscribe("$lt/grants/hub", sid="grants", from_="retained")
    judge = Judge(Book(hub.root))
    judge.book.learn(client.next("grants").raw)
    told = client.next("time")
    made = told.part
    assert (made.sender, made.topic, made.type, made.flags) == ("hub", "$lt/time", "time.v1", part.RETAIN)
    assert judge.hear_time(told.raw) == made.created == judge.time
    assert abs(made.created - part.now_ms()) < 120_000
    body = made.content()
    assert type(body["size"]) is int and len(body["root"]) == 32


def test_the_time_told_carries_the_head_of_the_log(commune, topic):
    team = commune.issue(publish=[may_publish("thu/#")])
    reader = commune.issue(subscribe=[may_subscribe("#", max_label=2), may_subscribe("$lt/#", max_label=2)],
                           rights=["query"])
    parts = [team.part(topic, "notice.v1", notice(f"Tin {n}.")) for n in range(7)]
    team.client().publish(*parts)
    client = reader.client()
    client.subscribe("$lt/time", sid="time", from_="new")
    reader.client()  # its WELCOME makes the hub tell the time
    head = client.next("time").part.content()
    client.subscribe(["#", "$lt/#"], sid="all", from_="all")
    leaves, told = [], []
    while len(leaves) < head["size"]:
        delivery = client.next("all")
        client.ack(delivery)
        leaves.append(tree.leaf(delivery.raw))
        told.append(delivery.part.type)
    assert tree.root(leaves) == head["root"], told


def test_the_same_hour_is_told_once(commune):
    """Whoever comes in within the second has the hour told again when the second is over, and that once."""
    reader = commune.issue()
    client = reader.client()
    client.subscribe("$lt/time", sid="time", from_="new")
    told = []
    for _ in range(5):
        reader.client()
        told.append(client.next("time").part.created)
    assert len(set(told)) == len(told)


@pytest.mark.slow
def test_the_hub_tells_the_time_once_a_minute(hub):
    client = hub.issue().client(timeout=90)
    client.subscribe("$lt/time")
    told = [client.next().part.created for _ in range(2)]
    client.ping()
    assert 50_000 < told[1] - told[0] < 70_000


def test_nobody_else_tells_the_time(hub, team):
    made = team.part("$lt/time", "time.v1", {"now": part.now_ms(), "size": 0, "root": bytes(32)}, flags=part.RETAIN)
    assert team.client().publish(made)[0][0] == code.NOT_ALLOWED


def test_the_hub_is_no_issuer_of_grants(hub):
    made = grant.make("hub", dict(hub.issue().body, serial=hub.next_serial()))
    assert code_of(hub.office, seal.seal_one(made.raw, hub.identity("hub").keys)) == code.NOT_ALLOWED


def test_root_topics_are_kept(hub, team):
    with pytest.raises(Refused) as refusal:
        team.client().say("$lt/root", "notice.v1", notice())
    assert refusal.value.code == code.NOT_ALLOWED


def test_a_revoked_principal_is_gone_from_the_principals(hub, team):
    hub.revoke(team)
    asker = hub.issue(rights=["query"]).client()
    wait_until(lambda: team.name not in [row["principal"] for row in asker.query("principals")], "gone")
