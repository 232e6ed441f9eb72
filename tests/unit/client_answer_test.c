// The hub's answers read as structs, those of a hub that says nonsense too; and events as callbacks.
#include <lienthon/ask.h>

#include "client_hub.h"

static struct lt_buffer status_value(bool whole)
{
    struct lt_buffer value = {.max = 1 << 16};
    lt_pack_map(&value, whole ? 7 : 2);
    lt_pack_text(&value, "id");
    lt_pack_bin(&value, "0123456789abcdef", LT_ID_SIZE);
    lt_pack_text(&value, "from");
    lt_pack_text(&value, "van-phong");
    if (!whole)
        return value;
    lt_pack_text(&value, "topic");
    lt_pack_text(&value, "xa/a");
    lt_pack_text(&value, "stored");
    lt_pack_uint(&value, CASE_NOW);
    lt_pack_text(&value, "later"); // a key of a later version
    lt_pack_array(&value, 0);
    lt_pack_text(&value, "roster");
    lt_pack_array(&value, 2);
    for (int i = 0; i < 2; i++) {
        lt_pack_map(&value, 4);
        lt_pack_text(&value, "principal");
        lt_pack_text(&value, "loa.a.01");
        lt_pack_text(&value, "durable");
        lt_pack_text(&value, "loa");
        lt_pack_text(&value, "state");
        lt_pack_text(&value, i == 0 ? "gave-up" : "on-the-moon");
        lt_pack_text(&value, "detail");
        lt_pack_text(&value, "hỏng loa");
    }
    lt_pack_text(&value, "receipts");
    lt_pack_array(&value, 1);
    lt_signer *signer = case_signer(2);
    struct lt_buffer sealed = hub_message(signer, "loa.a.01", "$lt/receipts/van-phong");
    lt_pack_bin(&value, sealed.data, sealed.size);
    lt_buffer_clear(&sealed);
    lt_signer_destroy(&signer);
    return value;
}

Test(answer, a_status_is_read_with_its_roster_and_receipts)
{
    struct lt_buffer value = status_value(true);
    struct lt_error error = {0};
    struct lt_status status;
    struct lt_receiver receiver;
    struct lt_sealed receipt;
    cr_assert_eq(lt_status_read(lt_buffer_slice(&value), &status, &error), LT_DONE, "%s",
                 error.text);
    cr_assert_eq(memcmp(status.id, "0123456789abcdef", LT_ID_SIZE), 0);
    cr_assert(lt_slice_is(status.from, "van-phong") && lt_slice_is(status.topic, "xa/a"));
    cr_assert_eq(status.stored, CASE_NOW);
    cr_assert(lt_rows_receiver(&status.roster, &receiver));
    cr_assert(lt_slice_is(receiver.principal, "loa.a.01") && lt_slice_is(receiver.durable, "loa"));
    cr_assert_eq(receiver.state, LT_DELIVERY_GAVE_UP);
    cr_assert_str_eq(lt_delivery_state_name(receiver.state), "gave-up");
    cr_assert(lt_slice_is(receiver.detail, "hỏng loa"));
    cr_assert(lt_rows_receiver(&status.roster, &receiver));
    cr_assert_eq(receiver.state, LT_DELIVERY_OTHER);
    cr_assert_not(lt_rows_receiver(&status.roster, &receiver));
    cr_assert_not(status.roster.wrong);
    cr_assert(lt_rows_message(&status.receipts, &receipt));
    cr_assert(lt_slice_is(receipt.part.from, "loa.a.01"));
    cr_assert_not(lt_rows_message(&status.receipts, &receipt));
    lt_buffer_clear(&value);
}

// Whatever is cut off is told, and nothing outside is read.
Test(answer, one_that_is_cut_off_anywhere_is_told)
{
    struct lt_buffer value = status_value(true);
    for (size_t size = 0; size < value.size; size++) {
        uint8_t *exact = malloc(size > 0 ? size : 1);
        memcpy(exact, value.data, size);
        struct lt_slice cut = {exact, size};
        struct lt_status status;
        struct lt_receiver receiver;
        struct lt_sealed receipt;
        if (lt_status_read(cut, &status, NULL) == LT_DONE) {
            while (lt_rows_receiver(&status.roster, &receiver))
                continue;
            while (lt_rows_message(&status.receipts, &receipt))
                continue;
            cr_assert(status.roster.wrong || status.receipts.wrong, "%zu", size);
        }
        free(exact);
    }
    lt_buffer_clear(&value);
}

