// The machine: its clock, its disks, its ports, its descriptors.
#include "doctor.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

#include "when.h"
#include "tongue.h"

enum {
    CLOCK_WARN_MS = 10000,
    DISK_PERCENT = 5,
    DAYS_LEFT = 30,
    HOUR_MS = 3600000,
    DAY_MS = 86400000,
    CONNECT_MS = 2000,
    DESCRIPTORS_OWN = 64, // what a hub has open besides its connections
};
#define DISK_LEAST (UINT64_C(256) * 1024 * 1024)

// --- the clock ---

void doctor_judge_ntp(struct doctor *doctor, int state, int status)
{
    if (state < 0) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL,
                   "whether somebody keeps this clock the kernel does not say");
    } else if (state == TIME_ERROR || (status & STA_UNSYNC) != 0) {
        doctor_say(doctor, DOCTOR_WARNING,
                   "let a time service keep it: timedatectl set-ntp true, or apt install chrony",
                   "nobody keeps this machine's clock");
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "a time service keeps this machine's clock");
    }
}

void doctor_clock(struct doctor *doctor)
{
    struct timex timex = {0};
    const int state = adjtimex(&timex);
    char ours[WHEN_SIZE];
    char theirs[WHEN_SIZE];
    char text[160];
    doctor_judge_ntp(doctor, state, timex.status);
    if (!doctor->is_up || doctor->session.hub_time == 0) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL,
                   "the hub's clock is not compared: the hub does not answer");
        return;
    }
    const uint64_t here = doctor->session.hub_time_at;
    const uint64_t there = doctor->session.hub_time;
    const uint64_t apart = here > there ? here - there : there - here;
    when_full(here, ours);
    when_full(there, theirs);
    snprintf(text, sizeof text, PHRASE("this clock says %s, the hub's %s"), ours, theirs);
    const uint64_t most = doctor->session.limits.ahead * 1000;
    if (apart > most) {
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "set the wrong one right; until then the hub refuses what is said here as too "
                   "new or too old",
                   "%s", text);
    } else if (apart > CLOCK_WARN_MS) {
        doctor_say(doctor, DOCTOR_WARNING, "set the wrong one right", "%s", text);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "this clock and the hub's agree");
    }
}

// --- disks ---

static void check_disk(struct doctor *doctor, const char *path, const char *what)
{
    struct statvfs disk;
    char left[32];
    if (statvfs(path, &disk) != 0) {
        doctor_say(doctor, errno == ENOENT ? DOCTOR_SKIPPED : DOCTOR_WARNING, NULL,
                   "the disk of %s cannot be looked at: %s", path, strerror(errno));
        return;
    }
    const uint64_t free_bytes = (uint64_t)disk.f_bavail * disk.f_frsize;
    const uint64_t size = (uint64_t)disk.f_blocks * disk.f_frsize;
    const uint64_t reserve = doctor->has_commune ? (uint64_t)doctor->commune.hub.limits.reserve : 0;
    const char *advice = PHRASE("make room: delete what is not needed, or take a larger disk; "
                                "hub.keep of commune.yaml bounds how long messages are kept");
    doctor_size(free_bytes, left);
    if (free_bytes < reserve || free_bytes == 0) {
        doctor_say(
            doctor, DOCTOR_PROBLEM, advice,
            "the disk of %s (%s) is full: %s are free, and the hub takes only what is urgent", what,
            path, left);
    } else if (free_bytes < DISK_LEAST || free_bytes / (size / 100 + 1) < DISK_PERCENT) {
        doctor_say(doctor, DOCTOR_WARNING, advice,
                   "the disk of %s (%s) is nearly full: %s are free", what, path, left);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "%s are free on the disk of %s", left, what);
    }
}

