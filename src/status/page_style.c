#include <stddef.h>

#include "status/page_private.h"

/*
 * Quiet: the system's font, one accent, room. A table of jobs becomes a card each where the window
 * is narrow. Colors keep to a contrast of 4.5 for text in both schemes.
 */

const char *const page_style[] = {
    ":root{color-scheme:light dark;--back:#faf9f6;--card:#fff;--ink:#1c2226;--quiet:#5b656d;"
    "--line:#e6e3dc;--accent:#0b6b66;--soft:#d7e8e6;--bad:#a8231b;--bad-soft:#fbe9e7;"
    "--warn:#7d5200;--warn-soft:#fbf0d9}\n",
    "@media(prefers-color-scheme:dark){:root{--back:#131619;--card:#1a1f23;--ink:#e6e9eb;"
    "--quiet:#9ba6ae;--line:#2b3237;--accent:#62c9bf;--soft:#203f3c;--bad:#ff9288;"
    "--bad-soft:#3a1f1d;--warn:#efb95f;--warn-soft:#352a15}}\n",
    "*{box-sizing:border-box}\n",
    "html{-webkit-text-size-adjust:100%;background:var(--back)}\n",
    "body{margin:0 auto;max-width:76rem;padding:2.5rem 2rem 3rem;background:var(--back);"
    "color:var(--ink);font:15px/1.5 system-ui,-apple-system,\"Segoe UI\",Roboto,\"Noto Sans\","
    "\"DejaVu Sans\",sans-serif;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\n",
    "h1,h2,h3,p,ul,ol{margin:0;padding:0}\n",
    "h1{font-size:1.35rem;font-weight:650;letter-spacing:-.01em}\n",
    "h2{font-size:.8rem;font-weight:600;letter-spacing:.06em;text-transform:uppercase;"
    "color:var(--quiet);margin:0 0 .9rem}\n",
    "h3{font-size:1rem;font-weight:600}\n",
    "section{margin-top:2.75rem}\n",
    "a{color:var(--accent);text-underline-offset:.2em}\n",
    "small,.quiet{color:var(--quiet);font-size:.8125rem}\n",
    ".number{white-space:nowrap}\n",
    "header{display:flex;flex-wrap:wrap;gap:.25rem 1.5rem;align-items:baseline;"
    "justify-content:space-between}\n",
    /* What is not well, or that all is. */
    ".banner{margin-top:1.5rem;padding:1.1rem 1.4rem;border-radius:12px;background:var(--soft);"
    "border-left:4px solid var(--accent)}\n",
    ".banner p{font-size:1.15rem;font-weight:600}\n",
    ".banner ul{list-style:none;margin-top:.5rem}\n",
    ".banner li{padding:.15rem 0}\n",
    ".banner.warn{background:var(--warn-soft);border-color:var(--warn)}\n",
    ".banner.bad{background:var(--bad-soft);border-color:var(--bad)}\n",
    ".banner.warn p{color:var(--warn)}.banner.bad p{color:var(--bad)}\n",
    /* Cards. */
    ".cards{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr))}\n",
    ".card{background:var(--card);border:1px solid var(--line);border-radius:12px;"
    "padding:1.25rem 1.4rem;min-width:0;display:flex;flex-direction:column}\n",
    ".figure{font-size:1.9rem;line-height:1.2;font-weight:600;letter-spacing:-.02em;margin:.35rem 0 .1rem}\n",
    ".figure small{font-weight:400;letter-spacing:0}\n",
    "dl{display:grid;grid-template-columns:1fr auto;gap:.2rem 1rem;margin:1rem 0 0}\n",
    "dt{color:var(--quiet)}dd{margin:0;text-align:right}\n",
    "dl .bar{grid-column:1/-1;margin:.1rem 0 .5rem}\n",
    ".bar{height:6px;border-radius:3px;background:var(--line);overflow:hidden}\n",
    ".bar i{display:block;height:100%;border-radius:3px;background:var(--accent)}\n",
    ".bar.items{height:10px;border-radius:5px;margin:.9rem 0 .4rem}\n",
    ".bar.items i{border-radius:5px}\n",
    ".bar.full i{background:var(--warn)}\n",
    ".top{display:flex;flex-wrap:wrap;gap:.2rem 1rem;justify-content:space-between;align-items:baseline}\n",
    /* Jobs. */
    ".wide{overflow-x:auto;background:var(--card);border:1px solid var(--line);border-radius:12px}\n",
    "table{border-collapse:collapse;width:100%}\n",
    "th,td{padding:.8rem .9rem;text-align:left;vertical-align:top;border-top:1px solid var(--line)}\n",
    "th:first-child,td:first-child{padding-left:1.4rem}\n",
    "thead th{border-top:0;font-size:.8125rem;font-weight:500;color:var(--quiet);white-space:nowrap}\n",
    "tbody th{font-weight:600;min-width:10rem}\n",
    "td.n,th.n{text-align:right}\n",
    "td small,th small{display:block;font-weight:400}\n",
    ".cards+.cards{margin-top:1rem}\n",
    ".word{display:inline-block;padding:.05rem .6rem;border-radius:1rem;font-size:.8125rem;"
    "font-weight:550;background:var(--soft);color:var(--accent)}\n",
    ".word.warn{background:var(--warn-soft);color:var(--warn)}\n",
    ".word.bad{background:var(--bad-soft);color:var(--bad)}\n",
    ".word.idle{background:none;box-shadow:inset 0 0 0 1px var(--line);color:var(--quiet)}\n",
    /* Charts: a bar answers anywhere in its column. */
    "svg{display:block;fill:var(--accent);overflow:visible}\n",
    "svg .hit{fill:transparent}svg rect{opacity:.55}svg .last rect,svg g:hover rect{opacity:1}\n",
    ".spark{width:120px;height:29px;margin-top:.1rem;border-bottom:1px solid var(--line)}\n",
    ".chart{width:100%;flex:1 0 7.5rem;height:7.5rem;margin-top:1.25rem}\n",
    ".axis{display:flex;justify-content:space-between;margin-top:.4rem;padding-top:.3rem;"
    "border-top:1px solid var(--line);color:var(--quiet);font-size:.8125rem}\n",
    /* Errors. */
    ".errors{list-style:none}\n",
    ".errors li{display:grid;grid-template-columns:7rem 12rem 1fr;gap:0 1.25rem;padding:.7rem 0;"
    "border-top:1px solid var(--line)}\n",
    ".errors li:first-child{border-top:0;padding-top:0}.errors li:last-child{padding-bottom:0}\n",
    "footer{margin-top:3rem;padding-top:1rem;border-top:1px solid var(--line)}\n",
    "@media(max-width:52rem){\n",
    "body{padding:1.5rem 1rem 2rem}\n",
    "section{margin-top:2.25rem}\n",
    ".errors li{grid-template-columns:auto 1fr}.errors p{grid-column:1/-1}\n",
    ".wide{background:none;border:0;overflow:visible}\n",
    "thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}\n",
    "table,tbody{display:block}\n",
    "tbody tr{display:grid;grid-template-columns:1fr 1fr;gap:.9rem 1rem;padding:1.2rem 1.2rem;"
    "margin-bottom:1rem;background:var(--card);border:1px solid var(--line);border-radius:12px}\n",
    "tbody th,tbody td,th:first-child,td:first-child,td.n{display:block;padding:0;border:0;"
    "text-align:left;min-width:0}\n",
    "tbody th,td.last-run{grid-column:1/-1}\n",
    "td[data-label]::before{content:attr(data-label);display:block;color:var(--quiet);"
    "font-size:.8125rem}\n",
    ".spark{width:100%;max-width:150px}\n",
    "}\n",
    NULL,
};
