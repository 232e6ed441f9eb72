// New moons and the sun's place, and the calendar's rules over them. Times in here are Julian days in
// universal time; "moon" counts new moons from that of 2000-01-06.
#include "lienthon/lunar.h"

#include <math.h>
#include <stddef.h>

#define PI         3.14159265358979323846
#define J1970      2440587.5 // the Julian day of 1970-01-01T00:00Z
#define J2000      2451545.0
#define SYNODIC    29.530588861
#define FIRST_MOON 2451550.09766
#define HANOI      (7.0 / 24)
#define CENTURY    36525.0

enum { YEAR_FIRST = 1900, YEAR_LAST = 2199, SOLSTICE_SECTOR = 9, ELEVENTH = 11 };

static double sine(double degrees)
{
    return sin(fmod(degrees, 360) * PI / 180);
}

// Of terrestrial over universal time, in days: Espenak and Meeus, for these centuries.
static double delta_t(double julian)
{
    double year = 2000 + (julian - J2000) / 365.25;
    double t = year - 2000;
    double seconds = 62.92 + 0.32217 * t + 0.005589 * t * t;
    if (year < 1986) {
        double u = (year - 1950) / 100;
        seconds = 29.07 + 40.7 * u - 42.7 * u * u - 15 * u * u * u;
    } else if (year > 2050) {
        double u = (year - 1820) / 100;
        seconds = -20 + 32 * u * u - 0.5628 * (2150 - fmin(year, 2150));
    }
    return seconds / 86400;
}

struct moon {
    double k, t, e;               // number, centuries, eccentricity
    double sun, moon, node, rise; // anomalies of sun and moon, argument of latitude, node
};

static struct moon moon_of(double k)
{
    double t = k / 1236.85, t2 = t * t, t3 = t2 * t, t4 = t3 * t;
    return (struct moon){
        .k = k,
        .t = t,
        .e = 1 - 0.002516 * t - 0.0000074 * t2,
        .sun = 2.5534 + 29.10535670 * k - 0.0000014 * t2 - 0.00000011 * t3,
        .moon = 201.5643 + 385.81693528 * k + 0.0107582 * t2 + 0.00001238 * t3 - 0.000000058 * t4,
        .node = 160.7108 + 390.67050284 * k - 0.0016118 * t2 - 0.00000227 * t3 + 0.000000011 * t4,
        .rise = 124.7746 - 1.56375588 * k + 0.0020672 * t2 + 0.00000215 * t3,
    };
}

// The periodic terms: a coefficient, and how often each angle counts; those with the sun's anomaly are
// weakened by the eccentricity.
static double periodic(const struct moon *m)
{
    static const struct {
        double size;
        int sun, moon, node;
    } terms[] = {
        {-0.40720, 0, 1, 0}, {0.17241, 1, 0, 0},    {0.01608, 0, 2, 0},  {0.01039, 0, 0, 2},
        {0.00739, -1, 1, 0}, {-0.00514, 1, 1, 0},   {0.00208, 2, 0, 0},  {-0.00111, 0, 1, -2},
        {-0.00057, 0, 1, 2}, {0.00056, 1, 2, 0},    {-0.00042, 0, 3, 0}, {0.00042, 1, 0, 2},
        {0.00038, 1, 0, -2}, {-0.00024, -1, 2, 0},  {-0.00007, 2, 1, 0}, {0.00004, 0, 2, -2},
        {0.00004, 3, 0, 0},  {0.00003, 1, 1, -2},   {0.00003, 0, 2, 2},  {-0.00003, 1, 1, 2},
        {0.00003, -1, 1, 2}, {-0.00002, -1, 1, -2}, {-0.00002, 1, 3, 0}, {0.00002, 0, 4, 0},
    };
    double sum = -0.00017 * sine(m->rise);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++) {
        double angle = terms[i].sun * m->sun + terms[i].moon * m->moon + terms[i].node * m->node;
        double weak = terms[i].sun == 0 ? 1 : terms[i].sun == 2 ? m->e * m->e : m->e;
        sum += terms[i].size * weak * sine(angle);
    }
    return sum;
}

static double planets(const struct moon *m)
{
    static const struct {
        double at, speed, size;
    } terms[] = {
        {251.88, 0.016321, 0.000165}, {251.83, 26.651886, 0.000164}, {349.42, 36.412478, 0.000126},
        {84.66, 18.206239, 0.000110}, {141.74, 53.303771, 0.000062}, {207.14, 2.453732, 0.000060},
        {154.84, 7.306860, 0.000056}, {34.52, 27.261239, 0.000047},  {207.19, 0.121824, 0.000042},
        {291.34, 1.844379, 0.000040}, {161.72, 24.198154, 0.000037}, {239.56, 25.513099, 0.000035},
        {331.55, 3.592518, 0.000023},
    };
    double sum = 0.000325 * sine(299.77 + 0.107408 * m->k - 0.009173 * m->t * m->t);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        sum += terms[i].size * sine(terms[i].at + terms[i].speed * m->k);
    return sum;
}

