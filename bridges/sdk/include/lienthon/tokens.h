// Access and refresh tokens, for far sides whose refresh tokens work once: whoever loses the new one needs a person who lets the
// bridge in again. So a new pair is on disk, file and folder synced, before it can be used, and the former is kept until the
// new one has worked. After a crash at any moment there is a pair to go on with.
//
//     lt_tokens_ask ──POST grant_type=refresh_token──> lt_tokens_keep ──a call with it──> lt_tokens_worked
//                                                                        refused ──> lt_tokens_back
//
// What lies between the far side's answer and lt_tokens_keep cannot be undone by anybody; lt_tokens_ask notes that it was begun,
// so that the next life tries the old token once (lt_tokens_was_asking) and then calls for a person.
//
// The file is a text that a person may write too, mode 0600, the first two lines being enough:
//
//     access TOKEN
//     refresh TOKEN
//     access-until 1767225600000
//
// Threads: one. Tokens are in locked memory and never in a log or an error. Times: milliseconds since 1970.
#ifndef LIENTHON_TOKENS_H
#define LIENTHON_TOKENS_H

#include <lienthon/bridge.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { LT_TOKEN_MAX = 4096 };

typedef struct lt_tokens lt_tokens;

struct lt_tokens_config {
    lt_bridge_host *host; // health counts the hours to what a person must renew; NULL: nobody does
    const char *name; // of the credential in health, as in lt_bridge_credential_until; with host
    int64_t soon_ms;  // before that end health is ill
    const char *
        path; // of the file, in the instance's own folder (lt_bridge_folder); no other process may write it
    int64_t ahead_ms; // a new access token is due so long before the end of the old one
};

struct lt_token_pair {
    struct lt_slice access,
        refresh; // 1 to LT_TOKEN_MAX visible ASCII characters and blanks; refresh may be empty
    uint64_t access_until, refresh_until; // 0: not known
};

// Reads what is there; no file: there is no pair yet. What a crash has left beside the file is removed. LT_BAD_FILE (others
// may read it, "path:line:1: what is wrong"), LT_IO, LT_NO_MEMORY.
enum lt_code lt_tokens_open(const struct lt_tokens_config *config, lt_tokens **tokens,
                            struct lt_error *error);
void lt_tokens_close(lt_tokens **tokens);

// The pair to use, and the one before it while the newer has not worked yet. NULL: there is none. Lent until the next call that
// takes a lt_tokens that is not const.
const struct lt_token_pair *lt_tokens_now(const lt_tokens *tokens);
const struct lt_token_pair *lt_tokens_former(const lt_tokens *tokens);
// Whether a new access token is to be asked for: it ends within ahead_ms, or there is none.
bool lt_tokens_due(const lt_tokens *tokens, uint64_t now);

// Before the refresh token is sent: noted on disk when this returns LT_DONE. LT_IO, LT_NO_MEMORY; then do not send it.
enum lt_code lt_tokens_ask(lt_tokens *tokens, struct lt_error *error);
// The far side has said no, or was not reached: nothing has changed. LT_IO, LT_NO_MEMORY.
enum lt_code lt_tokens_ask_failed(lt_tokens *tokens, struct lt_error *error);
// It was asked, in this life or an earlier one, and it is not known what was answered: the refresh token may be used up.
bool lt_tokens_was_asking(const lt_tokens *tokens);
// The pair that the far side has given (copied). An empty refresh token: the old one goes on. It is on disk, and lt_tokens_now,
// when this returns LT_DONE. LT_BAD_USE (no token). LT_IO, LT_NO_MEMORY: it is held in memory, and not given out;
// pair NULL tries that one again, and is LT_BAD_USE where none is held.
enum lt_code lt_tokens_keep(lt_tokens *tokens, const struct lt_token_pair *pair,
                            struct lt_error *error);
// The pair has done a call: the former is forgotten, on disk too. Nothing is written where there is none. LT_IO: the former
// stays. LT_NO_MEMORY.
enum lt_code lt_tokens_worked(lt_tokens *tokens, struct lt_error *error);
// The pair is refused: the former is to be used again, and this one takes its place, so that neither is lost. LT_NOT_FOUND: there
// is no former. LT_IO, LT_NO_MEMORY: nothing has changed.
enum lt_code lt_tokens_back(lt_tokens *tokens, struct lt_error *error);

#ifdef __cplusplus
}
#endif
#endif
