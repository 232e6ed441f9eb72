// Grants: which end soon, which the hub has never heard of, whose holder it has never heard of.
#include "doctor.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <lienthon/bundle.h>
#include <lienthon/cursor.h>

#include "view.h"
#include "walk.h"
#include "when.h"
#include "tongue.h"

enum { DAY_MS = 86400000, SHOWN = 10, BUNDLE_MAX = 16 * 1024 * 1024, LAST_DAYS = 3 };

// The grants of the folder's own bundle; NULL: there are none. Yours.
static lt_book *own_book(const struct doctor *doctor, const uint8_t root[LT_KEY_SIZE])
{
    struct lt_buffer bytes = {.max = BUNDLE_MAX};
    struct lt_bundle bundle;
    struct lt_slice sealed;
    lt_book *book = NULL;
    char *path = cli_path(doctor->cli, "grants.ltb");
    if (lt_file_read(path, &bytes, NULL) == LT_DONE &&
        lt_bundle_open(lt_buffer_slice(&bytes), &bundle, NULL) == LT_DONE) {
        book = lt_book_new(root);
        while (book != NULL && lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
            (void)lt_book_learn(book, sealed, NULL);
        }
    }
    lt_buffer_clear(&bytes);
    free(path);
    return book;
}

static bool is_own(const struct doctor *doctor, struct lt_slice principal)
{
    const char *own = doctor->session.identity.principal;
    return (own != NULL && lt_slice_is(principal, own)) ||
           (doctor->has_commune && lt_slice_is(principal, doctor->commune.hub.principal));
}

// --- which end soon ---

static const char *how_to_renew(const struct doctor *doctor, struct lt_slice principal)
{
    return is_own(doctor, principal)
               ? PHRASE(
                     "let it go on, with the root key, before that day: lienthon renew PRINCIPAL; "
                     "without it nobody can connect")
               : PHRASE(
                     "let it go on, in the office's folder: lienthon renew PRINCIPAL; if it is not "
                     "needed any more let it end");
}

static void say_expiry(struct doctor *doctor, const struct lt_grant *grant)
{
    char day[WHEN_SIZE];
    const bool own = is_own(doctor, grant->principal);
    const bool is_over = grant->expires <= doctor->now;
    const uint64_t left = is_over ? 0 : (grant->expires - doctor->now) / DAY_MS;
    when_day(grant->expires, day);
    if (is_over) {
        doctor_say(doctor, own ? DOCTOR_PROBLEM : DOCTOR_WARNING,
                   how_to_renew(doctor, grant->principal), "the grant of %.*s ended on %s",
                   (int)grant->principal.size, (const char *)grant->principal.data, day);
    } else {
        doctor_say(doctor, own && left < LAST_DAYS ? DOCTOR_PROBLEM : DOCTOR_WARNING,
                   how_to_renew(doctor, grant->principal),
                   "the grant of %.*s ends on %s, in %" PRIu64 " days", (int)grant->principal.size,
                   (const char *)grant->principal.data, day, left);
    }
}

void doctor_expiry(struct doctor *doctor)
{
    struct view_entry *list = NULL;
    lt_book *own = NULL;
    const lt_book *book = doctor->book;
    if (book == NULL && doctor->has_commune) {
        own = own_book(doctor, doctor->commune.root);
        book = own;
    }
    if (book == NULL) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL,
                   "not looked at: the hub does not answer, and there is no grants.ltb here");
        return;
    }
    const size_t count = view_list(book, &list);
    size_t ending = 0;
    for (size_t i = 0; i < count; i++) {
        const struct lt_grant *grant = list[i].grant;
        // What ended long ago, and invitations, which are short by design, are nobody's trouble.
        if (grant->revoked || view_is_invitation(grant) ||
            grant->expires > doctor->now + doctor->limits.expiry_days * DAY_MS ||
            (grant->expires + 30 * (uint64_t)DAY_MS < doctor->now &&
             !is_own(doctor, grant->principal))) {
            continue;
        }
        if (ending++ < SHOWN || is_own(doctor, grant->principal)) {
            say_expiry(doctor, grant);
        }
    }
    if (ending > SHOWN) {
        doctor_say(doctor, DOCTOR_WARNING, "lienthon grants shows when each ends",
                   "%zu grants end soon in all", ending);
    } else if (ending == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "none of %zu grants ends within %" PRIu64 " days",
                   count, doctor->limits.expiry_days);
    }
    free(list);
    lt_book_destroy(&own);
}

