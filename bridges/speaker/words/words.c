// Three passes: what is not for the ear is taken out; at the beginning of each word the rules are asked in
// turn, and what none knows is copied; then spaces and pauses are put right.
#include "words.h"

#include <string.h>
#include <utf8proc.h>

#include "scan.h"
#include "units.h"

static void add(struct lt_buffer *out, const char *text)
{
    lt_buffer_add(out, text, strlen(text));
}

static uint8_t last_of(const struct lt_buffer *out)
{
    return out->size ? out->data[out->size - 1] : ' ';
}

// --- what is not for the ear ---

// A line's end is a pause, unless one stands there already.
static void end_line(struct lt_buffer *out)
{
    while (out->size && last_of(out) == ' ')
        out->size--;
    if (out->size)
        add(out, strchr(".,!?:;", last_of(out)) ? " " : ". ");
}

static bool is_shown_only(utf8proc_int32_t letter)
{
    switch (utf8proc_category(letter)) {
    case UTF8PROC_CATEGORY_SO:
    case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SM:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_PI:
    case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_PO:
    case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE:
        return true;
    default:
        return letter == 0xFE0F; // how an emoji is to be drawn
    }
}

static void clean_letter(utf8proc_int32_t letter, struct lt_slice bytes, struct lt_buffer *out)
{
    if (letter == '\n')
        end_line(out);
    else if (letter < 0x20 || letter == 0x7f)
        add(out, " ");
    else if (letter < 0x80 || letter == 0xB0 || letter == 0xBA || letter == 0x2030) // ° º ‰
        lt_buffer_add(out, bytes.data, bytes.size);
    else if (letter == 0x2013 || letter == 0x2014) // dashes
        add(out, "-");
    else if (letter == 0x2019 || letter == 0x2032) // minutes
        add(out, "'");
    else if (letter == 0x2026) // …
        add(out, ". ");
    else if (letter == 0xD7) // ×
        add(out, "x");
    else if (letter == 0x2264 || letter == 0x2265) // ≤ ≥
        add(out, letter == 0x2264 ? "<" : ">");
    else if (letter == 0x2103) // ℃
        add(out, "°C");
    else if (is_shown_only(letter))
        add(out, " ");
    else
        lt_buffer_add(out, bytes.data, bytes.size);
}

static void clean(struct lt_slice text, struct lt_buffer *out)
{
    for (size_t at = 0; at < text.size;) {
        utf8proc_int32_t letter = 0;
        utf8proc_ssize_t size =
            utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.size - at), &letter);
        if (size <= 0)
            return;
        clean_letter(letter, (struct lt_slice){text.data + at, (size_t)size}, out);
        at += (size_t)size;
    }
}

// --- signs between words ---

// lần/ngày: for each; cha/mẹ: a pause.
static size_t say_stroke(struct scan *scan)
{
    size_t size = 0;
    if (scan->at && scan_is_digit(scan_byte(scan, scan->at - 1)) &&
        scan_is_digit(scan_byte(scan, scan->at + 1))) {
        add(scan->out, " xuyệt ");
        return 1;
    }
    static const char *const counted[] = {"lần",  "lượt",  "buổi", "đồng", "nghìn", "ngàn", "triệu",
                                          "suất", "người", "tấn",  "tạ",   "giờ",   "hộ",   NULL};
    const char *unit = unit_at(scan, scan->at + 1, &size);
    add(scan->out, scan_behind_one_of(scan, counted) ? " một " : ", ");
    add(scan->out, unit ? unit : "");
    return 1 + (unit ? size : 0);
}

static bool is_range(const struct scan *scan)
{
    return scan_byte(scan, scan->at - 1) == ' ' && scan_byte(scan, scan->at + 1) == ' ';
}

