// The grants in force, as the hub has them and judged here under the pinned root key.
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <lienthon/book.h>

#include "session.h"

// Asks the hub for all grants. *book is yours.
enum lt_code view_load(struct session *session, lt_book **book);
// The same, and the answer itself, which has revocations too: *values is yours.
enum lt_code view_load_all(struct session *session, lt_book **book, struct lt_buffer *values);

// How far from the root: 1 when the root has issued it; 0: it is not in force.
size_t view_depth(const lt_book *book, struct lt_slice principal);
// The principal that a person meant: in force, else LT_NOT_FOUND (LT_NOT_VALID when it is revoked), with the nearest name.
enum lt_code view_find(const lt_book *book, const char *name, const struct lt_grant **grant,
                       struct lt_error *error);

// Those in force, sorted by their distance from the root and then by name. *list is yours (free), its entries are lent.
struct view_entry {
    const struct lt_grant *grant;
    struct lt_slice sealed, issuer;
    size_t depth;
};
size_t view_list(const lt_book *book, struct view_entry **list);

bool view_is_invitation(const struct lt_grant *grant);

#endif
