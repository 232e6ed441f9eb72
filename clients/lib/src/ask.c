// The hub's questions by name, with their arguments as MessagePack.
#include <lienthon/ask.h>

#include <lienthon/pack.h>

#include "sized.h"

static struct lt_buffer arguments(size_t count)
{
    struct lt_buffer args = {.max = LT_FRAME_MAX / 2};
    lt_pack_map(&args, count);
    return args;
}

static void add_text(struct lt_buffer *args, const char *name, const char *text)
{
    if (!text)
        return;
    lt_pack_text(args, name);
    lt_pack_text(args, text);
}

static void add_number(struct lt_buffer *args, const char *name, uint64_t number)
{
    if (number == 0)
        return;
    lt_pack_text(args, name);
    lt_pack_uint(args, number);
}

static void add_id(struct lt_buffer *args, const uint8_t id[LT_ID_SIZE])
{
    lt_pack_text(args, "id");
    lt_pack_bin(args, id, LT_ID_SIZE);
}

// Takes the arguments.
static enum lt_code ask(lt_client *client, const char *name, struct lt_buffer *args,
                        uint64_t *token, struct lt_error *error)
{
    enum lt_code code =
        args->failed ? lt_fail(error, LT_NO_MEMORY, "no memory for the question, or it is too long")
                     : lt_client_query(client, name, lt_buffer_slice(args), token, error);
    lt_buffer_clear(args);
    return code;
}

enum lt_code lt_client_ask_status(lt_client *client, const uint8_t id[LT_ID_SIZE], const char *from,
                                  uint64_t *token, struct lt_error *error)
{
    struct lt_buffer args = arguments(from ? 2 : 1);
    add_id(&args, id);
    add_text(&args, "from", from);
    return ask(client, "status", &args, token, error);
}

enum lt_code lt_client_ask_why(lt_client *client, const uint8_t id[LT_ID_SIZE], const char *from,
                               const char *principal, const char *target, uint64_t *token,
                               struct lt_error *error)
{
    struct lt_buffer args = arguments(1 + (size_t)(from != NULL) + (size_t)(principal != NULL) +
                                      (size_t)(target != NULL));
    add_id(&args, id);
    add_text(&args, "from", from);
    add_text(&args, "principal", principal);
    add_text(&args, "target", target);
    return ask(client, "why", &args, token, error);
}

static size_t given(const struct lt_history *history)
{
    size_t count = 1;
    count += history->since > 0 ? 1 : 0;
    count += history->until > 0 ? 1 : 0;
    count += history->before > 0 ? 1 : 0;
    count += history->limit > 0 ? 1 : 0;
    count += history->text ? 1 : 0;
    count += history->type_count > 0 ? 1 : 0;
    return count;
}

enum lt_code lt_client_ask_history_sized(lt_client *client, const struct lt_history *wanted,
                                         size_t size, uint64_t *token, struct lt_error *error)
{
    struct lt_history history;
    enum lt_code code = sized_take(wanted, size, &history, sizeof history, error);
    if (code != LT_DONE)
        return code;
    if (!history.pattern || !lt_pattern_valid(lt_slice_of(history.pattern)))
        return lt_fail(error, LT_BAD_USE, "pattern: '%.80s' is no pattern, as an-thanh-1/# is",
                       history.pattern ? history.pattern : "");
    struct lt_buffer args = arguments(given(&history));
    add_text(&args, "pattern", history.pattern);
    add_number(&args, "since", history.since);
    add_number(&args, "until", history.until);
    add_number(&args, "before", history.before);
    add_number(&args, "limit", history.limit);
    add_text(&args, "text", history.text);
    if (history.type_count > 0) {
        lt_pack_text(&args, "types");
        lt_pack_array(&args, history.type_count);
    }
    for (size_t i = 0; i < history.type_count; i++)
        lt_pack_text(&args, history.types[i]);
    return ask(client, "history", &args, token, error);
}

enum lt_code lt_client_ask_last(lt_client *client, const char *pattern, uint64_t *token,
                                struct lt_error *error)
{
    struct lt_buffer args = arguments(1);
    add_text(&args, "pattern", pattern);
    return ask(client, "last", &args, token, error);
}

enum lt_code lt_client_ask_dead_sized(lt_client *client, const struct lt_dead *given_dead,
                                      size_t size, uint64_t *token, struct lt_error *error)
{
    struct lt_dead wanted;
    enum lt_code code = sized_take(given_dead, size, &wanted, sizeof wanted, error);
    if (code != LT_DONE)
        return code;
    size_t count = (size_t)(wanted.principal != NULL) + (size_t)(wanted.durable != NULL) +
                   (size_t)(wanted.seq > 0) + (size_t)(wanted.after > 0) +
                   (size_t)(wanted.limit > 0);
    struct lt_buffer args = arguments(count);
    add_text(&args, "principal", wanted.principal);
    add_text(&args, "durable", wanted.durable);
    add_number(&args, "seq", wanted.seq);
    add_number(&args, "after", wanted.after);
    add_number(&args, "limit", wanted.limit);
    return ask(client, "dead", &args, token, error);
}

static enum lt_code ask_all(lt_client *client, const char *name, uint64_t *token,
                            struct lt_error *error)
{
    return lt_client_query(client, name, (struct lt_slice){0}, token, error);
}

enum lt_code lt_client_ask_principals(lt_client *client, uint64_t *token, struct lt_error *error)
{
    return ask_all(client, "principals", token, error);
}

enum lt_code lt_client_ask_subscriptions(lt_client *client, uint64_t *token, struct lt_error *error)
{
    return ask_all(client, "subscriptions", token, error);
}

enum lt_code lt_client_ask_stats(lt_client *client, uint64_t *token, struct lt_error *error)
{
    return ask_all(client, "stats", token, error);
}
