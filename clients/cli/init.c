// `lienthon init`: a commune's folder, with keys, configuration, roles, and the first two grants, which the root seals.
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include <lienthon/settings/role.h>

#include "hours.h"
#include "issue.h"
#include "say.h"
#include "self.h"
#include "words.h"
#include "tongue.h"

#define OFFICE "van-phong"
#define HUB    "hub"

enum { PORT = 5770, SLUG_MAX = 40 };

struct plan {
    struct cli *cli;
    struct lt_commune commune;
    uint8_t *root_seed; // sodium_malloc
    char *passphrase;   // sodium_malloc; NULL: none
    lt_signer *root;
};

static bool exists(const struct cli *cli, const char *name)
{
    char *path = cli_path(cli, "%s", name);
    const bool there = access(path, F_OK) == 0;
    free(path);
    return there;
}

static enum lt_code check_folder(const struct cli *cli, struct lt_error *error)
{
    static const char *const signs[] = {"commune.yaml", "identity.yaml", "keys/root.seed",
                                        "grants.ltb"};
    for (size_t i = 0; i < sizeof signs / sizeof signs[0]; i++) {
        if (exists(cli, signs[i])) {
            return lt_fail(error, LT_NOT_ALLOWED,
                           "%s holds a commune or an identity already (%s); choose another folder, "
                           "nothing was changed",
                           cli->folder, signs[i]);
        }
    }
    return LT_DONE;
}

static enum lt_code set(struct plan *plan, const char *name, const char *value)
{
    return lt_options_set(lt_commune_options, &plan->commune, name, value, &plan->cli->error);
}

static enum lt_code set_defaults(struct plan *plan)
{
    enum lt_code code = LT_DONE;
    for (const struct lt_option *option = lt_commune_options;
         code == LT_DONE && option->name != NULL; option++) {
        if (option->fallback != NULL && option->fallback != LT_REQUIRED) {
            code = set(plan, option->name, option->fallback);
        }
    }
    return code;
}

// "an-thuong=Ấp An Thường". The short name is a topic's level and a principal's segment.
static enum lt_code set_hamlet(struct plan *plan, const char *text)
{
    struct lt_error *error = &plan->cli->error;
    const char *equals = strchr(text, '=');
    if (equals == NULL || equals[1] == '\0') {
        return lt_fail(
            error, LT_BAD_USE,
            "--hamlet %s: a short name and a name are wanted: an-thuong=\"Ấp An Thường\"", text);
    }
    const struct lt_slice slug = {(const uint8_t *)text, (size_t)(equals - text)};
    if (!lt_principal_valid(slug) || !lt_topic_valid(slug) || slug.size > SLUG_MAX) {
        return lt_fail(error, LT_BAD_USE,
                       "--hamlet %s: the short name is a-z, 0-9 and hyphens, as an-thuong", text);
    }
    char *nfc = NULL;
    enum lt_code code = words_nfc(text, "a hamlet's name", &nfc, error);
    if (code == LT_DONE) {
        code = set(plan, "hamlets", nfc);
    }
    free(nfc);
    return code;
}

static enum lt_code set_hamlets(struct plan *plan)
{
    const char *text = NULL;
    for (size_t i = 0; (text = arguments_nth(&plan->cli->arguments, "hamlet", i)) != NULL; i++) {
        if (set_hamlet(plan, text) != LT_DONE) {
            return plan->cli->error.code;
        }
    }
    return plan->commune.hamlets.count > 0
               ? LT_DONE
               : lt_fail(&plan->cli->error, LT_BAD_USE,
                         "at least one hamlet is wanted: --hamlet an-thuong=\"Ấp An Thường\"");
}

static enum lt_code set_url(struct plan *plan, const char *name, const char *host, long port)
{
    char url[64];
    snprintf(url, sizeof url, "tcp://%s:%ld", host, port);
    return set(plan, name, url);
}

static enum lt_code set_addresses(struct plan *plan)
{
    const struct arguments *arguments = &plan->cli->arguments;
    const char *address = arguments_value(arguments, "address");
    const char *host = address != NULL ? "0.0.0.0" : "127.0.0.1";
    long port = 0;
    enum lt_code code =
        arguments_number(arguments, "port", 1, 65534, PORT, &port, &plan->cli->error);
    if (code == LT_DONE) {
        code = set_url(plan, "hub.listen", host, port);
    }
    if (code == LT_DONE) {
        code = set_url(plan, "hub.join", host, port + 1);
    }
    if (code == LT_DONE && address != NULL) {
        code = set(plan, "hub.address", address);
    }
    return code;
}

