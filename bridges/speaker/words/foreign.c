// Foreign words that notices are full of, written as they are said.
#include "scan.h"

#include <string.h>
#include <strings.h>

static const struct {
    const char *written, *said; // written in lower case
} words[] = {
    {"zalo", "da lô"},
    {"facebook", "phây búc"},
    {"fanpage", "phen pết"},
    {"internet", "in tơ nét"},
    {"wifi", "goai phai"},
    {"wi-fi", "goai phai"},
    {"online", "on lai"},
    {"offline", "óp lai"},
    {"video", "vi đê ô"},
    {"email", "i meo"},
    {"e-mail", "i meo"},
    {"gmail", "gi meo"},
    {"website", "oép sai"},
    {"web", "oép"},
    {"livestream", "lai trim"},
    {"camera", "ca mê ra"},
    {"app", "áp"},
    {"smartphone", "điện thoại thông minh"},
    {"google", "gu gồ"},
    {"youtube", "diu túp"},
    {"tiktok", "tích tốc"},
    {"viber", "vai bơ"},
    {"messenger", "mét xen giơ"},
    {"sms", "tin nhắn"},
    {"qr", "quy a"},
    {"gps", "gi pi ét"},
    {"atm", "a tê em"},
    {"vaccine", "vắc xin"},
    {"vacxin", "vắc xin"},
    {"covid", "cô vít"},
    {"container", "công te nơ"},
    {"karaoke", "ka ra ô kê"},
    {"clip", "cờ líp"},
    {"file", "phai"},
    {"fax", "phách"},
    {"link", "đường dẫn"},
    {"hotline", "đường dây nóng"},
    {"logo", "lô gô"},
    {"robot", "rô bốt"},
    {"radio", "ra đi ô"},
    {"marathon", "ma ra tông"},
    {"festival", "phét ti van"},
    {"farm", "pham"},
    {"smart", "xì mát"},
    {"pin", "pin"},
    {"sim", "sim"},
    {"led", "lét"},
    {"bluetooth", "blu tút"},
};

size_t scan_foreign(struct scan *scan)
{
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].written);
        if (size > scan->text.size - scan->at || scan_is_word(scan_byte(scan, scan->at + size)) ||
            strncasecmp((const char *)scan->text.data + scan->at, words[i].written, size) != 0)
            continue;
        lt_buffer_print(scan->out, "%s", words[i].said);
        return size;
    }
    return 0;
}
