#include "config/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/endpoint.h"
#include "config/config.h"
#include "config/file.h"
#include "config/host.h"
#include "config/listen.h"
#include "config/zone.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/money.h"
#include "core/text.h"

#define SECRET_BYTES_MAX ((size_t)1 << 16)

char **value_text_at(void *base, const struct key *key)
{
    return (char **)(void *)((char *)base + key->offset);
}

int64_t *value_number_at(void *base, const struct key *key)
{
    return (int64_t *)(void *)((char *)base + key->offset);
}

char *path_beside(const char *file, const char *path)
{
    const char *slash = strrchr(file, '/');

    if (path[0] == '/' || slash == NULL)
        return mem_strdup(path);
    return mem_printf("%.*s/%s", (int)(slash - file), file, path);
}

void value_refuse(const struct slot *slot)
{
    char found[YAML_FOUND_MAX], expected[KEY_EXPECTED_MAX];
    bool may_show = slot->key->type != KEY_SECRET && slot->key->type != KEY_DATABASE &&
                    slot->key->type != KEY_URL;

    if (may_show || slot->node->kind == YAML_LIST || slot->node->kind == YAML_MAP ||
        slot->node->kind == YAML_NULL)
        yaml_complain(slot->source, slot->node, "%s: found %s, expected %s", slot->path,
                      yaml_found(slot->node, found), key_expected(slot->key, expected));
    else
        yaml_complain(slot->source, slot->node, "%s: expected %s", slot->path,
                      key_expected(slot->key, expected));
}

/*
 * The text of a scalar, or NULL and a complaint. Any scalar will do: a password of digits, from a
 * variable, is a text all the same.
 */
static const char *text_of(const struct slot *slot)
{
    const struct yaml_node *node = slot->node;

    if (node->kind == YAML_LIST || node->kind == YAML_MAP || node->kind == YAML_NULL ||
        node->text[0] == '\0') {
        value_refuse(slot);
        return NULL;
    }
    return node->text;
}

/* Keeps a text of ours, unless the key's twin has given one. */
static void keep(const struct slot *slot, char *text)
{
    char **at = value_text_at(slot->base, slot->key);

    if (*at != NULL) {
        yaml_complain(slot->source, slot->node, "%s and %s are both there; keep one", slot->path,
                      slot->key->twin);
        free(text);
        return;
    }
    *at = text;
}

static bool is_one_line(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f)
            return false;
    return true;
}

static void read_text(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text == NULL)
        return;
    if (!is_one_line(text, strlen(text))) { /* it goes into a header, or a statement */
        yaml_complain(slot->source, slot->node,
                      "%s: holds more than one line, or a control character", slot->path);
        return;
    }
    if (slot->key->type == KEY_SECRET && slot->node->raw == NULL && slot->source->is_world_readable)
        yaml_warn(slot->source, slot->node,
                  "%s: every user of this machine can read this file; chmod 640 it, or use %s",
                  slot->path, slot->key->twin);
    keep(slot, mem_strdup(text));
}

/* What stands in a file, without the newline at its end. */
static bool secret_read(const char *path, char **ret_text, bool *ret_is_world_readable,
                        struct err *err)
{
    CLEANUP(buf_deinit) struct buf content = BUF_WITH_CEILING(SECRET_BYTES_MAX);
    size_t size;

    if (!file_read(path, &content, ret_is_world_readable, err))
        return err_wrap(err, "%s", path);
    size = content.size;
    size -= size > 0 && content.data[size - 1] == '\n';
    size -= size > 0 && content.data[size - 1] == '\r';
    if (size == 0)
        return err_set(err, ERR_CONFIG, "%s: is empty", path);
    if (!is_one_line(content.data, size))
        return err_set(err, ERR_CONFIG,
                       "%s: holds more than one line, or a control character; it should hold "
                       "the value alone",
                       path);
    *ret_text = mem_strndup(content.data, size);
    return true;
}

static void read_file_key(const struct slot *slot)
{
    const char *name = text_of(slot);
    char *path, *content = NULL;
    bool is_world_readable;
    struct err err;

    if (name == NULL)
        return;
    if (slot->source->is_in_memory) {
        keep(slot, mem_strdup("in a file"));
        return;
    }
    path = path_beside(slot->source->file, name);
    if (secret_read(path, &content, &is_world_readable, &err)) {
        if (is_world_readable)
            yaml_warn(slot->source, slot->node,
                      "%s: every user of this machine can read this file; chmod 600 it",
                      slot->path);
        keep(slot, content);
    } else {
        yaml_complain(slot->source, slot->node, "%s: %s", slot->path, err.text);
    }
    free(path);
}

/*
 * Whether a connection URL holds an `@` that ends no user's part. PostgreSQL's library would then
 * take a piece of the password for a host, a port or a path, and show it in its errors.
 */
