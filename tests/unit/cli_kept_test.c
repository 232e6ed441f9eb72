// The hours that a loudspeaker says it keeps to, against those of the commune: what the doctor makes of both.
#include <criterion/criterion.h>
#include <string.h>

#include <lienthon/json.h>

#include "doctor.h"
#include "kept.h"

static struct lt_buffer room, commune_room;

static struct lt_slice body_of(const char *json, struct lt_buffer *body)
{
    struct lt_error error = {0};
    lt_buffer_clear(body);
    *body = (struct lt_buffer){.max = 16384};
    cr_assert_eq(lt_json_to_body(lt_slice_of(json), NULL, body, &error), LT_DONE, "%s: %s", json,
                 error.text);
    return lt_buffer_slice(body);
}

static struct kept kept_of(const char *json)
{
    struct kept kept;
    cr_assert(kept_read(body_of(json, &room), &kept), "%s", json);
    return kept;
}

static void teardown(void)
{
    lt_buffer_clear(&room);
    lt_buffer_clear(&commune_room);
}

TestSuite(cli_kept, .fini = teardown);

#define DAY "\"hamlet\": \"an-lac\", \"day\": {\"from\": \"06:00\", \"to\": \"21:00\"}"
#define PROGRAMME(name, at, more)                                                                  \
    "{\"name\": \"" name "\", \"at\": \"" at "\", \"minutes\": 30" more "}"

Test(cli_kept, what_means_the_same_is_the_same)
{
    const struct kept usual = kept_of("{" DAY ", \"programmes\": [" PROGRAMME(
        "sang", "05:00", "") "," PROGRAMME("chieu", "17:00", "") "]}");
    const struct kept otherwise = kept_of(
        "{" DAY
        ", \"own\": true, \"told\": 5, \"quiet\": {\"from\": \"03:00\", \"to\": \"03:00\"}, "
        "\"repeat_minutes\": 15, \"programmes\": [" PROGRAMME(
            "chieu", "17:00",
            ", \"closing\": true, \"days\": [7,6,5,4,3,2,1]") "," PROGRAMME("sang", "05:00",
                                                                            "") "]}");
    cr_expect(kept_same(&usual, &otherwise));
    cr_expect(otherwise.own && otherwise.told == 5 && !usual.own && usual.told == 0);
    static const char *const others[] = {
        "{" DAY ", \"programmes\": [" PROGRAMME("sang", "05:00", "") "]}",
        "{" DAY ", \"programmes\": [" PROGRAMME("sang", "05:00", "") "," PROGRAMME("chieu", "17:01",
                                                                                   "") "]}",
        "{" DAY ", \"programmes\": [" PROGRAMME("sang", "05:00", "") "," PROGRAMME(
            "chieu", "17:00", ", \"days\": [1]") "]}",
        "{" DAY
        ", \"quiet\": {\"from\": \"21:00\", \"to\": \"04:00\"}, \"programmes\": [" PROGRAMME(
            "sang", "05:00", "") "," PROGRAMME("chieu", "17:00", "") "]}",
        "{" DAY ", \"volume\": [{\"from\": \"05:00\", \"to\": \"06:00\", \"percent\": 50}], "
        "\"programmes\": [" PROGRAMME("sang", "05:00", "") "," PROGRAMME("chieu", "17:00", "") "]}",
        "{" DAY ", \"repeat_minutes\": 0, \"programmes\": [" PROGRAMME(
            "sang", "05:00", "") "," PROGRAMME("chieu", "17:00", "") "]}",
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        const struct kept other = kept_of(others[i]);
        cr_expect_not(kept_same(&usual, &other), "%s", others[i]);
    }
}

static bool is_heard(const char *at, const char *more)
{
    char json[512];
    snprintf(json, sizeof json,
             "{" DAY ", \"programmes\": [{\"name\": \"sang\", \"at\": \"%s\", \"minutes\": 30}]%s}",
             at, more);
    const struct kept kept = kept_of(json);
    return kept_is_heard(&kept, &kept.programmes[0]);
}

