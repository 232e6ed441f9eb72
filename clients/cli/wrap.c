// Text for a terminal of any width.
#include "wrap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <lienthon/bytes.h>

enum { ELSEWHERE = 100, LEAST = 40 };

size_t wrap_width(void)
{
    struct winsize size = {0};
    const char *columns = getenv("COLUMNS");
    size_t width = ELSEWHERE;
    if (isatty(STDOUT_FILENO) == 1) {
        if (columns != NULL && strtol(columns, NULL, 10) > 0) {
            width = (size_t)strtol(columns, NULL, 10);
        } else if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
            width = size.ws_col;
        }
    }
    return width < LEAST ? LEAST : width;
}

bool wrap_has_room(size_t columns)
{
    return isatty(STDOUT_FILENO) != 1 || columns <= wrap_width();
}

static size_t columns_of(const char *text, size_t size)
{
    return lt_utf8_length((struct lt_slice){(const uint8_t *)text, size});
}

void wrap_print(const char *left, size_t indent, const char *text)
{
    const size_t width = wrap_width();
    size_t column = columns_of(left, strlen(left));
    fputs(left, stdout);
    if (column >= indent && column > 0) {
        putchar('\n');
        column = 0;
    }
    printf("%*s", (int)(indent - column), "");
    column = indent;
    while (*text != '\0') {
        const size_t size = strcspn(text, " \n");
        const size_t wide = columns_of(text, size);
        if (column > indent && column + 1 + wide > width) {
            printf("\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            putchar(' ');
            column++;
        }
        fwrite(text, 1, size, stdout);
        column += wide;
        text += size;
        if (*text == '\n') {
            printf("\n%*s", (int)indent, "");
            column = indent;
        }
        text += *text != '\0';
    }
    putchar('\n');
}
