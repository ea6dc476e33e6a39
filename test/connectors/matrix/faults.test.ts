import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { ConnectorHealth } from '../../../src/model/connectors.ts';
import { FakeHomeserver, half, hangUp, html, message, redirect, roomId, silence } from './fake-homeserver.ts';
import { certificate, privateKey } from './other-host.ts';
import { part, Scene } from './scene.ts';

let scene: Scene;
beforeEach(async () => {
  scene = await Scene.start();
});
afterEach(() => scene.end());

const send = /^PUT .*\/send\//;

describe('sending, when the answer is', () => {
  test.each([
    ['an event', [200, { event_id: '$e' }], { outcome: 'accepted', ids: ['$e'] }],
    ['a proxy that says 502 in HTML', html(502), { outcome: 'unknown' }],
    ['a page instead of JSON, with 200', html(200), { outcome: 'unknown' }],
    ['a page with 404', html(404), { outcome: 'unknown' }],
    ['a page with 403', html(403), { outcome: 'unknown' }],
    ['JSON that is no object', [200, []], { outcome: 'unknown' }],
    ['an event without an id', [200, {}], { outcome: 'unknown' }],
    ['500 although it may have been taken', [500, { errcode: 'M_UNKNOWN' }], { outcome: 'unknown' }],
    ['a redirect', redirect('https://elsewhere.example.org/'), { outcome: 'unavailable' }],
    [
      '429 with a delay',
      [429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 834 }],
      { outcome: 'rate-limited', retryAfterMs: 834 },
    ],
    ['429 without one', [429, {}], { outcome: 'unavailable', detail: 'the server limits the rate' }],
    ['that it is too large', [413, { errcode: 'M_TOO_LARGE' }], { outcome: 'rejected', reason: 'too-large' }],
    ['that it is wrong', [400, { errcode: 'M_BAD_JSON' }], { outcome: 'rejected', reason: 'bad-request' }],
    ['that we may not', [403, { errcode: 'M_FORBIDDEN' }], { outcome: 'rejected', reason: 'forbidden' }],
    ['that our user is suspended', [403, { errcode: 'M_USER_SUSPENDED' }], { outcome: 'unavailable' }],
    ['that there is no such thing', [404, { errcode: 'M_UNRECOGNIZED' }], { outcome: 'unavailable' }],
  ] as const)('%s', async (_name, answer, expected) => {
    scene.server.when(send, answer);
    expect(await scene.connect().send(part('hello'))).toMatchObject(expected);
    expect(scene.server.asked(send)).toHaveLength(1);
  });

  test('429 with a header that says more than the body: the longer one holds', async () => {
    scene.server.when(send, {
      act: (response) => {
        response.writeHead(429, { 'retry-after': '3' });
        response.end(JSON.stringify({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 100 }));
      },
    });
    expect(await scene.connect().send(part('hello'))).toEqual({ outcome: 'rate-limited', retryAfterMs: 3000 });
  });

  test.each([
    ['before', hangUp],
    ['within', half],
  ])(
    'a connection that is cut %s an answer: it is tried once more under the same transaction, and no oftener',
    async (_name, cut) => {
      const connector = scene.connect();
      scene.server.when(send, cut);
      expect(await connector.send(part('once'))).toMatchObject({ outcome: 'accepted', ids: ['$say-once.0'] });
      scene.server.when(send, cut, 10);
      expect(await connector.send(part('twice'))).toMatchObject({ outcome: 'unknown' });
      expect(scene.server.asked(send).map(({ path }) => path.split('/').at(-1))).toEqual([
        'say-once.0',
        'say-once.0',
        'say-twice.0',
        'say-twice.0',
      ]);
    },
  );

  test('none at all: after its time it counts as unknown', async () => {
    scene.server.when(send, silence);
    const sent = scene.connect().send(part('hello'));
    await scene.until('it was asked', () => scene.server.asked(send).length === 1);
    scene.clock.expire();
    expect(await sent).toEqual({ outcome: 'unknown', detail: 'no answer in time' });
  });

  test('nobody there: it certainly was not sent', async () => {
    const connector = scene.connect();
    await connector.send(part('first'));
    await scene.server.end();
    // A connection that was kept may break while it is used.
    await connector.send(part('second'));
    expect(await connector.send(part('third'))).toMatchObject({ outcome: 'unavailable' });
    scene = await Scene.start();
  });

  test('that the thread is unknown: it stands in the room, under the same transaction', async () => {
    scene.server.when(send, [400, { errcode: 'M_UNKNOWN' }]);
    expect(await scene.connect().send(part('lost', { threadId: '$nowhere' }))).toMatchObject({ outcome: 'accepted' });
    const [first, second] = scene.server.asked(send);
    expect(first?.body['m.relates_to']).toMatchObject({ rel_type: 'm.thread', event_id: '$nowhere' });
    expect(second?.body['m.relates_to']).toBe(undefined);
    expect(second?.path).toBe(first?.path);
  });
});