Test(answer, one_to_another_question_is_told)
{
    struct lt_buffer value = status_value(false);
    struct lt_error error = {0};
    struct lt_status status;
    struct lt_rows rows;
    struct lt_slice text;
    cr_assert_eq(lt_status_read(lt_buffer_slice(&value), &status, &error), LT_MALFORMED);
    cr_assert_not_null(strstr(error.text, "topic"));
    cr_assert_eq(lt_rows_read(lt_buffer_slice(&value), &rows, &error), LT_MALFORMED);
    cr_assert_eq(lt_why_read(lt_buffer_slice(&value), &text, &error), LT_MALFORMED);
    cr_assert_eq(lt_stats_read(lt_slice_of("\x91\xc0"), &rows, &error), LT_MALFORMED);
    lt_buffer_clear(&value);
}

Test(answer, a_row_that_is_none_ends_the_list)
{
    struct lt_rows rows;
    struct lt_durable durable;
    struct lt_participant participant;
    struct lt_sealed sealed;
    cr_assert_eq(lt_rows_read(lt_slice_of("\x92\xc0\xc0"), &rows, NULL), LT_DONE);
    struct lt_rows again = rows, more = rows;
    cr_assert_not(lt_rows_durable(&rows, &durable));
    cr_assert(rows.wrong);
    cr_assert_not(lt_rows_durable(&rows, &durable));
    cr_assert(!lt_rows_participant(&again, &participant) && again.wrong);
    cr_assert(!lt_rows_message(&more, &sealed) && more.wrong);
}

// A row of that answer; of a hub that does not say yet who is connected the last two are not there.
static void pack_durable(struct lt_buffer *value, bool says_who_is_here)
{
    lt_pack_map(value, says_who_is_here ? 5 : 3);
    lt_pack_text(value, "principal");
    lt_pack_text(value, "loa.a.01");
    lt_pack_text(value, "durable");
    lt_pack_text(value, "loa");
    lt_pack_text(value, "waiting");
    lt_pack_uint(value, 3);
    if (!says_who_is_here)
        return;
    lt_pack_text(value, "connected");
    lt_pack_bool(value, true);
    lt_pack_text(value, "seen");
    lt_pack_uint(value, 1700000000000);
}

Test(answer, who_is_connected_and_was_when_is_read)
{
    struct lt_buffer value = {.max = 1024};
    struct lt_rows rows;
    struct lt_durable durable;
    lt_pack_array(&value, 2);
    pack_durable(&value, true);
    pack_durable(&value, false);
    cr_assert_eq(lt_rows_read(lt_buffer_slice(&value), &rows, NULL), LT_DONE);
    cr_assert(lt_rows_durable(&rows, &durable));
    cr_assert(durable.connected && durable.seen == 1700000000000 && durable.waiting == 3);
    cr_assert(lt_rows_durable(&rows, &durable));
    cr_assert(!durable.connected && durable.seen == 0);
    lt_buffer_clear(&value);
}

Test(answer, numbers_are_read_and_what_is_none_is_passed_over)
{
    struct lt_buffer value = {.max = 1024};
    struct lt_rows rows;
    struct lt_slice name;
    uint64_t number = 0;
    lt_pack_map(&value, 3);
    lt_pack_text(&value, "stored");
    lt_pack_uint(&value, 7);
    lt_pack_text(&value, "version");
    lt_pack_text(&value, "0.2");
    lt_pack_text(&value, "disk_free");
    lt_pack_uint(&value, 9);
    cr_assert_eq(lt_stats_read(lt_buffer_slice(&value), &rows, NULL), LT_DONE);
    cr_assert(lt_rows_number(&rows, &name, &number) && number == 7 && lt_slice_is(name, "stored"));
    cr_assert(lt_rows_number(&rows, &name, &number) && number == 9);
    cr_assert(!lt_rows_number(&rows, &name, &number) && !rows.wrong);
    lt_buffer_clear(&value);
}

