// Records on their way to the store.
#include "records.h"

#include <stdlib.h>
#include <string.h>

#include "must.h"

static struct lt_slice keep(struct records *records, struct lt_slice bytes)
{
    if (!bytes.data)
        return bytes;
    records->blocks = must_hold(records->blocks, &records->block_room, records->block_count + 1,
                                sizeof *records->blocks);
    void *copy = must_copy(bytes.data, bytes.size);
    records->blocks[records->block_count++] = copy;
    return (struct lt_slice){copy, bytes.size};
}

void records_put(struct records *records, const char *bucket, struct lt_slice key,
                 struct lt_slice value)
{
    records->plain = must_hold(records->plain, &records->plain_room, records->plain_count + 1,
                               sizeof *records->plain);
    records->plain[records->plain_count++] = (struct store_record){
        .bucket = bucket,
        .key = keep(records, key),
        .value = keep(records, value),
        .expect = STORE_ANY,
    };
}

void records_insert(struct records *records, size_t at, const struct store_record *from,
                    size_t count)
{
    if (!count)
        return;
    records->plain = must_hold(records->plain, &records->plain_room, records->plain_count + count,
                               sizeof *records->plain);
    memmove(records->plain + at + count, records->plain + at,
            (records->plain_count - at) * sizeof *records->plain);
    records->plain_count += count;
    for (size_t i = 0; i < count; i++) {
        records->plain[at + i] = from[i];
        records->plain[at + i].key = keep(records, from[i].key);
        records->plain[at + i].value = keep(records, from[i].value);
    }
}

void records_put_numbered(struct records *records, const char *bucket, size_t of,
                          struct lt_slice value)
{
    static const uint8_t seq[8] = {0};
    records->numbered = must_hold(records->numbered, &records->numbered_room,
                                  records->numbered_count + 1, sizeof *records->numbered);
    struct store_seq_record *numbered = &records->numbered[records->numbered_count++];
    *numbered = (struct store_seq_record){.of = of, .seq_in_key = true};
    numbered->record = (struct store_record){
        .bucket = bucket,
        .key = keep(records, (struct lt_slice){seq, sizeof seq}),
        .value = keep(records, value),
        .expect = STORE_ANY,
    };
}

void records_join(struct records *records, struct records *from)
{
    if (!from->plain_count)
        return;
    records->plain = must_hold(records->plain, &records->plain_room,
                               records->plain_count + from->plain_count, sizeof *records->plain);
    memcpy(records->plain + records->plain_count, from->plain,
           from->plain_count * sizeof *records->plain);
    records->plain_count += from->plain_count;
    records->blocks = must_hold(records->blocks, &records->block_room,
                                records->block_count + from->block_count, sizeof *records->blocks);
    memcpy(records->blocks + records->block_count, from->blocks,
           from->block_count * sizeof *records->blocks);
    records->block_count += from->block_count;
    from->plain_count = from->block_count = 0;
    records_clear(from);
}

void records_clear(struct records *records)
{
    for (size_t i = 0; i < records->block_count; i++)
        free(records->blocks[i]);
    free(records->blocks);
    free(records->plain);
    free(records->numbered);
    memset(records, 0, sizeof *records);
}
