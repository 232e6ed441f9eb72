"""The `lienthon` command with a hub: inviting, joining, saying, asking, taking back."""

import datetime
import json
import os
import re
import shutil
import sqlite3
import subprocess
import zoneinfo
from contextlib import closing
from pathlib import Path

import msgpack
import pytest

from damage import LYING_HUB, flip_a_bit
from harness import BIN, Failed, Process, environment, may_publish, run, vietnamese, wait_until

LIENTHON = BIN / "lienthon"
LIMITS = {"joins": 100000}
ID = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
TOPIC = "an-thanh-1/an-thuong/thong-bao"


def say(hub, *args, **options):
    """Runs the command with --json; its answer."""
    return json.loads(hub.lienthon(*args, "--json", **options).stdout)


def invite(hub, name, role, *args):
    return say(hub, "invite", name, "--role", role, *args)["code"]


def join(hub, name, role, folder, *args):
    run(LIENTHON, "join", invite(hub, name, role, *args), "-C", folder)
    return folder


def notice(hub, text, *args, **options):
    return say(hub, "notice", text, "--to", "an-thuong", *args, **options)["id"]


def row(status, principal):
    return next(row for row in status["roster"] if row["principal"] == principal)


def body_of(part):
    return msgpack.unpackb(part.body)


class Device:
    """A joined device that a Python client plays: it receives and sends receipts."""

    def __init__(self, hub, folder, name, durable=None):
        from lienthon import Identity, Keys
        from harness import unb64

        self.name = name
        keys = Keys.from_seed(unb64((folder / "keys" / f"{name}.seed").read_text()))
        self.client = hub.client(Identity(name, keys, unb64((folder / "keys" / f"{name}.curve").read_text())))
        self.sid = self.client.subscribe([TOPIC, "an-thanh-1/tat-ca/thong-bao"], durable=durable or name)
        self.durable = durable or name

    def take(self, outcome, detail=None):
        """Receives one message, says what became of it, and acknowledges it."""
        delivery = self.client.next()
        body = {"outcome": outcome, "target": self.durable, "at": delivery.part.created + 5000}
        if detail:
            body["detail"] = detail
        topic = "$lt/receipts/" + delivery.part.sender.replace(".", "/")
        self.client.say(topic, "receipt.v1", body, relation=1, re=delivery.part.id)
        self.client.ack(delivery)
        return delivery.part


@pytest.fixture
def speaker(hub, tmp_path, request):
    name = f"loa.an-thuong.{abs(hash(request.node.name)) % 100000}"
    return Device(hub, join(hub, name, "speaker", tmp_path / "loa", "--hamlet", "an-thuong"), name)


# Inviting and joining

def test_an_invitation_is_a_code_and_a_qr_picture(hub):
    said = hub.lienthon("invite", "loa.an-thuong.qr", "--role", "speaker", "--hamlet", "an-thuong").stdout
    assert re.search(r"^lienthon:[A-Za-z0-9_-]{100,}$", said, re.M)
    picture = [line for line in said.splitlines() if set(line) <= set("█▀▄ ") and "█" in line]
    assert len(picture) >= 20 and len({len(line) for line in picture}) == 1


def test_whoever_joins_makes_keys_of_its_own_and_is_enrolled(hub, tmp_path):
    folder = tmp_path / "loa"
    said = run(LIENTHON, "join", invite(hub, "loa.an-thuong.01", "speaker", "--hamlet", "an-thuong"), "-C", folder)
    assert "you are loa.an-thuong.01 in Xã An Thạnh 1 now" in said.stdout
    assert (folder / "keys" / "loa.an-thuong.01.seed").stat().st_mode & 0o777 == 0o600
    found = next(one for one in say(hub, "grants") if one["principal"] == "loa.an-thuong.01")
    assert found["issuer"].startswith("invite.")
    assert found["role"] in ("speaker", "Cụm loa")


def test_a_code_is_good_for_one(hub, tmp_path):
    code = invite(hub, "loa.an-thuong.mot", "speaker", "--hamlet", "an-thuong")
    run(LIENTHON, "join", code, "-C", tmp_path / "one")
    found = run(LIENTHON, "join", code, "-C", tmp_path / "other", "--json", status=1)
    assert json.loads(found.stdout)["number"] == 31
    assert not (tmp_path / "other" / "identity.yaml").exists()


def test_a_code_can_be_read_from_standard_input(hub, tmp_path):
    code = invite(hub, "loa.an-thuong.vao", "speaker", "--hamlet", "an-thuong")
    run(LIENTHON, "join", "-", "-C", tmp_path, input=code + "\n")
    assert (tmp_path / "identity.yaml").is_file()


def test_a_second_identity_in_a_folder_has_a_file_of_its_own(hub):
    run(LIENTHON, "join", invite(hub, "to-so.an-lac", "hamlet-team", "--hamlet", "an-lac"), "-C", hub.dir)
    assert (hub.dir / "identities" / "to-so.an-lac.yaml").is_file()
    assert hub.lienthon("grants", as_="to-so.an-lac").stdout.count("to-so.an-lac") >= 1


