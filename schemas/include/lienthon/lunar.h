// The Vietnamese lunar calendar, computed for time zone +7: months begin on the day of the new moon, the
// eleventh holds the winter solstice, and of thirteen months between two of these the first without a
// principal term is the leap one. New moons after Meeus, Astronomical Algorithms, chapter 49, the sun's
// longitude after chapter 25. Pure; holds for the years 1900 to 2199. A new moon within seconds of midnight (1944-06-20,
// 2054-05-07) may be told a day off.
#ifndef LIENTHON_LUNAR_H
#define LIENTHON_LUNAR_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A day is counted from 1970-01-01 (day 0) in Việt Nam's time.
struct lt_lunar_date {
    int year;  // the solar year in which its first month begins: 2026 is Bính Ngọ
    int month; // 1..12
    int day;   // 1..30
    bool leap; // the second month of that number
};

// The lunar date of a day. false: outside the years that this calendar holds for.
bool lt_lunar_of(int64_t day, struct lt_lunar_date *date);
// The day of a lunar date. false: there is no such date (no leap month of that number, a month of 29
// days), or it is outside the years.
bool lt_lunar_day(const struct lt_lunar_date *date, int64_t *day);

// The same for the solar calendar (Gregorian).
struct lt_solar_date {
    int year, month, day;
};
void lt_solar_of(int64_t day, struct lt_solar_date *date);
// false: there is no such date.
bool lt_solar_day(const struct lt_solar_date *date, int64_t *day);

#ifdef __cplusplus
}
#endif
#endif
