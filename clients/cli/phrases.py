#!/usr/bin/env python3
"""The catalog vi.po as a C table, sorted by the bytes of the English: phrases.py vi.po OUT.c"""
import ast
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "schemas" / "gen"))
from texts import literal  # noqa: E402


def widths(text):
    """xgettext's names of what <inttypes.h> defines; they are only held against finished sentences."""
    return text.replace("%<PRIu64>", "%lu").replace("%<PRId64>", "%ld").replace("%<PRIu32>", "%u")


def read(text):
    """(English, Vietnamese) of a .po file, without its head; what is not translated has an empty one."""
    found, key, strings = [], None, {}
    for line in [*text.splitlines(), ""]:
        begun = re.match(r"(msgid|msgstr) (\".*\")$", line)
        if begun:
            key = begun[1]
            strings[key] = ast.literal_eval(begun[2])
        elif line.startswith('"') and key:
            strings[key] += ast.literal_eval(line)
        elif not line.strip():
            if strings.get("msgid"):
                found.append((strings["msgid"], strings.get("msgstr", "")))
            key, strings = None, {}
    return found


def entries(text):
    return [(widths(english), widths(said)) for english, said in read(text) if said]


def main():
    found = sorted(entries(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), key=lambda one: one[0].encode())
    rows = [f"    {{{literal(english)},\n     {literal(vietnamese)}}}," for english, vietnamese in found]
    pathlib.Path(sys.argv[2]).write_text("\n".join([
        "// Made by clients/cli/phrases.py from vi.po.", '#include "tongue.h"\n',
        "const struct tongue_phrase tongue_phrases[] = {", *rows, "};",
        f"const size_t tongue_phrase_count = {len(rows)};\n"]), encoding="utf-8")


if __name__ == "__main__":
    main()
