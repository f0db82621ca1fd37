#include "core/md5.h"

#include <sys/types.h> /* md5.h of libmd needs its types */

#include <md5.h>

struct uuid md5_uuid(const void *data, size_t size)
{
    struct uuid uuid;
    MD5_CTX context;

    MD5Init(&context);
    MD5Update(&context, data, size);
    MD5Final(uuid.bytes, &context);
    return uuid;
}
