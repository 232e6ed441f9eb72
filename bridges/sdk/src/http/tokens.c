// The store: each change is made beside the book, written, and only then the book itself.
#include "tokens_parts.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/settings/secret.h>

// In locked memory, all of it that is secret.
struct books {
    struct tokens_book book, next;
    struct tokens_entry held; // was given and is not on disk
};

struct lt_tokens {
    struct lt_tokens_config config;
    char *path, *name;
    struct books *books;
};

static bool is_there(const struct tokens_entry *entry)
{
    return entry->pair.access.size > 0;
}

static void take_over(struct tokens_entry *to, const struct tokens_entry *from)
{
    if (!is_there(from))
        memset(to, 0, sizeof *to);
    else
        tokens_copy(to, &from->pair);
}

static void copy_book(struct tokens_book *to, const struct tokens_book *from)
{
    take_over(&to->now, &from->now);
    take_over(&to->former, &from->former);
    to->asking = from->asking;
}

// With a refresh token it is that one's end which needs a person.
static void tell_health(const lt_tokens *tokens)
{
    const struct lt_token_pair *pair = lt_tokens_now(tokens);
    uint64_t until = 0;
    if (!tokens->config.host || !tokens->name)
        return;
    if (pair)
        until = pair->refresh.size ? pair->refresh_until : pair->access_until;
    lt_bridge_credential_until(tokens->config.host, tokens->name, until,
                               (uint64_t)tokens->config.soon_ms);
}

static struct tokens_book *begin(lt_tokens *tokens)
{
    copy_book(&tokens->books->next, &tokens->books->book);
    return &tokens->books->next;
}

static enum lt_code commit(lt_tokens *tokens, struct lt_error *error)
{
    const enum lt_code code = tokens_write(tokens->path, &tokens->books->next, error);
    if (code != LT_DONE)
        return code;
    copy_book(&tokens->books->book, &tokens->books->next);
    tell_health(tokens);
    return LT_DONE;
}

enum lt_code lt_tokens_open(const struct lt_tokens_config *config, lt_tokens **out,
                            struct lt_error *error)
{
    *out = NULL;
    if (!config->path || config->soon_ms < 0 || config->ahead_ms < 0)
        return lt_fail(error, LT_BAD_USE, "a token store needs a path, and times from 0 on");
    lt_tokens *tokens = calloc(1, sizeof *tokens);
    if (!tokens)
        return lt_fail(error, LT_NO_MEMORY, "no memory for tokens");
    tokens->config = *config;
    tokens->path = strdup(config->path);
    tokens->name = config->name ? strdup(config->name) : NULL;
    tokens->books = lt_secret_room(sizeof *tokens->books);
    enum lt_code code = LT_NO_MEMORY;
    if (!tokens->path || !tokens->books || (config->name && !tokens->name)) {
        lt_fail(error, code, "no locked memory for tokens");
    } else {
        memset(tokens->books, 0, sizeof *tokens->books);
        tokens_sweep(tokens->path);
        code = tokens_read(tokens->path, &tokens->books->book, error);
    }
    if (code == LT_DONE)
        tell_health(tokens);
    else
        lt_tokens_close(&tokens);
    *out = tokens;
    return code;
}

void lt_tokens_close(lt_tokens **tokens)
{
    if (!*tokens)
        return;
    lt_secret_room_free((*tokens)->books);
    free((*tokens)->name);
    free((*tokens)->path);
    free(*tokens);
    *tokens = NULL;
}

const struct lt_token_pair *lt_tokens_now(const lt_tokens *tokens)
{
    return is_there(&tokens->books->book.now) ? &tokens->books->book.now.pair : NULL;
}

const struct lt_token_pair *lt_tokens_former(const lt_tokens *tokens)
{
    return is_there(&tokens->books->book.former) ? &tokens->books->book.former.pair : NULL;
}

bool lt_tokens_due(const lt_tokens *tokens, uint64_t now)
{
    const struct lt_token_pair *pair = lt_tokens_now(tokens);
    if (!pair)
        return true;
    return pair->access_until && pair->access_until <= now + (uint64_t)tokens->config.ahead_ms;
}

static enum lt_code set_asking(lt_tokens *tokens, bool asking, struct lt_error *error)
{
    if (!lt_tokens_now(tokens) || tokens->books->book.asking == asking)
        return LT_DONE;
    begin(tokens)->asking = asking;
    return commit(tokens, error);
}

enum lt_code lt_tokens_ask(lt_tokens *tokens, struct lt_error *error)
{
    return set_asking(tokens, true, error);
}

enum lt_code lt_tokens_ask_failed(lt_tokens *tokens, struct lt_error *error)
{
    return set_asking(tokens, false, error);
}

bool lt_tokens_was_asking(const lt_tokens *tokens)
{
    return tokens->books->book.asking;
}

static bool hold(lt_tokens *tokens, const struct lt_token_pair *pair)
{
    const struct lt_token_pair *old = lt_tokens_now(tokens);
    struct lt_token_pair whole = *pair;
    if (!pair->refresh.size && old) {
        whole.refresh = old->refresh;
        whole.refresh_until = old->refresh_until;
    }
    return tokens_copy(&tokens->books->held, &whole);
}

enum lt_code lt_tokens_keep(lt_tokens *tokens, const struct lt_token_pair *pair,
                            struct lt_error *error)
{
    if (pair && !hold(tokens, pair))
        return lt_fail(error, LT_BAD_USE,
                       "the far side's tokens are not 1 to %d visible ASCII characters",
                       LT_TOKEN_MAX);
    if (!is_there(&tokens->books->held))
        return lt_fail(error, LT_BAD_USE, "there are no tokens that wait to be written");
    struct tokens_book *next = begin(tokens);
    take_over(&next->former, &tokens->books->book.now);
    take_over(&next->now, &tokens->books->held);
    next->asking = false;
    const enum lt_code code = commit(tokens, error);
    if (code == LT_DONE)
        memset(&tokens->books->held, 0, sizeof tokens->books->held);
    return code;
}

enum lt_code lt_tokens_worked(lt_tokens *tokens, struct lt_error *error)
{
    if (!lt_tokens_former(tokens))
        return LT_DONE;
    struct tokens_book *next = begin(tokens);
    memset(&next->former, 0, sizeof next->former);
    return commit(tokens, error);
}

enum lt_code lt_tokens_back(lt_tokens *tokens, struct lt_error *error)
{
    if (!lt_tokens_former(tokens))
        return lt_fail(error, LT_NOT_FOUND, "there are no former tokens to go back to");
    struct tokens_book *next = begin(tokens);
    take_over(&next->now, &tokens->books->book.former);
    take_over(&next->former, &tokens->books->book.now);
    return commit(tokens, error);
}
