// What the doctor says of troubles that no test machine can make: of clocks, versions, and what is overdue.
#include <criterion/criterion.h>
#include <string.h>
#include <sys/timex.h>

#include <lienthon/pack.h>

#include "doctor.h"

static struct doctor doctor;
static struct cli cli;

static void setup(void)
{
    memset(&doctor, 0, sizeof doctor);
    doctor.cli = &cli;
    doctor.session = SESSION_CLOSED;
    doctor.now = UINT64_C(1800000000000);
    doctor.is_up = true;
    doctor.check = "it";
    doctor.findings = json_array();
    doctor.stats = (struct lt_buffer){.max = 4096};
}

static void teardown(void)
{
    lt_buffer_clear(&doctor.stats);
    json_decref(doctor.findings);
}

TestSuite(cli_doctor, .init = setup, .fini = teardown);

static void stat_text(const char *name, const char *value)
{
    lt_pack_text(&doctor.stats, name);
    lt_pack_text(&doctor.stats, value);
}

static void stat_number(const char *name, uint64_t value)
{
    lt_pack_text(&doctor.stats, name);
    lt_pack_uint(&doctor.stats, value);
}

// The finding at this place: its verdict, and whether it has a sentence with this in it and, unless it is well, an advice.
static const char *finding(size_t index, const char *part)
{
    json_t *one = json_array_get(doctor.findings, index);
    const char *verdict = json_string_value(json_object_get(one, "verdict"));
    const char *text = json_string_value(json_object_get(one, "text"));
    const char *advice = json_string_value(json_object_get(one, "advice"));
    cr_assert_not_null(verdict);
    cr_expect_not_null(strstr(text, part), "%s", text);
    cr_expect_eq(advice != NULL, strcmp(verdict, "ok") != 0 && strcmp(verdict, "skipped") != 0);
    return verdict;
}

Test(cli_doctor, says_whether_somebody_keeps_the_clock)
{
    doctor_judge_ntp(&doctor, TIME_OK, 0);
    doctor_judge_ntp(&doctor, TIME_OK, STA_UNSYNC);
    doctor_judge_ntp(&doctor, TIME_ERROR, 0);
    doctor_judge_ntp(&doctor, -1, 0);
    cr_expect_str_eq(finding(0, "keeps"), "ok");
    cr_expect_str_eq(finding(1, "nobody keeps"), "warning");
    cr_expect_str_eq(finding(2, "nobody keeps"), "warning");
    cr_expect_str_eq(finding(3, "kernel"), "skipped");
}

static const char *clocks_apart(uint64_t here, uint64_t there)
{
    doctor.session.limits.ahead = 120;
    doctor.session.hub_time_at = here;
    doctor.session.hub_time = there;
    json_array_clear(doctor.findings);
    doctor_clock(&doctor);
    return finding(1, "clock");
}

Test(cli_doctor, compares_this_clock_with_the_hubs)
{
    const uint64_t now = doctor.now;
    cr_expect_str_eq(clocks_apart(now, now + 500), "ok");
    cr_expect_str_eq(clocks_apart(now, now - 30000), "warning");
    cr_expect_str_eq(clocks_apart(now + 121000, now), "problem");
    finding(1, "the hub's 2027-01-15");
}

Test(cli_doctor, says_when_hub_and_command_are_of_different_versions)
{
    lt_pack_map(&doctor.stats, 1);
    stat_text("version", CLI_VERSION);
    doctor_versions(&doctor);
    cr_expect_str_eq(finding(0, CLI_VERSION), "ok");
    lt_buffer_empty(&doctor.stats);
    lt_pack_map(&doctor.stats, 1);
    stat_text("version", "9.9.9");
    doctor_versions(&doctor);
    cr_expect_str_eq(finding(1, "9.9.9"), "warning");
    lt_buffer_empty(&doctor.stats);
    lt_pack_map(&doctor.stats, 1);
    stat_number("now", 1); // a hub of before
    doctor_versions(&doctor);
    cr_expect_str_eq(finding(2, "older"), "warning");
}

Test(cli_doctor, sees_what_should_have_gone_out)
{
    lt_pack_map(&doctor.stats, 3);
    stat_number("now", doctor.now);
    stat_number("due_next", doctor.now - 3 * 3600000);
    stat_number("deferred", 4);
    doctor_deferred(&doctor);
    cr_expect_str_eq(finding(0, "3 hours"), "problem");
    lt_buffer_empty(&doctor.stats);
    lt_pack_map(&doctor.stats, 3);
    stat_number("now", doctor.now);
    stat_number("due_next", doctor.now + 1000);
    stat_number("deferred", 4);
    doctor_deferred(&doctor);
    cr_expect_str_eq(finding(1, "4 messages"), "ok");
}

Test(cli_doctor, sees_a_hub_that_has_nearly_no_descriptors_left)
{
    lt_pack_map(&doctor.stats, 2);
    stat_number("descriptors", 900);
    stat_number("descriptors_most", 1000);
    doctor_descriptors(&doctor);
    cr_expect_str_eq(finding(0, "900 of its 1000"), "problem");
}

Test(cli_doctor, sees_a_store_that_fills_its_disk)
{
    char folder[] = "/tmp";
    cli.folder = folder;
    lt_pack_map(&doctor.stats, 3);
    stat_number("bytes", UINT64_C(10) << 30); // in ten days
    stat_number("oldest", doctor.now - UINT64_C(10) * 86400000);
    stat_number("disk_free", UINT64_C(5) << 30);
    doctor_disk(&doctor);
    cr_expect_not_null(json_array_get(doctor.findings, 0));
    doctor.has_commune = true; // now its store is looked at
    doctor.commune.hub.data = folder;
    json_array_clear(doctor.findings);
    doctor_disk(&doctor);
    cr_expect_str_eq(finding(1, "lasts 5 days"), "warning");
    cli.folder = NULL;
}

Test(cli_doctor, says_spans_and_sizes_in_words)
{
    char text[32];
    cr_expect_str_eq(doctor_span(UINT64_C(90) * 60000, text), "90 minutes");
    cr_expect_str_eq(doctor_span(UINT64_C(30) * 3600000, text), "30 hours");
    cr_expect_str_eq(doctor_span(UINT64_C(9) * 86400000, text), "9 days");
    cr_expect_str_eq(doctor_size(UINT64_C(300) << 20, text), "300 MiB");
    cr_expect_str_eq(doctor_size(UINT64_C(20) << 30, text), "20 GiB");
}
