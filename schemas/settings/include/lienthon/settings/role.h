// Roles: readable files (deploy/roles/*.yaml) that say what a kind of participant may do, and how
// one becomes a grant.
#ifndef LIENTHON_SETTINGS_ROLE_H
#define LIENTHON_SETTINGS_ROLE_H

#include <lienthon/grant.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lt_role lt_role;

// LT_BAD_FILE "file:line:column: …", LT_IO. *role is yours.
enum lt_code lt_role_load(const char *path, lt_role **role, struct lt_error *error);
enum lt_code lt_role_parse(struct lt_slice text, const char *file_name, lt_role **role,
                           struct lt_error *error);
// FOLDER/roles/NAME.yaml; the built-in one where FOLDER has no roles at all. LT_NOT_FOUND names the nearest one and
// lists what is there.
enum lt_code lt_role_find(const char *folder, const char *name, lt_role **role,
                          struct lt_error *error);
void lt_role_destroy(lt_role **role);

const char *lt_role_id(const lt_role *role);          // "speaker"
const char *lt_role_name(const lt_role *role);        // "Cụm loa"
const char *lt_role_description(const lt_role *role); // one line, Vietnamese
bool lt_role_wants_hamlet(const lt_role *role);       // it uses <ap>

// Who gets it. In a role's patterns stand <xa>, <ap>, <principal> (with dots), <principal-path>
// (with slashes), <name> (the principal's last segment).
struct lt_role_for {
    const char *xa, *ap;   // ap NULL: none; then a role that wants one is LT_BAD_USE
    const char *principal; // whom it is for
    const char *name;      // for people; NULL: the role's name
    uint64_t now;    // ms: not_before, serial; `expires` is as many days later as the role says
    uint64_t latest; // `expires` is no later than this (the issuer's scope); 0: no bound
};

typedef struct lt_filled lt_filled; // a grant with all that it looks into

// The grant itself. *filled is yours; key and curve are for the caller to fill in.
enum lt_code lt_role_fill(const lt_role *role, const struct lt_role_for *whom, lt_filled **filled,
                          struct lt_error *error);
// An invitation's grant: `enrol` alone, its scope the role for exactly that principal. `invitation`
// is the principal of the invitation itself; it ends at whom->now + life_ms. LT_BAD_USE: the role
// may itself grant, so no invitation can carry it.
enum lt_code lt_role_invite(const lt_role *role, const struct lt_role_for *whom,
                            const char *invitation, uint64_t life_ms, lt_filled **filled,
                            struct lt_error *error);
// Lent, to be changed (key, curve, serial, revoked), alive as long as *filled.
struct lt_grant *lt_filled_grant(lt_filled *filled);
void lt_filled_destroy(lt_filled **filled);

// The role files that are built in, for `lienthon init`: NULL behind the last.
struct lt_role_file {
    const char *name; // "speaker.yaml"
    const char *text;
};
const struct lt_role_file *lt_role_builtin(size_t index);

// Appends the keys of a role file, each with what it is for and what is allowed, as YAML comments.
bool lt_role_sample(struct lt_buffer *out);

#ifdef __cplusplus
}
#endif
#endif