@pytest.mark.parametrize("args, why", [
    (["loa.an-thuong.x", "--role", "speker", "--hamlet", "an-thuong"], "speaker"),
    (["loa.an-thuong.x", "--role", "speaker", "--hamlet", "an-thuogn"], "did you mean an-thuong?"),
    (["loa.an-thuong.x", "--role", "speaker"], "--hamlet"),
    (["Loa 1", "--role", "speaker", "--hamlet", "an-thuong"], "no name for a principal"),
    (["loa.an-thuong.x"], "--role"),
])
def test_a_wrong_invitation_is_told(hub, args, why):
    found = hub.lienthon("invite", *args, status=None)
    assert found.returncode in (2, 3) and why in found.stderr


# Rights

@pytest.fixture(scope="module")
def team(_module_hub, tmp_path_factory):
    hub = _module_hub
    run(LIENTHON, "join", invite(hub, "to-so.an-thuong", "hamlet-team", "--hamlet", "an-thuong"), "-C", hub.dir)
    return "to-so.an-thuong"


@pytest.mark.parametrize("what, yes, why", [
    (["notice.v1", TOPIC, "khan"], True, "role"),
    (["publish", TOPIC, "notice.v1", "khan"], True, "role"),
    (["notice.v1", TOPIC, "hoa-toc"], False, "goes up to khan"),
    (["notice.v1", "an-thanh-1/an-lac/thong-bao"], False, "names no topic"),
    (["alert.v1", TOPIC], False, "does not name the type"),
    (["alert.v1", "an-thanh-1/an-thuong/canh-bao", "hoa-toc"], True, "second person"),
    (["subscribe", "an-thanh-1/an-thuong/#"], True, "has a pattern"),
    (["subscribe", "an-thanh-1/#"], False, "no pattern"),
    (["query"], True, "has the right"),
    (["relay"], False, "lacks the right"),
])
def test_may_says_yes_or_no_and_why(hub, team, what, yes, why):
    found = hub.lienthon("may", team, *what, status=0 if yes else 1)
    assert found.stdout.startswith("yes: " if yes else "no: ")
    assert why in found.stdout


def test_may_of_nobody_is_not_found(hub, team):
    assert "did you mean to-so.an-thuong" in hub.lienthon("may", "to-so.an-thuogn", "query", status=3).stderr


def test_a_revoked_team_may_nothing_and_is_refused(hub, tmp_path):
    folder = join(hub, "to-so.thu-hoi", "hamlet-team", tmp_path / "to", "--hamlet", "an-thuong")
    run(LIENTHON, "notice", "Trước", "--to", "an-thuong", "-C", folder)
    client = Device.__new__(Device)
    from lienthon import Identity, Keys
    from harness import unb64

    keys = Keys.from_seed(unb64((folder / "keys" / "to-so.thu-hoi.seed").read_text()))
    client = hub.client(Identity("to-so.thu-hoi", keys,
                                 unb64((folder / "keys" / "to-so.thu-hoi.curve").read_text())))
    assert say(hub, "revoke", "to-so.thu-hoi")["revoked"] == "to-so.thu-hoi"
    assert "has been revoked" in hub.lienthon("may", "to-so.thu-hoi", "query", status=1).stdout
    # Its message is refused with code 20, whoever carries it in.
    from lienthon import part, seal

    made = part.make("to-so.thu-hoi", TOPIC, "notice.v1", {"text": "Sau"})
    [(code, text)] = hub.office.publish(seal.seal_one(made.raw, keys))
    assert code == 20 and text
    client.close()
    found = run(LIENTHON, "notice", "Sau", "--to", "an-thuong", "--json", "-C", folder, status=1)
    assert json.loads(found.stdout)["number"] == 20
    assert "the grant of to-so.thu-hoi has been revoked" in found.stderr and "new invitation" in found.stderr
    # Nothing of it is left to be sent behind its sender's back.
    outbox = folder / "state" / "to-so.thu-hoi" / "command" / "outbox"
    assert not [path for path in outbox.iterdir() if "Sau".encode() in path.read_bytes()]
    again = run(LIENTHON, "notice", "Nữa", "--to", "an-thuong", "-C", folder, status=1)
    assert "earlier command" not in again.stderr


def test_who_is_revoked_while_it_reads_is_told_so(hub, tmp_path):
    folder = join(hub, "to-so.doc", "hamlet-team", tmp_path / "doc", "--hamlet", "an-thuong")
    reader = Process([LIENTHON, "sub", "an-thanh-1/an-thuong/#", "--from", "all", "-C", folder], tmp_path)
    notice(hub, "Còn đọc được.")
    wait_until(lambda: "Còn đọc được." in reader.text(), "it to read", watch=reader)
    hub.lienthon("revoke", "to-so.doc")
    assert reader.wait() == 1
    assert "to-so.doc" in reader.text() and "revoked" in reader.text(), reader.text()