describe('credentials', () => {
  test('never follow a redirect, whatever is asked', async () => {
    const thief = await FakeHomeserver.start();
    for (const status of [301, 302, 303, 307, 308]) {
      scene.server.when(send, redirect(`${thief.url}/_matrix`, status));
      expect(await scene.connect().send(part(`${status}`))).toMatchObject({
        outcome: 'unavailable',
        detail: expect.stringContaining('redirects'),
      });
    }
    scene.server.when(/versions$/, redirect(`${thief.url}/_matrix/client/versions`), 10);
    expect(await scene.connect().send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(thief.requests.map(({ token }) => token)).toEqual([]);
    await thief.end();
  });

  test('go to where the well-known file of the site says', async () => {
    const site = await FakeHomeserver.start();
    site.when(/./, html(404), 10);
    site.when(/well-known/, [200, { 'm.homeserver': { base_url: `${scene.server.url}/` } }]);
    expect(await scene.connect({ homeserver_url: site.url }).send(part('hello'))).toMatchObject({ outcome: 'accepted' });
    expect(site.requests.map(({ path, token }) => [path, token])).toEqual([
      ['/_matrix/client/versions', null],
      ['/.well-known/matrix/client', null],
    ]);
    expect(scene.server.asked(send)[0]?.token).toBe('syt_first_token');
    await site.end();
  });

  test.each([
    ['no URL', 'nonsense'],
    ['a server that is plain, elsewhere', 'http://example.org'],
    ['a URL with a password', 'https://a:b@example.org'],
    ['nothing that answers as a homeserver', 'http://127.0.0.1:1'],
  ])('are told to nobody where that file names %s', async (_name, base_url) => {
    scene.server.when(/versions$/, html(404), 10);
    scene.server.when(/well-known/, [200, { 'm.homeserver': { base_url } }], 10);
    expect(await scene.connect().send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(scene.server.requests.filter(({ token }) => token !== null)).toEqual([]);
  });

  test('are told to nobody whose certificate does not fit', async () => {
    const paths: string[] = [];
    const other = createTlsServer({ key: privateKey, cert: certificate }, (request, response) => {
      paths.push(request.url ?? '');
      response.end('{}');
    });
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as AddressInfo;
    const connector = scene.connect({ homeserver_url: `https://127.0.0.1:${port}` });
    expect(await connector.send(part('hello'))).toMatchObject({
      outcome: 'unavailable',
      detail: expect.stringMatching(/certificate/),
    });
    expect(paths).toEqual([]);
    await new Promise((done) => other.close(done));
  });

  test('of another user are not used', async () => {
    scene.server.when(/whoami$/, [200, { user_id: '@mallory:example.org', device_id: 'D' }]);
    const connector = scene.connect();
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(connector.health().missing).toMatchObject([
      { what: 'token', detail: 'the access token is one of @mallory:example.org, the roster names @fleet:example.org' },
    ]);
    expect(scene.server.asked(send)).toEqual([]);
  });
});

describe('a token', () => {
  const dead = [401, { errcode: 'M_UNKNOWN_TOKEN', soft_logout: false }] as const;
  const expired = [401, { errcode: 'M_UNKNOWN_TOKEN', soft_logout: true }] as const;

  test('that is dead ends everything at once: nothing is asked with it again, and it is told what to do', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    scene.server.when(/^(?:GET|PUT|POST) /, dead, 100);
    expect(await connector.send(part('hello'))).toMatchObject({
      outcome: 'unavailable',
      detail: expect.stringContaining('token'),
    });
    scene.server.happen(message('wakes the sync'));
    await scene.until('it has stopped', () => connector.health().phase === 'stopped');
    const asked = scene.server.requests.length;
    expect(await connector.send(part('again'))).toMatchObject({ outcome: 'unavailable' });
    expect(scene.server.requests.length).toBe(asked);
    expect(connector.health()).toMatchObject({
      authenticated: false,
      missing: [{ what: 'token', remedy: expect.stringContaining('muster connector login') }],
    });
  });

  test('of a user whom the homeserver does not serve is told, and tried again', async () => {
    scene.server.when(/whoami$/, [403, { errcode: 'M_USER_DEACTIVATED' }]);
    const connector = scene.connect();
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(connector.health().missing).toMatchObject([{ what: 'user' }]);
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'accepted' });
    expect(connector.health().missing).toEqual([]);
  });

  test('is not dead because a page says so', async () => {
    scene.server.when(/whoami$/, html(401));
    const connector = scene.connect();
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(connector.health().missing).toEqual([]);
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'accepted' });
  });

  test('that has expired is renewed, the new pair is written down first, and the same is sent again', async () => {
    const refresh = await withRefresh('syr_one');
    scene.server.when(send, expired);
    scene.server.when(/refresh$/, ({ body }) => {
      expect(body).toEqual({ refresh_token: 'syr_one' });
      return [200, { access_token: 'syt_second', refresh_token: 'syr_two', expires_in_ms: 1000 }];
    });
    expect(await refresh.send(part('hello'))).toMatchObject({ outcome: 'accepted' });
    expect(scene.server.asked(send).map(({ token }) => token)).toEqual(['syt_first_token', 'syt_second']);
    expect(scene.disk.text).toContain('syr_two');
    const next = scene.connect();
    await next.send(part('after a restart'));
    expect(scene.server.asked(send).at(-1)?.token).toBe('syt_second');
    const other = scene.connect({}, { secrets: { MATRIX_ACCESS_TOKEN: 'syt_given_anew' } });
    await other.send(part('after a login'));
    expect(scene.server.asked(send).at(-1)?.token).toBe('syt_given_anew');
  });

  test('that cannot be written down is not used', async () => {
    const connector = await withRefresh('syr_one');
    await connector.send(part('first'));
    scene.server.when(send, expired);
    scene.server.when(/refresh$/, [200, { access_token: 'syt_second', refresh_token: 'syr_two' }], 2);
    scene.disk.isFull = true;
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(scene.server.requests.map(({ token }) => token)).not.toContain('syt_second');
    scene.disk.isFull = false;
    scene.server.when(send, expired);
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'accepted' });
  });

  test('that was renewed already with the same refresh token is dead', async () => {
    const connector = await withRefresh('syr_used');
    scene.server.when(send, expired);
    scene.server.when(/refresh$/, [403, { errcode: 'M_FORBIDDEN' }]);
    expect(await connector.send(part('hello'))).toMatchObject({ outcome: 'unavailable' });
    expect(connector.health().missing).toMatchObject([{ what: 'token' }]);
  });

  test('that expires for two at once is renewed once', async () => {
    const connector = await withRefresh('syr_one');
    await connector.send(part('first'));
    const isOld = (token: string | null): boolean => token === 'syt_first_token';
    scene.server.when(send, ({ token, path }) => (isOld(token) ? expired : [200, { event_id: `$${path}` }]), 4);
    scene.server.when(/refresh$/, [200, { access_token: 'syt_second', refresh_token: 'syr_two' }], 2);
    const sent = await Promise.all([connector.send(part('a')), connector.send(part('b'))]);
    expect(sent.map(({ outcome }) => outcome)).toEqual(['accepted', 'accepted']);
    expect(scene.server.asked(/refresh$/)).toHaveLength(1);
  });

  async function withRefresh(refresh: string) {
    const setting = scene.setting();
    const { markOf, tokenLog } = await import('../../../src/connectors/matrix/session.ts');
    const access = 'syt_first_token';
    await tokenLog(setting).append([
      { format_version: '1.0', of: markOf(access), access, refresh, at: '2026-01-01T00:00:00.000Z' },
    ]);
    return scene.connect();
  }
});

