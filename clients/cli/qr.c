// A QR picture: libqrencode finds the modules, two rows of them make one line of text.
#include "qr.h"

#include <stdio.h>
#include <unistd.h>

#include <qrencode.h>

enum { QUIET = 4 }; // modules around the picture, as the standard asks

static bool is_dark(const QRcode *code, int row, int column)
{
    if (row < 0 || column < 0 || row >= code->width || column >= code->width) {
        return false;
    }
    return (code->data[row * code->width + column] & 1U) != 0;
}

// Light modules are drawn, dark ones left out: right on a dark terminal, and on any once colours are set.
static const char *half_blocks(bool upper_dark, bool lower_dark)
{
    if (upper_dark) {
        return lower_dark ? " " : "▄";
    }
    return lower_dark ? "▀" : "█";
}

bool qr_print(const char *text)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_L);
    if (code == NULL) {
        return false;
    }
    const bool colours = isatty(STDOUT_FILENO) == 1;
    for (int row = -QUIET; row < code->width + QUIET; row += 2) {
        fputs(colours ? "\033[40;97m" : "", stdout);
        for (int column = -QUIET; column < code->width + QUIET; column++) {
            fputs(half_blocks(is_dark(code, row, column), is_dark(code, row + 1, column)), stdout);
        }
        fputs(colours ? "\033[0m\n" : "\n", stdout);
    }
    QRcode_free(code);
    return true;
}
