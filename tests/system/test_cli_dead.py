"""`lienthon dead`: what was given up, seen and delivered again."""

import json

import pytest
from bodies import notice
from harness import may_publish, may_subscribe, wait_until

from lienthon import op, part

TOPIC = "an-thanh-1/an-thuong/thong-bao"
EMPTY = {"publish": [], "subscribe": [], "rights": []}


@pytest.fixture
def speaker(hub):
    return hub.issue(subscribe=[may_subscribe("an-thanh-1/#")])


@pytest.fixture
def office(hub):
    return hub.office


def say(hub, text, **fields):
    made = part.make("van-phong", TOPIC, "notice.v1", notice(text), **fields)
    [(found, seq)] = hub.office.publish(made)
    assert found == 0
    return made, seq


def let_die(hub, client, speaker, *texts, why="không có loa", **fields):
    made = [say(hub, text, **fields) for text in texts]
    for _ in texts:
        client.ack(client.next(), outcome=op.ACK_GAVE_UP, detail=why)
    wait_until(lambda: len(client.query("dead")) >= len(texts), "dead letters")
    return made


def lines(run):
    return [json.loads(line) for line in run.stdout.splitlines()]


def test_list_names_each_with_its_reason(hub, speaker):
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa")
    [(made, seq)] = let_die(hub, client, speaker, "Họp lúc 19 giờ.")
    text = hub.lienthon("dead", "list", speaker.name).stdout
    for said in (speaker.name, "loa", str(seq), "given up, 1 attempt", "không có loa", "van-phong", TOPIC, "notice.v1"):
        assert said in text
    [row] = lines(hub.lienthon("dead", "list", speaker.name, "loa", "--json"))
    assert (row["seq"], row["state"], row["detail"], row["attempts"], row["kept"]) == (
        seq, "gave-up", "không có loa", 1, True)
    assert row["id"].replace("-", "") == made.id.hex()
    assert hub.lienthon("dead", "list", "loa.khong-co").stdout == "no dead letters\n"


def test_show_tells_it_whole(hub, speaker):
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa")
    [(made, seq)] = let_die(hub, client, speaker, "Họp lúc 19 giờ.", flags=part.RECEIPT)
    hub.lienthon("dead", "again", speaker.name, "loa", seq)
    client.ack(client.next(), outcome=op.ACK_GAVE_UP, detail="vẫn không")
    wait_until(lambda: client.query("dead"), "dead again")
    text = hub.lienthon("dead", "show", speaker.name, "loa", seq).stdout
    for said in ("vẫn không", "before:", "không có loa", "said again by van-phong", '"Họp lúc 19 giờ."', "given up"):
        assert said in text, text
    [row] = lines(hub.lienthon("dead", "show", speaker.name, "loa", made.id.hex(), "--json", status=0))
    assert row["message"]["body"]["text"] == "Họp lúc 19 giờ." and row["attempts"] == 2
    assert [(one["by"], one["detail"]) for one in row["again"]] == [("van-phong", "không có loa")]
    assert "vẫn không" in row["standing"]
    found = hub.lienthon("dead", "show", speaker.name, "loa", 999999, status=3)
    assert "dead list" in found.stderr


def test_again_delivers_these_or_all_of_a_subscription(hub, speaker):
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa")
    made = let_die(hub, client, speaker, "Một.", "Hai.", "Ba.")
    text = hub.lienthon("dead", "again", speaker.name, "loa", made[1][1]).stdout
    assert f"{made[1][1]}  on its way again" in text
    client.ack(client.next())
    [found] = lines(hub.lienthon("dead", "again", speaker.name, "loa", "--json"))
    assert (found["again"], found["refused"]) == (2, 0)
    got = [client.next(), client.next()]
    assert [one.part.id for one in got] == [made[0][0].id, made[2][0].id]
    client.ack(*got)
    assert hub.lienthon("dead", "again", speaker.name, "loa").stdout == "no dead letters\n"


def test_again_delivers_all_that_one_has_given_up(hub, speaker):
    client = speaker.client()
    for durable in ("loa", "loa-hai"):
        client.subscribe(TOPIC, durable=durable)
    say(hub, "Một.")
    for _ in range(2):
        client.ack(client.next(), outcome=op.ACK_GAVE_UP)
    wait_until(lambda: len(client.query("dead")) == 2, "two dead letters")
    assert hub.lienthon("dead", "again", speaker.name).stdout.count("on its way again") == 2


def test_again_all_tells_what_was_refused_and_says_1(commune):
    first, second = (commune.issue(subscribe=[may_subscribe("an-thanh-1/#")]) for _ in range(2))
    clients = [first.client(), second.client()]
    for client in clients:
        client.subscribe(TOPIC, durable="loa")
    kept, _ = say(commune, "Một.")
    for client in clients:
        client.ack(client.next(), outcome=op.ACK_GAVE_UP)
    asker = commune.office
    wait_until(lambda: len(asker.query("dead")) == 2, "two dead letters")
    commune.revoke(second)
    wait_until(lambda: second.name not in [row["principal"] for row in asker.query("principals")], "revoked")
    [found] = lines(commune.lienthon("dead", "again", "--all", "--json", status=1))
    assert (found["again"], found["refused"]) == (1, 1)
    [refused] = [row for row in found["letters"] if row["principal"] == second.name]
    assert refused["code"] in (20, 21) and second.name in refused["text"]
    assert clients[0].next().part.id == kept.id


def test_status_shows_that_it_is_on_its_way_again(hub, speaker):
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa")
    [(made, seq)] = let_die(hub, client, speaker, "Một.", flags=part.RECEIPT)
    hub.lienthon("dead", "again", speaker.name, "loa", seq)
    found = json.loads(hub.lienthon("status", made.id.hex(), "--json").stdout)
    [row] = [row for row in found["roster"] if row["principal"] == speaker.name]
    assert row["state"] == "delivered" and "van-phong" in row["state_detail"]


@pytest.mark.parametrize("words", [["gone"], ["show", "a", "b"], ["again"], ["again", "a", "--all"], ["again", "a", "b", "--all"],
                                   ["show", "a", "b", "x y"]])
def test_a_wrong_command_line_is_2(hub, words):
    assert hub.lienthon("dead", *words, status=None).returncode == 2