#define QUIET(from, to) ", \"quiet\": {\"from\": \"" from "\", \"to\": \"" to "\"}"
#define LOUD(from, to, percent)                                                                    \
    "{\"from\": \"" from "\", \"to\": \"" to "\", \"percent\": " percent "}"

Test(cli_kept, a_programme_that_quiet_hours_or_volume_swallow_is_never_heard)
{
    cr_expect(is_heard("05:00", ""));
    cr_expect_not(is_heard("05:00", QUIET("21:00", "05:30")));
    cr_expect(is_heard("05:00", QUIET("21:00", "05:29")));
    cr_expect_not(is_heard("23:45", QUIET("23:00", "04:00")), "over midnight");
    cr_expect(is_heard("05:00", QUIET("05:00", "05:00")), "there are none");
    cr_expect_not(is_heard("05:00", ", \"volume\": [" LOUD("04:00", "06:00", "0") "]"));
    cr_expect(is_heard("05:00", ", \"volume\": [" LOUD("05:00", "05:10",
                                                       "60") "," LOUD("04:00", "06:00", "0") "]"),
              "the first that fits");
    cr_expect_not(is_heard(
        "05:00", QUIET("05:10", "06:00") ", \"volume\": [" LOUD("05:00", "05:10", "0") "]"));
}

Test(cli_kept, what_does_not_fit_is_not_read)
{
    static const char *const wrong[] = {
        "{}",
        "{\"hamlet\": \"an-lac\"}",
        "{\"hamlet\": 5, \"day\": {\"from\": \"06:00\", \"to\": \"21:00\"}}",
        "{\"hamlet\": \"an-lac\", \"day\": {\"from\": \"06:00\", \"to\": \"24:00\"}}",
        "{" DAY ", \"programmes\": [{}]}",
        "{" DAY ", \"programmes\": [" PROGRAMME("sang", "05:00", ", \"days\": [0]") "]}",
        "{" DAY ", \"programmes\": [5,5,5,5,5,5,5,5,5,5,5,5,5]}",
        "{" DAY ", \"volume\": [" LOUD("05:00", "06:00", "101") "]}",
        "{" DAY ", \"own\": 1}",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct kept kept;
        cr_expect_not(kept_read(body_of(wrong[i], &room), &kept), "%s", wrong[i]);
    }
}

Test(cli_kept, they_are_told_as_commune_yaml_has_them)
{
    struct kept_words words;
    struct kept kept = kept_of("{" DAY ", \"programmes\": [" PROGRAMME(
        "sang", "05:00", ", \"days\": [1,3], \"closing\": false") "]"
                                                                  "}");
    kept_say(&kept, &words);
    cr_expect_str_eq(words.programmes, "sang 05:00 30m days 1 3 no-closing");
    cr_expect_str_eq(words.day, "06:00-21:00");
    cr_expect_str_eq(words.quiet, "none");
    cr_expect_str_eq(words.volume, "100");
    kept = kept_of(
        "{" DAY QUIET("21:30", "04:30") ", \"volume\": [" LOUD("05:00", "06:00", "60") "]}");
    kept_say(&kept, &words);
    cr_expect_str_eq(words.programmes, "none");
    cr_expect_str_eq(words.quiet, "21:30-04:30");
    cr_expect_str_eq(words.volume, "05:00-06:00 60, else 100");
}

// --- the doctor ---

enum { NEWEST = 1000 };

#define AREA(hamlet, programmes)                                                                   \
    "{\"hamlet\": \"" hamlet "\", \"day\": {\"from\": \"06:00\", \"to\": \"21:00\"}, "             \
    "\"programmes\": [" programmes "]}"

