#include "pages/roff.h"

static void append_escaped(struct buf *out, const char *text)
{
    bool is_line_start = true;

    for (; *text != '\0'; text++) {
        if (is_line_start && (*text == '.' || *text == '\''))
            buf_append_string(out, "\\&");
        is_line_start = *text == '\n';
        if (*text == '\\')
            buf_append_string(out, "\\e");
        else if (*text == '-')
            buf_append_string(out, "\\-");
        else
            buf_append_char(out, *text);
    }
    if (!is_line_start)
        buf_append_char(out, '\n');
}

void roff_begin(struct buf *out, const char *name, int section, const char *summary)
{
    buf_printf(out,
               ".\\\" written by linkhaul-pages while building\n"
               ".TH \"%s\" %d \"\" \"linkhaul " LINKHAUL_VERSION "\"\n.SH NAME\n%s \\- %s\n",
               name, section, name, summary);
}

void roff_section(struct buf *out, const char *title)
{
    buf_printf(out, ".SH %s\n", title);
}

void roff_text(struct buf *out, const char *text)
{
    append_escaped(out, text);
}

void roff_verbatim(struct buf *out, const char *text)
{
    buf_append_string(out, ".PP\n.nf\n");
    append_escaped(out, text);
    buf_append_string(out, ".fi\n");
}

void roff_tag(struct buf *out, const char *tag)
{
    buf_append_string(out, ".TP\n.B \"");
    for (; *tag != '\0'; tag++) {
        if (*tag == '-' || *tag == '"')
            buf_append_char(out, *tag == '-' ? '\\' : '"');
        buf_append_char(out, *tag);
    }
    buf_append_string(out, "\"\n");
}
