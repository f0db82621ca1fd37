#include "config/zone.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "core/text.h"
#include "core/tz.h"

/* The zone of the table whose name is near `name`, or the same in other letters. */
static bool find_near(const char *name, char ret_near[TZ_NAME_MAX + 1])
{
    FILE *table = fopen(TZ_DIRECTORY "/tzdata.zi", "re");
    char line[256], zone[TZ_NAME_MAX + 1];
    bool is_found = false;

    if (table == NULL)
        return false;
    while (!is_found && fgets(line, sizeof(line), table) != NULL) {
        const char *only = zone;

        if (sscanf(line, "Z %64s", zone) != 1 && sscanf(line, "L %*s %64s", zone) != 1)
            continue;
        if (strcasecmp(zone, name) == 0 || text_near_miss(name, &only, 1) != NULL) {
            snprintf(ret_near, TZ_NAME_MAX + 1, "%s", zone);
            is_found = true;
        }
    }
    fclose(table);
    return is_found;
}

bool zone_check(const char *name, struct err *err)
{
    CLEANUP(tz_destroy) struct tz *tz = NULL;
    char path[sizeof(TZ_DIRECTORY) + TZ_NAME_MAX + 2], near[TZ_NAME_MAX + 1];
    struct stat status;

    if (!tz_is_name(name))
        return err_set(err, ERR_CONFIG,
                       "is not the name of a time zone; write an IANA name such "
                       "as Europe/Berlin");
    if (stat(TZ_DIRECTORY, &status) != 0)
        return true;
    snprintf(path, sizeof(path), TZ_DIRECTORY "/%s", name);
    if (stat(path, &status) == 0 && S_ISREG(status.st_mode)) {
        tz = tz_load(name, err);
        return tz != NULL;
    }
    if (find_near(name, near))
        return err_set(err, ERR_CONFIG, "there is no time zone %s; did you mean %s?", name, near);
    return err_set(err, ERR_CONFIG,
                   "there is no time zone %s; write an IANA name such as "
                   "Europe/Berlin",
                   name);
}