// How long the disk lasts if the store goes on growing as it has.
static void check_growth(struct doctor *doctor)
{
    const uint64_t bytes = doctor_stat(doctor, "bytes");
    const uint64_t oldest = doctor_stat(doctor, "oldest");
    const uint64_t left = doctor_stat(doctor, "disk_free");
    const uint64_t age = doctor->now > oldest ? doctor->now - oldest : 0;
    char size[32];
    if (bytes == 0 || oldest == 0 || age < DAY_MS) {
        return;
    }
    const uint64_t a_day = bytes / (age / HOUR_MS + 1) * 24 + 1;
    if (left / a_day < DAYS_LEFT) {
        doctor_say(doctor, DOCTOR_WARNING,
                   "keep messages for a shorter time (hub.keep of commune.yaml), or take a larger "
                   "disk",
                   "the store grows by %s a day: the disk lasts %" PRIu64 " days",
                   doctor_size(a_day, size), left / a_day);
    }
}

void doctor_disk(struct doctor *doctor)
{
    char *data = NULL;
    if (!doctor->has_commune) {
        check_disk(doctor, doctor->cli->folder, "this folder");
        return;
    }
    if (lt_folder_path(doctor->cli->folder, doctor->commune.hub.data, &data, NULL) == LT_DONE) {
        check_disk(doctor, access(data, F_OK) == 0 ? data : doctor->cli->folder, "the store");
    }
    free(data);
    check_growth(doctor);
}

// --- ports ---

// "tcp://HOST:PORT" into its halves.
static bool split(const char *url, char host[256], char port[8])
{
    const char *begin = strncmp(url, "tcp://", 6) == 0 ? url + 6 : NULL;
    const char *colon = begin != NULL ? strrchr(begin, ':') : NULL;
    if (colon == NULL || (size_t)(colon - begin) >= 256 || strlen(colon + 1) >= 8) {
        return false;
    }
    const bool bracketed = *begin == '[' && colon[-1] == ']';
    snprintf(host, 256, "%.*s", (int)(colon - begin) - 2 * bracketed, begin + bracketed);
    snprintf(port, 8, "%s", colon + 1);
    if (strcmp(host, "*") == 0 || strcmp(host, "0.0.0.0") == 0) {
        snprintf(host, 256, "127.0.0.1");
    }
    return true;
}

static bool connects(const char *host, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool connected = false;
    if (getaddrinfo(host, port, &hints, &found) != 0) {
        return false;
    }
    const int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0) {
        struct pollfd wait = {.fd = fd, .events = POLLOUT};
        int error = 0;
        socklen_t size = sizeof error;
        connected = connect(fd, found->ai_addr, found->ai_addrlen) == 0 ||
                    (errno == EINPROGRESS && poll(&wait, 1, CONNECT_MS) == 1 &&
                     getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0);
        close(fd);
    }
    freeaddrinfo(found);
    return connected;
}

