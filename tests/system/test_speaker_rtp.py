"""The loudspeaker as the source of RTP packets: what stands in them, when they come, and what is heard of them, by receivers that
others have written."""

import array
import socket
import struct
import subprocess
import threading

import pytest
from harness import BIN, Process, run, wait_until
from loa import RATE, Heard, uuid
from test_speaker import SHORT, TEXT, desk, speaker  # noqa: F401
from test_speaker_sound import find

pytestmark = pytest.mark.slow

USUAL, URGENT = "239.255.77.1", "239.255.77.9"


class Packet:
    def __init__(self, data, at):
        first, second, self.sequence, self.timestamp, self.source = struct.unpack("!BBHII", data[:12])
        assert first == 0x80
        self.marker, self.type, self.payload, self.at = second >> 7, second & 127, data[12:], at


class Receiver:
    """Listens to an address of many, on the loopback."""

    def __init__(self, group):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, 35, 1)  # SO_TIMESTAMPNS: when the kernel had it
        self.socket.setsockopt(socket.IPPROTO_IP, 13, 1)  # IP_RECVTOS
        self.socket.setsockopt(socket.IPPROTO_IP, 12, 1)  # IP_RECVTTL
        self.socket.bind((group, 0))
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, socket.inet_aton(group) + socket.inet_aton("127.0.0.1"))
        self.group, self.port = group, self.socket.getsockname()[1]
        self.packets, self.tos, self.ttl = [], set(), set()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while True:
            data, rest, _, sender = self.socket.recvmsg(4096, 256)
            if len(data) < 12:
                break
            at = None
            for level, kind, value in rest:
                if (level, kind) == (socket.SOL_SOCKET, 35):
                    seconds, nanoseconds = struct.unpack("qq", value)
                    at = seconds + nanoseconds / 1e9
                elif (level, kind) == (socket.IPPROTO_IP, 1):
                    self.tos.add(value[0])
                elif (level, kind) == (socket.IPPROTO_IP, 2):
                    self.ttl.add(struct.unpack("i", value)[0])
            self.packets.append(Packet(data, at))

    def end(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stop:
            stop.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            stop.sendto(b"end", (self.group, self.port))
        self.thread.join()
        self.socket.close()

    def heard(self, *format):
        """What a decoder of somebody else's makes of the payloads, at the loudspeaker's own rate."""
        made = subprocess.run(["ffmpeg", "-nostdin", "-loglevel", "error", *format, "-i", "-", "-f", "s16le", "-ar", str(RATE),
                               "-ac", "1", "-"], input=b"".join(one.payload for one in self.packets), stdout=subprocess.PIPE,
                              check=True)
        return noisy(array.array("h", made.stdout))


def noisy(samples):
    """With the least of noises: what is nothing at all resembles everything."""
    return array.array("h", (max(-32_000, min(32_000, s)) + i * 7919 % 13 - 6 for i, s in enumerate(samples)))


@pytest.fixture
def receiver():
    made = []

    def make(group=USUAL):
        while True:
            made.append(Receiver(group))
            if made[-1].port % 2 == 0:
                return made[-1]
    yield make
    for one in made:
        one.end()


CODECS = {"pcmu": (0, 160, 160, ["-f", "mulaw", "-ar", "8000"]), "pcma": (8, 160, 160, ["-f", "alaw", "-ar", "8000"]),
          "g722": (9, 160, 160, ["-f", "g722"]), "l16": (11, 882, 441, ["-f", "s16be", "-ar", "44100"])}


@pytest.mark.parametrize("codec", CODECS)
def test_packets_are_whole_in_order_and_in_time_and_are_heard(desk, speaker, receiver, codec):  # noqa: F811
    type, size, ticks, format = CODECS[codec]
    ear = receiver()
    loa = speaker(output=f"rtp:{USUAL}:{ear.port} file", rtp_codec=codec, rtp_interface="127.0.0.1", rtp_ttl=3, speed=100)
    posted = [desk.post({"text": SHORT} if codec == "pcmu" else SHORT), desk.post(SHORT)]
    for one in posted:
        desk.until(one, "done")
    said = [Heard(loa.wait_for_sound(one.id)).samples for one in posted]
    packets = ear.packets
    assert {(one.type, len(one.payload), one.source) for one in packets} == {(type, size, packets[0].source)}
    for before, one in zip(packets, packets[1:]):
        assert one.sequence == (before.sequence + 1) % 65536
        passed = (one.timestamp - before.timestamp) % 2**32
        assert passed == ticks if not one.marker else passed >= ticks
    assert packets[0].marker, "receivers see where it begins"
    assert sum(one.marker for one in packets) <= 4
    length = (packets[-1].at - packets[0].at) / ((packets[-1].timestamp - packets[0].timestamp) % 2**32 / ticks)
    assert 0.95 < length / (0.01 if codec == "l16" else 0.02) < 1.05, "in real time, all in all"
    assert (ear.tos, ear.ttl) == ({46 << 2}, {3})
    heard = ear.heard(*format)
    at, alike = find(said[0], heard[:len(said[0]) + RATE])
    assert alike > 0.8 and 0.15 < at < 0.4, "a little silence before, in which receivers open"
    assert find(said[1], heard[int((at + len(said[0]) / RATE) * RATE):])[1] > 0.8


def test_an_alarm_goes_to_its_own_address_and_the_other_falls_silent(desk, speaker, receiver):  # noqa: F811
    usual, urgent = receiver(USUAL), receiver(URGENT)
    loa = speaker(output=f"rtp:{USUAL}:{usual.port} file", rtp_urgent=f"{URGENT}:{urgent.port}", rtp_interface="127.0.0.1",
                  speed=100)
    routine = desk.post(TEXT)
    wait_until(lambda: len(usual.packets) > 100, "it is heard", watch=loa.process)
    flash = desk.post({"text": SHORT}, priority=3)
    desk.until(flash, "done")
    begun, ended = urgent.packets[0].at, urgent.packets[-1].at
    desk.until(routine, "done")
    assert not [one for one in usual.packets if begun + 0.5 < one.at < ended - 0.3], "one is heard at a time"
    assert find(Heard(loa.sound_of(flash.id)).samples, urgent.heard("-f", "mulaw", "-ar", "8000"))[1] > 0.8
    rest = find(Heard(loa.sound_of(routine.id)).samples, usual.heard("-f", "mulaw", "-ar", "8000"))
    assert rest[1] > 0.8, "what was interrupted goes on at its own address"


def test_a_receiver_that_others_have_written_hears_it_by_the_file_that_describes_it(hub, desk, speaker, tmp_path):  # noqa: F811
    port = free_even_port()
    loa = speaker(output=f"rtp:127.0.0.1:{port} file", rtp_codec="g722", rtp_lead="1s", speed=100)
    [told] = hub.dir.rglob(f"rtp-127.0.0.1-{port}.sdp")
    assert f"s={loa.name}" in told.read_text()
    heard = tmp_path / "heard.raw"
    ear = Process(["ffmpeg", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "file,udp,rtp", "-i", told,
                   "-f", "s16le", "-ar", str(RATE), "-ac", "1", "-flush_packets", "1", heard], tmp_path)
    wait_until(lambda: is_taken(port), "the receiver", watch=ear)
    posted = desk.post({"text": SHORT})
    desk.until(posted, "done")
    said = Heard(loa.wait_for_sound(posted.id)).samples
    desk.until(desk.post(SHORT), "done")
    ear.kill()
    assert find(said, noisy(array.array("h", heard.read_bytes()[:heard.stat().st_size // 2 * 2])))[1] > 0.8


def test_what_nobody_takes_has_failed_and_is_said_again_later(desk, speaker):  # noqa: F811
    """An address of one, where nothing listens: the far machine says so."""
    port = free_even_port()
    loa = speaker(output=f"rtp:127.0.0.1:{port}", speed=100)
    posted = desk.post(SHORT)
    wait_until(lambda: loa.played() and loa.played()[-1]["how"] == "failed", "it failed", watch=loa.process)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", port))
        desk.until(posted, "done")


def test_what_was_missing_in_the_middle_is_told_and_the_rest_is_heard(desk, speaker):  # noqa: F811
    port = free_even_port()
    loa = speaker(output=f"rtp:127.0.0.1:{port} file", speed=100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", port))
        posted = desk.post(TEXT + " " + TEXT)
        wait_until(lambda: written(loa, posted) > RATE, "it is said", watch=loa.process)
    upto = written(loa, posted) + 3 * RATE
    wait_until(lambda: written(loa, posted) > upto, "nobody hears it for a while", watch=loa.process)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ear:
        ear.bind(("127.0.0.1", port))
        _, content, _ = desk.until(posted, "done")
    assert "mạng bị đứt, mất khoảng" in content["detail"]


def written(loa, posted):
    """How many bytes of its file there are."""
    return sum(path.stat().st_size for path in loa.folder.glob(f"*{uuid(posted.id)}.wav*"))


def free_even_port():
    while True:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
            if port % 2 == 0:
                return port


def is_taken(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
            return False
        except OSError:
            return True


def test_the_newer_internet_protocol_will_do_too(desk, speaker):  # noqa: F811
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as ear:
        ear.bind(("::1", free_even_port()))
        ear.settimeout(20)
        speaker(output=f"rtp:[::1]:{ear.getsockname()[1]}", speed=100)
        posted = desk.post(SHORT)
        assert Packet(ear.recv(4096), None).marker
        desk.until(posted, "done")


def test_an_address_that_is_none_is_told_with_its_place(speaker, hub):  # noqa: F811
    loa = speaker(start=False, output="rtp:239.255.77.1:5005")
    told = run(BIN / "lienthon-bridge", loa.name, "-C", hub.dir, status=1)
    assert f"{loa.name}.yaml:" in told.stderr and "an even port" in told.stderr
