"""The joining port: asking, handing a grant in, used and unknown invitations: wire.md section 5."""

import json

import pytest
from bodies import notice
from harness import DAY, may_publish, may_subscribe

import lienthon
from lienthon import Identity, Invitation, Refused, code, join, op, part, seal
from lienthon.joining import Joiner, scope_shown
from lienthon.link import Link
from lienthon.pack import packb

LIMITS = {"joins": 100_000}


def make_invitation(hub, principal, *, topics=("thu/#",), expires=None, scope_expires=None, hand_in=True, **body):
    """An Invitation whose grant the root has sealed."""
    seed = Identity.generate("x").keys.secret[:32]
    invited = Invitation(hub.join_url, hub.hub_curve, hub.root, principal, seed)
    own = Identity(invited.issuer, invited.keys, Identity.generate("x").curve_secret)
    scope = {"principals": [principal], "publish": [may_publish(*topics, max_priority=1)],
             "subscribe": [may_subscribe(*topics)], "rights": [], "max_expires": scope_expires or part.now_ms() + 90 * DAY}
    person = hub.issue(identity=own, rights=["enrol"], scope=scope, expires=expires or part.now_ms() + 7 * DAY,
                       hand_in=hand_in, **body)
    return invited, person


def joiner(hub, invited, **options):
    return Joiner(invited, watch=hub.hub.pidfd, **options)


def refuse(function, *args, **named):
    with pytest.raises(Refused) as refusal:
        function(*args, **named)
    assert refusal.value.text
    return refusal.value.code


def test_a_device_joins_with_a_code_and_speaks(hub, topic):
    invited, _ = make_invitation(hub, "loa.moi.01")
    joined = join(invited.encode())
    assert joined.url == hub.url
    with joined.connect() as client:
        client.say(topic, "notice.v1", notice())
        client.subscribe(topic, from_="all")
        assert client.next().part.sender == "loa.moi.01"


def test_an_invitation_of_the_command_is_joined_by_the_stranger(hub):
    found = hub.lienthon("invite", "loa.an-thuong.77", "--role", "speaker", "--hamlet", "an-thuong", "--json")
    joined = join(json.loads(found.stdout)["code"])
    with joined.connect() as client:
        client.subscribe(f"{hub.xa}/an-thuong/thong-bao", durable="loa")


def test_asking_shows_the_grants_and_changes_nothing(hub):
    invited, person = make_invitation(hub, "loa.moi.02")
    with joiner(hub, invited) as link:
        for _ in range(2):
            _, now, shown = link.ask()
            assert abs(now - part.now_ms()) < 60_000
            senders = [seal.decode(raw).part for raw in shown]
            topics = {made.topic for made in senders}
            assert {"$lt/grants/hub", lienthon.names.grant_topic(invited.issuer)} <= topics
            book, scope = scope_shown(invited, shown)
            assert scope == person.body["scope"]


def test_the_issuers_are_shown_too(hub):
    office = hub.issue(rights=["grant"], scope={
        "principals": ["**"], "publish": [may_publish("thu/#")], "subscribe": [may_subscribe("thu/#")],
        "rights": ["enrol", "query", "relay"], "max_expires": part.now_ms() + 90 * DAY,
    })
    invited, person = make_invitation(hub, "loa.moi.03", issuer=office, hand_in=False,
                                      scope_expires=part.now_ms() + 30 * DAY)
    assert office.client().publish(person.grant)[0][0] == code.DONE
    joined = join(invited.encode())
    assert joined.book.find(office.name)
    joined.connect().close()


def test_an_invitation_is_used_once(hub):
    invited, _ = make_invitation(hub, "loa.moi.04")
    joined = join(invited.encode())
    assert refuse(join, invited.encode()) == code.INVITATION_USED
    with joiner(hub, invited, identity=joined.identity) as link:
        url, _, _ = link.ask(joined.grant)
        assert url == hub.url, "the same grant again is fine"


def test_a_used_invitation_stays_used_over_a_restart_and_a_new_issue(commune):
    invited, person = make_invitation(commune, "loa.moi.05")
    joined = join(invited.encode())
    commune.kill()
    commune.start()
    assert refuse(join, invited.encode()) == code.INVITATION_USED
    commune.hand_in(commune.seal_grant(dict(person.body, serial=commune.next_serial())))
    assert refuse(join, invited.encode()) == code.INVITATION_USED
    joined.connect(watch=commune.hub.pidfd).close()


def test_an_unknown_invitation_is_19(hub):
    invited, _ = make_invitation(hub, "loa.moi.06", hand_in=False)
    assert refuse(join, invited.encode()) == code.UNKNOWN_PRINCIPAL


def test_a_revoked_or_expired_invitation_is_20_or_19(hub):
    invited, person = make_invitation(hub, "loa.moi.07")
    hub.revoke(person)
    assert refuse(join, invited.encode()) in (code.UNKNOWN_PRINCIPAL, code.REVOKED)
    short, _ = make_invitation(hub, "loa.moi.08", expires=part.now_ms() + 300)
    hub.office.pump(0.4)
    assert refuse(join, short.encode()) in (code.UNKNOWN_PRINCIPAL, code.REVOKED)


