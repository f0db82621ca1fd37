/* The part of a job's schema that depends on its endpoint: API parameters. */
#include "api/endpoint.h"
#include "config/schema_writer.h"

static void put_order_by(struct writer *writer, const struct param *param)
{
    put_text(writer, "type", "array");
    put_int(writer, "minItems", 1);
    put_int(writer, "maxItems", param->max);
    open_in(writer, "items", '{');
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "^[a-z0-9_.]+,(asc|desc)$|\\$\\{");
    close_with(writer, '}');
}

static void put_custom_mode(struct writer *writer, const struct param *param)
{
    static const char *const required[] = {"field", "value", NULL};

    put_text(writer, "type", "object");
    put_false(writer, "additionalProperties");
    put_words(writer, "required", required);
    open_in(writer, "properties", '{');
    open_in(writer, "field", '{');
    put_words(writer, "enum", param->words);
    close_with(writer, '}');
    open_in(writer, "value", '{');
    put_int_or_variable(writer, param->min, param->max);
    close_with(writer, '}');
    close_with(writer, '}');
}

/* One more choice: what stands for the targets of a project. */
static void put_project_word(struct writer *writer)
{
    open_in(writer, NULL, '{');
    put_text(writer, "type", "string");
    put_text(writer, "pattern", "^\\$(own|competitors)$");
    close_with(writer, '}');
}

/* {"1": a target, ...} */
static void put_numbered(struct writer *writer)
{
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_text(writer, "type", "object");
    put_int(writer, "minProperties", 1);
    put_int(writer, "maxProperties", TARGETS_MAX);
    open_in(writer, "propertyNames", '{');
    put_text(writer, "pattern", "^([1-9]|1[0-9]|20)$");
    close_with(writer, '}');
    open_in(writer, "additionalProperties", '{');
    put_text(writer, "type", "string");
    close_with(writer, '}');
    close_with(writer, '}');
    put_project_word(writer);
    close_with(writer, ']');
}

static void put_excluded(struct writer *writer, const struct param *param)
{
    open_in(writer, "anyOf", '[');
    open_in(writer, NULL, '{');
    put_strings(writer, param->min, param->max);
    close_with(writer, '}');
    put_project_word(writer);
    close_with(writer, ']');
}

static void put_param(struct writer *writer, const struct param *param)
{
    open_in(writer, param->name, '{');
    put_text(writer, "description", param->doc);
    switch (param->type) {
    case PARAM_TEXT:
        put_text(writer, "type", "string");
        put_int(writer, "maxLength", param->max);
        break;
    case PARAM_BOOL:
        put_text(writer, "type", "boolean");
        break;
    case PARAM_INT:
        put_int_or_variable(writer, param->min, param->max);
        break;
    case PARAM_WORD:
        put_words(writer, "enum", param->words);
        break;
    case PARAM_TARGET:
        put_text(writer, "type", "string");
        break;
    case PARAM_TARGETS:
        put_numbered(writer);
        break;
    case PARAM_EXCLUDED:
        put_excluded(writer, param);
        break;
    case PARAM_FILTERS:
        put_text(writer, "type", "array");
        put_int(writer, "minItems", 1);
        break;
    case PARAM_ORDER_BY:
        put_order_by(writer, param);
        break;
    case PARAM_CUSTOM_MODE:
        put_custom_mode(writer, param);
        break;
    case PARAM_OURS:
        break;
    }
    close_with(writer, '}');
}

void put_requests(struct writer *writer)
{
    static const char *const targets[] = {"targets", NULL};

    for (size_t i = 0; endpoints[i] != NULL; i++) {
        bool is_numbered = endpoints[i]->wrapper != NULL; /* in request, or in each of feeds */

        open_in(writer, NULL, '{');
        open_in(writer, "if", '{');
        open_in(writer, "properties", '{');
        open_in(writer, "endpoint", '{');
        put_text(writer, "const", endpoints[i]->name);
        close_with(writer, '}');
        close_with(writer, '}');
        close_with(writer, '}');
        open_in(writer, "then", '{');
        if (!is_numbered)
            put_words(writer, "required", targets);
        open_in(writer, "properties", '{');
        open_in(writer, "request", '{');
        put_false(writer, "additionalProperties");
        open_in(writer, "properties", '{');
        for (size_t j = 0; j < endpoints[i]->n_params; j++)
            if (endpoints[i]->params[j].type != PARAM_OURS)
                put_param(writer, &endpoints[i]->params[j]);
        for (int level = 0; level < 5; level++)
            close_with(writer, '}');
    }
}
