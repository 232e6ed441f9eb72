// `lienthon may WHO WHAT`: yes or no, and why.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compose.h"
#include "say.h"
#include "view.h"
#include "when.h"
#include "tongue.h"

enum wish_kind { WISH_PUBLISH, WISH_SUBSCRIBE, WISH_RIGHT };

struct wish {
    enum wish_kind kind;
    const char *who, *topic, *type, *right_name;
    unsigned right;
    uint8_t priority, label;
};

struct answer {
    bool yes;
    struct lt_buffer why, whose; // sentences in English: why, and under which grant
};

static bool is_word(const char *word, const char *one, const char *other)
{
    return strcmp(word, one) == 0 || strcmp(word, other) == 0;
}

static unsigned right_of(const char *word)
{
    static const struct {
        const char *name;
        unsigned bit;
    } rights[] = {
        {"relay", LT_RELAY}, {"query", LT_QUERY}, {"grant", LT_GRANT}, {"enrol", LT_ENROL}};
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        if (strcmp(word, rights[i].name) == 0) {
            return rights[i].bit;
        }
    }
    return 0;
}

// TYPE and TOPIC in either order: a type has a dot and no slash.
static enum lt_code read_publish(const struct arguments *arguments, size_t at, struct wish *wish,
                                 struct lt_error *error)
{
    const char *words[3] = {NULL, NULL, NULL};
    for (size_t i = 0; i < 3 && at + i < arguments->word_count; i++) {
        words[i] = arguments->words[at + i];
    }
    if (words[0] == NULL || words[1] == NULL || at + 3 < arguments->word_count) {
        return lt_fail(error, LT_BAD_USE,
                       "may they publish what? TYPE TOPIC [GRADE]: notice.v1 "
                       "an-thanh-1/an-thuong/thong-bao khan");
    }
    const bool type_first = lt_type_valid(lt_slice_of(words[0]));
    wish->type = words[type_first ? 0 : 1];
    wish->topic = words[type_first ? 1 : 0];
    if (!lt_type_valid(lt_slice_of(wish->type))) {
        return lt_fail(error, LT_BAD_USE, "'%s' is no type; one looks like notice.v1", wish->type);
    }
    if (!lt_topic_valid(lt_slice_of(wish->topic))) {
        return lt_fail(error, LT_BAD_USE,
                       "'%s' is no topic; one looks like an-thanh-1/an-thuong/thong-bao",
                       wish->topic);
    }
    return compose_urgency(words[2], &wish->priority, error);
}

static enum lt_code read_wish(struct cli *cli, struct wish *wish)
{
    const struct arguments *arguments = &cli->arguments;
    struct lt_error *error = &cli->error;
    const char *verb = arguments->words[1];
    wish->who = arguments->words[0];
    if (compose_label(arguments_value(arguments, "label"), &wish->label, error) != LT_DONE) {
        return error->code;
    }
    if (is_word(verb, "subscribe", "receive")) {
        wish->kind = WISH_SUBSCRIBE;
        wish->topic = arguments->word_count == 3 ? arguments->words[2] : "";
        return lt_pattern_valid(lt_slice_of(wish->topic))
                   ? LT_DONE
                   : lt_fail(error, LT_BAD_USE,
                             "may they %s what? one pattern is wanted: 'an-thanh-1/an-thuong/#'",
                             verb);
    }
    wish->right = right_of(verb);
    if (wish->right != 0 && arguments->word_count == 2) {
        wish->kind = WISH_RIGHT;
        wish->right_name = verb;
        return LT_DONE;
    }
    return read_publish(arguments, is_word(verb, "publish", "send") ? 2 : 1, wish, error);
}

// How far an entry goes towards the wish: what is missing is told by the entry that goes furthest.
enum reach { REACH_NONE, REACH_TOPIC, REACH_TYPE, REACH_PRIORITY, REACH_ALL };

static bool any_matches(const struct lt_names *patterns, struct lt_slice topic)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (lt_pattern_matches(patterns->item[i], topic)) {
            return true;
        }
    }
    return false;
}

static bool any_type(const struct lt_names *types, struct lt_slice type)
{
    for (size_t i = 0; i < types->count; i++) {
        if (lt_slice_is(types->item[i], "*") || lt_slice_equal(types->item[i], type)) {
            return true;
        }
    }
    return false;
}

static enum reach reach_of(const struct lt_may_publish *entry, const struct wish *wish)
{
    if (!any_matches(&entry->topics, lt_slice_of(wish->topic))) {
        return REACH_NONE;
    }
    if (!any_type(&entry->types, lt_slice_of(wish->type))) {
        return REACH_TOPIC;
    }
    if (entry->max_priority < wish->priority) {
        return REACH_TYPE;
    }
    return entry->max_label < wish->label ? REACH_PRIORITY : REACH_ALL;
}

static void why_not_publish(const struct lt_grant *grant, const struct wish *wish,
                            struct lt_buffer *why)
{
    enum reach best = REACH_NONE;
    uint8_t priority = 0;
    for (size_t i = 0; i < grant->powers.publish_count; i++) {
        const struct lt_may_publish *entry = &grant->powers.publish[i];
        const enum reach reach = reach_of(entry, wish);
        best = reach > best ? reach : best;
        if (reach >= REACH_TYPE && entry->max_priority > priority) {
            priority = entry->max_priority;
        }
    }
    switch (best) {
    case REACH_NONE:
        lt_buffer_print(why, PHRASE("its grant names no topic that %s falls under"), wish->topic);
        break;
    case REACH_TOPIC:
        lt_buffer_print(why, PHRASE("on %s its grant does not name the type %s"), wish->topic,
                        wish->type);
        break;
    case REACH_TYPE:
        lt_buffer_print(why, PHRASE("with %s on %s it goes up to %s, not to %s"), wish->type,
                        wish->topic, compose_urgency_name(priority),
                        compose_urgency_name(wish->priority));
        break;
    default:
        lt_buffer_print(why, PHRASE("its grant does not go up to this label"));
        break;
    }
}