Test(answer, dead_letters_and_what_became_of_them_are_read)
{
    struct lt_buffer value = {.max = 4096};
    struct lt_rows rows;
    struct lt_dead_letter letter;
    enum lt_code code = LT_DONE;
    struct lt_slice text;
    lt_pack_array(&value, 2);
    for (int kept = 0; kept < 2; kept++) {
        lt_pack_map(&value, kept ? 13 : 6);
        const char *const texts[] = {"principal", "loa.a", "durable", "loa",  "state", "gave-up",
                                     "from",      "x",     "topic",   "xa/a", "type",  "notice.v1"};
        for (size_t i = 0; i < (kept ? 12U : 6U); i++)
            lt_pack_text(&value, texts[i]);
        const char *const numbers[] = {"seq", "at", "priority", "stored", "expires"};
        for (size_t i = 0; i < (kept ? 5U : 2U); i++) {
            lt_pack_text(&value, numbers[i]);
            lt_pack_uint(&value, 7 + i);
        }
        lt_pack_text(&value, "damaged");
        lt_pack_bool(&value, kept == 0);
        if (kept) {
            lt_pack_text(&value, "id");
            lt_pack_bin(&value, "0123456789abcdef", LT_ID_SIZE);
        }
    }
    cr_assert_eq(lt_rows_read(lt_buffer_slice(&value), &rows, NULL), LT_DONE);
    cr_assert(lt_rows_dead_letter(&rows, &letter));
    cr_assert(!letter.is_kept && letter.damaged && letter.seq == 7 && letter.at == 8);
    cr_assert(lt_rows_dead_letter(&rows, &letter));
    cr_assert(letter.is_kept && !letter.damaged && letter.expires == 11 && letter.id[0] == '0');
    cr_assert_eq(letter.state, LT_DELIVERY_GAVE_UP);
    cr_assert(!lt_rows_dead_letter(&rows, &letter) && !rows.wrong);
    lt_buffer_clear(&value);
    cr_assert_eq(lt_rows_read(lt_slice_of("\x92\x92\x01\xa0\x92\x1b\xa4gone"), &rows, NULL),
                 LT_DONE);
    cr_assert(lt_rows_outcome(&rows, &code, &text) && code == LT_DONE_BEFORE && text.size == 0);
    cr_assert(lt_rows_outcome(&rows, &code, &text) && code == LT_NOT_FOUND && text.size == 4);
    cr_assert(!lt_rows_outcome(&rows, &code, &text) && !rows.wrong);
}

// What is asked, as the hub hears it.
static struct lt_slice asked(struct hub *hub, const char *name)
{
    hub_expect(hub, LT_ASK);
    cr_assert(lt_slice_is(hub->frame.name, name));
    return hub->frame.args;
}