// --- issued here, and the hub has never heard of them ---

void doctor_unheard_here(struct doctor *doctor)
{
    struct view_entry *list = NULL;
    size_t missing = 0;
    if (!doctor->has_commune || doctor->book == NULL) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: %s",
                   doctor->has_commune ? "the hub does not answer"
                                       : PHRASE("no grants are issued here"));
        return;
    }
    lt_book *own = own_book(doctor, doctor->commune.root);
    const size_t count = own != NULL ? view_list(own, &list) : 0;
    for (size_t i = 0; i < count; i++) {
        const struct lt_grant *grant = list[i].grant;
        bool revoked = false;
        const struct lt_grant *there = lt_book_find(doctor->book, grant->principal, &revoked);
        if (revoked || grant->expires <= doctor->now ||
            (there != NULL && there->serial >= grant->serial)) {
            continue;
        }
        if (missing++ < SHOWN) {
            doctor_say(
                doctor, DOCTOR_WARNING,
                "hand it in: lienthon import grants.ltb, or start the hub again, which reads "
                "that file",
                "the grant of %.*s in grants.ltb is not known to the hub",
                (int)grant->principal.size, (const char *)grant->principal.data);
        }
    }
    if (missing > SHOWN) {
        doctor_say(doctor, DOCTOR_WARNING, "lienthon import grants.ltb",
                   "%zu grants of grants.ltb in all are not known to the hub", missing);
    } else if (missing == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "the hub knows all %zu grants that were issued here",
                   count);
    }
    free(list);
    lt_book_destroy(&own);
}

// --- known to the hub, and nobody has ever come with them ---

struct person {
    struct lt_slice principal;
    uint64_t seen;
    bool connected, tells; // tells: the hub says who was here
};

static bool read_person(struct lt_slice map, struct person *person)
{
    struct lt_slice connected = {0};
    *person = (struct person){0};
    person->tells = lt_map_find(map, "connected", &connected);
    if (person->tells) {
        struct lt_cursor cursor = lt_cursor_of(connected);
        (void)lt_cursor_bool(&cursor, &person->connected);
    }
    (void)lt_map_uint(map, "seen", &person->seen);
    return lt_map_str(map, "principal", &person->principal);
}

// Since when it is away for too long: what it is, "" for one that is not.
static bool is_away(const struct doctor *doctor, const struct person *person,
                    const struct lt_grant *grant)
{
    const uint64_t since = person->seen > 0 ? person->seen : grant->not_before;
    return person->tells && !person->connected && !view_is_invitation(grant) &&
           !is_own(doctor, person->principal) &&
           doctor->now >= since + doctor->limits.away_days * DAY_MS;
}

void doctor_unheard_there(struct doctor *doctor)
{
    struct walk walk = walk_of(&doctor->people);
    struct lt_slice map;
    struct person person;
    size_t all = 0;
    size_t away = 0;
    char span[32];
    if (doctor_lacks(doctor, &doctor->people)) {
        return;
    }
    while (walk_value(&walk, &map)) {
        const struct lt_grant *grant = read_person(map, &person) && doctor->book != NULL
                                           ? lt_book_find(doctor->book, person.principal, NULL)
                                           : NULL;
        if (grant == NULL) {
            continue;
        }
        all++;
        if (!is_away(doctor, &person, grant) || away++ >= SHOWN) {
            continue;
        }
        doctor_say(doctor, DOCTOR_WARNING,
                   "if it is lost, or not needed any more, take its rights away: lienthon revoke; "
                   "else see that it runs",
                   "%.*s has %s%s", (int)person.principal.size, (const char *)person.principal.data,
                   person.seen == 0 ? "a grant and has never been connected"
                                    : "not been connected for ",
                   person.seen == 0 ? "" : doctor_span(doctor->now - person.seen, span));
    }
    if (away > SHOWN) {
        doctor_say(doctor, DOCTOR_WARNING, "see the ones named before",
                   "%zu who have a grant are away for too long in all", away);
    } else if (away == 0) {
        doctor_say(doctor, DOCTOR_OK, NULL, "of %zu who have a grant none is away for too long",
                   all);
    }
}
