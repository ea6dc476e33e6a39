import type { FakeChannel, FakeDiscord, FakeMessage } from './fake.ts';

export interface FakeRequest {
  readonly method: string;
  /** Below the base URL, with its query. */
  readonly path: string;
  readonly token: string | null;
  readonly userAgent: string | null;
  readonly body: Record<string, unknown>;
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

export interface FakeAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** What is done to a request instead: nothing written, or written and lost. */
export type Fault =
  | { readonly kind: 'answer'; readonly answer: FakeAnswer }
  | { readonly kind: 'lose-answer'; readonly how: 'error' | 'reset' | 'silence' };

interface Script {
  readonly matches: (request: FakeRequest) => boolean;
  readonly fault: Fault;
  times: number;
}

export type Outcome = FakeAnswer | 'reset' | 'silence';

const json = (status: number, body: unknown, headers: Record<string, string> = {}): FakeAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  text: JSON.stringify(body),
});
const failed = (status: number, code: number, message: string, errors?: unknown): FakeAnswer =>
  json(status, { code, message, ...(errors !== undefined && { errors }) });
export const html = (status: number): FakeAnswer => ({
  status,
  headers: { 'content-type': 'text/html' },
  text: '<html><title>Access denied</title></html>',
});

/** "The HTTP API": the part of it that is used. */
export class FakeRest {
  readonly log: FakeRequest[] = [];
  readonly #discord: FakeDiscord;
  readonly #scripts: Script[] = [];
  readonly #nonces = new Map<string, { readonly message: FakeMessage; readonly at: number }>();
  /** Messages in a channel within so many milliseconds; more are turned away. */
  bucket: { readonly limit: number; readonly withinMs: number } | null = null;
  readonly #recent = new Map<string, number[]>();
  globalUntil = 0;
  nonceMs = 180_000;
  /** Whether messages of long ago still have their nonce. */
  historyHasNonces = true;
  failsWith: Record<string, FakeAnswer> = {};

  constructor(discord: FakeDiscord) {
    this.#discord = discord;
  }

  fail(matches: Script['matches'], fault: Fault, times = 1): void {
    this.#scripts.push({ matches, fault, times });
  }

  count(method: string, path: RegExp): number {
    return this.log.filter((request) => request.method === method && path.test(request.path)).length;
  }

  handle(request: FakeRequest): Outcome {
    this.log.push(request);
    const script = this.#scripts.find(({ matches, times }) => times > 0 && matches(request));
    if (script !== undefined) script.times -= 1;
    if (script?.fault.kind === 'answer') return script.fault.answer;
    const answer = this.#answer(request);
    if (script === undefined) return answer;
    return script.fault.how === 'error' ? json(500, { message: '500: Internal Server Error', code: 0 }) : script.fault.how;
  }

