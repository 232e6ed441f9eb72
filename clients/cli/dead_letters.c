// The hub's answers about dead letters, page by page.
#include "dead_letters.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/cursor.h>
#include <lienthon/pack.h>

#include "walk.h"

enum { PAGE = 1000, ARGS_MAX = 1024, ANSWER_MAX = 512 * 1024 };

static const char *keep(struct dead_letters *letters, struct lt_slice map, const char *key)
{
    struct lt_slice text = {0};
    if (!lt_map_str(map, key, &text)) {
        return "";
    }
    char **texts = realloc(letters->texts, (letters->text_count + 1) * sizeof *texts);
    char *copy = cli_copy(text);
    if (texts == NULL) {
        free(copy);
        return "";
    }
    letters->texts = texts;
    return texts[letters->text_count++] = copy;
}

static bool copy_name(struct lt_slice map, const char *key, char *out, size_t room)
{
    struct lt_slice text = {0};
    if (!lt_map_str(map, key, &text) || text.size >= room) {
        return false;
    }
    memcpy(out, text.data, text.size);
    out[text.size] = '\0';
    return true;
}

static bool read_bool(struct lt_slice map, const char *key)
{
    struct lt_slice value = {0};
    bool found = false;
    if (!lt_map_find(map, key, &value)) {
        return false;
    }
    struct lt_cursor cursor = lt_cursor_of(value);
    return lt_cursor_bool(&cursor, &found) && found;
}

static bool read_letter(struct dead_letters *letters, struct lt_slice map,
                        struct dead_letter *letter)
{
    struct lt_slice id = {0};
    *letter = (struct dead_letter){0};
    if (!copy_name(map, "principal", letter->principal, sizeof letter->principal) ||
        !copy_name(map, "durable", letter->durable, sizeof letter->durable) ||
        !lt_map_uint(map, "seq", &letter->seq)) {
        return false;
    }
    (void)lt_map_uint(map, "at", &letter->at);
    (void)lt_map_uint(map, "attempts", &letter->attempts);
    letter->state = keep(letters, map, "state");
    letter->detail = keep(letters, map, "detail");
    letter->is_kept = lt_map_bin(map, "id", &id) && id.size == LT_ID_SIZE;
    if (letter->is_kept) {
        memcpy(letter->id, id.data, LT_ID_SIZE);
    }
    letter->from = keep(letters, map, "from");
    letter->topic = keep(letters, map, "topic");
    letter->type = keep(letters, map, "type");
    (void)lt_map_uint(map, "stored", &letter->stored);
    (void)lt_map_uint(map, "expires", &letter->expires);
    (void)lt_map_uint(map, "priority", &letter->priority);
    letter->damaged = read_bool(map, "damaged");
    (void)lt_map_bin(map, "sealed", &letter->sealed);
    (void)lt_map_find(map, "again", &letter->again);
    return true;
}

// Adds one page; *last: the seq to go on after; *found: how many there were.
static void read_page(struct dead_letters *letters, uint64_t *last, size_t *found)
{
    struct walk walk = walk_of(&letters->values);
    struct lt_slice map;
    *found = 0;
    while (walk_value(&walk, &map)) {
        struct dead_letter letter;
        if (!read_letter(letters, map, &letter)) {
            continue;
        }
        struct dead_letter *list =
            realloc(letters->list, (letters->count + 1) * sizeof *letters->list);
        if (list == NULL) {
            return;
        }
        letters->list = list;
        list[letters->count++] = letter;
        *last = letter.seq;
        ++*found;
    }
}

static void pack_args(const char *principal, const char *durable, uint64_t seq, uint64_t after,
                      struct lt_buffer *args)
{
    lt_pack_map(args, (size_t)2 + (principal != NULL) + (durable != NULL) + (seq != 0));
    lt_pack_text(args, "after");
    lt_pack_uint(args, after);
    lt_pack_text(args, "limit");
    lt_pack_uint(args, PAGE);
    if (principal != NULL) {
        lt_pack_text(args, "principal");
        lt_pack_text(args, principal);
    }
    if (durable != NULL) {
        lt_pack_text(args, "durable");
        lt_pack_text(args, durable);
    }
    if (seq != 0) {
        lt_pack_text(args, "seq");
        lt_pack_uint(args, seq);
    }
}

enum lt_code dead_letters_load(struct session *session, const char *principal, const char *durable,
                               uint64_t seq, struct dead_letters *letters)
{
    uint64_t last = 0;
    size_t found = PAGE;
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && found >= PAGE) {
        struct lt_buffer args = {.max = ARGS_MAX};
        struct lt_buffer values = {.max = SESSION_ANSWER_MAX};
        pack_args(principal, durable, seq, last, &args);
        code = session_ask(session, "dead", lt_buffer_slice(&args), &values);
        lt_buffer_clear(&args);
        lt_buffer_clear(&letters->values); // the slices of one letter are of the last page
        letters->values = values;
        if (code == LT_DONE) {
            read_page(letters, &last, &found);
        }
    }
    return code;
}

void dead_letters_clear(struct dead_letters *letters)
{
    for (size_t i = 0; i < letters->text_count; i++) {
        free(letters->texts[i]);
    }
    free(letters->texts);
    free(letters->list);
    lt_buffer_clear(&letters->values);
    *letters = (struct dead_letters){0};
}

// [[code, text], …], one a seq.
static enum lt_code read_verdicts(struct lt_slice value, size_t count, enum lt_code *codes,
                                  char **texts, struct lt_error *error)
{
    struct lt_cursor cursor = lt_cursor_of(value);
    uint32_t found = 0;
    bool whole = lt_cursor_array(&cursor, &found) && found == count;
    for (size_t i = 0; whole && i < count; i++) {
        struct lt_slice text = {0};
        uint64_t code = 0;
        uint32_t fields = 0;
        whole = lt_cursor_array(&cursor, &fields) && fields >= 2 &&
                lt_cursor_uint(&cursor, LT_CLOSED, &code) && lt_cursor_str(&cursor, &text);
        for (; whole && fields > 2; fields--) {
            whole = lt_cursor_skip(&cursor, NULL);
        }
        if (whole) {
            codes[i] = (enum lt_code)code;
            texts[i] = cli_copy(text);
        }
    }
    for (size_t i = 0; !whole && i < count; i++) {
        free(texts[i]);
        texts[i] = NULL;
    }
    return whole ? LT_DONE
                 : lt_fail(error, LT_MALFORMED, "the hub's answer to AGAIN is not as it should be");
}

enum lt_code dead_letters_again(struct session *session, const char *principal, const char *durable,
                                const uint64_t *seqs, size_t count, enum lt_code *codes,
                                char **texts)
{
    struct lt_error *error = &session->cli->error;
    uint64_t token = 0;
    memset(texts, 0, count * sizeof *texts);
    enum lt_code code =
        lt_client_again(session->client, principal, durable, seqs, count, &token, error);
    const uint64_t until = cli_now() + session->wait_ms;
    struct lt_event *event = NULL;
    while (code == LT_DONE && (event = session_next(session, until)) != NULL) {
        const bool is_mine = event->kind == LT_EVENT_RESULT && event->token == token;
        if (is_mine && event->code == LT_DONE) {
            code = read_verdicts(event->value, count, codes, texts, error);
        } else if (is_mine) {
            code = lt_fail(error, event->code, "%s", event->text);
        }
        lt_event_destroy(&event);
        if (is_mine) {
            return code;
        }
    }
    return code != LT_DONE ? code
                           : lt_fail(error, LT_TIMED_OUT, "the hub at %s has not answered",
                                     session->identity.hub);
}
