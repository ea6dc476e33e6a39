import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { controlClient } from '../../src/control/client.ts';
import type { RequestLimits } from '../../src/control/connections.ts';
import { type ControlServer, serveControl } from '../../src/control/server.ts';
import type { HistoryEntry } from '../../src/model/controller.ts';
import { PortError } from '../../src/model/ports.ts';
import { planOf } from '../views/plans.ts';
import { controllerStatus, entry, type FakeControl, fakeControl } from './fake-control.ts';

let folder: string;
let socket: string;
const servers: ControlServer[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'control-'));
  socket = join(folder, 'mosaic', 'controller.sock');
});

afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function serve(control: FakeControl = fakeControl(), limits?: Partial<RequestLimits>): Promise<ControlServer> {
  const server = await serveControl(control, socket, limits);
  servers.push(server);
  return server;
}

interface Answer {
  readonly status: number;
  readonly allow: string | undefined;
  readonly body: { readonly error?: { readonly code: string; readonly summary: string; readonly hint: string } };
}

/** A request as any program could make it. */
function ask(method: string, path: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, method, path, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, allow: response.headers.allow, body: JSON.parse(text) as Answer['body'] }),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

const kindOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'answered',
    (error: unknown) => (error instanceof PortError ? error.kind : String(error)),
  );

describe('the client hears what the controller says:', () => {
  test('its status', async () => {
    await serve();
    expect(await controlClient(socket).status()).toEqual(controllerStatus());
  });

  test('a plan, or that there is none', async () => {
    const plan = planOf([]);
    let made: typeof plan | null = plan;
    await serve(fakeControl({ plan: async () => made }));
    expect(await controlClient(socket).plan()).toEqual(plan);
    made = null;
    expect(await controlClient(socket).plan()).toBeNull();
  });

  test('a pass that it was asked for', async () => {
    const control = fakeControl();
    await serve(control);
    expect((await controlClient(socket).reconcile()).passes).toBe(7);
    expect(control.asked).toEqual(['reconcile']);
  });

  test('what is suspended and resumed, times in UTC', async () => {
    const control = fakeControl();
    await serve(control);
    const client = controlClient(socket);
    const suspension = {
      kind: 'agent' as const,
      name: 'coder0',
      reason: 'to debug it',
      until: '2026-01-02T17:00:00+01:00',
      by: 'jason',
    };
    const status = await client.suspend(suspension);
    expect(status.suspensions).toMatchObject([{ name: 'coder0', reason: 'to debug it', until: '2026-01-02T16:00:00.000Z' }]);
    expect(await client.resume('agent', 'coder0', 'jason')).toBe(true);
    expect(await client.resume('agent', 'coder0', 'jason')).toBe(false);
  });

  test('every entry from now on, until one of them ends it', async () => {
    const control = fakeControl();
    const server = await serve(control);
    const heard: HistoryEntry[] = [];
    const next: (() => void)[] = [];
    const arrival = (): Promise<void> => new Promise((resolve) => next.push(resolve));
    let over = (): void => {};
    const ended = new Promise<void>((resolve) => {
      over = resolve;
    });
    const client = controlClient(socket);
    const stop = await client.onEntry(
      () => {},
      () => {},
    );
    await client.onEntry((one) => {
      heard.push(one);
      next.shift()?.();
    }, over);
    const first = arrival();
    control.tell(entry('one\nline, all the same'));
    await first;
    const gone = new Promise<void>((resolve) => {
      const look = (): void => (control.listeners.size === 1 ? resolve() : void setImmediate(look));
      look();
    });
    stop();
    await gone;
    const second = arrival();
    control.tell(entry('two'));
    await second;
    expect(heard).toEqual([entry('one\nline, all the same'), entry('two')]);
    await server.close();
    await ended;
    expect(control.listeners.size).toBe(0);
  });
});