// What the doctor says of such a loudspeaker: "verdict text" of each finding, a line each. *same: its hours are the commune's.
static char *judged(const char *json, bool is_told, bool *same)
{
    static char said[2048];
    struct cli cli = {0};
    struct doctor doctor = {.cli = &cli, .check = "hours", .findings = json_array()};
    const struct lt_slice commune = body_of(
        "{\"utc_minutes\": 420, \"areas\": [" AREA(
            "tat-ca", PROGRAMME("sang", "05:00", "")) "," AREA("an-hoa",
                                                               PROGRAMME("sang", "05:30", "")) "]}",
        &commune_room);
    const struct lt_slice kept = json ? body_of(json, &room) : (struct lt_slice){0};
    *same = doctor_judge_hours(&doctor, "loa.an-lac.01", kept, commune, NEWEST, is_told);
    said[0] = '\0';
    for (size_t i = 0; i < json_array_size(doctor.findings); i++) {
        json_t *one = json_array_get(doctor.findings, i);
        const char *verdict = json_string_value(json_object_get(one, "verdict"));
        const bool is_wrong = strcmp(verdict, "ok") != 0 && strcmp(verdict, "skipped") != 0;
        cr_expect_eq(json_is_string(json_object_get(one, "advice")), is_wrong);
        snprintf(said + strlen(said), sizeof said - strlen(said), "%s %s\n", verdict,
                 json_string_value(json_object_get(one, "text")));
    }
    json_decref(doctor.findings);
    return said;
}

static bool has(const char *text, const char *part)
{
    return strstr(text, part) != NULL;
}

Test(cli_kept, the_doctor_knows_who_keeps_to_what)
{
    bool same = false;
    const char *said =
        judged("{" DAY ", \"told\": 1000, \"programmes\": [" PROGRAMME("sang", "05:00", "") "]}",
               true, &same);
    cr_expect(same);
    cr_expect_str_eq(said, "");
    said = judged("{\"hamlet\": \"an-hoa\", \"day\": {\"from\": \"06:00\", \"to\": \"21:00\"}, "
                  "\"told\": 1000, \"programmes\": [" PROGRAMME("sang", "05:30", "") "]}",
                  true, &same);
    cr_expect(same, "those of its hamlet");
    said = judged("{" DAY ", \"own\": true, \"told\": 1000, \"programmes\": [" PROGRAMME(
                      "sang", "09:00", "") "]}",
                  true, &same);
    cr_expect(!same && has(said, "ok loa.an-lac.01 has hours of its own") &&
                  has(said, "programmes sang 09:00 30m; day 06:00-21:00; quiet none; volume 100"),
              "%s", said);
    said = judged("{" DAY ", \"told\": 900, \"programmes\": [" PROGRAMME("sang", "04:00", "") "]}",
                  true, &same);
    cr_expect(!same && has(said, "warning loa.an-lac.01 has not heard the commune's hours"), "%s",
              said);
    said = judged("{" DAY ", \"own\": true, \"told\": 900, \"programmes\": [" PROGRAMME(
                      "sang", "04:00", "") "]}",
                  true, &same);
    cr_expect(has(said, "has not heard"), "its own may be right, the others are old: %s", said);
    said = judged("{" DAY ", \"programmes\": [" PROGRAMME("sang", "04:00", "") "]}", false, &same);
    cr_expect(!same && !said[0], "nobody was told those of the file: %s", said);
}

Test(cli_kept, the_doctor_warns_of_what_is_never_heard_and_says_what_it_does_not_know)
{
    bool same = true;
    const char *said =
        judged("{" DAY ", \"own\": true, \"told\": 1000" QUIET(
                   "21:00", "06:00") ", \"programmes\": [" PROGRAMME("sang", "05:00", "") "]}",
               true, &same);
    cr_expect(has(said, "warning loa.an-lac.01: the programme sang can never be heard"), "%s",
              said);
    same = true;
    said = judged(NULL, true, &same);
    cr_expect(!same && has(said, "skipped the hours of loa.an-lac.01 are not known"), "%s", said);
}
