// Names: every case of names.json, and patterns against a plain reference on random names.
#include <stdio.h>

#include "lienthon/name.h"
#include "vectors.h"

typedef bool rule(struct lt_slice text);
typedef bool relation(struct lt_slice a, struct lt_slice b);

static void check_list(const json_t *all, const char *list, rule *valid, bool wanted)
{
    const json_t *cases = json_object_get(all, list);
    cr_assert(json_array_size(cases) > 0, "%s has no cases", list);
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(cases, i, one)
    {
        cr_expect_eq(valid(vectors_text(one)), wanted, "%s[%zu] '%s'", list, i,
                     json_string_value(one));
    }
}

static void check_pairs(const json_t *all, const char *list, relation *holds)
{
    const json_t *cases = json_object_get(all, list);
    cr_assert(json_array_size(cases) > 0, "%s has no cases", list);
    size_t i = 0;
    const json_t *one = NULL;
    json_array_foreach(cases, i, one)
    {
        const struct lt_slice a = vectors_text(json_array_get(one, 0));
        const struct lt_slice b = vectors_text(json_array_get(one, 1));
        cr_expect_eq(holds(a, b), json_is_true(json_array_get(one, 2)), "%s[%zu] '%s' '%s'", list,
                     i, (const char *)a.data, (const char *)b.data);
    }
}

Test(name, every_vector_holds)
{
    json_t *all = vectors_load("names.json");
    check_list(all, "topics_valid", lt_topic_valid, true);
    check_list(all, "topics_invalid", lt_topic_valid, false);
    check_list(all, "patterns_valid", lt_pattern_valid, true);
    check_list(all, "patterns_invalid", lt_pattern_valid, false);
    check_list(all, "principals_valid", lt_principal_valid, true);
    check_list(all, "principals_invalid", lt_principal_valid, false);
    check_list(all, "types_valid", lt_type_valid, true);
    check_list(all, "types_invalid", lt_type_valid, false);
    check_list(all, "origins_valid", lt_origin_valid, true);
    check_list(all, "origins_invalid", lt_origin_valid, false);
    check_list(all, "principal_patterns_valid", lt_principal_pattern_valid, true);
    check_list(all, "principal_patterns_invalid", lt_principal_pattern_valid, false);
    check_pairs(all, "matches", lt_pattern_matches);
    check_pairs(all, "covers", lt_pattern_covers);
    check_pairs(all, "principal_matches", lt_principal_matches);
    check_pairs(all, "principal_covers", lt_principal_covers);
    json_decref(all);
}

Test(name, a_name_with_a_nul_or_high_bytes_is_refused_everywhere)
{
    const struct lt_slice nul = {(const uint8_t *)"a\0b", 3};
    cr_expect_not(lt_topic_valid(nul));
    cr_expect_not(lt_pattern_valid(nul));
    cr_expect_not(lt_principal_valid(nul));
    cr_expect_not(lt_durable_valid(nul));
    cr_expect_not(lt_topic_valid(lt_slice_of("a\xFF")));
    cr_expect_not(lt_origin_valid(lt_slice_of("zalo:a\xFF")));
    cr_expect_not(lt_origin_valid(lt_slice_of("zalo:a\xC2\x85")), "a C1 control character");
}

Test(name, a_durable_name_has_1_to_64_of_its_characters)
{
    char long_name[66];
    memset(long_name, 'a', 65);
    long_name[65] = '\0';
    cr_expect_not(lt_durable_valid(lt_slice_of(long_name)));
    long_name[64] = '\0';
    cr_expect(lt_durable_valid(lt_slice_of(long_name)));
    cr_expect(lt_durable_valid(lt_slice_of("zone.1_a-b")));
    cr_expect_not(lt_durable_valid(lt_slice_of("")));
    cr_expect_not(lt_durable_valid(lt_slice_of("Zone")));
    cr_expect_not(lt_durable_valid(lt_slice_of("a/b")));
}

Test(name, a_principal_inside_a_topic_is_written_with_slashes)
{
    char out[LT_TOPIC_MAX + 1];
    const size_t size = lt_principal_topic("$lt/grants/", lt_slice_of("loa.an-thuong.01"), out);
    cr_expect_str_eq(out, "$lt/grants/loa/an-thuong/01");
    cr_expect_eq(size, strlen(out));
    char prefix[LT_TOPIC_MAX + 1];
    memset(prefix, 'a', LT_TOPIC_MAX);
    prefix[LT_TOPIC_MAX] = '\0';
    cr_expect_eq(lt_principal_topic(prefix, lt_slice_of("a"), out), 0);
    cr_expect_eq(lt_principal_topic(prefix, lt_slice_of(""), out), LT_TOPIC_MAX);
}

