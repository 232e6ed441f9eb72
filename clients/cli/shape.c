// The tables of what is printed with --json, as JSON Schema.
#include "shape.h"

static json_t *schema_of(const struct shape *field)
{
    switch (field->kind) {
    case SHAPE_ID:
        return json_pack("{s:s, s:s}", "type", "string", "pattern",
                         "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$");
    case SHAPE_NUMBER:
        return json_pack("{s:s}", "type", "integer");
    case SHAPE_TIME:
        return json_pack("{s:s, s:i}", "type", "integer", "minimum", 0);
    case SHAPE_YES:
        return json_pack("{s:s}", "type", "boolean");
    case SHAPE_TEXTS:
        return json_pack("{s:s, s:{s:s}}", "type", "array", "items", "type", "string");
    case SHAPE_LIST:
        return json_pack("{s:s, s:o}", "type", "array", "items", shape_schema(field->inner));
    case SHAPE_OBJECT:
        return shape_schema(field->inner);
    case SHAPE_ANY:
        return json_object();
    default:
        return json_pack("{s:s}", "type", "string");
    }
}

static json_t *field_schema(const struct shape *field)
{
    json_t *schema = schema_of(field);
    if ((field->may & SHAPE_NULL) != 0) {
        schema = json_pack("{s:[o, {s:s}]}", "anyOf", schema, "type", "null");
    }
    json_object_set_new(schema, "description", json_string(field->help));
    return schema;
}

json_t *shape_schema(const struct shape *fields)
{
    json_t *properties = json_object();
    json_t *required = json_array();
    for (; fields->name != NULL; fields++) {
        json_object_set_new(properties, fields->name, field_schema(fields));
        if ((fields->may & SHAPE_MAYBE) == 0) {
            json_array_append_new(required, json_string(fields->name));
        }
    }
    return json_pack("{s:s, s:o, s:o, s:b}", "type", "object", "properties", properties, "required",
                     required, "additionalProperties", 0);
}

json_t *shape_answer_schema(const struct answer *answer)
{
    json_t *objects = json_array();
    for (size_t i = 0; answer->shapes[i] != NULL; i++) {
        json_array_append_new(objects, shape_schema(answer->shapes[i]));
    }
    json_t *object = json_array_size(objects) == 1 ? json_incref(json_array_get(objects, 0))
                                                   : json_pack("{s:O}", "anyOf", objects);
    json_decref(objects);
    return answer->how == ANSWER_LIST ? json_pack("{s:s, s:o}", "type", "array", "items", object)
                                      : object;
}

const char *shape_kind_name(enum shape_kind kind)
{
    static const char *const names[] = {"text",  "id",   "number", "time", "true or false",
                                        "texts", "list", "object", "any"};
    return names[kind];
}
