#!/usr/bin/env python3
"""Writes a C file that holds text files: embed.py OUT FILE…"""
import pathlib
import sys


def c_string(text):
    """The text as C string literals, one a line of it, pure ASCII."""
    out = []
    for line in text.splitlines(keepends=True):
        escaped = ""
        for byte in line.encode():
            char = chr(byte)
            if char in '"\\':
                escaped += "\\" + char
            elif char == "\n":
                escaped += "\\n"
            elif 32 <= byte < 127 and char != "?":
                escaped += char
            else:
                escaped += f"\\{byte:03o}"
        out.append(f'        "{escaped}"')
    return "\n".join(out) or '        ""'


def main():
    out = pathlib.Path(sys.argv[1])
    rows = []
    for name in map(pathlib.Path, sys.argv[2:]):
        rows.append(f'    {{"{name.name}",\n{c_string(name.read_text(encoding="utf-8"))}}},')
    out.write_text(
        "// Made by schemas/settings/gen/embed.py from deploy/roles/*.yaml.\n"
        '#include "role_files.h"\n\n'
        "const struct lt_role_file role_files[] = {\n" + "\n".join(rows) + "\n};\n"
        f"const size_t role_file_count = {len(rows)};\n",
        encoding="utf-8",
    )


main()