static size_t say_sign(struct scan *scan)
{
    int c = scan_byte(scan, scan->at), next = scan_byte(scan, scan->at + 1);
    bool is_first = scan->at == 0;
    switch (c) {
    case '&':
        add(scan->out, " và ");
        break;
    case '+':
        add(scan->out, scan_is_digit(next) || next == ' ' ? " cộng " : " ");
        break;
    case '=':
        add(scan->out, " bằng ");
        break;
    case '/':
        return say_stroke(scan);
    case '-':
        add(scan->out, is_first || !is_range(scan) ? " " : ", ");
        break;
    case '(':
    case ')':
        add(scan->out, ", ");
        break;
    case '.':
    case ':':
        if (!is_first && scan_is_digit(scan_byte(scan, scan->at - 1)) && scan_is_digit(next)) {
            add(scan->out, c == '.' ? " chấm " : " ");
            break;
        }
        lt_buffer_add(scan->out, scan->text.data + scan->at, 1);
        break;
    case ',':
    case ';':
    case '!':
    case '?':
        lt_buffer_add(scan->out, scan->text.data + scan->at, 1);
        break;
    case '\'':
        break;
    case '>':
    case '<':
        add(scan->out, !scan_is_digit(next) ? " " : c == '>' ? " hơn " : " dưới ");
        break;
    default:
        add(scan->out, " ");
    }
    return 1;
}

// --- the rules ---

static bool begins_word(const struct scan *scan)
{
    int c = scan_byte(scan, scan->at), before = scan->at ? scan_byte(scan, scan->at - 1) : -1;
    return scan_is_word(c) && (!scan_is_word(before) || scan_is_digit(before) != scan_is_digit(c));
}

static size_t ask_rules(struct scan *scan)
{
    static scan_rule *const rules[] = {
        scan_own,    scan_telephone, scan_document, scan_date,  scan_hour,    scan_fraction,
        scan_amount, scan_address,   scan_short,    scan_roman, scan_foreign, scan_capitals,
    };
    if (scan_is_word(last_of(scan->out)))
        add(scan->out, " ");
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        size_t taken = rules[i](scan);
        if (taken)
            return taken;
    }
    return 0;
}

static void say_all(struct scan *scan)
{
    while (scan->at < scan->text.size) {
        size_t taken = begins_word(scan) ? ask_rules(scan) : 0;
        if (!taken) {
            uint8_t c = scan->text.data[scan->at];
            taken = 1;
            if (c == ' ' || scan_is_word(c))
                lt_buffer_add(scan->out, &c, 1);
            else
                taken = say_sign(scan);
        }
        scan->at += taken;
    }
}

// --- spaces and pauses ---

static bool is_pause(uint8_t c)
{
    return c && strchr(".,!?:;", c);
}

// Of two pauses that meet the stronger stays.
static void add_pause(uint8_t c, size_t from, struct lt_buffer *out)
{
    while (out->size > from && last_of(out) == ' ')
        out->size--;
    if (out->size == from)
        return;
    if (!is_pause(last_of(out)))
        lt_buffer_add(out, &c, 1);
    else if (last_of(out) == ',' || last_of(out) == ':')
        out->data[out->size - 1] = c == ',' ? last_of(out) : c;
}

static void tidy(struct lt_slice text, struct lt_buffer *out)
{
    size_t from = out->size;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (is_pause(c))
            add_pause(c, from, out);
        else if (c != ' ' || (out->size > from && last_of(out) != ' '))
            lt_buffer_add(out, &c, 1);
        bool is_between = is_pause(c) && i + 1 < text.size && !is_pause(text.data[i + 1]);
        if (is_between && out->size > from && last_of(out) != ' ')
            add(out, " ");
    }
    while (out->size > from && (last_of(out) == ' ' || last_of(out) == ','))
        out->size--;
}

bool words_say(struct lt_slice text, const struct lt_option_map *own, struct lt_buffer *out)
{
    struct lt_buffer seen = {.max = 2 * text.size + 64}, said = {.max = 32 * text.size + 256};
    clean(text, &seen);
    struct scan scan = {.text = lt_buffer_slice(&seen), .out = &said, .own = own};
    say_all(&scan);
    tidy(lt_buffer_slice(&said), out);
    bool done = !seen.failed && !said.failed && !out->failed;
    lt_buffer_clear(&said);
    lt_buffer_clear(&seen);
    return done;
}
