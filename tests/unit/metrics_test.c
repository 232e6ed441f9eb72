// Figures as text, what is counted by whom, and the lines of the log.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "exposition.h"
#include "log.h"
#include "state/counts.h"
#include "state/subscriptions.h"

static const struct exposition_family family = {"lt_things", EXPOSITION_COUNTER, NULL, "Things."};
static const struct exposition_family times = {"lt_seconds", EXPOSITION_HISTOGRAM, "seconds",
                                               "Times."};

static void is(const struct exposition *page, const char *text)
{
    cr_assert(lt_slice_is(lt_buffer_slice(&page->out), text), "%.*s", (int)page->out.size,
              (const char *)page->out.data);
}

Test(exposition, names_a_counter_as_each_format_has_it)
{
    const char *const texts[] = {
        "# TYPE lt_things_total counter\n# HELP lt_things_total Things.\nlt_things_total 7\n",
        "# TYPE lt_things counter\n# HELP lt_things Things.\nlt_things_total 7\n# EOF\n",
    };
    for (int i = 0; i < 2; i++) {
        struct exposition page = {.out.max = 4096, .is_openmetrics = i == 1};
        exposition_open(&page, &family);
        exposition_number(&page, NULL, 0, 7);
        cr_assert(exposition_end(&page));
        is(&page, texts[i]);
        lt_buffer_clear(&page.out);
    }
}

Test(exposition, escapes_a_label_that_could_end_its_line)
{
    struct exposition page = {.out.max = 4096, .family = &family};
    const struct exposition_label labels[] = {{"a", "\"} 1\nx 2\\"}, {"b", "ấp"}};
    exposition_number(&page, labels, 2, 1);
    is(&page, "lt_things_total{a=\"\\\"} 1\\nx 2\\\\\",b=\"ấp\"} 1\n");
    lt_buffer_clear(&page.out);
}

Test(exposition, sums_a_histogram_up_to_each_bound)
{
    const struct histogram_scale scale = {.count = 3, .bounds = {0.001, 0.5, 2}};
    struct histogram histogram = {.count = 0};
    struct exposition page = {.out.max = 4096, .family = &times};
    const double values[] = {0.001, 0.25, 0.5, 1, 2.5};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        histogram_observe(&histogram, &scale, values[i]);
    exposition_histogram(&page, &histogram, &scale);
    is(&page, "lt_seconds_bucket{le=\"0.001\"} 1\nlt_seconds_bucket{le=\"0.5\"} 3\n"
              "lt_seconds_bucket{le=\"2.0\"} 4\nlt_seconds_bucket{le=\"+Inf\"} 5\n"
              "lt_seconds_sum 4.251\nlt_seconds_count 5\n");
    lt_buffer_clear(&page.out);
}

Test(exposition, says_when_the_page_is_too_long)
{
    struct exposition page = {.out.max = 64};
    exposition_open(&page, &family);
    for (int i = 0; i < 10; i++)
        exposition_number(&page, NULL, 0, 1);
    cr_assert_not(exposition_end(&page));
    cr_assert_leq(page.out.size, 64);
    lt_buffer_clear(&page.out);
}

Test(counts, a_hundred_principals_by_name_and_the_rest_together)
{
    struct broker_counts counts = {0};
    char name[32];
    for (int i = 0; i < COUNTS_PRINCIPALS + 50; i++) {
        snprintf(name, sizeof name, "nguoi.%d", i);
        counts_refuse(&counts, name, LT_NOT_ALLOWED, 2);
    }
    counts_refuse(&counts, "", LT_NOT_ALLOWED, 1);
    counts_refuse(&counts, "nguoi.3", LT_MALFORMED, 1);
    cr_assert_eq(counts.refusals.count, COUNTS_PRINCIPALS);
    cr_assert_eq(counts.other_refusals.codes[LT_NOT_ALLOWED - LT_MALFORMED], 2 * 50 + 1);
    const struct counts_refusals *mine = table_find(&counts.refusals, lt_slice_of("nguoi.3"));
    cr_assert_eq(mine->codes[LT_NOT_ALLOWED - LT_MALFORMED], 2);
    cr_assert_eq(mine->codes[0], 1);
    cr_assert_eq(counts.refused, 2 * (COUNTS_PRINCIPALS + 50) + 2);
    counts_clear(&counts);
}

