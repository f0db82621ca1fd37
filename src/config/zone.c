#include "config/zone.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/text.h"

#define ZONE_DIRECTORY "/usr/share/zoneinfo"
#define ZONE_NAME_MAX 64

/* Letters, digits, _ + - in parts with a slash between them; so no "..", and not absolute. */
static bool is_well_formed(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length > ZONE_NAME_MAX || name[0] == '/' || name[length - 1] == '/' ||
        strstr(name, "//") != NULL || !isalpha((unsigned char)name[0]))
        return false;
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && strchr("_+-/", name[i]) == NULL)
            return false;
    return true;
}

static bool is_zone_file(const char *path)
{
    FILE *file = fopen(path, "re");
    char magic[4] = "";
    bool is_zone;

    if (file == NULL)
        return false;
    is_zone = fread(magic, 1, 4, file) == 4 && memcmp(magic, "TZif", 4) == 0;
    fclose(file);
    return is_zone;
}

/* The zone of the table whose name is near `name`, or the same in other letters. */
static bool find_near(const char *name, char ret_near[ZONE_NAME_MAX + 1])
{
    FILE *table = fopen(ZONE_DIRECTORY "/tzdata.zi", "re");
    char line[256], zone[ZONE_NAME_MAX + 1];
    bool is_found = false;

    if (table == NULL)
        return false;
    while (!is_found && fgets(line, sizeof(line), table) != NULL) {
        const char *only = zone;

        if (sscanf(line, "Z %64s", zone) != 1 && sscanf(line, "L %*s %64s", zone) != 1)
            continue;
        if (strcasecmp(zone, name) == 0 || text_near_miss(name, &only, 1) != NULL) {
            snprintf(ret_near, ZONE_NAME_MAX + 1, "%s", zone);
            is_found = true;
        }
    }
    fclose(table);
    return is_found;
}

bool zone_check(const char *name, struct err *err)
{
    char path[sizeof(ZONE_DIRECTORY) + ZONE_NAME_MAX + 2], near[ZONE_NAME_MAX + 1];
    struct stat status;

    if (!is_well_formed(name))
        return err_set(err, ERR_CONFIG,
                       "is not the name of a time zone; write an IANA name such "
                       "as Europe/Berlin");
    if (stat(ZONE_DIRECTORY, &status) != 0)
        return true;
    snprintf(path, sizeof(path), ZONE_DIRECTORY "/%s", name);
    if (is_zone_file(path))
        return true;
    if (find_near(name, near))
        return err_set(err, ERR_CONFIG, "there is no time zone %s; did you mean %s?", name, near);
    return err_set(err, ERR_CONFIG,
                   "there is no time zone %s; write an IANA name such as "
                   "Europe/Berlin",
                   name);
}
