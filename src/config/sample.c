#include <inttypes.h>
#include <string.h>

#include "config/config.h"
#include "config/key.h"
#include "core/buf.h"

/* One key with its line of documentation, indented by `depth` levels. */
static void append_key(struct buf *out, const struct key *key, int depth)
{
    const char *value = key->sample != NULL ? key->sample : key->fallback;
    int indent = 2 * depth;

    buf_printf(out, "%*s# %s", indent, "", key->doc);
    if (key->type == KEY_INT)
        buf_printf(out, " (%" PRId64 " to %" PRId64 ")", key->min, key->max);
    if (key->fallback != NULL && strstr(value, key->fallback) == NULL)
        buf_printf(out, " (default %s)", key->fallback);
    buf_append_char(out, '\n');
    if (value != NULL) {
        buf_printf(out, "%*s%s%s: %s\n", indent, "", key->is_second_choice ? "# " : "", key->name,
                   value);
        return;
    }
    buf_printf(out, "%*s%s:\n", indent, "", key->name);
    for (size_t i = 0; i < key->n_keys; i++)
        append_key(out, &key->keys[i], depth + 1);
}

void config_sample(struct buf *out)
{
    buf_append_string(
        out,
        "# yaml-language-server: $schema=linkhaul.schema.json\n"
        "#\n"
        "# linkhaul's main file, /etc/linkhaul/linkhaul.yaml unless -c names another.\n"
        "# ${VAR} and ${VAR:-default} take values from the environment. Paths are relative to\n"
        "# this file. `linkhaul check` says what is wrong, `linkhaul check --show` what holds.\n");
    for (size_t i = 0; i < main_keys.n_keys; i++) {
        buf_append_char(out, '\n');
        append_key(out, &main_keys.keys[i], 0);
    }
}
