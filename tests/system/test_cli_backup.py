"""`lienthon backup`, `backup --verify`, `restore`: a commune carried to a bare machine."""

import hashlib
import json
import os
import shutil
import signal
import stat
import subprocess
import tarfile
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from bodies import notice
from harness import BIN, Commune, Process, environment, may_publish, may_subscribe, run, wait_until

from lienthon import op, part

LIENTHON = BIN / "lienthon"
TOPIC = "an-thanh-1/an-thuong/thong-bao"


@pytest.fixture
def passphrase(tmp_path):
    """The environment for a command that asks for one."""
    path = tmp_path / "passphrase"
    path.write_text("mưa to gió lớn\n", encoding="utf-8")
    return environment() | {"LIENTHON_PASSPHRASE_FILE": str(path)}


def backup(commune, file, *args, **options):
    return json.loads(commune.lienthon("backup", file, "--no-passphrase", "--json", *args, **options).stdout)


def verify(file, **options):
    return run(LIENTHON, "backup", "--verify", file, "--json", **options)


def say(commune, *texts, **fields):
    made = [part.make("van-phong", TOPIC, "notice.v1", notice(text), **fields) for text in texts]
    answers = commune.office.publish(*made)
    assert {found for found, _ in answers} == {0}
    return made, [seq for _, seq in answers]


@contextmanager
def talking(commune):
    """Somebody publishes all the while."""
    person = commune.issue(publish=[may_publish("an-thanh-1/#")])
    client, going, count = person.client(), threading.Event(), [0]

    def talk():
        while not going.is_set():
            client.publish(*[person.part(TOPIC, "notice.v1", notice(f"Tin {n}.")) for n in range(20)])
            count[0] += 20

    thread = threading.Thread(target=talk)
    thread.start()
    try:
        wait_until(lambda: count[0] > 100, "a hundred messages")
        yield count
    finally:
        going.set()
        thread.join()


def restored(commune, file, dir, **options):
    """The commune again from a backup; the folder that it was in is gone, and its hub has ended."""
    commune.close_clients()
    if commune.hub.is_running():
        commune.hub.stop()
    for path in commune.dir.iterdir():
        if path.suffix != ".log":  # the harness reads those
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    found = json.loads(run(LIENTHON, "restore", file, dir, "--json", **options).stdout)
    return Commune(dir), found


def test_it_comes_back_on_a_bare_machine_with_its_subscriptions_grants_and_blobs(commune, tmp_path):
    speaker = commune.issue(subscribe=[may_subscribe("an-thanh-1/#")])
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", credit=3, sid=1)
    (commune.dir / "ghi chú.txt").write_text("Ấp An Thường", encoding="utf-8")
    data = os.urandom(300_000)
    commune.office.put(data)
    made, _ = say(commune, *[f"Tin {n}." for n in range(6)])
    client.ack(*[client.next() for _ in range(3)])
    [client.next() for _ in range(3)]
    file = tmp_path / "xa.ltbackup"
    with talking(commune) as count:
        known = backup(commune, file)
        before = count[0]
        wait_until(lambda: count[0] > before, "the hub goes on")
    assert known["store"]["tree"] == "holds" and known["store"]["pages"] == "ok"
    assert known["store"]["messages"] >= 100 and known["store"]["blobs"] == 1 and known["store"]["subscriptions"] == 1
    assert known["store"]["grants"] >= 4
    found = json.loads(verify(file).stdout)
    assert found["store"] == known["store"] and found["damaged"] is False

    again, said = restored(commune, file, tmp_path / "moi" / "xa")
    assert said["store"]["messages"] == known["store"]["messages"]
    again.start()
    try:
        client = Commune.client(again, speaker.identity)
        waiting = client.subscribe(TOPIC, durable="loa", credit=1000, sid=1)
        assert 3 + 100 <= waiting < known["store"]["messages"]
        assert [client.next().part.id for _ in range(3)] == [one.id for one in made[3:]]
        assert (again.dir / "ghi chú.txt").read_text(encoding="utf-8") == "Ấp An Thường"
        assert again.office.get(hashlib.sha256(data).digest()) == data
        say(again, "Sau đó.")
        assert speaker.name in again.lienthon("grants").stdout
    finally:
        again.stop()


