// Reads the same folder as the running host, which looks at it once a second.
#include "quarantined.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include <lienthon/json.h>

#include "aside.h"
#include "plain.h"
#include "presence.h"

enum { NAMES_MAX = 1024 * 1024, TEXT_MAX = 8 * 1024 * 1024 };

static const char *wish_name(enum aside_wish wish)
{
    static const char *const names[] = {"", "release", "release", "done"};
    return names[wish];
}

static void print_json(const struct aside_item *item, const char *id)
{
    const struct lt_part *part = &item->sealed.part;
    json_t *row = json_pack(
        "{s:s, s:s, s:s%, s:s%, s:s, s:s, s:s, s:s, s:I}", "name", item->name, "id", id, "from",
        (const char *)part->from.data, part->from.size, "type", (const char *)part->type.data,
        part->type.size, "target", item->target, "reason", aside_reason_name(item->reason), "why",
        item->why, "decided", wish_name(item->wish), "at", (json_int_t)item->at);
    char *text = row ? json_dumps(row, JSON_COMPACT) : NULL;
    if (text)
        puts(text);
    free(text);
    json_decref(row);
}

static void print_row(const struct aside_item *item, bool as_json)
{
    const struct lt_part *part = &item->sealed.part;
    char id[37];
    lt_id_print(part->id, id);
    if (as_json) {
        print_json(item, id);
        return;
    }
    printf("%s %.*s from %.*s, target %s\n  %s: ", id, (int)part->type.size,
           (const char *)part->type.data, (int)part->from.size, (const char *)part->from.data,
           item->target, aside_reason_name(item->reason));
    plain_print(lt_slice_of(item->why), NULL);
    putchar('\n');
    if (item->wish != ASIDE_NONE)
        printf("  decided: %s; the bridge has not seen to it yet\n", wish_name(item->wish));
}

static bool is_meant(const struct aside_item *item, const char *wanted)
{
    char id[37];
    lt_id_print(item->sealed.part.id, id);
    return !wanted || strcmp(wanted, id) == 0 || strcmp(wanted, item->name) == 0;
}

static enum lt_code act(const char *folder, const char *state, const struct aside_item *item,
                        const char *verb, bool as_json, struct lt_error *error)
{
    struct lt_buffer text = {.max = TEXT_MAX};
    enum lt_code code = LT_DONE;
    if (strcmp(verb, "list") == 0) {
        print_row(item, as_json);
    } else if (strcmp(verb, "show") == 0) {
        print_row(item, as_json);
        code = as_json ? LT_DONE : lt_json_from_part(&item->sealed.part, &text, true, error);
        if (code == LT_DONE && text.size)
            plain_print(lt_buffer_slice(&text), "");
    } else {
        code = aside_ask(folder, item->name, verb[0] == 'r' ? ASIDE_RELEASE : ASIDE_DONE, error);
        if (code == LT_DONE && !as_json)
            printf("%s: %s\n", verb,
                   presence_holder(state) ? "the bridge is told"
                                          : "the bridge sees to it when it is started");
    }
    lt_buffer_clear(&text);
    return code;
}

// What is damaged keeps nobody from the others.
static enum lt_code each(const char *folder, const char *state, const char *verb,
                         const char *wanted, bool as_json, struct lt_error *error)
{
    struct lt_buffer names = {.max = NAMES_MAX};
    size_t meant = 0;
    enum lt_code code = aside_names(folder, &names, error);
    struct lt_error damaged = {0};
    for (size_t at = 0; code == LT_DONE && at < names.size; at += LEDGER_NAME_SIZE) {
        struct aside_item item;
        if (aside_read(folder, (const char *)names.data + at, &item, &damaged) == LT_DONE &&
            is_meant(&item, wanted)) {
            meant++;
            code = act(folder, state, &item, verb, as_json, error);
        }
        if (item.sealed_bytes.data)
            aside_clear(&item);
    }
    if (code == LT_DONE && damaged.code != LT_DONE && damaged.code != LT_NOT_FOUND &&
        !(wanted && meant))
        code = lt_fail(error, damaged.code, "%s", damaged.text);
    if (code == LT_DONE && wanted && !meant)
        code = lt_fail(error, LT_NOT_FOUND, "nothing of the id %s is set aside", wanted);
    lt_buffer_clear(&names);
    return code;
}

enum lt_code quarantined(const struct instance *instance, char *const *words, size_t count,
                         bool as_json, struct lt_error *error)
{
    static const char *const verbs[] = {"list", "show", "release", "done"};
    const char *verb = count ? words[0] : "list";
    char *state = NULL, *folder = NULL;
    size_t known = 0;
    while (known < 4 && strcmp(verbs[known], verb) != 0)
        known++;
    if (known == 4 || count > 2 || (known == 0) != (count < 2))
        return lt_fail(error, LT_BAD_USE,
                       "--quarantine: list, show ID, release ID and done ID are allowed");
    enum lt_code code = instance_state(instance, NULL, &state, error);
    if (code == LT_DONE)
        code = lt_folder_path(state, ASIDE_FOLDER, &folder, error);
    if (code == LT_DONE)
        code = each(folder, state, verb, count > 1 ? words[1] : NULL, as_json, error);
    free(state);
    free(folder);
    return code;
}