// The inode of the socket that listens on this port; 0: none.
static unsigned long listener(const char *table, unsigned port)
{
    char line[512];
    unsigned long inode = 0;
    FILE *file = fopen(table, "re");
    while (file != NULL && inode == 0 && fgets(line, sizeof line, file) != NULL) {
        unsigned found = 0;
        unsigned state = 0;
        unsigned long number = 0;
        // NOLINTNEXTLINE(cert-err34-c): what does not fit is not taken
        if (sscanf(line, " %*d: %*[0-9A-F]:%x %*[0-9A-F]:%*x %x %*s %*s %*s %*d %*d %lu", &found,
                   &state, &number) == 3 &&
            found == port && state == 0x0A) {
            inode = number;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    return inode;
}

static bool has_socket(const char *pid, unsigned long inode)
{
    char path[300];
    char wanted[64];
    char target[64];
    bool found = false;
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    DIR *folder = opendir(path);
    const struct dirent *entry = NULL;
    while (folder != NULL && !found && (entry = readdir(folder)) != NULL) {
        const ssize_t size = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        target[size > 0 ? size : 0] = '\0';
        found = strcmp(target, wanted) == 0;
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return found;
}

// "lienthond (process 4711)"; "somebody" where that may not be seen.
static void who_holds(unsigned port, char out[96])
{
    unsigned long inode = listener("/proc/net/tcp", port);
    inode = inode != 0 ? inode : listener("/proc/net/tcp6", port);
    DIR *processes = inode != 0 ? opendir("/proc") : NULL;
    const struct dirent *entry = NULL;
    snprintf(out, 96, "somebody");
    while (processes != NULL && (entry = readdir(processes)) != NULL) {
        if (!isdigit((unsigned char)entry->d_name[0]) || !has_socket(entry->d_name, inode)) {
            continue;
        }
        char path[300];
        char name[64] = "?";
        snprintf(path, sizeof path, "/proc/%s/comm", entry->d_name);
        FILE *file = fopen(path, "re");
        if (file != NULL && fgets(name, sizeof name, file) != NULL) {
            name[strcspn(name, "\n")] = '\0';
        }
        if (file != NULL) {
            fclose(file);
        }
        snprintf(out, 96, "%s (process %.16s)", name, entry->d_name);
        break;
    }
    if (processes != NULL) {
        closedir(processes);
    }
}

static void check_port(struct doctor *doctor, const char *url, const char *what)
{
    char host[256];
    char port[8];
    char holder[96];
    if (!split(url, host, port)) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "%s cannot be looked at: %s", what, url);
        return;
    }
    const bool is_heard = doctor->is_up && strcmp(url, doctor->commune.hub.listen) == 0;
    if (!is_heard && !connects(host, port)) {
        doctor_say(
            doctor, DOCTOR_PROBLEM,
            "start the hub (lienthon up, or systemctl start lienthond); if it runs, look for "
            "a firewall",
            "nobody listens on %s, the port for %s", url, what);
        return;
    }
    who_holds((unsigned)strtoul(port, NULL, 10), holder);
    if (!doctor->is_up && strncmp(holder, "lienthond ", 10) != 0 &&
        strcmp(holder, "somebody") != 0) {
        doctor_say(doctor, DOCTOR_PROBLEM,
                   "stop that program, or give the hub another port (hub.listen and hub.join of "
                   "commune.yaml)",
                   "%s, the port for %s, is held by %s", url, what, holder);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL, "%s, the port for %s, is held by %s", url, what,
                   holder);
    }
}

void doctor_ports(struct doctor *doctor)
{
    if (doctor->has_commune) {
        check_port(doctor, doctor->commune.hub.listen, "everybody");
        check_port(doctor, doctor->commune.hub.join, "joining");
    } else if (doctor->session.identity.hub != NULL) {
        char host[256];
        char port[8];
        const bool reached =
            split(doctor->session.identity.hub, host, port) && connects(host, port);
        doctor_say(
            doctor, reached ? DOCTOR_OK : DOCTOR_PROBLEM,
            reached
                ? NULL
                : PHRASE("look at the network between here and there, and whether the hub runs"),
            "%s %s", doctor->session.identity.hub,
            reached ? "can be reached" : "cannot be reached");
    } else {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "not looked at: it is not known where the hub is");
    }
}

// --- descriptors ---

void doctor_descriptors(struct doctor *doctor)
{
    static const char raise[] =
        PHRASE("raise the limit: LimitNOFILE= in the hub's unit, or ulimit -n before lienthon up");
    const uint64_t used = doctor_stat(doctor, "descriptors");
    const uint64_t most = doctor_stat(doctor, "descriptors_most");
    if (doctor_lacks(doctor, &doctor->stats)) {
        return;
    }
    const uint64_t wanted =
        doctor->has_commune ? (uint64_t)doctor->commune.hub.limits.sessions + DESCRIPTORS_OWN : 0;
    if (most == 0) {
        doctor_say(doctor, DOCTOR_SKIPPED, NULL, "this hub does not say how many it may open");
    } else if (used * 10 > most * 8) {
        doctor_say(doctor, DOCTOR_PROBLEM, raise,
                   "the hub has %" PRIu64 " of its %" PRIu64
                   " descriptors open: it will let nobody in soon",
                   used, most);
    } else if (wanted > most) {
        doctor_say(doctor, DOCTOR_WARNING, raise,
                   "the hub may open %" PRIu64 " descriptors, too few for the %" PRIi64
                   " connections of hub.limits.sessions",
                   most, doctor->commune.hub.limits.sessions);
    } else {
        doctor_say(doctor, DOCTOR_OK, NULL,
                   "the hub has %" PRIu64 " of %" PRIu64 " descriptors open", used, most);
    }
}
