import { describe } from 'vitest';
import { agentTemplate, environmentFile, holderUnit, parseUnit, unitFile } from '../../src/model/names.ts';
import { type FakeHost, fakeHost } from '../fakes/host.ts';
import { filesContract } from './files.contract.ts';
import { sessionsContract } from './sessions.contract.ts';
import { lockContract, stateContract, suspensionContract } from './state.contract.ts';
import { type UnitsOnTrial, unitsContract } from './units.contract.ts';

describe('units of the fake host', () => unitsContract(async () => unitsOf(fakeHost())));

describe('sessions of the fake host', () =>
  sessionsContract(async () => {
    const { machine, readers, writers } = fakeHost();
    return {
      reader: readers.sessions,
      writer: writers.sessions,
      socket: machine.socket,
      add: async (name, tag) => machine.addSession(name, tag),
      killServer: async () => machine.killServer(),
      close: async () => {},
    };
  }));

describe('files of the fake host', () =>
  filesContract(async () => {
    const { readers, writers } = fakeHost();
    return { reader: readers.files, writer: writers.files, close: async () => {} };
  }));

describe('state of the fake host', () => {
  stateContract(() => {
    const { readers, writers } = fakeHost();
    return { reader: readers.state, writer: writers.state };
  });
  suspensionContract((now) => {
    const { readers, writers } = fakeHost({ now });
    return { reader: readers.state, writer: writers.suspensions };
  });
  lockContract(async () => fakeHost().writers.lock);
});

function unitsOf({ machine, readers, writers }: FakeHost): UnitsOnTrial {
  const template = unitFile(agentTemplate);
  machine.files.set(template, { text: '[Service]\n', mode: 0o644 });
  machine.files.set(unitFile(holderUnit), { text: '[Service]\n', mode: 0o644 });
  const given = (unit: string) => {
    const agent = parseUnit(unit)?.name ?? '';
    machine.files.set(environmentFile(agent), { text: '', mode: 0o600 });
    return unit;
  };
  return {
    reader: readers.units,
    writer: {
      ...writers.units,
      start: (unit) => writers.units.start(given(unit)),
      restart: (unit) => writers.units.restart(given(unit)),
    },
    breaks: async (agent, broken) => {
      const unit = `mosaic-agent@${agent}.service`;
      if (broken) machine.breaking.add(unit);
      else machine.breaking.delete(unit);
    },
    mask: async (unit) => void machine.masked.add(unit),
    enableAtRuntime: async (unit) => void machine.enabledAtRuntime.add(unit),
    makeOwnFile: async (unit) => {
      const file = `/home/tester/.config/systemd/user/${unit}`;
      machine.ownFiles.set(unit, file);
      return file;
    },
    changeTemplate: async () => void machine.files.set(template, { text: '[Service]\n# changed\n', mode: 0o644 }),
    removeTemplate: async () => void machine.files.delete(template),
    close: async () => {},
  };
}
