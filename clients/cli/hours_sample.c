// The hours that `lienthon init` writes into commune.yaml, out of force: behind "#" what may be put in force, behind "##" what
// stays a remark when one "#" is taken from each line.
#include "hours.h"

#include <string.h>

#include <lienthon/settings/file.h>

#include "tongue.h"

enum { FILE_MAX = 1024 * 1024 };

static void print_line(struct lt_buffer *out, const char *line, const char *remark)
{
    lt_buffer_print(out, "#%-40s # %s\n", line, remark);
}

static void print_sample(const char *hamlet, struct lt_buffer *out)
{
    print_line(out, "  programmes:", tongue("its hour, how long at most, its days: 1 is Monday"));
    lt_buffer_print(out, "#    sang: \"05:00, 30m, days 1-7\"\n"
                         "#    chieu: \"17:00, 30m, days 1-7\"\n");
    lt_buffer_print(out, "#    %s/sang: \"05:30, 20m, no-closing\" # %s\n", hamlet,
                    tongue("one hamlet has another; none: it has not got it"));
    print_line(out, "  day:", tongue("what is urgent is said at once"));
    lt_buffer_print(out, "#    tat-ca: \"06:00-21:00\"\n");
    print_line(out, "  quiet:", tongue("only what is very urgent is said"));
    lt_buffer_print(out, "#    tat-ca: \"21:30-04:30\"\n");
    print_line(out, "  volume:", tongue("percent; in all other hours 100"));
    lt_buffer_print(out, "#    tat-ca: \"05:00-06:00 60\"\n");
}

static void print_head(struct lt_buffer *out)
{
    lt_buffer_print(out, "## %s\n## %s\n",
                    tongue("when the loudspeakers speak; without it programmes at 05:00 and 17:00"),
                    tongue("take away one # of each line, change it, write the file: lienthon up "
                           "tells it to them (else: lienthon hours)"));
}

// Behind the head of the map, which stands there for its defaults; the rest goes as it was.
static void print_file(const char *text, const char *hamlet, struct lt_buffer *out)
{
    static const char line[] = "\nloudspeakers:\n";
    const char *at = strstr(text, line);
    const char *end = at != NULL ? at + sizeof line - 1 : text + strlen(text);
    const char *begin = at != NULL ? at + 1 : end;
    lt_buffer_add(out, text, (size_t)(begin - text));
    print_head(out);
    if (at != NULL) {
        lt_buffer_add(out, begin, (size_t)(end - begin));
    } else {
        lt_buffer_print(out, "#loudspeakers:\n");
    }
    print_sample(hamlet, out);
    lt_buffer_print(out, "%s", end);
}

enum lt_code hours_sample(const char *path, const struct lt_commune *commune,
                          struct lt_error *error)
{
    struct lt_buffer file = {.max = FILE_MAX};
    struct lt_buffer text = {.max = FILE_MAX};
    enum lt_code code = lt_file_read(path, &file, error);
    if (code == LT_DONE && !lt_buffer_add(&file, "", 1)) {
        code = lt_fail(error, LT_NO_MEMORY, "no memory to write %s", path);
    }
    if (code == LT_DONE) {
        print_file((const char *)file.data, commune->hamlets.items[0].name, &text);
        code = text.failed ? lt_fail(error, LT_NO_MEMORY, "no memory to write %s", path)
                           : lt_file_write(path, lt_buffer_slice(&text), 0644, error);
    }
    lt_buffer_clear(&file);
    lt_buffer_clear(&text);
    return code;
}
