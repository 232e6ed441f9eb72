// The longer stands before the shorter that begins it.
#include "units.h"

#include <string.h>

static const struct {
    const char *written, *said;
} units[] = {
    {"km/h", "ki lô mét một giờ"},
    {"m³/s", "mét khối một giây"},
    {"m3/s", "mét khối một giây"},
    {"m/s", "mét một giây"},
    {"g/l", "gam một lít"},
    {"mg/l", "mi li gam một lít"},
    {"km²", "ki lô mét vuông"},
    {"km2", "ki lô mét vuông"},
    {"km", "ki lô mét"},
    {"cm²", "xăng ti mét vuông"},
    {"cm2", "xăng ti mét vuông"},
    {"cm³", "xăng ti mét khối"},
    {"cm3", "xăng ti mét khối"},
    {"cm", "xăng ti mét"},
    {"mm", "mi li mét"},
    {"mg", "mi li gam"},
    {"ml", "mi li lít"},
    {"m²", "mét vuông"},
    {"m2", "mét vuông"},
    {"m³", "mét khối"},
    {"m3", "mét khối"},
    {"m", "mét"},
    {"kg", "ki lô gam"},
    {"kWh", "ki lô oát giờ"},
    {"kW", "ki lô oát"},
    {"kV", "ki lô vôn"},
    {"MW", "mê ga oát"},
    {"MB", "mê ga bai"},
    {"GB", "gi ga bai"},
    {"ha", "héc ta"},
    {"HP", "mã lực"},
    {"Hz", "héc"},
    {"dB", "đề xi ben"},
    {"g", "gam"},
    {"l", "lít"},
    {"V", "vôn"},
    {"W", "oát"},
    {"°C", "độ xê"},
    {"ºC", "độ xê"},
    {"oC", "độ xê"},
    {"độ C", "độ xê"},
    {"°", "độ"},
    {"%", "phần trăm"},
    {"‰", "phần nghìn"},
    {"VNĐ", "đồng"},
    {"VND", "đồng"},
    {"đ", "đồng"},
    {"USD", "đô la Mỹ"},
    {"$", "đô la"},
    {"k", "nghìn đồng"},
    {"tr", "triệu đồng"},
    {"phút", "phút"},
    {"'", "phút"},
};

// A letter alone behind a space may be the next word's; these are written at the number.
static bool is_far(const char *written)
{
    return strcmp(written, "k") == 0 || strcmp(written, "'") == 0 || strcmp(written, "V") == 0 ||
           strcmp(written, "W") == 0;
}

const char *unit_at(const struct scan *scan, size_t i, size_t *size)
{
    size_t space = scan_byte(scan, i) == ' ';
    for (size_t k = 0; k < sizeof units / sizeof *units; k++) {
        const char *written = units[k].written;
        size_t end = i + space + strlen(written);
        uint8_t last = (uint8_t)written[strlen(written) - 1];
        bool is_letter = scan_is_word(last) && strcmp(written, "‰") != 0;
        if (!scan_stands(scan, i + space, written) || (space && is_far(written)) ||
            (is_letter && scan_is_word(scan_byte(scan, end))))
            continue;
        *size = end - i;
        return units[k].said;
    }
    return NULL;
}
