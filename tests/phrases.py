"""What people may read of the command, as its sources and tables have it: for the catalog clients/cli/vi.po.

    /usr/bin/python3 tests/phrases.py BIN    lists what vi.po lacks, as entries to be filled in
"""

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parents[1]
CATALOG = REPO / "clients" / "cli" / "vi.po"


def _catalog_reader():
    found = importlib.util.spec_from_file_location("cli_phrases", REPO / "clients" / "cli" / "phrases.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module.read


entries = _catalog_reader()

# Where sentences are made that end before an officer's eyes: the command itself, and what it reads.
ROOMS = ["clients/cli", "schemas/settings/src"]
# And which of the library's, the hub's and the messages' own: connections, refusals, what is wrong with a body or a grant.
FILES = ["clients/lib/src/session.c", "clients/lib/src/link.c", "clients/lib/src/join.c", "clients/lib/src/outbox.c",
         "clients/lib/src/engine.c", "clients/lib/src/files.c", "clients/lib/src/journal.c", "clients/lib/src/keeper.c",
         "clients/lib/src/seen.c", "clients/lib/src/subscriber.c",
         "broker/corridor/validate.c", "broker/corridor/authorise.c", "broker/corridor/authenticate.c",
         "broker/corridor/recall.c", "broker/corridor/receive.c", "broker/corridor/related.c", "broker/corridor/store.c",
         "broker/desks/join.c", "broker/desks/subscribe.c", "broker/desks/query_why.c", "broker/desks/query.c",
         "schemas/src/authorise.c", "schemas/src/scope.c", "schemas/src/type.c", "schemas/src/schema_check.c",
         "schemas/src/schema_fail.c", "schemas/src/schema_value.c"]
# A recording on its way to the hub.
FILES += ["clients/lib/src/blobs.c", "broker/desks/blob.c", "broker/store/sqlite_blob_put.c"]
# And what a bridge says of its far side in receipts and health, where it is not Vietnamese from the beginning.
FILES += ["bridges/sdk/src/twice.c"]
FILES += [f"bridges/speaker/{name}.c" for name in ("card_line", "card_outlet", "line", "file_outlet", "icecast_request",
                                                   "rtp_line", "rtp_way", "render", "voice", "recording", "decode", "wav", "played")]
KEYWORDS = ["tongue:1", "PHRASE:1", "say_aside:1", "lt_fail:3", "lt_fail_whole:3", "yaml_fail:4", "passage_refuse:3", "desks_refuse:4",
            "schema_fail:3", "doctor_say:3", "doctor_say:4", "lose:2"]


def of_sources():
    paths = [path for room in ROOMS for path in sorted((REPO / room).glob("*.c"))] + [REPO / name for name in FILES]
    made = subprocess.run(["xgettext", "--from-code=UTF-8", "-k", *(f"--keyword={one}" for one in KEYWORDS), "--no-wrap",
                           "--no-location", "-LC", "-o", "-", *paths], capture_output=True, text=True, check=True).stdout
    return [english for english, _ in entries(made)]


def of_tables(bin):
    """What --help shows, as data in English."""
    import os

    said = json.loads(subprocess.run([f"{bin}/lienthon", "help", "--json"], capture_output=True, text=True, check=True,
                                     env=dict(os.environ, LC_ALL="C")).stdout)
    for command in said["commands"]:
        yield command["about"]
        if command["more"]:
            yield command["more"]
        yield from (option["about"] for option in command["options"])
    yield from (option["about"] for option in said["options"])
    yield from (code["about"] for code in said["exit_codes"])


def wanted(bin):
    return list(dict.fromkeys(english for english in [*of_tables(bin), *of_sources()] if re.search("[A-Za-z]{2}", english)))


def main():
    have = dict(entries(CATALOG.read_text(encoding="utf-8")))
    for english in wanted(sys.argv[1]):
        if not have.get(english):
            quoted = json.dumps(english, ensure_ascii=False)
            print(f"#, c-format\nmsgid {quoted}\nmsgstr \"\"\n" if "%" in english else f"msgid {quoted}\nmsgstr \"\"\n")


if __name__ == "__main__":
    main()
