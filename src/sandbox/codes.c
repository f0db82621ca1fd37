#include "sandbox/codes.h"

const struct code_text code_texts[] = {
    {CODE_OK, "Ok."},
    {CODE_ONE_TASK, "You can set only one task at a time."},
    {CODE_LOGIN, "You are not Authorized to Access this Resource."},
    {CODE_RATE, "The rate-limit per minute has been exceeded."},
    {CODE_DAY_LIMIT, "The cost limit per day has been exceeded."},
    {CODE_IN_FLIGHT, "Too many requests are processed at the same time."},
    {CODE_FUNDS, "Insufficient Funds."},
    {CODE_NOT_FOUND, "Not Found."},
    {CODE_PATH, "Invalid Path."},
    {CODE_FIELD, "Invalid Field."},
    {CODE_EMPTY, "POST Data Is Empty."},
    {CODE_BODY, "POST Data Is Invalid."},
    {CODE_UNKNOWN_FIELDS, "Unknown Fields in POST Data."},
    {CODE_INTERNAL, "Internal Error."},
    {CODE_TIMEOUT, "Internal Error. Timeout."},
};
const size_t n_code_texts = sizeof(code_texts) / sizeof(code_texts[0]);

const char *code_text(int code)
{
    for (size_t i = 0; i < n_code_texts; i++)
        if (code_texts[i].code == code)
            return code_texts[i].text;
    return "Error.";
}
