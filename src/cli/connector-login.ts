import { createInterface } from 'node:readline/promises';
import { factoryOf } from '../connectors/registry.ts';
import { connectorLogs } from '../host/connector-logs.ts';
import { readSecret, storeSecrets } from '../host/connector-secrets.ts';
import { hostRoots } from '../host/facts.ts';
import { readShipped } from '../host/shipped.ts';
import { type ConnectorFactory, type ConnectorSetting, type LoginAsk, type Missing, remedyFor } from '../model/connectors.ts';
import { messageOf } from '../model/message-of.ts';
import type { HostFacts } from '../model/observation.ts';
import { visible } from '../model/visible.ts';
import { renderJson } from '../views/json.ts';
import { connectorClock } from './connector-clock.ts';
import { type Context, type ExitStatus, exitStatus } from './context.ts';
import { editPlace } from './edit-place.ts';
import { fleetToEdit } from './edit-target.ts';
import { formatOf, type OutputFlags } from './flags.ts';
import { fleetHere, specHere } from './fleet-here.ts';
import { factsOf } from './host.ts';
import { show, styleOf, tell } from './output.ts';
import { Refusal, refuse } from './refusal.ts';
import { secretLine } from './secret-line.ts';

export interface LoginFlags extends OutputFlags {
  readonly rosters: string;
  readonly explicit?: boolean;
  readonly tokenStdin?: boolean;
}

/** Obtains the secrets of a fleet's connector, looks what they lack, and keeps them where only this user can read them. They are shown nowhere. */
export async function connectorLogin(named: string | undefined, flags: LoginFlags, context: Context): Promise<ExitStatus> {
  const facts = factsOf({}, context);
  const { fleet, kind, settings } = await connectorToLogIn(named, flags, facts, context);
  const factory = loginFactory(fleet, kind);
  const places = { fleet, roots: hostRoots(facts, context.env), env: context.env };
  const setting = await settingOf({ fleet, kind, settings }, factory, facts, context);
  const given =
    flags.tokenStdin === true ? await secretsOfStdin(factory, context) : await secretsOfPerson(factory, setting, context);
  const { missing, unchecked } = await lacks(factory, { ...setting, secrets: { ...setting.secrets, ...given } });
  refuseUseless(missing, factory, fleet);
  const files = await storeSecrets(given, places);
  report({ fleet, kind, files, missing, unchecked }, flags, context);
  return missing.length === 0 ? exitStatus.done : exitStatus.failed;
}

interface Target {
  readonly fleet: string;
  readonly kind: string;
  readonly settings: Readonly<Record<string, unknown>>;
}

/** As the roster says it, which may be ahead of what was carried out; else as it was. */
async function connectorToLogIn(
  named: string | undefined,
  flags: LoginFlags,
  facts: HostFacts,
  context: Context,
): Promise<Target> {
  const refused = await fromRosters(named, flags, facts, context).catch((error: unknown) => {
    if (error instanceof Refusal) return error;
    throw error;
  });
  if (!(refused instanceof Refusal)) return refused;
  const fleet = await fleetHere(named, facts, context).catch(() => null);
  const spec = fleet === null ? null : await specHere(fleet, facts, context);
  if (spec === null) throw refused;
  return spec;
}

async function fromRosters(named: string | undefined, flags: LoginFlags, facts: HostFacts, context: Context): Promise<Target> {
  const { source } = await editPlace(flags, facts, readShipped(context.packageRoot), context);
  const { fleet, connector } = fleetToEdit(source.set.rosters, named === undefined ? {} : { fleet: named }, facts, context);
  return { fleet, kind: connector.kind, settings: connector.settings };
}

function loginFactory(fleet: string, kind: string): ConnectorFactory {
  const factory = factoryOf(kind);
  if (factory === null)
    throw refuse({
      code: 'connector/unavailable',
      summary: `connectors of kind ${kind} cannot be served by this version`,
      hint: 'Choose another kind: docs/connectors.md',
    });
  if (factory.secrets.length > 0) return factory;
  throw refuse({
    code: 'connector/login',
    summary: `there is nothing to log in to: fleet ${fleet} talks over ${kind}, which needs no secret`,
    hint: `To talk over another one: muster connector set ${fleet} --kind KIND`,
  });
}

async function settingOf(
  { fleet, kind, settings }: Target,
  factory: ConnectorFactory,
  facts: HostFacts,
  context: Context,
): Promise<ConnectorSetting> {
  const places = { fleet, roots: hostRoots(facts, context.env), env: context.env };
  const secrets: Record<string, string> = {};
  for (const name of factory.secrets) {
    const secret = await readSecret(name, places);
    if (secret.found) secrets[name] = secret.value;
  }
  const log = connectorLogs(facts.stateDir, fleet, kind);
  return { fleet, tenant: facts.tenant, settings, secrets, log, clock: connectorClock(context) };
}

const longestInput = 64 * 1024;

