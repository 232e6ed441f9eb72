// A hub that has been broken into: it hands out whatever its disk says, whoever is said to have said it. The program is
// lienthond but for this function, which the linker puts before that of the library (--wrap).
#include <lienthon/book.h>

enum lt_code __wrap_lt_book_authorise(const lt_book *book, const struct lt_sealed *sealed,
                                      uint64_t now, bool seal_checked, lt_seal_cache *cache,
                                      struct lt_error *error);

enum lt_code __wrap_lt_book_authorise(const lt_book *book, const struct lt_sealed *sealed,
                                      uint64_t now, bool seal_checked, lt_seal_cache *cache,
                                      struct lt_error *error)
{
    (void)book;
    (void)sealed;
    (void)now;
    (void)seal_checked;
    (void)cache;
    (void)error;
    return LT_DONE;
}
