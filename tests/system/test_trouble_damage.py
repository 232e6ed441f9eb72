"""A hub whose disk has changed what was stored: it starts, serves the rest, never hands out what was changed, and says
so to its operator and to the message's sender."""

import pytest
from bodies import notice
from damage import change_message, flip_a_bit
from harness import may_publish, may_subscribe, wait_until
from talk import take, texts

from lienthon import part, seal

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
    # Nothing of it comes later, and the rest goes on.
    commune.restart()
    team.client().say(TOPIC, "notice.v1", notice("Sau đó."))
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid="loa")
    assert texts(take(client, 2, "loa")) == ["Còn nguyên.", "Sau đó."]
