// One line an event on stderr: an event in plain words that never changes, then key=value. What came
// from outside is shown without control characters, so that nobody writes lines into our log.
#ifndef LT_BRIDGES_LOG_H
#define LT_BRIDGES_LOG_H

enum log_level { LOG_DEBUG_LINE, LOG_INFO_LINE, LOG_WARN_LINE, LOG_ERROR_LINE };

void log_begin(const char *who); // who: in every line; lent
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void log_line(enum log_level level, const char *format, ...);

#endif