static enum lt_code set_names(struct plan *plan)
{
    struct lt_error *error = &plan->cli->error;
    const char *given = arguments_value(&plan->cli->arguments, "name");
    const char *xa = arguments_value(&plan->cli->arguments, "xa");
    if (given == NULL) {
        return lt_fail(error, LT_BAD_USE, "the commune's name is wanted: --name \"Xã An Thạnh 1\"");
    }
    char *name = NULL;
    char *slug = NULL;
    enum lt_code code = words_nfc(given, "the commune's name", &name, error);
    if (code == LT_DONE) {
        code = set(plan, "name", name);
    }
    if (code == LT_DONE && xa == NULL) {
        code = words_slug(name, &slug, error);
        xa = slug;
    }
    if (code == LT_DONE &&
        (!lt_topic_valid(lt_slice_of(xa)) || strchr(xa, '/') != NULL || strlen(xa) > SLUG_MAX)) {
        code = lt_fail(error, LT_BAD_USE,
                       "--xa %s: a-z, 0-9, - and _ are allowed, at most %d of them", xa, SLUG_MAX);
    }
    if (code == LT_DONE) {
        code = set(plan, "xa", xa);
    }
    free(slug);
    free(name);
    return code;
}

static enum lt_code read_plan(struct plan *plan)
{
    enum lt_code code = set_defaults(plan);
    if (code == LT_DONE) {
        code = set_names(plan);
    }
    if (code == LT_DONE) {
        code = set_hamlets(plan);
    }
    if (code == LT_DONE) {
        code = set_addresses(plan);
    }
    return code == LT_DONE ? lt_commune_check(&plan->commune, &plan->cli->error) : code;
}

// Before anything is made: who has none to give finds no half folder.
static enum lt_code ask_passphrase(struct plan *plan)
{
    if (arguments_has(&plan->cli->arguments, "no-passphrase")) {
        return LT_DONE;
    }
    return lt_passphrase_ask(tongue("Passphrase for the commune's root key: "),
                             tongue("Once more: "), &plan->passphrase, &plan->cli->error);
}

static enum lt_code make_root(struct plan *plan)
{
    struct lt_error *error = &plan->cli->error;
    plan->root_seed = sodium_malloc(LT_SEED_SIZE);
    if (plan->root_seed == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the root key");
    }
    randombytes_buf(plan->root_seed, LT_SEED_SIZE);
    const enum lt_code code =
        lt_root_save(plan->cli->folder, plan->root_seed, plan->passphrase, error);
    plan->root = lt_signer_new(plan->root_seed);
    if (plan->root == NULL) {
        return lt_fail(error, LT_NO_MEMORY, "no locked memory for the root key");
    }
    memcpy(plan->commune.root, lt_signer_key(plan->root), LT_KEY_SIZE);
    return code;
}

// Keys, and the grant that the root seals for them.
static enum lt_code enrol(struct plan *plan, const char *principal, const char *role_name,
                          const char *name, uint8_t *curve, struct lt_buffer *sealed)
{
    struct lt_error *error = &plan->cli->error;
    const uint64_t now = cli_now();
    const struct lt_role_for whom = {
        .xa = plan->commune.xa, .principal = principal, .name = name, .now = now};
    lt_role *role = NULL;
    lt_filled *filled = NULL;
    uint8_t key[LT_KEY_SIZE];
    enum lt_code code = lt_keys_make(plan->cli->folder, principal, key, curve, error);
    if (code == LT_DONE) {
        code = lt_role_find(plan->cli->folder, role_name, &role, error);
    }
    if (code == LT_DONE) {
        code = lt_role_fill(role, &whom, &filled, error);
    }
    if (code == LT_DONE) {
        struct lt_grant *grant = lt_filled_grant(filled);
        memcpy(grant->key, key, LT_KEY_SIZE);
        memcpy(grant->curve, curve, LT_KEY_SIZE);
        grant->not_before = now - ISSUE_EARLIER_MS;
        code = issue_seal(plan->root, lt_slice_of("root"), grant, now, sealed, error);
    }
    lt_filled_destroy(&filled);
    lt_role_destroy(&role);
    return code;
}

static enum lt_code write_roles(const struct cli *cli, struct lt_error *error)
{
    enum lt_code code = LT_DONE;
    const struct lt_role_file *file = NULL;
    for (size_t i = 0; code == LT_DONE && (file = lt_role_builtin(i)) != NULL; i++) {
        char *path = cli_path(cli, "roles/%s", file->name);
        code = lt_file_write(path, lt_slice_of(file->text), 0644, error);
        free(path);
    }
    return code;
}

static enum lt_code make_folders(const struct cli *cli, struct lt_error *error)
{
    static const struct {
        const char *name;
        unsigned mode;
    } folders[] = {
        {"keys", 0700}, {"roles", 0755}, {"identities", 0755}, {"bridges", 0755}, {"state", 0700}};
    enum lt_code code = lt_folder_make(cli->folder, 0755, error);
    for (size_t i = 0; code == LT_DONE && i < sizeof folders / sizeof folders[0]; i++) {
        char *path = cli_path(cli, "%s", folders[i].name);
        code = lt_folder_make(path, folders[i].mode, error);
        free(path);
    }
    return code;
}

