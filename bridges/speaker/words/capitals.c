// Words in capitals. A voice spells them; so what can be a Vietnamese word is written small, and the rest
// is spelt here, with the names that the letters have in Vietnamese.
#include "scan.h"
#include "spell.h"

#include <string.h>
#include <utf8proc.h>

enum { LETTERS_MOST = 10 };

// Ă Â Ê Ô Ơ Ư Đ as capitals of this alphabet, the others small, tones left out.
static char plain_letter(utf8proc_int32_t letter)
{
    utf8proc_int32_t parts[8];
    int class = 0;
    utf8proc_ssize_t count =
        utf8proc_decompose_char(utf8proc_tolower(letter), parts, 8, UTF8PROC_DECOMPOSE, &class);
    char base = count > 0 && parts[0] < 0x80 ? (char)parts[0] : '?';
    if (count > 0 && parts[0] == 0x111)
        return 'D';
    for (utf8proc_ssize_t i = 1; i < count; i++) {
        if (parts[i] == 0x306) // breve
            return 'A';
        if (parts[i] == 0x302) // circumflex
            return base == 'a' ? 'B' : base == 'e' ? 'E' : 'O';
        if (parts[i] == 0x31b) // horn
            return base == 'o' ? 'P' : 'U';
    }
    return base;
}

static bool is_one_of(const char *text, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(text, *list) == 0)
            return true;
    }
    return false;
}

static bool is_rhyme(const char *text)
{
    static const char *const nuclei[] = {"a",  "A",  "B",   "e",   "E",  "i",  "o",  "O",  "P",
                                         "u",  "U",  "y",   "ia",  "iE", "ya", "yE", "ua", "uO",
                                         "Ua", "UP", "oa",  "oA",  "oe", "uA", "uB", "uE", "ue",
                                         "uP", "uy", "uya", "uyE", "oo", NULL};
    static const char *const open[] = {"ai",  "ay",  "By",  "ao",  "au",  "Bu",  "eo",
                                       "Eu",  "iu",  "oi",  "Oi",  "Pi",  "ui",  "Ui",
                                       "Uu",  "iEu", "yEu", "uOi", "UPi", "UPu", "oai",
                                       "oay", "oeo", "uBy", "uyu", "uay", "uai", NULL};
    static const char *const codas[] = {"ch", "ng", "nh", "c", "m", "n", "p", "t", NULL};
    char nucleus[LETTERS_MOST + 1];
    size_t size = strlen(text);
    if (is_one_of(text, nuclei) || is_one_of(text, open))
        return true;
    for (size_t i = 0; codas[i]; i++) {
        size_t coda = strlen(codas[i]);
        if (size <= coda || strcmp(text + size - coda, codas[i]) != 0)
            continue;
        memcpy(nucleus, text, size - coda);
        nucleus[size - coda] = '\0';
        if (is_one_of(nucleus, nuclei))
            return true;
    }
    return false;
}

static bool is_syllable(const char *text)
{
    static const char *const onsets[] = {
        "ngh", "ng", "nh", "ch", "gh", "gi", "kh", "ph", "th", "tr", "b", "c", "d", "D", "g",
        "h",   "k",  "l",  "m",  "n",  "p",  "q",  "r",  "s",  "t",  "v", "x", "",  NULL};
    for (size_t i = 0; onsets[i]; i++) {
        size_t size = strlen(onsets[i]);
        if (strncmp(text, onsets[i], size) == 0 && is_rhyme(text + size))
            return true;
    }
    return false;
}

struct letters {
    char plain[LETTERS_MOST + 1];
    size_t count, size; // letters; bytes
};

// The letters of the word from i on; false: not all are capitals.
static bool read_capitals(const struct scan *scan, size_t i, size_t end, struct letters *letters)
{
    *letters = (struct letters){0};
    for (size_t at = i; at < end && !scan_is_digit(scan_byte(scan, at));) {
        utf8proc_int32_t letter = 0;
        utf8proc_ssize_t size = utf8proc_iterate(scan->text.data + at,
                                                 (utf8proc_ssize_t)(scan->text.size - at), &letter);
        if (size <= 0 || utf8proc_category(letter) != UTF8PROC_CATEGORY_LU)
            return false;
        if (letters->count < LETTERS_MOST)
            letters->plain[letters->count] = plain_letter(letter);
        letters->count++;
        at += (size_t)size;
        letters->size = at - i;
    }
    return letters->count > 0;
}

static void add_small(struct lt_slice word, struct lt_buffer *out)
{
    for (size_t at = 0; at < word.size;) {
        utf8proc_int32_t letter = 0;
        utf8proc_uint8_t bytes[4];
        utf8proc_ssize_t size =
            utf8proc_iterate(word.data + at, (utf8proc_ssize_t)(word.size - at), &letter);
        if (size <= 0)
            return;
        utf8proc_ssize_t made = utf8proc_encode_char(utf8proc_tolower(letter), bytes);
        lt_buffer_add(out, bytes, (size_t)made);
        at += (size_t)size;
    }
}

static void add_spelt(struct lt_slice word, struct lt_buffer *out)
{
    for (size_t at = 0; at < word.size;) {
        utf8proc_int32_t letter = 0;
        utf8proc_ssize_t size =
            utf8proc_iterate(word.data + at, (utf8proc_ssize_t)(word.size - at), &letter);
        if (size <= 0)
            return;
        struct lt_slice one = {word.data + at, (size_t)size};
        if (at > 0)
            lt_buffer_print(out, " ");
        if (!spell_letter(one, out))
            add_small(one, out);
        at += (size_t)size;
    }
}

void scan_say_capitals(const struct scan *scan, struct lt_slice word)
{
    struct letters letters;
    size_t from = (size_t)(word.data - scan->text.data);
    bool is_word = read_capitals(scan, from, from + word.size, &letters) &&
                   letters.count <= LETTERS_MOST && is_syllable(letters.plain);
    if (is_word)
        add_small(word, scan->out);
    else
        add_spelt(word, scan->out);
}

size_t scan_capitals(struct scan *scan)
{
    struct letters letters;
    size_t end = scan_word_end(scan, scan->at);
    if (!read_capitals(scan, scan->at, end, &letters))
        return 0;
    scan_say_capitals(scan, (struct lt_slice){scan->text.data + scan->at, letters.size});
    return letters.size;
}
