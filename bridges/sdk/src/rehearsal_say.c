// A row of JSON, or some lines for a person.
#include "rehearsal_say.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>
#include <lienthon/json.h>

#include "aside.h"
#include "plain.h"
#include "resting.h"

enum { TEXT_MAX = 8 * 1024 * 1024 };

// Is it set aside for a person to decide?
static bool is_aside(const struct lt_bridge_host *host, const struct target *target,
                     const struct lt_part *part)
{
    char name[LEDGER_NAME_SIZE];
    char *folder = NULL;
    enum aside_wish wish;
    bool found = ledger_name(target->name, part, name) &&
                 instance_state(&host->instance, ASIDE_FOLDER, &folder, NULL) == LT_DONE &&
                 aside_has(folder, name, &wish);
    free(folder);
    return found;
}

static const char *outcome_of(const struct ruling *ruling)
{
    switch (ruling->kind) {
    case RULING_GIVE:
        return "given";
    case RULING_WAIT:
        return "waits";
    case RULING_REFUSE:
        return "refused";
    default:
        return ruling->outcome ? ruling->outcome : "done before";
    }
}

static void say_json(const struct lt_bridge_host *host, const struct target *target,
                     const struct lt_part *part, const struct ruling *ruling, const char *id)
{
    const struct lt_bridge *bridge = host->instance.bridge;
    struct lt_buffer gift = {.max = TEXT_MAX};
    bool gives = ruling->kind == RULING_GIVE && bridge->describe &&
                 bridge->describe(host->instance.state, target->name, part, &gift);
    const char *why = ruling->kind == RULING_REFUSE ? ruling->error.text : ruling->detail;
    json_t *would =
        gives && gift.size ? json_stringn((const char *)gift.data, gift.size) : json_null();
    struct resting rest = {0};
    bool rests = resting_read(&host->instance, target->name, &rest);
    json_t *row = json_pack(
        "{s:s, s:s%, s:s%, s:s%, s:s, s:s, s:s?, s:b, s:I, s:s?, s:s?, s:o?}", "id", id, "type",
        (const char *)part->type.data, part->type.size, "topic", (const char *)part->topic.data,
        part->topic.size, "from", part->from.size ? (const char *)part->from.data : "",
        part->from.size, "target", target->name, "outcome", outcome_of(ruling), "why", why,
        "set_aside", is_aside(host, target, part), "rests_until", (json_int_t)rest.until,
        "rests_why", rests ? rest.why : NULL, "rate", host->instance.settings.rate, "would", would);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    puts(text ? text : "{}");
    free(text);
    json_decref(row);
    lt_buffer_clear(&gift);
}

static void say_gift(const struct lt_bridge_host *host, const struct target *target,
                     const struct lt_part *part)
{
    const struct lt_bridge *bridge = host->instance.bridge;
    struct lt_buffer text = {.max = TEXT_MAX};
    bool whole = bridge->describe
                     ? bridge->describe(host->instance.state, target->name, part, &text)
                     : lt_json_from_part(part, &text, true, NULL) == LT_DONE;
    printf("  would be given to %s:\n", bridge->name);
    plain_print(whole ? lt_buffer_slice(&text) : lt_slice_of("(it cannot be shown)"), "    ");
    lt_buffer_clear(&text);
}

static void say_wait(const struct ruling *ruling, const struct lt_part *part)
{
    char until[64] = "";
    time_t at = (time_t)(part->deliver_at / 1000);
    struct tm local;
    if (strcmp(ruling->detail, "hour") == 0 && localtime_r(&at, &local))
        strftime(until, sizeof until, " until %Y-%m-%d %H:%M:%S", &local);
    printf("  would wait for %s%s\n",
           strcmp(ruling->detail, "hour") == 0          ? "its hour,"
           : strcmp(ruling->detail, "second-hand") == 0 ? "a second person's approval"
                                                        : "the hub's time",
           until);
}

// What it would have to wait for at the gate of its target, by what the running instance has noted.
static void say_gate(const struct lt_bridge_host *host, const struct target *target,
                     const struct lt_part *part)
{
    struct resting rest;
    char until[64] = "";
    struct tm local;
    if (resting_read(&host->instance, target->name, &rest)) {
        time_t at = (time_t)(rest.until / 1000);
        if (localtime_r(&at, &local))
            strftime(until, sizeof until, "%H:%M:%S", &local);
        printf("  %s there until %s: ",
               part->priority >= LT_HOA_TOC ? "at once, though else nothing is tried"
                                            : "but nothing is tried",
               until);
        plain_print(lt_slice_of(rest.why), NULL);
        putchar('\n');
    }
    if (host->instance.settings.rate)
        printf("  at the rate of %s: it may have to wait for its turn\n",
               host->instance.settings.rate);
}

static void say_text(const struct lt_bridge_host *host, const struct target *target,
                     const struct lt_part *part, const struct ruling *ruling, const char *id)
{
    printf("%s %.*s on %.*s%s%.*s, target %s\n", id, (int)part->type.size,
           (const char *)part->type.data, (int)part->topic.size, (const char *)part->topic.data,
           part->from.size ? " from " : "", (int)part->from.size,
           part->from.size ? (const char *)part->from.data : "", target->name);
    switch (ruling->kind) {
    case RULING_GIVE:
        say_gift(host, target, part);
        say_gate(host, target, part);
        break;
    case RULING_WAIT:
        say_wait(ruling, part);
        break;
    case RULING_REFUSE:
        fputs("  would be refused: ", stdout);
        plain_print(lt_slice_of(ruling->error.text), NULL);
        putchar('\n');
        break;
    case RULING_CLOSE:
        printf("  would not reach the bridge: %s%s%s\n", outcome_of(ruling),
               ruling->detail ? ", " : "", ruling->detail ? ruling->detail : "");
        break;
    }
    if (is_aside(host, target, part))
        puts("  it is set aside: a person must decide (--quarantine)");
}

void rehearsal_say(const struct lt_bridge_host *host, const struct target *target,
                   const struct lt_part *part, const struct ruling *ruling, bool as_json)
{
    char id[37];
    lt_id_print(part->id, id);
    if (as_json)
        say_json(host, target, part, ruling, id);
    else
        say_text(host, target, part, ruling, id);
}