static bool has_stray_at(const char *url)
{
    const char *authority = strstr(url, "://");
    const char *first, *query;

    if (authority == NULL)
        return false;
    authority += 3;
    first = strchr(authority, '@');
    query = strchr(authority, '?');
    if (first == NULL)
        return false;
    if (query != NULL && query < first) /* ?user=me@host is right, ?ss@host/name is not */
        return memchr(query, '=', (size_t)(first - query)) == NULL;
    return first > authority + strcspn(authority, "/#") ||
           memchr(first + 1, '@', strcspn(first + 1, "/?")) != NULL;
}

static void read_database(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text == NULL)
        return;
    if (has_stray_at(text)) {
        yaml_complain(
            slot->source, slot->node,
            "%s: in the user or password of a URL, write @ as %%40, / as %%2F, ? as %%3F, "
            "# as %%23 and %% as %%25",
            slot->path);
        return;
    }
    if (strncmp(text, "postgresql://", 13) != 0 && strncmp(text, "postgres://", 11) != 0 &&
        strchr(text, '=') == NULL)
        value_refuse(slot);
    else
        keep(slot, mem_strdup(text));
}

static void read_url(const struct slot *slot)
{
    const char *text = text_of(slot);
    size_t length;
    struct err err;

    if (text == NULL)
        return;
    if (!base_url_check(text, &err)) {
        yaml_complain(slot->source, slot->node, "%s: %s", slot->path, err.text);
        return;
    }
    for (length = strlen(text); text[length - 1] == '/'; length--)
        ;
    keep(slot, mem_strndup(text, length));
}

static void read_path(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text != NULL)
        keep(slot, path_beside(slot->source->file, text));
}

static void read_listen(const struct slot *slot)
{
    const char *text = text_of(slot);
    struct listen_address address;
    struct err err;

    if (text == NULL)
        return;
    if (strcmp(text, LISTEN_OFF) != 0 && !listen_parse(text, &address, &err)) {
        if (slot->node->raw != NULL)
            value_refuse(slot); /* without what the variable holds */
        else
            yaml_complain(slot->source, slot->node, "%s: %s; or off", slot->path, err.text);
        return;
    }
    if (strcmp(text, LISTEN_OFF) != 0 && !address.is_loopback)
        complain(slot->source, COMPLAINT_NOTE, slot->node->line, slot->node->column,
                 "%s: the status port has no password: whoever reaches this address sees jobs and "
                 "costs",
                 slot->path);
    keep(slot, mem_strdup(text));
}

static bool is_among(const char *const *words, const char *word)
{
    for (; words != NULL && *words != NULL; words++)
        if (strcmp(*words, word) == 0)
            return true;
    return false;
}

static void read_word(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text == NULL)
        return;
    if (is_among(slot->key->words, text))
        keep(slot, mem_strdup(text));
    else
        value_refuse(slot);
}

static void read_sync(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text == NULL)
        return;
    for (size_t i = 0; slot->key->words[i] != NULL; i++)
        if (strcmp(slot->key->words[i], text) == 0) {
            ((struct config_job *)slot->base)->sync = (enum config_sync)i;
            return;
        }
    value_refuse(slot);
}

static void read_endpoint(const struct slot *slot)
{
    const char *text = text_of(slot), *names[KEYS_MAX], *meant;
    const struct endpoint *endpoint;
    char found[YAML_FOUND_MAX], list[512] = "";
    size_t n = 0, used;

    if (text == NULL)
        return;
    endpoint = endpoint_find(text);
    if (endpoint != NULL) {
        *(const struct endpoint **)(void *)((char *)slot->base + slot->key->offset) = endpoint;
        return;
    }
    for (; endpoints[n] != NULL && n < KEYS_MAX; n++) {
        names[n] = endpoints[n]->name;
        used = strlen(list);
        snprintf(list + used, sizeof(list) - used, "%s%s", n > 0 ? ", " : "", names[n]);
    }
    meant = text_near_miss(text, names, n);
    if (meant == NULL)
        yaml_complain(slot->source, slot->node, "%s: found %s, expected one of the endpoints: %s",
                      slot->path, yaml_found(slot->node, found), list);
    else
        yaml_complain(slot->source, slot->node, "%s: found %s; did you mean %s?", slot->path,
                      yaml_found(slot->node, found), meant);
}

bool value_is_name(const char *text)
{
    size_t length = strlen(text);

    return length > 0 && length <= 63 && strchr("_.-", text[0]) == NULL &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_.-") == length;
}

static void read_name(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text == NULL)
        return;
    if (!value_is_name(text))
        value_refuse(slot);
    else
        keep(slot, mem_strdup(text));
}

static void read_int(const struct slot *slot)
{
    if (slot->node->kind != YAML_INT ||
        !key_parse_number(slot->key, slot->node->text, value_number_at(slot->base, slot->key)))
        value_refuse(slot);
}

/* With a unit, so mostly a text to YAML. */
static void read_quantity(const struct slot *slot)
{
    const char *text = text_of(slot);

    if (text != NULL && !key_parse_number(slot->key, text, value_number_at(slot->base, slot->key)))
        value_refuse(slot);
}

