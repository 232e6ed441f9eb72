// A role becomes a grant: blanks filled in, dates set.
#include "role.h"

#include <stdlib.h>
#include <string.h>

// A device whose clock is a little behind can use what was just given to it.
#define SKEW_MS UINT64_C(120000)
#define DAY_MS  UINT64_C(86400000)

enum { BLANKS = 5 };

struct lt_filled {
    struct lt_grant grant;
    char **texts; // what the grant's slices look into
    size_t text_count;
};

struct filling {
    lt_filled *filled;
    struct role_blank blanks[BLANKS];
    const lt_role *role;
    struct lt_error *error;
};

static const struct role_blank *blank_at(const char *text, const struct role_blank *list,
                                         size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strncmp(text, list[i].name, strlen(list[i].name)) == 0) {
            return &list[i];
        }
    }
    return NULL;
}

char *role_substitute(const char *text, const struct role_blank *blanks, size_t count,
                      const char **missing)
{
    struct lt_buffer out = {.max = 4096};
    *missing = NULL;
    for (const char *at = text; *at != '\0' && *missing == NULL;) {
        const struct role_blank *found = blank_at(at, blanks, count);
        if (found == NULL) {
            lt_buffer_add(&out, at, 1);
            at++;
        } else if (found->value == NULL) {
            *missing = found->name;
        } else {
            lt_buffer_add(&out, found->value, strlen(found->value));
            at += strlen(found->name);
        }
    }
    lt_buffer_add(&out, "", 1);
    if (out.failed || *missing != NULL) {
        lt_buffer_clear(&out);
        return NULL;
    }
    return (char *)out.data;
}

// Takes the text over; NULL is refused. The slice lives as long as the filled grant.
static enum lt_code keep(struct filling *filling, char *text, struct lt_slice *slice)
{
    lt_filled *filled = filling->filled;
    char **texts =
        text == NULL ? NULL : realloc(filled->texts, (filled->text_count + 1) * sizeof *texts);
    if (texts == NULL) {
        free(text);
        return lt_fail(filling->error, LT_NO_MEMORY, "no memory for a grant");
    }
    filled->texts = texts;
    texts[filled->text_count++] = text;
    *slice = lt_slice_of(text);
    return LT_DONE;
}

static enum lt_code fill_text(struct filling *filling, const char *text, struct lt_slice *slice)
{
    const char *missing = NULL;
    char *full = role_substitute(text, filling->blanks, BLANKS, &missing);
    if (full == NULL && missing != NULL) {
        return lt_fail(filling->error, LT_BAD_USE,
                       "the role '%s' is for one hamlet (%s); say which: --hamlet NAME",
                       filling->role->id, missing);
    }
    return keep(filling, full, slice);
}

static enum lt_code fill_names(struct filling *filling, const struct lt_option_list *list,
                               struct lt_names *names)
{
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < list->count && i < LT_GRANT_ARRAY_MAX; i++) {
        code = fill_text(filling, list->items[i], &names->item[i]);
        names->count = i + 1;
    }
    return code;
}

static enum lt_code fill_powers(struct filling *filling, const struct role_powers *from,
                                struct lt_powers *powers)
{
    powers->publish = calloc(from->publish_count + 1, sizeof *powers->publish);
    powers->subscribe = calloc(from->subscribe_count + 1, sizeof *powers->subscribe);
    if (powers->publish == NULL || powers->subscribe == NULL) {
        return lt_fail(filling->error, LT_NO_MEMORY, "no memory for a grant");
    }
    powers->rights = from->rights;
    powers->publish_count = from->publish_count;
    powers->subscribe_count = from->subscribe_count;
    enum lt_code code = LT_DONE;
    for (size_t i = 0; code == LT_DONE && i < from->publish_count; i++) {
        struct lt_may_publish *entry = &powers->publish[i];
        entry->max_priority = from->publish[i].max_priority;
        entry->max_label = from->publish[i].max_label;
        entry->two_hands = from->publish[i].two_hands;
        code = fill_names(filling, &from->publish[i].topics, &entry->topics);
        if (code == LT_DONE) {
            code = fill_names(filling, &from->publish[i].types, &entry->types);
        }
    }
    for (size_t i = 0; code == LT_DONE && i < from->subscribe_count; i++) {
        powers->subscribe[i].max_label = from->subscribe[i].max_label;
        code = fill_names(filling, &from->subscribe[i].topics, &powers->subscribe[i].topics);
    }
    return code;
}

static uint64_t later(uint64_t now, uint64_t ms, uint64_t latest)
{
    const uint64_t then = now + ms;
    return latest != 0 && latest < then ? latest : then;
}

