// The formats that are asserted: RFC 3339 dates and times, UUID, RFC 3986 URI with a scheme.
#ifndef LT_FORMAT_H
#define LT_FORMAT_H

#include "lienthon/bytes.h"

enum format { FORMAT_NONE, FORMAT_DATE_TIME, FORMAT_DATE, FORMAT_TIME, FORMAT_UUID, FORMAT_URI };

// FORMAT_NONE for a name that is not asserted.
enum format format_of(const char *name);
bool format_fits(enum format format, struct lt_slice text);
const char *format_describe(enum format format); // "a date and time as 2026-11-22T17:00:00+07:00"

#endif
