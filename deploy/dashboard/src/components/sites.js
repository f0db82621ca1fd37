// The sites of a project: the own ones first, each with a colour of its own on every page.
const rest = ["--site-1", "--site-2", "--site-3", "--site-4", "--site-5", "--site-6"];

export function sitesOf(rows) {
  const roles = new Map(rows.map((row) => [row.site, row.role]));
  const isOwn = (site) => roles.get(site) === "own";
  const names = [...roles.keys()].sort((a, b) => isOwn(b) - isOwn(a) || a.localeCompare(b));
  let n = 0;
  const colors = names.map((site, i) => `var(${i === 0 && isOwn(site) ? "--site-own" : rest[n++ % rest.length]})`);
  return { names, colors, isOwn, own: names.filter(isOwn) };
}

// The first night of a site among those given, the newest one, and all of them.
export function firstAndLast(rows, site) {
  const own = rows.filter((row) => row.site === site).sort((a, b) => a.night - b.night);
  return [own[0] ?? {}, own[own.length - 1] ?? {}, own];
}

export const sum = (rows, field) => rows.reduce((total, row) => total + (row[field] ?? 0), 0);
