// Steps all threads of a pattern's program through the text at once.
#include "regex_program.h"

#include <string.h>

struct threads {
    uint16_t at[REGEX_PROGRAM_MAX];
    size_t count;
};

struct matcher {
    const struct regex *regex;
    struct threads threads[2];
    uint64_t listed[REGEX_PROGRAM_MAX / 64]; // instructions reached at this place
    uint16_t stack[REGEX_PROGRAM_MAX];
    bool at_begin, at_end, is_match;
};

static bool list(struct matcher *m, uint16_t at)
{
    const uint64_t bit = UINT64_C(1) << (at % 64);
    if ((m->listed[at / 64] & bit) != 0) {
        return false;
    }
    m->listed[at / 64] |= bit;
    return true;
}

static void push(struct matcher *m, size_t *depth, uint16_t at)
{
    if (list(m, at)) {
        m->stack[(*depth)++] = at;
    }
}

// Follows what needs no character from `at`, and keeps the sets that wait for one.
static uint64_t follow(struct matcher *m, struct threads *threads, uint16_t at)
{
    size_t depth = 0;
    uint64_t steps = 0;
    push(m, &depth, at);
    while (depth > 0) {
        const uint16_t now = m->stack[--depth];
        const struct regex_instruction *instruction = &m->regex->program[now];
        steps++;
        switch ((enum regex_op)instruction->op) {
        case REGEX_SET:
            threads->at[threads->count++] = now;
            break;
        case REGEX_SPLIT:
            push(m, &depth, instruction->x);
            push(m, &depth, instruction->y);
            break;
        case REGEX_JUMP:
            push(m, &depth, instruction->x);
            break;
        case REGEX_BEGIN:
        case REGEX_END:
            if (instruction->op == REGEX_BEGIN ? m->at_begin : m->at_end) {
                push(m, &depth, (uint16_t)(now + 1));
            }
            break;
        case REGEX_MATCH:
            m->is_match = true;
            break;
        }
    }
    return steps;
}

static bool in_set(const struct regex *regex, const struct regex_instruction *set, uint32_t point)
{
    for (size_t i = 0; i < set->y; i++) {
        const struct regex_range *range = &regex->ranges[set->x + i];
        if (point >= range->low && point <= range->high) {
            return true;
        }
    }
    return false;
}

bool regex_matches(const struct regex *regex, struct lt_slice text, uint64_t *budget)
{
    struct matcher m;
    m.regex = regex;
    m.is_match = false;
    memset(m.listed, 0, sizeof m.listed);
    m.threads[0].count = 0;
    m.threads[1].count = 0;
    const uint8_t *at = text.data;
    const uint8_t *end = text.data + text.size;
    struct threads *now = &m.threads[0];
    struct threads *next = &m.threads[1];
    for (bool is_first = true;; is_first = false) {
        m.at_begin = is_first;
        m.at_end = at == end;
        uint64_t steps = follow(&m, now, 0);
        if (m.is_match || at == end) {
            return m.is_match;
        }
        const uint32_t point = regex_character(&at, end);
        memset(m.listed, 0, sizeof m.listed);
        m.at_begin = false;
        m.at_end = at == end;
        next->count = 0;
        for (size_t i = 0; i < now->count; i++) {
            const struct regex_instruction *set = &regex->program[now->at[i]];
            steps += 1 + set->y;
            if (in_set(regex, set, point)) {
                steps += follow(&m, next, (uint16_t)(now->at[i] + 1));
            }
        }
        if (m.is_match) {
            return true;
        }
        if (steps >= *budget) {
            *budget = 0;
            return false;
        }
        *budget -= steps;
        struct threads *old = now;
        now = next;
        next = old;
    }
}
