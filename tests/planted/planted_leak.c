// A test that passes and leaks. Criterion calls it passed; only the exit status can show the leak.
#include <criterion/criterion.h>

#include <stdlib.h>

Test(planted, leaks)
{
    char *volatile lost = malloc(64);
    cr_assert_not_null(lost);
    lost = NULL;
}
