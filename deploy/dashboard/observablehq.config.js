// The four pages and the frame around them. Nothing is loaded from elsewhere: no fonts, no scripts.
const pages = [
  { path: "/index", name: "Overview" },
  { path: "/new-and-lost", name: "New and lost" },
  { path: "/link-gap", name: "Link gap" },
  { path: "/cost", name: "Cost" },
];

const mark = `<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><g fill="none"
  stroke="currentColor" stroke-width="2.4" stroke-linecap="round"><path
  d="M10 14a4 4 0 0 0 5.7 0l3.6-3.6a4 4 0 0 0-5.7-5.7l-1.2 1.2"/><path
  d="M14 10a4 4 0 0 0-5.7 0l-3.6 3.6a4 4 0 0 0 5.7 5.7l1.2-1.2"/></g></svg>`;

const tabs = (current) =>
  pages
    .map(({ path, name }) => {
      const here = path === current ? ' aria-current="page"' : "";
      return `<a href=".${path === "/index" ? "/" : path}"${here}>${name}</a>`;
    })
    .join("");

export default {
  root: "src",
  output: "dist",
  title: "linkhaul",
  pages,
  sidebar: false,
  search: false,
  toc: false,
  pager: false,
  style: "style.css",
  globalStylesheets: [],
  // A server of plain files finds cost.html; it need not know that /cost is the same.
  preserveExtension: true,
  head: '<link rel="icon" href="data:,"><meta name="color-scheme" content="light dark">',
  header: ({ path }) => `<a class="brand" href="./">${mark}<span>linkhaul</span></a>
    <nav class="tabs">${tabs(path)}</nav>`,
  footer: "",
};