Test(answer, each_question_is_asked_with_its_arguments)
{
    struct hub hub;
    struct lt_slice found;
    uint64_t number = 0;
    const uint8_t id[LT_ID_SIZE] = {1};
    const char *type = "notice.v1";
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    hub_receive_client(&hub, NULL, 0);
    cr_assert_eq(lt_client_ask_status(client, id, "van-phong", NULL, NULL), LT_DONE);
    struct lt_slice args = asked(&hub, "status");
    cr_assert(lt_map_bin(args, "id", &found) && found.size == 16 && found.data[0] == 1);
    cr_assert(lt_map_str(args, "from", &found) && lt_slice_is(found, "van-phong"));
    cr_assert_eq(lt_client_ask_why(client, id, NULL, "loa.a", "loa", NULL, NULL), LT_DONE);
    args = asked(&hub, "why");
    cr_assert(lt_map_str(args, "principal", &found) && lt_map_str(args, "target", &found));
    cr_assert_not(lt_map_find(args, "from", &found));
    struct lt_history history = {.pattern = "xa/#",
                                 .since = CASE_NOW,
                                 .limit = 5,
                                 .text = "họp",
                                 .types = &type,
                                 .type_count = 1};
    cr_assert_eq(lt_client_ask_history(client, &history, NULL, NULL), LT_DONE);
    args = asked(&hub, "history");
    cr_assert(lt_map_uint(args, "since", &number) && number == CASE_NOW);
    cr_assert(lt_map_uint(args, "limit", &number) && number == 5);
    cr_assert(lt_map_str(args, "text", &found) && lt_slice_is(found, "họp"));
    cr_assert(lt_map_find(args, "types", &found) && found.data[0] == 0x91);
    cr_assert_not(lt_map_find(args, "until", &found));
    history.pattern = "Xa/#";
    cr_assert_eq(lt_client_ask_history(client, &history, NULL, NULL), LT_BAD_USE);
    cr_assert_eq(lt_client_ask_last(client, "xa/#", NULL, NULL), LT_DONE);
    asked(&hub, "last");
    cr_assert_eq(lt_client_ask_principals(client, NULL, NULL), LT_DONE);
    asked(&hub, "principals");
    cr_assert_eq(lt_client_ask_subscriptions(client, NULL, NULL), LT_DONE);
    asked(&hub, "subscriptions");
    cr_assert_eq(lt_client_ask_stats(client, NULL, NULL), LT_DONE);
    asked(&hub, "stats");
    const struct lt_dead dead = {.principal = "loa.a", .after = 3};
    cr_assert_eq(lt_client_ask_dead(client, &dead, NULL, NULL), LT_DONE);
    args = asked(&hub, "dead");
    cr_assert(lt_map_uint(args, "after", &number) && number == 3);
    cr_assert(lt_map_str(args, "principal", &found) && !lt_map_find(args, "seq", &found));
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

// Callbacks.

struct heard {
    int up, other;
};

static void hear_up(void *user, lt_client *client, const struct lt_event *event)
{
    struct heard *heard = user;
    cr_assert(client && event->kind == LT_EVENT_UP);
    heard->up++;
}

static void hear_other(void *user, lt_client *client, const struct lt_event *event)
{
    struct heard *heard = user;
    cr_assert(client && event->kind != LT_EVENT_UP);
    heard->other++;
}

Test(dispatch, each_event_goes_to_its_handler_in_the_callers_thread)
{
    struct hub hub;
    struct heard heard = {0};
    struct lt_handlers handlers = {.user = &heard, .up = hear_up, .other = hear_other};
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    cr_assert_eq(lt_client_dispatch(client, &handlers, 0), 0);
    hub_receive_client(&hub, NULL, 0);
    cr_assert_eq(lt_client_dispatch(client, &handlers, HUB_WAIT_MS), 1);
    cr_assert(heard.up == 1 && heard.other == 0);
    uint64_t token = 0;
    cr_assert_eq(lt_client_ask_stats(client, &token, NULL), LT_DONE);
    asked(&hub, "stats");
    struct lt_frame result = {.op = LT_RESULT, .ref = hub.frame.ref, .value = lt_slice_of("\x80")};
    hub_send(&hub, &result, NULL, 0);
    cr_assert_eq(lt_client_dispatch(client, &handlers, HUB_WAIT_MS), 1);
    cr_assert(heard.up == 1 && heard.other == 1);
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}

// Structs of an older and a newer header.

Test(growth, what_an_older_header_does_not_know_is_zero_and_a_newer_ones_wish_is_refused)
{
    struct hub hub;
    hub_init(&hub);
    lt_client *client = hub_client(&hub, NULL, 0);
    const char *pattern = "xa/#";
    struct lt_error error = {0};
    struct {
        struct lt_subscription known;
        uint64_t later;
    } wanted = {.known = {.patterns = &pattern, .pattern_count = 1, .min_priority = 9}};
    size_t older = offsetof(struct lt_subscription, min_priority);
    cr_assert_eq(lt_client_subscribe_sized(client, &wanted.known, older, NULL, NULL, NULL),
                 LT_DONE);
    wanted.known.min_priority = 0;
    cr_assert_eq(lt_client_subscribe_sized(client, &wanted.known, sizeof wanted, NULL, NULL, NULL),
                 LT_DONE);
    wanted.later = 1;
    cr_assert_eq(
        lt_client_subscribe_sized(client, &wanted.known, sizeof wanted, NULL, NULL, &error),
        LT_BAD_USE);
    cr_assert_not_null(strstr(error.text, lt_version()));
    wanted.known.reserved[3] = 1;
    cr_assert_eq(lt_client_subscribe(client, &wanted.known, NULL, NULL, &error), LT_BAD_USE);
    cr_assert_not_null(strstr(error.text, "reserved"));
    lt_client_destroy(&client, 0);
    hub_clear(&hub);
}