def test_the_first_command_of_a_revoked_folder_is_told_so_too(hub, tmp_path):
    folder = join(hub, "to-so.chua-dung", "hamlet-team", tmp_path / "to", "--hamlet", "an-thuong")
    say(hub, "revoke", "to-so.chua-dung")
    found = run(LIENTHON, "grants", "--json", "-C", folder, status=1)
    assert json.loads(found.stdout)["number"] == 20


def test_what_waits_for_a_hub_is_given_up_aloud_when_its_sender_has_been_revoked(commune, tmp_path):
    folder = join(commune, "to-so.cho", "hamlet-team", tmp_path / "to", "--hamlet", "an-thuong")
    commune.stop()
    waits = run(LIENTHON, "notice", "Chờ", "--to", "an-thuong", "--wait", "1", "-C", folder, status=4).stdout.strip()
    commune.start()
    say(commune, "revoke", "to-so.cho")
    found = run(LIENTHON, "notice", "Sau", "--to", "an-thuong", "-C", folder, status=1)
    assert f"the message {waits} of an earlier command was not taken: the grant of to-so.cho" in found.stderr


def test_a_device_gets_new_keys(hub):
    name = "loa.an-thuong.khoa"
    run(LIENTHON, "join", invite(hub, name, "speaker", "--hamlet", "an-thuong"), "-C", hub.dir)
    before = (hub.dir / "keys" / f"{name}.seed").read_text()
    assert say(hub, "rekey", name)["rekeyed"] == name
    assert (hub.dir / "keys" / f"{name}.seed").read_text() != before
    hub.client(hub.identity(name)).close()


# Notices

def test_a_notice_prints_its_id(hub):
    assert re.fullmatch(ID + "\n", hub.lienthon("notice", "Họp lúc 19 giờ.", "--to", "an-thuong").stdout)


def test_a_notice_carries_what_was_typed(hub, speaker):
    hub.lienthon("notice", "Mời bà con ấp An Thường họp.", "--to", "an-thuong", "--via", "loa,zalo", "--urgency", "khan",
                 "--title", "Họp dân", "--repeat", "2")
    got = speaker.take("done")
    assert (got.topic, got.type, got.priority, got.label) == (TOPIC, "notice.v1", 1, 0)
    assert body_of(got) == {"text": "Mời bà con ấp An Thường họp.", "title": "Họp dân", "channels": ["loa", "zalo"],
                        "speech": {"repeat": 2}}
    assert got.flags & 2 and got.expires - got.created == 24 * 3600 * 1000


def test_a_notice_to_several_hamlets_is_one_message(hub, speaker):
    hub.lienthon("notice", "Cả hai ấp.", "--to", "an-thuong,an-lac")
    got = speaker.take("done")
    assert got.topic == "an-thanh-1/tat-ca/thong-bao"
    assert body_of(got)["hamlets"] == ["an-thuong", "an-lac"]


def test_a_notice_to_all_names_no_hamlet(hub, speaker):
    hub.lienthon("notice", "Toàn xã.", "--to", "tat-ca")
    assert "hamlets" not in body_of(speaker.take("done"))


def test_a_notice_for_a_time_of_day_waits_for_it_in_the_communes_zone(hub):
    id = notice(hub, "Chiều.", "--at", "17:00")
    [found] = [one for one in map(json.loads, hub.lienthon("history", TOPIC, "--json").stdout.splitlines())
               if one["id"] == id]
    assert 0 < found["deliver_at"] - found["created"] <= 24 * 3600 * 1000
    assert found["deliver_at"] % (24 * 3600 * 1000) == 10 * 3600 * 1000  # 17:00 at +07:00
    hub.lienthon("cancel", id)


def test_a_drill_is_marked(hub, speaker):
    hub.lienthon("notice", "Diễn tập.", "--to", "an-thuong", "--drill")
    assert speaker.take("skipped", "drill").flags & 4


def test_text_in_nfd_arrives_in_nfc(hub, speaker):
    import unicodedata

    hub.lienthon("notice", unicodedata.normalize("NFD", "Mời bà con"), "--to", "an-thuong")
    assert body_of(speaker.take("done"))["text"] == "Mời bà con"


# What became of it

def test_status_names_who_played_it_and_when(hub, speaker):
    id = notice(hub, "Họp.")
    before = row(say(hub, "status", id), speaker.name)
    assert before["expected"] and not before["final"]
    speaker.take("done", "đã phát")
    after = wait_until(lambda: (found := row(say(hub, "status", id), speaker.name))["final"] and found, "a receipt")
    assert after["seal"] == "holds" and after["outcome"] == "done"
    said = hub.lienthon("status", id).stdout
    assert re.search(rf"^{re.escape(speaker.name)} … played \d\d:\d\d:\d\d$", said, re.M), said
    said = hub.lienthon("status", id, env=vietnamese()).stdout
    assert re.search(rf"^{re.escape(speaker.name)} … đã phát \d\d:\d\d:\d\d$", said, re.M), said