describe('listening', () => {
  test('goes on through a storm of errors, slower and slower, and tells of it', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    const answers = [html(502), [500, {}], half, hangUp, html(200)] as const;
    for (const answer of [...answers].reverse()) scene.server.when(/sync$/, answer);
    scene.server.happen(message('through the storm'));
    await scene.until('it is heard', () => scene.texts.includes('through the storm'));
    expect(scene.texts).toEqual(['through the storm']);
    expect(connector.health()).toMatchObject({ phase: 'live', consecutiveFailures: 0 });
    const pauses = scene.clock.waits.filter((wait) => [1000, 2000, 4000, 8000].includes(wait));
    expect(pauses).toEqual([1000, 2000, 4000, 8000]);
  });

  test('a sync that is never answered is given up, and begun again from the same place', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    const told: ConnectorHealth[] = [];
    scene.clock.onWait = () => told.push(connector.health());
    scene.clock.expire();
    await scene.until('it waits', () => told.some(({ phase }) => phase === 'waiting'));
    expect(told.find(({ phase }) => phase === 'waiting')).toMatchObject({ reachable: false, detail: 'no answer in time' });
    scene.server.happen(message('after all'));
    await scene.until('it is heard', () => scene.texts.includes('after all'));
  });

  test('a limit of the rate is kept to', async () => {
    scene.server.when(/sync$/, [429, { errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 7654 }]);
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    expect(scene.clock.waits).toContain(7654);
  });

  test('a flood that is cut off is read page by page, also past an empty one, and each once', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    await scene.close();
    const events = Array.from({ length: 7 }, (_, index) => message(`m${index}`));
    scene.server.when(/sync$/, [
      200,
      {
        next_batch: '7',
        rooms: { join: { [roomId]: { timeline: { events: events.slice(5), limited: true, prev_batch: 'p' } } } },
      },
    ]);
    const pages: Record<string, object> = {
      '0': { chunk: events.slice(0, 3), end: 'a' },
      a: { chunk: [], end: 'b' },
      b: { chunk: events.slice(3, 5), end: 'c' },
      c: { chunk: [] },
    };
    scene.server.when(/messages$/, ({ query }) => [200, pages[query.get('from') ?? ''] ?? {}], 4);
    scene.server.happen(...events);
    scene.listen(scene.connect(), scene.cursor);
    await scene.until('all are there', () => scene.texts.length >= 7);
    expect(scene.texts).toEqual(['m0', 'm1', 'm2', 'm3', 'm4', 'm5', 'm6']);
    const cursors = scene.deliveries.map(({ messages, cursor }) => [messages.length, cursor === null]);
    expect(cursors.slice(1)).toEqual([
      [3, true],
      [2, true],
      [2, false],
    ]);
    expect(scene.server.asked(/messages$/)[0]?.query.get('to')).toBe('p');
  });

  test('a page of a gap that fails is no end of it', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    await scene.close();
    const events = Array.from({ length: 3 }, (_, index) => message(`m${index}`));
    const limited = {
      next_batch: '3',
      rooms: { join: { [roomId]: { timeline: { events: events.slice(2), limited: true, prev_batch: 'p' } } } },
    };
    scene.server.when(/sync$/, [200, limited], 2);
    scene.server.when(/messages$/, [200, { chunk: events.slice(0, 2) }]);
    scene.server.when(/messages$/, html(502));
    scene.server.happen(...events);
    scene.listen(scene.connect(), scene.cursor);
    await scene.until('all are there', () => scene.texts.length >= 3);
    expect(scene.texts).toEqual(['m0', 'm1', 'm2']);
  });

  test('a homeserver that does not stop where it was asked to ends at what is there already', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    await scene.close();
    const events = Array.from({ length: 4 }, (_, index) => message(`m${index}`));
    scene.server.when(/sync$/, [
      200,
      {
        next_batch: '4',
        rooms: { join: { [roomId]: { timeline: { events: events.slice(2), limited: true, prev_batch: 'p' } } } },
      },
    ]);
    scene.server.when(/messages$/, [200, { chunk: events.slice(0, 3), end: 'on' }]);
    scene.server.happen(...events);
    scene.listen(scene.connect(), scene.cursor);
    await scene.until('all are there', () => scene.texts.length >= 4);
    expect(scene.texts).toEqual(['m0', 'm1', 'm2', 'm3']);
    expect(scene.server.asked(/messages$/)).toHaveLength(1);
  });

  test('a place that is refused: it reads back to what is known, and nothing from before that comes again', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    const [known, missed, newest] = [message('known'), message('missed'), message('newest')];
    scene.server.happen(known);
    await scene.until('it is heard', () => scene.texts.length === 1);
    await scene.live(connector);
    await scene.close();
    scene.server.when(/sync$/, [
      200,
      { next_batch: '3', rooms: { join: { [roomId]: { timeline: { events: [newest], limited: true, prev_batch: 'p' } } } } },
    ]);
    scene.server.when(/sync$/, [400, { errcode: 'M_UNKNOWN' }]);
    scene.server.when(/messages$/, [200, { chunk: [missed, known, message('before')], end: 'on' }]);
    scene.server.happen(missed, newest);
    scene.listen(scene.connect(), scene.cursor);
    await scene.until('all are there', () => scene.texts.length >= 3);
    expect(scene.texts).toEqual(['known', 'missed', 'newest']);
    await scene.until('it goes on from there', () => scene.server.asked(/sync$/).at(-1)?.query.get('since') === '3');
  });

  test('a homeserver that refuses every place is asked less and less often', async () => {
    const connector = scene.connect();
    scene.listen(connector, JSON.stringify({ room: roomId, since: 'x', joined: true, last: ['$a'], at: 1 }));
    scene.server.when(
      /sync$/,
      ({ query }) => (query.get('since') === null ? [200, { next_batch: 'y' }] : [400, { errcode: 'M_UNKNOWN' }]),
      100,
    );
    const told: ConnectorHealth[] = [];
    scene.clock.onWait = () => told.push(connector.health());
    const detail = 'the homeserver refuses every place in its stream that it has given';
    await scene.until('it waits', () => told.some((one) => one.phase === 'waiting' && one.detail === detail));
    expect(told.find((one) => one.detail === detail)?.consecutiveFailures).toBeGreaterThan(0);
  });

  test.each([
    ['no JSON', 'not JSON'],
    ['of another room', JSON.stringify({ room: '!other', since: '0', joined: true, last: [], at: 0 })],
    ['of another shape', JSON.stringify({ room: roomId, since: 7 })],
  ])('a cursor that is %s begins with now', async (_name, cursor) => {
    const connector = scene.connect();
    scene.server.happen(message('from before'));
    scene.listen(connector, cursor);
    await scene.live(connector);
    scene.server.happen(message('from now'));
    await scene.until('it is heard', () => scene.texts.length > 0);
    expect(scene.texts).toEqual(['from now']);
  });

  test('events that are none, or hostile, harm nobody', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    const odd = [
      message('no sender', { sender: 7 }),
      message('no id', { event_id: null }),
      message('', { content: 'text' }),
      message('', { content: { msgtype: 'm.text', body: 7 } }),
      message('', { content: { msgtype: 'm.text', body: 'x', 'm.relates_to': 'y' } }),
      message('time', { origin_server_ts: 1e300 }),
      message('', { content: { msgtype: 'm.image', body: 'i', url: 'http://not.mxc/' } }),
      message('', { content: { msgtype: 'm.text', body: '[1mbold‮' } }),
    ];
    scene.server.happen(...odd, [1], message('last'));
    await scene.until('the last is heard', () => scene.texts.includes('last'));
    expect(scene.texts).toEqual(['', 'x', 'time', '', '[1mbold‮', 'last']);
  });

  test('a room that is gone without a word of it is missed within minutes', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    scene.server.when(/joined_rooms$/, [200, { joined_rooms: [] }], 10);
    let minutes = 0;
    for (; connector.health().missing.length === 0 && minutes < 20; minutes += 1) {
      scene.clock.expire();
      scene.server.happen(message('still here'));
      await scene.until('it has heard', () => scene.texts.length === minutes + 1 || connector.health().missing.length > 0);
    }
    expect(connector.health().missing).toMatchObject([{ what: 'room' }]);
    expect(minutes).toBeLessThan(8);
  });

  test('it can be stopped at any time, and leaves no request', async () => {
    scene.server.when(/sync$/, silence);
    const connector = scene.connect();
    scene.listen(connector);
    await scene.until('it asks', () => scene.server.asked(/sync$/).length === 1);
    await scene.close();
    const asked = scene.server.requests.length;
    scene.clock.expire();
    expect(scene.server.requests.length).toBe(asked);
  });
});

