import type { ConnectorFactory } from '../model/connectors.ts';
import { discordFactory } from './discord/discord.ts';
import { matrixFactory } from './matrix/matrix.ts';
import { tmuxFactory } from './tmux/tmux.ts';

/** Every kind of connector that this version serves. A new one is a folder beside this file, and a line here. */
export const factories: readonly ConnectorFactory[] = [tmuxFactory, matrixFactory, discordFactory];

export const factoryOf = (kind: string): ConnectorFactory | null => factories.find((factory) => factory.kind === kind) ?? null;
