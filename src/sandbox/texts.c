/*
 * The running text of a row: titles, anchors, what stands around a link. Mostly words of the page's
 * language; now and then what a crawler takes for text, and rarely what no database can store
 * (U+0000, a half of a surrogate pair), which the answer then holds as an escape.
 */
#include "sandbox/row_private.h"

#include "sandbox/random.h"
#include "sandbox/words.h"

/* Half of a surrogate pair as its three bytes, which no well-formed UTF-8 has. */
#define LONE_SURROGATE "\xed\xa0\xbd"

size_t row_language_no(const struct row *row)
{
    uint64_t bits = random_draw(row->site, SALT_LANGUAGE);

    return (bits & 1) != 0 ? 0 : random_below(bits, n_words_text);
}

static void put_words(struct pen *pen, const struct words *words, uint64_t bits, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            pen_char(pen, ' ');
        if (i % 4 == 3)
            bits = random_mix(bits);
        pen_text(pen, words->words[random_below(bits << (16 * (i % 3)), words->n)]);
    }
}

/* `n_least` to `n_most` words of the page, or once in a while something odd. */
static struct value running_text(struct row *row, uint64_t salt, size_t n_least, size_t n_most)
{
    struct pen pen = {row->text, row->text + sizeof(row->text)};
    uint64_t bits = random_draw(salt == SALT_TITLE ? row->page : row->bits, salt);
    uint64_t oddity = random_below(random_mix(bits), 2048);
    size_t n_words = n_least + random_below(bits, n_most - n_least + 1);

    if (oddity < 48) {
        pen_text(&pen, words_fragments[oddity % n_words_fragments]);
    } else {
        put_words(&pen, &words_text[row_language_no(row)], random_mix(bits ^ 1), n_words);
        if (oddity == 48)
            pen_bytes(&pen, "\0 tail", 6);
        else if (oddity == 49)
            pen_text(&pen, LONE_SURROGATE " cut");
        else if (oddity == 50)
            pen_text(&pen, "\t\"quoted\" \\ back");
    }
    return (struct value){
        .kind = VALUE_TEXT, .text = row->text, .size = (size_t)(pen.at - row->text)};
}

static struct value none(void)
{
    return (struct value){.kind = VALUE_NULL};
}

static bool has_no_page(const struct row *row)
{
    return row->kind == ROW_REDIRECT;
}

struct value row_page_from_title(struct row *row)
{
    if (has_no_page(row) || random_below(random_draw(row->page, SALT_TITLE) << 7, 40) == 0)
        return none();
    return running_text(row, SALT_TITLE, 3, 11);
}

/* The vendor says that only images have one, and lists anchors that have. */
struct value row_alt(struct row *row)
{
    uint64_t bits = random_draw(row->bits, SALT_ALT);
    bool has_one =
        row->kind == ROW_IMAGE ? (bits & 3) != 0 : row->kind == ROW_ANCHOR && (bits & 0x3f) == 0;

    return has_one ? running_text(row, SALT_ALT, 1, 6) : none();
}

/* Links often have the target itself as their text. */
struct value row_anchor(struct row *row)
{
    uint64_t bits = random_draw(row->bits, SALT_ANCHOR);

    if (row->kind != ROW_ANCHOR && row->kind != ROW_LINK && row->kind != ROW_IMAGE)
        return none();
    if ((bits & 0x1f) == 0 || (row->kind == ROW_IMAGE && (bits >> 5 & 1)))
        return none();
    if ((bits >> 6 & 3) == 0)
        return (struct value){
            .kind = VALUE_TEXT, .text = row->source->host, .size = strlen(row->source->host)};
    return running_text(row, SALT_ANCHOR, 1, 6);
}

struct value row_text_pre(struct row *row)
{
    if ((row->kind != ROW_ANCHOR && row->kind != ROW_LINK) ||
        (random_draw(row->bits, SALT_TEXT_PRE) & 3) == 0)
        return none();
    return running_text(row, SALT_TEXT_PRE, 2, 30);
}

struct value row_text_post(struct row *row)
{
    if ((row->kind != ROW_ANCHOR && row->kind != ROW_LINK) ||
        (random_draw(row->bits, SALT_TEXT_POST) & 3) == 0)
        return none();
    return running_text(row, SALT_TEXT_POST, 2, 30);
}
