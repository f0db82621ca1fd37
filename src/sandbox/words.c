#include "sandbox/words.h"

#define N_OF(list) (sizeof(list) / sizeof((list)[0]))

static const char *const slug[] = {
    "garden",  "light",   "market",  "review",   "guide",   "report",  "winter",  "summer",
    "kitchen", "travel",  "design",  "health",   "finance", "energy",  "music",   "photo",
    "studio",  "north",   "river",   "mountain", "coffee",  "bicycle", "history", "science",
    "digital", "network", "cloud",   "data",     "search",  "index",   "archive", "weekly",
    "daily",   "local",   "global",  "family",   "school",  "museum",  "theatre", "harbour",
    "bridge",  "station", "garage",  "fashion",  "leather", "silver",  "golden",  "copper",
    "wooden",  "modern",  "classic", "budget",   "premium", "starter", "expert",  "forum",
    "journal", "notes",   "tips",    "ideas",    "trends",  "tools",   "events",  "stories",
};

static const char *const english[] = {
    "the",       "of",      "and",    "how",    "to",       "build", "better",  "links",
    "with",      "a",       "small",  "team",   "in",       "one",   "week",    "what",
    "we",        "learned", "from",   "years",  "writing",  "about", "markets", "people",
    "companies", "their",   "first",  "online", "shop",     "and",   "why",     "it",
    "matters",   "today",   "read",   "more",   "research", "shows", "that",    "most",
    "visitors",  "never",   "come",   "back",   "after",    "slow",  "page",    "it’s",
    "simple",    "honest",  "advice", "for",    "everyone", "who",   "starts",  "now",
};

static const char *const german[] = {
    "der",      "schnelle", "Überblick", "für",   "Händler",   "und",     "Verkäufer", "größte",
    "Auswahl",  "Straße",   "München",   "jetzt", "günstig",   "kaufen",  "Prüfung",   "der",
    "Qualität", "über",     "die",       "Jahre", "natürlich", "schöner", "wohnen",    "mehr",
};

static const char *const french[] = {
    "le",     "marché", "à",        "découvrir", "été",      "où",  "acheter", "des",
    "œuvres", "d’art",  "français", "très",      "apprécié", "par", "les",     "connaisseurs",
};

static const char *const spanish[] = {
    "el",    "año",    "pasado", "según",  "la",       "compañía",    "española", "más",
    "niños", "fútbol", "rápido", "¿cómo?", "¡gratis!", "información", "útil",     "para",
};

static const char *const russian[] = {
    "новости", "рынка",   "сегодня", "обзор",   "лучших", "сервисов", "для",       "бизнеса",
    "как",     "выбрать", "хороший", "магазин", "и",      "не",       "ошибиться", "отзывы",
};

static const char *const japanese[] = {
    "東京の", "最新",   "ニュース", "について", "おすすめ", "の",         "記事",   "を",
    "読む",   "無料で", "比較",     "サイト",   "一覧",     "初心者向け", "ガイド", "です。",
};

static const char *const arabic[] = {
    "أفضل", "المواقع", "في", "العالم", "العربي", "دليل", "شامل", "للتسوق", "عبر", "الإنترنت",
};

static const char *const polish[] = {
    "najlepsze", "źródło", "wiedzy", "o", "łączach", "żeby", "zacząć", "już", "dziś", "część",
};

static const char *const emoji[] = {
    "🚀",           "new",
    "📈",           "growth",
    "👩‍💻", "tips",
    "🇩🇪",          "100%",
    "✅",           "e\xcc\x81t\xcc\x81",
    "𝒻ancy",       "🤷🏽‍♀️",
};

#define WORDS_OF(list) .words = (list), .n = N_OF(list)

const struct words words_slug = {"", WORDS_OF(slug)};

const struct words words_text[] = {
    {"en", WORDS_OF(english)}, {"de", WORDS_OF(german)},  {"fr", WORDS_OF(french)},
    {"es", WORDS_OF(spanish)}, {"ru", WORDS_OF(russian)}, {"ja", WORDS_OF(japanese)},
    {"ar", WORDS_OF(arabic)},  {"pl", WORDS_OF(polish)},  {"en", WORDS_OF(emoji)},
};
const size_t n_words_text = N_OF(words_text);

const char *const words_fragments[] = {
    "}",
    "@media (max-width: 718px) {",
    ".entry-content a { color: #0a0; background: url(\"/img/a.png\"); }",
    "function(){return \"done\\n\";}",
    "var a = {\"b\": [1, 2, {\"c\": null}]};",
    "C:\\Users\\Public\\new",
    "She said \"never\", and went",
    "line one\nline two\r\n\tindented",
    "<script>if (a < b && c > d) { e('f'); }</script>",
    "\\\\server\\share\\ and a quote \\\"",
    "100 % sure; price: 1,000.00",
    "\x01\x02\x1f control \x7f characters",
    "byte order mark \xef\xbb\xbf inside",
    "line\xe2\x80\xa8separator and \xef\xbf\xbf",
    "search_after_token\":\"e30=\",\"items\":[]}",
    "",
};
const size_t n_words_fragments = N_OF(words_fragments);