// The reference: names as lists of small strings, rules written out recursively from wire.md.
enum { LEVELS = 4 };

struct levels {
    const char *level[LEVELS];
    size_t count;
};

static uint32_t state = 0x2545F491;

static uint32_t dice(uint32_t sides)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state % sides;
}

static struct levels roll(bool wildcards, const char *one, const char *rest, bool hub)
{
    static const char *const names[] = {"a", "b", "ab"};
    struct levels made = {.count = 1 + dice(LEVELS)};
    for (size_t i = 0; i < made.count; i++) {
        made.level[i] = names[dice(3)];
        if (wildcards && dice(3) == 0) {
            made.level[i] = one;
        }
        if (wildcards && i + 1 == made.count && dice(3) == 0) {
            made.level[i] = rest;
        }
        if (hub && i == 0 && dice(4) == 0) {
            made.level[i] = "$lt";
        }
    }
    return made;
}

static struct lt_slice join(const struct levels *levels, const char *separator, char *out,
                            size_t room)
{
    size_t size = 0;
    for (size_t i = 0; i < levels->count; i++) {
        size += (size_t)snprintf(out + size, room - size, "%s%s", i == 0 ? "" : separator,
                                 levels->level[i]);
    }
    return (struct lt_slice){(const uint8_t *)out, size};
}

static bool is(const char *level, const char *text)
{
    return strcmp(level, text) == 0;
}

static bool plainly_matches(const struct levels *pattern, size_t p, const struct levels *topic,
                            size_t t)
{
    if (p == 0 && t == 0 && is(topic->level[0], "$lt") && !is(pattern->level[0], "$lt")) {
        return false;
    }
    if (p == pattern->count) {
        return t == topic->count;
    }
    if (is(pattern->level[p], "#")) {
        return true;
    }
    if (t == topic->count) {
        return false;
    }
    return (is(pattern->level[p], "+") || is(pattern->level[p], topic->level[t])) &&
           plainly_matches(pattern, p + 1, topic, t + 1);
}

Test(name, patterns_match_as_a_plain_reference_says)
{
    size_t matched = 0;
    for (int i = 0; i < 200000; i++) {
        const struct levels pattern = roll(true, "+", "#", true);
        const struct levels topic = roll(false, "", "", true);
        char one[64];
        char other[64];
        const bool got = lt_pattern_matches(join(&pattern, "/", one, sizeof one),
                                            join(&topic, "/", other, sizeof other));
        cr_assert_eq(got, plainly_matches(&pattern, 0, &topic, 0), "'%s' '%s'", one, other);
        matched += got;
    }
    cr_assert_gt(matched, 1000);
}

// The level rule is stricter than sets of topics: what it covers must be a subset, on every topic.
Test(name, what_a_pattern_covers_matches_no_more_than_it)
{
    size_t covered = 0;
    for (int i = 0; i < 200000; i++) {
        const struct levels outer = roll(true, "+", "#", true);
        const struct levels inner = roll(true, "+", "#", true);
        char one[64];
        char other[64];
        if (!lt_pattern_covers(join(&outer, "/", one, sizeof one),
                               join(&inner, "/", other, sizeof other))) {
            cr_assert(strcmp(one, other) != 0, "'%s' does not cover itself", one);
            continue;
        }
        covered++;
        for (int j = 0; j < 20; j++) {
            const struct levels topic = roll(false, "", "", true);
            cr_assert(!plainly_matches(&inner, 0, &topic, 0) ||
                          plainly_matches(&outer, 0, &topic, 0),
                      "'%s' '%s'", one, other);
        }
    }
    cr_assert_gt(covered, 1000);
}

static bool plainly_covers_segments(const struct levels *outer, size_t o,
                                    const struct levels *inner, size_t i)
{
    if (o == outer->count || i == inner->count) {
        return o == outer->count && i == inner->count;
    }
    if (is(outer->level[o], "**")) {
        return true;
    }
    if (is(inner->level[i], "**") ||
        (!is(outer->level[o], "*") && !is(outer->level[o], inner->level[i]))) {
        return false;
    }
    return plainly_covers_segments(outer, o + 1, inner, i + 1);
}

Test(name, principal_patterns_cover_as_a_plain_reference_says)
{
    size_t covered = 0;
    for (int i = 0; i < 200000; i++) {
        const struct levels outer = roll(true, "*", "**", false);
        const struct levels inner = roll(i % 2 == 0, "*", "**", false);
        char one[64];
        char other[64];
        const bool got = lt_principal_covers(join(&outer, ".", one, sizeof one),
                                             join(&inner, ".", other, sizeof other));
        cr_assert_eq(got, plainly_covers_segments(&outer, 0, &inner, 0), "'%s' '%s'", one, other);
        covered += got;
    }
    cr_assert_gt(covered, 1000);
}
