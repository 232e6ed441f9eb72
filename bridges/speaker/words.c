// At the beginning of each word the rules are asked in turn; the first that knows what stands there
// writes what is said and tells how many bytes it took. What no rule knows is copied.
#include "words.h"

#include <stdio.h>
#include <string.h>

struct scan {
    struct lt_slice text;
    size_t at;
    struct lt_buffer *out;
};

struct pair {
    const char *written, *said;
};

static const struct pair abbreviations[] = {
    {"UBND", "Ủy ban nhân dân"},
    {"HĐND", "Hội đồng nhân dân"},
    {"UBMTTQ", "Ủy ban Mặt trận Tổ quốc"},
    {"MTTQ", "Mặt trận Tổ quốc"},
    {"TP.HCM", "Thành phố Hồ Chí Minh"},
    {"TP. HCM", "Thành phố Hồ Chí Minh"},
    {"TPHCM", "Thành phố Hồ Chí Minh"},
    {"TP.", "thành phố"},
    {"TP", "thành phố"},
    {"BHYT", "bảo hiểm y tế"},
    {"BHXH", "bảo hiểm xã hội"},
    {"CCCD", "căn cước công dân"},
    {"PCCC", "phòng cháy chữa cháy"},
    {"PCTT", "phòng chống thiên tai"},
    {"TKCN", "tìm kiếm cứu nạn"},
    {"ANTT", "an ninh trật tự"},
    {"ATGT", "an toàn giao thông"},
    {"THCS", "trung học cơ sở"},
    {"THPT", "trung học phổ thông"},
    {"NVH", "nhà văn hóa"},
    {"KCN", "khu công nghiệp"},
    {"HTX", "hợp tác xã"},
    {"QL", "quốc lộ"},
    {"ĐT", "đường tỉnh"},
};

static const struct pair units[] = {
    {"km/h", "ki lô mét trên giờ"},
    {"m/s", "mét trên giây"},
    {"m³/s", "mét khối trên giây"},
    {"m3/s", "mét khối trên giây"},
    {"km²", "ki lô mét vuông"},
    {"km2", "ki lô mét vuông"},
    {"km", "ki lô mét"},
    {"m²", "mét vuông"},
    {"m2", "mét vuông"},
    {"m³", "mét khối"},
    {"m3", "mét khối"},
    {"cm", "xăng ti mét"},
    {"mm", "mi li mét"},
    {"kg", "ki lô gam"},
    {"ha", "héc ta"},
    {"kWh", "ki lô oát giờ"},
    {"kW", "ki lô oát"},
    {"kV", "ki lô vôn"},
    {"V", "vôn"},
    {"W", "oát"},
    {"°C", "độ C"},
    {"‰", "phần nghìn"},
    {"đ", "đồng"},
};

