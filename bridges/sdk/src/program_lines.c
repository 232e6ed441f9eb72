// What a program may say (PROGRAMS.md), a function each. What is wrong is told to it and to the log by the number of its line.
#include "program_run.h"

#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "log.h"

enum { TOKEN_MAX = 200 };

static void wrong(struct run *run, const char *what)
{
    struct lt_error error = {0};
    lt_fail(&error, LT_MALFORMED, "line %llu of the program is wrong: %s",
            (unsigned long long)run->line_number, what);
    run_ill(run, error.text);
    run_tell(run, json_pack("{s:s, s:s}", "do", "wrong", "why", error.text));
    if (++run->strikes >= RUN_STRIKES)
        run_condemn(run, "has said too much that is wrong");
}

// A sentence ends there; a name that did would be another's. That was told.
static bool has_nul(struct run *run, const json_t *line, const char *key)
{
    const json_t *text = json_object_get(line, key);
    struct lt_error error = {0};
    if (!json_is_string(text) || strlen(json_string_value(text)) == json_string_length(text))
        return false;
    lt_fail(&error, LT_MALFORMED, "%s must not have a NUL in it", key);
    wrong(run, error.text);
    return true;
}

// NULL: it is missing, and that was told.
static const char *text_of(struct run *run, const json_t *line, const char *key)
{
    const char *text = json_string_value(json_object_get(line, key));
    struct lt_error error = {0};
    if (!text) {
        lt_fail(&error, LT_MALFORMED, "%s must be a text", key);
        wrong(run, error.text);
    }
    return text;
}

// The delivery that the line names; NULL: none, and that was told.
static struct gift *gift_of(struct run *run, const json_t *line)
{
    const char *name = text_of(run, line, "delivery");
    struct gift *gift = name ? gifts_find(run, name) : NULL;
    struct lt_error error = {0};
    if (name && !gift) {
        lt_fail(&error, LT_MALFORMED,
                "delivery %.20s is not open: it was settled, or never given to this run", name);
        wrong(run, error.text);
    }
    if (gift)
        run->progress_at = host_clock();
    return gift;
}

static int index_of(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(words[i], word) == 0)
            return i;
    return -1;
}

static void opened(struct run *run, const json_t *line)
{
    (void)line;
    if (run->phase != RUN_OPENING) {
        wrong(run, "it is open already");
        return;
    }
    run->phase = RUN_OPEN;
    log_line(LOG_INFO_LINE, "the program is open");
    lt_bridge_well(run->host, "the program is open");
    gifts_give(run);
}

// It ends by itself then, or is ended; the next one tries again.
static void failed(struct run *run, const json_t *line)
{
    struct lt_error error = {0};
    const char *why = text_of(run, line, "why");
    if (!why)
        return;
    lt_fail(&error, LT_IO, "cannot open: %s", why);
    run_condemn(run, error.text);
}

// A delivery is begun, or intended, when the host says so.
static void go(struct run *run, const json_t *line, bool intends)
{
    struct gift *gift = gift_of(run, line);
    if (!gift)
        return;
    const char *name = json_string_value(json_object_get(line, "delivery"));
    const char *key = json_string_value(json_object_get(line, "key"));
    if (has_nul(run, line, "key"))
        return;
    bool goes = run->phase == RUN_OPEN;
    if (goes) {
        lt_delivery *delivery = gift->delivery;
        goes = intends ? lt_delivery_intend(&delivery, key) : lt_delivery_begin(&delivery);
        gift->begun = goes;
        gift->intended = gift->intended || (goes && intends);
        if (!goes)
            gifts_drop(run, &gift);
    }
    run_tell(run, json_pack("{s:s, s:s, s:b}", "do", "begun", "delivery", name, "go", goes));
    gifts_give(run);
}

static void begin(struct run *run, const json_t *line)
{
    go(run, line, false);
}

static void intend(struct run *run, const json_t *line)
{
    go(run, line, true);
}

static void sent(struct run *run, const json_t *line)
{
    struct gift *gift = gift_of(run, line);
    const char *far_id = gift ? text_of(run, line, "far_id") : NULL;
    if (far_id && !has_nul(run, line, "far_id"))
        lt_delivery_sent(gift->delivery, far_id);
}

