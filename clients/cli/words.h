// Words in Vietnamese: NFC for what is sent, and slugs without diacritics for what is a name.
#ifndef CLI_WORDS_H
#define CLI_WORDS_H

#include <lienthon/settings/option.h>

// The text in NFC. *out is yours (free). LT_BAD_USE: it is not UTF-8 (`what` names it in the sentence).
enum lt_code words_nfc(const char *text, const char *what, char **out, struct lt_error *error);

// "Xã An Thạnh 1" → "an-thanh-1": lower case, without diacritics, without the leading kind of place, hyphens between.
// LT_BAD_USE when nothing is left or the text is not UTF-8. *out is yours.
enum lt_code words_slug(const char *name, char **out, struct lt_error *error);

// Is it one of the commune's: LT_BAD_USE names the nearest one.
enum lt_code words_check_hamlet(const struct lt_option_map *hamlets, const char *slug,
                                struct lt_error *error);

// Reads standard input to its end, at most `max` bytes: appended to *out, whose max is set.
enum lt_code words_from_stdin(struct lt_buffer *out, size_t max, struct lt_error *error);

// The next item of a comma-separated list: copies it into out (size bytes, NUL at the end) and moves *list behind it.
// false at the end, or where an item does not fit.
bool words_next(const char **list, char *out, size_t size);
// Can words_next give out the whole list, one item at least and at most `most`, with this size? `option` is whose it is.
enum lt_code words_check_list(const char *list, const char *option, size_t size, size_t most,
                              struct lt_error *error);

#endif