// The day in Hà Nội on which that new moon falls.
static int64_t new_moon(int number)
{
    struct moon m = moon_of(number);
    double t2 = m.t * m.t;
    double julian = FIRST_MOON + SYNODIC * m.k + 0.00015437 * t2 - 0.000000150 * t2 * m.t +
                    0.00000000073 * t2 * t2 + periodic(&m) + planets(&m);
    return (int64_t)floor(julian - delta_t(julian) - J1970 + HANOI);
}

// In which twelfth of its way from the spring equinox the sun stands as that day begins.
static int sector(int64_t day)
{
    double julian = (double)day + J1970 - HANOI;
    double t = (julian + delta_t(julian) - J2000) / CENTURY, t2 = t * t;
    double mean = 280.46646 + 36000.76983 * t + 0.0003032 * t2;
    double anomaly = 357.52911 + 35999.05029 * t - 0.0001537 * t2;
    double centre = (1.914602 - 0.004817 * t - 0.000014 * t2) * sine(anomaly) +
                    (0.019993 - 0.000101 * t) * sine(2 * anomaly) + 0.000289 * sine(3 * anomaly);
    double seen = mean + centre - 0.00569 - 0.00478 * sine(125.04 - 1934.136 * t);
    double turn = fmod(seen, 360);
    return (int)((turn < 0 ? turn + 360 : turn) / 30);
}

// The number of the new moon that begins the month in which the day lies.
static int moon_before(int64_t day)
{
    int number = (int)floor(((double)day + J1970 - FIRST_MOON) / SYNODIC) + 1;
    while (new_moon(number) > day)
        number--;
    return number;
}

static bool has_term(int number)
{
    return sector(new_moon(number)) != sector(new_moon(number + 1));
}

// The month with the winter solstice of that solar year.
static int eleventh(int year)
{
    int64_t day = 0;
    lt_solar_day(&(struct lt_solar_date){year, 12, 31}, &day);
    int number = moon_before(day);
    return sector(new_moon(number)) >= SOLSTICE_SECTOR ? number - 1 : number;
}

struct frame {
    int first, leap; // new moons: the eleventh month's, the leap month's or first - 1
};

// The months from the eleventh of the year before to that of the year.
static struct frame frame_of(int year)
{
    struct frame frame = {.first = eleventh(year - 1)};
    int next = eleventh(year);
    frame.leap = frame.first - 1;
    if (next - frame.first == 13) {
        frame.leap = frame.first + 1;
        while (has_term(frame.leap))
            frame.leap++;
    }
    return frame;
}

bool lt_lunar_of(int64_t day, struct lt_lunar_date *date)
{
    struct lt_solar_date solar;
    lt_solar_of(day, &solar);
    if (solar.year < YEAR_FIRST || solar.year > YEAR_LAST)
        return false;
    int number = moon_before(day);
    // The year that ends with the next eleventh month, this one not included.
    int year = number >= eleventh(solar.year) ? solar.year + 1 : solar.year;
    struct frame frame = frame_of(year);
    int steps = number - frame.first;
    bool behind = frame.leap >= frame.first && number >= frame.leap;
    int month = (ELEVENTH + steps - behind - 1) % 12 + 1;
    date->year = month >= ELEVENTH && steps - behind < 2 ? year - 1 : year;
    date->month = month;
    date->day = (int)(day - new_moon(number)) + 1;
    date->leap = number == frame.leap;
    return true;
}

bool lt_lunar_day(const struct lt_lunar_date *date, int64_t *day)
{
    if (date->year < YEAR_FIRST || date->year > YEAR_LAST || date->month < 1 || date->month > 12 ||
        date->day < 1 || date->day > 30)
        return false;
    struct frame frame = frame_of(date->month >= ELEVENTH ? date->year + 1 : date->year);
    int steps = date->month >= ELEVENTH ? date->month - ELEVENTH : date->month + 1;
    int number = frame.first + steps;
    bool has_leap = frame.leap >= frame.first;
    if (date->leap)
        number++;
    if (has_leap && number >= frame.leap && !date->leap)
        number++;
    struct lt_lunar_date back;
    *day = new_moon(number) + date->day - 1;
    return lt_lunar_of(*day, &back) && back.year == date->year && back.month == date->month &&
           back.day == date->day && back.leap == date->leap;
}

// --- the solar calendar: days of a year that begins in March ---

void lt_solar_of(int64_t day, struct lt_solar_date *date)
{
    int64_t from = day + 719468; // 0000-03-01
    int64_t era = (from >= 0 ? from : from - 146096) / 146097;
    int64_t in_era = from - era * 146097;
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153;
    date->day = (int)(in_year - (153 * month + 2) / 5 + 1);
    date->month = (int)(month < 10 ? month + 3 : month - 9);
    date->year = (int)(year + era * 400) + (date->month <= 2);
}

bool lt_solar_day(const struct lt_solar_date *date, int64_t *day)
{
    struct lt_solar_date back;
    if (date->month < 1 || date->month > 12 || date->day < 1 || date->day > 31)
        return false;
    int64_t year = date->year - (date->month <= 2);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t month = date->month > 2 ? date->month - 3 : date->month + 9;
    int64_t in_year = (153 * month + 2) / 5 + date->day - 1;
    *day = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + in_year - 719468;
    lt_solar_of(*day, &back);
    return back.year == date->year && back.month == date->month && back.day == date->day;
}
