/* The types of plain scalars: those of YAML 1.2's JSON schema, and nothing that only looks so. */
#pragma once

#include "config/yaml.h"

/* YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT or YAML_TEXT. */
enum yaml_kind yaml_scalar_kind(const char *text);
