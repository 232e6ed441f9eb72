#!/usr/bin/env python3
"""The catalog vi.po as a C table, sorted by the bytes of the English: phrases.py vi.po OUT.c"""
import ast
import pathlib
import re
import sys


def widths(text):
    """xgettext's names of what <inttypes.h> defines; they are only held against finished sentences."""
    return text.replace("%<PRIu64>", "%lu").replace("%<PRId64>", "%ld").replace("%<PRIu32>", "%u")


def entries(text):
    """(English, Vietnamese) of a .po file; comments and the head are left out."""
    found, key, strings = [], None, {}
    for line in [*text.splitlines(), ""]:
        begun = re.match(r"(msgid|msgstr) (\".*\")$", line)
        if begun:
            key = begun[1]
            strings[key] = ast.literal_eval(begun[2])
        elif line.startswith('"') and key:
            strings[key] += ast.literal_eval(line)
        elif not line.strip():
            if strings.get("msgid") and strings.get("msgstr"):
                found.append((widths(strings["msgid"]), widths(strings["msgstr"])))
            key, strings = None, {}
    return found


def c_string(text):
    out = ""
    for byte in text.encode():
        char = chr(byte)
        if char in '"\\':
            out += "\\" + char
        elif char == "\n":
            out += "\\n"
        elif 32 <= byte < 127 and char != "?":
            out += char
        else:
            out += f"\\{byte:03o}"
    return f'"{out}"'


def main():
    found = sorted(entries(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")), key=lambda one: one[0].encode())
    rows = [f"    {{{c_string(english)},\n     {c_string(vietnamese)}}}," for english, vietnamese in found]
    pathlib.Path(sys.argv[2]).write_text("\n".join([
        "// Made by clients/cli/phrases.py from vi.po.", '#include "tongue.h"\n',
        "const struct tongue_phrase tongue_phrases[] = {", *rows, "};",
        f"const size_t tongue_phrase_count = {len(rows)};\n"]), encoding="utf-8")


if __name__ == "__main__":
    main()
