// Frame 0: every op both ways, what is missing, too long, or more than is known.
#include <criterion/criterion.h>
#include <string.h>

#include "lienthon/op.h"

static const uint8_t digest[32] = {1, 2, 3};

static struct lt_slice list_of(struct lt_buffer *out, enum lt_op op)
{
    const struct lt_slice text = lt_slice_of("body.title: is missing");
    lt_pack_array(out, 2);
    switch (op) {
    case LT_SUBSCRIBE:
        lt_pack_text(out, "x/#");
        lt_pack_text(out, "$lt/time");
        break;
    case LT_PUBLISHED:
        lt_pack_array(out, 2);
        lt_pack_uint(out, 0);
        lt_pack_uint(out, 70000);
        lt_pack_array(out, 2);
        lt_pack_uint(out, LT_BODY_WRONG);
        lt_pack_str(out, text);
        break;
    case LT_ACK:
        lt_pack_array(out, 2);
        lt_pack_uint(out, 7);
        lt_pack_uint(out, LT_ACK_DONE);
        lt_pack_array(out, 3);
        lt_pack_uint(out, 8);
        lt_pack_uint(out, LT_ACK_GAVE_UP);
        lt_pack_text(out, "no sound card");
        break;
    case LT_SAY_AGAIN:
        lt_pack_uint(out, 7);
        lt_pack_uint(out, 70000);
        break;
    default:
        for (int i = 0; i < 2; i++) {
            lt_pack_array(out, 2);
            lt_pack_uint(out, 7);
            lt_pack_uint(out, 1);
        }
    }
    return lt_buffer_slice(out);
}

static struct lt_frame full_frame(enum lt_op op, struct lt_buffer *list, struct lt_buffer *args)
{
    struct lt_frame frame = {
        .op = op,
        .ref = lt_ref_of(300),
        .sid = lt_ref_of(0),
        .code = 0,
        .version = 1,
        .now = UINT64_C(1767225600000),
        .number = 12,
        .size = LT_CHUNK_MAX,
        .offset = 4096,
        .length = 100,
        .agent = lt_slice_of("op_test"),
        .hub = lt_slice_of("hub"),
        .text = lt_slice_of("tcp://192.0.2.1:5770"),
        .name = lt_slice_of("status"),
        .sha256 = {digest, sizeof digest},
        .value = lt_slice_of("\xC0"),
        .limits = {262144, 1 << 20, 256, 1024, 15, 604800, 120},
        .flag = true,
    };
    lt_pack_map(args, 1);
    lt_pack_text(args, "durable");
    lt_pack_text(args, "main");
    frame.args = lt_buffer_slice(args);
    frame.list = list_of(list, op);
    return frame;
}

static void check_op(enum lt_op op)
{
    struct lt_buffer list = {.max = 1024};
    struct lt_buffer args = {.max = 1024};
    struct lt_buffer out = {.max = LT_FRAME_MAX};
    struct lt_buffer again = {.max = LT_FRAME_MAX};
    struct lt_error error = {0};
    const char *name = lt_op_name(op);
    const struct lt_frame frame = full_frame(op, &list, &args);
    struct lt_frame got;
    cr_assert(lt_frame_encode(&frame, &out), "%s", name);
    const struct lt_slice bytes = lt_buffer_slice(&out);
    cr_assert_eq(lt_frame_decode(bytes, &got, &error), LT_DONE, "%s: %s", name, error.text);
    cr_assert(lt_frame_encode(&got, &again), "%s", name);
    cr_expect(lt_slice_equal(bytes, lt_buffer_slice(&again)), "%s", name);
    for (size_t size = 0; size < bytes.size; size++) { // cut off anywhere
        cr_expect_eq(lt_frame_decode((struct lt_slice){bytes.data, size}, &got, &error),
                     LT_MALFORMED, "%s cut to %zu", name, size);
    }
    out.data[0]--; // the last field is missing, and now bytes follow the array
    cr_expect_eq(lt_frame_decode(bytes, &got, &error), LT_MALFORMED, "%s", name);
    out.data[0] = (uint8_t)(out.data[0] + 3); // two more
    lt_pack_text(&out, "later");
    lt_pack_uint(&out, 1);
    cr_expect_eq(lt_frame_decode(lt_buffer_slice(&out), &got, &error), LT_DONE, "%s: %s", name,
                 error.text);
    lt_buffer_clear(&list);
    lt_buffer_clear(&args);
    lt_buffer_clear(&out);
    lt_buffer_clear(&again);
}

