// What a device without sockets does with lienthon-schemas alone: seals a message, reads it back, checks its seal and its type.
#include <stdio.h>
#include <string.h>

#include <lienthon/seal.h>
#include <lienthon/type.h>
#include <lienthon/types.h>

static enum lt_code there_and_back(const lt_signer *signer, const lt_types *types,
                                   struct lt_buffer *body, struct lt_buffer *bytes,
                                   struct lt_error *error)
{
    struct lt_notice notice = {0};
    struct lt_part part = {0};
    struct lt_sealed sealed;
    notice.text = lt_slice_of("Nước đang lên nhanh.");
    enum lt_code code = lt_notice_encode(&notice, body, error);
    part.from = lt_slice_of("tram.so-1");
    part.topic = lt_slice_of("xa/tat-ca/thong-bao");
    part.type = lt_slice_of("notice.v1");
    part.created = 1767225600000;
    lt_id_make(part.created, part.id);
    part.body = lt_buffer_slice(body);
    if (code == LT_DONE)
        code = lt_seal_part(signer, &part, bytes, error);
    if (code == LT_DONE)
        code = lt_sealed_decode(lt_buffer_slice(bytes), &sealed, error);
    if (code == LT_DONE)
        code = lt_seal_verify(&sealed, lt_signer_key(signer), NULL, error);
    if (code == LT_DONE)
        code = lt_type_check(lt_types_find(types, sealed.part.type), &sealed.part, error);
    return code;
}

int main(void)
{
    uint8_t seed[LT_SEED_SIZE] = {1};
    struct lt_error error = {0};
    struct lt_buffer body = {0}, bytes = {0};
    body.max = bytes.max = 65536;
    lt_types *types = lt_types_new(&error);
    lt_signer *signer = lt_signer_new(seed);
    enum lt_code code =
        types && signer ? there_and_back(signer, types, &body, &bytes, &error) : LT_NO_MEMORY;
    printf("%s %s\n", lt_code_name(code), error.text);
    lt_buffer_clear(&body);
    lt_buffer_clear(&bytes);
    lt_signer_destroy(&signer);
    lt_types_destroy(&types);
    return code == LT_DONE ? 0 : 1;
}