def test_status_says_who_is_missing(hub, speaker):
    id = notice(hub, "Chờ.")
    speaker.client.close()
    assert re.search(rf"^{re.escape(speaker.name)} … (chưa nhận|đã giao)",
                     hub.lienthon("status", id, env=vietnamese()).stdout, re.M)


def test_a_receipt_with_a_wrong_seal_is_shown_as_such(hub, speaker):
    from lienthon import Keys, part, seal

    id = notice(hub, "Giả.")
    delivery = speaker.client.next()
    made = part.make(speaker.name, "$lt/receipts/van-phong", "receipt.v1",
                     {"outcome": "done", "target": speaker.name, "at": 1}, relation=1, re=delivery.part.id)
    [(code, _)] = speaker.client.publish(seal.seal_one(made.raw, Keys.from_seed(os.urandom(32))))
    assert code == 18  # the hub keeps none such, and status shows none
    assert row(say(hub, "status", id), speaker.name)["outcome"] is None


def test_who_is_not_meant_is_left_out(hub, speaker):
    id = notice(hub, "Chỉ Zalo.", "--via", "zalo")
    speaker.take("skipped", "not-for-us")
    wait_until(lambda: row(say(hub, "status", id), speaker.name)["final"], "a receipt")
    assert row(say(hub, "status", id), speaker.name)["for_us"] is False
    assert f"{speaker.name} " not in hub.lienthon("status", id).stdout


def test_watching_ends_with_the_last_receipt(hub, speaker):
    # The others of this file have no speaker listening any more; only this one is waited for.
    topic_only = notice(hub, "Theo dõi.", "--via", "loa")
    watch = subprocess.Popen([LIENTHON, "status", topic_only, "--watch", "-C", hub.dir], stdout=subprocess.PIPE,
                             text=True, env=environment())
    try:
        assert watch.stdout.readline().strip() == topic_only
        speaker.take("done")
        for line in watch.stdout:
            if line.startswith(speaker.name) and "played" in line:
                break
        else:
            raise Failed("the watch ended without the receipt")
    finally:
        watch.terminate()
        assert watch.wait(20) == 0


def test_an_unknown_id_is_not_found(hub):
    hub.lienthon("status", "019aa8c2-6d2e-7c11-9b5e-0f6a3c1d2e4f", status=3)


def test_why_says_one_sentence(hub, speaker):
    id = notice(hub, "Vì sao.")
    assert len(hub.lienthon("why", id, speaker.name).stdout.strip()) > 10


@pytest.mark.parametrize("where, form, says", [
    (environment, "%Y-%m-%d %H:%M:%S", "it is done, at {}."), (vietnamese, "%d/%m/%Y %H:%M:%S", "đã xong, lúc {}.")])