def test_what_was_acknowledged_after_the_backup_comes_again(commune, tmp_path):
    speaker = commune.issue(subscribe=[may_subscribe("an-thanh-1/#")])
    client = speaker.client()
    client.subscribe(TOPIC, durable="loa", sid=1)
    made, _ = say(commune, "Trước.")
    got = client.next()
    file = tmp_path / "xa.ltbackup"
    backup(commune, file)
    client.ack(got)
    lost, _ = say(commune, "Mất rồi.")
    client.ack(client.next())
    again, _ = restored(commune, file, tmp_path / "xa-2")
    again.start()
    try:
        client = again.client(speaker.identity)
        client.subscribe(TOPIC, durable="loa", sid=1)
        assert client.next().part.id == made[0].id, "at least once"
        fresh, _ = say(again, "Một.", "Hai.", "Ba.")
        assert [client.next().part.id for _ in range(3)] == [one.id for one in fresh]
        assert again.office.publish(lost[0])[0][0] == 0, "it was not stored here, whoever still has it says it again"
    finally:
        again.stop()


def test_a_client_that_lives_on_copes_with_seqs_that_go_back(commune, tmp_path):
    """The C library, connected before and after: the same (sid, seq) is another message then."""
    out = tmp_path / "nghe.json"
    with open(out, "wb") as sink:
        listener = subprocess.Popen([LIENTHON, "sub", TOPIC, "--durable", "nghe", "--json", "-C", commune.dir],
                                    stdout=sink, env=environment())

    def heard():
        return [json.loads(line)["id"].replace("-", "") for line in out.read_text().splitlines()]

    try:
        asker = commune.office
        wait_until(lambda: any(row["durable"] == "nghe" for row in asker.query("subscriptions")), "it listens")
        file = tmp_path / "xa.ltbackup"
        backup(commune, file)
        first, seqs = say(commune, *[f"Cũ {n}." for n in range(5)])
        wait_until(lambda: len(heard()) == 5, "five are heard")
        commune.close_clients()
        commune.hub.stop()
        run(LIENTHON, "restore", file, tmp_path / "xa-2")
        shutil.rmtree(commune.data)
        shutil.copytree(tmp_path / "xa-2" / "data" / "hub", commune.data)
        commune.start()
        second, new = say(commune, *[f"Mới {n}." for n in range(8)])
        assert set(seqs) & set(new), "seqs are used again"
        wait_until(lambda: {one.id.hex() for one in second} <= set(heard()), "all eight are heard")
        assert len(heard()) == 13, "and nothing else"
    finally:
        listener.send_signal(signal.SIGINT)
        assert listener.wait(20) == 0


def test_it_is_sealed_under_a_passphrase_and_nobody_else_may_read_it(commune, tmp_path, passphrase):
    file = tmp_path / "xa.ltbackup"
    commune.lienthon("backup", file, env=passphrase)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    raw = file.read_bytes()
    assert raw.startswith(b"lienthon backup 1 argon2id ")
    for secret in commune.dir.glob("keys/*.seed"):
        assert secret.read_bytes().strip() not in raw
    assert b"commune.yaml" not in raw
    assert verify(file, env=passphrase)
    other = tmp_path / "khac"
    other.write_text("một câu khác\n", encoding="utf-8")
    wrong = environment() | {"LIENTHON_PASSPHRASE_FILE": str(other)}
    for args in (["backup", "--verify", file], ["restore", file, tmp_path / "xa-2"]):
        assert "passphrase" in run(LIENTHON, *args, env=wrong, status=1).stderr
    assert not (tmp_path / "xa-2").exists()
    again, _ = restored(commune, file, tmp_path / "xa-2", env=passphrase)
    assert (again.dir / "keys" / "root.seed").exists()


