#include "api/free_answer.h"

#include <json.h>
#include <limits.h>

#include "core/mem.h"

#define DEPTH_MAX 64

static void free_tokener(struct json_tokener **tokener)
{
    json_tokener_free(*tokener);
}

struct json_object *json_at(struct json_object *tree, const char *const keys[])
{
    for (size_t i = 0; keys[i] != NULL && tree != NULL; i++) {
        if (json_object_is_type(tree, json_type_array))
            tree = json_object_array_length(tree) > 0 ? json_object_array_get_idx(tree, 0) : NULL;
        else if (!json_object_object_get_ex(tree, keys[i], &tree))
            tree = NULL;
    }
    return tree;
}

bool free_answer_open(const char *text, size_t size, struct free_answer *ret_answer,
                      struct err *err)
{
    CLEANUP(free_tokener) struct json_tokener *tokener = json_tokener_new_ex(DEPTH_MAX);
    struct json_object *tree, *task, *code, *message;

    if (size > INT_MAX)
        return err_set(err, ERR_DATA, "the answer is too long");
    tree = json_tokener_parse_ex(tokener, text, (int)size);
    code = JSON_AT(tree, "status_code");
    if (!json_object_is_type(tree, json_type_object) || !json_object_is_type(code, json_type_int)) {
        json_object_put(tree);
        return err_set(err, ERR_DATA, "the answer is not what the API sends");
    }
    task = JSON_AT(tree, "tasks", "0");
    if (json_object_get_int(code) == 20000 && JSON_AT(task, "status_code") != NULL)
        code = JSON_AT(task, "status_code");
    else
        task = tree;
    message = JSON_AT(task, "status_message");
    *ret_answer = (struct free_answer){
        .tree = tree,
        .result = JSON_AT(task, "result", "0"),
        .status_code = json_object_get_int(code),
        .message =
            json_object_is_type(message, json_type_string) ? json_object_get_string(message) : "",
    };
    return true;
}

void free_answer_close(struct free_answer *answer)
{
    json_object_put(answer->tree);
    *answer = (struct free_answer){.tree = NULL};
}