def test_why_tells_a_receipt_in_the_readers_words_and_the_communes_time(hub, speaker, where, form, says):
    id = notice(hub, "Vì sao.")
    done = speaker.take("done").created // 1000 + 5
    wait_until(lambda: row(say(hub, "status", id), speaker.name)["final"], "a receipt")
    here = datetime.datetime.fromtimestamp(done, zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")).strftime(form)
    assert says.format(here) in hub.lienthon("why", id, speaker.name, env=where()).stdout


def test_an_officer_reads_in_vietnamese_what_a_card_said_in_english(hub, speaker):
    id = notice(hub, "Card hỏng.")
    speaker.take("failed", "không phát được qua card: cannot open the sound card 'x': No such file or directory (`aplay -L` lists what there is)")
    wait_until(lambda: row(say(hub, "status", id), speaker.name)["final"], "a receipt")
    said = hub.lienthon("status", id, env=vietnamese()).stdout
    assert "không phát được qua card: không mở được card âm thanh 'x': không có tệp hay thư mục ấy (`aplay -L` cho biết có những card nào)" in said


# Taking back

def test_a_cancelled_notice_reaches_nobody_who_waits(hub, speaker):
    speaker.client.close()
    id = notice(hub, "Nhầm.")
    cancelled = say(hub, "cancel", id)["id"]
    found = row(say(hub, "status", id), speaker.name)
    assert found["state"] == "cancelled"
    [message] = [one for one in map(json.loads, hub.lienthon("history", TOPIC, "--json").stdout.splitlines())
                 if one["id"] == cancelled]
    assert (message["relation"], message["re"], message["body"]) == (3, id, {})


def test_a_replaced_notice_keeps_title_and_channels(hub, speaker):
    id = notice(hub, "Họp lúc 19 giờ.", "--title", "Họp dân", "--via", "loa", "--at", "+1h")
    hub.lienthon("replace", id, "Họp lúc 20 giờ.")
    got = speaker.take("done")
    assert body_of(got) == {"text": "Họp lúc 20 giờ.", "title": "Họp dân", "channels": ["loa"]}
    assert got.relation == 2


def test_a_second_person_approves(hub, team, tmp_path):
    other = join(hub, "to-so.thu-hai", "hamlet-team", tmp_path / "hai", "--hamlet", "an-thuong")
    body = json.dumps({"event": "Lũ", "status": "Actual", "msgType": "Alert", "urgency": "Immediate",
                       "severity": "Severe", "certainty": "Observed", "headline": "Nước lên"})
    sent = hub.lienthon("pub", "an-thanh-1/an-thuong/canh-bao", "alert.v1", "--urgency", "hoa-toc", "--json", as_=team,
                        input=body, status=None)
    assert sent.returncode == 0, sent.stderr
    id = json.loads(sent.stdout)["id"]
    assert json.loads(sent.stdout)["needs_second"] is True
    assert f"lienthon approve {id}" in sent.stderr
    told = hub.lienthon("status", id, as_=team).stdout
    assert f"lienthon approve {id}" in told and "Nước lên" in told
    assert "another person" in hub.lienthon("approve", id, as_=team, status=1).stderr
    approval = json.loads(run(LIENTHON, "approve", id, "--json", "-C", other).stdout)["id"]
    found = [json.loads(line) for line in
             hub.lienthon("history", "an-thanh-1/an-thuong/canh-bao", "--json").stdout.splitlines()]
    assert next(one for one in found if one["id"] == approval)["body"]["from"] == team


# Any message

def test_what_is_published_is_printed_by_a_subscriber(hub):
    sub = subprocess.Popen([LIENTHON, "sub", "an-thanh-1/thu/#", "--durable", "thu-1", "--count", "1", "--json", "-C",
                            hub.dir], stdout=subprocess.PIPE, text=True, env=environment())
    wait_until(lambda: any(one["durable"] == "thu-1" for one in hub.office.query("subscriptions")), "the subscription")
    hub.lienthon("pub", "an-thanh-1/thu/mot", "notice.v1", input='{"text": "Một"}')
    out, _ = sub.communicate(timeout=40)
    assert json.loads(out)["body"] == {"text": "Một"}
    assert sub.returncode == 0


def test_a_durable_subscription_keeps_what_came_meanwhile(hub):
    args = ["an-thanh-1/thu-2/#", "--durable", "thu-2", "--count", "1", "--json"]
    hub.lienthon("pub", "an-thanh-1/thu-2/a", "notice.v1", input='{"text": "0"}')
    assert say_one(hub, *args, "--from", "all")["body"]["text"] == "0"
    for text in ("1", "2"):
        hub.lienthon("pub", "an-thanh-1/thu-2/a", "notice.v1", input=json.dumps({"text": text}))
    assert [say_one(hub, *args)["body"]["text"] for _ in range(2)] == ["1", "2"]
    hub.lienthon("sub", "an-thanh-1/thu-2/#", "--durable", "thu-2", "--forget")


def say_one(hub, *args):
    [line] = hub.lienthon("sub", *args).stdout.splitlines()
    return json.loads(line)


def test_a_wrong_body_is_told_with_its_place(hub):
    found = hub.lienthon("pub", TOPIC, "notice.v1", input='{"text": "a", "channels": ["loa", "loaa"]}', status=1)
    assert "channels[1]: 'loaa' is not one of loa, zalo, facebook, screen, feed" in found.stderr


def test_json_that_is_none_is_told_with_line_and_column(hub):
    found = hub.lienthon("pub", TOPIC, "notice.v1", input='{"text":\n "a",}', status=1)
    assert re.search(r"standard input: .*2:", found.stderr)


def test_what_one_may_not_send_is_refused_with_its_sentence(hub, team):
    found = hub.lienthon("pub", "an-thanh-1/an-lac/thong-bao", "notice.v1", "--json", as_=team, input='{"text": "a"}',
                         status=1)
    assert json.loads(found.stdout)["number"] == 21


def test_a_subscription_outside_the_grant_is_refused(hub, team):
    assert json.loads(hub.lienthon("sub", "an-thanh-1/an-lac/#", "--json", as_=team, status=1).stdout)["number"] == 21


def test_history_has_the_latest_first(hub):
    for text in ("một", "hai"):
        hub.lienthon("pub", "an-thanh-1/thu-3/a", "notice.v1", input=json.dumps({"text": text}))
    found = [json.loads(line) for line in hub.lienthon("history", "an-thanh-1/thu-3/#", "--json").stdout.splitlines()]
    assert [one["body"]["text"] for one in found] == ["hai", "một"]
    assert all(one["genuine"] for one in found)
    [only] = hub.lienthon("history", "an-thanh-1/thu-3/#", "--limit", "1", "--json").stdout.splitlines()
    assert json.loads(only)["body"]["text"] == "hai"


def test_last_has_the_retained_values(hub):
    hub.lienthon("pub", "an-thanh-1/an-thuong/loa/9", "speaker-state.v1", "--retain",
                 input=json.dumps({"state": "idle", "queued": 0}), status=None)
    found = [json.loads(line) for line in hub.lienthon("last", "$lt/grants/van-phong", "--json").stdout.splitlines()]
    assert [one["topic"] for one in found] == ["$lt/grants/van-phong"]


# Where there is no link

def test_a_bundle_carries_messages_to_another_hub(hub, make_commune, tmp_path):
    topic = "an-thanh-1/goi/thong-bao"  # on which nobody speaks who is revoked meanwhile
    ids = [json.loads(hub.lienthon("pub", topic, "notice.v1", "--json", input=json.dumps({"text": f"Gói {n}."})).stdout)["id"]
           for n in range(3)]
    bundle = tmp_path / "goi.ltb"
    said = say(hub, "export", bundle, "--topic", topic, "--since", "-10m")
    assert said["messages"] >= 3 and said["grants"] >= 2
    # The same commune on another machine: its folder without the store.
    other = make_commune("khac")
    for name in ("commune.yaml", "identity.yaml", "grants.ltb"):
        shutil.copy(hub.dir / name, other.dir / name)
    for name in ("keys", "identities"):
        shutil.rmtree(other.dir / name)
        shutil.copytree(hub.dir / name, other.dir / name)
    other.configure()
    other.start()
    first = say(other, "import", bundle)
    assert first["refused"] == 0 and first["taken"] >= 3
    again = say(other, "import", bundle)
    assert (again["taken"], again["refused"]) == (0, 0)
    found = [json.loads(line)["id"] for line in other.lienthon("history", topic, "--json").stdout.splitlines()]
    assert set(ids) <= set(found)


def test_a_bundle_leaves_nothing_out_in_silence(commune, tmp_path):
    """A thousand messages that were stored in one millisecond are more than one question is answered."""
    from lienthon import part

    made = [part.make("van-phong", TOPIC, "notice.v1", {"text": f"Tin {n}."}) for n in range(1001)]
    for at in range(0, len(made), 50):
        assert {code for code, _ in commune.office.publish(*made[at:at + 50])} == {0}
    commune.stop()
    with closing(sqlite3.connect(commune.data / "hub.db")) as store:
        store.execute("UPDATE message SET stored = (SELECT max(stored) FROM message) "
                      "WHERE seq > (SELECT max(seq) - 1001 FROM message)")
        store.commit()
    commune.start()
    found = commune.lienthon("export", tmp_path / "b.ltb", status=1)
    assert "in one millisecond" in found.stderr and not (tmp_path / "b.ltb").exists()


def test_a_topic_that_is_too_long_is_told_instead_of_an_empty_bundle(hub, tmp_path):
    found = hub.lienthon("export", tmp_path / "b.ltb", "--topic", "an-thanh-1/" + "a/" * 200 + "#,an-thanh-1/#", status=2)
    assert "a name has at most" in found.stderr and not (tmp_path / "b.ltb").exists()


def test_what_is_no_bundle_is_told(hub, tmp_path):
    (tmp_path / "x.ltb").write_bytes(b"khong phai")
    found = hub.lienthon("import", tmp_path / "x.ltb", status=1)
    assert "bundle" in found.stderr


def test_what_was_changed_on_the_way_is_refused(hub, tmp_path):
    notice(hub, "Nguyên vẹn.")
    bundle = tmp_path / "goi.ltb"
    hub.lienthon("export", bundle, "--topic", TOPIC)
    bytes_ = bytearray(bundle.read_bytes())
    at = bytes_.rfind("Nguyên vẹn.".encode())
    bytes_[at] ^= 1
    bundle.write_bytes(bytes_)
    found = hub.lienthon("import", bundle, status=1)
    assert "1 refused" in found.stdout


# A hub that dies

def test_nothing_is_lost_when_the_hub_is_killed_while_notices_are_sent(commune):
    sent = [notice(commune, "Trước.")]
    commune.kill()
    kept = commune.lienthon("notice", "Trong lúc tắt.", "--to", "an-thuong", "--wait", "0", "--json", status=4)
    sent.append(json.loads(kept.stdout.splitlines()[0])["id"])
    waiting = Process([LIENTHON, "notice", "Đợi.", "--to", "an-thuong", "--json", "-C", commune.dir], commune.dir.parent)
    commune.start()
    assert waiting.wait(60) == 0
    sent += re.findall(ID, waiting.text())
    commune.lienthon("grants")
    found = [json.loads(line)["id"] for line in commune.lienthon("history", "--json").stdout.splitlines()]
    assert len(sent) == 3 and set(sent) <= set(found)
    assert len(found) == len(set(found))


def test_the_office_gets_new_keys_and_everybody_keeps_theirs(commune, tmp_path):
    folder = join(commune, "loa.an-thuong.01", "speaker", tmp_path / "loa", "--hamlet", "an-thuong")
    before = (commune.dir / "keys" / "van-phong.seed").read_text()
    assert say(commune, "rekey", "van-phong")["issued_again"] >= 1
    assert (commune.dir / "keys" / "van-phong.seed").read_text() != before
    device = Device(commune, folder, "loa.an-thuong.01")
    notice(commune, "Khóa mới.")
    assert body_of(device.take("done"))["text"] == "Khóa mới."
    commune.restart()
    notice(commune, "Sau khi chạy lại.")
    assert "loa.an-thuong.01" in commune.lienthon("grants").stdout


def test_the_office_itself_can_be_revoked_with_the_root_key(commune):
    commune.lienthon("revoke", "van-phong")
    assert commune.lienthon("grants", "--wait", "8", status=None).returncode != 0


def test_notices_typed_while_the_hub_is_killed_again_and_again_all_arrive(commune):
    typed = [Process([LIENTHON, "notice", f"Bản tin {number}.", "--to", "an-thuong", "--json", "-C", commune.dir],
                     commune.dir.parent) for number in range(12)]
    for _ in range(2):
        commune.kill()
        commune.start()
    assert [process.wait(120) for process in typed] == [0] * len(typed)
    ids = {json.loads(line)["id"] for process in typed for line in process.text().splitlines() if line[:1] == "{"}
    found = [json.loads(line) for line in commune.lienthon("history", "--json").stdout.splitlines()]
    assert len(ids) == len(typed) and ids <= {one["id"] for one in found}
    assert sorted(one["body"]["text"] for one in found) == sorted(f"Bản tin {number}." for number in range(12))


def test_what_stands_under_the_root_wants_its_passphrase(tmp_path, make_commune):
    word = tmp_path / "word"
    word.write_text("con cò bay lả bay la\n")
    word.chmod(0o600)
    (tmp_path / "wrong").write_text("con cò bay la đà\n")
    (tmp_path / "wrong").chmod(0o600)
    commune = make_commune()
    shutil.rmtree(commune.dir)
    run(LIENTHON, "init", commune.dir, "--name", "Xã An Thạnh 1", "--hamlet", "an-thuong=Ấp An Thường",
        env=environment(LIENTHON_PASSPHRASE_FILE=str(word)))
    commune.configure()
    commune.start()
    found = commune.lienthon("rekey", "van-phong", status=1,
                             env=environment(LIENTHON_PASSPHRASE_FILE=str(tmp_path / "wrong")))
    assert "is not the passphrase" in found.stderr
    hub_still_knows = commune.lienthon("grants").stdout
    assert "van-phong" in hub_still_knows
    assert say(commune, "rekey", "van-phong", env=environment(LIENTHON_PASSPHRASE_FILE=str(word)))["rekeyed"]
    commune.lienthon("grants")


def test_a_message_that_a_lying_hub_has_changed_is_refused_and_told(commune):
    notice(commune, "Nguyên vẹn.")
    commune.stop()
    flip_a_bit(commune.data, "Nguyên vẹn.".encode(), lying=True)
    commune.start(LYING_HUB)
    [line] = commune.lienthon("history", TOPIC, "--json").stdout.splitlines()
    assert json.loads(line)["genuine"] is False
    assert "NOT GENUINE: " in commune.lienthon("history", TOPIC).stdout
    found = commune.lienthon("sub", TOPIC, "--from", "all", "--count", "1", "--json")
    assert json.loads(found.stdout)["code"] == "bad-seal"
    assert "a delivery was refused here" in found.stderr


def test_what_was_said_before_a_revocation_or_new_keys_stays_genuine(hub, tmp_path):
    loa = Device(hub, join(hub, "loa.an-thuong.cu", "speaker", tmp_path / "loa", "--hamlet", "an-thuong"),
                 "loa.an-thuong.cu")
    team = join(hub, "to-so.cu", "hamlet-team", tmp_path / "to", "--hamlet", "an-thuong")
    run(LIENTHON, "notice", "Tổ nói khi còn quyền.", "--to", "an-thuong", "-C", team)
    loa.take("done")
    sent = notice(hub, "Xã nói với khóa cũ.")
    loa.take("done")
    loa.client.close()
    say(hub, "revoke", "to-so.cu")
    say(hub, "revoke", "loa.an-thuong.cu")

    def history():
        lines = hub.lienthon("history", TOPIC, "--json").stdout.splitlines()
        return {one["body"]["text"]: one for one in map(json.loads, lines) if "text" in one["body"]}

    found = history()
    assert found["Tổ nói khi còn quyền."]["genuine"] is True
    assert found["Tổ nói khi còn quyền."]["since"] == "its sender has been revoked since"
    assert "Tổ nói khi còn quyền.  (its sender has been revoked since)" in hub.lienthon("history", TOPIC).stdout
    say(hub, "rekey", "van-phong")
    found = history()
    assert found["Tổ nói khi còn quyền."]["genuine"] is True
    assert found["Xã nói với khóa cũ."]["genuine"] is True
    assert "new keys" in found["Xã nói với khóa cũ."]["since"]
    status = say(hub, "status", sent)
    assert status["message"]["genuine"] is True
    assert row(status, "loa.an-thuong.cu")["seal"] == "holds"
    assert "played" in row(status, "loa.an-thuong.cu")["text"]


def test_what_was_said_long_ago_stays_genuine_behind_a_thousand_grants(commune):
    """One answer holds a thousand of them; the grant that it was said under lies before those."""
    from lienthon import Identity, grant, part

    then = part.now_ms() - 10_000
    person = commune.issue("to-so.xua", publish=[may_publish("an-thanh-1/#")], created=then)
    client = person.client()
    assert client.publish(person.part(TOPIC, "notice.v1", {"text": "Chuyện xưa."}, created=then + 5_000))[0][0] == 0
    commune.revoke(person)
    other = Identity.generate("loa.nhieu")
    now = part.now_ms()
    made = [commune.seal_grant(grant.make_body(other.principal, other.keys.public, other.curve_public, role="test",
                                               serial=now + n, not_before=now - 1000, expires=now + 10 ** 9))
            for n in range(1001)]
    for at in range(0, len(made), 50):
        assert {code for code, _ in commune.office.publish(*made[at:at + 50])} <= {0, 1}
    shown = commune.lienthon("history", "--limit", "1").stdout
    assert "Chuyện xưa." in shown and "revoked since" in shown and "GENUINE" not in shown


def test_a_status_without_receivers_has_no_empty_paragraph(commune):
    said = commune.lienthon("status", notice(commune, "Chưa ai nghe."), env=vietnamese()).stdout
    assert "\n\n\n" not in said and "chưa có nơi nào" in said


def test_a_folder_without_a_memory_finds_the_hub_under_its_new_keys(commune):
    said = commune.lienthon("rekey", "hub").stdout
    assert "restart it now" in said
    commune.stop()
    shutil.rmtree(commune.dir / "state")
    hub = Process([BIN / "lienthond", "-C", commune.dir], commune.dir.parent)
    try:
        assert "van-phong" in commune.lienthon("grants").stdout
    finally:
        hub.stop()


def test_a_role_that_is_damaged_is_told_before_the_hub_is_asked(tmp_path):
    folder = tmp_path / "xa"
    run(LIENTHON, "init", folder, "--name", "Xã An Thạnh 1", "--hamlet", "an-thuong=Ấp An Thường", "--no-passphrase")
    path = folder / "roles" / "speaker.yaml"
    path.write_text(path.read_text().replace("publish:", "publishh:"))
    found = run(LIENTHON, "invite", "loa.an-thuong.01", "--role", "speaker", "--hamlet", "an-thuong", "--wait", "0",
                "-C", folder, status=1)
    assert re.search(r"speaker\.yaml:\d+:\d+: .*publishh", found.stderr)


def test_a_wrong_clock_is_told_with_both_times(commune, tmp_path):
    library = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
    if library is None:
        pytest.skip("faketime is not installed")
    asan = subprocess.run(["gcc", "-print-file-name=libasan.so"], capture_output=True, text=True).stdout.strip()
    sanitized = b"__asan_init" in Path(LIENTHON).read_bytes()
    preload = f"{asan} {library}" if sanitized else str(library)
    for shift in ("-10d", "-3h"):
        found = commune.lienthon("notice", "Sai giờ.", "--to", "an-thuong", status=1,
                                 env=environment(LD_PRELOAD=preload, FAKETIME=shift))
        times = re.search(r"clock says (\S+ \S+), and the commune's (\S+ \S+): set it right", found.stderr)
        assert times and times[1] < times[2], found.stderr
    found = commune.lienthon("notice", "Sai giờ.", "--to", "an-thuong", status=1,
                             env=environment(LD_PRELOAD=preload, FAKETIME="+1h"))
    assert "here it is" in found.stderr or "the commune's" in found.stderr


@pytest.mark.parametrize("address", ["5", "tcp://127.0.0.1:99999", "tcp://127.0.0.1:", "ipc:///x:1"])
def test_an_address_that_is_none_is_told_with_what_is_allowed(tmp_path, address):
    folder = tmp_path / "xa"
    run(LIENTHON, "init", folder, "--name", "Xã An Thạnh 1", "--hamlet", "an-thuong=Ấp An Thường", "--no-passphrase")
    path = folder / "commune.yaml"
    path.write_text(re.sub("listen: .*", f'listen: "{address}"', path.read_text()))
    found = run(BIN / "lienthond", "-C", folder, status=1)
    assert f"hub.listen: '{address}' is no address; allowed: tcp://HOST:PORT" in found.stderr
