// Signed overflow, which the undefined-behaviour sanitizer must end the program for.
#include <limits.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    (void)argv;
    int most = INT_MAX;
    printf("%d\n", most + argc);
    return 0;
}
