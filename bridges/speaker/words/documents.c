// The number of a document: 12/TB-UBND, 123/2024/NĐ-CP, 19-NQ/TW: number, year, kind, and whose it is.
#include "number.h"
#include "spell.h"

static const char *kind_of(struct lt_slice written)
{
    static const struct {
        const char *written, *said;
    } kinds[] = {
        {"TB", "thông báo"}, {"QĐ", "quyết định"},    {"CT", "chỉ thị"},   {"NQ", "nghị quyết"},
        {"KH", "kế hoạch"},  {"CV", "công văn"},      {"BC", "báo cáo"},   {"TTr", "tờ trình"},
        {"NĐ", "nghị định"}, {"TT", "thông tư"},      {"GM", "giấy mời"},  {"HD", "hướng dẫn"},
        {"BB", "biên bản"},  {"CTr", "chương trình"}, {"CĐ", "công điện"}, {"PA", "phương án"},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (lt_slice_is(written, kinds[i].written))
            return kinds[i].said;
    }
    return NULL;
}

static bool is_capital(const struct scan *scan, size_t i)
{
    int c = scan_byte(scan, i);
    return (c >= 'A' && c <= 'Z') || scan_stands(scan, i, "Đ");
}

static void say_part(struct scan *scan, struct lt_slice part, bool is_first)
{
    const char *kind = is_first ? kind_of(part) : NULL;
    const char *said = kind ? kind : scan_said(scan, part);
    lt_buffer_print(scan->out, is_first ? ", " : " của ");
    if (said)
        lt_buffer_print(scan->out, "%s", said);
    else
        scan_say_capitals(scan, part);
}

// The Party writes it the other way round: 19-NQ/TW.
static bool is_of_party(const struct scan *scan, size_t i)
{
    if (scan_byte(scan, i) != '-' || !is_capital(scan, i + 1))
        return false;
    size_t end = scan_word_end(scan, i + 1);
    return scan_byte(scan, end) == '/' && is_capital(scan, end + 1);
}

size_t scan_document(struct scan *scan)
{
    struct number number;
    unsigned year = 0;
    if (!number_read(scan, scan->at, &number) || number.fraction.size)
        return 0;
    size_t end = scan->at + number.size;
    if (scan_byte(scan, end) == '/' && scan_digits(scan, end + 1, 4, &year) == 4)
        end += 5;
    char mark = is_of_party(scan, end) ? '/' : '-';
    if ((scan_byte(scan, end) != '/' && mark == '-') || !is_capital(scan, end + 1))
        return 0;
    number_say(scan, scan->at, &number);
    if (year) {
        lt_buffer_print(scan->out, " năm ");
        spell_number(year, scan->out);
    }
    for (bool is_first = true; is_first || scan_byte(scan, end) == mark; is_first = false) {
        size_t from = end + 1;
        if (!is_capital(scan, from))
            break;
        end = scan_word_end(scan, from);
        say_part(scan, (struct lt_slice){scan->text.data + from, end - from}, is_first);
    }
    return end - scan->at;
}
