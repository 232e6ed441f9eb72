// Where a restored store comes to lie, as paths are written.
#include <criterion/criterion.h>
#include <stdio.h>

#include <place.h>

Test(place, a_path_is_straightened_as_it_is_written)
{
    static const struct {
        const char *path, *straight;
    } cases[] = {
        {"/a/b", "/a/b"},
        {"/a//b/", "/a/b"},
        {"/a/./b/.", "/a/b"},
        {"/a/../b", "/b"},
        {"/a/b/../../c", "/c"},
        {"/..", "/"},
        {"/../../a/..", "/"},
        {"/", "/"},
        {"//", "/"},
        {"/a/..b/.c", "/a/..b/.c"},
        {"/a/.../b", "/a/.../b"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char path[64];
        snprintf(path, sizeof path, "%s", cases[i].path);
        place_straighten(path);
        cr_assert_str_eq(path, cases[i].straight, "%s", cases[i].path);
    }
}

Test(place, what_is_inside_a_folder_is_known_by_whole_names)
{
    cr_assert_str_eq(place_inside("/a", "/a/b/c"), "/b/c");
    cr_assert_str_eq(place_inside("/a", "/a"), "");
    cr_assert_str_eq(place_inside("/", "/a"), "/a");
    cr_assert_null(place_inside("/a", "/ab"));
    cr_assert_null(place_inside("/a/b", "/a"));
}