static void undone(struct run *run, const json_t *line)
{
    struct gift *gift = gift_of(run, line);
    if (!gift)
        return;
    lt_delivery *delivery = gift->delivery;
    gifts_drop(run, &gift);
    lt_delivery_undone(&delivery, json_string_value(json_object_get(line, "why")));
    gifts_give(run);
}

static void working(struct run *run, const json_t *line)
{
    (void)gift_of(run, line);
}

static void settle(struct run *run, const json_t *line)
{
    static const char *const outcomes[] = {"done", "again", "gave-up", "skipped", "unknown", NULL};
    struct gift *gift = gift_of(run, line);
    const char *outcome = gift ? text_of(run, line, "outcome") : NULL;
    if (!outcome)
        return;
    int found = index_of(outcome, outcomes);
    if (found < 0) {
        wrong(run, "outcome: allowed: done, again, gave-up, skipped, unknown");
        return;
    }
    lt_delivery *delivery = gift->delivery;
    const char *why = json_string_value(json_object_get(line, "why"));
    const json_t *in = json_object_get(line, "in");
    gifts_drop(run, &gift);
    if (found == LT_AGAIN && json_is_integer(in) && json_integer_value(in) >= 0)
        lt_delivery_again_in(&delivery, json_integer_value(in), why ? why : "");
    else if (found > LT_SKIPPED)
        lt_delivery_unknown(&delivery, why ? why : "the program does not know");
    else
        lt_delivery_settle(&delivery, (enum lt_settled)found, why);
    gifts_give(run);
}

static void report(struct run *run, const json_t *line)
{
    static const char *const seen[] = {"received", "handed-over", "unknown", NULL};
    struct gift *gift = gift_of(run, line);
    const char *word = gift ? text_of(run, line, "seen") : NULL;
    if (!word)
        return;
    int found = index_of(word, seen);
    if (found < 0)
        wrong(run, "seen: allowed: received, handed-over, unknown");
    else
        lt_delivery_report(gift->delivery, (enum lt_seen)found,
                           json_string_value(json_object_get(line, "detail")));
}

static void answer(struct run *run, const char *token, enum lt_code code, const char *text)
{
    run_tell(run, json_pack("{s:s, s:s?, s:s, s:i, s:s?}", "do", "published", "token", token,
                            "code", lt_code_name(code), "number", (int)code, "text",
                            text && lt_utf8_valid(lt_slice_of(text)) ? text : NULL));
}

static enum lt_code keep_token(struct run *run, uint64_t ours, const char *its)
{
    struct token *token = its ? calloc(1, sizeof *token) : NULL;
    if (!its)
        return LT_DONE;
    if (!token)
        return LT_NO_MEMORY;
    *token = (struct token){.next = run->tokens, .ours = ours, .its = strdup(its)};
    run->tokens = token;
    run->token_count++;
    return token->its ? LT_DONE : LT_NO_MEMORY;
}

static void publish(struct run *run, const json_t *line)
{
    const char *token = json_string_value(json_object_get(line, "token"));
    const char *origin = json_string_value(json_object_get(line, "origin"));
    json_t *message = json_object_get(line, "message");
    struct lt_error error = {0};
    uint64_t ours = 0;
    if (has_nul(run, line, "token") || has_nul(run, line, "origin"))
        return;
    if (!json_is_object(message) || (token && strlen(token) > TOKEN_MAX)) {
        wrong(run, "message must be an object, token a text of at most 200 bytes");
        return;
    }
    enum lt_code code = LT_BUSY;
    if (run->token_count >= RUN_TOKENS) {
        lt_fail(&error, LT_BUSY, "1024 publications are not answered yet");
    } else {
        char *text = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17));
        code = text ? lt_bridge_publish_json(run->host, lt_slice_of(text), origin, &ours, &error)
                    : lt_fail(&error, LT_NO_MEMORY, "no memory for a publication");
        free(text);
    }
    if (code == LT_DONE)
        code = keep_token(run, ours, token);
    if (code != LT_DONE)
        answer(run, token, code, error.text);
}