def test_the_end_of_an_invitation_does_not_end_what_it_issued_but_its_revocation_does(hub):
    invited, person = make_invitation(hub, "loa.moi.09")
    joined = join(invited.encode())
    client = joined.connect()
    client.ping()
    hub.revoke(person)
    with pytest.raises(lienthon.Closed) as closed:
        client.wait(op.PONG)
    assert closed.value.code == code.REVOKED


def test_a_grant_outside_the_invitations_scope_is_21(hub):
    invited, person = make_invitation(hub, "loa.moi.10")
    scope = person.body["scope"]
    with joiner(hub, invited) as link:
        _, now, _ = link.ask()
        for number, wider in enumerate((
            dict(scope, publish=[may_publish("#")]),
            dict(scope, rights=["relay"]),
            dict(scope, max_expires=scope["max_expires"] + 1),
        )):
            assert refuse(link.ask, link.issue(wider, now), ref=f"w{number}") == code.NOT_ALLOWED
        other = Identity("loa.khac", link.identity.keys, link.identity.curve_secret)
        assert refuse(link.ask, link.issue(scope, now, other), ref="o") == code.NOT_ALLOWED
        assert link.ask(link.issue(scope, now), ref="right")[0] == hub.url


def test_a_grant_that_names_another_curve_than_the_connections_is_21(hub):
    invited, person = make_invitation(hub, "loa.moi.11")
    with joiner(hub, invited) as link:
        _, now, _ = link.ask()
        other = link.issue(person.body["scope"], now, Identity.generate("loa.moi.11"))
        assert refuse(link.ask, other, ref=2) == code.NOT_ALLOWED


def test_the_curve_of_another_principal_is_refused_with_21(hub):
    invited, person = make_invitation(hub, "loa.moi.17")
    there = hub.issue().identity
    identity = Identity("loa.moi.17", Identity.generate("x").keys, there.curve_secret)
    with joiner(hub, invited, identity=identity) as link:
        _, now, _ = link.ask()
        assert refuse(link.ask, link.issue(person.body["scope"], now), ref=2) == code.NOT_ALLOWED


def test_a_grant_that_the_invitation_has_not_sealed_is_18(hub):
    invited, person = make_invitation(hub, "loa.moi.12")
    with joiner(hub, invited) as link:
        made = seal.decode(link.issue(person.body["scope"], part.now_ms())).part_raw
        assert refuse(link.ask, seal.seal_one(made, Identity.generate("x").keys)) == code.BAD_SEAL
        assert link.ask(seal.seal_one(made, invited.keys), ref=2)[0] == hub.url


def test_no_grant_but_the_invitations_own_is_taken_at_this_door(hub):
    invited, _ = make_invitation(hub, "loa.moi.13")
    other = hub.issue(hand_in=False)
    said = hub.issue(publish=[may_publish("thu/#")])
    with joiner(hub, invited) as link:
        assert refuse(link.ask, other.grant, ref=1) >= 16
        message = said.seal(said.part("thu/cua-sau", "notice.v1", notice()))
        assert refuse(link.ask, message, ref=2) >= 16
        assert refuse(link.ask, b"\xc1", ref=3) == code.MALFORMED


@pytest.mark.parametrize("frames", [
    [packb([op.HELLO, 1, "x"])], [packb([op.PUBLISH, 1]), b"x"], [packb([op.JOIN])], [packb([op.JOIN, 1, 5])],
    [b"\xc1"], [b""], [packb([op.JOIN, 1, "x" * 300])], [packb([op.JOIN, {}, "invite.00000000"])], [b"\x91" * 50_000],
    [packb([op.JOIN, 1, "invite.00000000"]), *[b"x"] * 50], [packb([99])],
])
def test_nothing_else_is_served_at_the_joining_door(hub, frames):
    invited, _ = make_invitation(hub, "loa.moi.14", hand_in=False)
    with joiner(hub, invited) as link:
        link.send_frames(*frames)
        answer = link.wait(op.BYE, op.JOINED, op.PUBLISHED)
        told = {op.BYE: 1, op.JOINED: 2}.get(answer.op)
        assert (answer.head[told] if told else answer.head[2][0][0]) >= 16
    hub.office.ping()


def test_asks_are_limited_by_address(make_commune):
    commune = make_commune(limits={"joins": 3}).start()
    invited, _ = make_invitation(commune, "loa.moi.15", hand_in=False)
    found = []
    for number in range(6):
        with joiner(commune, invited) as link:
            found.append(refuse(link.ask, ref=number))
    assert found[0] == code.UNKNOWN_PRINCIPAL and found[-1] == code.BUSY


def test_the_hubs_time_is_taken_by_a_device_without_a_clock(hub):
    invited, person = make_invitation(hub, "loa.moi.16")
    with joiner(hub, invited) as link:
        _, now, _ = link.ask()
        link.ask(link.issue(person.body["scope"], now), ref=2)
    with hub.client(link.identity) as client:
        client.ping()


def test_the_joining_door_knows_nobodys_session(hub, topic):
    """Even a principal's own connection key gives no more than op 19 there."""
    person = hub.issue(publish=[may_publish("thu/#")])
    link = Link(hub.join_url, hub.hub_curve, person.identity.curve_public, person.identity.curve_secret)
    with link:
        link.send([op.HELLO, 1, "x"])
        answer = link.wait()
        assert answer.op == op.BYE and answer.head[1] >= 16