static void judge_publish(const struct lt_grant *grant, const struct wish *wish,
                          struct answer *answer)
{
    const struct lt_slice topic = lt_slice_of(wish->topic);
    const struct lt_slice type = lt_slice_of(wish->type);
    bool two_hands = false;
    if (lt_slice_is(type, "grant.v1")) {
        lt_buffer_print(
            &answer->why,
            PHRASE("grants need no entry for their topic but the right grant; ask: may %s grant"),
            wish->who);
        answer->yes = (grant->powers.rights & LT_GRANT) != 0;
        return;
    }
    if (lt_slice_is(type, "receipt.v1") && strncmp(wish->topic, "$lt/receipts/", 13) == 0) {
        answer->yes = wish->priority <= LT_KHAN && wish->label <= LT_NOI_BO;
        lt_buffer_print(&answer->why,
                        PHRASE("everyone whose grant is in force may send receipts, up to khan"));
        return;
    }
    answer->yes = lt_grant_may_publish(grant, topic, type, wish->priority, wish->label, &two_hands);
    if (!answer->yes) {
        why_not_publish(grant, wish, &answer->why);
    } else {
        lt_buffer_print(&answer->why,
                        two_hands ? PHRASE("its grant covers it, together with a second person "
                                           "(lienthon approve)")
                                  : PHRASE("its grant covers it"));
    }
}

static void judge(const struct lt_grant *grant, const struct wish *wish, struct answer *answer)
{
    const uint64_t now = cli_now();
    char day[WHEN_SIZE];
    if (now < grant->not_before || now >= grant->expires) {
        when_full(now < grant->not_before ? grant->not_before : grant->expires, day);
        lt_buffer_print(&answer->why,
                        now < grant->not_before ? PHRASE("its grant begins to hold at %s")
                                                : PHRASE("its grant ended at %s"),
                        day);
        return;
    }
    if (wish->kind == WISH_RIGHT) {
        answer->yes = (grant->powers.rights & wish->right) != 0;
        lt_buffer_print(&answer->why,
                        answer->yes ? PHRASE("its grant has the right %s")
                                    : PHRASE("its grant lacks the right %s"),
                        wish->right_name);
    } else if (wish->kind == WISH_SUBSCRIBE) {
        answer->yes = lt_grant_may_subscribe(grant, lt_slice_of(wish->topic));
        lt_buffer_print(&answer->why,
                        answer->yes ? PHRASE("its grant has a pattern that covers %s")
                                    : PHRASE("its grant has no pattern that covers %s"),
                        wish->topic);
    } else {
        judge_publish(grant, wish, answer);
    }
}

static void add_grant(const lt_book *book, const struct lt_grant *grant, struct lt_buffer *whose)
{
    const struct lt_slice issuer = lt_book_issuer(book, grant->principal);
    char day[WHEN_SIZE];
    when_day(grant->expires, day);
    lt_buffer_print(whose, PHRASE("(role %.*s, from %.*s, until %s)"), (int)grant->role.size,
                    (const char *)grant->role.data, (int)issuer.size, (const char *)issuer.data,
                    day);
}

static void print_answer(const struct cli *cli, const struct answer *answer)
{
    char *why = cli_copy(lt_buffer_slice(&answer->why));
    char *whose = cli_copy(lt_buffer_slice(&answer->whose));
    const char *between = whose[0] != '\0' ? " " : "";
    if (cli->json) {
        char both[2 * LT_TEXT_MAX + 4096];
        snprintf(both, sizeof both, "%s%s%s", why, between, whose);
        say_json(json_pack("{s:b, s:s}", "may", answer->yes, "why", both));
    } else {
        printf("%s: ", answer->yes ? tongue("yes") : tongue("no"));
        say_sentence(why);
        fputs(between, stdout);
        say_sentence(whose);
        putchar('\n');
    }
    free(why);
    free(whose);
}

// Whose grant was revoked may nothing: that is an answer, and no failure.
static enum lt_code answer_wish(struct cli *cli, const lt_book *book, const struct wish *wish,
                                struct answer *answer)
{
    const struct lt_grant *grant = NULL;
    const enum lt_code code = view_find(book, wish->who, &grant, &cli->error);
    if (code == LT_NOT_VALID) {
        lt_buffer_print(&answer->why, "%s", cli->error.text);
    } else if (code == LT_DONE) {
        judge(grant, wish, answer);
        add_grant(book, grant, &answer->whose);
    } else {
        return code;
    }
    print_answer(cli, answer);
    return LT_DONE;
}

int cli_may(struct cli *cli)
{
    struct session session = SESSION_CLOSED;
    struct wish wish = {0};
    struct answer answer = {.why = {.max = 2048}, .whose = {.max = 2048}};
    lt_book *book = NULL;
    enum lt_code code = read_wish(cli, &wish);
    if (code == LT_DONE) {
        code = session_open(cli, SESSION_READS, &session);
    }
    if (code == LT_DONE) {
        code = session_up(&session);
    }
    if (code == LT_DONE) {
        code = view_load(&session, &book);
    }
    if (code == LT_DONE) {
        code = answer_wish(cli, book, &wish, &answer);
    }
    lt_buffer_clear(&answer.why);
    lt_buffer_clear(&answer.whose);
    lt_book_destroy(&book);
    session_close(&session);
    if (code != LT_DONE) {
        return cli_failed(cli);
    }
    return answer.yes ? CLI_DONE : CLI_FAILED;
}