static enum lt_code write_identity(struct plan *plan, const char *principal, bool own)
{
    struct lt_error *error = &plan->cli->error;
    char grants[] = "grants.ltb";
    char *url = NULL;
    if (lt_commune_url(&plan->commune, false, &url, error) != LT_DONE) {
        return error->code;
    }
    char *name = cli_copy(lt_slice_of(principal));
    struct lt_identity identity = {
        .principal = name,
        .commune = plan->commune.name,
        .xa = plan->commune.xa,
        .hub = url,
        .hub_principal = plan->commune.hub.principal,
        .grants = grants,
        .timezone = plan->commune.timezone,
    };
    memcpy(identity.hub_curve, plan->commune.hub.curve, LT_KEY_SIZE);
    memcpy(identity.root, plan->commune.root, LT_KEY_SIZE);
    const enum lt_code code = self_save(plan->cli->folder, own, &identity, error);
    free(name);
    free(url);
    return code;
}

static enum lt_code save_commune(const struct plan *plan)
{
    struct lt_error *error = &plan->cli->error;
    char *path = cli_path(plan->cli, "commune.yaml");
    enum lt_code code = lt_commune_save(plan->cli->folder, &plan->commune, error);
    if (code == LT_DONE) {
        code = hours_sample(path, &plan->commune, error);
    }
    free(path);
    return code;
}

// commune.yaml comes last: a folder that has it is whole.
static enum lt_code make_commune(struct plan *plan)
{
    struct cli *cli = plan->cli;
    struct lt_buffer sealed[2] = {{.max = ISSUE_SEALED_MAX}, {.max = ISSUE_SEALED_MAX}};
    uint8_t office_curve[LT_KEY_SIZE];
    char *bundle = cli_path(cli, "grants.ltb");
    enum lt_code code = make_folders(cli, &cli->error);
    if (code == LT_DONE) {
        code = write_roles(cli, &cli->error);
    }
    if (code == LT_DONE) {
        code = make_root(plan);
    }
    if (code == LT_DONE) {
        code = enrol(plan, HUB, "hub", plan->commune.name, plan->commune.hub.curve, &sealed[0]);
    }
    if (code == LT_DONE) {
        code = enrol(plan, OFFICE, "commune-office", NULL, office_curve, &sealed[1]);
    }
    if (code == LT_DONE) {
        code = issue_keep(bundle, sealed, 2, &cli->error);
    }
    if (code == LT_DONE) {
        code = write_identity(plan, HUB, false);
    }
    if (code == LT_DONE) {
        code = write_identity(plan, OFFICE, true);
    }
    if (code == LT_DONE) {
        code = save_commune(plan);
    }
    free(bundle);
    lt_buffer_clear(&sealed[0]);
    lt_buffer_clear(&sealed[1]);
    return code;
}

static void clear_plan(struct plan *plan)
{
    lt_commune_clear(&plan->commune);
    lt_signer_destroy(&plan->root);
    sodium_free(plan->root_seed);
    sodium_free(plan->passphrase);
}

static void report(const struct plan *plan)
{
    const struct cli *cli = plan->cli;
    if (cli->json) {
        say_json(json_pack("{s:o, s:s, s:s, s:s}", "folder", say_string(cli->folder), "name",
                           plan->commune.name, "xa", plan->commune.xa, "principal", OFFICE));
        return;
    }
    printf(tongue("%s (%s) is in %s\nhub: %s, joining: %s\n"), plan->commune.name, plan->commune.xa,
           cli->folder, plan->commune.hub.listen, plan->commune.hub.join);
    printf(tongue("you are %s here; keep a copy of keys/root.seed where the hub is not\n"), OFFICE);
    printf(tongue("next: lienthon up %s\n"), cli->folder);
    const char *hamlet = plan->commune.hamlets.items[0].name;
    printf(tongue("then: lienthon -C %s invite loa.%s.01 --role speaker --hamlet %s\n"),
           cli->folder, hamlet, hamlet);
}

int cli_init(struct cli *cli)
{
    if (cli->arguments.word_count == 1 &&
        cli_resolve(cli, cli->arguments.words[0], cli->command->makes_folder) != LT_DONE) {
        return cli_failed(cli);
    }
    struct plan plan = {.cli = cli};
    enum lt_code code = read_plan(&plan);
    if (code == LT_DONE) {
        code = check_folder(cli, &cli->error);
    }
    if (code == LT_DONE) {
        code = ask_passphrase(&plan);
    }
    if (code == LT_DONE) {
        code = make_commune(&plan);
    }
    if (code == LT_DONE) {
        report(&plan);
    }
    clear_plan(&plan);
    return code == LT_DONE ? CLI_DONE : cli_failed(cli);
}