Test(op, every_op_reads_back_as_it_was_written_and_may_be_longer)
{
    for (unsigned op = LT_HELLO; op <= LT_OP_LAST; op++) {
        check_op((enum lt_op)op);
    }
}

Test(op, what_was_decoded_is_what_was_meant)
{
    struct lt_buffer list = {.max = 1024};
    struct lt_buffer args = {.max = 1024};
    struct lt_buffer out = {.max = LT_FRAME_MAX};
    struct lt_frame got;
    const struct lt_frame frame = full_frame(LT_ACK, &list, &args);
    cr_assert(lt_frame_encode(&frame, &out));
    cr_assert_eq(lt_frame_decode(lt_buffer_slice(&out), &got, NULL), LT_DONE);
    struct lt_list settled = lt_list_of(got.list);
    uint64_t seq = 0;
    enum lt_outcome outcome = LT_ACK_WORKING;
    struct lt_slice detail = {0};
    cr_assert(lt_list_settled(&settled, &seq, &outcome, &detail));
    cr_expect(seq == 7 && outcome == LT_ACK_DONE && detail.data == NULL);
    cr_assert(lt_list_settled(&settled, &seq, &outcome, &detail));
    cr_expect(seq == 8 && outcome == LT_ACK_GAVE_UP && lt_slice_is(detail, "no sound card"));
    cr_expect_not(lt_list_settled(&settled, &seq, &outcome, &detail));
    cr_expect_not(settled.wrong);
    lt_buffer_clear(&list);
    lt_buffer_clear(&args);
    lt_buffer_clear(&out);
}

static enum lt_code decode_hex(const char *hex, struct lt_frame *frame, struct lt_error *error)
{
    static uint8_t bytes[256];
    const size_t size = strlen(hex) / 2;
    cr_assert(lt_hex_decode(lt_slice_of(hex), bytes, size));
    return lt_frame_decode((struct lt_slice){bytes, size}, frame, error);
}

Test(op, an_unknown_op_is_told_with_its_number)
{
    struct lt_frame frame;
    struct lt_error error = {0};
    cr_expect_eq(decode_hex("9216a0", &frame, &error), LT_MALFORMED);
    cr_expect_eq((unsigned)frame.op, 22);
    cr_expect_str_eq(error.text, "frame 0: the op 22 is not known");
    cr_expect_eq(decode_hex("9200a0", &frame, &error), LT_MALFORMED);
    cr_expect_eq(decode_hex("92a0a0", &frame, &error), LT_MALFORMED);
    cr_expect_eq(decode_hex("90", &frame, &error), LT_MALFORMED);
    cr_expect_str_eq(lt_op_name(22), "?");
    cr_expect_str_eq(lt_op_name(LT_ASK), "QUERY");
    cr_expect_str_eq(lt_op_name(LT_SAY_AGAIN), "AGAIN");
}

Test(op, the_ref_is_there_for_the_refusal_of_what_stands_behind_it)
{
    struct lt_frame frame;
    struct lt_error error = {0};
    uint64_t number = 0;
    // SUBSCRIBE, ref 5, sid "a", ["A"], {}
    cr_expect_eq(decode_hex("9505"
                            "05"
                            "a161"
                            "91a141"
                            "80",
                            &frame, &error),
                 LT_MALFORMED);
    cr_expect_str_eq(error.text, "SUBSCRIBE[3][0]: not a pattern");
    cr_expect(lt_ref_number(&frame.ref, &number) && number == 5);
    cr_expect_not(lt_ref_number(&frame.sid, &number));
    cr_expect_eq(decode_hex("9503", &frame, &error), LT_MALFORMED);
    cr_expect_eq(frame.ref.size, 0);
}

Test(op, equal_refs_in_other_widths_are_equal)
{
    struct lt_frame a;
    struct lt_frame b;
    cr_expect_eq(decode_hex("9203cd0007", &a, NULL), LT_DONE);
    cr_expect_eq(decode_hex("920307", &b, NULL), LT_DONE);
    cr_expect(lt_ref_equal(&a.ref, &b.ref));
    cr_expect_eq(decode_hex("9203d90161", &a, NULL), LT_DONE);
    cr_expect_eq(decode_hex("9203a161", &b, NULL), LT_DONE);
    cr_expect(lt_ref_equal(&a.ref, &b.ref));
    cr_expect_eq(decode_hex("9203a162", &b, NULL), LT_DONE);
    cr_expect_not(lt_ref_equal(&a.ref, &b.ref));
    cr_expect_eq(decode_hex("9203ff", &b, NULL), LT_MALFORMED);
    cr_expect_eq(decode_hex("9203cb3ff0000000000000", &b, NULL), LT_MALFORMED);
    cr_expect_eq(decode_hex("9203c40161", &b, NULL), LT_MALFORMED);
}