/** One secret as it is, or several as lines `NAME=VALUE`. */
async function secretsOfStdin({ secrets }: ConnectorFactory, { stdin }: Context): Promise<Readonly<Record<string, string>>> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > longestInput) throw useless('standard input is over 64 KiB');
  }
  const lines = text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [line.trim()]));
  const [first = '', ...others] = lines;
  const [only = ''] = secrets;
  const isNamed = lines.every((line) => secrets.some((name) => line.startsWith(`${name}=`)));
  if (first !== '' && isNamed)
    return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
  if (first === '') throw useless('standard input is empty');
  if (secrets.length === 1 && others.length === 0) return { [only]: first };
  throw useless(
    `standard input has to hold ${secrets.length === 1 ? 'one line' : `lines ${secrets.map((name) => `${name}=…`).join(', ')}`}`,
  );
}

const useless = (summary: string): Refusal =>
  refuse({ code: 'usage', summary, hint: 'Such as: muster connector login FLEET --token-stdin < FILE' }, exitStatus.usage);

async function secretsOfPerson(
  factory: ConnectorFactory,
  setting: ConnectorSetting,
  context: Context,
): Promise<Readonly<Record<string, string>>> {
  if (context.stdin.isTTY !== true || context.stderr.isTTY !== true)
    throw refuse(
      {
        code: 'usage',
        summary: 'nobody can be asked: this is not a terminal',
        hint: `Give the secret on standard input: muster connector login ${setting.fleet} --token-stdin < FILE`,
      },
      exitStatus.usage,
    );
  const ask = personAt(context);
  try {
    if (factory.login !== undefined) return await factory.login(ask, setting);
    const given: Record<string, string> = {};
    for (const name of factory.secrets) given[name] = await ask.secret(name);
    return given;
  } catch (error) {
    throw refuse({
      code: 'connector/login',
      summary: `fleet ${setting.fleet} was not logged in`,
      detail: `${messageOf(error)}. Nothing was kept.`,
      hint: 'Try again, or give a token that you have: --token-stdin',
    });
  }
}

const personAt = (context: Context): LoginAsk => ({
  text: async (question, usual) => {
    const prompt = createInterface({ input: context.stdin, output: context.stderr });
    try {
      const answer = await prompt.question(`${visible(question)}${usual === undefined ? '' : ` [${visible(usual)}]`}: `, {
        signal: ended(prompt),
      });
      return answer.trim() || (usual ?? '');
    } catch {
      throw new Error('it was broken off');
    } finally {
      prompt.close();
    }
  },
  secret: (question) => secretLine(visible(question), context),
  tell: (line) => tell(`${visible(line)}\n`, context),
});

/** Ctrl-C and Ctrl-D close the question, and would leave it open for ever. */
function ended(prompt: { once(event: 'close', listener: () => void): unknown }): AbortSignal {
  const closed = new AbortController();
  prompt.once('close', () => closed.abort());
  return closed.signal;
}

/** What is checked is told; that it could not be checked is, too. */
async function lacks(factory: ConnectorFactory, setting: ConnectorSetting) {
  try {
    const missing = (await factory.check?.(setting)) ?? [];
    return { missing: missing.map((one) => ({ ...one, remedy: remedyFor(setting.fleet, one.remedy) })), unchecked: null };
  } catch (error) {
    return { missing: [], unchecked: messageOf(error) };
  }
}

/** A secret that the server does not take is not kept; what else is missing may come later. */
function refuseUseless(missing: readonly Missing[], { secrets }: ConnectorFactory, fleet: string): void {
  const refused = missing.find(({ what }) => what === 'token' || secrets.includes(what));
  if (refused === undefined) return;
  throw refuse({
    code: 'connector/login',
    summary: `fleet ${fleet} was not logged in: ${refused.detail}`,
    detail: 'Nothing was kept.',
    hint: refused.remedy,
  });
}

interface LoggedIn {
  readonly fleet: string;
  readonly kind: string;
  readonly files: readonly string[];
  readonly missing: readonly Missing[];
  /** Why nobody could look what is missing. */
  readonly unchecked: string | null;
}

function report({ fleet, kind, files, missing, unchecked }: LoggedIn, flags: OutputFlags, context: Context): void {
  if (formatOf(flags) === 'json') {
    show(renderJson({ format_version: '1.0', fleet, kind, files, missing, unchecked }), context);
    return;
  }
  const style = styleOf(flags, context.stdout, context);
  const lines = [
    `${style.green('✓')} ${style.bold(fleet)} is logged in to ${visible(kind)}: ${files.map(visible).join(', ')}`,
    ...(unchecked === null ? [] : [`${style.yellow('!')} Whether it is enough could not be looked at: ${visible(unchecked)}`]),
    ...missing.flatMap(({ detail, remedy }) => [
      `${style.yellow('!')} ${visible(detail)}`,
      `  ${style.cyan('help:')} ${visible(remedy)}`,
    ]),
    `  A connector that runs takes it within seconds: muster connector health ${fleet}`,
  ];
  show(`${lines.join('\n')}\n`, context);
}
