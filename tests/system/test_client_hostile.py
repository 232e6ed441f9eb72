"""The client library against what answers with a hub's key and is none: a message without end must not fill a device."""

import os
import socket
import subprocess

import pytest
import zmtp
from harness import BIN, Commune, Process, b64, environment

from lienthon import op
from lienthon.invitation import Invitation

MIB = 1024 * 1024
MOST = 96 * MIB  # of what could be sent before the client cut it; the largest message has 8 MiB


@pytest.fixture
def liar(tmp_path):
    """A commune's folder whose hub is this test, and the port on which it listens."""
    commune = Commune.init(tmp_path / "xa")
    before = len(Process.running)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        url = "tcp://127.0.0.1:{}".format(listener.getsockname()[1])
        commune.configure(listen=url)
        yield commune, listener
    for process in Process.running[before:]:
        process.kill()
        process.forget()
    del Process.running[before:]


def answer(commune, listener, curve="hub"):
    connection, _ = listener.accept()
    connection.settimeout(20)
    return zmtp.Hub(connection, commune.identity(curve).curve_secret)


def endless(hub, frame):
    """Sends frames with MORE until the other side ends the connection; how much it took."""
    sent = 0
    try:
        while sent < 4 * MOST:
            hub.send(bytes(frame), more=True)
            sent += frame
    except OSError:
        pass
    return sent


def follow(commune):
    """A program that follows a pattern for ever, by the library alone."""
    keys = commune.dir / "keys"
    env = environment(LIENTHON_URL=commune.url, LIENTHON_PRINCIPAL="van-phong", LIENTHON_STATE=str(commune.dir / "state"),
                      LIENTHON_HUB_CURVE=b64(commune.hub_curve), LIENTHON_ROOT=b64(commune.root),
                      LIENTHON_SEED=str(keys / "van-phong.seed"), LIENTHON_CURVE=str(keys / "van-phong.curve"))
    return Process([BIN / "lienthon-example-subscribe", f"{commune.xa}/#", "1"], commune.dir, env=env,
                   stdin=subprocess.PIPE)


@pytest.mark.parametrize("frame", [64 * 1024, 512], ids=["large frames", "small frames"])
def test_a_hub_that_sends_a_message_without_end_is_cut_and_tried_again(liar, frame):
    commune, listener = liar
    client = follow(commune)
    for _ in range(2):  # the client comes back, and is no easier prey then
        hub = answer(commune, listener)
        assert op.decode([hub.receive()[0]]).op == op.HELLO
        assert endless(hub, frame) < MOST
        hub.close()
    hub = answer(commune, listener)
    assert op.decode([hub.receive()[0]]).op == op.HELLO
    assert "a message without end" in client.text() and client.is_running()


def test_who_joins_is_told_that_what_answers_is_no_hub(liar, tmp_path):
    commune, listener = liar
    url = "tcp://127.0.0.1:{}".format(listener.getsockname()[1])
    invited = Invitation(url, commune.hub_curve, commune.root, "loa.an-thuong.07", os.urandom(32))
    device = Process([BIN / "lienthon", "join", invited.encode(), "-C", tmp_path / "loa"], commune.dir)
    hub = answer(commune, listener)
    assert op.decode([hub.receive()[0]]).op == op.JOIN
    assert endless(hub, 64 * 1024) < MOST
    assert device.wait() != 0
    assert "without end" in device.text()
    device.check_log()


def test_who_never_ends_the_handshake_is_cut_too(liar):
    commune, listener = liar
    client = follow(commune)
    connection, _ = listener.accept()
    connection.settimeout(20)
    connection.sendall(zmtp.GREETING[:32] + b"\x01" + bytes(31))
    sent = 0
    with pytest.raises(OSError):
        while sent < 4 * MOST:
            connection.sendall(b"\x06" + (4 * MIB).to_bytes(8, "big") + bytes(4 * MIB))
            sent += 4 * MIB
    assert sent < MOST and client.is_running()
    connection.close()