static enum lt_code decode_ref_of(size_t size)
{
    struct lt_buffer out = {.max = 256};
    char text[100];
    struct lt_frame frame;
    memset(text, 'r', sizeof text);
    lt_pack_array(&out, 2);
    lt_pack_uint(&out, LT_PING);
    lt_pack_str(&out, (struct lt_slice){(const uint8_t *)text, size});
    const enum lt_code code = lt_frame_decode(lt_buffer_slice(&out), &frame, NULL);
    lt_buffer_clear(&out);
    return code;
}

Test(op, what_is_above_its_maximum_is_too_large)
{
    struct lt_buffer out = {.max = LT_RESULT_MAX + 100};
    struct lt_frame frame = {.op = LT_PING};
    struct lt_error error = {0};
    char text[300];
    memset(text, 't', sizeof text);
    cr_expect_eq(decode_ref_of(64), LT_DONE);
    cr_expect_eq(decode_ref_of(65), LT_MALFORMED);
    cr_expect_not(lt_frame_encode(&frame, &out), "a PING without its ref");
    lt_buffer_empty(&out);

    frame = (struct lt_frame){.op = LT_BYE, .text = {(const uint8_t *)text, sizeof text}};
    cr_assert(lt_frame_encode(&frame, &out));
    cr_expect_eq(lt_frame_decode(lt_buffer_slice(&out), &frame, &error), LT_TOO_LARGE);

    struct lt_buffer list = {.max = 4096};
    lt_pack_array(&list, LT_PATTERNS_MAX + 1);
    for (int i = 0; i <= LT_PATTERNS_MAX; i++) {
        lt_pack_text(&list, "a");
    }
    lt_buffer_empty(&out);
    frame = (struct lt_frame){.op = LT_SUBSCRIBE,
                              .ref = lt_ref_of(1),
                              .sid = lt_ref_of(1),
                              .list = lt_buffer_slice(&list)};
    cr_assert(lt_frame_encode(&frame, &out));
    cr_expect_eq(lt_frame_decode(lt_buffer_slice(&out), &frame, &error), LT_TOO_LARGE);
    lt_buffer_clear(&list);

    static uint8_t big[LT_FRAME_MAX];
    struct lt_buffer value = {.max = LT_FRAME_MAX + 100};
    lt_pack_bin(&value, big, sizeof big);
    lt_buffer_empty(&out);
    frame =
        (struct lt_frame){.op = LT_RESULT, .ref = lt_ref_of(1), .value = lt_buffer_slice(&value)};
    cr_assert(lt_frame_encode(&frame, &out));
    cr_expect_eq(lt_frame_decode(lt_buffer_slice(&out), &frame, &error), LT_DONE);
    lt_buffer_empty(&out);
    lt_pack_array(&out, 3);
    lt_pack_uint(&out, LT_PING);
    lt_pack_uint(&out, 5);
    lt_pack_bin(&out, big, sizeof big);
    cr_expect_eq(lt_frame_decode(lt_buffer_slice(&out), &frame, &error), LT_TOO_LARGE);
    const struct lt_ref five = lt_ref_of(5);
    cr_expect(lt_ref_equal(&frame.ref, &five));
    lt_buffer_clear(&value);
    lt_buffer_clear(&out);
}

Test(op, options_with_a_key_twice_are_refused)
{
    struct lt_frame frame;
    struct lt_error error = {0};
    const char *once = "95"
                       "05"
                       "07"
                       "06"
                       "91a161"
                       "81a16101"; // op, ref, sid, patterns, options
    const char *twice = "95"
                        "05"
                        "07"
                        "06"
                        "91a161"
                        "82a16101a16102";
    cr_expect_eq(decode_hex(once, &frame, &error), LT_DONE, "%s", error.text);
    cr_expect_eq(decode_hex(twice, &frame, &error), LT_MALFORMED);
    cr_expect_str_eq(error.text,
                     "SUBSCRIBE[4]: not a map, or one with a key twice or a value out of bounds");
}
