// The files of blobs: what is sent is read for its hash, what is fetched lies in PATH.part until it is whole.
#ifndef LT_FETCHED_H
#define LT_FETCHED_H

#include "transfer.h"

// What an earlier try has left is not of this blob.
enum lt_code fetched_begin_again(struct transfer *transfer, struct lt_error *error);
// The next bytes have come.
enum lt_code fetched_add(struct transfer *transfer, struct lt_slice bytes, struct lt_error *error);
// All have: checks the hash, syncs, and gives the file its name. LT_BODY_WRONG: another blob, and the pieces are gone.
enum lt_code fetched_finish(struct transfer *transfer, struct lt_error *error);

#endif
