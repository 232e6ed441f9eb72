#include "report.h"

#include <stdio.h>
#include <time.h>

#include <sodium.h>

static const char *const verdicts[] = {"held", "FAILED", "not seen"};
static const char *const keys[] = {"held", "failed", "not-seen"};

enum lt_code report_begin(struct report *report, bool as_json, struct lt_error *error)
{
    *report = (struct report){.as_json = as_json, .checks = json_array()};
    return report->checks ? LT_DONE : lt_fail(error, LT_NO_MEMORY, "no memory for the report");
}

void report_check(struct report *report, const struct check *check, const struct suite *suite,
                  int64_t took_ms)
{
    report->counts[suite->verdict]++;
    if (!report->as_json) {
        printf("%-8s  %-10s %s", verdicts[suite->verdict], check->name, check->shows);
        if (suite->why[0])
            printf("%s%s", suite->verdict == VERDICT_HELD ? "; " : "\n                     ",
                   suite->why);
        printf("\n");
        fflush(stdout);
        return;
    }
    json_t *row = json_pack("{s:s, s:s, s:s, s:I}", "name", check->name, "shows", check->shows,
                            "verdict", keys[suite->verdict], "ms", (json_int_t)took_ms);
    json_t *why = suite->why[0] ? json_string(suite->why) : NULL;
    if (why)
        json_object_set_new(row, "seen", why);
    json_array_append_new(report->checks, row);
}

static void hash_of(const char *path, char hex[2 * crypto_hash_sha256_BYTES + 1])
{
    crypto_hash_sha256_state state;
    unsigned char piece[65536], hash[crypto_hash_sha256_BYTES];
    size_t size;
    hex[0] = '\0';
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    crypto_hash_sha256_init(&state);
    while ((size = fread(piece, 1, sizeof piece, file)) > 0)
        crypto_hash_sha256_update(&state, piece, size);
    fclose(file);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(hex, 2 * crypto_hash_sha256_BYTES + 1, hash, sizeof hash);
}

static void end_as_text(const struct report *report, const char *bridge, const char *version,
                        const char *day, const char *hash, bool whole)
{
    const unsigned *counts = report->counts;
    if (counts[VERDICT_FAILED]) {
        printf("\n%u failed, %u held, %u not seen\n", counts[VERDICT_FAILED], counts[VERDICT_HELD],
               counts[VERDICT_NOT_SEEN]);
        return;
    }
    if (!whole) {
        printf("\n%u held, %u not seen; all checks together make the line for a README\n",
               counts[VERDICT_HELD], counts[VERDICT_NOT_SEEN]);
        return;
    }
    printf("\nPassed. For its README:\n\nLiên Thôn conformance " LT_PROJECT_VERSION ": %s%s%s, %s: "
           "%u held, 0 failed, %u not seen; sha256 %s\n",
           bridge, version ? " " : "", version ? version : "", day, counts[VERDICT_HELD],
           counts[VERDICT_NOT_SEEN], hash);
}

void report_end(struct report *report, const char *bridge, const char *version, const char *file,
                bool whole)
{
    char hash[2 * crypto_hash_sha256_BYTES + 1], day[32] = "";
    time_t now = time(NULL);
    struct tm parts;
    hash_of(file, hash);
    if (gmtime_r(&now, &parts))
        strftime(day, sizeof day, "%Y-%m-%d", &parts);
    if (!report->as_json) {
        end_as_text(report, bridge, version, day, hash, whole);
        return;
    }
    json_t *all =
        json_pack("{s:s, s:s, s:s, s:s, s:b, s:i, s:i, s:i, s:O}", "bridge", bridge, "suite",
                  LT_PROJECT_VERSION, "date", day, "sha256", hash, "passed",
                  whole && report->counts[VERDICT_FAILED] == 0, "held",
                  (int)report->counts[VERDICT_HELD], "failed", (int)report->counts[VERDICT_FAILED],
                  "not_seen", (int)report->counts[VERDICT_NOT_SEEN], "checks", report->checks);
    if (version)
        json_object_set_new(all, "version", json_string(version));
    json_dumpf(all, stdout, JSON_INDENT(2));
    printf("\n");
    json_decref(all);
}

void report_list(bool as_json)
{
    json_t *rows = as_json ? json_array() : NULL;
    for (const struct check *check = checks; check->name; check++)
        if (rows)
            json_array_append_new(
                rows, json_pack("{s:s, s:s}", "name", check->name, "shows", check->shows));
        else
            printf("%-10s %s\n", check->name, check->shows);
    if (rows) {
        json_dumpf(rows, stdout, JSON_INDENT(2));
        printf("\n");
    }
    json_decref(rows);
}

void report_clear(struct report *report)
{
    json_decref(report->checks);
    report->checks = NULL;
}