describe('the socket', () => {
  test('is for its user alone, and nothing else is left beside it', async () => {
    await serve();
    expect(statSync(socket).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(folder, 'mosaic'))).toEqual(['controller.sock']);
  });

  test('is gone when the controller is', async () => {
    const server = await serve();
    await server.close();
    expect(existsSync(socket)).toBe(false);
    expect(await kindOf(controlClient(socket).status())).toBe('unavailable');
  });

  test('of a dead process is replaced', async () => {
    const script = `require('fs').mkdirSync(${JSON.stringify(join(folder, 'mosaic'))});
      require('net').createServer().listen(${JSON.stringify(socket)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['-e', script]).signal).toBe('SIGKILL');
    expect(existsSync(socket)).toBe(true);
    expect(await kindOf(controlClient(socket).status())).toBe('unavailable');
    await serve();
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });

  test('of a living process is left to it, and the error names it', async () => {
    await serve();
    await expect(serveControl(fakeControl(), socket)).rejects.toThrow(`another process answers at ${socket}`);
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });

  test('is not put in the place of a file that is none', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, 'mine');
    await expect(serveControl(fakeControl(), file)).rejects.toThrow('it is no socket');
  });

  test('comes back where somebody has removed it, with its directory or alone, and what is under way goes on', async () => {
    const control = fakeControl();
    await serve(control, { lookMs: 10 });
    const heard: HistoryEntry[] = [];
    const end = await controlClient(socket).onEntry((one) => heard.push(one));
    for (const gone of [socket, join(folder, 'mosaic')]) {
      rmSync(gone, { recursive: true });
      await expect.poll(() => kindOf(controlClient(socket).status())).toBe('answered');
      expect(statSync(socket).mode & 0o777).toBe(0o600);
    }
    control.tell(entry('still there'));
    await expect.poll(() => heard).toEqual([entry('still there')]);
    end();
  });

  test('is not taken away from a successor', async () => {
    const first = await serve();
    rmSync(socket);
    await serve();
    await first.close();
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });
});

describe('a request that is not as it should be', () => {
  const target = { kind: 'agent', name: 'coder0', by: 'jason' };
  test.each<readonly [string, string, string, unknown, number, string]>([
    ['to no route', 'GET', '/v1/nothing', '', 404, 'not-found'],
    ['to a later version', 'GET', '/v2/status', '', 404, 'not-found'],
    ['to what every object has', 'GET', '/constructor', '', 404, 'not-found'],
    ['with the wrong method', 'POST', '/v1/status', '', 405, 'method-not-allowed'],
    ['with another wrong method', 'GET', '/v1/reconcile', '', 405, 'method-not-allowed'],
    ['that is not JSON', 'POST', '/v1/suspend', '{', 400, 'bad-request'],
    ['that is no object', 'POST', '/v1/suspend', '[]', 400, 'bad-request'],
    ['with too much', 'POST', '/v1/suspend', ' '.repeat(70_000), 413, 'too-large'],
    ['without a kind', 'POST', '/v1/suspend', { ...target, kind: 'host' }, 400, 'bad-request'],
    ['with a name that is none', 'POST', '/v1/resume', { ...target, name: '../../x' }, 400, 'bad-request'],
    ['by nobody', 'POST', '/v1/resume', { ...target, by: '' }, 400, 'bad-request'],
    ['until no time', 'POST', '/v1/suspend', { ...target, until: 'tomorrow' }, 400, 'bad-request'],
    ['until a day that there is not', 'POST', '/v1/suspend', { ...target, until: '2026-13-40T00:00:00Z' }, 400, 'bad-request'],
    ['with a long reason', 'POST', '/v1/suspend', { ...target, reason: 'x'.repeat(1001) }, 400, 'bad-request'],
    ['with a field of its own', 'POST', '/v1/suspend', { ...target, force: true }, 400, 'bad-request'],
    ['for a pass with conditions', 'POST', '/v1/reconcile', { dry: true }, 400, 'bad-request'],
  ])('%s is answered with what is wrong', async (_name, method, path, body, status, code) => {
    const control = fakeControl();
    await serve(control);
    const answer = await ask(method, path, typeof body === 'string' ? body : JSON.stringify(body));
    expect(answer).toMatchObject({ status, body: { format_version: '1.0', error: { code } } });
    expect(Object.keys(answer.body.error ?? {})).toEqual(['code', 'summary', 'hint']);
    expect(control.asked).toEqual([]);
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });

  test('says which method there is', async () => {
    await serve();
    expect((await ask('DELETE', '/v1/suspend')).allow).toBe('POST');
  });

  test('that is no HTTP at all ends', async () => {
    await serve();
    const raw = createConnection(socket);
    await new Promise<void>((resolve) => {
      raw.on('close', () => resolve());
      raw.on('error', () => {});
      raw.write('\0\0\0\0 no\r\n\r\n');
      raw.resume();
    });
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });
});

describe('a controller that fails', () => {
  test('at a pass says why, and goes on', async () => {
    await serve(
      fakeControl({
        reconcile: async () => {
          throw new Error('the bus is away');
        },
      }),
    );
    await expect(controlClient(socket).reconcile()).rejects.toThrow('the bus is away');
    expect(await kindOf(controlClient(socket).reconcile())).toBe('failed');
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });

  test('before it has begun to', async () => {
    await serve(
      fakeControl({
        status: () => {
          throw new Error('not yet');
        },
      }),
    );
    await expect(controlClient(socket).status()).rejects.toThrow('not yet');
  });

  test('by refusing what it cannot do', async () => {
    await serve(
      fakeControl({
        suspend: async () => {
          throw new PortError('refused', 'its time is past');
        },
      }),
    );
    const asked = controlClient(socket).suspend({ kind: 'agent', name: 'coder0', reason: null, until: null, by: 'jason' });
    expect(await kindOf(asked)).toBe('refused');
  });

  test('by not answering is waited for only so long', async () => {
    await serve(fakeControl({ status: () => new Promise(() => {}) as never }));
    expect(await kindOf(controlClient(socket).status(20))).toBe('timeout');
  });

  test('while a pass is under way ends the request at once', async () => {
    let begun = (): void => {};
    const under = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await serve(
      fakeControl({
        reconcile: () => {
          begun();
          return new Promise(() => {});
        },
      }),
    );
    const asked = kindOf(controlClient(socket).reconcile());
    await under;
    await server.close();
    expect(await asked).toBe('failed');
  });
});

describe('half a request', () => {
  const halves = [
    ['nothing', ''],
    ['half a line', 'GET /v1/sta'],
    ['half its headers', 'GET /v1/status HTTP/1.1\r\nhost: x\r\n'],
    ['half its body', 'POST /v1/suspend HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"kind"'],
  ] as const;

  function connected(text: string): Promise<{ readonly over: Promise<void>; end(): void }> {
    return new Promise((resolve) => {
      const raw = createConnection(socket);
      raw.on('error', () => {});
      raw.resume();
      const over = new Promise<void>((gone) => raw.once('close', () => gone()));
      raw.once('connect', () => raw.write(text, () => resolve({ over, end: () => raw.destroy() })));
    });
  }

  test.each(halves)('of which there is %s ends by itself', async (_name, text) => {
    await serve(fakeControl(), { headersMs: 20, requestMs: 40 });
    const { over } = await connected(text);
    await over;
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
  });

  test.each(halves)('of which there is %s, two hundred times, keeps nobody out', async (_name, text) => {
    const patient = { headersMs: 600_000, requestMs: 600_000 };
    await serve(fakeControl(), patient);
    const many = await Promise.all(Array.from({ length: 200 }, () => connected(text)));
    expect(await kindOf(controlClient(socket).status())).toBe('answered');
    // Those that came first have made room.
    await Promise.all(many.slice(0, 168).map(({ over }) => over));
    for (const { end } of many) end();
  });
});

test('more requests than can be answered at once are refused, and the others are answered', async () => {
  let end = (): void => {};
  let asked = 0;
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const reconcile = async () => {
    asked += 1;
    await ended;
    return controllerStatus();
  };
  await serve(fakeControl({ reconcile }));
  const waiting = Array.from({ length: 64 }, () => kindOf(controlClient(socket).reconcile()));
  await expect.poll(() => asked).toBe(64);
  expect(await ask('GET', '/v1/status')).toMatchObject({ status: 503, body: { error: { code: 'too-many' } } });
  end();
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['answered']));
  expect(await kindOf(controlClient(socket).status())).toBe('answered');
});

test('a client that does not read is dropped, and harms nobody', async () => {
  const control = fakeControl();
  await serve(control);
  const deaf = createConnection(socket);
  deaf.on('error', () => {});
  deaf.write('GET /v1/events HTTP/1.1\r\nhost: x\r\n\r\n');
  deaf.pause();
  while (control.listeners.size === 0) await new Promise((resolve) => setImmediate(resolve));
  const long = entry('x'.repeat(64 * 1024));
  for (let sent = 0; control.listeners.size > 0; sent += 1) {
    expect(sent).toBeLessThan(1000);
    control.tell(long);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(await kindOf(controlClient(socket).status())).toBe('answered');
  deaf.destroy();
});

test('more than a few streams are refused', async () => {
  const control = fakeControl();
  await serve(control);
  for (let stream = 0; stream < 16; stream += 1) await controlClient(socket).onEntry(() => {});
  expect(await kindOf(controlClient(socket).onEntry(() => {}))).toBe('refused');
  expect(control.listeners.size).toBe(16);
});
