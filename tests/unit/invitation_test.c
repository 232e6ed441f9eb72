// Invitation codes: the vector both ways, and what is damaged.
#include "lienthon/invitation.h"
#include "vectors.h"

static json_t *vector(json_t **all)
{
    *all = vectors_load("grants.json");
    return json_object_get(*all, "invitation");
}

static void check_bytes(const json_t *wanted, const char *field, const uint8_t *got)
{
    const struct lt_slice bytes = vectors_field(wanted, field);
    cr_expect_arr_eq(got, bytes.data, LT_KEY_SIZE, "%s", field);
    vectors_free(bytes);
}

Test(invitation, the_vector_reads_and_writes_back_to_itself)
{
    json_t *all = NULL;
    const json_t *wanted = vector(&all);
    const struct lt_slice code = vectors_text(json_object_get(wanted, "code"));
    struct lt_invitation invitation;
    struct lt_buffer again = {.max = 1024};
    char issuer[LT_PRINCIPAL_MAX + 1];
    cr_assert_eq(lt_invitation_decode(code, &invitation, NULL), LT_DONE);
    cr_expect_str_eq(invitation.join_url, json_string_value(json_object_get(wanted, "join_url")));
    cr_expect_str_eq(invitation.principal, json_string_value(json_object_get(wanted, "principal")));
    check_bytes(wanted, "hub_curve", invitation.hub_curve);
    check_bytes(wanted, "root", invitation.root);
    check_bytes(wanted, "seed", invitation.seed);
    cr_assert_eq(lt_invitation_encode(&invitation, &again, NULL), LT_DONE);
    cr_expect(lt_slice_equal(lt_buffer_slice(&again), code));
    lt_signer *signer = lt_signer_new(invitation.seed);
    lt_invitation_principal(lt_signer_key(signer), issuer);
    cr_expect_str_eq(issuer, json_string_value(json_object_get(wanted, "issuer")));
    lt_signer_destroy(&signer);
    lt_buffer_clear(&again);
    json_decref(all);
}

Test(invitation, a_code_cut_short_or_typed_wrong_is_refused_with_what_to_do)
{
    json_t *all = NULL;
    const struct lt_slice code = vectors_text(json_object_get(vector(&all), "code"));
    struct lt_invitation invitation;
    struct lt_error error = {0};
    for (size_t size = 0; size < code.size; size++) {
        cr_expect_eq(lt_invitation_decode((struct lt_slice){code.data, size}, &invitation, &error),
                     LT_MALFORMED, "%zu", size);
        cr_expect(strncmp(error.text, "invitation code: ", 17) == 0);
    }
    cr_expect_eq(lt_invitation_decode(lt_slice_of("lienthon:%%%%"), &invitation, &error),
                 LT_MALFORMED);
    cr_expect_eq(lt_invitation_decode(lt_slice_of("lienthon:lgIAAAAAAA"), &invitation, &error),
                 LT_VERSION); // an array of 6 that begins with 2
    cr_expect_eq(lt_invitation_decode(lt_slice_of("http://x"), &invitation, &error), LT_MALFORMED);
    json_decref(all);
}

Test(invitation, one_that_decoding_would_refuse_is_not_encoded)
{
    struct lt_invitation invitation = {.join_url = "tcp://192.0.2.1:5771", .principal = "Loa"};
    struct lt_buffer out = {.max = 1024};
    cr_expect_eq(lt_invitation_encode(&invitation, &out, NULL), LT_BAD_USE);
    snprintf(invitation.principal, sizeof invitation.principal, "loa.1");
    cr_expect_eq(lt_invitation_encode(&invitation, &out, NULL), LT_DONE);
    invitation.join_url[0] = '\0';
    cr_expect_eq(lt_invitation_encode(&invitation, &out, NULL), LT_BAD_USE);
    memset(invitation.join_url, 'a', sizeof invitation.join_url); // no NUL
    cr_expect_eq(lt_invitation_encode(&invitation, &out, NULL), LT_BAD_USE);
    invitation.join_url[3] = '\0';
    lt_buffer_empty(&out);
    out.max = 20;
    cr_expect_eq(lt_invitation_encode(&invitation, &out, NULL), LT_TOO_LARGE);
    cr_expect_eq(out.size, 0);
    lt_buffer_clear(&out);
}
