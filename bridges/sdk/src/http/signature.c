// libsodium's, with the pieces put together.
#include <lienthon/signature.h>

#include <ctype.h>
#include <string.h>

#include <sodium.h>

void lt_hmac_sha256(struct lt_slice key, const struct lt_slice *parts, size_t count,
                    uint8_t digest[LT_DIGEST_SIZE])
{
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, key.data, key.size);
    for (size_t i = 0; i < count; i++)
        crypto_auth_hmacsha256_update(&state, parts[i].data, parts[i].size);
    crypto_auth_hmacsha256_final(&state, digest);
    sodium_memzero(&state, sizeof state);
}

void lt_sha256(const struct lt_slice *parts, size_t count, uint8_t digest[LT_DIGEST_SIZE])
{
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    for (size_t i = 0; i < count; i++)
        crypto_hash_sha256_update(&state, parts[i].data, parts[i].size);
    crypto_hash_sha256_final(&state, digest);
    sodium_memzero(&state, sizeof state); // a part of it may be a secret
}

static struct lt_slice without_blanks(struct lt_slice text)
{
    while (text.size && isspace(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && isspace(text.data[text.size - 1]))
        text.size--;
    return text;
}

static struct lt_slice without_prefix(struct lt_slice given, const char *prefix)
{
    size_t size = prefix ? strlen(prefix) : 0;
    // "mac = abc": blanks before the sign are none of the name.
    size_t name = size && prefix[size - 1] == '=' ? size - 1 : size;
    if (!size || given.size < name || memcmp(given.data, prefix, name) != 0)
        return given;
    struct lt_slice rest = without_blanks((struct lt_slice){given.data + name, given.size - name});
    if (name == size)
        return rest;
    if (!rest.size || rest.data[0] != '=')
        return given;
    return without_blanks((struct lt_slice){rest.data + 1, rest.size - 1});
}

bool lt_signature_is(struct lt_slice given, const char *prefix,
                     const uint8_t digest[LT_DIGEST_SIZE])
{
    char text[2 * LT_DIGEST_SIZE];
    uint8_t bytes[LT_DIGEST_SIZE];
    struct lt_slice hex = without_prefix(without_blanks(given), prefix);
    if (hex.size != sizeof text)
        return false;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)tolower(hex.data[i]);
    return lt_hex_decode((struct lt_slice){(const uint8_t *)text, sizeof text}, bytes,
                         sizeof bytes) &&
           sodium_memcmp(bytes, digest, LT_DIGEST_SIZE) == 0;
}

bool lt_secret_equal(struct lt_slice a, struct lt_slice b)
{
    return a.size == b.size && a.size > 0 && sodium_memcmp(a.data, b.data, a.size) == 0;
}
