// A stranger's program: joins with the code on its standard input, subscribes, publishes a notice that wants a receipt, sends
// the receipt for it, and ends when it has seen that. consumer STATE_FOLDER TOPIC
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <lienthon/client.h>
#include <lienthon/types.h>

enum { PATIENCE_MS = 30000 };

struct keys {
    uint8_t seed[LT_SEED_SIZE], curve[LT_KEY_SIZE];
};

struct consumer {
    lt_client *client;
    const char *topic;
    char receipts[LT_TOPIC_MAX + 1]; // where receipts for us are said
    uint8_t id[LT_ID_SIZE];          // of the notice
    uint64_t notices, answers;       // sids
    struct lt_error error;
};

static enum lt_code connect_with_code(struct consumer *self, const char *state)
{
    struct keys keys;
    char code[4096] = "";
    struct lt_joined joined = {0};
    if (getrandom(&keys, sizeof keys, 0) != (ssize_t)sizeof keys ||
        !fgets(code, sizeof code, stdin))
        return lt_fail(&self->error, LT_IO, "no keys or no code");
    code[strcspn(code, "\n")] = '\0';
    enum lt_code result =
        lt_join(lt_slice_of(code), keys.seed, keys.curve, PATIENCE_MS, &joined, &self->error);
    if (result == LT_DONE) {
        struct lt_client_config config = {0};
        lt_joined_configure(&joined, &config);
        config.seed = keys.seed;
        config.curve_secret = keys.curve;
        config.state_folder = state;
        config.agent = "consumer-c";
        lt_principal_topic("$lt/receipts/", lt_slice_of(joined.principal), self->receipts);
        result = lt_client_new(&config, &self->client, &self->error);
    }
    lt_joined_clear(&joined);
    memset(&keys, 0, sizeof keys);
    return result;
}

static enum lt_code follow(struct consumer *self, const char *pattern, uint64_t *sid)
{
    struct lt_subscription wanted = {0};
    wanted.patterns = &pattern;
    wanted.pattern_count = 1;
    wanted.from = LT_FROM_ALL; // what is published before the hub has heard of this counts too
    return lt_client_subscribe(self->client, &wanted, sid, NULL, &self->error);
}

static enum lt_code publish(struct consumer *self, const struct lt_part *draft, uint8_t *id)
{
    return lt_client_publish(self->client, draft, id, NULL, &self->error);
}

static enum lt_code post_notice(struct consumer *self)
{
    struct lt_notice notice = {0};
    struct lt_buffer body = {0};
    struct lt_part draft = {0};
    body.max = 65536;
    notice.text = lt_slice_of("Mời bà con họp lúc 19 giờ.");
    enum lt_code code = lt_notice_encode(&notice, &body, &self->error);
    draft.topic = lt_slice_of(self->topic);
    draft.type = lt_slice_of("notice.v1");
    draft.flags = LT_RECEIPT;
    draft.body = lt_buffer_slice(&body);
    if (code == LT_DONE)
        code = publish(self, &draft, self->id);
    lt_buffer_clear(&body);
    return code;
}

static enum lt_code send_receipt(struct consumer *self, const struct lt_part *notice)
{
    struct lt_receipt receipt = {0};
    struct lt_buffer body = {0};
    struct lt_part draft = {0};
    body.max = 4096;
    receipt.outcome = LT_RECEIPT_OUTCOME_DONE;
    receipt.target = lt_slice_of("consumer");
    receipt.at = lt_client_time(self->client, NULL);
    enum lt_code code = lt_receipt_encode(&receipt, &body, &self->error);
    draft.topic = lt_slice_of(self->receipts);
    draft.type = lt_slice_of("receipt.v1");
    draft.relation = LT_ANSWERS;
    memcpy(draft.re, notice->id, LT_ID_SIZE);
    draft.body = lt_buffer_slice(&body);
    if (code == LT_DONE)
        code = publish(self, &draft, NULL);
    lt_buffer_clear(&body);
    return code;
}

static enum lt_code take(struct consumer *self, const struct lt_event *event, int *seen)
{
    const struct lt_part *part = &event->message->part;
    struct lt_receipt receipt;
    enum lt_code code = LT_DONE;
    if (event->sid == self->notices && event->verdict == LT_DONE) {
        code = lt_client_obey(self->client, event->message->bytes, &self->error);
        if (code == LT_DONE)
            code = send_receipt(self, part);
    } else if (event->sid == self->answers && memcmp(part->re, self->id, LT_ID_SIZE) == 0) {
        code = lt_receipt_decode(part->body, &receipt, &self->error);
        *seen = code == LT_DONE && receipt.outcome == LT_RECEIPT_OUTCOME_DONE;
    }
    if (code == LT_DONE)
        code =
            lt_client_settle(self->client, event->sid, event->seq, LT_ACK_DONE, NULL, &self->error);
    return code;
}

static enum lt_code run(struct consumer *self)
{
    int seen = 0;
    enum lt_code code = LT_DONE;
    while (code == LT_DONE && !seen) {
        struct lt_event *event = lt_client_next(self->client, PATIENCE_MS);
        if (!event)
            return lt_fail(&self->error, LT_TIMED_OUT, "no receipt came");
        if (event->kind == LT_EVENT_MESSAGE)
            code = take(self, event, &seen);
        else if (event->code >= LT_MALFORMED)
            code = lt_fail(&self->error, event->code, "%s", event->text);
        lt_event_destroy(&event);
    }
    return code;
}

int main(int count, char **arguments)
{
    struct consumer self = {0};
    if (count != 3 || strcmp(lt_version(), LIENTHON_VERSION) != 0)
        return 2;
    self.topic = arguments[2];
    enum lt_code code = connect_with_code(&self, arguments[1]);
    if (code == LT_DONE)
        code = follow(&self, self.topic, &self.notices);
    if (code == LT_DONE)
        code = follow(&self, self.receipts, &self.answers);
    if (code == LT_DONE)
        code = post_notice(&self);
    if (code == LT_DONE)
        code = run(&self);
    lt_client_destroy(&self.client, PATIENCE_MS);
    if (code == LT_DONE)
        printf("the receipt has been seen\n");
    else
        fprintf(stderr, "%s: %s\n", lt_code_name(code), self.error.text);
    return code == LT_DONE ? 0 : 1;
}