static int byte_at(const struct scan *scan, size_t i)
{
    return i < scan->text.size ? scan->text.data[i] : -1;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_word(int c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
}

// Up to `most` digits from i on; how many there are, 0 when more follow.
static size_t digits(const struct scan *scan, size_t i, size_t most, unsigned *value)
{
    size_t n = 0;
    *value = 0;
    while (is_digit(byte_at(scan, i + n)) && n <= most)
        *value = *value * 10 + (unsigned)(byte_at(scan, i + n++) - '0');
    return n <= most ? n : 0;
}

static bool stands(const struct scan *scan, size_t i, const char *word)
{
    size_t size = strlen(word);
    if (i > scan->text.size || size > scan->text.size - i)
        return false;
    return memcmp(scan->text.data + i, word, size) == 0;
}

static bool preceded_by(const struct scan *scan, const char *word)
{
    size_t size = strlen(word);
    size_t at = scan->at;
    while (at > 0 && scan->text.data[at - 1] == ' ')
        at--;
    return at >= size && memcmp(scan->text.data + at - size, word, size) == 0;
}

// 0299 3 822 222: nine to eleven digits beginning with 0, said one by one.
static size_t telephone(struct scan *scan)
{
    char said[2 * 11 + 1];
    size_t count = 0, taken = 0;
    if (byte_at(scan, scan->at) != '0')
        return 0;
    for (size_t i = scan->at;; i++) {
        int c = byte_at(scan, i);
        if (is_digit(c)) {
            if (count == 11)
                return 0;
            said[2 * count] = (char)c;
            said[2 * count + 1] = ' ';
            count++;
            taken = i + 1 - scan->at;
        } else if (!((c == ' ' || c == '.' || c == '-') && is_digit(byte_at(scan, i + 1)))) {
            break;
        }
    }
    if (count < 9 || is_word(byte_at(scan, scan->at + taken)))
        return 0;
    lt_buffer_add(scan->out, said, 2 * count - 1);
    return taken;
}

// 22/11/2026; 22/11 only behind a word that announces a day, since it may be a fraction.
static size_t date(struct scan *scan)
{
    static const char *const announce[] = {"ngày",  "Ngày", "sáng", "trưa",
                                           "chiều", "tối",  "đêm",  "mùng"};
    unsigned day, month, year = 0;
    size_t a = digits(scan, scan->at, 2, &day);
    if (!a || (byte_at(scan, scan->at + a) != '/' && byte_at(scan, scan->at + a) != '-'))
        return 0;
    int mark = byte_at(scan, scan->at + a);
    size_t b = digits(scan, scan->at + a + 1, 2, &month);
    if (!b || day < 1 || day > 31 || month < 1 || month > 12)
        return 0;
    size_t taken = a + 1 + b;
    bool has_year = byte_at(scan, scan->at + taken) == mark &&
                    digits(scan, scan->at + taken + 1, 4, &year) == 4;
    if (has_year)
        taken += 5;
    int next = byte_at(scan, scan->at + taken);
    if (is_word(next) ||
        ((next == '/' || next == '-') && is_digit(byte_at(scan, scan->at + taken + 1))))
        return 0;
    bool announced = false;
    for (size_t i = 0; i < sizeof announce / sizeof *announce; i++)
        announced = announced || preceded_by(scan, announce[i]);
    if (!has_year && (!announced || mark != '/'))
        return 0;
    const char *ngay = preceded_by(scan, "gày") || preceded_by(scan, "mùng") ? "" : "ngày ";
    lt_buffer_print(scan->out, "%s%u tháng %u", ngay, day, month);
    if (has_year)
        lt_buffer_print(scan->out, " năm %u", year);
    return taken;
}

// 17h30, 17h, 17g30, 17:30.
static size_t hour(struct scan *scan)
{
    unsigned hours, minutes = 0;
    size_t a = digits(scan, scan->at, 2, &hours);
    int mark = a ? byte_at(scan, scan->at + a) : -1;
    if (!a || hours > 24 || (mark != 'h' && mark != 'g' && mark != ':'))
        return 0;
    size_t b = digits(scan, scan->at + a + 1, 2, &minutes);
    if ((b != 2 && mark != 'h') || minutes > 59)
        return 0;
    size_t taken = a + 1 + b;
    if (is_word(byte_at(scan, scan->at + taken)))
        return 0;
    lt_buffer_print(scan->out, "%u giờ", hours);
    if (b && minutes)
        lt_buffer_print(scan->out, " %u", minutes);
    return taken;
}

// A number, and the unit behind it.
static size_t measure(struct scan *scan)
{
    size_t i = scan->at;
    while (is_digit(byte_at(scan, i)) || ((byte_at(scan, i) == '.' || byte_at(scan, i) == ',') &&
                                          i > scan->at && is_digit(byte_at(scan, i + 1))))
        i++;
    if (i == scan->at)
        return 0;
    size_t unit = i + (byte_at(scan, i) == ' ');
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        size_t size = strlen(units[k].written);
        if (!stands(scan, unit, units[k].written) || is_word(byte_at(scan, unit + size)))
            continue;
        lt_buffer_add(scan->out, scan->text.data + scan->at, i - scan->at);
        lt_buffer_print(scan->out, " %s", units[k].said);
        return unit + size - scan->at;
    }
    lt_buffer_add(scan->out, scan->text.data + scan->at, i - scan->at);
    return i - scan->at;
}

static size_t abbreviation(struct scan *scan)
{
    for (size_t k = 0; k < sizeof abbreviations / sizeof *abbreviations; k++) {
        const char *written = abbreviations[k].written;
        size_t size = strlen(written);
        int next = byte_at(scan, scan->at + size);
        bool ends = written[size - 1] == '.' || !is_word(next) ||
                    (strcmp(written, "QL") == 0 && is_digit(next));
        if (!stands(scan, scan->at, written) || !ends)
            continue;
        bool glued = next >= 0 && is_word(next);
        lt_buffer_print(scan->out, "%s%s", abbreviations[k].said, glued ? " " : "");
        return size;
    }
    return 0;
}

bool words_say(struct lt_slice text, struct lt_buffer *out)
{
    static size_t (*const rules[])(struct scan *) = {telephone, date, hour, measure, abbreviation};
    struct scan scan = {.text = text, .out = out};
    while (scan.at < text.size) {
        size_t taken = 0;
        bool begins =
            is_word(text.data[scan.at]) && (scan.at == 0 || !is_word(text.data[scan.at - 1]));
        for (size_t i = 0; begins && !taken && i < sizeof rules / sizeof *rules; i++)
            taken = rules[i](&scan);
        if (!taken) {
            uint8_t c = text.data[scan.at];
            lt_buffer_add(out, c < 0x20 || c == 0x7f ? (const uint8_t *)" " : &c, 1);
            taken = 1;
        }
        scan.at += taken;
    }
    return !out->failed;
}
