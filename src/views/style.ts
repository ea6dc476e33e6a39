import { styleText } from 'node:util';

type Format = Parameters<typeof styleText>[0];

/** Colours for one stream. `plain` leaves every text as it is. */
export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
  readonly magenta: (text: string) => string;
}

export function styleFor(coloured: boolean): Style {
  const paint = (format: Format) => (text: string) => (coloured ? styleText(format, text, { validateStream: false }) : text);
  return {
    bold: paint('bold'),
    dim: paint('dim'),
    red: paint('red'),
    green: paint('green'),
    yellow: paint('yellow'),
    cyan: paint('cyan'),
    magenta: paint('magenta'),
  };
}

export const plain = styleFor(false);

/** `1 agent`, `3 agents`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
