// Grafana's files: the JSON has the shape that Grafana's own types describe, ids are not used twice,
// and each statement runs read-only on a loaded database and brings rows. No Grafana is run.
//
//   node grafana.js FOLDER       deploy/grafana; psql finds the database by LINKHAUL_BI_URL
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv";

const folder = process.argv[2];
const complaints = [];
const uid = "linkhaul";
const kinds = new Set(["stat", "timeseries", "barchart", "table"]);

function shape() {
  execFileSync("./node_modules/.bin/ts-json-schema-generator", [
    "--path", "node_modules/@grafana/schema/dist/types/raw/dashboard/x/types.gen.d.ts",
    "--type", "Dashboard", "--no-type-check", "-o", "schema.json",
  ]);
  return new Ajv({ strict: false, allErrors: true }).compile(JSON.parse(readFileSync("schema.json", "utf8")));
}

// The rows of a statement, as arrays of text. Whatever is written in it, nothing is changed.
function rowsOf(sql) {
  const { status, stdout, stderr } = spawnSync(
    "psql", ["-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-d", process.env.LINKHAUL_BI_URL],
    { input: sql, encoding: "utf8", env: { ...process.env, PGOPTIONS: "-c default_transaction_read_only=on" } }
  );
  if (status !== 0) throw new Error(stderr.trim());
  return stdout.split("\n").filter((line) => line !== "").map((line) => line.split("\t"));
}

const quoted = (value) => `'${String(value).replaceAll("'", "''")}'`;
const formats = { sqlstring: (values) => values.map(quoted).join(","), csv: (values) => values.join(","), raw: (values) => values.join(",") };

// What Grafana does to a statement before it is sent; what it does not know stays, and is complained of.
function expanded(sql, variables) {
  const [from, to] = [30, 0].map((days) => new Date(Date.now() - days * 86400000).toISOString());
  const text = sql
    .replace(/\$__timeFilter\(([^()]+)\)/g, (_, column) => `${column} BETWEEN '${from}' AND '${to}'`)
    .replace(/\$\{(\w+):(\w+)\}/g, (whole, name, format) => (variables[name] && formats[format] ? formats[format](variables[name]) : whole));
  const left = text.match(/\$\{?\w+[^\s]*/);
  if (left) throw new Error(`${left[0]} is nothing that is replaced`);
  return text;
}

// In the order in which they stand: a later one may use those before it.
function valuesOf(dashboard, where) {
  const variables = {};
  for (const variable of dashboard.templating.list) {
    if (variable.type !== "query") {
      variables[variable.name] = [variable.current.value];
      continue;
    }
    const rows = rowsOf(expanded(variable.query, variables)).map((row) => row[row.length - 1]);
    if (rows.length === 0) complaints.push(`${where}: the variable ${variable.name} has no values`);
    variables[variable.name] = variable.multi ? rows : rows.slice(0, 1);
  }
  return variables;
}

function checkPanel(panel, variables, where) {
  if (!kinds.has(panel.type)) complaints.push(`${where}: a panel of type ${panel.type}`);
  if (!(panel.targets?.length > 0)) complaints.push(`${where}: no statement`);
  for (const target of panel.targets ?? []) {
    for (const source of [panel.datasource, target.datasource])
      if (source?.uid !== uid || source?.type !== "grafana-postgresql-datasource") complaints.push(`${where}: another data source`);
    if (!/^(table|time_series)$/.test(target.format) || !target.rawQuery) complaints.push(`${where}: it is no raw query`);
    if (/\blinkhaul\./.test(target.rawSql)) complaints.push(`${where}: it reads what is no view`);
    try {
      const sql = expanded(target.rawSql, variables);
      const rows = rowsOf(sql);
      if (rows.length === 0 || rows.every((row) => row.slice(1).every((value) => value === "") && row.length > 1))
        complaints.push(`${where}: no rows`);
      if (target.format === "time_series" && !/ as time,/.test(target.rawSql)) complaints.push(`${where}: no column time`);
    } catch (error) {
      complaints.push(`${where}: ${error.message}`);
    }
  }
}

const isGood = shape();
const files = readdirSync(join(folder, "dashboards")).filter((name) => name.endsWith(".json"));
const uids = new Set();
let nPanels = 0;
for (const file of files) {
  const dashboard = JSON.parse(readFileSync(join(folder, "dashboards", file), "utf8"));
  if (!isGood(dashboard)) for (const error of isGood.errors) complaints.push(`${file}: ${error.instancePath} ${error.message}`);
  if (uids.has(dashboard.uid)) complaints.push(`${file}: its uid is another's`);
  uids.add(dashboard.uid);
  const ids = dashboard.panels.map((panel) => panel.id);
  if (new Set(ids).size < ids.length) complaints.push(`${file}: two panels have one id`);
  const variables = valuesOf(dashboard, file);
  for (const panel of dashboard.panels) checkPanel(panel, variables, `${file}: ${panel.title}`);
  nPanels += dashboard.panels.length;
}
if (!new RegExp(`^ +uid: ${uid}$`, "m").test(readFileSync(join(folder, "provisioning/datasources/linkhaul.yaml"), "utf8")))
  complaints.push("the data source has another uid than the panels ask for");

for (const text of complaints) console.log(text);
console.log(`${files.length} dashboards, ${nPanels} panels, ${complaints.length} complaints`);
process.exitCode = nPanels === 0 || complaints.length > 0 ? 1 : 0;
