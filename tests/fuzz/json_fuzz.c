// JSON from any MessagePack, and back: what was written as JSON is read again, and what is then written is the same text.
#include <stdlib.h>

#include <lienthon/json.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct lt_error error = {0};
    struct lt_buffer text = {.max = 4 * 1024 * 1024}, body = {.max = 4 * 1024 * 1024};
    struct lt_buffer again = {.max = 4 * 1024 * 1024};
    const bool is_map =
        size > 0 && ((data[0] & 0xF0) == 0x80 || data[0] == 0xDE || data[0] == 0xDF);
    if (is_map &&
        lt_json_from_body((struct lt_slice){data, size}, &text, size % 2, &error) == LT_DONE) {
        if (lt_json_to_body(lt_buffer_slice(&text), NULL, &body, &error) != LT_DONE ||
            lt_json_from_body(lt_buffer_slice(&body), &again, size % 2, &error) != LT_DONE ||
            !lt_slice_equal(lt_buffer_slice(&text), lt_buffer_slice(&again)))
            abort();
    }
    lt_buffer_clear(&text);
    lt_buffer_clear(&body);
    lt_buffer_clear(&again);
    return 0;
}
