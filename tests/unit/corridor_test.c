// The corridor's steps one by one: a passage made by hand walks into one room at a time.
#include "corridor_case.h"
#include "state/must.h"

static void refused_with(const struct passage *passage, enum lt_code code, const char *words)
{
    cr_assert_eq(passage->refusal.code, code, "%d: %s", (int)passage->refusal.code,
                 passage->refusal.text);
    cr_assert(strstr(passage->refusal.text, words), "'%s' is not in '%s'", words,
              passage->refusal.text);
}

// Through decode and authenticate, as far as every later room needs it.
static struct passage *known_passage(struct commune *commune, struct draft *draft)
{
    struct passage *passage = passage_of(draft, commune->team, "to-so.an-thuong");
    cr_assert(decode(passage, &commune->limits), "%s", passage->refusal.text);
    cr_assert(authenticate(passage, commune->book, commune->seals), "%s", passage->refusal.text);
    return passage;
}

// --- decode ---

Test(decode, takes_a_sealed_message_and_sees_its_parts)
{
    struct commune commune = commune_new();
    struct draft draft = draft_notice("Họp lúc 19 giờ");
    struct passage *passage = passage_of(&draft, commune.team, "to-so.an-thuong");
    cr_assert(decode(passage, &commune.limits));
    cr_assert(lt_slice_is(passage->sealed.part.topic, "xa/an-thuong/thong-bao"));
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(decode, refuses_what_is_no_message_with_16)
{
    struct commune commune = commune_new();
    const uint8_t bytes[] = {0xdd, 0xdd, 0xdd, 0xdd, 0xdd, 0x0a, 0x2b};
    struct passage *passage = passage_of_bytes((struct lt_slice){bytes, sizeof bytes}, "x");
    cr_assert_not(decode(passage, &commune.limits));
    refused_with(passage, LT_MALFORMED, "");
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(decode, refuses_what_is_larger_than_the_limit_with_17)
{
    struct commune commune = commune_new();
    char text[3000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    struct draft draft = draft_notice(text);
    struct passage *passage = passage_of(&draft, commune.team, "to-so.an-thuong");
    commune.limits.message = 1000;
    cr_assert_not(decode(passage, &commune.limits));
    refused_with(passage, LT_TOO_LARGE, "at most 1000");
    passage_destroy(&passage);
    commune_clear(&commune);
}

// --- authenticate ---

Test(authenticate, refuses_a_sender_of_whom_no_grant_is_known_with_19)
{
    struct commune commune = commune_new();
    struct draft draft = draft_notice("a");
    draft.part.from = lt_slice_of("nguoi.la");
    struct passage *passage = passage_of(&draft, commune.team, "nguoi.la");
    cr_assert(decode(passage, &commune.limits));
    cr_assert_not(authenticate(passage, commune.book, commune.seals));
    refused_with(passage, LT_UNKNOWN_PRINCIPAL, "nguoi.la");
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(authenticate, refuses_a_seal_of_another_key_with_18)
{
    struct commune commune = commune_new();
    struct draft draft = draft_notice("a");
    struct passage *passage = passage_of(&draft, commune.bridge, "to-so.an-thuong");
    cr_assert(decode(passage, &commune.limits));
    cr_assert_not(authenticate(passage, commune.book, commune.seals));
    refused_with(passage, LT_BAD_SEAL, "");
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(authenticate, believes_a_worker_only_for_the_key_that_it_was_given)
{
    struct commune commune = commune_new();
    struct draft draft = draft_notice("a");
    struct passage *passage = passage_of(&draft, commune.bridge, "to-so.an-thuong");
    cr_assert(decode(passage, &commune.limits));
    memcpy(passage->key, lt_signer_key(commune.bridge), sizeof passage->key);
    passage->is_checked = true; // under the bridge's key it holds
    passage->checked = LT_DONE;
    cr_assert_not(authenticate(passage, commune.book, commune.seals));
    refused_with(passage, LT_BAD_SEAL, "");
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(authenticate, sees_who_may_carry_what_another_has_sealed)
{
    struct commune commune = commune_new();
    static const struct {
        const char *bearer;
        bool may;
    } cases[] = {{"to-so.an-thuong", true}, {"bridge.zalo", true}, {"nguoi.la", false}};
    for (size_t i = 0; i < 3; i++) {
        struct draft draft = draft_notice("a");
        struct passage *passage = passage_of(&draft, commune.team, cases[i].bearer);
        cr_assert(decode(passage, &commune.limits));
        cr_assert(authenticate(passage, commune.book, commune.seals));
        cr_assert_eq(passage->may_bear, cases[i].may, "%s", cases[i].bearer);
        passage_destroy(&passage);
    }
    commune_clear(&commune);
}

// --- recall ---

Test(recall, tells_the_same_message_from_another_under_its_id)
{
    struct commune commune = commune_new();
    struct memory *memory = memory_new(8, 8);
    struct draft draft = draft_notice("a"), other = draft_notice("b");
    memcpy(other.part.id, draft.part.id, LT_ID_SIZE);
    struct passage *first = known_passage(&commune, &draft);
    struct passage *second = known_passage(&commune, &other);
    cr_assert(recall(first, memory));
    memory_add(memory, &first->sealed.part, first->hash, 17);
    cr_assert_not(recall(first, memory));
    refused_with(first, LT_DONE_BEFORE, "");
    cr_assert_eq(first->seq, 17);
    cr_assert_not(recall(second, memory));
    refused_with(second, LT_ID_TAKEN, "id");
    passage_destroy(&first);
    passage_destroy(&second);
    memory_destroy(&memory);
    commune_clear(&commune);
}

Test(recall, tells_a_bearer_without_the_right_nothing)
{
    struct commune commune = commune_new();
    struct memory *memory = memory_new(8, 8);
    struct draft draft = draft_notice("a");
    struct passage *passage = known_passage(&commune, &draft);
    memory_add(memory, &passage->sealed.part, passage->hash, 17);
    passage->may_bear = false;
    cr_assert(recall(passage, memory));
    cr_assert_not(authorise(passage, commune.book, NOW));
    refused_with(passage, LT_NOT_ALLOWED, "relay");
    passage_destroy(&passage);
    memory_destroy(&memory);
    commune_clear(&commune);
}

Test(recall, knows_an_origin_under_its_topic_whatever_the_id)
{
    struct commune commune = commune_new();
    struct memory *memory = memory_new(8, 8);
    struct draft draft = draft_notice("a"), again = draft_notice("a"),
                 elsewhere = draft_notice("a");
    draft.part.origin = again.part.origin = elsewhere.part.origin = lt_slice_of("zalo:123");
    elsewhere.part.topic = lt_slice_of("xa/an-thuong/canh-bao");
    struct passage *passages[] = {known_passage(&commune, &draft), known_passage(&commune, &again),
                                  known_passage(&commune, &elsewhere)};
    memory_add(memory, &passages[0]->sealed.part, passages[0]->hash, 4);
    cr_assert_not(recall(passages[1], memory));
    refused_with(passages[1], LT_DONE_BEFORE, "");
    cr_assert_eq(passages[1]->seq, 4);
    cr_assert(recall(passages[2], memory));
    for (int i = 0; i < 3; i++)
        passage_destroy(&passages[i]);
    memory_destroy(&memory);
    commune_clear(&commune);
}

Test(recall, finds_the_twin_that_is_still_in_flight)
{
    struct commune commune = commune_new();
    struct memory *memory = memory_new(8, 8);
    struct draft draft = draft_notice("a");
    struct passage *passage = known_passage(&commune, &draft);
    memory_pend(memory, &passage->sealed.part);
    cr_assert_not(recall(passage, memory));
    cr_assert(passage->is_twin);
    memory_unpend(memory, &passage->sealed.part);
    passage_destroy(&passage);
    memory_destroy(&memory);
    commune_clear(&commune);
}

Test(recall, believes_what_the_store_knows_of_older_ones)
{
    struct commune commune = commune_new();
    struct memory *memory = memory_new(8, 8);
    struct draft draft = draft_notice("a");
    struct passage *passage = known_passage(&commune, &draft);
    memory_begins(memory, NOW + 1, true);
    cr_assert_not(memory_is_complete(memory, &passage->sealed.part));
    passage->is_known = true;
    passage->known.code = LT_DONE_BEFORE;
    passage->known.seq = 9;
    cr_assert_not(recall(passage, memory));
    cr_assert_eq(passage->seq, 9);
    passage_destroy(&passage);
    memory_destroy(&memory);
    commune_clear(&commune);
}

// --- validate ---

static void validates(struct draft *draft, enum lt_code code, const char *words)
{
    struct commune commune = commune_new();
    struct passage *passage = known_passage(&commune, draft);
    bool goes_on = validate(passage, commune.types, &commune.limits, NOW);
    cr_assert_eq(goes_on, code == LT_DONE, "%s", passage->refusal.text);
    refused_with(passage, code, words);
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(validate, lets_a_notice_pass)
{
    struct draft draft = draft_notice("Họp");
    validates(&draft, LT_DONE, "");
}

Test(validate, refuses_secret_matter_with_33)
{
    struct draft draft = draft_notice("Họp");
    draft.part.label = LT_MAT;
    validates(&draft, LT_SECRET, "not carried");
}

Test(validate, refuses_an_unknown_type_with_23)
{
    struct draft draft = draft_notice("Họp");
    draft.part.type = lt_slice_of("tho-luc-bat.v1");
    validates(&draft, LT_UNKNOWN_TYPE, "tho-luc-bat.v1");
}

Test(validate, names_the_first_wrong_place_of_a_body_with_22)
{
    struct draft draft = draft_notice("Họp");
    lt_buffer_empty(&draft.body);
    lt_pack_map(&draft.body, 2);
    lt_pack_text(&draft.body, "text");
    lt_pack_text(&draft.body, "Họp");
    lt_pack_text(&draft.body, "channels");
    lt_pack_array(&draft.body, 2);
    lt_pack_text(&draft.body, "loa");
    lt_pack_text(&draft.body, "loaa");
    validates(&draft, LT_BODY_WRONG, "body.channels[1]");
}

Test(validate, refuses_what_is_too_old_or_from_the_future_with_24_and_both_times)
{
    struct draft old = draft_notice("Họp"), early = draft_notice("Họp");
    old.part.created = NOW - 8 * DAY;
    old.part.expires = 0;
    lt_id_make(old.part.created, old.part.id);
    validates(&old, LT_STALE, "2025-12-24T00:00:00Z, here it is 2026-01-01T00:00:00Z");
    early.part.created = NOW + 121000;
    lt_id_make(early.part.created, early.part.id);
    validates(&early, LT_STALE, "clock");
}

Test(validate, refuses_what_has_expired_with_25)
{
    struct draft draft = draft_notice("Họp");
    draft.part.created = NOW - HOUR;
    draft.part.expires = NOW;
    lt_id_make(draft.part.created, draft.part.id);
    validates(&draft, LT_EXPIRED, "expired");
}

// --- authorise ---

static void authorises(struct draft *draft, enum lt_code code, const char *words)
{
    struct commune commune = commune_new();
    struct passage *passage = known_passage(&commune, draft);
    bool goes_on = authorise(passage, commune.book, NOW);
    cr_assert_eq(goes_on, code == LT_DONE, "%s", passage->refusal.text);
    refused_with(passage, code, words);
    passage_destroy(&passage);
    commune_clear(&commune);
}

Test(authorise, lets_pass_what_the_grant_covers)
{
    struct draft draft = draft_notice("Họp");
    authorises(&draft, LT_DONE, "");
}

Test(authorise, refuses_a_topic_outside_the_grant_with_21)
{
    struct draft draft = draft_notice("Họp");
    draft.part.topic = lt_slice_of("xa/an-lac/thong-bao");
    authorises(&draft, LT_NOT_ALLOWED, "");
}

Test(authorise, refuses_a_priority_above_the_grant_with_21)
{
    struct draft draft = draft_notice("Họp");
    draft.part.priority = LT_HOA_TOC;
    authorises(&draft, LT_NOT_ALLOWED, "");
}

Test(authorise, refuses_a_revoked_sender_with_20)
{
    struct commune commune = commune_new();
    struct draft draft = draft_notice("Họp");
    struct passage *passage = known_passage(&commune, &draft);
    give(&commune, commune.team,
         &(struct given){"to-so.an-thuong", "xa/an-thuong/#", LT_KHAN, 0, 2, 0, true});
    cr_assert_not(authorise(passage, commune.book, NOW));
    refused_with(passage, LT_NOT_VALID, "");
    passage_destroy(&passage);
    commune_clear(&commune);
}

// What another sender's message may not do to this one.
static struct passage *replacing(struct commune *commune, uint8_t relation,
                                 const struct lt_part *old)
{
    struct draft draft = draft_notice("mới");
    draft.part.relation = relation;
    memcpy(draft.part.re, old->id, LT_ID_SIZE);
    struct passage *passage = known_passage(commune, &draft);
    passage->others = must_calloc(1, sizeof *passage->others);
    passage->other_count = passage->other_room = 1;
    passage->others[0].sealed.part = *old;
    return passage;
}

Test(authorise, refuses_to_replace_what_another_said_with_the_same_priority_with_21)
{
    struct commune commune = commune_new();
    struct draft theirs = draft_notice("cũ"), mine = draft_notice("cũ");
    theirs.part.from = lt_slice_of("bridge.zalo");
    struct passage *refused = replacing(&commune, LT_REPLACES, &theirs.part);
    struct passage *taken = replacing(&commune, LT_CANCELS, &mine.part);
    cr_assert_not(authorise(refused, commune.book, NOW));
    refused_with(refused, LT_NOT_ALLOWED, "higher priority");
    cr_assert(authorise(taken, commune.book, NOW), "%s", taken->refusal.text);
    lt_buffer_clear(&theirs.body);
    lt_buffer_clear(&mine.body);
    passage_destroy(&refused);
    passage_destroy(&taken);
    commune_clear(&commune);
}

Test(authorise, judges_a_run_of_grants_one_after_the_other)
{
    struct commune commune = commune_new();
    struct lt_buffer sealed = grant_of(
        &commune, commune.bridge, &(struct given){"bridge.zalo", "xa/#", LT_KHAN, 0, 2, 0, false});
    lt_book *copy = lt_book_copy(commune.book);
    struct passage *passage = passage_of_bytes(lt_buffer_slice(&sealed), "bridge.zalo");
    cr_assert(decode(passage, &commune.limits));
    cr_assert(authenticate(passage, copy, commune.seals));
    cr_assert(authorise(passage, copy, NOW), "%s", passage->refusal.text);
    cr_assert_eq(lt_book_find(copy, lt_slice_of("bridge.zalo"), NULL)->serial, 2);
    cr_assert_eq(lt_book_find(commune.book, lt_slice_of("bridge.zalo"), NULL)->serial, 1);
    lt_book_destroy(&copy);
    lt_buffer_clear(&sealed);
    passage_destroy(&passage);
    commune_clear(&commune);
}