/* A number of dollars. */
void value_read_money(const struct slot *slot)
{
    int64_t value;

    if ((slot->node->kind != YAML_INT && slot->node->kind != YAML_FLOAT) ||
        !money_parse(slot->node->text, strlen(slot->node->text), &value) || value == 0)
        value_refuse(slot);
    else
        *value_number_at(slot->base, slot->key) = value;
}

static void read_schedule(const struct slot *slot)
{
    struct config_job *job = slot->base;
    const char *text = text_of(slot);
    struct err err;

    if (text == NULL)
        return;
    if (cron_parse(text, &job->cron, &err))
        keep(slot, mem_strdup(text));
    else if (slot->node->raw != NULL)
        value_refuse(slot); /* without what the variable holds */
    else
        yaml_complain(slot->source, slot->node, "%s: %s", slot->path, err.text);
}

static int two_digits(const char *text)
{
    return (text[0] - '0') * 10 + (text[1] - '0');
}

/* "until hh:mm" */
static void read_catch_up(const struct slot *slot)
{
    static const char form[] = "until 00:00";
    struct config_job *job = slot->base;
    const char *text = text_of(slot);
    size_t same = 0;

    if (text == NULL)
        return;
    while (form[same] == '0' ? text[same] >= '0' && text[same] <= '9'
                             : form[same] != '\0' && text[same] == form[same])
        same++;
    if (form[same] != '\0' || text[same] != '\0' || two_digits(text + 6) > 23 ||
        two_digits(text + 9) > 59) {
        value_refuse(slot);
        return;
    }
    job->catch_up_until = two_digits(text + 6) * 60 + two_digits(text + 9);
    keep(slot, mem_strdup(text));
}

static void read_zone(const struct slot *slot)
{
    const char *text = text_of(slot);
    struct err err;

    if (text == NULL)
        return;
    if (zone_check(text, &err))
        keep(slot, mem_strdup(text));
    else if (slot->node->raw != NULL)
        value_refuse(slot); /* without what the variable holds */
    else
        yaml_complain(slot->source, slot->node, "%s: %s", slot->path, err.text);
}

/* Without a shell there is nobody to take a text apart, and a PATH says too little. */
static void read_command(const struct slot *slot)
{
    struct config_texts *words = (void *)((char *)slot->base + slot->key->offset);
    const struct yaml_node *node = slot->node;
    bool is_good = node->kind == YAML_LIST && node->n_items >= (size_t)slot->key->min &&
                   node->n_items <= (size_t)slot->key->max && node->items[0].text != NULL &&
                   node->items[0].text[0] == '/';

    for (size_t i = 0; is_good && i < node->n_items; i++)
        is_good = node->items[i].text != NULL &&
                  is_one_line(node->items[i].text, strlen(node->items[i].text));
    if (!is_good) {
        value_refuse(slot);
        return;
    }
    words->items = mem_new_array(node->n_items, sizeof(*words->items));
    for (size_t i = 0; i < node->n_items; i++)
        words->items[words->n++] = mem_strdup(node->items[i].text);
}

static void read_nothing(const struct slot *slot)
{
    (void)slot;
}

void value_read(const struct slot *slot)
{
    // clang-format off
    static void (*const readers[])(const struct slot *slot) = {
        [KEY_MAP] = read_nothing,
        [KEY_TEXT] = read_text,
        [KEY_SECRET] = read_text,
        [KEY_FILE] = read_file_key,
        [KEY_DATABASE] = read_database,
        [KEY_URL] = read_url,
        [KEY_PATH] = read_path,
        [KEY_LISTEN] = read_listen,
        [KEY_WORD] = read_word,
        [KEY_NAME] = read_name,
        [KEY_INT] = read_int,
        [KEY_SIZE] = read_quantity,
        [KEY_DURATION] = read_quantity,
        [KEY_DAYS] = read_quantity,
        [KEY_SYNC] = read_sync,
        [KEY_PERCENT] = read_quantity,
        [KEY_MONEY] = value_read_money,
        [KEY_BUDGET] = read_nothing,
        [KEY_ZONE] = read_zone,
        [KEY_SCHEDULE] = read_schedule,
        [KEY_CATCH_UP] = read_catch_up,
        [KEY_ENDPOINT] = read_endpoint,
        [KEY_TARGETS] = read_nothing,
        [KEY_REQUEST] = read_nothing,
        [KEY_PROJECTS] = read_nothing,
        [KEY_PROJECT] = read_nothing,
        [KEY_FEEDS] = read_nothing,
        [KEY_PROJECT_LIST] = read_nothing,
        [KEY_FORMERLY] = read_nothing,
        [KEY_COMMAND] = read_command,
        [KEY_LABELS] = read_nothing,
        [KEY_PROVIDER] = read_nothing,
        [KEY_ACCOUNT] = read_nothing,
        [KEY_ACCOUNTS] = read_nothing,
        [KEY_ACCOUNT_OF] = read_nothing,
    };
    // clang-format on

    if (slot->node->kind != YAML_BROKEN)
        readers[slot->key->type](slot);
}
