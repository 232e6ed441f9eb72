// The grants in force.
#include "view.h"

#include <stdlib.h>
#include <string.h>

#include <lienthon/pack.h>

#include "walk.h"

enum { LINKS_MAX = 8 };

#define GRANTS "$lt/grants/#"

enum lt_code view_load(struct session *session, lt_book **book)
{
    struct lt_buffer values = {0};
    const enum lt_code code = view_load_all(session, book, &values);
    lt_buffer_clear(&values);
    return code;
}

enum lt_code view_load_all(struct session *session, lt_book **book, struct lt_buffer *values)
{
    struct lt_buffer args = {.max = 256};
    *values = (struct lt_buffer){.max = SESSION_ANSWER_MAX};
    *book = lt_book_new(session->identity.root);
    if (*book == NULL) {
        return lt_fail(&session->cli->error, LT_NO_MEMORY, "no memory for the book of grants");
    }
    lt_pack_map(&args, 1);
    lt_pack_text(&args, "pattern");
    lt_pack_text(&args, GRANTS);
    const enum lt_code code = session_ask(session, "last", lt_buffer_slice(&args), values);
    struct walk walk = walk_of(values);
    struct lt_sealed sealed;
    while (code == LT_DONE && walk_sealed(&walk, &sealed)) {
        lt_book_learn(*book, sealed.bytes, NULL); // what never can count is left out
    }
    lt_buffer_clear(&args);
    if (code != LT_DONE) {
        lt_book_destroy(book);
    }
    return code;
}

size_t view_depth(const lt_book *book, struct lt_slice principal)
{
    for (size_t depth = 1; depth <= LINKS_MAX; depth++) {
        principal = lt_book_issuer(book, principal);
        if (principal.data == NULL) {
            return 0;
        }
        if (lt_slice_is(principal, "root")) {
            return depth;
        }
    }
    return 0;
}

bool view_is_invitation(const struct lt_grant *grant)
{
    return (grant->powers.rights & LT_ENROL) != 0 && (grant->powers.rights & LT_GRANT) == 0;
}

struct collected {
    const lt_book *book;
    struct view_entry *list;
    size_t count, room;
};

static bool collect(void *self, const struct lt_grant *grant, struct lt_slice sealed)
{
    struct collected *all = self;
    if (all->count == all->room) {
        const size_t room = all->room > 0 ? all->room * 2 : 64;
        struct view_entry *list = cli_alloc(room * sizeof *list);
        if (all->count > 0) {
            memcpy(list, all->list, all->count * sizeof *list);
        }
        free(all->list);
        all->list = list;
        all->room = room;
    }
    all->list[all->count++] = (struct view_entry){
        .grant = grant,
        .sealed = sealed,
        .issuer = lt_book_issuer(all->book, grant->principal),
        .depth = view_depth(all->book, grant->principal),
    };
    return true;
}

static int compare_slices(struct lt_slice a, struct lt_slice b)
{
    const int order = memcmp(a.data, b.data, a.size < b.size ? a.size : b.size);
    return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

static int compare_entries(const void *a, const void *b)
{
    const struct view_entry *one = a;
    const struct view_entry *other = b;
    if (one->depth != other->depth) {
        return one->depth < other->depth ? -1 : 1;
    }
    return compare_slices(one->grant->principal, other->grant->principal);
}

size_t view_list(const lt_book *book, struct view_entry **list)
{
    struct collected all = {.book = book};
    lt_book_each(book, collect, &all);
    if (all.count > 0) {
        qsort(all.list, all.count, sizeof *all.list, compare_entries);
    }
    *list = all.list;
    return all.count;
}

// The name in force that is nearest to a misspelt one: its copy, or NULL.
static char *nearest(const lt_book *book, const char *name)
{
    struct view_entry *list = NULL;
    const size_t count = view_list(book, &list);
    const char **names = cli_alloc((count + 1) * sizeof *names);
    char **copies = cli_alloc((count + 1) * sizeof *copies);
    for (size_t i = 0; i < count; i++) {
        copies[i] = cli_copy(list[i].grant->principal);
        names[i] = copies[i];
    }
    const char *near = lt_nearest(name, names, count);
    char *found = near != NULL ? cli_copy(lt_slice_of(near)) : NULL;
    for (size_t i = 0; i < count; i++) {
        free(copies[i]);
    }
    free(copies);
    free(names);
    free(list);
    return found;
}

enum lt_code view_find(const lt_book *book, const char *name, const struct lt_grant **grant,
                       struct lt_error *error)
{
    bool revoked = false;
    if (!lt_principal_valid(lt_slice_of(name))) {
        return lt_fail(error, LT_BAD_USE, "'%s' is no principal; one looks like loa.an-thuong.01",
                       name);
    }
    *grant = lt_book_find(book, lt_slice_of(name), &revoked);
    if (*grant != NULL) {
        return LT_DONE;
    }
    if (revoked) {
        return lt_fail(error, LT_NOT_VALID, "%s has been revoked", name);
    }
    char *near = nearest(book, name);
    if (near != NULL) {
        lt_fail(error, LT_NOT_FOUND, "nobody is called %s here; did you mean %s?", name, near);
    } else {
        lt_fail(error, LT_NOT_FOUND, "nobody is called %s here; `lienthon grants` lists who is",
                name);
    }
    free(near);
    return LT_NOT_FOUND;
}
