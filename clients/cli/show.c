// One message, as a line for people or as JSON.
#include "show.h"

#include <stdio.h>

#include <lienthon/cursor.h>
#include <lienthon/json.h>

#include "compose.h"
#include "say.h"
#include "when.h"
#include "tongue.h"

enum { BODY_TEXT_MAX = 4 * 1024 * 1024 };

static const char *relation_words(uint8_t relation)
{
    static const char *const words[] = {"", PHRASE("answers "), PHRASE("replaces "),
                                        PHRASE("cancels ")};
    return relation > 0 && relation < 4 ? tongue(words[relation]) : "";
}

// The headline, what happens, what to do; and whether it is only a test.
static void show_alert(struct lt_slice body, struct lt_slice headline)
{
    static const char *const fields[] = {"description", "instruction"};
    struct lt_slice value;
    if (lt_map_str(body, "status", &value) && !lt_slice_is(value, "Actual")) {
        putchar('[');
        say_line(value);
        fputs("] ", stdout);
    }
    say_line(headline);
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        if (lt_map_str(body, fields[i], &value)) {
            fputs(i == 0 ? ": " : " ", stdout);
            say_line(value);
        }
    }
}

void show_body(const struct lt_part *part)
{
    struct lt_slice title;
    struct lt_slice text;
    if (lt_map_str(part->body, "text", &text)) {
        if (lt_map_str(part->body, "title", &title)) {
            say_line(title);
            fputs(": ", stdout);
        }
        say_line(text);
        return;
    }
    if (lt_slice_is(part->type, "alert.v1") && lt_map_str(part->body, "headline", &title)) {
        show_alert(part->body, title);
        return;
    }
    struct lt_buffer json = {.max = BODY_TEXT_MAX};
    if (lt_json_from_body(part->body, &json, false, NULL) == LT_DONE) {
        say_line(lt_buffer_slice(&json));
    } else {
        printf(tongue("(%zu bytes that are no body)"), part->body.size);
    }
    lt_buffer_clear(&json);
}

static void print_line(const struct lt_part *part, const char *doubt, const char *since)
{
    char created[WHEN_SIZE];
    char id[37];
    when_said(part->created, created);
    lt_id_print(part->id, id);
    printf("%s  %s  ", created, id);
    say_line(part->from);
    fputs("  ", stdout);
    say_line(part->topic);
    fputs("  ", stdout);
    say_line(part->type);
    printf("  %s%s  ", compose_urgency_name(part->priority),
           (part->flags & LT_DRILL) != 0 ? tongue(" drill") : "");
    if (part->relation != LT_NOTHING) {
        lt_id_print(part->re, id);
        printf("%s%s  ", relation_words(part->relation), id);
    }
    if (doubt != NULL) {
        fputs(tongue("NOT GENUINE: "), stdout);
        say_sentence(doubt);
    } else {
        show_body(part);
    }
    if (since != NULL) {
        printf("  (%s)", tongue(since));
    }
    putchar('\n');
}

void show_line(const struct lt_part *part, const char *doubt)
{
    print_line(part, doubt, NULL);
}

void show_since(const struct lt_part *part, const char *since, bool as_json)
{
    if (!as_json) {
        print_line(part, NULL, since);
        return;
    }
    json_t *json = show_json(part, NULL);
    if (json != NULL && since != NULL) {
        json_object_set_new(json, "since", json_string(since));
    }
    say_json(json);
}

json_t *show_json(const struct lt_part *part, const char *doubt)
{
    char id[37];
    lt_id_print(part->id, id);
    json_t *json = json_pack(
        "{s:s, s:o, s:o, s:o, s:i, s:i, s:I, s:I, s:I, s:i, s:b, s:b, s:b, s:o, s:b}", "id", id,
        "from", say_text(part->from), "topic", say_text(part->topic), "type", say_text(part->type),
        "priority", (int)part->priority, "label", (int)part->label, "created",
        (json_int_t)part->created, "expires", (json_int_t)part->expires, "deliver_at",
        (json_int_t)part->deliver_at, "relation", (int)part->relation, "retain",
        (part->flags & LT_RETAIN) != 0, "receipt", (part->flags & LT_RECEIPT) != 0, "drill",
        (part->flags & LT_DRILL) != 0, "body", say_value(part->body), "genuine", doubt == NULL);
    if (json == NULL) {
        return NULL;
    }
    if (part->relation != LT_NOTHING) {
        lt_id_print(part->re, id);
        json_object_set_new(json, "re", json_string(id));
    }
    if (part->origin.data != NULL) {
        json_object_set_new(json, "origin", say_text(part->origin));
    }
    if (doubt != NULL) {
        json_object_set_new(json, "doubt", json_string(doubt));
    }
    return json;
}

void show(const struct lt_part *part, const char *doubt, bool as_json)
{
    if (as_json) {
        say_json(show_json(part, doubt));
    } else {
        show_line(part, doubt);
    }
}