def test_without_root_leaves_that_key_out(commune, tmp_path):
    file = tmp_path / "xa.ltbackup"
    assert backup(commune, file, "--without-root")["root_key"] is False
    again, _ = restored(commune, file, tmp_path / "xa-2")
    assert (again.dir / "keys" / "hub.seed").exists() and not (again.dir / "keys" / "root.seed").exists()
    again.start()
    again.stop()


def test_a_plain_one_is_a_tar_that_anybody_can_open(commune, tmp_path):
    file = tmp_path / "xa.ltbackup"
    backup(commune, file)
    names = subprocess.run(["tar", "--zstd", "-tf", file], capture_output=True, text=True, check=False)
    if names.returncode == 0:  # tar needs the program zstd
        assert "folder/commune.yaml" in names.stdout and names.stdout.endswith("manifest.json\n")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_nothing_is_overwritten(commune, tmp_path):
    file = tmp_path / "xa.ltbackup"
    backup(commune, file)
    before = file.read_bytes()
    assert "--replace" in commune.lienthon("backup", file, "--no-passphrase", status=2).stderr
    assert file.read_bytes() == before
    backup(commune, file, "--replace")
    full = tmp_path / "day"
    full.mkdir()
    (full / "a").write_text("của người khác")
    assert "not empty" in run(LIENTHON, "restore", file, full, status=2).stderr
    assert [path.name for path in full.iterdir()] == ["a"]
    assert "not empty" in run(LIENTHON, "restore", file, commune.dir, status=2).stderr
    assert commune.hub.is_running()


@pytest.mark.parametrize("where", ["{target}/data/hub", "../kho", "./data/hub", "data/hub/", "data//hub", "{other}/kho"])
def test_it_comes_back_wherever_the_hubs_data_lies(commune, tmp_path, small_disk, where):
    """Inside the folder or out of it, on another disk, and however that is written."""
    target, file, kept = tmp_path / "moi", tmp_path / "xa.ltbackup", tmp_path / "giu"
    where = where.format(target=target, other=small_disk(16).path if "{other}" in where else None)
    say(commune, "Một.", "Hai.")
    commune.stop()
    shutil.move(commune.data, kept)
    commune.configure(data=where)
    commune.data.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(kept, commune.data)
    known = backup(commune, file)
    assert known["files"] == 1 + len([path for path in commune.dir.rglob("*") if path.is_file()
                                      and path.parent != commune.data and path.name != "last-backup.json"])
    shutil.rmtree(commune.data)
    shutil.rmtree(target, ignore_errors=True)
    run(LIENTHON, "restore", file, target)
    again = Commune(target).start()
    try:
        said = again.lienthon("history").stdout
        assert "Một." in said and "Hai." in said
    finally:
        again.stop()
    if where.endswith("kho"):  # what lies out there is not overwritten, nor the rest of a store mixed with another
        (again.data / "hub.db").rename(again.data / "hub.db.cu")
        (again.data / "hub.db-wal").write_bytes(b"wal")
        assert "hub.db-wal is there already" in run(LIENTHON, "restore", file, tmp_path / "nua", status=2).stderr
        assert (again.data / "hub.db-wal").read_bytes() == b"wal" and not (tmp_path / "nua").exists()


def test_a_name_that_is_no_utf_8_is_told_in_json_all_the_same(make_commune, tmp_path):
    commune = make_commune()
    file, dir = os.fsencode(tmp_path) + b"/l\xe1.ltbackup", os.fsencode(tmp_path) + b"/xa\xe1"

    def say(*words, status=0):
        found = subprocess.run([LIENTHON, *words, "--json"], capture_output=True, env=environment(), check=False)
        assert found.returncode == status, found.stderr
        return json.loads(found.stdout)

    assert say("backup", file, "--no-passphrase", "-C", commune.dir)["file"].endswith("/l\ufffd.ltbackup")
    assert json.loads((commune.dir / "state" / "last-backup.json").read_text())["file"].endswith("\ufffd.ltbackup")
    assert say("restore", file, dir)["folder"].endswith("/xa\ufffd")
    assert "xa\ufffd" in say("restore", file, dir, status=2)["error"]
    assert say("grants", "-C", b"nirgends\xe1", status=3)["code"] == "not-found"