Test(counts, a_code_that_is_not_the_wires_is_in_the_sum_alone)
{
    struct broker_counts counts = {0};
    counts_refuse(&counts, "a", LT_IO, 1);
    counts_refuse(&counts, "a", LT_DONE_BEFORE, 1);
    cr_assert_eq(counts.refused, 2);
    const struct counts_refusals *mine = table_find(&counts.refusals, lt_slice_of("a"));
    for (int i = 0; i < COUNTS_CODES; i++)
        cr_assert_eq(mine->codes[i], 0);
    counts_clear(&counts);
}

static void line_is(const struct log_field *fields, const char *text)
{
    char line[256];
    log_print("it happened", fields, line, sizeof line);
    cr_assert_str_eq(line, text);
}

Test(log, quotes_what_is_empty_or_not_plain)
{
    line_is(LOG_FIELDS(LOG_TEXT("a", "loa.01"), LOG_NUMBER("n", -3), LOG_TEXT("e", ""),
                       LOG_TEXT("w", "hai từ"), LOG_TEXT("q", "a=\"b\\")),
            "it happened a=loa.01 n=-3 e=\"\" w=\"hai từ\" q=\"a=\\\"b\\\\\"");
}

Test(log, escapes_what_could_begin_a_line)
{
    line_is(LOG_FIELDS(LOG_TEXT("d", "a\nE: b\r\x1b[0m\x7f\xc2\x85z")),
            "it happened d=\"a\\x0aE: b\\x0d\\x1b[0m\\x7f\\x85z\"");
}

Test(log, leaves_out_the_fields_that_do_not_fit)
{
    char line[32];
    log_print("it happened",
              LOG_FIELDS(LOG_NUMBER("a", 1), LOG_TEXT("b", "0123456789012345"), LOG_NUMBER("c", 2)),
              line, sizeof line);
    cr_assert_str_eq(line, "it happened a=1");
}

Test(log, paces_what_is_said_and_counts_the_rest)
{
    struct log_pace pace = {0};
    uint64_t tick = 5;
    for (int i = 0; i < 10; i++)
        cr_assert_eq(log_may(&pace, tick, 3, 1000), i < 3);
    cr_assert_eq(log_left_out(&pace), 7);
    cr_assert_eq(log_left_out(&pace), 0);
    cr_assert_not(log_may(&pace, tick + 999, 3, 1000));
    cr_assert(log_may(&pace, tick + 1000, 3, 1000));
    cr_assert_not(log_may(&pace, tick + 1500, 3, 1000));
    cr_assert(log_may(&pace, tick + 2000, 3, 1000));
    for (int i = 0; i < 10; i++)
        cr_assert_eq(log_may(&pace, tick + 100000, 3, 1000), i < 3);
}

Test(subscriptions, so_many_are_counted_by_name_and_a_place_comes_free)
{
    struct subscriptions *all = subscriptions_new(1);
    char pattern[] = "a", *patterns[] = {pattern};
    const struct era era = {.patterns = patterns, .pattern_count = 1};
    struct subscription *first = NULL, *last = NULL;
    char name[16];
    for (int i = 0; i <= SUBSCRIPTIONS_SHOWN; i++) {
        snprintf(name, sizeof name, "d%d", i);
        last = subscriptions_add(all, lt_slice_of("loa"), lt_slice_of(name), &era, 0);
        first = first ? first : last;
    }
    cr_assert(first->is_shown);
    cr_assert_not(last->is_shown);
    cr_assert_eq(subscription_counts_of(all, last), &all->others);
    cr_assert_eq(subscription_counts_of(all, first), &first->counts);
    cr_assert_not(subscriptions_add(all, lt_slice_of("loa"), lt_slice_of(""), &era, 0)->is_shown);
    subscriptions_remove(all, &first);
    cr_assert(subscriptions_add(all, lt_slice_of("loa"), lt_slice_of("x"), &era, 0)->is_shown);
    subscriptions_destroy(&all);
}
