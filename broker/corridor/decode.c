// Is it a message? Every length is checked before it is used. (16, 17)
#include <inttypes.h>

#include "rooms.h"

bool decode(struct passage *passage, const struct lt_limits *limits)
{
    struct lt_slice bytes = {zmq_msg_data(&passage->frame), zmq_msg_size(&passage->frame)};
    struct lt_error error = {0};
    if (bytes.size > limits->message)
        return passage_refuse(passage, LT_TOO_LARGE,
                              "the message has %zu bytes, at most %" PRIu64 " are taken",
                              bytes.size, limits->message);
    enum lt_code code = lt_sealed_decode(bytes, &passage->sealed, &error);
    if (code != LT_DONE)
        return passage_refuse(passage, code, "%s", error.text);
    lt_hash(passage->sealed.part.bytes, passage->hash);
    return true;
}
