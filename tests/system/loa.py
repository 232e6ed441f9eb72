"""A loudspeaker for the system tests: enrolled by the command, run by the bridge host, heard as WAV files."""

import array
import json
import math
import wave

import yaml

from harness import BIN, Process, wait_until

RATE = 22_050


class Speaker:
    """loa.<hamlet>.<nn> with its bridge; `options` go under `options:` of its file, `settings` beside it."""

    def __init__(self, commune, name, hamlet="an-thuong", settings=None, role="speaker", **options):
        self.commune, self.name = commune, name
        self.folder = commune.dir / "sound" / name
        if not (commune.dir / "identities" / f"{name}.yaml").exists():
            of = ["--hamlet", hamlet] if role == "speaker" else []
            made = commune.lienthon("invite", name, "--role", role, *of, "--json")
            commune.lienthon("join", "-", input=json.loads(made.stdout)["code"])
        self.configure(settings, **options)
        self.process = None

    @property
    def file(self):
        return self.commune.dir / "bridges" / f"{self.name}.yaml"

    def configure(self, settings=None, **options):
        options = {"output": "file", "folder": f"sound/{self.name}", "speed": 1000, "programme": False, **options}
        config = {"bridge": "speaker", "identity": self.name, **(settings or {}),
                  "options": {key.replace("_", "-"): value for key, value in options.items()}}
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(yaml.safe_dump(config, allow_unicode=True))

    def start(self, **popen):
        """Runs it until its subscription stands."""
        self.process = Process([BIN / "lienthon-bridge", self.name, "-C", self.commune.dir], self.commune.dir, **popen)
        self.wait_for_log("subscribed target=")
        return self

    def wait_for_log(self, text):
        wait_until(lambda: text in self.process.text(), f"'{text}' in the bridge's log", watch=self.process)

    def stop(self):
        self.process.stop()

    # What was heard

    def sounds(self):
        """What was played to its end, the oldest first: `loa` are the loudspeaker's own words."""
        return sorted(path for path in self.folder.glob("*.wav") if not path.name.endswith((".cut.wav", "-loa.wav")))

    def own_words(self):
        return sorted(self.folder.glob("*-loa.wav"))

    def cuts_of(self, id):
        """What was cut off of it, the oldest first."""
        return sorted(self.folder.glob(f"*{uuid(id)}.cut.wav"))

    def play_log(self):
        return next(self.commune.dir.glob(f"**/{self.name}/**/played.jsonl"), None)

    def played(self):
        """The play log: a part a line."""
        path = self.play_log()
        return [json.loads(line) for line in path.read_text().splitlines()] if path else []

    def sound_of(self, id):
        found = list(self.folder.glob(f"*{uuid(id)}.wav"))
        assert len(found) < 2, found
        return found[0] if found else None

    def wait_for_sound(self, id):
        return wait_until(lambda: self.sound_of(id), "a sound file", watch=self.process)

    def is_playing(self, id):
        return bool(list(self.folder.glob(f"*{uuid(id)}.wav.part")))


def uuid(id):
    text = id.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


class Heard:
    """A WAV file, measured."""

    def __init__(self, path):
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE, 1, 2)
            self.samples = array.array("h", file.readframes(file.getnframes()))
        self.seconds = len(self.samples) / RATE

    def loudness(self, begin=0.0, window=0.05):
        """RMS of each window from `begin` seconds on."""
        step = int(window * RATE)
        at = range(int(begin * RATE), len(self.samples) - step, step)
        return [math.sqrt(sum(s * s for s in self.samples[i:i + step]) / step) for i in at]

    def crossings(self, begin, end):
        """Changes of sign a second: speech changes, a tone does not."""
        part = self.samples[int(begin * RATE):int(end * RATE)]
        return sum((a < 0) != (b < 0) for a, b in zip(part, part[1:])) / (end - begin)

    def has_speech(self, begin=0.0):
        """Loud and quiet in turns, as words are: neither silence, nor one tone, nor noise."""
        loud = self.loudness(begin)
        voiced = sum(value > 500 for value in loud) / max(len(loud), 1)
        turns = sum((a > 500) != (b > 500) for a, b in zip(loud, loud[1:]))
        pitches = [self.crossings(begin + i * 0.2, begin + i * 0.2 + 0.2)
                   for i in range(int((self.seconds - begin) / 0.2))]
        return 0.3 < voiced < 0.98 and turns >= 4 and max(pitches) > 2 * min(p for p in pitches if p > 0)