def test_links_are_kept_as_what_they_lead_to_and_every_name_is_vouched_for(commune, tmp_path):
    shutil.move(commune.dir / "keys", tmp_path / "keys")
    (commune.dir / "keys").symlink_to(tmp_path / "keys")
    (commune.dir / "state" / "vong").symlink_to(commune.dir)
    odd = os.fsencode(commune.dir / "state") + b"/l\xe1"
    with open(odd, "wb") as out:
        out.write(b"latin-1")
    file = tmp_path / "xa.ltbackup"
    known = backup(commune, file)
    assert known["root_key"] is True
    (commune.dir / "keys").unlink()
    again, said = restored(commune, file, tmp_path / "xa-2")
    assert said["files"] == known["files"]
    assert len([path for path in again.dir.rglob("*") if path.is_file()]) == known["files"], "each is in the manifest"
    assert (again.dir / "keys" / "hub.seed").read_bytes() == (tmp_path / "keys" / "hub.seed").read_bytes()
    with open(os.fsencode(again.dir / "state") + b"/l\xe1", "rb") as back:
        assert back.read() == b"latin-1"


def test_a_store_that_is_not_found_is_told_and_replaces_no_backup(commune, tmp_path):
    """As on the night when the hub's disk is not mounted."""
    say(commune, "Một.")
    file = tmp_path / "xa.ltbackup"
    backup(commune, file)
    before = file.read_bytes()
    commune.stop()
    commune.data.rename(tmp_path / "kho")
    found = commune.lienthon("backup", file, "--replace", "--no-passphrase", status=3)
    assert "is its disk mounted?" in found.stderr and file.read_bytes() == before
    assert "no message is in this backup" in commune.lienthon("backup", tmp_path / "moi.ltbackup", "--no-passphrase").stderr


@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_what_is_said_into_a_closed_place_does_not_stand_in_the_backup(make_commune, tmp_path, closed):
    """A commune without a store, so that the command has a line to say while FILE.part is open."""
    file = tmp_path / "xa.ltbackup"
    subprocess.run(["bash", "-c", f'"$0" backup "$1" --no-passphrase -C "$2" {closed}', LIENTHON, file, make_commune().dir],
                   env=environment(), check=False)
    assert verify(file).returncode == 0


def test_a_link_in_the_way_is_not_followed(commune, tmp_path):
    """In a folder that others may write to, FILE.part may be there already, as a link to what would be overwritten."""
    victim = tmp_path / "quy"
    victim.write_text("của người khác")
    part = tmp_path / "xa.ltbackup.part"
    for place in (part.symlink_to, part.hardlink_to):
        place(victim)
        commune.lienthon("backup", tmp_path / "xa.ltbackup", "--no-passphrase", status=1)
        assert victim.read_text() == "của người khác" and not (tmp_path / "xa.ltbackup").exists()
        part.unlink()