void lines_published(struct run *run, uint64_t ours, enum lt_code code, const char *text)
{
    struct token **link = &run->tokens;
    while (*link && (*link)->ours != ours)
        link = &(*link)->next;
    struct token *token = *link;
    if (!token)
        return;
    *link = token->next;
    run->token_count--;
    answer(run, token->its, code, text);
    free(token->its);
    free(token);
}

static void say_well(struct run *run, const json_t *line)
{
    const char *what = text_of(run, line, "what");
    if (what)
        lt_bridge_well(run->host, what);
}

static void say_ill(struct run *run, const json_t *line)
{
    const char *what = text_of(run, line, "what");
    if (what)
        run_ill(run, what);
}

static void say_log(struct run *run, const json_t *line)
{
    const char *text = text_of(run, line, "line");
    if (text)
        run_log(run, "the program says", lt_slice_of(text));
}

static void wait_for_far(struct run *run, const json_t *line)
{
    const json_t *ms = json_object_get(line, "ms");
    if (json_is_integer(ms) && json_integer_value(ms) >= 0)
        lt_bridge_pause(run->host, json_string_value(json_object_get(line, "target")),
                        json_integer_value(ms));
    else
        wrong(run, "ms must be a whole number of milliseconds");
}

static void credential(struct run *run, const json_t *line)
{
    const char *name = text_of(run, line, "name");
    const json_t *until = json_object_get(line, "until"), *soon = json_object_get(line, "soon");
    if (!name)
        return;
    if (!json_is_integer(until) || json_integer_value(until) < 0 ||
        (soon && (!json_is_integer(soon) || json_integer_value(soon) < 0)))
        wrong(run, "until and soon must be whole numbers of milliseconds");
    else
        lt_bridge_credential_until(run->host, name, (uint64_t)json_integer_value(until),
                                   (uint64_t)json_integer_value(soon));
}

static void pong(struct run *run, const json_t *line)
{
    (void)run, (void)line; // that it said something is what counts
}

static const struct {
    const char *say;
    void (*take)(struct run *run, const json_t *line);
    bool before; // it may be said before it is open
} sayings[] = {
    {"opened", opened, true},         {"failed", failed, true},    {"begin", begin, false},
    {"working", working, false},      {"settle", settle, false},   {"report", report, false},
    {"intend", intend, false},        {"sent", sent, false},       {"undone", undone, false},
    {"pause", wait_for_far, true},    {"publish", publish, false}, {"well", say_well, true},
    {"ill", say_ill, true},           {"log", say_log, true},      {"pong", pong, true},
    {"credential", credential, true},
};

static void take(struct run *run, const json_t *line)
{
    const char *say = text_of(run, line, "say");
    struct lt_error error = {0};
    for (size_t i = 0; say && i < sizeof sayings / sizeof *sayings; i++)
        if (strcmp(sayings[i].say, say) == 0) {
            if (sayings[i].before || run->phase != RUN_OPENING)
                sayings[i].take(run, line);
            else
                wrong(run, "it is said before \"opened\"");
            return;
        }
    if (!say)
        return;
    lt_fail(&error, LT_MALFORMED, "nothing is called '%.40s' (see PROGRAMS.md)", say);
    wrong(run, error.text);
}

static bool floods(struct run *run, uint64_t now)
{
    if (now / 1000 != run->second) {
        run->second = now / 1000;
        run->lines_in_second = 0;
    }
    return ++run->lines_in_second > RUN_LINES;
}

bool lines_take(void *user, struct lt_slice line)
{
    struct run *run = user;
    json_error_t why;
    uint64_t now = host_clock();
    if (run->condemned)
        return false;
    run->heard_at = now;
    run->pinged_at = 0;
    run->line_number++;
    if (floods(run, now)) {
        run_condemn(run, "floods: more than 5000 lines in a second");
        return false;
    }
    json_t *said = json_loadb((const char *)line.data, line.size,
                              JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &why);
    if (json_is_object(said)) {
        take(run, said);
    } else {
        struct lt_error error = {0};
        lt_fail(&error, LT_MALFORMED, "it is no JSON object: %s",
                said ? "another value" : why.text);
        wrong(run, error.text);
    }
    json_decref(said);
    return !run->condemned;
}
