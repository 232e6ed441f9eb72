// The grants that lie beside an identity.
#include "known.h"

#include <stdlib.h>

#include <lienthon/bundle.h>

enum { GRANTS_MAX = 16 * 1024 * 1024 };

void known_learn(const struct session *session)
{
    struct lt_buffer bytes = {.max = GRANTS_MAX};
    struct lt_bundle bundle;
    struct lt_slice sealed;
    char *path = session->identity.grants != NULL
                     ? cli_path(session->cli, "%s", session->identity.grants)
                     : NULL;
    if (path != NULL && lt_file_read(path, &bytes, NULL) == LT_DONE &&
        lt_bundle_open(lt_buffer_slice(&bytes), &bundle, NULL) == LT_DONE) {
        while (lt_bundle_next(&bundle, &sealed, NULL) == LT_DONE) {
            lt_client_learn(session->client, sealed, NULL);
        }
    }
    lt_buffer_clear(&bytes);
    free(path);
}
