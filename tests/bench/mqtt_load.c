// The same participant as load.c, to an MQTT broker: QoS 1, a persistent session for who receives.
//
//   mqtt-load publish PORT TOPIC COUNT BYTES WINDOW
//   mqtt-load receive PORT PATTERN COUNT SESSION
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <mosquitto.h>

enum { BODY_MAX = 65536, KEEPALIVE_S = 60, WAIT_MS = 100 };

struct count {
    long published, received, most;
    double first, last;
};

static double now(void)
{
    struct timespec at;
    clock_gettime(CLOCK_MONOTONIC, &at);
    return (double)at.tv_sec + (double)at.tv_nsec / 1e9;
}

static void on_publish(struct mosquitto *client, void *self, int id)
{
    (void)client, (void)id;
    ((struct count *)self)->published++;
}

static void on_message(struct mosquitto *client, void *self,
                       const struct mosquitto_message *message)
{
    struct count *count = self;
    (void)client, (void)message;
    if (!count->received++)
        count->first = now();
    count->last = now();
}

static void on_subscribe(struct mosquitto *client, void *self, int id, int given,
                         const int *granted)
{
    (void)client, (void)self, (void)id, (void)given, (void)granted;
    puts("ready");
    fflush(stdout);
}

static bool publish(struct mosquitto *client, struct count *count, char **words)
{
    static char body[BODY_MAX];
    size_t size = strtoul(words[2], NULL, 10);
    long most = strtol(words[1], NULL, 10), window = strtol(words[3], NULL, 10), sent = 0;
    if (size > sizeof body)
        return false;
    memset(body, 'a', size);
    double from = now();
    while (count->published < most) {
        for (; sent < most && sent - count->published < window; sent++) {
            if (mosquitto_publish(client, NULL, words[0], (int)size, body, 1, false) !=
                MOSQ_ERR_SUCCESS)
                return false;
        }
        if (mosquitto_loop(client, WAIT_MS, 1) != MOSQ_ERR_SUCCESS)
            return false;
    }
    printf("%.6f\n", now() - from);
    return true;
}

static bool receive(struct mosquitto *client, struct count *count, char **words)
{
    long most = strtol(words[1], NULL, 10);
    if (mosquitto_subscribe(client, NULL, words[0], 1) != MOSQ_ERR_SUCCESS)
        return false;
    while (count->received < most) {
        if (mosquitto_loop(client, WAIT_MS, 1) != MOSQ_ERR_SUCCESS)
            return false;
    }
    // What is acknowledged here must be so there: it would come again.
    while (mosquitto_want_write(client) && mosquitto_loop(client, WAIT_MS, 1) == MOSQ_ERR_SUCCESS)
        ;
    mosquitto_disconnect(client);
    while (mosquitto_loop(client, WAIT_MS, 1) == MOSQ_ERR_SUCCESS)
        ;
    printf("%.6f\n", count->last - count->first);
    return true;
}

int main(int argc, char **words)
{
    bool publishes = argc == 7 && strcmp(words[1], "publish") == 0;
    bool receives = argc == 6 && strcmp(words[1], "receive") == 0;
    struct count count = {0};
    if (!publishes && !receives) {
        fprintf(stderr,
                "usage: %s publish PORT TOPIC COUNT BYTES WINDOW | receive PORT PATTERN COUNT "
                "SESSION\n",
                words[0]);
        return 2;
    }
    mosquitto_lib_init();
    struct mosquitto *client = mosquitto_new(receives ? words[5] : NULL, !receives, &count);
    bool done = client != NULL;
    if (done) {
        mosquitto_publish_callback_set(client, on_publish);
        mosquitto_message_callback_set(client, on_message);
        mosquitto_subscribe_callback_set(client, on_subscribe);
        mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
        mosquitto_max_inflight_messages_set(client, 1000);
        done =
            mosquitto_connect(client, "127.0.0.1", atoi(words[2]), KEEPALIVE_S) == MOSQ_ERR_SUCCESS;
    }
    done = done &&
           (publishes ? publish(client, &count, words + 3) : receive(client, &count, words + 3));
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    return done ? 0 : 1;
}