@pytest.mark.parametrize("sealed", [True, False])
def test_one_that_was_changed_or_cut_off_is_refused(commune, tmp_path, passphrase, sealed):
    file = tmp_path / "xa.ltbackup"
    commune.lienthon("backup", file, *([] if sealed else ["--no-passphrase"]), env=passphrase)
    whole = file.read_bytes()
    bad = tmp_path / "hong.ltbackup"
    for n, changed in enumerate((whole[:-1], whole[: len(whole) // 2], whole[:40], b"",
                                 whole[: len(whole) // 2] + bytes([whole[len(whole) // 2] ^ 1]) + whole[len(whole) // 2 + 1 :])):
        bad.write_bytes(changed)
        assert run(LIENTHON, "backup", "--verify", bad, env=passphrase, status=1).stderr, n
        run(LIENTHON, "restore", bad, tmp_path / "xa-2", env=passphrase, status=1)
        assert not (tmp_path / "xa-2").exists() and not list(tmp_path.glob("xa-2*"))
    run(LIENTHON, "backup", "--verify", tmp_path / "khong-co", status=3)


def test_kill_9_in_the_middle_leaves_no_file_and_the_next_one_is_whole(commune, tmp_path):
    blob = os.urandom(4_000_000)
    commune.office.put(blob)
    file = tmp_path / "xa.ltbackup"
    part_file, store = Path(f"{file}.part"), Path(f"{file}.store")
    for reached in (store.exists, lambda: part_file.exists() and part_file.stat().st_size > 100_000):
        making = subprocess.Popen([LIENTHON, "backup", file, "--no-passphrase", "-C", commune.dir], env=environment(),
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while making.poll() is None and not reached():
            os.sched_yield()
        making.kill()
        if making.wait() == -signal.SIGKILL:
            assert not file.exists()
        file.unlink(missing_ok=True)
    backup(commune, file)
    verify(file)
    assert not part_file.exists() and not store.exists()


@pytest.mark.parametrize("words", [["restore", "xa.ltbackup", "xa-2"], ["backup", "--verify", "xa.ltbackup"]])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_who_is_broken_off_leaves_no_keys_behind(commune, tmp_path, passphrase, words, number):
    say(commune, "Một.")
    commune.lienthon("backup", tmp_path / "xa.ltbackup", env=passphrase)
    slow = tmp_path / "cham"  # it waits there for its passphrase, with the folder made that all goes into
    os.mkfifo(slow)
    before = set(tmp_path.iterdir())
    process = Process([LIENTHON, *words], commune.dir, cwd=tmp_path,
                      env=environment(LIENTHON_PASSPHRASE_FILE=str(slow)))
    with open(slow, "w", encoding="utf-8") as word:
        assert set(tmp_path.iterdir()) > before
        process.signal(number)
        word.write("mưa to gió lớn\n")
    assert process.wait() == -number
    assert set(tmp_path.iterdir()) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small file system needs root")
def test_a_full_disk_leaves_no_file(commune, tmp_path):
    commune.office.put(os.urandom(2_000_000))
    small = tmp_path / "nho"
    small.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", small], check=True)
    try:
        found = commune.lienthon("backup", small / "xa.ltbackup", "--no-passphrase", status=1)
        assert "full" in found.stderr or "No space" in found.stderr
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", small], check=True)
    assert commune.hub.is_running()


def test_a_damaged_store_is_told_and_what_is_left_is_kept(commune, tmp_path):
    say(commune, "Một.", "Hai.")
    commune.stop()
    run("sqlite3", commune.data / "hub.db", "UPDATE message SET sealed = x'00' WHERE seq = (SELECT max(seq) FROM message)")
    file = tmp_path / "xa.ltbackup"
    found = commune.lienthon("backup", file, "--no-passphrase", "--json", status=1)
    assert json.loads(found.stdout)["damaged"] is True and "damaged" in found.stderr
    assert json.loads(verify(file, status=1).stdout)["store"]["damaged"] == 1


def test_a_tar_that_leads_outside_is_refused(tmp_path):
    file = tmp_path / "doc.tar"
    with tarfile.open(file, "w") as tar:
        for name in ("folder/../../thoat", "manifest.json"):
            (tmp_path / "x").write_text("{}")
            tar.add(tmp_path / "x", arcname=name)
    assert "inside" in run(LIENTHON, "restore", file, tmp_path / "xa-2", status=1).stderr
    assert not (tmp_path.parent / "thoat").exists() and not (tmp_path / "xa-2").exists()


def test_a_commune_that_never_ran_and_a_device_are_backed_up_too(make_commune, tmp_path):
    fresh = make_commune()
    found = backup(fresh, tmp_path / "moi.ltbackup")
    assert "store" not in found and found["root_key"] is True
    run(LIENTHON, "restore", tmp_path / "moi.ltbackup", tmp_path / "xa-2")
    shutil.rmtree(fresh.dir)
    again = Commune(tmp_path / "xa-2").start()
    again.stop()
