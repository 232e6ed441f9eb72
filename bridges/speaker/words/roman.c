// Roman numbers: behind a word that counts (khóa XV, quý I), or of two letters and more.
#include "scan.h"
#include "spell.h"

enum { LETTERS_MOST = 8 };

static unsigned worth(int c)
{
    return c == 'I' ? 1 : c == 'V' ? 5 : c == 'X' ? 10 : 0;
}

// IIX and VV are none: what is written must be how that number is written.
static bool is_so_written(const struct scan *scan, size_t i, size_t count, unsigned value)
{
    static const char *const tens[] = {"", "X", "XX", "XXX"};
    static const char *const ones[] = {"", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX"};
    struct lt_buffer right = {.max = 16};
    bool is_right =
        value > 0 && value < 40 &&
        lt_buffer_print(&right, "%s%s", tens[value / 10], ones[value % 10]) &&
        lt_slice_equal(lt_buffer_slice(&right), (struct lt_slice){scan->text.data + i, count});
    lt_buffer_clear(&right);
    return is_right;
}

size_t scan_roman_number(const struct scan *scan, size_t i, unsigned *value)
{
    size_t count = 0;
    *value = 0;
    while (count <= LETTERS_MOST && worth(scan_byte(scan, i + count)))
        count++;
    if (!count || count > LETTERS_MOST || scan_is_word(scan_byte(scan, i + count)))
        return 0;
    for (size_t k = 0; k < count; k++) {
        unsigned here = worth(scan_byte(scan, i + k)), next = worth(scan_byte(scan, i + k + 1));
        *value = k + 1 < count && here < next ? *value - here : *value + here;
    }
    return is_so_written(scan, i, count, *value) ? count : 0;
}

size_t scan_roman(struct scan *scan)
{
    static const char *const counts[] = {
        "quý",  "khóa", "khoá",      "kỳ",   "chương", "phần", "mục", "kỷ",   "thứ", "lần",
        "động", "cấp",  "loại",      "hạng", "tập",    "vòng", "khu", "vùng", "hội", "nhóm",
        "bậc",  "đoạn", "giai đoạn", "Đợt",  "đợt",    "bảng", "hè",  NULL};
    unsigned value = 0, year = 0;
    size_t size = scan_roman_number(scan, scan->at, &value);
    if (!size || (size == 1 && !scan_behind_one_of(scan, counts)))
        return 0;
    if (scan_behind(scan, "thứ"))
        spell_ordinal(value, scan->out);
    else
        spell_number(value, scan->out);
    size_t end = scan->at + size;
    if (scan_byte(scan, end) == '/' && scan_digits(scan, end + 1, 4, &year) == 4) {
        lt_buffer_print(scan->out, " năm ");
        spell_number(year, scan->out);
        return size + 5;
    }
    return size;
}
