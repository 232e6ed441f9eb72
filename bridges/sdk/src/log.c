// A coat over czmq's log.
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <czmq.h>

void log_begin(const char *who)
{
    zsys_handler_set(NULL); // signals are the host's
    zsys_init();
    zsys_set_logstream(stderr);
    zsys_set_logident(who);
}

void log_line(enum log_level level, const char *format, ...)
{
    char line[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    for (char *c = line; *c; c++) // C0, DEL, and C1 as UTF-8 has them
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
        else if ((unsigned char)*c == 0xC2 && (unsigned char)c[1] - 0x80U < 0x20U)
            c[0] = c[1] = ' ';
    switch (level) {
    case LOG_DEBUG_LINE:
        if (getenv("LIENTHON_DEBUG"))
            zsys_debug("%s", line);
        break;
    case LOG_INFO_LINE:
        zsys_info("%s", line);
        break;
    case LOG_WARN_LINE:
        zsys_warning("%s", line);
        break;
    case LOG_ERROR_LINE:
        zsys_error("%s", line);
        break;
    }
}