  #answer(request: FakeRequest): FakeAnswer {
    const { method, path, token, userAgent } = request;
    // "Clients … are required to specify a valid User Agent"
    if (!/^DiscordBot \(\S+, \S+\)/.test(userAgent ?? '')) return failed(403, 40_333, 'internal network error');
    if (token !== `Bot ${this.#discord.token}` || !this.#discord.isTokenValid) return failed(401, 0, '401: Unauthorized');
    const now = this.#discord.clock.now();
    if (now < this.globalUntil) return limited((this.globalUntil - now) / 1000, 'global');
    const [plain = '', query = ''] = path.split('?');
    const routes: readonly [
      string,
      RegExp,
      (ids: readonly string[], query: URLSearchParams, request: FakeRequest) => FakeAnswer,
    ][] = [
      ['GET', /^\/users\/@me$/, () => json(200, this.#discord.bot)],
      ['GET', /^\/applications\/@me$/, () => json(200, { id: this.#discord.bot.id, flags: this.#discord.flags })],
      ['GET', /^\/gateway\/bot$/, () => this.#gatewayBot()],
      ['GET', /^\/guilds\/(\d+)$/, () => json(200, this.#guild())],
      ['GET', /^\/guilds\/\d+\/members\/(\d+)$/, () => json(200, { user: this.#discord.bot, roles: [] })],
      ['GET', /^\/guilds\/\d+\/threads\/active$/, () => this.#threads(({ archived }) => !archived)],
      [
        'GET',
        /^\/channels\/(\d+)$/,
        ([id = '']) => this.#channel(id, (channel) => json(200, this.#discord.channelObject(channel))),
      ],
      ['PATCH', /^\/channels\/(\d+)$/, ([id = '']) => this.#unarchive(id)],
      ['GET', /^\/channels\/(\d+)\/messages$/, ([id = ''], search) => this.#history(id, search)],
      ['GET', /^\/channels\/(\d+)\/messages\/(\d+)$/, ([id = '', message = '']) => this.#message(id, message)],
      ['POST', /^\/channels\/(\d+)\/messages$/, ([id = '']) => this.#create(id, request)],
      ['POST', /^\/channels\/(\d+)\/messages\/(\d+)\/threads$/, ([id = '', message = '']) => this.#thread(id, message, request)],
      ['POST', /^\/channels\/(\d+)\/typing$/, ([id = '']) => this.#channel(id, () => ({ status: 204, headers: {}, text: '' }))],
      ['GET', /^\/channels\/(\d+)\/threads\/archived\/public$/, (_, search) => this.#archived(search)],
      [
        'GET',
        /^\/channels\/\d+\/users\/@me\/threads\/archived\/private$/,
        () => json(200, { threads: [], members: [], has_more: false }),
      ],
    ];
    for (const [verb, pattern, answer] of routes) {
      const match = verb === method ? pattern.exec(plain) : null;
      if (match !== null) return answer(match.slice(1), new URLSearchParams(query), request);
    }
    return failed(404, 0, '404: Not Found');
  }

  #gatewayBot(): FakeAnswer {
    const { url, remaining } = this.#discord.gateway;
    const session_start_limit = { total: 1000, remaining, reset_after: 3_600_000, max_concurrency: 1 };
    return json(200, { url, shards: 1, session_start_limit });
  }

  #guild(): unknown {
    const { guildId, operator, permissions } = this.#discord;
    return { id: guildId, owner_id: operator.id, roles: [{ id: guildId, permissions: String(permissions) }] };
  }

  #channel(id: string, then: (channel: FakeChannel) => FakeAnswer): FakeAnswer {
    const channel = this.#discord.channels.get(id);
    if (channel === undefined) return failed(404, 10_003, 'Unknown Channel');
    return this.#discord.can('VIEW_CHANNEL') ? then(channel) : failed(403, 50_001, 'Missing Access');
  }

  /** "If the current user is missing the READ_MESSAGE_HISTORY permission in the channel, then no messages will be returned." Newest first. */
  #history(id: string, search: URLSearchParams): FakeAnswer {
    return this.#channel(id, ({ messages }) => {
      if (!this.#discord.can('READ_MESSAGE_HISTORY')) return json(200, []);
      const after = BigInt(search.get('after') ?? '0');
      // "limit: Max number of messages to return (1-100)", 50 by default
      const limit = Math.min(100, Number(search.get('limit') ?? '50'));
      const page = messages.filter((message) => BigInt(message.id) > after).slice(0, limit);
      return json(
        200,
        page.reverse().map((message) => this.#shown(message)),
      );
    });
  }

  #shown(message: FakeMessage): unknown {
    const { guild_id: _, nonce, ...shown } = message;
    return { ...shown, ...(nonce !== undefined && this.historyHasNonces && { nonce }) };
  }

  #message(id: string, messageId: string): FakeAnswer {
    return this.#channel(id, ({ messages }) => {
      const message = messages.find((each) => each.id === messageId);
      return message === undefined ? failed(404, 10_008, 'Unknown Message') : json(200, this.#shown(message));
    });
  }

  #create(id: string, { body, files }: FakeRequest): FakeAnswer {
    return this.#channel(id, (channel) => {
      const isThread = channel.parent_id !== null;
      // "SEND_MESSAGES does not allow … in threads": "SEND_MESSAGES_IN_THREADS" does.
      if (!this.#discord.can(isThread ? 'SEND_MESSAGES_IN_THREADS' : 'SEND_MESSAGES'))
        return failed(403, 50_013, 'Missing Permissions');
      if (files.length > 0 && !this.#discord.can('ATTACH_FILES')) return failed(403, 50_013, 'Missing Permissions');
      const content = String(body.content ?? '');
      // "Message contents (up to 2000 characters)"
      if ([...content].length > 2000) return invalidForm({ content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH' }] } });
      if (content.trim() === '' && files.length === 0) return failed(400, 50_006, 'Cannot send an empty message');
      // "The file upload size limit … applies to each file", 10 MiB by default
      if (files.some(({ size }) => size > 10 * 1024 * 1024)) return failed(413, 40_005, 'Request entity too large');
      const nonce = typeof body.nonce === 'string' ? body.nonce : undefined;
      if ((nonce?.length ?? 0) > 25) return invalidForm({ nonce: { _errors: [{ code: 'NONCE_TYPE_TOO_LONG' }] } });
      if (channel.locked) return failed(400, 160_005, 'Thread is locked');
      const turned = this.#overLimit(id);
      if (turned !== null) return turned;
      const known = this.#known(nonce, body.enforce_nonce === true);
      const message = known ?? this.#write(channel, content, { nonce, body, files });
      return json(200, this.#shown({ ...message }), this.#bucketHeaders(id));
    });
  }

  /** "If another message was created by the same author with the same nonce, that message will be returned and no new message will be created." */
  #known(nonce: string | undefined, isEnforced: boolean): FakeMessage | null {
    const known = nonce === undefined || !isEnforced ? undefined : this.#nonces.get(nonce);
    return known === undefined || this.#discord.clock.now() - known.at > this.nonceMs ? null : known.message;
  }

  #write(
    channel: FakeChannel,
    content: string,
    { nonce, body, files }: { nonce: string | undefined; body: Record<string, unknown>; files: FakeRequest['files'] },
  ): FakeMessage {
    const allowed = body.allowed_mentions as { parse?: string[] } | undefined;
    const reference = body.message_reference as { message_id: string } | undefined;
    const replyTo = channel.messages.some(({ id }) => id === reference?.message_id) ? reference?.message_id : undefined;
    const message = this.#discord.say(content, {
      channelId: channel.id,
      by: this.#discord.bot,
      ...(nonce !== undefined && { nonce }),
      ...(replyTo !== undefined && { replyTo }),
      // Without the field "all mentions" are parsed.
      mentionsEveryone:
        /@(?:everyone|here)/.test(content) && (allowed?.parse === undefined || allowed.parse.includes('everyone')),
      attachments: files.map(({ name, size }) => ({
        id: this.#discord.newId(),
        filename: name,
        size,
        url: `https://cdn.test/${name}`,
      })),
    });
    if (nonce !== undefined) this.#nonces.set(nonce, { message, at: this.#discord.clock.now() });
    return message;
  }

  #thread(id: string, messageId: string, { body }: FakeRequest): FakeAnswer {
    return this.#channel(id, (channel) => {
      if (!this.#discord.can('CREATE_PUBLIC_THREADS')) return failed(403, 50_013, 'Missing Permissions');
      if (!channel.messages.some((message) => message.id === messageId)) return failed(404, 10_008, 'Unknown Message');
      const name = String(body.name ?? '');
      // "name: 1-100 character channel name"
      if (name.length < 1 || name.length > 100) return invalidForm({ name: { _errors: [{ code: 'BASE_TYPE_BAD_LENGTH' }] } });
      if (this.#discord.channels.has(messageId))
        return failed(400, 160_004, 'A thread has already been created for this message');
      const thread = this.#discord.openThread(messageId, name, this.#discord.bot);
      return json(201, this.#discord.channelObject(thread));
    });
  }

  #unarchive(id: string): FakeAnswer {
    return this.#channel(id, (channel) => {
      if (channel.locked) return failed(403, 50_013, 'Missing Permissions');
      this.#discord.setArchived(id, false);
      return json(200, this.#discord.channelObject(channel));
    });
  }

  #threads(wanted: (channel: FakeChannel) => boolean): FakeAnswer {
    const threads = [...this.#discord.channels.values()].filter((channel) => channel.parent_id !== null && wanted(channel));
    return json(200, { threads: threads.map((thread) => this.#discord.channelObject(thread)), members: [] });
  }

  /** "Threads are ordered by archive_timestamp, in descending order." */
  #archived(search: URLSearchParams): FakeAnswer {
    const before = search.get('before') ?? '9999';
    const limit = Number(search.get('limit') ?? '50');
    const threads = [...this.#discord.channels.values()]
      .filter(({ parent_id, archived, archivedAt }) => parent_id !== null && archived && archivedAt < before)
      .sort((a, b) => (a.archivedAt < b.archivedAt ? 1 : -1));
    const page = threads.slice(0, limit).map((thread) => this.#discord.channelObject(thread));
    return json(200, { threads: page, members: [], has_more: threads.length > limit });
  }

  /** "429 … retry_after", and the headers of a bucket. */
  #overLimit(channelId: string): FakeAnswer | null {
    const recent = this.#within(channelId);
    if (this.bucket === null || recent.length < this.bucket.limit) {
      recent.push(this.#discord.clock.now());
      this.#recent.set(channelId, recent);
      return null;
    }
    return limited((this.bucket.withinMs - (this.#discord.clock.now() - (recent[0] ?? 0))) / 1000, 'user');
  }

  #within(channelId: string): number[] {
    const now = this.#discord.clock.now();
    return (this.#recent.get(channelId) ?? []).filter((at) => now - at < (this.bucket?.withinMs ?? 0));
  }

  #bucketHeaders(channelId: string): Record<string, string> {
    if (this.bucket === null) return {};
    const recent = this.#within(channelId);
    const resetAfter = (this.bucket.withinMs - (this.#discord.clock.now() - (recent[0] ?? 0))) / 1000;
    return {
      'x-ratelimit-bucket': 'messages',
      'x-ratelimit-limit': String(this.bucket.limit),
      'x-ratelimit-remaining': String(Math.max(0, this.bucket.limit - recent.length)),
      'x-ratelimit-reset-after': resetAfter.toFixed(3),
    };
  }
}

export const limited = (seconds: number, scope: 'user' | 'global' | 'shared'): FakeAnswer =>
  json(
    429,
    { message: 'You are being rate limited.', retry_after: Number(seconds.toFixed(3)), global: scope === 'global' },
    {
      'retry-after': String(Math.ceil(seconds)),
      'x-ratelimit-scope': scope,
      ...(scope === 'global' && { 'x-ratelimit-global': 'true' }),
    },
  );

const invalidForm = (errors: unknown): FakeAnswer => failed(400, 50_035, 'Invalid Form Body', errors);

export const denied = failed;