describe('another device', () => {
  test('does not say again what arrived by the one before', async () => {
    const before = scene.connect();
    await before.send(part('said'));
    const at = scene.clock.date().toISOString();
    scene.clock.expire();
    scene.server.when(/whoami$/, [200, { user_id: '@fleet:example.org', device_id: 'OTHER' }], 10);
    const own = {
      sender: '@fleet:example.org',
      content: { msgtype: 'm.text', body: 'x', 'org.mosaic.muster.transaction': 'say-said.0' },
    };
    scene.server.when(/messages$/, [200, { chunk: [message('said', { ...own, event_id: '$there' })] }], 2);
    const after = scene.connect();
    expect(await after.send(part('said', { triedAt: at }))).toEqual({ outcome: 'accepted', ids: ['$there'] });
    expect(await after.send(part('not', { triedAt: at }))).toMatchObject({ outcome: 'accepted', ids: ['$say-not.0'] });
    expect(scene.server.asked(send)).toHaveLength(2);
  });

  test('and what is too old to be sent again is looked for', async () => {
    const connector = scene.connect();
    const own = {
      sender: '@fleet:example.org',
      content: { msgtype: 'm.text', body: 'x', 'org.mosaic.muster.transaction': 'say-said.0' },
    };
    scene.server.when(/messages$/, [200, { chunk: [message('said', { ...own, event_id: '$there' })] }], 2);
    const triedAt = '2020-01-01T00:00:00.000Z';
    expect(await connector.find?.(part('said', { triedAt }))).toEqual({ found: 'yes', ids: ['$there'] });
    expect(await connector.find?.(part('other', { triedAt }))).toEqual({ found: 'no' });
    scene.server.when(/messages$/, html(502));
    expect(await connector.find?.(part('other', { triedAt }))).toMatchObject({ found: 'unknown' });
  });
});