static enum lt_code begin(struct filling *filling, const lt_role *role,
                          const struct lt_role_for *whom, char path[LT_TOPIC_MAX + 1],
                          struct lt_error *error)
{
    if (!lt_principal_valid(lt_slice_of(whom->principal))) {
        return lt_fail(error, LT_BAD_USE,
                       "'%.80s' is no name; allowed: a-z 0-9 and - in segments joined by dots, "
                       "as loa.an-thuong.01",
                       whom->principal);
    }
    lt_principal_topic("", lt_slice_of(whom->principal), path);
    const char *dot = strrchr(whom->principal, '.');
    *filling = (struct filling){
        .filled = calloc(1, sizeof(lt_filled)),
        .blanks = {{"<xa>", whom->xa},
                   {"<ap>", whom->ap},
                   {"<principal>", whom->principal},
                   {"<principal-path>", path},
                   {"<name>", dot != NULL ? dot + 1 : whom->principal}},
        .role = role,
        .error = error,
    };
    return filling->filled != NULL ? LT_DONE
                                   : lt_fail(error, LT_NO_MEMORY, "no memory for a grant");
}

static enum lt_code name_it(struct filling *filling, const char *principal, const char *name,
                            const char *role)
{
    struct lt_grant *grant = &filling->filled->grant;
    enum lt_code code = keep(filling, strdup(principal), &grant->principal);
    if (code == LT_DONE) {
        code = keep(filling, strdup(name), &grant->name);
    }
    return code == LT_DONE ? keep(filling, strdup(role), &grant->role) : code;
}

static enum lt_code end(struct filling *filling, enum lt_code code, lt_filled **filled)
{
    if (code != LT_DONE) {
        lt_filled_destroy(&filling->filled);
    }
    *filled = filling->filled;
    return code;
}

enum lt_code lt_role_fill(const lt_role *role, const struct lt_role_for *whom, lt_filled **filled,
                          struct lt_error *error)
{
    char path[LT_TOPIC_MAX + 1];
    struct filling filling = {0};
    enum lt_code code = begin(&filling, role, whom, path, error);
    if (code != LT_DONE || filling.filled == NULL) {
        return end(&filling, code, filled);
    }
    struct lt_grant *grant = &filling.filled->grant;
    grant->serial = whom->now;
    grant->not_before = whom->now > SKEW_MS ? whom->now - SKEW_MS : 0;
    grant->expires = later(whom->now, role->expires_days * DAY_MS, whom->latest);
    code =
        name_it(&filling, whom->principal, whom->name != NULL ? whom->name : role->name, role->id);
    if (code == LT_DONE) {
        code = fill_powers(&filling, &role->powers, &grant->powers);
    }
    if (code == LT_DONE && role->has_scope) {
        grant->has_scope = true;
        grant->scope_max_expires =
            later(whom->now, role->scope_expires_days * DAY_MS, whom->latest);
        code = fill_names(&filling, &role->scope_principals, &grant->scope_principals);
    }
    if (code == LT_DONE && role->has_scope) {
        code = fill_powers(&filling, &role->scope, &grant->scope);
    }
    return end(&filling, code, filled);
}

enum lt_code lt_role_invite(const lt_role *role, const struct lt_role_for *whom,
                            const char *invitation, uint64_t life_ms, lt_filled **filled,
                            struct lt_error *error)
{
    *filled = NULL;
    if (role->has_scope) {
        return lt_fail(error, LT_BAD_USE,
                       "the role '%s' may itself give rights, so no invitation can carry it; the "
                       "root grants it",
                       role->id);
    }
    char path[LT_TOPIC_MAX + 1];
    struct filling filling = {0};
    enum lt_code code = begin(&filling, role, whom, path, error);
    if (code != LT_DONE || filling.filled == NULL) {
        return end(&filling, code, filled);
    }
    struct lt_grant *grant = &filling.filled->grant;
    grant->serial = whom->now;
    grant->not_before = whom->now > SKEW_MS ? whom->now - SKEW_MS : 0;
    grant->expires = later(whom->now, life_ms, whom->latest);
    grant->powers.rights = LT_ENROL;
    grant->has_scope = true;
    grant->scope_max_expires = later(whom->now, role->expires_days * DAY_MS, whom->latest);
    grant->scope_principals.count = 1;
    code = name_it(&filling, invitation, whom->name != NULL ? whom->name : role->name, role->id);
    if (code == LT_DONE) {
        code = keep(&filling, strdup(whom->principal), &grant->scope_principals.item[0]);
    }
    if (code == LT_DONE) {
        code = fill_powers(&filling, &role->powers, &grant->scope);
    }
    return end(&filling, code, filled);
}

struct lt_grant *lt_filled_grant(lt_filled *filled)
{
    return &filled->grant;
}

void lt_filled_destroy(lt_filled **filled)
{
    if (*filled == NULL) {
        return;
    }
    struct lt_grant *grant = &(*filled)->grant;
    free(grant->powers.publish);
    free(grant->powers.subscribe);
    free(grant->scope.publish);
    free(grant->scope.subscribe);
    for (size_t i = 0; i < (*filled)->text_count; i++) {
        free((*filled)->texts[i]);
    }
    free((*filled)->texts);
    free(*filled);
    *filled = NULL;
}
