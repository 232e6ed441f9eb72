#include "plain.h"

#include <stdio.h>

// C0, DEL, and C1 as UTF-8 has them (C2 80 … C2 9F); how many bytes of it, 0: it is none.
static size_t control_at(struct lt_slice text, size_t at)
{
    const uint8_t byte = text.data[at];
    if (byte == 0xC2)
        return at + 1 < text.size && text.data[at + 1] < 0xA0 ? 2 : 0;
    return byte < 0x20 || byte == 0x7F;
}

void plain_print(struct lt_slice text, const char *indent)
{
    fputs(indent ? indent : "", stdout);
    for (size_t i = 0; i < text.size; i++) {
        size_t control = control_at(text, i);
        if (indent && text.data[i] == '\n') {
            if (i + 1 < text.size)
                printf("\n%s", indent);
        } else if (control) {
            putchar(' ');
            i += control - 1;
        } else {
            putchar(text.data[i]);
        }
    }
    if (indent)
        putchar('\n');
}
