// What a subscription asks for: patterns, types, priority.
#include <stdlib.h>
#include <string.h>

#include "must.h"
#include "subscriptions.h"

static char **copy_all(char *const *texts, size_t count)
{
    char **copies = must_calloc(count, sizeof *copies);
    for (size_t i = 0; i < count; i++)
        copies[i] = must_copy(texts[i], strlen(texts[i]));
    return copies;
}

struct era *era_copy(const struct era *era, struct era *into)
{
    *into = *era;
    into->patterns = copy_all(era->patterns, era->pattern_count);
    into->types = copy_all(era->types, era->type_count);
    return into;
}

void era_clear(struct era *era)
{
    for (size_t i = 0; i < era->pattern_count; i++)
        free(era->patterns[i]);
    for (size_t i = 0; i < era->type_count; i++)
        free(era->types[i]);
    free(era->patterns);
    free(era->types);
    memset(era, 0, sizeof *era);
}

static bool all_equal(char *const *a, size_t a_count, char *const *b, size_t b_count)
{
    if (a_count != b_count)
        return false;
    for (size_t i = 0; i < a_count; i++) {
        if (strcmp(a[i], b[i]) != 0)
            return false;
    }
    return true;
}

bool era_equal(const struct era *a, const struct era *b)
{
    return a->min_priority == b->min_priority && a->early == b->early &&
           all_equal(a->patterns, a->pattern_count, b->patterns, b->pattern_count) &&
           all_equal(a->types, a->type_count, b->types, b->type_count);
}

static const struct era *era_of(const struct subscription *sub, uint64_t seq)
{
    for (size_t i = sub->era_count; i > 1; i--) {
        if (sub->eras[i - 1].since < seq)
            return &sub->eras[i - 1];
    }
    return &sub->eras[0];
}

// Of a damaged message the type is not known: it may be any.
static bool wants_type(const struct era *era, struct lt_slice type)
{
    if (!type.size)
        return true;
    for (size_t i = 0; i < era->type_count; i++) {
        if (lt_slice_is(type, era->types[i]))
            return true;
    }
    return era->type_count == 0;
}

bool subscription_wants(const struct subscription *sub, uint64_t seq, struct lt_slice topic,
                        struct lt_slice type, uint8_t priority)
{
    const struct era *era = era_of(sub, seq);
    if (seq <= sub->begin || priority < era->min_priority || !wants_type(era, type))
        return false;
    for (size_t i = 0; i < era->pattern_count; i++) {
        if (lt_pattern_matches(lt_slice_of(era->patterns[i]), topic))
            return true;
    }
    return false;
}

bool subscription_is_early(const struct subscription *sub, uint64_t seq)
{
    return era_of(sub, seq)->early;
}

size_t era_levels(const struct era *era)
{
    size_t levels = era->pattern_count;
    for (size_t i = 0; i < era->pattern_count; i++) {
        for (const char *at = era->patterns[i]; *at; at++)
            levels += *at == '/';
    }
    return levels;
}
