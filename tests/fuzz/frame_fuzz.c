// Frame 0: whatever the bytes, no crash; what was accepted encodes to a frame that decodes to the same op.
#include <stdlib.h>

#include <lienthon/op.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk_lists(const struct lt_frame *frame)
{
    struct lt_slice pattern, text;
    uint64_t a, b;
    enum lt_outcome outcome;
    struct lt_list list = lt_list_of(frame->list);
    while (lt_list_pattern(&list, &pattern))
        continue;
    list = lt_list_of(frame->list);
    while (lt_list_published(&list, &a, &b, &text))
        continue;
    list = lt_list_of(frame->list);
    while (lt_list_delivered(&list, &a, &b))
        continue;
    list = lt_list_of(frame->list);
    while (lt_list_settled(&list, &a, &outcome, &text))
        continue;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_frame frame, again;
    struct lt_error error = {0};
    if (lt_frame_decode((struct lt_slice){data, size}, &frame, &error) != LT_DONE)
        return 0;
    walk_lists(&frame);
    struct lt_buffer out = {.max = LT_RESULT_MAX};
    if (!lt_frame_encode(&frame, &out) ||
        lt_frame_decode(lt_buffer_slice(&out), &again, &error) != LT_DONE || again.op != frame.op)
        abort();
    lt_buffer_clear(&out);
    return 0;
}
