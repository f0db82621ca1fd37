// Walks the three endpoints with the vendor's client: node client.js URL
import assert from 'node:assert/strict';
import * as client from 'dataforseo-client';

const authorization = 'Basic ' + Buffer.from('sandbox:sandbox').toString('base64');
const api = new client.BacklinksApi(process.argv[2], {
    fetch: (url, init) => fetch(url, { ...init, headers: { ...init.headers, authorization } }),
});
const targets = { 1: 'moz.com', 2: 'ahrefs.com' };

// For a request with every parameter that the client knows: the sandbox must know them all.
const values = {
    target: 'moz.com', targets, exclude_targets: ['puma.com', 'https://x.com/y/*'],
    mode: 'as_is', custom_mode: { field: 'anchor', value: 3 }, offset: 0, limit: 10,
    internal_list_limit: 5, backlinks_status_type: 'all', include_subdomains: true,
    include_indirect_links: true, exclude_internal_backlinks: true, intersection_mode: 'partial',
    rank_scale: 'one_hundred', tag: 'client', backlinks_filters: ['dofollow', '=', true],
};

// The names that a class of the client writes as JSON.
function names(Class) {
    const found = Class.prototype.toJSON.toString().matchAll(/data\["(\w+)"\]/g);
    return [...new Set([...found].map((match) => match[1]))].sort();
}

function everything(Request, own) {
    const request = new Request();
    const known = names(Request);

    assert.ok(known.length >= 13, `${Request.name} has ${known}`);
    for (const name of known)
        if (name in values || name in own)
            request[name] = name in own ? own[name] : values[name];
    const missing = known.filter((name) => request[name] === undefined);
    assert.deepEqual(missing.filter((name) => name !== 'search_after_token'), []);
    return request;
}

async function task(method, request) {
    const answer = await api[method]([request]);
    assert.equal(answer.status_code, 20000, answer.status_message);
    return answer.tasks[0];
}

async function page(method, request) {
    const { status_code, status_message, cost, result } = await task(method, request);
    assert.equal(status_code, 20000, status_message);
    assert.equal(result.length, 1);
    const n = result[0].items?.length ?? 0;
    assert.equal(result[0].items_count, n);
    assert.ok(Math.abs(cost - (0.024 + n * 0.000036)) < 1e-9, `${n} items cost ${cost}`);
    return result[0];
}

// Rows have the fields that the client's model has; the sandbox makes one in some hundreds odd.
function expectFields(rows, Model) {
    const known = names(Model).join();
    const n = rows.filter((row) => Object.keys(row).sort().join() === known).length;
    assert.ok(n > rows.length * 0.9, `${n} of ${rows.length} rows are a ${Model.name}:\n` +
        `${known}\n${Object.keys(rows[0]).sort().join()}`);
}

async function backlinks() {
    const request = new client.BacklinksBacklinksLiveRequestInfo();
    const urls = new Set();
    let result, rows = [];

    Object.assign(request, { target: 'moz.com', limit: 1000, filters: ['rank', '>=', 0] });
    do {
        result = await page('backlinksLive', request);
        rows = rows.concat(result.items ?? []);
        request.search_after_token = result.search_after_token;
    } while (result.items_count > 0);
    for (const row of rows)
        urls.add(row.url_from);
    assert.equal(rows.length, 2500);
    assert.equal(urls.size, 2500);
    assert.equal(result.total_count, 2500);
    expectFields(rows, client.BacklinksBacklinksLiveItem);
    await page('backlinksLive', everything(client.BacklinksBacklinksLiveRequestInfo,
        { filters: ['dofollow', '=', true], order_by: ['rank,desc'] }));
}

async function intersection(method, name, Request, Row) {
    const request = new Request();
    let result, items = [];

    Object.assign(request, { targets, limit: 1000, order_by: ['1.first_seen,asc', 'rank,desc'] });
    do {
        request.offset = items.length;
        result = await page(method, request);
        items = items.concat(result.items ?? []);
    } while (result.items_count > 0);
    assert.equal(items.length, 2500);
    assert.equal(result.total_count, 2500);
    for (const item of items) {
        assert.deepEqual(Object.keys(item[name]), ['1', '2']);
        assert.equal(item.summary.intersections_count, 2);
    }
    expectFields(items.flatMap((item) => Object.values(item[name]).flat()), Row);
    await page(method, everything(Request,
        { filters: ['1.first_seen', '>', '2020-01-01 00:00:00 +00:00'], order_by: ['2.rank,desc'] }));

    request.offset = 0;
    request.targets = ['moz.com', 'ahrefs.com'];
    const refused = await task(method, request);
    assert.equal(refused.status_code, 40501);
    assert.equal(refused.cost, 0);
    assert.match(refused.status_message, /targets/);
}

await backlinks();
await intersection('domainIntersectionLive', 'domain_intersection',
    client.BacklinksDomainIntersectionLiveRequestInfo, client.BacklinksDomainIntersection);
await intersection('pageIntersectionLive', 'page_intersection',
    client.BacklinksPageIntersectionLiveRequestInfo, client.BacklinksPageIntersection);
console.log('the vendor\'s client walked backlinks, domain_intersection and page_intersection');
