// What people read, in their language: English stands in the code, Vietnamese in vi.po, which is compiled in. So it
// speaks Vietnamese wherever LANG says vi_VN, also where that locale was never generated (gettext does not).
#ifndef CLI_TONGUE_H
#define CLI_TONGUE_H

#include <stdbool.h>
#include <stddef.h>

#include <lienthon/bytes.h>

// By LC_ALL, LC_MESSAGES, LANG (the first that is set), and LANGUAGE unless that is C or POSIX.
bool tongue_is_vietnamese(void);

// A text or format of ours in the reader's language; itself where it has no translation.
const char *tongue(const char *english) __attribute__((format_arg(1)));

// Marks a text that is looked up elsewhere, so that the catalog is asked for it too.
#define PHRASE(english) english

// A finished English sentence, wherever it was made (a library, the hub), in the reader's language: it is held against
// all formats of the catalog, what their conversions stand for is carried over. Appended to *out. false: there is no
// translation, and the English was appended.
bool tongue_sentence(const char *english, struct lt_buffer *out);

struct tongue_phrase {
    const char *english, *vietnamese;
};
extern const struct tongue_phrase
    tongue_phrases[]; // made from vi.po, sorted by the bytes of the English
extern const size_t tongue_phrase_count;

#endif