describe.each([
  ['behind', -13],
  ['ahead', 13],
])('a homeserver whose clock is %s by %i hours', (_name, hours) => {
  /** By its clock. */
  const at = (more: object = {}) => ({ origin_server_ts: scene.clock.date().getTime() + hours * 3_600_000, ...more });

  test('is listened to as any other, and a place that it refuses is found again', async () => {
    const connector = scene.connect();
    scene.listen(connector);
    await scene.live(connector);
    const [known, missed] = [message('known', at()), message('missed', at())];
    scene.server.happen(known);
    await scene.until('it is heard', () => scene.texts.length === 1);
    await scene.live(connector);
    await scene.close();
    const timeline = { events: [message('newest', at())], limited: true, prev_batch: 'p' };
    scene.server.when(/sync$/, [200, { next_batch: '3', rooms: { join: { [roomId]: { timeline } } } }]);
    scene.server.when(/sync$/, [400, { errcode: 'M_UNKNOWN' }]);
    scene.server.when(/messages$/, [200, { chunk: [missed, known, message('before', at())], end: 'on' }]);
    scene.listen(scene.connect(), scene.cursor);
    await scene.until('all are there', () => scene.texts.length >= 3);
    expect(scene.texts).toEqual(['known', 'missed', 'newest']);
  });

  test('does not hide what has arrived there', async () => {
    const content = { msgtype: 'm.text', body: 'x', 'org.mosaic.muster.transaction': 'say-said.0' };
    const there = message('said', at({ sender: '@fleet:example.org', content, event_id: '$there' }));
    scene.server.when(/messages$/, [200, { chunk: [there] }]);
    const triedAt = scene.clock.date().toISOString();
    expect(await scene.connect().find?.(part('said', { triedAt }))).toEqual({ found: 'yes', ids: ['$there'] });
  });
});
