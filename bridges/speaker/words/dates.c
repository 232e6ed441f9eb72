// 22/11/2026, 2-9-2026, 02/9, 9/2026, and from one to the other: 02/9 - 05/9, 2-5/9. What has no year may be
// a fraction: what stands around it decides.
#include "scan.h"
#include "spell.h"

enum { YEAR_FIRST = 1800, YEAR_LAST = 2200 };

struct date {
    unsigned day, month, year; // day 0: only a month; year 0: none
    bool has_zero;             // 02/9: nobody writes a fraction like that
    size_t size;
};

static bool is_year(unsigned year)
{
    return year >= YEAR_FIRST && year <= YEAR_LAST;
}

// More figures behind the same mark: it was no date.
static bool ends(const struct scan *scan, size_t i)
{
    int c = scan_byte(scan, i);
    return !scan_is_word(c) && !((c == '/' || c == '.') && scan_is_digit(scan_byte(scan, i + 1)));
}

static bool read_year(const struct scan *scan, size_t i, int mark, unsigned *year)
{
    return scan_byte(scan, i) == mark && scan_digits(scan, i + 1, 4, year) == 4 && is_year(*year);
}

static bool read_date(const struct scan *scan, size_t i, struct date *date)
{
    *date = (struct date){0};
    size_t a = scan_digits(scan, i, 2, &date->day);
    int mark = scan_byte(scan, i + a);
    if (!a || (mark != '/' && mark != '-' && mark != '.'))
        return false;
    size_t b = scan_digits(scan, i + a + 1, 2, &date->month);
    if (!b || date->day < 1 || date->day > 31 || date->month < 1 || date->month > 12)
        return false;
    date->has_zero = scan_byte(scan, i) == '0' || scan_byte(scan, i + a + 1) == '0';
    date->size = a + 1 + b;
    if (read_year(scan, i + date->size, mark, &date->year))
        date->size += 5;
    return (date->year || mark == '/') && ends(scan, i + date->size);
}

static bool read_month(const struct scan *scan, size_t i, struct date *date)
{
    *date = (struct date){0};
    size_t a = scan_digits(scan, i, 2, &date->month);
    if (!a || date->month < 1 || date->month > 12 || !read_year(scan, i + a, '/', &date->year))
        return false;
    date->size = a + 5;
    return ends(scan, i + date->size);
}

static bool is_feast(const struct date *date)
{
    static const uint8_t feasts[][2] = {{1, 1},   {3, 2},   {8, 3},   {26, 3},  {30, 4}, {1, 5},
                                        {19, 5},  {1, 6},   {27, 7},  {19, 8},  {2, 9},  {20, 10},
                                        {18, 11}, {20, 11}, {22, 12}, {24, 12}, {10, 3}};
    for (size_t i = 0; i < sizeof feasts / sizeof *feasts; i++) {
        if (feasts[i][0] == date->day && feasts[i][1] == date->month)
            return true;
    }
    return false;
}

static bool is_followed(const struct scan *scan, size_t i, const char *const *words)
{
    if (scan_byte(scan, i) != ' ')
        return false;
    for (; *words; words++) {
        if (scan_stands(scan, i + 1, *words))
            return true;
    }
    return false;
}

// 3/4 số hộ, khoảng 2/3, but 5/9 and 22/11.
static bool is_fraction(const struct scan *scan, const struct date *date)
{
    static const char *const announce[] = {"ngày", "sáng", "trưa", "chiều", "tối",  "đêm",
                                           "hôm",  "mùng", "mồng", "từ",    "đến",  "lễ",
                                           "dịp",  "nay",  "mai",  "bảy",   "nhật", NULL};
    static const char *const amount[] = {"khoảng", "gần",   "hơn",   "được", "đạt", "quá",
                                         "trên",   "chiếm", "tỷ lệ", "còn",  NULL};
    static const char *const things[] = {"số",    "hộ",    "dân",      "đại biểu", "thành viên",
                                         "người", "phiếu", "kế hoạch", "chỉ tiêu", "diện tích",
                                         "ấp",    "tổng",  "lượng",    "chiều",    "quãng",
                                         "đoạn",  "ruộng", NULL};
    if (date->year || date->has_zero || scan_behind_one_of(scan, announce))
        return false;
    if (scan_behind_one_of(scan, amount) || is_followed(scan, scan->at + date->size, things))
        return true;
    // Open day and night.
    if (date->day == 24 && date->month == 7)
        return true;
    return !is_feast(date) && date->day < date->month && date->month <= 4;
}

static void say_year(unsigned year, struct lt_buffer *out)
{
    if (year) {
        lt_buffer_print(out, " năm ");
        spell_number(year, out);
    }
}

static void say_date(const struct date *date, bool says_day, bool says_first, struct lt_buffer *out)
{
    if (says_day)
        lt_buffer_print(out, "ngày ");
    if (says_first)
        spell_day(date->day, out);
    else
        spell_number(date->day, out);
    lt_buffer_print(out, " tháng ");
    spell_month(date->month, out);
    say_year(date->year, out);
}

// 2-5/9: the first day has no month of its own.
static size_t short_range(struct scan *scan)
{
    unsigned from = 0;
    struct date to;
    size_t a = scan_digits(scan, scan->at, 2, &from);
    size_t dash = a ? scan_dash(scan, scan->at + a) : 0;
    if (!dash || from < 1 || !read_date(scan, scan->at + a + dash, &to) || from >= to.day)
        return 0;
    lt_buffer_print(scan->out, scan_behind(scan, "ngày") ? "" : "ngày ");
    spell_day(from, scan->out);
    lt_buffer_print(scan->out, " đến ");
    say_date(&to, true, true, scan->out);
    return a + dash + to.size;
}

static size_t say_month(struct scan *scan, const struct date *date)
{
    lt_buffer_print(scan->out, scan_behind(scan, "tháng") ? "" : "tháng ");
    spell_month(date->month, scan->out);
    say_year(date->year, scan->out);
    return date->size;
}

size_t scan_date(struct scan *scan)
{
    static const char *const day_words[] = {"ngày",  "mùng", "mồng", "lễ",  "dịp", "hôm",
                                            "đường", "Ấp",   "ấp",   "chợ", NULL};
    static const char *const first_words[] = {"mùng", "mồng", "đường", "Ấp", "ấp", "chợ", NULL};
    struct date date, to;
    if (!read_date(scan, scan->at, &date)) {
        size_t taken = short_range(scan);
        return taken || !read_month(scan, scan->at, &date) ? taken : say_month(scan, &date);
    }
    if (!date.year && scan_is_address(scan))
        return 0;
    if (is_fraction(scan, &date))
        return 0;
    say_date(&date, !scan_behind_one_of(scan, day_words), !scan_behind_one_of(scan, first_words),
             scan->out);
    size_t dash = scan_dash(scan, scan->at + date.size);
    if (!dash || !read_date(scan, scan->at + date.size + dash, &to))
        return date.size;
    lt_buffer_print(scan->out, " đến ");
    say_date(&to, true, true, scan->out);
    return date.size + dash + to.size;
}
