#include "cards.h"

#include <stdlib.h>
#include <string.h>

struct card_asked {
    char *card;
    struct lt_error why; // code LT_DONE: it is there
};

// Its index; cards->count: it was not asked about.
static size_t find(const struct cards *cards, const char *card)
{
    size_t i = 0;
    while (i < cards->count && strcmp(cards->list[i].card, card) != 0)
        i++;
    return i;
}

// Room for one more.
static bool grow(struct cards *cards)
{
    struct card_asked *list = realloc(cards->list, (cards->count + 1) * sizeof *list);
    if (!list)
        return false;
    cards->list = list;
    struct outlet **outlets =
        (struct outlet **)realloc((void *)cards->outlets, (cards->count + 1) * sizeof(void *));
    if (!outlets)
        return false;
    cards->outlets = outlets;
    outlets[cards->count] = NULL;
    return true;
}

enum lt_code cards_ask(struct cards *cards, const char *card, struct lt_error *error)
{
    if (find(cards, card) < cards->count)
        return LT_DONE;
    char *name = grow(cards) ? strdup(card) : NULL;
    if (!name)
        return lt_fail(error, LT_NO_MEMORY, "no memory for the sound cards");
    size_t i = cards->count++;
    cards->list[i] = (struct card_asked){.card = name};
    (void)card_line_ask(card, &cards->outlets[i], &cards->list[i].why);
    return LT_DONE;
}

void cards_wait(struct cards *cards)
{
    card_line_wait(cards->outlets, cards->count);
    for (size_t i = 0; i < cards->count; i++)
        if (cards->outlets[i] && card_line_found(cards->outlets[i], &cards->list[i].why) != LT_DONE)
            outlet_destroy(&cards->outlets[i]);
}

enum lt_code cards_take(struct cards *cards, const char *card, struct outlet **outlet,
                        struct lt_error *error)
{
    size_t i = find(cards, card);
    if (i == cards->count)
        return card_line_new(card, outlet, error);
    if (cards->list[i].why.code != LT_DONE)
        return lt_fail(error, cards->list[i].why.code, "%s", cards->list[i].why.text);
    if (!cards->outlets[i])
        return card_line_await(card, outlet, error);
    *outlet = cards->outlets[i];
    cards->outlets[i] = NULL;
    return LT_DONE;
}

void cards_clear(struct cards *cards)
{
    for (size_t i = 0; i < cards->count; i++) {
        outlet_destroy(&cards->outlets[i]);
        free(cards->list[i].card);
    }
    free(cards->list);
    free((void *)cards->outlets);
    *cards = (struct cards){0};
}
